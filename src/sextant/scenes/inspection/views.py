"""Frames with their depth in memory, and the points of one of them seen from another."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.errors import InputError
from sextant.geometry.projection import backproject, inside_image, project
from sextant.geometry.transforms import invert, transform_points
from sextant.scenes.camera import Camera
from sextant.scenes.scene import Scene

Array = NDArray[np.float64]

POINTS_PER_VIEW = 4000
"""About so many pixels of a view are followed into the others."""

PARTNERS = 4
"""A view is held against so many others, those that it shares most with."""

_EDGE = 0.06
"""Relative step between neighbouring pixels beyond which they are of two surfaces."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One frame's geometry.

    Attributes:
        id: The frame's.
        camera, T_world_camera: The frame's, or another reading of it.
        depth_m: (H, W) float64 z-depth, NaN = invalid.
        uv: (n, 2) pixel centres of the points that are followed.
        ids: (H, W) int32 instance values, or None.
    """

    id: str
    camera: Camera
    T_world_camera: Array
    depth_m: Array
    uv: Array
    ids: NDArray[np.int32] | None = None

    @property
    def points_camera(self) -> Array:
        """(n, 3) points of ``uv``."""
        rows, columns = self.uv[:, 1].astype(int), self.uv[:, 0].astype(int)
        return backproject(self.camera.K, self.uv, self.depth_m[rows, columns])


@dataclass(frozen=True, slots=True, eq=False)
class Warp:
    """Points of one view where another saw something.

    Attributes:
        points: (n, 3) in the other camera.
        uv: (n, 2) where they fall.
        there_m: (n,) z-depth that the other view has there.
        followed: How many points were sent.
    """

    points: Array
    uv: Array
    there_m: Array
    followed: int

    @property
    def beyond(self) -> Array:
        """(n,) relative: how much farther than the surface seen there; negative is before it."""
        return np.asarray((self.points[:, 2] - self.there_m) / self.there_m)


def load_views(scene: Scene, limit: int, with_ids: bool) -> tuple[list[View], list[InputError]]:
    """Read the depth of at most ``limit`` frames spread over the scene.

    Returns:
        views: Those with at least some valid depth.
        errors: Of the frames whose arrays cannot be read.
    """
    deep = [f for f in scene.frames if f.read_depth is not None]
    picks = np.unique(np.linspace(0, len(deep) - 1, min(limit, len(deep))).round().astype(int))
    views, errors = [], []
    for frame in (deep[int(i)] for i in picks) if deep else ():
        assert frame.read_depth is not None
        try:
            depth_m = frame.read_depth().astype(np.float64)
            ids = frame.read_instances() if with_ids and frame.read_instances else None
        except InputError as error:
            errors.append(error)
            continue
        uv = _smooth_pixels(depth_m)
        if len(uv) >= 30:
            views.append(View(frame.id, frame.camera, frame.T_world_camera, depth_m, uv, ids))
    return views, errors


def reread(view: View, T_world_camera: Array, depth_m: Array | None = None) -> View:
    """Return the view as another reading of its files would have it."""
    return dataclasses.replace(
        view,
        T_world_camera=T_world_camera,
        depth_m=view.depth_m if depth_m is None else depth_m,
    )


def partners(views: Sequence[View]) -> list[list[int]]:
    """Return for every view the others that most of its points fall into, the best first."""
    found = []
    for a in views:
        points = transform_points(a.T_world_camera, a.points_camera[::10])
        share = np.zeros(len(views))
        for k, b in enumerate(views):
            if b is a:
                continue
            uv, _ = project(b.camera.K, transform_points(invert(b.T_world_camera), points))
            share[k] = inside_image(uv, b.camera.width, b.camera.height).mean()
        order = np.argsort(-share, kind="stable")[:PARTNERS]
        found.append([int(k) for k in order if share[k] > 0.05])
    return found


def warp(a: View, b: View) -> Warp:
    """Follow the points of one view into another; places without a smooth surface are left out."""
    T_b_a = invert(b.T_world_camera) @ a.T_world_camera
    points = transform_points(T_b_a, a.points_camera)
    uv, _ = project(b.camera.K, points)
    inside = inside_image(uv, b.camera.width, b.camera.height)
    there_m = sample_depth(b.depth_m, uv[inside])
    known = np.isfinite(there_m)
    return Warp(points[inside][known], uv[inside][known], there_m[known], len(points))


def sample_depth(depth_m: Array, uv: Array) -> Array:
    """Return (n,) depth between the four pixels around (n, 2) places; NaN at edges and holes."""
    height, width = depth_m.shape
    x, y = uv[:, 0] - 0.5, uv[:, 1] - 0.5
    left = np.clip(np.floor(x).astype(int), 0, width - 2)
    top = np.clip(np.floor(y).astype(int), 0, height - 2)
    corners = np.stack([depth_m[top + dy, left + dx] for dy in (0, 1) for dx in (0, 1)])
    fx, fy = np.clip(x - left, 0, 1), np.clip(y - top, 0, 1)
    weights = np.stack([(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy])
    value = (corners * weights).sum(axis=0)
    with np.errstate(invalid="ignore"):
        smooth = corners.max(axis=0) - corners.min(axis=0) < _EDGE * value
    return np.where(smooth, value, np.nan)


def _smooth_pixels(depth_m: Array) -> Array:
    """Return (n, 2) centres of evenly spaced pixels that lie on a surface with their neighbours."""
    height, width = depth_m.shape
    if height < 3 or width < 3:
        return np.zeros((0, 2))
    step = max(1, int(np.ceil(np.sqrt(height * width / POINTS_PER_VIEW))))
    v, u = np.mgrid[1 : height - 1 : step, 1 : width - 1 : step]
    around = np.stack([depth_m[v + dy, u + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1)])
    with np.errstate(invalid="ignore"):
        smooth = (around.max(axis=0) - around.min(axis=0)) < _EDGE * around[4]
        smooth &= around[4] > 0
    return np.stack([u[smooth] + 0.5, v[smooth] + 0.5], axis=-1)
