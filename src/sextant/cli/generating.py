"""Verbs that make questions of scenes and answer for them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sextant.cli.options import (
    DryRun,
    Engine,
    Quiet,
    RayAddress,
    Root,
    Scenes,
    Seed,
    SourceName,
    Workers,
    alone,
)


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
