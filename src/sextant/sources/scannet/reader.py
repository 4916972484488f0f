"""Turn ScanNet scene folders into scenes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.counted import counted
from sextant.errors import ConventionError, MissingInput
from sextant.scenes import Camera, Frame, Room, Scene
from sextant.scenes.checks import project_pose
from sextant.sources.archives import Members, open_members
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.images import read_uint16
from sextant.sources.quarantine import Quarantine
from sextant.sources.resampling import nearest_onto
from sextant.sources.scannet.layout import (
    SceneFiles,
    find_scenes,
    read_alignment,
    split_of,
)
from sextant.sources.scannet.sens import SensFrame, read_depth, read_rgb, read_sens
from sextant.sources.scannet.things import Things, read_things
from sextant.sources.source import Source, SourceOptions

Array = NDArray[np.float64]

NAME = "scannet"

FACTS = DatasetFacts(
    title="ScanNet v2",
    licence="ScanNet (ScanNet Terms of Use, non-commercial research only)",
    page="http://www.scan-net.org",
    terms="sign the Terms of Use form and send it from an institutional address; you get a script",
    parts=(
        Part(".sens", "pictures, depth, poses", "1.3 TB in all, 0.4 to 4 GB a scene"),
        Part("_vh_clean_2.ply", "surfaces of objects, walls and floor", "7 GB", needed=False),
        Part("_vh_clean_2.0.010000.segs.json", "which vertices are one piece", "5 GB",
             needed=False),
        Part(".aggregation.json", "instances and their labels", "0.1 GB", needed=False),
        Part(".txt", "the turn along the walls (axisAlignment)", "", needed=False),
        Part("_2d-instance-filt.zip", "instance maps of the pictures", "60 GB", needed=False),
    ),
    layout=(
        "<root>/scans/<scene0000_00>/<scene>.sens, <scene>_vh_clean_2.ply, ...",
        "<root>/scans_test/<scene0707_00>/...",
    ),
    supports=frozenset(
        {"objects", "metric", "frames", "many_frames", "video", "depth", "complete", "floor"}
    ),
    splits="official (scannetv2_{train,val,test}.txt), shipped with Sextant",
    countable="large things that are hard to overlook (bed, toilet, refrigerator, ...)",
)  # fmt: skip

FRAMES_PER_SECOND = 30.0


@dataclass(slots=True)
class ScannetSource:
    """The scene folders found under a root."""

    scenes: Mapping[str, SceneFiles]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return the scene names, sorted."""
        return tuple(self.scenes)

    def open(self, scene_id: str) -> Scene:
        """Read a scene's index, mesh and labels; pictures and depth stay unread.

        Raises:
            InputError: If a file is broken, or there is neither a recording nor an annotation.
        """
        if scene_id not in self.scenes:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return _open_scene(self.scenes[scene_id])

    def describe(self) -> str:
        """Say what was found and which scenes lack what."""
        lines = [f"ScanNet: {counted(len(self.scenes), 'scene')}"]
        lacking = {
            "recording (.sens)": sum(not f.sens.is_file() for f in self.scenes.values()),
            "annotation": sum(bool(f.missing_annotation()) for f in self.scenes.values()),
            "instance maps": sum(f.instance_archive is None for f in self.scenes.values()),
        }
        lines += [f"{n} of them without {what}" for what, n in lacking.items() if n]
        return "\n".join(lines)


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open a folder with scans/ and scans_test/, a folder of scenes, or one scene.

    Raises:
        MissingInput: If no scene folder is found there.
    """
    scenes = {} if root is None else find_scenes(root)
    if root is None or not scenes:
        raise nothing_found(NAME, FACTS, root, "scans/<scene0000_00>/<scene0000_00>.sens")
    chosen = dict(list(scenes.items())[: options.scenes])
    return ScannetSource(chosen)


def _open_scene(files: SceneFiles) -> Scene:
    missing = files.missing_annotation()
    has_recording = files.sens.is_file()
    if missing and not has_recording:
        raise incomplete(NAME, FACTS, files.folder, [files.sens.name, *missing], "anything of it")
    notes: dict[str, str] = {}
    T_aligned_scan = read_alignment(files.facts)
    if T_aligned_scan is None:
        notes["world"] = "the scan's own frame: no axisAlignment"
        T_aligned_scan = np.eye(4)
    things = Things((), None, Room(), frozenset(), {})
    if missing:
        notes["objects"] = f"none: missing {', '.join(missing)}"
    else:
        things = read_things(files, T_aligned_scan, NAME)
    frames: tuple[Frame, ...] = ()
    if has_recording:
        frames, more = _frames(files, T_aligned_scan)
        notes |= more
    return Scene(
        id=files.id,
        source=NAME,
        split=split_of(files.id),
        license=FACTS.licence,
        objects=things.objects,
        frames=frames,
        room=things.room,
        shell=things.shell,
        complete_categories=things.complete_categories,
        notes=notes | dict(things.notes),
    )


def _frames(files: SceneFiles, T_aligned_scan: Array) -> tuple[tuple[Frame, ...], dict[str, str]]:
    sens, recorded = read_sens(files.sens)
    tracked = [f for f in recorded if np.all(np.isfinite(f.T_scan_camera))]
    quarantine = Quarantine("frames")
    projected = 0

    def place(frame: SensFrame) -> Array:
        nonlocal projected
        T, was_projected = project_pose(
            frame.T_scan_camera, where=f"{files.sens}: frame {frame.index}"
        )
        projected += was_projected
        # The product of two rotations of float32 and of printed numbers is off by as much as they.
        return project_pose(T_aligned_scan @ T, where=f"{files.sens}: frame {frame.index}")[0]

    maps = _instance_maps(files)
    frames = tuple(
        Frame(
            id=f"{frame.index:06d}",
            camera=sens.depth,
            T_world_camera=T,
            timestamp_s=frame.index / FRAMES_PER_SECOND,
            read_rgb=partial(read_rgb, sens, frame),
            read_depth=partial(read_depth, sens, frame),
            read_instances=None
            if maps is None or f"{maps[1]}/{frame.index}.png" not in maps[2]
            else partial(
                read_instances, maps[0], f"{maps[1]}/{frame.index}.png", sens.color, sens.depth
            ),
        )
        for frame, T in quarantine.sift(tracked, place)
    )
    quarantine.check()
    if not frames:
        raise ConventionError(
            "no frame of the recording has a pose",
            where=files.sens,
            got=f"{len(recorded)} frames, tracking lost in all of them",
        )
    counts = {
        "frames_without_pose": len(recorded) - len(tracked),
        "frames_cut_off": sens.stated_frames - len(recorded),
        "poses_projected": projected,
    }
    notes = {name: str(n) for name, n in counts.items() if n}
    return frames, notes | quarantine.notes


def read_instances(members: Members, name: str, color: Camera, depth: Camera) -> NDArray[np.int32]:
    """Return (H, W) int32 instance values (objectId + 1) on the raster of the depth camera."""
    size = (color.width, color.height)
    stored = read_uint16(members.read(name), size, members.where(name), allow_8_bit=True)
    return nearest_onto(stored, color, depth).astype(np.int32)


def _instance_maps(files: SceneFiles) -> tuple[Members, str, frozenset[str]] | None:
    found = files.instance_archive
    if found is None:
        return None
    path, inner = found
    members = open_members(path)
    names = frozenset(members.names())
    # Unpacked folders may hold the pictures with or without the inner folder.
    has_inner = any(name.startswith(f"{inner}/") for name in names)
    return members, inner if has_inner else ".", names
