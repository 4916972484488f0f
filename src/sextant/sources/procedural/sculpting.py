"""Solid primitives that furniture is made of, and the builder that puts them together.

Every solid is closed and wound counterclockwise seen from outside. Corners are stored once per
smooth patch, so that a vertex normal is all the shading needs to tell a crease from a curve.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sextant.sources.procedural.materials import Material
from sextant.sources.procedural.model import Model, Surface

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


def prism(outline: ArrayLike, z0: float, z1: float, smooth: bool = False) -> Solid:
    """Extrude an (n, 2) counterclockwise outline, star-shaped about its mean, from z0 to z1."""
    o = np.asarray(outline, dtype=np.float64)
    n = len(o)
    middle = o.mean(axis=0)
    edge = np.roll(o, -1, axis=0) - o
    out = np.stack([edge[:, 1], -edge[:, 0]], axis=1)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    first, second = out, out
    if smooth:
        before = out + np.roll(out, 1, axis=0)
        before /= np.linalg.norm(before, axis=1, keepdims=True)
        first, second = before, np.roll(before, -1, axis=0)
    nxt = np.roll(o, -1, axis=0)
    zeros = np.zeros((n, 1))
    side = [
        np.c_[o, zeros + z0],
        np.c_[nxt, zeros + z0],
        np.c_[nxt, zeros + z1],
        np.c_[o, zeros + z1],
    ]
    side_normals = [
        np.c_[first, zeros],
        np.c_[second, zeros],
        np.c_[second, zeros],
        np.c_[first, zeros],
    ]
    caps = [np.c_[o, zeros + z1], [[*middle, z1]], np.c_[o, zeros + z0], [[*middle, z0]]]
    cap_normals = [np.tile([0.0, 0, 1], (n + 1, 1)), np.tile([0.0, 0, -1], (n + 1, 1))]
    i, j = np.arange(n), (np.arange(n) + 1) % n
    top, bottom = 4 * n, 5 * n + 1
    faces = [
        np.stack([i, n + i, 2 * n + i], axis=1),
        np.stack([i, 2 * n + i, 3 * n + i], axis=1),
        np.stack([top + i, top + j, np.full(n, top + n)], axis=1),
        np.stack([bottom + j, bottom + i, np.full(n, bottom + n)], axis=1),
    ]
    return (
        np.concatenate(side + [np.asarray(c) for c in caps]),
        np.concatenate(side_normals + cap_normals),
        np.concatenate(faces).astype(np.int32),
    )


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


def turn(axis: int, angle_rad: float) -> Array:
    """Return the (3, 3) rotation about a coordinate axis."""
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    R = np.eye(3)
    b, d = (axis + 1) % 3, (axis + 2) % 3
    R[b, b], R[b, d], R[d, b], R[d, d] = c, -s, s, c
    return R


def z_axis_to(direction: ArrayLike) -> Array:
    """Return a (3, 3) rotation that maps +z to a (3,) direction."""
    z = np.asarray(direction, dtype=np.float64)
    z = z / np.linalg.norm(z)
    helper = np.array([1.0, 0, 0]) if abs(z[0]) < 0.8 else np.array([0, 1.0, 0])
    y = np.cross(z, helper)
    y /= np.linalg.norm(y)
    return np.stack([np.cross(y, z), y, z], axis=1)


class Sculptor:
    """Collects solids in an object's own axes: x right, y back (the front is -y), z up."""

    def __init__(self) -> None:
        self._parts: list[tuple[Solid, Material]] = []
        self._R: Array = np.eye(3)
        self._t: Array = np.zeros(3)

    @contextmanager
    def moved(self, offset: ArrayLike = (0, 0, 0), R: Array | None = None) -> Iterator[None]:
        """Build what follows in axes turned by R and then shifted by (3,) ``offset`` metres."""
        saved = self._R, self._t
        self._t = self._t + self._R @ np.asarray(offset, dtype=np.float64)
        self._R = self._R if R is None else self._R @ R
        try:
            yield
        finally:
            self._R, self._t = saved

    def add(self, solid: Solid, material: Material) -> None:
        """Add a solid in the current axes."""
        vertices, normals, faces = solid
        moved = (vertices @ self._R.T + self._t, normals @ self._R.T, faces)
        self._parts.append((moved, material))

    def box(
        self,
        low: ArrayLike,
        high: ArrayLike,
        material: Material,
        radius: float = 0.0,
        soft: bool = False,
    ) -> None:
        """Add a box between two (3,) corners."""
        self.add(box(low, high, radius, soft), material)

    def rod(
        self, a: ArrayLike, b: ArrayLike, r0: float, material: Material, r1: float | None = None,
        segments: int = 10,
    ) -> None:  # fmt: skip
        """Add a round bar from (3,) a to b with end radii in metres."""
        start, end = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
        length = float(np.linalg.norm(end - start))
        with self.moved(start, z_axis_to(end - start)):
            self.add(lathe([(r0, 0.0), (r0 if r1 is None else r1, length)], segments), material)

    def lathe(
        self, profile: Sequence[tuple[float, float]], material: Material,
        at: ArrayLike = (0, 0, 0), segments: int = 16,
    ) -> None:  # fmt: skip
        """Add a turned solid whose axis stands at (3,) ``at``."""
        with self.moved(at):
            self.add(lathe(profile, segments), material)

    def loft(
        self, rings: Sequence[tuple[Sequence[tuple[float, float]], float]], material: Material
    ) -> None:
        """Add level outlines joined by strips."""
        self.add(loft(rings), material)

    def ball(
        self, center: ArrayLike, radii: ArrayLike | float, material: Material,
        R: Array | None = None, segments: int = 14, rings: int = 8,
    ) -> None:  # fmt: skip
        """Add an ellipsoid."""
        with self.moved(center, R):
            self.add(ellipsoid(np.broadcast_to(radii, 3), segments, rings), material)

    def finish(
        self,
        color: str,
        front: bool = True,
        surfaces: Sequence[Surface] = (),
        is_person: bool = False,
    ) -> Model:
        """Return the model, shifted so that its tight box stands centred on the origin's floor."""
        rows: dict[Material, int] = {}
        vertices, normals, faces, materials = [], [], [], []
        count = 0
        for (v, n, f), material in self._parts:
            row = rows.setdefault(material, len(rows))
            vertices.append(v)
            normals.append(n)
            faces.append(f + np.int32(count))
            materials.append(np.full(len(f), row, dtype=np.int32))
            count += len(v)
        points = np.concatenate(vertices)
        low, high = points.min(axis=0), points.max(axis=0)
        shift = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
        return Model(
            vertices=points - shift,
            normals=np.concatenate(normals),
            faces=np.concatenate(faces),
            materials=np.concatenate(materials),
            palette=tuple(rows),
            size_m=high - low,
            shift=shift,
            color=color,
            has_front=front,
            is_person=is_person,
            surfaces=tuple(s.shifted(-shift) for s in surfaces),
        )
