"""The floor area of a room from what the depth maps of a walk show of it.

For sources that state neither outline nor area. Everything seen up to ``REACH_M`` above the floor
(the floor itself, the furniture that hides the rest of it, the feet of the walls) is put on the
floor plan; the area is that of its alpha shape. A walk that shows only a part of the room would
give the area of that part, so two things are asked of the shape: that it hardly depends on alpha
(no gaps), and that its outline runs along something tall (walls) nearly everywhere.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from sextant.geometry.polygons import alpha_shape_area, alpha_triangles
from sextant.geometry.projection import backproject
from sextant.geometry.transforms import transform_points
from sextant.questions.context import SceneContext
from sextant.questions.facts import Drop
from sextant.scenes import Scene

STRIDE = 4
"""Every so many pixels along rows and columns of a depth map are used."""

MAX_DEPTH_M = 8.0
"""Depth beyond it is too noisy in captures."""

REACH_M, TALL_M, BELOW_M = 1.8, 1.0, 0.05
"""Points from ``BELOW_M`` under the floor to ``REACH_M`` above it count; from ``TALL_M`` on they
are of something tall."""

CELL_M = 0.1
"""One point is kept of each cell of the floor plan."""

ALPHA_M, FINE_ALPHA_M = 1.0, 0.3
"""Radii of the alpha shape that is measured, and of the one that shows its gaps."""

WALL_NEAR_M = 0.3
"""The outline is walled where something tall is so near."""


class SeenFloor(NamedTuple):
    """What a walk shows of a floor.

    Attributes:
        area_m2: Area of the alpha shape.
        filled: Area at the small alpha over that at the large one; 1 = no gaps.
        walled: Share of the outline that runs along something tall.
    """

    area_m2: float
    filled: float
    walled: float


def can_be_seen(scene: Scene) -> bool:
    """Tell whether a scene has what ``seen_floor`` needs."""
    return scene.room.floor_z_m is not None and any(f.read_depth for f in scene.frames)


def seen_floor(ctx: SceneContext, frames: tuple[str, ...]) -> SeenFloor | Drop:
    """Measure the floor that a walk shows, in m²; None of it is random."""
    floor_z_m = ctx.scene.room.floor_z_m
    if floor_z_m is None:
        return Drop("height of the floor is not known")
    seen = [_seen_points(ctx, f) for f in frames]
    points = np.concatenate(seen) if seen else np.empty((0, 3))
    height_m = points[:, 2] - floor_z_m
    low = _thinned(points[(height_m > -BELOW_M) & (height_m < REACH_M), :2])
    tall = _thinned(points[(height_m > TALL_M) & (height_m < REACH_M), :2])
    triangles = alpha_triangles(low, ALPHA_M)
    if not len(triangles) or not len(tall):
        return Drop("too little of the floor is seen")
    shape = shapely.union_all(shapely.polygons(triangles))
    parts = [p for p in shapely.get_parts(shape) if p.area > 0]
    largest = max(parts, key=lambda p: float(p.area))
    outline = shapely.get_coordinates(shapely.segmentize(largest.exterior, CELL_M))
    # Points along the outline stand for equal lengths only where they are equally far apart.
    lengths = np.linalg.norm(np.diff(outline, axis=0), axis=1)
    gap_m, _ = cKDTree(tall).query((outline[1:] + outline[:-1]) / 2)
    walled = float(lengths[gap_m <= WALL_NEAR_M].sum() / lengths.sum())
    area_m2 = float(largest.area)
    return SeenFloor(area_m2, alpha_shape_area(low, FINE_ALPHA_M) / area_m2, walled)


def _seen_points(ctx: SceneContext, frame_id: str) -> NDArray[np.float64]:
    """Return world points of a frame's depth map, (n, 3)."""
    depth_m = ctx.depth_m(frame_id)
    if depth_m is None:
        return np.empty((0, 3))
    v, u = np.mgrid[
        STRIDE // 2 : depth_m.shape[0] : STRIDE, STRIDE // 2 : depth_m.shape[1] : STRIDE
    ]
    z = depth_m[v, u].astype(np.float64)
    known = np.isfinite(z) & (z > 0) & (z < MAX_DEPTH_M)
    frame = ctx.frame(frame_id)
    pixels = np.stack([u[known] + 0.5, v[known] + 0.5], axis=-1)
    inside = backproject(frame.camera.K, pixels, z[known])
    return np.asarray(transform_points(frame.T_world_camera, inside))


def _thinned(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keep the first point of every cell, so that near surfaces do not weigh more."""
    _, first = np.unique(np.floor(xy / CELL_M).astype(np.int64), axis=0, return_index=True)
    return np.asarray(xy[np.sort(first)])
