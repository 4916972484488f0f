"""Polygons in the floor plane: footprints, areas, overlap, containment, alpha shapes.

A polygon is an (n, 2) array of x, y in metres without a repeated last corner. Convex overlap is
clipped by a compiled kernel, since it is asked for every pair of objects; the rest is shapely's.
"""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from sextant.geometry.boxes import OrientedBox
from sextant.geometry.kernels import kernel, kernel_array

Array = NDArray[np.float64]

COLLINEAR_M = 1e-9
"""A footprint corner less than this off the line through its neighbours is left out."""


def footprint(box: OrientedBox) -> Array:
    """Return the outline of a box on the floor plane, (n, 2), counterclockwise from the lowest x.

    It is the convex hull of the corners' x, y (monotone chain, Andrew 1979): 4 corners for a box
    that stands upright, up to 6 for a tilted one.
    """
    xy = box.corners[:, :2]
    points = xy[np.lexsort((xy[:, 1], xy[:, 0]))].tolist()

    def chain(ordered: list[list[float]]) -> list[list[float]]:
        kept: list[list[float]] = []
        for x, y in ordered:
            while len(kept) > 1:
                (x0, y0), (x1, y1) = kept[-2], kept[-1]
                chord = math.hypot(x - x0, y - y0)
                turn = (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)
                # Turn over chord is how far the middle corner stands out; top and bottom corners
                # of an upright box coincide up to rounding, and only one of them may stay.
                if turn > COLLINEAR_M * chord:
                    break
                kept.pop()
            kept.append([x, y])
        return kept

    return np.array(chain(points)[:-1] + chain(points[::-1])[:-1])


@kernel
def _doubled_area(corners: Array, count: int) -> float:
    """Return twice the signed area of the first corners (shoelace formula about the first)."""
    doubled = 0.0
    for i in range(1, count - 1):
        ux, uy = corners[i, 0] - corners[0, 0], corners[i, 1] - corners[0, 1]
        vx, vy = corners[i + 1, 0] - corners[0, 0], corners[i + 1, 1] - corners[0, 1]
        doubled += ux * vy - uy * vx
    return doubled


@kernel
def _doubled_overlap(p: Array, q: Array) -> float:
    """Return twice the area of p clipped by the inner sides of all edges of the convex q."""
    turn = _doubled_area(q, q.shape[0])
    if turn == 0.0:
        return 0.0
    # A line cuts a convex polygon twice, so each edge of q adds one corner at most; the spare room
    # is for cuts that rounding adds on slivers.
    size = p.shape[0] + 2 * q.shape[0]
    inside, clipped = np.zeros((size, 2)), np.zeros((size, 2))
    count = p.shape[0]
    for i in range(count):
        inside[i, 0], inside[i, 1] = p[i, 0], p[i, 1]
    for edge in range(q.shape[0]):
        ax, ay = q[edge, 0], q[edge, 1]
        ux, uy = q[(edge + 1) % q.shape[0], 0] - ax, q[(edge + 1) % q.shape[0], 1] - ay
        if turn < 0.0:
            ux, uy = -ux, -uy
        kept = 0
        for i in range(count):
            cx, cy = inside[i, 0], inside[i, 1]
            dx, dy = inside[(i + 1) % count, 0], inside[(i + 1) % count, 1]
            side_c = ux * (cy - ay) - uy * (cx - ax)
            side_d = ux * (dy - ay) - uy * (dx - ax)
            if side_c >= 0.0 and kept < size:
                clipped[kept, 0], clipped[kept, 1] = cx, cy
                kept += 1
            if side_c * side_d < 0.0 and kept < size:
                t = side_c / (side_c - side_d)
                clipped[kept, 0], clipped[kept, 1] = cx + t * (dx - cx), cy + t * (dy - cy)
                kept += 1
        inside, clipped = clipped, inside
        count = kept
    return abs(_doubled_area(inside, count))


def signed_area(polygon: ArrayLike) -> float:
    """Return the area in m² of a simple (n, 2) polygon, positive if counterclockwise."""
    corners = kernel_array(polygon)
    return _doubled_area(corners, len(corners)) / 2.0


def polygon_area(polygon: ArrayLike) -> float:
    """Return the area in m² of a simple (n, 2) polygon of either orientation."""
    return abs(signed_area(polygon))


