"""Verbs about a finished corpus: what it is, what is wrong with it, where it goes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sextant.cli.options import DryRun, Engine, Quiet, RayAddress, Seed, Workers
from sextant.errors import RecipeError


def audit(
    corpus: Annotated[Path, typer.Argument(help="Corpus folder.")],
    blind: Annotated[
        bool, typer.Option("--blind", help="What text-only predictors and 2D heuristics answer.")
    ] = False,
    prior: Annotated[
        bool, typer.Option("--prior", help="A linear text-only predictor; a bias for every row.")
    ] = False,
    prune_to: Annotated[
        float | None,
        typer.Option(help="Leave rows out until the prior is within this many points of chance."),
    ] = None,
    weights: Annotated[
        bool, typer.Option("--weights", help="With --prune-to: weigh rows down instead.")
    ] = False,
    duplicates: Annotated[
        bool, typer.Option("--duplicates", help="Questions asked twice of the same pictures.")
    ] = False,
    copies: Annotated[
        bool, typer.Option("--copies", help="Pictures that look like an earlier one.")
    ] = False,
    against: Annotated[
        list[str] | None,
        typer.Option(help="NAME=PATH of a benchmark, or a .tsv: rows it asks about. Repeatable."),
    ] = None,
    names_only: Annotated[
        bool, typer.Option("--names-only", help="With --against: read no picture.")
    ] = False,
    frames: Annotated[
        int, typer.Option(help="Frames of each benchmark video to compare.", min=0, max=512)
    ] = 0,
    radius: Annotated[
        int,
        typer.Option(help="Differing bits of 256 up to which pictures look alike.", min=0, max=47),
    ] = 16,
    compare: Annotated[Path | None, typer.Option(help="Another corpus: how they differ.")] = None,
    drop: Annotated[
        Path | None,
        typer.Option(help="What was found, left out: ids (.txt, .parquet), or a new corpus."),
    ] = None,
    drop_by: Annotated[
        str, typer.Option(help="Kinds of --against hits that are left out, comma-separated.")
    ] = "scene,picture,look,mirrored,text,near-text",
    rows: Annotated[
        Path | None, typer.Option(help="Folder for tables of hits, repeats, biases, weights.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Predictors: about so many questions, by ids.", min=1)
    ] = None,
    seed: Seed = 0,
    workers: Workers = 1,
    engine: Engine = "pool",
    ray_address: RayAddress = None,
    out: Annotated[
        Path | None, typer.Option("--out", "--json", help="JSON file for the figures.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 1 if something exceeds its limit.")
    ] = False,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Say what a corpus gives away, says twice, or shares with a benchmark; see docs/audit.md."""
    from sextant.commands import audit as verb
    from sextant.commands.audit_job import AuditJob
    from sextant.execution.engines import workers_of
    from sextant.execution.stores import local_in

    job = AuditJob(
        local_in(corpus), blind=blind, prior=prior, prune_to=prune_to, weights=weights,
        duplicates=duplicates, copies=copies, against=tuple(against or ()),
        names_only=names_only, frames=frames, radius=radius, compare=compare, drop=drop,
        drop_by=tuple(part.strip() for part in drop_by.split(",") if part.strip()), rows=rows,
        limit=limit, seed=seed, workers=workers_of(engine, workers, ray_address), out=out,
        strict=strict, dry_run=dry_run, quiet=quiet,
    )  # fmt: skip
    if not verb.run(job):
        raise typer.Exit(1)


def publish(
    folder: Annotated[Path, typer.Argument(help="A finished corpus, or a file.")],
    where: Annotated[str, typer.Argument(help="s3://bucket/prefix, gs://..., hf://...")],
) -> None:
    """Upload a corpus to an object store: the manifest last, what is there already not again."""
    from sextant.execution import stores

    if not stores.is_remote(where):
        raise RecipeError("no address of an object store", expected="s3://, gs:// or hf://",
                          got=where)  # fmt: skip
    if not folder.exists() or (folder.is_dir() and not (folder / stores.LAST).exists()):
        raise RecipeError("no finished corpus, and no file", got=folder)
    done = stores.publish(folder, where)
    typer.echo(f"{done.uploaded} files uploaded to {where}, {done.there} were there already")


