"""Turn a 7-Scenes-style folder into scenes without objects."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from sextant.counted import counted
from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.geometry.transforms import rigid
from sextant.scenes import Camera, Frame, Scene
from sextant.scenes.checks import project_pose
from sextant.sources.depth_maps import metres
from sextant.sources.documents import read_matrix
from sextant.sources.facts import DatasetFacts, Part, nothing_found
from sextant.sources.images import image_size, read_rgb, read_uint16
from sextant.sources.seven_scenes.gravity import (
    estimate_vertical,
    surface_normals,
    upright_rotation,
)
from sextant.sources.seven_scenes.layout import (
    FrameFiles,
    find_frames,
    find_sequences,
    official_split,
)
from sextant.sources.source import Source, SourceOptions

Array = NDArray[np.float64]

NAME = "seven_scenes"

LICENSE = "7-Scenes (Microsoft Research licence, non-commercial), or the capture's own terms"

FACTS = DatasetFacts(
    title="7-Scenes (or any capture in its layout)",
    licence=LICENSE,
    page="https://www.microsoft.com/en-us/research/project/rgb-d-dataset-7-scenes/",
    terms="Microsoft Research licence, non-commercial; accepted with the download",
    parts=(Part("<scene>.zip, unpacked", "pictures, depth, poses, split lists", "12 GB"),),
    layout=(
        "<root>/<scene>/<seq-01>/frame-000000.{color.png,depth.png,pose.txt}",
        "<root>/<scene>/{TrainSplit,TestSplit}.txt",
        "<root>/<scene>/camera-intrinsics.txt   3x3, where it is not 585/585/320/240",
    ),
    supports=frozenset({"metric", "frames", "many_frames", "video", "depth"}),
    splits="TrainSplit.txt and TestSplit.txt; train where there are none",
    countable="none: there are no objects",
)

FRAMES_PER_SECOND = 30.0

INVALID_DEPTH = (0, 65535)
DEPTH_UNIT_M = 0.001

MAX_BROKEN_SHARE = 0.2
"""With more broken frames than this, the convention is wrong rather than a frame."""

NOMINAL_UP = (0.0, -1.0, 0.0)
NOMINAL_FORWARD = (0.0, 0.0, 1.0)
"""KinectFusion's world is the first camera: y down, z forward."""

_LOOKS = 12
"""Depth maps read when a scene is opened, for the vertical and the unit check."""


@dataclass(slots=True)
class SevenScenesSource:
    """The sequences found under a folder."""

    sequences: Mapping[str, Path]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return sequence folders relative to the root, sorted."""
        return tuple(self.sequences)

    def open(self, scene_id: str) -> Scene:
        """Read the poses and up to 12 depth maps of a sequence.

        Raises:
            ConventionError: If over 20 % of the frames are broken, or the depth unit is wrong.
            InputError: If intrinsics or the depth maps looked at are broken.
        """
        if scene_id not in self.sequences:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return _open_scene(scene_id, self.sequences[scene_id])

    def describe(self) -> str:
        """Say how many sequences were found."""
        return (
            f"7-Scenes layout: {counted(len(self.sequences), 'sequence')} (posed RGB-D, no objects)"
        )


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open one sequence folder, a folder of sequences, or a folder of scenes with sequences.

    Raises:
        MissingInput: If no ``frame-*.pose.txt`` is found there.
    """
    sequences = {} if root is None else find_sequences(root)
    if not sequences:
        wanted = "a folder with frame-000000.pose.txt in it, or one of such folders (chess/seq-01)"
        raise nothing_found(NAME, FACTS, root, wanted)
    chosen = list(sequences.items())[: options.scenes]
    return SevenScenesSource(dict(chosen))


def read_depth(path: Path, camera: Camera) -> NDArray[np.float32]:
    """Return (H, W) float32 z-depth in metres; 0 and 65535 become NaN.

    Raises:
        ConventionError: If the median depth is outside 0.05..100 m.
    """
    raw = read_uint16(path, (camera.width, camera.height))
    return metres(raw, DEPTH_UNIT_M, path, INVALID_DEPTH)


