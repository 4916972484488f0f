"""The command line: arguments and help, no logic. Heavy imports happen inside the verbs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sextant._version import __version__
from sextant.errors import RecipeError, SextantError
from sextant.evaluation.failures import MAX_FAILED

app = typer.Typer(
    name="sextant",
    help="3D captures -> exact spatial questions -> audited corpora.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
scenes_app = typer.Typer(help="Look at what a source holds.", no_args_is_help=True)
app.add_typer(scenes_app, name="scenes")

SourceName = Annotated[
    str, typer.Option("--source", help="Reader; `sextant scenes help` lists them.")
]
Root = Annotated[
    Path | None, typer.Option("--root", help="The dataset's folder (none for procedural).")
]
Seed = Annotated[int, typer.Option(help="Seed of everything random.", min=0)]
Workers = Annotated[int, typer.Option(help="Processes; the bytes do not depend on it.", min=1)]
Engine = Annotated[
    str, typer.Option(help="pool: processes here; ray: --workers at a time on a Ray cluster.")
]
RayAddress = Annotated[
    str | None,
    typer.Option(help="A running Ray cluster, auto or host:port; else one is started here."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")]
Scenes = Annotated[int | None, typer.Option(help="At most this many scenes.", min=1)]


def alone(shard: str | None, ray_address: str | None) -> bool:
    """Tell whether this machine does all of the work."""
    return shard is None and ray_address is None


@app.command()
def generate(
    source: SourceName,
    out: Annotated[
        Path | None, typer.Option(help="Corpus folder; the same command goes on with it.")
    ] = None,
    root: Root = None,
    scenes: Scenes = None,
    tasks: Annotated[
        str | None, typer.Option(help="Families, comma-separated; all that apply if not given.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="At most this many questions.", min=1)] = None,
    seed: Seed = 0,
    workers: Workers = 1,
    engine: Engine = "pool",
    ray_address: RayAddress = None,
    recipe: Annotated[Path | None, typer.Option(help="YAML recipe; see docs/recipes.md.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Override a recipe field, e.g. --set per_task=20."),
    ] = None,
    shard: Annotated[
        str | None, typer.Option(help="i/N: only this part of the work, for cluster arrays.")
    ] = None,
    list_tasks: Annotated[
        bool, typer.Option("--list-tasks", help="Say which families the source allows, and stop.")
    ] = False,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Derive questions with exact answers from a source's scenes."""
    from sextant.commands import show_generate
    from sextant.execution.engines import workers_of
    from sextant.execution.stores import local_in, local_out

    with local_out(out or Path(), upload=not dry_run, alone=alone(shard, ray_address)) as folder:
        show_generate.run(
            source=source,
            out=None if out is None else folder,
            root=None if root is None else local_in(root),
            scenes=scenes,
            tasks=tasks,
            limit=limit,
            seed=seed,
            workers=workers_of(engine, workers, ray_address),
            recipe=recipe,
            overrides=set_ or [],
            shard=shard,
            list_tasks=list_tasks,
            dry_run=dry_run,
            quiet=quiet,
        )