def info(
    corpus: Annotated[Path, typer.Argument(help="Corpus folder.")],
    json_: Annotated[bool, typer.Option("--json", help="The whole manifest.")] = False,
) -> None:
    """Print what a corpus is and what is in it."""
    from sextant.commands import info as verb
    from sextant.execution.stores import local_in

    verb.run(local_in(corpus), as_json=json_)


def check(
    corpus: Annotated[Path, typer.Argument(help="Corpus folder.")],
    external: Annotated[
        list[str] | None,
        typer.Option(help="name=folder: where external images are now; repeat it."),
    ] = None,
    images: Annotated[
        bool, typer.Option("--images/--no-images", help="Hash the corpus' own images.")
    ] = True,
    external_images: Annotated[
        bool, typer.Option("--external-images/--no-external-images", help="Look for them.")
    ] = True,
    limit: Annotated[int, typer.Option(help="Problems to print.", min=1)] = 50,
    workers: Annotated[int, typer.Option(help="Threads that hash images.", min=1)] = 2,
    quiet: Quiet = False,
) -> None:
    """Verify every hash and every row of a corpus; exit code 1 if something is wrong."""
    from sextant.commands import check as verb
    from sextant.execution.stores import local_in

    if not verb.run(
        local_in(corpus), external=external or [], images=images, external_images=external_images,
        workers=workers, limit=limit, quiet=quiet,
    ):  # fmt: skip
        raise typer.Exit(1)


def export(
    corpus: Annotated[Path, typer.Argument(help="Corpus folder.")],
    out: Annotated[Path, typer.Option(help="File or folder to write.")],
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            help="sharegpt (SenseNova-SI's JSONL), llava, ms_swift: files; internvl, qwen_vl, "
            "llama_factory, lmms_engine, webdataset, hf: folders. See docs/export.md.",
        ),
    ] = "sharegpt",
    split: Annotated[
        str, typer.Option(help="train, val, or both comma-separated; never test.")
    ] = "train",
    subset: Annotated[
        str | None,
        typer.Option(help="counter_heuristic, pro_heuristic or no_pictures; all if not given."),
    ] = None,
    limit: Annotated[int | None, typer.Option(help="At most this many rows.", min=1)] = None,
    images: Annotated[
        str | None,
        typer.Option(
            help="keep them where they are (default), copy or link them beside the rows; embed "
            "(default of webdataset and hf)."
        ),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Add all columns, so that an import gives them back.")
    ] = False,
    shard_mb: Annotated[
        int, typer.Option(help="MiB of a file, of webdataset and hf.", min=1)
    ] = 512,
    external: Annotated[
        list[str] | None,
        typer.Option(help="name=folder: where external images are now; repeat it."),
    ] = None,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Write training files; images that lie elsewhere get a link in the corpus folder."""
    from sextant.commands import export as verb
    from sextant.execution.stores import local_in, local_out

    with local_out(out, done="", upload=not dry_run) as made:
        verb.run(
            local_in(corpus), made, format_, split, subset, limit, images=images, full=full,
            shard_mb=shard_mb, external=external or [], dry_run=dry_run, quiet=quiet,
        )  # fmt: skip


def report(
    folders: Annotated[
        list[Path], typer.Argument(help="A corpus, or folders of evaluations or training runs.")
    ],
    out: Annotated[Path, typer.Option(help="HTML page to write.")],
    limit: Annotated[
        int, typer.Option(help="Questions per family (of runs: per task) in the gallery.", min=0)
    ] = 3,
    tables: Annotated[
        Path | None, typer.Option(help="Of runs: the tables as .md or .tex, too.")
    ] = None,
    seed: Seed = 0,
    dry_run: DryRun = False,
) -> None:
    """Make one self-contained page of a corpus, of evaluations, or of training runs."""
    from sextant.commands import report as verb

    verb.run(folders, out, limit, tables, seed, dry_run=dry_run)
