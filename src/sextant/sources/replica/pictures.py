"""Pictures rendered of a space: their camera, poses and depth, held against its mesh."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.geometry.projection import depth_to_points
from sextant.geometry.transforms import transform_points
from sextant.scenes import Camera, Frame
from sextant.scenes.checks import project_pose
from sextant.sources.depth_maps import metres
from sextant.sources.documents import read_json_object, read_text
from sextant.sources.images import image_size, read_rgb, read_uint16
from sextant.sources.quarantine import Quarantine

Array = NDArray[np.float64]

DEPTH_STEPS = 6553.5
PUBLISHED_SIZE = (1200, 680)
PUBLISHED = (600.0, 600.0, 599.5, 339.5)
MAX_OUTSIDE = 0.05
MARGIN_M = 0.3
"""Of the points of a depth map, at most 5 % may lie further than this outside of the mesh."""

_PICTURE = re.compile(r"frame(\d{6})\.(?:jpg|png)")


def find_pictures(folder: Path) -> Path | None:
    """Return where a space's pictures lie: in its folder, or beside it without the underscore."""
    beside = folder.parent / folder.name.replace("_", "")
    return next((p for p in (folder, beside) if (p / "traj.txt").is_file()), None)


def read_frames(folder: Path, T_world_files: Array) -> tuple[tuple[Frame, ...], dict[str, str]]:
    """Return the frames of traj.txt and results/, and notes; pictures and depth stay unread.

    Raises:
        InputError: If there is no usable camera, or more than a fifth of the poses are broken.
    """
    lines = [t for t in read_text(folder / "traj.txt").splitlines() if t.strip()]
    results = folder / "results"
    found = sorted(results.iterdir()) if results.is_dir() else []
    pictures = [(int(m[1]), p) for p in found if (m := _PICTURE.fullmatch(p.name))]
    if not pictures:
        return (), {"frames": "none: missing results/frame000000.jpg"}
    size = image_size(pictures[0][1])
    camera, steps = _camera(folder, size)
    quarantine = Quarantine("frames")

    def read(entry: tuple[int, Path]) -> Frame:
        number, picture = entry
        where = f"{folder / 'traj.txt'}: line {number + 1}"
        if number >= len(lines):
            raise MissingInput("picture has no pose", where=where, got=f"{len(lines)} lines")
        try:
            T = np.array([float(w) for w in lines[number].split()]).reshape(4, 4)
        except ValueError as error:
            raise CorruptInput("pose is not 16 numbers", where=where, got=error) from error
        T_files, _ = project_pose(T, where=where)
        depth = results / f"depth{number:06d}.png"
        return Frame(
            id=f"{number:06d}",
            camera=camera,
            T_world_camera=project_pose(T_world_files @ T_files, where=where)[0],
            read_rgb=partial(read_rgb, picture, size),
            read_depth=partial(read_depth, depth, size, steps) if depth.is_file() else None,
        )

    frames = tuple(frame for _, frame in quarantine.sift(pictures, read))
    quarantine.check()
    return frames, quarantine.notes


def _camera(folder: Path, size: tuple[int, int]) -> tuple[Camera, float]:
    """Return the camera and the steps of depth per metre, of cam_params.json or as published."""
    for place in (folder, folder.parent):
        path = place / "cam_params.json"
        if not path.is_file():
            continue
        fields = read_json_object(path).get("camera")
        names = ("w", "h", "fx", "fy", "cx", "cy", "scale")
        try:
            if not isinstance(fields, Mapping):
                raise TypeError("no object 'camera'")
            w, h, fx, fy, cx, cy, steps = (float(fields[name]) for name in names)
            stated = (int(w), int(h))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise CorruptInput("no usable camera", where=path, got=repr(error)) from error
        if stated != size or not 0 < steps < math.inf:
            raise ConventionError(
                "camera of other pictures", where=path, expected=f"{size}", got=f"{w:g}x{h:g}"
            )
        return Camera(*size, fx, fy, cx + 0.5, cy + 0.5), steps
    if size != PUBLISHED_SIZE:
        raise MissingInput(
            "pictures of another size than published need their intrinsics",
            where=folder, expected="cam_params.json", got=f"{size[0]}x{size[1]}",
        )  # fmt: skip
    fx, fy, cx, cy = PUBLISHED
    return Camera(*size, fx, fy, cx + 0.5, cy + 0.5), DEPTH_STEPS


def read_depth(path: Path, size: tuple[int, int], steps_per_m: float) -> NDArray[np.float32]:
    """Return (H, W) float32 z-depth in metres, NaN = invalid."""
    return metres(read_uint16(path, size), 1.0 / steps_per_m, path)


def check_world(frames: tuple[Frame, ...], vertices: Array, folder: Path) -> None:
    """Refuse pictures whose points lie outside of the mesh.

    Raises:
        ConventionError: If they do.
    """
    low, high = vertices.min(axis=0) - MARGIN_M, vertices.max(axis=0) + MARGIN_M
    with_depth = [f for f in frames if f.read_depth is not None]
    for frame in {f.id: f for f in (*with_depth[:1], *with_depth[-1:])}.values():
        assert frame.read_depth is not None
        points = depth_to_points(frame.camera.K, frame.read_depth()).reshape(-1, 3)[::97]
        points = transform_points(frame.T_world_camera, points[np.isfinite(points[:, 2])])
        if not len(points):
            continue
        outside = float(np.mean(((points < low) | (points > high)).any(axis=1)))
        if outside > MAX_OUTSIDE:
            raise ConventionError(
                "pictures and mesh are not of one world",
                where=f"{folder}: frame {frame.id}",
                expected=f"at most {MAX_OUTSIDE:.0%} of its points outside of the mesh",
                got=f"{outside:.0%}",
                hint="pictures of another space, or poses in other axes",
            )
