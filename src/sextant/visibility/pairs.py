"""How much two frames see of the same place, and how they stand to each other.

overlap(i, j) = share of frame i's pixels (a regular grid of those with a depth) whose 3D point
projects into frame j and lies there at the depth that j sees. ``PairTable.overlap`` is the smaller
of the two directions: both frames share at least that much, and a close-up inside a wide view is
not called the same view. Frames with landmarks are compared by those: the share of one's landmarks
that the other shows too. Frames without any of this fall back on what objects both show.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sextant.geometry.kernels import kernel
from sextant.geometry.projection import backproject
from sextant.geometry.transforms import invert, transform_points
from sextant.scenes import Frame, Scene
from sextant.visibility.compute import compute_visibility
from sextant.visibility.reading import frames_of, read_depth
from sextant.visibility.surfaces import lay_out
from sextant.visibility.table import VisibilityTable

MATCH_M = 0.03
"""Depths that agree to this show the same surface: sensors are off by 1-3 cm in a room."""

MATCH_SHARE = 0.01
"""The same, as a share of the depth."""

MIN_LANDMARKS = 4
"""Fewer points or things in a picture do not tell what it shows."""

MAP_WIDTH = 160
"""Columns kept of each depth map: 77 kB for a 4:3 frame, so that thousands of frames fit."""


@dataclass(frozen=True, eq=False)
class PairTable:
    """Relations between F frames.

    Attributes:
        frame_ids: Names of rows and columns.
        overlap: (F, F) float32 symmetric, the smaller of the two directions; 1 on the diagonal.
        seen_in: (F, F) float32; [i, j] = share of frame i that frame j sees. Without depth the
            Jaccard index of the objects both show.
        angle_rad: (F, F) float32 angle between the viewing directions, [0, pi].
        baseline_m: (F, F) float32 distance between the camera centres.
        by_objects: (F, F) whether the overlap is the fallback on objects.
    """

    frame_ids: tuple[str, ...]
    overlap: NDArray[np.float32] = field(repr=False)
    seen_in: NDArray[np.float32] = field(repr=False)
    angle_rad: NDArray[np.float32] = field(repr=False)
    baseline_m: NDArray[np.float32] = field(repr=False)
    by_objects: NDArray[np.bool_] = field(repr=False)

    @cached_property
    def frame_index(self) -> Mapping[str, int]:
        """Row of each frame id."""
        return MappingProxyType({name: i for i, name in enumerate(self.frame_ids)})


class _Sketch(NamedTuple):
    """What is kept of a frame: grid points (n, 3) in the world, and a small depth map."""

    points_world: NDArray[np.float64]
    depth_m: NDArray[np.float32]
    step: int


def compute_pairs(
    scene: Scene,
    frame_ids: Sequence[str] | None = None,
    grid: tuple[int, int] = (16, 12),
    visibility: VisibilityTable | None = None,
) -> PairTable:
    """Compute overlap, angle and baseline of all pairs of frames.

    A point counts as seen in the other frame if its z there lies within max(3 cm, 1 %) of the range
    of the four kept depths around it; the range allows for slanted surfaces in the small map.

    Args:
        scene: Its frames' depth is read once each; without depth, a scene whose every object has a
            mesh is drawn instead.
        frame_ids: Frames in the order wanted; None = all.
        grid: Columns and rows of sample pixels.
        visibility: Used for frames without depth; computed if needed and not given.
    """
    frames = frames_of(scene, frame_ids)
    n = len(frames)
    sketches = _sketch_all(scene, frames, grid)
    seen_in = np.eye(n, dtype=np.float32)
    for j, (frame, sketch) in enumerate(zip(frames, sketches, strict=True)):
        if sketch is None:
            continue
        c = frame.camera
        T = invert(frame.T_world_camera)
        for i, other in enumerate(sketches):
            if i != j and other is not None and len(other.points_world):
                seen = _count_seen(
                    other.points_world, T, c.fx, c.fy, c.cx, c.cy, c.width, c.height,
                    sketch.depth_m, sketch.step, MATCH_M, MATCH_SHARE,
                )  # fmt: skip
                seen_in[i, j] = seen / len(other.points_world)
    blind = np.array([s is None for s in sketches], dtype=bool)
    by_objects = blind[:, None] | blind[None, :]
    marked = _compare_landmarks(frames, seen_in)
    by_objects &= ~marked
    if by_objects.any():
        jaccard = _shared_objects(scene, frames, visibility)
        seen_in[by_objects] = jaccard[by_objects]
    forward = np.array([f.forward_world for f in frames]).reshape(n, 3)
    centers = np.array([f.center_world for f in frames]).reshape(n, 3)
    # atan2 of cross and dot keeps small angles exact, where arccos would round them away.
    cross = np.linalg.norm(np.cross(forward[:, None], forward[None]), axis=-1)
    return PairTable(
        frame_ids=tuple(f.id for f in frames),
        overlap=np.minimum(seen_in, seen_in.T),
        seen_in=seen_in,
        angle_rad=np.arctan2(cross, forward @ forward.T).astype(np.float32),
        baseline_m=np.linalg.norm(centers[:, None] - centers[None], axis=-1).astype(np.float32),
        by_objects=by_objects,
    )


def _compare_landmarks(frames: Sequence[Frame], seen_in: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Write the shares of common landmarks into (F, F) ``seen_in``; return which pairs have them.

    A picture with few landmarks says little of what it shares; such a pair shares nothing.
    """
    ids = [None if f.read_landmarks is None else np.unique(f.read_landmarks()) for f in frames]
    has = np.array([i is not None for i in ids], dtype=bool)
    for i, mine in enumerate(ids):
        for j, theirs in enumerate(ids):
            if i != j and mine is not None and theirs is not None:
                common = len(np.intersect1d(mine, theirs, assume_unique=True))
                enough = min(len(mine), len(theirs)) >= MIN_LANDMARKS
                seen_in[i, j] = common / len(mine) if enough else 0.0
    return np.asarray(has[:, None] & has[None, :])


