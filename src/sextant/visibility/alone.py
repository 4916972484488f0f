"""An object standing alone, drawn only in the window it can cover and held against the depth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sextant.geometry.kernels import kernel, kernel_array
from sextant.geometry.raster import rasterize
from sextant.geometry.transforms import invert
from sextant.scenes import Frame, Mesh, SceneObject
from sextant.visibility.windows import NEAR_M, Window

MAX_SPLAT_PX = 24
"""Half width of the largest splat: points right before the lens must not cover the frame."""

MATCH_M = 0.02
"""A depth pixel shows a surface if they agree to this (and at least to ``MATCH_SHARE``)."""

MATCH_SHARE = 0.01
"""The same, as a share of the depth."""

MAX_SPACING_M = 0.05
"""Between points a slanted surface leaves their depth by up to their spacing, allowed to here."""


class Alone(NamedTuple):
    """A mesh or point object in a (h, w) window.

    Attributes:
        depth_m: float32 z-depth of its nearest surface; NaN where it is not.
        tolerance_m: Within this a depth is called the same.
        matches: Whether the frame's depth shows the object.
    """

    depth_m: NDArray[np.float32]
    tolerance_m: NDArray[np.float32]
    matches: NDArray[np.bool_]


def draw_alone(
    frame: Frame, thing: SceneObject, window: Window, seen_m: NDArray[np.float32]
) -> Alone:
    """Draw an object that has a mesh or points.

    Points are drawn as squares as wide as the points are apart, which closes a scanned surface.

    Args:
        frame: Camera and pose.
        thing: The object.
        window: Pixels it can cover.
        seen_m: (h, w) the frame's depth there.
    """
    if thing.mesh is not None:
        depth = _mesh_depth(frame, thing.mesh, window)
        tolerance = np.maximum(MATCH_M, MATCH_SHARE * depth)
        with np.errstate(invalid="ignore"):
            return Alone(depth, tolerance, np.abs(seen_m - depth) <= tolerance)
    points = thing.points_world
    assert points is not None, "called for objects with a surface only"
    c = frame.camera
    # A scan shows about half of a box's faces; its points share that area, unevenly.
    x, y, z = thing.box.size_m
    spacing_m = 2.0 * float(np.sqrt((x * y + y * z + z * x) / len(points)))
    match_m = max(MATCH_M, min(spacing_m, MAX_SPACING_M))
    depth = np.full(seen_m.shape, np.inf, dtype=np.float32)
    matches = np.zeros(seen_m.shape, dtype=np.bool_)
    _splat(
        kernel_array(points), invert(frame.T_world_camera), c.fx, c.fy,
        c.cx - window.u0, c.cy - window.v0, spacing_m, NEAR_M,
        np.ascontiguousarray(seen_m), match_m, MATCH_SHARE, depth, matches,
    )  # fmt: skip
    depth[~np.isfinite(depth)] = np.nan
    return Alone(depth, np.maximum(np.float32(match_m), MATCH_SHARE * depth), matches)


def _mesh_depth(frame: Frame, mesh: Mesh, window: Window) -> NDArray[np.float32]:
    K = frame.camera.K
    K[0, 2] -= window.u0
    K[1, 2] -= window.v0
    return rasterize(
        mesh.vertices_world, mesh.faces, np.ones(len(mesh.faces), dtype=np.int32), K,
        frame.T_world_camera, window.u1 - window.u0, window.v1 - window.v0,
    ).depth_m  # fmt: skip


@kernel
def _splat(points, T, fx, fy, cx, cy, spacing, near, seen, match, share, depth, matches):  # type: ignore[no-untyped-def]
    height, width = depth.shape
    for i in range(points.shape[0]):
        px, py, pz = points[i, 0], points[i, 1], points[i, 2]
        z = T[2, 0] * px + T[2, 1] * py + T[2, 2] * pz + T[2, 3]
        if z < near:
            continue
        u = fx * (T[0, 0] * px + T[0, 1] * py + T[0, 2] * pz + T[0, 3]) / z + cx
        v = fy * (T[1, 0] * px + T[1, 1] * py + T[1, 2] * pz + T[1, 3]) / z + cy
        half = min(0.5 * spacing * fx / z, MAX_SPLAT_PX)
        if u + half < 0 or v + half < 0 or u - half >= width or v - half >= height:
            continue
        for row in range(max(0, int(v - half)), min(height - 1, int(v + half)) + 1):
            for col in range(max(0, int(u - half)), min(width - 1, int(u + half)) + 1):
                if z < depth[row, col]:
                    depth[row, col] = z
                # Any point may match, not only the nearest: on a slanted surface the nearest
                # square that covers a pixel belongs to a neighbour.
                if abs(seen[row, col] - z) <= max(match, share * z):
                    matches[row, col] = True
