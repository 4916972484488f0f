"""Exact smallest distances between triangle meshes and point sets through bounding-box trees.

These are distances of surfaces, not of solids: a mesh that lies inside another without touching it
has a positive distance.

A tree is complete: node i has the children 2i + 1 and 2i + 2, and every split halves the primitives
at the median of their centres along the longest axis. Ties keep the input order, so the same mesh
always gives the same tree. The search is branch and bound over pairs of nodes, nearest first; it
leaves out only what cannot be nearer than what it has, so the result is exact to rounding.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sextant.geometry.kernels import kernel, kernel_array
from sextant.geometry.triangle_distance import (
    corner,
    point_triangle_squared,
    triangle_triangle_squared,
)

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

LEAF_SIZE = 8
"""Most primitives in a leaf."""

STACK_SIZE = 128
"""Pending nodes never exceed the depths of both trees; 2^64 primitives do not fit in memory."""

ROUNDING = 1.0 - 1e-13
"""Nodes that could be nearer by rounding only are left out: else parallel planes are all visited.

It is a factor on squared distances.
"""


class Bvh(NamedTuple):
    """A bounding-box tree over triangles or points.

    Attributes:
        low, high: (nodes, 3) bounds of each node in metres.
        begin, end: (nodes,) range of each node's primitives.
        primitives: (m, 3, 3) triangle corners or (m, 1, 3) points in metres, in tree order.
        primitive_low, primitive_high: (m, 3) bounds of each primitive.
    """

    low: Array
    high: Array
    begin: Indices
    end: Indices
    primitives: Array
    primitive_low: Array
    primitive_high: Array


def build_bvh(primitives: ArrayLike) -> Bvh:
    """Build the tree over (m, 3, 3) triangles, or over (m, 3) points, in metres; m > 0.

    Raises:
        ValueError: the array is empty, has another shape, or holds NaN or infinity.
    """
    shapes = np.array(primitives, dtype=np.float64, order="C")
    if shapes.ndim == 2:
        shapes = shapes[:, None, :]
    if (
        shapes.size == 0
        or shapes.ndim != 3
        or shapes.shape[1] not in (1, 3)
        or shapes.shape[2] != 3
    ):
        raise ValueError(
            f"build_bvh: expected (m, 3, 3) triangles or (m, 3) points, m > 0; "
            f"got {np.shape(primitives)}"
        )
    if not np.isfinite(shapes).all():
        raise ValueError("build_bvh: coordinates hold NaN or infinity")

    count = len(shapes)
    centers = (shapes.min(axis=1) + shapes.max(axis=1)) / 2.0
    order = np.arange(count)
    edges = np.array([0, count])
    levels = [edges]
    while np.diff(edges).max() > LEAF_SIZE:
        # One level at a time, all its nodes in one stable sort by (node, coordinate).
        node = np.repeat(np.arange(len(edges) - 1), np.diff(edges))
        sorted_centers = centers[order]
        low = np.minimum.reduceat(sorted_centers, edges[:-1])
        axis = np.argmax(np.maximum.reduceat(sorted_centers, edges[:-1]) - low, axis=1)
        order = order[np.lexsort((sorted_centers[np.arange(count), axis[node]], node))]
        middles = (edges[:-1] + edges[1:]) // 2
        edges = np.sort(np.concatenate([edges, middles]))
        levels.append(edges)

    shapes = np.ascontiguousarray(shapes[order])
    primitive_low, primitive_high = shapes.min(axis=1), shapes.max(axis=1)
    begin = np.concatenate([level[:-1] for level in levels])
    return Bvh(
        low=np.concatenate([np.minimum.reduceat(primitive_low, level[:-1]) for level in levels]),
        high=np.concatenate([np.maximum.reduceat(primitive_high, level[:-1]) for level in levels]),
        begin=begin,
        end=np.concatenate([level[1:] for level in levels]),
        primitives=shapes,
        primitive_low=primitive_low,
        primitive_high=primitive_high,
    )


@kernel
def _bounds_squared(
    low_a: Array, high_a: Array, i: int, low_b: Array, high_b: Array, j: int
) -> float:
    """Return the squared distance of two axis-aligned boxes, 0 if they overlap."""
    squared = 0.0
    for k in range(3):
        gap = max(low_b[j, k] - high_a[i, k], low_a[i, k] - high_b[j, k], 0.0)
        squared += gap * gap
    return squared


@kernel
def _diagonal_squared(tree: Bvh, node: int) -> float:
    squared = 0.0
    for k in range(3):
        squared += (tree.high[node, k] - tree.low[node, k]) ** 2
    return squared


@kernel
def _primitives_squared(a: Array, i: int, b: Array, j: int) -> float:
    """Return the squared distance of two primitives, each a triangle or a point."""
    if a.shape[1] == 3 and b.shape[1] == 3:
        return triangle_triangle_squared(a, i, b, j)
    if a.shape[1] == 3:
        return point_triangle_squared(corner(b, j, 0), a, i)
    if b.shape[1] == 3:
        return point_triangle_squared(corner(a, i, 0), b, j)
    squared = 0.0
    for k in range(3):
        squared += (a[i, 0, k] - b[j, 0, k]) ** 2
    return squared


@kernel
def _leaves_squared(a: Bvh, node_a: int, b: Bvh, node_b: int, best: float) -> float:
    """Lower the squared distance ``best`` by the primitives of two leaves."""
    for i in range(a.begin[node_a], a.end[node_a]):
        bound = _bounds_squared(a.primitive_low, a.primitive_high, i, b.low, b.high, node_b)
        if bound >= best * ROUNDING:
            continue
        for j in range(b.begin[node_b], b.end[node_b]):
            bound = _bounds_squared(
                a.primitive_low, a.primitive_high, i, b.primitive_low, b.primitive_high, j
            )
            if bound < best * ROUNDING:
                best = min(best, _primitives_squared(a.primitives, i, b.primitives, j))
    return best


@kernel
def _trees_squared(a: Bvh, b: Bvh, best: float) -> float:
    """Return the smaller of ``best`` and the squared distance of two trees."""
    pending = np.zeros((STACK_SIZE, 2), dtype=np.int64)
    bounds = np.zeros(STACK_SIZE)
    bounds[0] = _bounds_squared(a.low, a.high, 0, b.low, b.high, 0)
    top = 1
    while top > 0:
        top -= 1
        if bounds[top] >= best * ROUNDING:
            continue
        node_a, node_b = pending[top, 0], pending[top, 1]
        leaf_a, leaf_b = 2 * node_a + 1 >= len(a.begin), 2 * node_b + 1 >= len(b.begin)
        if leaf_a and leaf_b:
            best = _leaves_squared(a, node_a, b, node_b, best)
            continue
        split_a = leaf_b or (
            not leaf_a and _diagonal_squared(a, node_a) >= _diagonal_squared(b, node_b)
        )
        for child in range(2):
            next_a = 2 * node_a + 1 + child if split_a else node_a
            next_b = node_b if split_a else 2 * node_b + 1 + child
            pending[top + child, 0], pending[top + child, 1] = next_a, next_b
            bounds[top + child] = _bounds_squared(a.low, a.high, next_a, b.low, b.high, next_b)
        if bounds[top] < bounds[top + 1]:
            # The nearer child goes on top, to be searched first.
            for k in range(2):
                pending[top, k], pending[top + 1, k] = pending[top + 1, k], pending[top, k]
            bounds[top], bounds[top + 1] = bounds[top + 1], bounds[top]
        top += 2
    return best


@kernel
def _points_tree_squared(points: Array, tree: Bvh) -> Array:
    pending = np.zeros(STACK_SIZE, dtype=np.int64)
    bounds = np.zeros(STACK_SIZE)
    out = np.zeros(points.shape[0])
    for i in range(points.shape[0]):
        best = math.inf
        pending[0] = 0
        bounds[0] = _bounds_squared(points, points, i, tree.low, tree.high, 0)
        top = 1
        while top > 0:
            top -= 1
            node = pending[top]
            if bounds[top] >= best * ROUNDING:
                continue
            left = 2 * node + 1
            if left >= len(tree.begin):
                for j in range(tree.begin[node], tree.end[node]):
                    bound = _bounds_squared(
                        points, points, i, tree.primitive_low, tree.primitive_high, j
                    )
                    if bound < best * ROUNDING:
                        if tree.primitives.shape[1] == 3:
                            p = (points[i, 0], points[i, 1], points[i, 2])
                            bound = point_triangle_squared(p, tree.primitives, j)
                        best = min(best, bound)
                continue
            one = _bounds_squared(points, points, i, tree.low, tree.high, left)
            two = _bounds_squared(points, points, i, tree.low, tree.high, left + 1)
            nearer_left = one <= two
            pending[top] = left + 1 if nearer_left else left
            pending[top + 1] = left if nearer_left else left + 1
            bounds[top], bounds[top + 1] = max(one, two), min(one, two)
            top += 2
        out[i] = best
    return out


def mesh_distance(bvh_a: Bvh, bvh_b: Bvh) -> float:
    """Return the smallest distance in metres between two surfaces, 0 where they meet.

    Either tree may hold points instead of triangles.
    """
    return math.sqrt(_trees_squared(bvh_a, bvh_b, math.inf))


def point_mesh_distance(points: ArrayLike, bvh: Bvh) -> Array:
    """Return the (k,) smallest distances in metres from (k, 3) points to a surface or point set."""
    flat = kernel_array(points).reshape(-1, 3)
    return np.asarray(np.sqrt(_points_tree_squared(flat, bvh)))


def points_distance(points_a: ArrayLike, points_b: ArrayLike) -> float:
    """Return the smallest distance in metres between two point sets, (n, 3) and (m, 3)."""
    return mesh_distance(build_bvh(points_a), build_bvh(points_b))