def convex_overlap_area(p: ArrayLike, q: ArrayLike) -> float:
    """Return the area in m² common to two convex polygons of either orientation.

    Sutherland and Hodgman, Reentrant polygon clipping, 1974; exact to rounding.

    Args:
        p: (n, 2) convex polygon in metres.
        q: (m, 2) convex polygon in metres.
    """
    return _doubled_overlap(kernel_array(p), kernel_array(q)) / 2.0


def polygon_iou(p: ArrayLike, q: ArrayLike) -> float:
    """Return the intersection over union of two simple polygons, convex or not; 0 if both empty."""
    one, two = shapely.Polygon(np.asarray(p)), shapely.Polygon(np.asarray(q))
    common = float(shapely.area(shapely.intersection(one, two)))
    union = float(shapely.area(one)) + float(shapely.area(two)) - common
    return common / union if union > 0.0 else 0.0


def point_in_polygon(points: ArrayLike, polygon: ArrayLike) -> NDArray[np.bool_]:
    """Tell for (..., 2) points whether they are inside a simple polygon; its border is inside.

    A point that rounding has moved off a slanted border may fall on either side; a question that
    turns on it needs a margin (``distance_to_border``).
    """
    xy = np.asarray(points, dtype=np.float64)
    shape = shapely.Polygon(np.asarray(polygon))
    shapely.prepare(shape)
    return np.asarray(shapely.intersects_xy(shape, xy[..., 0], xy[..., 1]))


def distance_to_border(points: ArrayLike, polygon: ArrayLike) -> Array:
    """Return the (...,) distances in metres from (..., 2) points to a polygon's border.

    They are unsigned: inside and outside alike are positive.
    """
    xy = np.asarray(points, dtype=np.float64)
    border = shapely.LinearRing(np.asarray(polygon))
    return np.asarray(shapely.distance(shapely.points(xy), border))


def is_simple(polygon: ArrayLike) -> bool:
    """Tell whether a polygon has an inside: >= 3 corners, finite, no crossing, touch or overlap."""
    xy = np.asarray(polygon, dtype=np.float64)
    if xy.ndim != 2 or xy.shape[0] < 3 or xy.shape[1] != 2 or not np.isfinite(xy).all():
        return False
    shape = shapely.Polygon(xy)
    return bool(shapely.is_valid(shape) and shapely.is_simple(shape.exterior) and shape.area > 0)


def alpha_triangles(points_xy: ArrayLike, alpha_m: float) -> Array:
    """Return the triangles that make up the alpha shape of floor points, (n, 3, 2) in metres.

    The Delaunay triangles whose circumscribed circle is smaller than alpha (Edelsbrunner,
    Kirkpatrick and Seidel, 1983). Nothing is random.

    Args:
        points_xy: (n, 2) points in metres; fewer than three different ones have no triangles.
        alpha_m: Largest radius in metres; infinity gives the convex hull. Gaps between points
            wider than about twice this stay open.
    """
    xy = np.unique(np.asarray(points_xy, dtype=np.float64).reshape(-1, 2), axis=0)
    if len(xy) < 3:
        return np.empty((0, 3, 2))
    pieces = shapely.get_parts(shapely.delaunay_triangles(shapely.MultiPoint(xy)))
    if len(pieces) == 0:
        return np.empty((0, 3, 2))
    corners = shapely.get_coordinates(pieces).reshape(-1, 4, 2)[:, :3]
    a, b, c = np.moveaxis(corners, 1, 0)
    doubled_m2 = _doubled_areas(corners)
    sides = [np.linalg.norm(side, axis=1) for side in (b - a, c - a, c - b)]
    with np.errstate(divide="ignore", invalid="ignore"):
        radius_m = sides[0] * sides[1] * sides[2] / (2.0 * doubled_m2)
    return np.asarray(corners[(doubled_m2 > 0.0) & (radius_m < alpha_m)])


def alpha_shape_area(points_xy: ArrayLike, alpha_m: float) -> float:
    """Return the area in m² of the alpha shape of floor points; see ``alpha_triangles``."""
    return float(_doubled_areas(alpha_triangles(points_xy, alpha_m)).sum() / 2.0)


def _doubled_areas(triangles: Array) -> Array:
    u, v = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    return np.asarray(np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]))
