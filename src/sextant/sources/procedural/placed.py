"""A model at its place, and the plane geometry of footprints and walls.

Everything here is in the room's own axes. Boxes are upright, so two of them are disjoint if their
heights are or if an edge of one footprint separates the two (separating axis theorem).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.sources.procedural.model import Model

Array = NDArray[np.float64]

WALL_GAP_M = 0.02
"""Furniture at a wall leaves room for the skirting board."""


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A model at its place.

    Attributes:
        category: Name.
        model: Mesh in its own axes.
        x, y, z: Where the centre of its foot stands.
        yaw_rad: How far its own axes are turned counterclockwise.
        support: Index of what carries it, or "floor", "wall", "ceiling".
        inside: Whether it is inside its support.
    """

    category: str
    model: Model
    x: float
    y: float
    z: float
    yaw_rad: float
    support: int | str
    inside: bool = False

    @property
    def footprint(self) -> Array:
        """(4, 2) corners of the box's footprint, counterclockwise."""
        return footprint(self.model, self.x, self.y, self.yaw_rad)

    @property
    def front(self) -> Array:
        """(2,) unit direction of its front."""
        return np.array([math.sin(self.yaw_rad), -math.cos(self.yaw_rad)])

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Map a point of its own axes to the room's."""
        c, s = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        return self.x + c * x - s * y, self.y + s * x + c * y


def rectangle(x: float, y: float, w: float, d: float, yaw_rad: float) -> Array:
    """Return the (4, 2) corners of a turned rectangle, counterclockwise."""
    c, s = math.cos(yaw_rad), math.sin(yaw_rad)
    local = np.array([[-w, -d], [w, -d], [w, d], [-w, d]]) / 2
    return np.asarray(local @ np.array([[c, s], [-s, c]]) + (x, y))


def footprint(model: Model, x: float, y: float, yaw_rad: float) -> Array:
    """Return the (4, 2) footprint corners of a model at a place."""
    return rectangle(x, y, float(model.size_m[0]), float(model.size_m[1]), yaw_rad)


def separated(a: Array, b: Array) -> bool:
    """Tell whether two counterclockwise convex (n, 2) outlines are disjoint (or only touch)."""
    for p, q in ((a, b), (b, a)):
        edge = np.roll(p, -1, axis=0) - p
        side = edge[:, None, 0] * (q[None, :, 1] - p[:, None, 1]) - edge[:, None, 1] * (
            q[None, :, 0] - p[:, None, 0]
        )
        if bool(np.any(np.all(side <= 1e-9, axis=1))):
            return True
    return False


def facing_wall(
    edges: Sequence[tuple[Array, Array]], p: Placed, model: Model
) -> tuple[float, float, float] | None:
    """Return x, y and yaw of a model at the wall that ``p`` looks at, or None."""
    eye = np.array([p.x, p.y])
    best: tuple[float, tuple[float, float, float]] | None = None
    for a, b in edges:
        along = (b - a) / np.linalg.norm(b - a)
        inward = np.array([-along[1], along[0]])
        if float(inward @ p.front) > -0.9:
            continue
        reach = float((a - eye) @ inward) / float(p.front @ inward)
        hit = eye + reach * p.front
        t = float((hit - a) @ along)
        half = float(model.size_m[0]) / 2 + 0.02
        length = float(np.linalg.norm(b - a))
        if reach < 1.5 or length < 2 * half:
            continue
        t_inside = min(max(t, half), length - half)
        center = a + t_inside * along + (WALL_GAP_M + float(model.size_m[1]) / 2) * inward
        yaw = math.atan2(inward[1], inward[0]) + math.pi / 2
        cost = abs(t - t_inside) + 0.1 * reach
        if best is None or cost < best[0]:
            best = cost, (float(center[0]), float(center[1]), yaw)
    return None if best is None else best[1]


def wall_distance(edges: Sequence[tuple[Array, Array]], x: float, y: float) -> float:
    """Return the distance of a floor point from the nearest wall in metres."""
    best = math.inf
    p = np.array([x, y])
    for a, b in edges:
        t = np.clip((p - a) @ (b - a) / ((b - a) @ (b - a)), 0.0, 1.0)
        best = min(best, float(np.linalg.norm(p - a - t * (b - a))))
    return best
