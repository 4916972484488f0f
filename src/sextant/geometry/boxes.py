"""Oriented boxes: centre, full side lengths, and a rotation whose columns are the box axes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

CORNER_SIGNS: Array = np.array(
    [[sx, sy, sz] for sx in (-0.5, 0.5) for sy in (-0.5, 0.5) for sz in (-0.5, 0.5)]
)
"""(8, 3) corner offsets in units of the side lengths; index bits are (x, y, z)."""

EDGE_CORNERS: NDArray[np.int64] = np.array(
    [[0, 1], [2, 3], [4, 5], [6, 7], [0, 2], [1, 3], [4, 6], [5, 7], [0, 4], [1, 5], [2, 6], [3, 7]]
)
"""(12, 2) corner indices of the edges."""


@dataclass(frozen=True, slots=True, eq=False)
class OrientedBox:
    """A solid box.

    Attributes:
        center: (3,) world coordinates in metres.
        size_m: (3,) full side lengths in metres, all positive.
        R_world_box: (3, 3) rotation; its columns are the box axes in the world.
    """

    center: Array
    size_m: Array
    R_world_box: Array

    @classmethod
    def axis_aligned(cls, minimum: ArrayLike, maximum: ArrayLike) -> OrientedBox:
        """Return the box spanned by two (3,) opposite corners in metres."""
        low, high = np.asarray(minimum, dtype=np.float64), np.asarray(maximum, dtype=np.float64)
        return cls((low + high) / 2, high - low, np.eye(3))

    @property
    def corners(self) -> Array:
        """(8, 3) world corners, in the order of ``CORNER_SIGNS``."""
        return np.asarray((CORNER_SIGNS * self.size_m) @ self.R_world_box.T + self.center)

    @property
    def half_extent_world(self) -> Array:
        """(3,) half lengths of the axis-aligned bounds in the world."""
        return np.asarray(np.abs(self.R_world_box) @ (self.size_m / 2))

    @property
    def minimum(self) -> Array:
        """(3,) lower corner of the axis-aligned bounds in the world."""
        return np.asarray(self.center - self.half_extent_world)

    @property
    def maximum(self) -> Array:
        """(3,) upper corner of the axis-aligned bounds in the world."""
        return np.asarray(self.center + self.half_extent_world)

    @property
    def vertical_axis(self) -> int:
        """Index of the box axis that is closest to the world's vertical."""
        return int(np.argmax(np.abs(self.R_world_box[2])))

    @property
    def tilt_rad(self) -> float:
        """Angle between the most vertical box axis and the vertical."""
        return math.acos(min(1.0, float(np.abs(self.R_world_box[2]).max())))

    @property
    def volume_m3(self) -> float:
        """Volume in cubic metres."""
        return float(np.prod(self.size_m))

    def to_box(self, points_world: ArrayLike) -> Array:
        """Map (..., 3) world points into the box frame (origin at the centre)."""
        return np.asarray(
            (np.asarray(points_world, dtype=np.float64) - self.center) @ self.R_world_box
        )

    def contains(self, points_world: ArrayLike, margin_m: float = 0.0) -> NDArray[np.bool_]:
        """Tell for (..., 3) world points whether they lie within the box grown by a margin."""
        inside: NDArray[np.bool_] = np.all(
            np.abs(self.to_box(points_world)) <= self.size_m / 2 + margin_m, axis=-1
        )
        return inside
