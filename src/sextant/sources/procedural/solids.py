"""Solid primitives that furniture is made of.

Every solid is closed and wound counterclockwise seen from outside. Corners are stored once per
smooth patch, so that a vertex normal is all the shading needs to tell a crease from a curve.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

Solid = tuple[Array, Array, NDArray[np.int32]]

SMOOTH_COSINE = math.cos(math.radians(42.0))
"""Profile segments that meet at a smaller angle are shaded as one curve."""


def _box_grid(steps: tuple[tuple[int, float], ...]) -> Solid:
    # Corner signs, rounding directions and faces of a unit box whose sides carry a grid of steps.
    signs: list[Array] = []
    directions: list[Array] = []
    faces: list[tuple[int, ...]] = []
    n = len(steps)
    for axis in range(3):
        b, c = (axis + 1) % 3, (axis + 2) % 3
        for side in (-1, 1):
            start = len(signs)
            for sb, tb in steps:
                for sc, tc in steps:
                    sign, direction = np.zeros(3), np.zeros(3)
                    sign[[axis, b, c]] = side, sb, sc
                    direction[[axis, b, c]] = side, tb, tc
                    signs.append(sign)
                    directions.append(direction / np.linalg.norm(direction))
            for i in range(n - 1):
                for j in range(n - 1):
                    q = start + i * n + j
                    quad = (q, q + n, q + n + 1, q + 1)
                    if side < 0:
                        quad = quad[::-1]
                    faces += [(quad[0], quad[1], quad[2]), (quad[0], quad[2], quad[3])]
    return np.array(signs), np.array(directions), np.array(faces, dtype=np.int32)


_SHARP = _box_grid(((-1, 0.0), (1, 0.0)))

_BEVELLED = _box_grid(((-1, -1.0), (-1, 0.0), (1, 0.0), (1, 1.0)))

_ROUND = _box_grid(((-1, -1.0), (-1, -0.4), (-1, 0.0), (1, 0.0), (1, 0.4), (1, 1.0)))


def box(low: ArrayLike, high: ArrayLike, radius: float = 0.0, soft: bool = False) -> Solid:
    """Return a box with rounded edges between two (3,) corners; ``soft`` rounds more finely."""
    lo, hi = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    half, center = (hi - lo) / 2, (lo + hi) / 2
    radius = min(radius, 0.98 * float(half.min()))
    signs, directions, faces = _SHARP if radius <= 0 else _ROUND if soft else _BEVELLED
    return center + signs * (half - radius) + radius * directions, directions.copy(), faces


def lathe(profile: Sequence[tuple[float, float]], segments: int = 16) -> Solid:
    """Turn a profile of (radius, z) points about the z axis.

    The profile runs so that the solid lies to its left (upwards along an outer wall); its ends are
    closed by discs.
    """
    points = [(float(r), float(z)) for r, z in profile]
    if points[0][0] > 0:
        points.insert(0, (0.0, points[0][1]))
    if points[-1][0] > 0:
        points.append((0.0, points[-1][1]))
    p = np.array(points)
    step = np.diff(p, axis=0)
    normal = np.stack([step[:, 1], -step[:, 0]], axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    angle = np.arange(segments) * (2 * math.pi / segments)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    vertices, normals, faces = [], [], []
    start = 0
    for i in range(len(step)):
        for end in (i, i + 1):
            other = i - 1 if end == i else i + 1
            n = normal[i]
            if 0 <= other < len(step) and float(n @ normal[other]) > SMOOTH_COSINE:
                n = n + normal[other]
                n = n / np.linalg.norm(n)
            vertices.append(np.c_[p[end, 0] * ring, np.full(segments, p[end, 1])])
            normals.append(np.c_[n[0] * ring, np.full(segments, n[1])])
        a = start + np.arange(segments)
        b = start + (np.arange(segments) + 1) % segments
        if p[i, 0] > 0:
            faces.append(np.stack([a, b, b + segments], axis=1))
        if p[i + 1, 0] > 0:
            faces.append(np.stack([a, b + segments, a + segments], axis=1))
        start += 2 * segments
    return np.concatenate(vertices), np.concatenate(normals), np.concatenate(faces).astype(np.int32)


def ellipsoid(radii: ArrayLike, segments: int = 16, rings: int = 9) -> Solid:
    """Return an ellipsoid about the origin with (3,) radii."""
    t = np.linspace(-math.pi / 2, math.pi / 2, rings + 1)
    r, z = np.cos(t), np.sin(t)
    r[[0, -1]] = 0.0
    vertices, _, faces = lathe(list(zip(r.tolist(), z.tolist(), strict=True)), segments)
    scale = np.asarray(radii, dtype=np.float64)
    normals = vertices / scale
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return vertices * scale, normals, faces


def loft(rings: Sequence[tuple[Sequence[tuple[float, float]], float]]) -> Solid:
    """Join level outlines, each of as many (x, y) points and at its z, by strips; fan the ends."""
    outlines = [np.array(o, dtype=np.float64) for o, _ in rings]
    x, y = outlines[0].T
    if float(x @ np.roll(y, -1) - np.roll(x, -1) @ y) < 0:
        outlines = [o[::-1] for o in outlines]
    n = len(outlines[0])
    i, j = np.arange(n), (np.arange(n) + 1) % n
    points = [np.c_[o, np.full(n, z)] for o, (_, z) in zip(outlines, rings, strict=True)]
    vertices, normals, faces = [], [], []
    count = 0
    for low, high in pairwise(points):
        middle = low + high
        along = np.roll(middle, -1, axis=0) - np.roll(middle, 1, axis=0)
        normal = np.cross(along, high - low)
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
        vertices += [low, high]
        normals += [normal, normal]
        upper = count + n
        faces += [np.c_[count + i, count + j, upper + j], np.c_[count + i, upper + j, upper + i]]
        count += 2 * n
    for ring, up in ((points[0], -1.0), (points[-1], 1.0)):
        vertices += [ring, ring.mean(axis=0, keepdims=True)]
        normals.append(np.tile([0.0, 0.0, up], (n + 1, 1)))
        a, b = (i, j) if up > 0 else (j, i)
        faces.append(np.c_[count + a, count + b, np.full(n, count + n)])
        count += n + 1
    return np.concatenate(vertices), np.concatenate(normals), np.concatenate(faces).astype(np.int32)