def _sketch_all(
    scene: Scene, frames: Sequence[Frame], grid: tuple[int, int]
) -> list[_Sketch | None]:
    surfaces = None
    sketches: list[_Sketch | None] = []
    for frame in frames:
        depth_m = read_depth(frame)
        if depth_m is None and all(o.mesh is not None for o in scene.objects) and scene.objects:
            surfaces = surfaces or lay_out(scene)
            depth_m = surfaces.raster(frame).depth_m
        sketches.append(None if depth_m is None else _sketch(frame, depth_m, grid))
    return sketches


def _sketch(frame: Frame, depth_m: NDArray[np.float32], grid: tuple[int, int]) -> _Sketch:
    c = frame.camera
    cols = ((np.arange(grid[0]) + 0.5) / grid[0] * c.width).astype(int)
    rows = ((np.arange(grid[1]) + 0.5) / grid[1] * c.height).astype(int)
    v, u = np.meshgrid(rows, cols, indexing="ij")
    z = depth_m[v, u].ravel()
    uv = np.stack([u.ravel() + 0.5, v.ravel() + 0.5], axis=-1)
    valid = np.isfinite(z) & (z > 0)
    points = transform_points(frame.T_world_camera, backproject(c.K, uv[valid], z[valid]))
    step = max(1, math.ceil(c.width / MAP_WIDTH))
    return _Sketch(points, depth_m[step // 2 :: step, step // 2 :: step].copy(), step)


def _shared_objects(
    scene: Scene, frames: Sequence[Frame], visibility: VisibilityTable | None
) -> NDArray[np.float32]:
    """Return (F, F) Jaccard index of the sets of objects that two frames show."""
    ids = [f.id for f in frames]
    if visibility is None or any(i not in visibility.frame_index for i in ids):
        visibility = compute_visibility(scene, ids)
    shown = visibility.shown()[[visibility.frame_index[i] for i in ids]].astype(np.float64)
    both = shown @ shown.T
    either = shown.sum(axis=1)[:, None] + shown.sum(axis=1)[None] - both
    jaccard = (both / np.maximum(either, 1.0)).astype(np.float32)
    np.fill_diagonal(jaccard, 1.0)
    return np.asarray(jaccard)


@kernel
def _count_seen(points, T, fx, fy, cx, cy, width, height, depth, step, match, share):  # type: ignore[no-untyped-def]
    rows, cols = depth.shape
    first = step // 2 + 0.5  # pixel coordinate of the map's first sample
    count = 0
    for i in range(points.shape[0]):
        px, py, pz = points[i, 0], points[i, 1], points[i, 2]
        z = T[2, 0] * px + T[2, 1] * py + T[2, 2] * pz + T[2, 3]
        if z <= 0.0:
            continue
        u = fx * (T[0, 0] * px + T[0, 1] * py + T[0, 2] * pz + T[0, 3]) / z + cx
        v = fy * (T[1, 0] * px + T[1, 1] * py + T[1, 2] * pz + T[1, 3]) / z + cy
        if not (0.0 <= u < width and 0.0 <= v < height):
            continue
        col = int(np.floor((u - first) / step))
        row = int(np.floor((v - first) / step))
        low, high = np.inf, -np.inf
        for r in range(max(row, 0), min(row + 1, rows - 1) + 1):
            for c in range(max(col, 0), min(col + 1, cols - 1) + 1):
                d = depth[r, c]
                if d > 0.0:  # NaN is not
                    low, high = min(low, d), max(high, d)
        tolerance = max(match, share * z)
        if low - tolerance <= z <= high + tolerance:
            count += 1
    return count
