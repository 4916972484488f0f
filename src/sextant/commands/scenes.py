"""``sextant scenes``: look at what a source holds, and write scenes in a plain layout."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from sextant.commands.registry import open_source, readers_of
from sextant.commands.scene_page import scene_page
from sextant.commands.scene_rerun import write_rrd
from sextant.commands.scene_sheet import scene_sheet
from sextant.counted import counted
from sextant.errors import MissingInput, RecipeError
from sextant.execution.atomic import write_bytes
from sextant.execution.progress import Progress
from sextant.scenes import Scene
from sextant.sources.posed_rgbd import write_scene
from sextant.sources.source import SourceOptions


def list_readers(root: Path) -> None:
    """Carry out ``sextant scenes list`` without ``--source``: say which readers take a folder."""
    console = Console(highlight=False)
    found = readers_of(root) if root.is_dir() else {}
    if not found:
        raise MissingInput(
            "no reader finds anything here",
            where=root,
            got=None if root.exists() else "no such folder",
            hint="`sextant scenes help NAME` says which folder a reader takes",
        )
    for name, told in found.items():
        first = told.splitlines()[0]
        console.print(f"--source {name}: {first}", markup=False, soft_wrap=True)


def list_scenes(source: str, root: Path | None, limit: int, scenes: int | None, seed: int) -> None:
    """Carry out ``sextant scenes list``."""
    console = Console(highlight=False)
    opened = open_source(source, root, SourceOptions(scenes=scenes, seed=seed))
    console.print(opened.describe(), markup=False)
    ids = opened.scene_ids()
    for scene_id in ids[:limit]:
        console.print(scene_id, markup=False)
    if len(ids) > limit:
        console.print(f"... and {len(ids) - limit} more")


def show_scene(
    scene_id: str,
    source: str | None,
    root: Path | None,
    seed: int,
    out: Path | None,
    limit: int,
    page: Path | None = None,
    rrd: Path | None = None,
) -> None:
    """Carry out ``sextant scenes show``."""
    console = Console(highlight=False)
    if source is None:
        opened = open_source("posed_rgbd", Path(scene_id), SourceOptions())
        found = opened.scene_ids()
        if len(found) > 1:
            raise RecipeError(
                f"{counted(len(found), 'scene')} are there; name one",
                where=scene_id,
                got=", ".join(found[:10]) + (", ..." if len(found) > 10 else ""),
                hint=f"sextant scenes show {Path(scene_id) / found[0]}",
            )
        scene = opened.open(found[0])
    else:
        opened = open_source(source, root, SourceOptions(seed=seed))
        # Simulated scenes need not be listed to be made.
        if source != "procedural" and scene_id not in opened.scene_ids():
            raise RecipeError(
                f"no scene {scene_id!r}",
                where=root,
                hint=f"`sextant scenes list --source {source}` names them",
            )
        scene = opened.open(scene_id)
    _print(console, scene, limit)
    if out is not None:
        write_bytes(out, scene_sheet(scene))
        console.print(f"wrote {out}", markup=False)
    if page is not None:
        write_bytes(page, scene_page(scene))
        console.print(f"wrote {page}", markup=False)
    if rrd is not None:
        write_rrd(scene, rrd)
        console.print(f"wrote {rrd}", markup=False)


def _print(console: Console, scene: Scene, limit: int) -> None:
    room = scene.room
    timed = sum(f.timestamp_s is not None for f in scene.frames)
    has = [
        name
        for name in ("rgb", "depth", "instances")
        if any(getattr(f, f"read_{name}") is not None for f in scene.frames)
    ]
    lines = [
        f"{scene.source} {scene.id}: split {scene.split}, "
        f"{'metric' if scene.is_metric else 'not metric'}",
        f"licence: {scene.license}",
        f"frames: {len(scene.frames)} ({timed} with time stamps; {', '.join(has) or 'no arrays'})",
        f"objects: {len(scene.objects)} of {len({o.category for o in scene.objects})} categories",
    ]
    if scene.things:
        kinds = len({t.category for t in scene.things})
        seen = sum(f.read_sightings is not None for f in scene.frames)
        lines.append(
            f"things without a place: {len(scene.things)} of {kinds} categories; "
            f"{seen} frames say where they show them"
        )
    marked = sum(f.read_landmarks is not None for f in scene.frames)
    if marked:
        lines.append(f"landmarks: of {marked} frames")
    if room.floor_polygon is not None or room.area_m2 is not None:
        area = "" if room.area_m2 is None else f", {room.area_m2:.1f} m2 stated"
        corners = 0 if room.floor_polygon is None else len(room.floor_polygon)
        lines.append(f"room: {room.kind or 'kind unknown'}, floor of {corners} corners{area}")
    lines += [f"{name}: {value}" for name, value in scene.notes.items()]
    for line in lines:
        console.print(line, markup=False)
    if scene.objects:
        counts = Counter(o.category for o in scene.objects)
        # Ids differ at their ends: a cut one names no object.
        first = Column("id", overflow="fold")
        table = Table(first, "category", "size (m)", "centre (m)", "front", "of its kind")
        for o in scene.objects[:limit]:
            table.add_row(
                Text(o.id),
                Text(o.category),
                " x ".join(f"{s:.2f}" for s in o.box.size_m),
                ", ".join(f"{c:.2f}" for c in o.box.center),
                "yes" if o.front_world is not None else "",
                str(counts[o.category]),
            )
        console.print(table)
        if len(scene.objects) > limit:
            console.print(f"... and {len(scene.objects) - limit} more (--limit)")


def save_scenes(
    source: str,
    root: Path | None,
    out: Path,
    scenes: int | None,
    seed: int,
    *,
    dry_run: bool,
    quiet: bool,
) -> None:
    """Carry out ``sextant scenes save``."""
    console = Console(highlight=False)
    opened = open_source(source, root, SourceOptions(scenes=scenes, seed=seed))
    ids = opened.scene_ids()
    if dry_run:
        console.print(f"would write {counted(len(ids), 'scene')} to {out}", markup=False)
        return
    with Progress("save", len(ids), unit="scenes", quiet=quiet) as progress:
        for scene_id in ids:
            write_scene(opened.open(scene_id), out / scene_id.replace("/", "__"))
            progress.advance()
    console.print(f"wrote {counted(len(ids), 'scene')} to {out}", markup=False)
