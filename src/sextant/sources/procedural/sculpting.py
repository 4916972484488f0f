"""The builder that puts solids together to a model."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sextant.sources.procedural.materials import Material
from sextant.sources.procedural.model import Model, Surface
from sextant.sources.procedural.solids import Solid, box, ellipsoid, lathe, loft

Array = NDArray[np.float64]


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
