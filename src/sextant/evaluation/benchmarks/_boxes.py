"""Answers of ``mm.box3d``: how far two upright boxes overlap, and how far their centres are apart.

The answer is ``{"center": [x, y, z], "size": [length, width, height], "yaw": angle}`` in the
camera's axes (x right, y down, z forward), metres and degrees; yaw turns about the world's up
direction from the camera's heading to the length axis, counterclockwise seen from above, modulo
180.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.evaluation.metrics import mean_relative_accuracy

Point = tuple[float, float]

LEVEL_CAMERA: NDArray[np.float64] = np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]])
"""(3, 3) R_world_camera of a camera that looks along +x and holds its head straight."""

MAX_METRES = 1e4


@dataclass(frozen=True, slots=True)
class UprightBox:
    """A box on the floor of the world.

    Attributes:
        center_m: (3,) in the world's axes, from the camera; z is up.
        size_m: Length, width, height.
        heading_rad: Of the length axis.
    """

    center_m: NDArray[np.float64]
    size_m: tuple[float, float, float]
    heading_rad: float


def read_box(value: Any, R_world_camera: NDArray[np.float64]) -> UprightBox | None:
    """Return the box that a JSON answer states, None if it states none."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        return None
    if not {"center", "size", "yaw"} <= set(value) and len(value) == 1:
        # The box under its object's name.
        value = next(iter(value.values()))
        if not isinstance(value, dict):
            return None
    center, size = _numbers(value.get("center"), 3), _numbers(value.get("size"), 3)
    yaw = _numbers([value.get("yaw")], 1)
    if center is None or size is None or yaw is None or min(size) <= 0.0:
        return None
    forward = R_world_camera[:, 2]
    return UprightBox(
        R_world_camera @ np.array(center),
        (size[0], size[1], size[2]),
        math.atan2(forward[1], forward[0]) + math.radians(yaw[0]),
    )


def camera_rotation(evidence: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return the (3, 3) R_world_camera of the picture; of a level camera if it is not stored."""
    poses = evidence.get("T_world_camera")
    if isinstance(poses, Mapping) and len(poses) == 1:
        numbers = _numbers(next(iter(poses.values())), 12)
        if numbers is not None:
            return np.array(numbers).reshape(3, 4)[:, :3]
    return LEVEL_CAMERA


def box_points(found: UprightBox, truth: UprightBox) -> float:
    """Return the mean of the boxes' overlap and of the relative accuracy of the centre.

    The overlap alone says nothing about two boxes that miss each other by a hand or by a room. The
    centre's error counts relative to its distance from the camera, by VSI-Bench's thresholds.
    """
    distance = float(np.linalg.norm(truth.center_m))
    error = float(np.linalg.norm(found.center_m - truth.center_m))
    return 0.5 * overlap(found, truth) + 0.5 * mean_relative_accuracy(distance + error, distance)


def overlap(a: UprightBox, b: UprightBox) -> float:
    """Return the intersection over union of two upright boxes, by volume."""
    low = max(a.center_m[2] - a.size_m[2] / 2, b.center_m[2] - b.size_m[2] / 2)
    high = min(a.center_m[2] + a.size_m[2] / 2, b.center_m[2] + b.size_m[2] / 2)
    if high <= low:
        return 0.0
    common = float(high - low) * _area(_clipped(_footprint(a), _footprint(b)))
    whole = math.prod(a.size_m) + math.prod(b.size_m) - common
    return min(1.0, common / whole)


def _footprint(box: UprightBox) -> list[Point]:
    """Return the corners of the floor rectangle, counterclockwise."""
    c, s = math.cos(box.heading_rad), math.sin(box.heading_rad)
    half = box.size_m[0] / 2, box.size_m[1] / 2
    x, y = float(box.center_m[0]), float(box.center_m[1])
    return [
        (x + u * half[0] * c - v * half[1] * s, y + u * half[0] * s + v * half[1] * c)
        for u, v in ((1, 1), (-1, 1), (-1, -1), (1, -1))
    ]


def _clipped(polygon: list[Point], window: list[Point]) -> list[Point]:
    """Cut a convex polygon by the sides of another (Sutherland and Hodgman, 1974)."""
    for start, end in zip(window, [*window[1:], window[0]], strict=True):
        side = [_left_of(point, start, end) for point in polygon]
        kept: list[Point] = []
        for k, point in enumerate(polygon):
            before, here = side[k - 1], side[k]
            if (before < 0.0) != (here < 0.0):
                t = before / (before - here)
                last = polygon[k - 1]
                kept.append(
                    (last[0] + t * (point[0] - last[0]), last[1] + t * (point[1] - last[1]))
                )
            if here >= 0.0:
                kept.append(point)
        polygon = kept
        if not polygon:
            return []
    return polygon


def _left_of(point: Point, start: Point, end: Point) -> float:
    return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])


def _area(polygon: list[Point]) -> float:
    following = [*polygon[1:], *polygon[:1]]
    twice = sum(p[0] * q[1] - q[0] * p[1] for p, q in zip(polygon, following, strict=True))
    return abs(twice) / 2


def _numbers(value: object, count: int) -> list[float] | None:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != count:
        return None
    if any(isinstance(v, bool) or not isinstance(v, (int, float)) for v in value):
        return None
    # Compared as they are: a whole number of JSON may be too large to become a float.
    if not all(-MAX_METRES <= v <= MAX_METRES for v in value):
        return None
    return [float(v) for v in value]
