"""Exact smallest distances between points, segments and triangles in 3D.

Every distance is evaluated between two points that do lie on the shapes, so that an ill-conditioned
case (nearly parallel edges, slivers, triangles collapsed to a segment or a point) may only miss the
minimum by rounding and never fall below it. After Ericson, Real-Time Collision Detection, 2005:
barycentric coordinates 3.4, closest points 5.1.2, 5.1.5, 5.1.9 and 5.1.10.

Compiled kernels take points as tuples of three floats and return squared distances; the functions
with public names take arrays. Coordinates are metres in any one frame.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sextant.geometry.kernels import kernel, kernel_array

Array = NDArray[np.float64]
Point = tuple[float, float, float]


@kernel
def corner(primitives: Array, index: int, k: int) -> Point:
    """Return corner ``k`` of a primitive of an (n, corners, 3) array."""
    return primitives[index, k, 0], primitives[index, k, 1], primitives[index, k, 2]


@kernel
def _minus(a: Point, b: Point) -> Point:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


@kernel
def _dot(a: Point, b: Point) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@kernel
def _cross(a: Point, b: Point) -> Point:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@kernel
def _along(p: Point, t: float, d: Point) -> Point:
    return p[0] + t * d[0], p[1] + t * d[1], p[2] + t * d[2]


@kernel
def point_segment_squared(p: Point, a: Point, b: Point) -> float:
    """Return the squared distance of a point and a segment, which may be a point."""
    ab = _minus(b, a)
    length_squared = _dot(ab, ab)
    t = 0.0
    if length_squared > 0.0:
        t = min(max(_dot(_minus(p, a), ab) / length_squared, 0.0), 1.0)
    rest = _minus(p, _along(a, t, ab))
    return _dot(rest, rest)


@kernel
def _crossing_squared(p: Point, q: Point, a: Point, b: Point) -> float:
    """Return the squared distance of two segments where their common perpendicular meets pq."""
    pq, ab = _minus(q, p), _minus(b, a)
    n = _cross(pq, ab)
    n_squared = _dot(n, n)
    if n_squared == 0.0:
        return math.inf
    s = _dot(_cross(_minus(a, p), ab), n) / n_squared
    if not 0.0 <= s <= 1.0:
        return math.inf
    # The foot on ab is found from the point on pq, not from n: parallel segments lose no digits.
    return point_segment_squared(_along(p, s, pq), a, b)


@kernel
def _above_triangle_squared(p: Point, a: Point, ab: Point, ac: Point) -> float:
    """Return the squared distance of a point and a triangle where its foot is on the triangle."""
    n = _cross(ab, ac)
    n_squared = _dot(n, n)
    if n_squared == 0.0:
        return math.inf
    ap = _minus(p, a)
    v = _dot(_cross(ap, ac), n) / n_squared
    w = _dot(_cross(ab, ap), n) / n_squared
    if v < 0.0 or w < 0.0 or v + w > 1.0:
        return math.inf
    rest = _minus(ap, _along((v * ab[0], v * ab[1], v * ab[2]), w, ac))
    return _dot(rest, rest)


@kernel
def _pierces(p: Point, q: Point, a: Point, ab: Point, ac: Point) -> bool:
    """Tell whether a segment passes through a triangle (edges and coplanar cases: see caller)."""
    n = _cross(ab, ac)
    above, below = _dot(_minus(p, a), n), _dot(_minus(q, a), n)
    if above * below >= 0.0:
        return False
    t = above / (above - below)
    ax = _minus(_along(p, t, _minus(q, p)), a)
    n_squared = _dot(n, n)
    v = _dot(_cross(ax, ac), n) / n_squared
    w = _dot(_cross(ab, ax), n) / n_squared
    return v >= 0.0 and w >= 0.0 and v + w <= 1.0


@kernel
def point_triangle_squared(p: Point, triangles: Array, i: int) -> float:
    """Return the squared distance of a point and triangle ``i`` of (n, 3, 3)."""
    a, b, c = corner(triangles, i, 0), corner(triangles, i, 1), corner(triangles, i, 2)
    above = _above_triangle_squared(p, a, _minus(b, a), _minus(c, a))
    if above < math.inf:
        return above
    return min(
        point_segment_squared(p, a, b),
        point_segment_squared(p, b, c),
        point_segment_squared(p, c, a),
    )


@kernel
def triangle_triangle_squared(one: Array, i: int, two: Array, j: int) -> float:
    """Return the squared distance of triangle ``i`` of (n, 3, 3) and triangle ``j`` of (m, 3, 3).

    The minimum is attained between a corner and a triangle or between two edges, unless an edge
    pierces the other triangle. Coplanar overlap needs no case of its own: there a corner lies in
    the other triangle or two edges cross.
    """
    a, b = corner(one, i, 0), corner(two, j, 0)
    a1, a2 = _minus(corner(one, i, 1), a), _minus(corner(one, i, 2), a)
    b1, b2 = _minus(corner(two, j, 1), b), _minus(corner(two, j, 2), b)
    best = math.inf
    for k in range(3):
        p, q = corner(one, i, k), corner(one, i, (k + 1) % 3)
        r, s = corner(two, j, k), corner(two, j, (k + 1) % 3)
        if _pierces(p, q, b, b1, b2) or _pierces(r, s, a, a1, a2):
            return 0.0
        best = min(best, _above_triangle_squared(p, b, b1, b2))
        best = min(best, _above_triangle_squared(r, a, a1, a2))
        for other in range(3):
            r, s = corner(two, j, other), corner(two, j, (other + 1) % 3)
            best = min(best, _crossing_squared(p, q, r, s))
            best = min(best, point_segment_squared(p, r, s), point_segment_squared(r, p, q))
    return best


@kernel
def _segments_squared(segments: Array) -> float:
    p, q, a, b = (
        corner(segments, 0, 0),
        corner(segments, 0, 1),
        corner(segments, 1, 0),
        corner(segments, 1, 1),
    )
    return min(
        _crossing_squared(p, q, a, b),
        point_segment_squared(p, a, b),
        point_segment_squared(q, a, b),
        point_segment_squared(a, p, q),
        point_segment_squared(b, p, q),
    )


@kernel
def _points_triangle_squared(points: Array, triangle: Array) -> Array:
    out = np.zeros(points.shape[0])
    for i in range(points.shape[0]):
        p = (points[i, 0], points[i, 1], points[i, 2])
        out[i] = point_triangle_squared(p, triangle, 0)
    return out


def point_triangle_distance(points: ArrayLike, triangle: ArrayLike) -> Array:
    """Return the (k,) distances in metres from (k, 3) points to a (3, 3) triangle."""
    flat = kernel_array(points).reshape(-1, 3)
    squared = _points_triangle_squared(flat, kernel_array(triangle).reshape(1, 3, 3))
    return np.asarray(np.sqrt(squared))


def segment_distance(segment_a: ArrayLike, segment_b: ArrayLike) -> float:
    """Return the smallest distance in metres between two (2, 3) segments, 0 where they meet."""
    both = np.stack([np.asarray(segment_a), np.asarray(segment_b)])
    return math.sqrt(_segments_squared(kernel_array(both)))


def triangle_distance(triangle_a: ArrayLike, triangle_b: ArrayLike) -> float:
    """Return the smallest distance in metres between two (3, 3) triangles, 0 where they meet."""
    one, two = kernel_array(triangle_a), kernel_array(triangle_b)
    return math.sqrt(triangle_triangle_squared(one.reshape(1, 3, 3), 0, two.reshape(1, 3, 3), 0))


def triangle_distance_reference(triangle_a: ArrayLike, triangle_b: ArrayLike) -> float:
    """Return what ``triangle_distance`` returns, by an unrelated way in plain numpy.

    The distance is min |E x - d| where x = (u, v, s, t), the edge coordinates of a point on each
    triangle, lies in two unit simplices. Every choice of active constraints is solved in turn by
    restricting each triangle to one of its faces (itself, 3 edges, 3 corners): an unconstrained
    least-squares minimiser that lies on both faces is a candidate.
    """
    one, two = np.asarray(triangle_a, dtype=np.float64), np.asarray(triangle_b, dtype=np.float64)
    faces = [list(f) for size in (1, 2, 3) for f in itertools.combinations(range(3), size)]
    best = math.inf
    for face_a, face_b in itertools.product(faces, faces):
        base_a, base_b = one[face_a[0]], two[face_b[0]]
        E = np.concatenate([one[face_a[1:]] - base_a, base_b - two[face_b[1:]]]).T
        x = np.linalg.lstsq(E, base_b - base_a, rcond=None)[0] if E.size else np.zeros(0)
        split = len(face_a) - 1
        if all(part.min(initial=0.0) >= 0.0 and part.sum() <= 1.0 for part in np.split(x, [split])):
            best = min(best, float(np.linalg.norm(E @ x - (base_b - base_a))))
    return best
