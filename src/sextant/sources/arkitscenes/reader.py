"""Turn ARKitScenes scans into scenes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.counted import counted
from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.geometry.quarter_turns import turn_raster, upright_quarters
from sextant.scenes import Camera, Frame, Scene, SceneObject
from sextant.sources.arkitscenes.layout import (
    ScanFiles,
    find_scans,
    nearest,
    read_camera,
    read_trajectory,
    timed,
)
from sextant.sources.boxes import box_of_rows
from sextant.sources.depth_maps import metres
from sextant.sources.documents import read_json_object
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.images import read_rgb, read_uint16
from sextant.sources.quarantine import Quarantine
from sextant.sources.resampling import turned_camera, turned_pose
from sextant.sources.source import Source, SourceOptions
from sextant.sources.vocabulary import canonical_name, countable

Array = NDArray[np.float64]

NAME = "arkitscenes"

FACTS = DatasetFacts(
    title="ARKitScenes",
    licence="ARKitScenes (Apple's licence: research and other non-commercial use)",
    page="https://github.com/apple/ARKitScenes",
    terms="Apple's ARKitScenes licence, accepted by downloading with download_data.py",
    parts=(
        Part("3dod (all of it)", "pictures, depth, intrinsics, poses, boxes", "623 GB"),
        Part("or raw: lowres_wide, lowres_depth, lowres_wide_intrinsics, lowres_wide.traj",
             "the same pictures at 60 a second", "", needed=False),
        Part("raw: annotation", "boxes", "", needed=False),
    ),
    layout=(
        "<root>/3dod/{Training,Validation}/<video>/<video>_3dod_annotation.json",
        "<root>/3dod/{Training,Validation}/<video>/<video>_frames/lowres_{wide,depth}/...",
        "<root>/raw/{Training,Validation}/<video>/{lowres_wide, lowres_depth, ...}",
    ),
    supports=frozenset(
        {"objects", "metric", "frames", "many_frames", "video", "depth", "complete"}
    ),
    splits="the folder: Training is train, Validation is val",
    countable="its 17 kinds of furniture: annotators were asked for all of them",
)  # fmt: skip

POSE_TOLERANCE_S = 0.005
INTRINSICS_TOLERANCE_S = 0.0015
DEPTH_UNIT_M = 0.001


@dataclass(slots=True)
class ArkitScenesSource:
    """The scans found under a root."""

    scans: Mapping[str, ScanFiles]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return the video numbers, sorted."""
        return tuple(self.scans)

    def open(self, scene_id: str) -> Scene:
        """Read a scan's names, poses, intrinsics and boxes; pictures and depth stay unread.

        Raises:
            InputError: If a file is broken, or there are neither frames nor boxes.
        """
        if scene_id not in self.scans:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return _open_scan(self.scans[scene_id])

    def describe(self) -> str:
        """Say what was found and what is missing."""
        bare = sum(not s.annotation.is_file() for s in self.scans.values())
        lines = [f"ARKitScenes: {counted(len(self.scans), 'scan')}"]
        return "\n".join(lines + ([f"{bare} of them without boxes"] if bare else []))


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open the download folder, 3dod/ or raw/ in it, a split, or one scan.

    Raises:
        MissingInput: If no scan is found there.
    """
    scans = {} if root is None else find_scans(root)
    if not scans:
        raise nothing_found(NAME, FACTS, root, "3dod/Training/<video>/<video>_frames/lowres_wide")
    return ArkitScenesSource(dict(list(scans.items())[: options.scenes]))


def read_picture(path: Path, size: tuple[int, int], quarters: int) -> NDArray[np.uint8]:
    """Return an upright (H, W, 3) picture."""
    return turn_raster(read_rgb(path, size), quarters)


def read_depth(path: Path, size: tuple[int, int], quarters: int) -> NDArray[np.float32]:
    """Return upright (H, W) z-depth in metres, NaN = invalid."""
    return turn_raster(metres(read_uint16(path, size), DEPTH_UNIT_M, path), quarters)


def _open_scan(scan: ScanFiles) -> Scene:
    notes: dict[str, str] = {}
    has_frames = (scan.frames / "lowres_wide").is_dir()
    if not has_frames and not scan.annotation.is_file():
        missing = [scan.annotation.name, "lowres_wide"]
        raise incomplete(NAME, FACTS, scan.folder, missing, "anything of it")
    frames: tuple[Frame, ...] = ()
    if has_frames:
        frames, more = _frames(scan)
        notes |= more
    objects: tuple[SceneObject, ...] = ()
    complete: frozenset[str] = frozenset()
    if scan.annotation.is_file():
        objects, complete, more = _objects(scan.annotation)
        notes |= more
    else:
        notes["objects"] = f"none: missing {scan.annotation.name}"
    if scan.split is None:
        notes["split"] = "guessed: the scan lies neither in Training nor in Validation"
    return Scene(
        id=scan.id,
        source=NAME,
        split=scan.split or "train",
        license=FACTS.licence,
        objects=objects,
        frames=frames,
        complete_categories=complete,
        notes=notes,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """A picture with what belongs to it."""

    time_s: float
    picture: Path
    depth: Path | None
    camera: Camera
    T_world_camera: Array


def _frames(scan: ScanFiles) -> tuple[tuple[Frame, ...], dict[str, str]]:
    trajectory = scan.frames / "lowres_wide.traj"
    lacking = [
        name
        for name in ("lowres_wide.traj", "lowres_wide_intrinsics")
        if not (scan.frames / name).exists()
    ]
    if lacking:
        raise incomplete(NAME, FACTS, scan.frames, lacking, "its pictures")
    times, poses, broken_poses = read_trajectory(trajectory)
    pictures = timed(scan.frames / "lowres_wide")
    depths = dict(timed(scan.frames / "lowres_depth"))
    intrinsics = timed(scan.frames / "lowres_wide_intrinsics")
    intrinsic_times = np.array([t for t, _ in intrinsics])
    posed = [(t, path) for t, path in pictures if nearest(times, t, POSE_TOLERANCE_S) is not None]
    quarantine = Quarantine("frames")

    def read(picture: tuple[float, Path]) -> _Found:
        time_s, path = picture
        which = nearest(intrinsic_times, time_s, INTRINSICS_TOLERANCE_S)
        if which is None:
            raise MissingInput(
                "picture has no intrinsics",
                where=path,
                expected=f"a .pincam within {INTRINSICS_TOLERANCE_S * 1000:g} ms",
            )
        at = nearest(times, time_s, POSE_TOLERANCE_S)
        assert at is not None
        return _Found(
            time_s, path, depths.get(time_s), read_camera(intrinsics[which][1]), poses[at]
        )

    found = [made for _, made in quarantine.sift(posed, read)]
    quarantine.check()
    if not found:
        raise ConventionError(
            "no picture has a pose",
            where=scan.frames,
            got=f"{len(pictures)} pictures, {len(times)} poses",
            hint="names must carry the trajectory's times: <video>_<seconds>.png",
        )
    quarters = upright_quarters(np.mean([f.T_world_camera[:3, :3] for f in found], axis=0))
    frames = tuple(_frame(f, quarters, found[0].time_s) for f in found)
    notes = {
        "frames_without_pose": str(len(pictures) - len(posed)),
        "turned_quarters": str(quarters),
    }
    notes = {name: value for name, value in notes.items() if value != "0"}
    return frames, notes | quarantine.notes | broken_poses.notes


def _frame(found: _Found, quarters: int, start_s: float) -> Frame:
    size = (found.camera.width, found.camera.height)
    return Frame(
        id=found.picture.stem.rpartition("_")[2],
        camera=turned_camera(found.camera, quarters),
        T_world_camera=turned_pose(found.T_world_camera, quarters),
        timestamp_s=found.time_s - start_s,
        read_rgb=partial(read_picture, found.picture, size, quarters),
        read_depth=partial(read_depth, found.depth, size, quarters) if found.depth else None,
    )


def _objects(path: Path) -> tuple[tuple[SceneObject, ...], frozenset[str], dict[str, str]]:
    document = read_json_object(path)
    records = document.get("data")
    if document.get("skipped") is True:
        return (), frozenset(), {"objects": "none: the annotator skipped the scan"}
    if not isinstance(records, Sequence) or isinstance(records, str):
        raise CorruptInput("annotation has no list of boxes", where=f"{path}: data")
    quarantine = Quarantine("objects")
    projected = 0
    taken: set[str] = set()

    def read(entry: tuple[int, Any]) -> SceneObject:
        nonlocal projected
        number, record = entry
        where = f"{path}: data[{number}]"
        label = record.get("label") if isinstance(record, Mapping) else None
        segments = record.get("segments") if isinstance(record, Mapping) else None
        if not isinstance(label, str) or not label.strip() or not isinstance(segments, Mapping):
            raise CorruptInput("object has no label or no segments", where=where)
        uid = record.get("uid")
        object_id = uid if isinstance(uid, str) and uid else f"{number}"
        if object_id in taken:
            raise ConventionError("uid stands twice", where=where, got=object_id[:80])
        box, off = box_of_rows(segments.get("obbAligned"), where)
        made = SceneObject(object_id, canonical_name(label, NAME), box, attributes={"label": label})
        projected += off
        taken.add(object_id)
        return made

    objects = [made for _, made in quarantine.sift(enumerate(records), read)]
    quarantine.check()
    # A box that cannot be read may be of any kind.
    complete = frozenset() if quarantine.errors else countable(NAME, (o.category for o in objects))
    notes = {"rotations_projected": str(projected)} if projected else {}
    return tuple(sorted(objects, key=lambda o: o.id)), complete, notes | quarantine.notes