def _open_scene(scene_id: str, folder: Path) -> Scene:
    files = find_frames(folder)
    camera = _camera(folder, files)
    poses, broken, notes = _poses(files)
    R_up, unreadable = _upright(camera, poses, notes)
    broken |= unreadable
    if len(broken) > MAX_BROKEN_SHARE * len(files):
        _refuse(list(broken.values()), len(files))
    if broken:
        first = next(iter(broken.values()))
        notes |= {
            "frames_dropped": str(len(broken)),
            "frames_dropped_first": f"{first.where}: {first.what}",
        }
    T_up = rigid(R_up, np.zeros(3))
    split = official_split(folder)
    frames = tuple(
        Frame(
            id=f.id,
            camera=camera,
            T_world_camera=T_up @ T,
            timestamp_s=f.index / FRAMES_PER_SECOND,
            read_rgb=partial(read_rgb, f.color, (camera.width, camera.height)) if f.color else None,
            read_depth=partial(read_depth, f.depth, camera) if f.depth else None,
        )
        for f, T in poses
        if f.id not in broken
    )
    return Scene(
        id=scene_id,
        source=NAME,
        split=split or "train",
        license=LICENSE,
        frames=frames,
        is_metric=True,
        complete_categories=frozenset(),
        notes=notes,
    )


def _camera(folder: Path, files: list[FrameFiles]) -> Camera:
    first = next((path for f in files for path in (f.depth, f.color) if path is not None), None)
    if first is None:
        raise MissingInput("no depth map and no picture beside the poses", where=folder)
    width, height = image_size(first)
    path = folder / "camera-intrinsics.txt"
    if not path.is_file():
        path = folder.parent / "camera-intrinsics.txt"
    if path.is_file():
        K = read_matrix(path, (3, 3))
        try:
            return Camera(width, height, K[0, 0], K[1, 1], K[0, 2], K[1, 2])
        except ConventionError as error:
            raise ConventionError(
                error.what, where=path, expected=error.expected, got=error.got, hint=error.hint
            ) from error
    if (width, height) != (640, 480):
        raise MissingInput(
            "the published intrinsics are for 640x480 only",
            where=folder,
            got=f"{width}x{height}",
            hint="put a 3x3 camera-intrinsics.txt into the folder",
        )
    return Camera(640, 480, 585.0, 585.0, 320.0, 240.0)


def _poses(
    files: list[FrameFiles],
) -> tuple[list[tuple[FrameFiles, Array]], dict[str, InputError], dict[str, str]]:
    """Return the frames with a usable pose, the errors of the others by id, and notes."""
    good: list[tuple[FrameFiles, Array]] = []
    broken: dict[str, InputError] = {}
    projected = 0
    for f in files:
        try:
            T, was_projected = project_pose(read_matrix(f.pose, (4, 4)), where=f.pose.name)
        except InputError as error:
            broken[f.id] = error
            continue
        projected += was_projected
        good.append((f, T))
    if len(broken) > MAX_BROKEN_SHARE * len(files):
        _refuse(list(broken.values()), len(files))
    return good, broken, {"poses_projected": str(projected)}


def _refuse(errors: list[InputError], frames: int) -> NoReturn:
    first = errors[0]
    raise ConventionError(
        f"{len(errors)} of {frames} frames are unusable; the first: {first.what}",
        where=first.where,
        expected=first.expected or f"at most {MAX_BROKEN_SHARE:.0%} broken frames",
        got=first.got,
        hint=first.hint,
    )


def _upright(
    camera: Camera, poses: list[tuple[FrameFiles, Array]], notes: dict[str, str]
) -> tuple[Array, dict[str, InputError]]:
    """Return the (3, 3) rotation into a Z-up world, and frames whose depth cannot be decoded."""
    with_depth = [(f, f.depth, T) for f, T in poses if f.depth is not None]
    looks = with_depth[:: max(1, math.ceil(len(with_depth) / _LOOKS))]
    normals: list[Array] = []
    unreadable: dict[str, InputError] = {}
    for f, path, T in looks:
        try:
            normals.append(surface_normals(camera.K, read_depth(path, camera), T))
        except CorruptInput as error:
            unreadable[f.id] = error
    if len(unreadable) > MAX_BROKEN_SHARE * len(looks):
        _refuse(list(unreadable.values()), len(looks))
    found = estimate_vertical(np.concatenate(normals), NOMINAL_UP) if normals else None
    if found is None:
        notes["up"] = "nominal (-y of the first camera); no dominant level surface found"
        return upright_rotation(NOMINAL_UP, NOMINAL_FORWARD), unreadable
    tilt = math.degrees(math.acos(min(1.0, float(found.up_world @ np.array(NOMINAL_UP)))))
    notes["up"] = f"estimated from depth; first camera tilted by {tilt:.1f} deg"
    notes["up_support"] = f"{found.support:.3f}"
    return upright_rotation(found.up_world, NOMINAL_FORWARD), unreadable
