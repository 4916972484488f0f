"""``sextant scenes import``: scenes of any reader in the posed_rgbd layout, shard by shard."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from rich.console import Console

from sextant.commands.registry import open_source
from sextant.errors import ConventionError, InputError, RecipeError
from sextant.execution.atomic import write_text
from sextant.execution.progress import Progress
from sextant.scenes import Frame, Scene
from sextant.sources.posed_rgbd import write_scene
from sextant.sources.quarantine import MAX_BROKEN_SHARE
from sextant.sources.source import SourceOptions


def run(
    source: str,
    root: Path | None,
    out: Path,
    scenes: int | None,
    seed: int,
    *,
    every: int = 1,
    jpeg: int | None = None,
    shard: str | None = None,
    dry_run: bool = False,
    quiet: bool = False,
) -> bool:
    """Write scenes below ``out``; tell whether all of them could be.

    A scene's folder appears when it is whole, so the same command goes on where it was stopped.
    What could not be imported stands in ``quarantine.json`` (``quarantine-i-of-n.json``).
    """
    console = Console(highlight=False)
    opened = open_source(source, root, SourceOptions(scenes=scenes, seed=seed))
    part, of = _shard(shard)
    ids = opened.scene_ids()[part::of]
    folders = {scene_id: out / scene_id.replace("/", "__") for scene_id in ids}
    waiting = [i for i in ids if not (folders[i] / "scene.json").is_file()]
    done = len(ids) - len(waiting)
    if dry_run:
        console.print(f"would write {len(waiting)} scenes to {out}, {done} are there", markup=False)
        return True
    failed: dict[str, str] = {}
    dropped = 0
    with Progress("import", len(ids), done=done, unit="scenes", quiet=quiet) as progress:
        for scene_id in waiting:
            try:
                scene = opened.open(scene_id)
                scene = dataclasses.replace(scene, frames=scene.frames[::every])
                dropped += _write(scene, folders[scene_id], jpeg)
            except InputError as error:
                failed[scene_id] = " ".join(str(error).split())
            progress.advance()
    if failed or of == 1:
        name = "quarantine.json" if of == 1 else f"quarantine-{part}-of-{of}.json"
        if failed:
            write_text(out / name, json.dumps(failed, indent=1, ensure_ascii=False) + "\n")
            for scene_id, reason in list(failed.items())[:10]:
                console.print(f"{scene_id}: {reason[:200]}", markup=False)
            console.print(f"{len(failed)} scenes set aside: {out / name}", markup=False)
        elif (out / name).is_file():
            (out / name).unlink()
    told = f"; {dropped} frames that cannot be read left out" if dropped else ""
    console.print(
        f"wrote {len(waiting) - len(failed)} scenes to {out}, {done} were there{told}", markup=False
    )
    return not failed


def _write(scene: Scene, folder: Path, jpeg: int | None) -> int:
    """Write a scene, without the frames that cannot be read if they are few; return their count."""
    try:
        write_scene(scene, folder, jpeg)
        return 0
    except InputError as error:
        broken = {f.id: found for f in scene.frames if (found := _broken(f)) is not None}
        sound = tuple(f for f in scene.frames if f.id not in broken)
        lost = len(broken)
        if lost > MAX_BROKEN_SHARE * len(scene.frames):
            raise ConventionError(
                f"{lost} of {len(scene.frames)} frames cannot be read; the first: {error.what}",
                where=error.where,
                expected=f"at most {MAX_BROKEN_SHARE:.0%}",
                got=error.got,
                hint=error.hint,
            ) from error
        notes = {**scene.notes, "frames_unreadable": str(lost)}
        if broken:
            frame_id, first = next(iter(broken.items()))
            notes["frames_unreadable_first"] = f"{frame_id}: {first.where}: {first.what}"
        write_scene(dataclasses.replace(scene, frames=sound, notes=notes), folder, jpeg)
        return lost


def _broken(frame: Frame) -> InputError | None:
    """Return why a frame cannot be read."""
    try:
        for read in (frame.read_rgb, frame.read_depth, frame.read_instances):
            if read is not None:
                read()
    except InputError as error:
        return error
    return None


def _shard(shard: str | None) -> tuple[int, int]:
    if shard is None:
        return 0, 1
    first, _, second = shard.partition("/")
    try:
        part, of = int(first), int(second)
    except ValueError:
        part, of = 0, 0
    if not 0 <= part < of:
        raise RecipeError("a shard is i/N with 0 <= i < N", got=shard)
    return part, of
