"""Verbs about scenes, before any question is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sextant.cli.options import DryRun, Quiet, Root, Scenes, Seed, SourceName

app = typer.Typer(help="Look at what a source holds.", no_args_is_help=True)


@app.command("list")
def scenes_list(
    source: Annotated[
        str | None,
        typer.Option("--source", help="Reader; without it, which readers take the folder."),
    ] = None,
    root: Root = None,
    limit: Annotated[int, typer.Option(help="Scene ids to print.", min=0)] = 20,
    scenes: Scenes = None,
    seed: Seed = 0,
) -> None:
    """Say what a folder holds."""
    from sextant.commands import scenes as verb

    if source is not None:
        verb.list_scenes(source, root, limit, scenes, seed)
    elif root is not None:
        verb.list_readers(root)
    else:
        raise typer.BadParameter("give --source, or --root to be told which readers take it")


@app.command("help")
def scenes_help(
    name: Annotated[
        str | None, typer.Argument(help="Reader; without it, all of them in one table.")
    ] = None,
) -> None:
    """Say where a dataset comes from, what to download, its terms, and what it can be asked."""
    from sextant.commands import scene_help

    scene_help.run(name)


@app.command("show")
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


@app.command("check")
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


@app.command("import")
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


@app.command("save")
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