@app.command()
def verify(
    corpus: Annotated[Path, typer.Argument(help="Corpus folder.")],
    root: Annotated[
        Path | None, typer.Option(help="The dataset's folder, if it has moved.")
    ] = None,
    workers: Workers = 1,
    limit: Annotated[int | None, typer.Option(help="Questions per shard.", min=1)] = None,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Recompute every answer from the scenes; exit code 1 if one does not hold."""
    from sextant.commands import show_verify

    if not show_verify.run(corpus, root, workers, limit, dry_run=dry_run, quiet=quiet):
        raise typer.Exit(1)


@app.command()
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
    from sextant.execution.engines import workers_of
    from sextant.execution.stores import local_in

    job = verb.AuditJob(
        local_in(corpus), blind=blind, prior=prior, prune_to=prune_to, weights=weights,
        duplicates=duplicates, copies=copies, against=tuple(against or ()),
        names_only=names_only, frames=frames, radius=radius, compare=compare, drop=drop,
        drop_by=tuple(part.strip() for part in drop_by.split(",") if part.strip()), rows=rows,
        limit=limit, seed=seed, workers=workers_of(engine, workers, ray_address), out=out,
        strict=strict, dry_run=dry_run, quiet=quiet,
    )  # fmt: skip
    if not verb.run(job):
        raise typer.Exit(1)


@app.command("import")
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


@app.command()
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


@app.command()
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


@app.command()
def info(
    corpus: Annotated[Path, typer.Argument(help="Corpus folder.")],
    json_: Annotated[bool, typer.Option("--json", help="The whole manifest.")] = False,
) -> None:
    """Print what a corpus is and what is in it."""
    from sextant.commands import info as verb
    from sextant.execution.stores import local_in

    verb.run(local_in(corpus), as_json=json_)


@app.command()
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


@app.command()
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


@app.command()
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


@app.command()
def evaluate(
    benchmark: Annotated[
        str, typer.Option(help="vsi_bench, mmsi_bench, ..., tsv, or sextant_corpus.")
    ],
    data: Annotated[
        str, typer.Option(help="The benchmark's folder or file, or hf://owner/name@revision.")
    ],
    model: Annotated[
        str, typer.Option(help="api:NAME (with --base-url), hf:PATH, or blind:prior.")
    ],
    out: Annotated[Path, typer.Option(help="Run folder; the same command goes on with it.")],
    base_url: Annotated[
        str | None, typer.Option(help="OpenAI-compatible server, e.g. http://localhost:8000/v1.")
    ] = None,
    api_key_env: Annotated[
        str, typer.Option(help="Environment variable that holds the server's key.")
    ] = "OPENAI_API_KEY",
    prompts: Annotated[
        str, typer.Option(help="Whose prompts: official, vlmevalkit, lmms-eval or strict.")
    ] = "official",
    profile: Annotated[
        str, typer.Option(help="Whose scoring; the others are printed beside it.")
    ] = "strict",
    stress: Annotated[
        str | None,
        typer.Option(
            help="Stress tests, separated by spaces: circular no_images other_images grey noise "
            "frames:1,8,32 shuffle paraphrase blind_prior counter_heuristic oracle_map."
        ),
    ] = None,
    frame_path: Annotated[
        str, typer.Option(help="Show the frames of a video as images, or as a video.")
    ] = "images",
    frames: Annotated[
        int | None, typer.Option(help="Frames of a video, instead of the protocol's.", min=1)
    ] = None,
    sampling: Annotated[
        str | None, typer.Option(help="uniform_tail, uniform, chunk_center, fps, ...")
    ] = None,
    fps: Annotated[float | None, typer.Option(help="Frames a second, for fps.", min=0.01)] = None,
    placement: Annotated[str, typer.Option(help="Pictures inline, first, or numbered.")] = "inline",
    tasks: Annotated[
        str | None, typer.Option(help="Sub-tasks, comma-separated; all if not given.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Only so many questions, the first ones.", min=1)
    ] = None,
    max_new_tokens: Annotated[
        int | None, typer.Option(help="Instead of the profile's.", min=1)
    ] = None,
    max_failed: Annotated[
        float, typer.Option(help="Share of failed requests above which no headline.", min=0, max=1)
    ] = MAX_FAILED,
    concurrency: Annotated[int, typer.Option(help="Requests in flight.", min=1)] = 64,
    timeout: Annotated[float, typer.Option(help="Seconds for one try.", min=0.1)] = 600.0,
    retries: Annotated[int, typer.Option(help="Further tries of a request.", min=0)] = 5,
    requests_per_minute: Annotated[
        float | None, typer.Option(help="Rate limit; none if not given.", min=0.1)
    ] = None,
    images: Annotated[str, typer.Option(help="Send pictures as base64, or as url.")] = "base64",
    url_prefix: Annotated[str, typer.Option(help="Where the server finds them, for url.")] = "",
    price: Annotated[
        str | None, typer.Option(help="Prompt,completion price of a million tokens.")
    ] = None,
    extra: Annotated[
        str | None,
        typer.Option(help="JSON: more fields of a server's request, or settings of hf models."),
    ] = None,
    batch_size: Annotated[int, typer.Option(help="In-process models.", min=1)] = 8,
    device: Annotated[str | None, typer.Option(help="In-process models, e.g. cuda.")] = None,
    dtype: Annotated[str | None, typer.Option(help="In-process models, e.g. bfloat16.")] = None,
    attention: Annotated[
        str | None, typer.Option(help="In-process models: sdpa, eager, flash_attention_2.")
    ] = None,
    max_side: Annotated[
        int | None, typer.Option(help="Scale pictures down to this longest side.", min=28)
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="File of replies shared by runs; else in the run folder.")
    ] = None,
    frame_cache: Annotated[
        Path | None, typer.Option(help="Folder of decoded frames; else in the run folder.")
    ] = None,
    page: Annotated[bool, typer.Option("--page/--no-page", help="Write report.html.")] = True,
    seed: Seed = 0,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Ask a model a benchmark; exit code 1 if too many requests failed for a headline."""
    from sextant.commands import evaluate_options as read

    job = read.job(
        benchmark=benchmark, data=data, model=model, out=out, base_url=base_url,
        api_key_env=api_key_env, extra=extra, prompts=prompts,
        profile=profile, stress=stress, frame_path=frame_path, frames=frames, sampling=sampling,
        fps=fps, placement=placement, tasks=tasks, limit=limit, max_new_tokens=max_new_tokens,
        max_failed=max_failed, concurrency=concurrency, timeout=timeout, retries=retries,
        requests_per_minute=requests_per_minute, images=images, url_prefix=url_prefix, price=price,
        batch_size=batch_size, device=device, dtype=dtype, attention=attention, max_side=max_side,
        cache=cache, frame_cache=frame_cache, page=page, seed=seed,
    )  # fmt: skip
    from sextant.commands import evaluate as verb

    if not verb.run(job, dry_run=dry_run, quiet=quiet):
        raise typer.Exit(1)


@app.command()
def score(
    benchmark: Annotated[str, typer.Option(help="vsi_bench, mmsi_bench, mindcube, ...")],
    data: Annotated[
        str, typer.Option(help="The benchmark's folder or file, or hf://owner/name@revision.")
    ],
    predictions: Annotated[
        list[Path],
        typer.Option(
            help="Run folder, JSONL with id and reply, VLMEvalKit's xlsx, tsv, csv or json, "
            "lmms-eval's samples; several files by repeating it."
        ),
    ],
    profile: Annotated[
        str, typer.Option(help="official, vlmevalkit, lmms-eval, strict (comma-separated), or all.")
    ] = "strict",
    json_: Annotated[
        Path | None, typer.Option("--json", help="File for the figures; see docs/score.md.")
    ] = None,
    disagreements: Annotated[
        int, typer.Option(help="Rows to print on which profiles disagree.", min=0)
    ] = 10,
    disagreements_out: Annotated[
        Path | None, typer.Option(help="JSONL file for all such rows.")
    ] = None,
    max_failed: Annotated[
        float, typer.Option(help="Share of failed or missing replies above which no headline.")
    ] = MAX_FAILED,
    limit: Annotated[
        int | None, typer.Option(help="Only so many questions, the first ones.", min=1)
    ] = None,
    seed: Seed = 0,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Re-score existing predictions; exit code 1 if too many are missing for a headline."""
    from sextant.commands import score as verb

    job = verb.ScoreJob(
        benchmark=benchmark,
        data=data,
        predictions=predictions,
        profile=profile,
        out=json_,
        disagreements=disagreements,
        disagreements_out=disagreements_out,
        limit=limit,
        seed=seed,
        max_failed=max_failed,
    )
    if not verb.run(job, dry_run=dry_run, quiet=quiet):
        raise typer.Exit(1)


@app.command()
def plan(
    recipe: Annotated[
        str, typer.Argument(help="Preset (internvl3_8b-paper, ...) or YAML training recipe.")
    ],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Override a recipe field, e.g. --set base=FOLDER."),
    ] = None,
    machine: Annotated[str, typer.Option(help="h100, h200, a100, or cpu (this one).")] = "h100",
    gpus: Annotated[int | None, typer.Option(help="In all; 8 if not given.", min=1)] = None,
    memory: Annotated[
        float | None, typer.Option(help="GiB of one GPU, instead of the machine's.", min=0.1)
    ] = None,
    peak: Annotated[
        float | None, typer.Option(help="TFLOP/s of one GPU, instead of the machine's.", min=0.001)
    ] = None,
    mfu: Annotated[
        str, typer.Option(help="Shares of the peak to state times for, comma-separated.")
    ] = "0.25,0.4",
    samples: Annotated[
        int | None,
        typer.Option(help="State so many equal samples instead of measuring a corpus.", min=1),
    ] = None,
    pictures: Annotated[int, typer.Option(help="Of a stated sample.", min=0)] = 16,
    size: Annotated[str, typer.Option(help="Of its pictures, in pixels.")] = "640x480",
    text: Annotated[int, typer.Option(help="Its tokens besides the pictures'.", min=1)] = 200,
    supervised: Annotated[int, typer.Option(help="Its tokens that are learned.", min=1)] = 8,
    limit: Annotated[
        int, typer.Option(help="Measure so many samples of each data entry; 0 = all.", min=0)
    ] = 20_000,
    cache: Annotated[
        Path | None, typer.Option(help="Folder of indices; that of training saves its time.")
    ] = None,
    workers: Workers = 1,
    json_: Annotated[Path | None, typer.Option("--json", help="File for the figures.")] = None,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Say what a training run takes (steps, FLOPs, memory, time); exit code 1 if it cannot fit."""
    from sextant.commands import plan as verb

    job = verb.PlanJob(
        recipe=recipe, overrides=tuple(set_ or ()), machine=machine, gpus=gpus, memory_gib=memory,
        peak_tflops=peak, mfu=mfu, samples=samples, pictures=pictures, size=size, text_tokens=text,
        supervised=supervised, limit=limit or None, cache=cache, workers=workers, out=json_,
    )  # fmt: skip
    if not verb.run(job, dry_run=dry_run, quiet=quiet):
        raise typer.Exit(1)


@app.command()
def train(
    recipe: Annotated[
        str, typer.Argument(help="Preset (internvl3_8b-paper, ...) or YAML training recipe.")
    ],
    out: Annotated[Path, typer.Option(help="Run folder; the same command goes on with it.")],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Override a recipe field, e.g. --set base=FOLDER."),
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="cpu or cuda; the GPU where there is one.")
    ] = None,
    track: Annotated[
        list[str] | None,
        typer.Option(help="wandb, tensorboard or trackio, besides metrics.jsonl; repeat it."),
    ] = None,
    peak: Annotated[
        float | None, typer.Option(help="TFLOP/s of one device, for MFU; by its name if not given.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Folder of indices, shared by runs; else in the run folder.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Stop after so many steps, with a checkpoint.", min=1)
    ] = None,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Carry out a training recipe; under torchrun, as one of its processes."""
    from sextant.commands import train as verb

    options = verb.TrainOptions(
        recipe=recipe, out=out, overrides=tuple(set_ or ()), cache=cache, device=device,
        trackers=tuple(track or ()), peak_tflops=peak, limit=limit,
    )  # fmt: skip
    verb.run(options, dry_run=dry_run, quiet=quiet)


@scenes_app.command("list")
def scenes_list(
    source: SourceName,
    root: Root = None,
    limit: Annotated[int, typer.Option(help="Scene ids to print.", min=0)] = 20,
    scenes: Scenes = None,
    seed: Seed = 0,
) -> None:
    """Say what a folder holds."""
    from sextant.commands import scenes as verb

    verb.list_scenes(source, root, limit, scenes, seed)


@scenes_app.command("help")
def scenes_help(
    name: Annotated[str | None, typer.Argument(help="Reader; all of them in one table.")] = None,
) -> None:
    """Say where a dataset comes from, what to download, its terms, and what it can be asked."""
    from sextant.commands import scene_help

    scene_help.run(name)


@scenes_app.command("show")
def scenes_show(
    scene: Annotated[
        str, typer.Argument(help="Scene id; or, without --source, a posed_rgbd scene folder.")
    ],
    source: Annotated[str | None, typer.Option("--source", help="Reader.")] = None,
    root: Root = None,
    seed: Seed = 0,
    out: Annotated[
        Path | None, typer.Option(help="PNG sheet to write: map and pictures of the scene.")
    ] = None,
    page: Annotated[
        Path | None, typer.Option(help="HTML page to write: points, boxes and cameras in 3D.")
    ] = None,
    rrd: Annotated[
        Path | None, typer.Option(help="Recording to write for the Rerun viewer (extra rerun).")
    ] = None,
    limit: Annotated[int, typer.Option(help="Objects to print.", min=0)] = 60,
) -> None:
    """Print a scene's objects, frames and room; optionally draw it."""
    from sextant.commands import scenes as verb

    verb.show_scene(scene, source, root, seed, out, limit, page, rrd)


@scenes_app.command("check")
def scenes_check(
    source: SourceName,
    root: Root = None,
    scenes: Scenes = None,
    scene: Annotated[str | None, typer.Option(help="Only the scene of this id.")] = None,
    seed: Seed = 0,
    views: Annotated[int, typer.Option(help="Frames to look at, in each scene.", min=2)] = 24,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    quiet: Quiet = False,
) -> None:
    """Hold poses, depth, boxes and units against each other; exit code 1 if a scene is broken."""
    from sextant.commands import scene_check as verb

    if not verb.run(source, root, scenes, scene, seed, views, as_json=json_, quiet=quiet):
        raise typer.Exit(1)


@scenes_app.command("import")
def scenes_import(
    source: SourceName,
    out: Annotated[Path, typer.Option(help="Folder to write, one sub-folder a scene.")],
    root: Root = None,
    scenes: Scenes = None,
    seed: Seed = 0,
    every: Annotated[int, typer.Option(help="Keep every so many-th frame.", min=1)] = 1,
    jpeg: Annotated[
        int | None,
        typer.Option(help="Quality of JPEG pictures; exact PNG if not given.", min=1, max=95),
    ] = None,
    shard: Annotated[
        str | None, typer.Option(help="Only part i of N, as i/N; run all of them.")
    ] = None,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Write scenes in the posed_rgbd layout; the same command goes on; exit code 1 if some fail."""
    from sextant.commands import scene_import as verb

    done = verb.run(
        source, root, out, scenes, seed,
        every=every, jpeg=jpeg, shard=shard, dry_run=dry_run, quiet=quiet,
    )  # fmt: skip
    if not done:
        raise typer.Exit(1)


@scenes_app.command("save")
def scenes_save(
    source: SourceName,
    out: Annotated[Path, typer.Option(help="Folder to write, one sub-folder a scene.")],
    root: Root = None,
    scenes: Scenes = None,
    seed: Seed = 0,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Write scenes in the documented posed_rgbd layout (docs/posed_rgbd.md)."""
    from sextant.commands import scenes as verb

    verb.save_scenes(source, root, out, scenes, seed, dry_run=dry_run, quiet=quiet)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("out/demo"),
    scenes: Annotated[int, typer.Option(help="Simulated rooms.", min=1)] = 12,
    seed: Seed = 7,
    workers: Workers = 2,
    limit: Annotated[int | None, typer.Option(help="At most this many questions.", min=1)] = None,
    train: Annotated[
        bool, typer.Option("--train/--no-train", help="Train and examine a tiny model as well.")
    ] = True,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """The whole way on simulated rooms: generate, verify, export, train, evaluate, report."""
    from sextant.commands import demo as verb

    job = verb.DemoJob(out, scenes, seed, workers, limit, train)
    if not verb.run(job, dry_run=dry_run, quiet=quiet):
        raise typer.Exit(1)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"sextant {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """3D captures -> exact spatial questions -> audited corpora."""


def main() -> None:
    """Run the command line; our errors become a message and an exit code."""
    try:
        app()
    except RecipeError as error:
        _fail(error, 2)
    except SextantError as error:
        _fail(error, 1)
    except KeyboardInterrupt:
        _say_stopped()
        sys.exit(130)
    except SystemExit as stop:
        # The argument parser turns Ctrl-C into an exit of its own.
        if stop.code == 130:
            _say_stopped()
        raise


def _say_stopped() -> None:
    typer.echo("stopped; the same command goes on where this one ended", err=True)


def _fail(error: SextantError, code: int) -> None:
    typer.echo(f"sextant: {error}", err=True)
    sys.exit(code)
