"""``sextant scenes import``: scenes of any reader in the posed_rgbd layout, shard by shard."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console

from sextant.commands.registry import open_source, source_names
from sextant.counted import counted
from sextant.errors import ConventionError, InputError, OutputError, RecipeError
from sextant.execution.atomic import write_text
from sextant.execution.progress import Progress
from sextant.scenes import Frame, Scene
from sextant.sources.documents import read_json_object
from sextant.sources.posed_rgbd import write_scene
from sextant.sources.quarantine import MAX_BROKEN_SHARE
from sextant.sources.source import SourceOptions

SETTINGS = "import.json"
"""How the scenes of a folder were imported, a record for each reader."""


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

    Raises:
        OutputError: If scenes are there that were imported with another ``every`` or ``jpeg``, or
            from another source.
    """
    console = Console(highlight=False)
    opened = open_source(source, root, SourceOptions(scenes=scenes, seed=seed))
    part, of = _shard(shard)
    ids = opened.scene_ids()[part::of]
    folders = {scene_id: out / scene_id.replace("/", "__") for scene_id in ids}
    waiting = [i for i in ids if not (folders[i] / "scene.json").is_file()]
    done = len(ids) - len(waiting)
    _refuse_strangers(source, [folders[i] for i in sorted(set(ids) - set(waiting))])
    settings = _settings(out, source, {"every": every, "jpeg": jpeg}, done)
    if dry_run:
        console.print(
            f"would write {counted(len(waiting), 'scene')} to {out}, {done} are there", markup=False
        )
        return True
    if waiting:
        write_text(out / SETTINGS, json.dumps(settings, indent=1) + "\n")
    failed: dict[str, str] = {}
    dropped = 0
    with Progress("import", len(ids), done=done, unit="scenes", quiet=quiet) as progress:
        for scene_id in waiting:
            try:
                scene = opened.open(scene_id)
                scene = dataclasses.replace(scene, frames=scene.frames[::every])
                dropped += _write(scene, folders[scene_id], jpeg)
            except InputError as error:
                failed[scene_id] = str(error)
            progress.advance()
    if failed or of == 1:
        name = "quarantine.json" if of == 1 else f"quarantine-{part}-of-{of}.json"
        if failed:
            told = {scene_id: " ".join(reason.split()) for scene_id, reason in failed.items()}
            write_text(out / name, json.dumps(told, indent=1, ensure_ascii=False) + "\n")
            for scene_id, reason in list(failed.items())[:10]:
                console.print(f"{scene_id}: {reason}", markup=False, soft_wrap=True)
            console.print(f"{counted(len(failed), 'scene')} set aside: {out / name}", markup=False)
        elif (out / name).is_file():
            (out / name).unlink()
    left_out = f"; {dropped} frames that cannot be read left out" if dropped else ""
    written = len(waiting) - len(failed)
    console.print(f"wrote {written} scenes to {out}, {done} were there{left_out}", markup=False)
    return not failed


def _refuse_strangers(source: str, folders: Iterable[Path]) -> None:
    """Refuse scenes of another source that have the ids of this one's: they are not done."""
    for folder in folders:
        theirs = read_json_object(folder / "scene.json").get("source")
        # A capture of one's own says of which data set it is.
        if source != "posed_rgbd" and theirs != source and theirs in source_names():
            raise OutputError(
                "a scene of another source has this one's id",
                where=folder,
                expected=f"scenes of {source}",
                got=theirs,
                hint="give each source an --out of its own",
            )


def _settings(
    out: Path, source: str, wanted: dict[str, int | None], done: int
) -> dict[str, dict[str, int | None]]:
    """Return what the settings file shall say; refuse to go on with others than it says."""
    path = out / SETTINGS
    known = read_json_object(path) if path.is_file() else {}
    before = known.get(source)
    if done and before is not None and before != wanted:
        raise OutputError(
            f"{done} scenes are there that were imported in another way",
            where=out,
            expected=_told(before),
            got=_told(wanted),
            hint="the same options go on; others need another --out",
        )
    return {**known, source: wanted}


def _told(settings: object) -> str:
    found = settings if isinstance(settings, dict) else {}
    jpeg = found.get("jpeg")
    return f"--every {found.get('every')}, " + ("no --jpeg" if jpeg is None else f"--jpeg {jpeg}")


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
