"""Directions in the floor plane: signed angles and sectors with a margin to their borders.

A positive angle is counterclockwise seen from above, that is, to the left.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

EIGHT_SECTORS = (
    "front", "front-left", "left", "back-left", "back", "back-right", "right", "front-right",
)  # fmt: skip
"""45-degree sectors in the order of growing angle; the first is centred on 0."""

FOUR_SECTORS = ("front", "left", "back", "right")
"""90-degree sectors in the order of growing angle; the first is centred on 0."""


class Sector(NamedTuple):
    """A named sector and how far the angle is from its nearest border."""

    name: str
    margin_rad: float


def wrap(angle_rad: float) -> float:
    """Map an angle to (-pi, pi]."""
    wrapped = math.remainder(angle_rad, 2.0 * math.pi)
    return math.pi if wrapped == -math.pi else wrapped


def signed_angle(
    origin: ArrayLike, facing: ArrayLike, target: ArrayLike
) -> float | NDArray[np.float64]:
    """Return theta(origin -> facing -> target) of taxonomy.md in radians.

    The angle from (facing - origin) to (target - origin) in the floor plane, positive to the left.

    Args:
        origin: (2+,) point one stands at; only x and y count.
        facing: (2+,) point one looks at.
        target: (..., 2+) point or points asked about.
    """
    o, f, t = (np.asarray(a, dtype=np.float64)[..., :2] for a in (origin, facing, target))
    a, b = f - o, t - o
    cross = a[0] * b[..., 1] - a[1] * b[..., 0]
    dot = a[0] * b[..., 0] + a[1] * b[..., 1]
    angle = np.arctan2(cross, dot)
    return float(angle) if np.ndim(angle) == 0 else np.asarray(angle)


def sector(angle_rad: float, names: tuple[str, ...] = EIGHT_SECTORS) -> Sector:
    """Return the equal sector that holds an angle, the first being centred on 0.

    >>> sector(math.radians(50)).name
    'front-left'
    """
    width = 2.0 * math.pi / len(names)
    position = (wrap(angle_rad) / width) % len(names)
    index = round(position) % len(names)
    off_centre = abs(math.remainder(position - index, len(names))) * width
    return Sector(names[index], width / 2.0 - off_centre)


def heading(vector: ArrayLike) -> float:
    """Return the angle of a (2+,) vector in the floor plane against world +X, in radians."""
    v = np.asarray(vector, dtype=np.float64)
    return math.atan2(v[1], v[0])
