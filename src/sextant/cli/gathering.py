"""Verbs that make a corpus of sets and corpora that are there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sextant.cli.options import DryRun, Engine, Quiet, RayAddress, Workers, alone
from sextant.errors import RecipeError


def import_set(
    set_: Annotated[
        str, typer.Argument(metavar="SET", help="sensenova_si, llava, ...; see --list.")
    ] = "",
    path: Annotated[
        Path | None, typer.Argument(help="The set's folder, or one file of it.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Corpus folder; the same command goes on with it.")
    ] = None,
    images: Annotated[
        str, typer.Option(help="refer: pictures stay where they are; store: they are taken over.")
    ] = "refer",
    image_root: Annotated[
        Path | None,
        typer.Option(help="Folder that pictures' paths are relative to; else the set's folder."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What pictures are referred to by; else the set's name.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Only so many records, the first.", min=1)
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="ours=theirs: a key or column that the set names in its own way."),
    ] = None,
    frames: Annotated[int, typer.Option(help="Pictures taken of a video.", min=1, max=512)] = 16,
    max_broken: Annotated[
        float, typer.Option(help="Share of broken records above which it stops.", min=0, max=1)
    ] = 0.05,
    workers: Workers = 1,
    engine: Engine = "pool",
    ray_address: RayAddress = None,
    shard: Annotated[
        str | None, typer.Option(help="i/N: only this part of the work, for cluster arrays.")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Say what can be imported.")] = False,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Make a corpus of a set that others made; see docs/corpus.md."""
    from sextant.commands import import_ as verb
    from sextant.execution.engines import workers_of
    from sextant.execution.stores import local_in, local_out

    if list_:
        verb.list_sets()
        return
    if not set_ or path is None or out is None:
        raise RecipeError(
            "import needs a set, its path and --out", hint="sextant import --list names the sets"
        )
    images_at = None if image_root is None else local_in(image_root)
    with local_out(out, upload=not dry_run, alone=alone(shard, ray_address)) as folder:
        verb.run(
            verb.job_of(
                set_, local_in(path), folder, images, images_at, name, limit, frames, max_broken,
                column or (),
            ),
            workers=workers_of(engine, workers, ray_address), shard=shard, dry_run=dry_run,
            quiet=quiet,
        )  # fmt: skip


def mix(
    recipe: Annotated[str, typer.Argument(help="Preset (sensenova_si_8m, ...) or YAML recipe.")],
    out: Annotated[Path, typer.Option(help="Corpus folder; the same command goes on with it.")],
    input_: Annotated[
        list[str] | None,
        typer.Option("--input", help="name=folder: the corpus of one of the recipe's inputs."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Override a recipe field, e.g. --set total=100000."),
    ] = None,
    workers: Workers = 1,
    engine: Engine = "pool",
    ray_address: RayAddress = None,
    shard: Annotated[
        str | None, typer.Option(help="i/N: only this part of the work, for cluster arrays.")
    ] = None,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Make one corpus of several: shares, counts, caps, scenes held out."""
    from sextant.commands import mix as verb
    from sextant.execution.engines import workers_of
    from sextant.execution.stores import local_out

    with local_out(out, upload=not dry_run, alone=alone(shard, ray_address)) as folder:
        verb.run(
            recipe=recipe, out=folder, inputs=input_ or [], overrides=set_ or [],
            workers=workers_of(engine, workers, ray_address), shard=shard, dry_run=dry_run,
            quiet=quiet,
        )  # fmt: skip
