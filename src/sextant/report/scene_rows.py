"""Rows of ``scenes/*.parquet`` as the map needs them; what is not finite is left out."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_OBJECTS = 600
MAX_CAMERAS = 2000
MAX_CORNERS = 400

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Footprint:
    """An object seen from above.

    Attributes:
        id, category: As in the scene.
        outline: Convex hull of the box corners in the floor plane, metres, counterclockwise.
        center: Box centre in the floor plane.
        size_m: Full side lengths of the box.
        bottom_m, top_m: Lowest and highest corner, world z.
        front: Unit direction in the floor plane, None where it is unknown or vertical.
    """

    id: str
    category: str
    outline: tuple[Point, ...]
    center: Point
    size_m: tuple[float, float, float]
    bottom_m: float
    top_m: float
    front: Point | None


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A camera seen from above; ``heading`` is the floor-plane part of its viewing direction."""

    id: str
    center: Point
    height_m: float
    heading: Point


@dataclass(frozen=True, slots=True)
class SceneRow:
    """One scene."""

    source: str
    scene_id: str
    is_metric: bool
    room: tuple[Point, ...]
    floor_z_m: float | None
    objects: tuple[Footprint, ...]
    cameras: tuple[Viewpoint, ...]


def read_scene_row(row: Mapping[str, Any]) -> SceneRow:
    """Read a row; ``room``, ``objects`` and ``cameras`` are JSON texts or decoded values."""
    room = _decoded(row.get("room"))
    room = room if isinstance(room, dict) else {}
    polygon = room.get("floor_polygon")
    corners = [_floats(corner, 2) for corner in _listed(polygon)[:MAX_CORNERS]]
    floor = _floats([room.get("floor_z_m")], 1)
    objects = [_footprint(entry) for entry in _listed(_decoded(row.get("objects")))[:MAX_OBJECTS]]
    cameras = [_viewpoint(entry) for entry in _listed(_decoded(row.get("cameras")))[:MAX_CAMERAS]]
    return SceneRow(
        source=str(row.get("source", "")),
        scene_id=str(row.get("scene_id", "")),
        is_metric=row.get("is_metric") is not False,
        room=tuple((corner[0], corner[1]) for corner in corners if corner is not None),
        floor_z_m=None if floor is None else floor[0],
        objects=tuple(entry for entry in objects if entry is not None),
        cameras=tuple(entry for entry in cameras if entry is not None),
    )


def convex_hull(points: list[Point]) -> list[Point]:
    """Return the convex hull, counterclockwise (Andrew's monotone chain, 1979).

    >>> convex_hull([(0, 0), (2, 0), (1, 1), (2, 2), (0, 2)])
    [(0, 0), (2, 0), (2, 2), (0, 2)]
    """
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered
    lower, upper = _chain(ordered), _chain(ordered[::-1])
    return lower[:-1] + upper[:-1]


def _chain(points: list[Point]) -> list[Point]:
    chain: list[Point] = []
    for point in points:
        while len(chain) >= 2 and _turn(chain[-2], chain[-1], point) <= 1e-9:
            chain.pop()
        chain.append(point)
    return chain


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _footprint(entry: Any) -> Footprint | None:
    if not isinstance(entry, dict):
        return None
    center, size = _floats(entry.get("center"), 3), _floats(entry.get("size_m"), 3)
    turn = _floats(entry.get("R"), 9) or [1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0]
    if center is None or size is None:
        return None
    corners = [
        [
            center[i] + sum(turn[3 * i + j] * sign[j] * size[j] / 2 for j in range(3))
            for i in range(3)
        ]
        for sign in ((a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1))
    ]
    heights = [corner[2] for corner in corners]
    front = _floats(entry.get("front"), 3)
    return Footprint(
        id=str(entry.get("id", "")),
        category=str(entry.get("category", "")),
        outline=tuple(convex_hull([(corner[0], corner[1]) for corner in corners])),
        center=(center[0], center[1]),
        size_m=(size[0], size[1], size[2]),
        bottom_m=min(heights),
        top_m=max(heights),
        front=_direction(front[0], front[1]) if front else None,
    )


def _viewpoint(entry: Any) -> Viewpoint | None:
    if not isinstance(entry, dict):
        return None
    center, turn = _floats(entry.get("center"), 3), _floats(entry.get("R"), 9)
    if center is None or turn is None:
        return None
    # The third column of a camera-to-world rotation is the viewing direction.
    return Viewpoint(
        str(entry.get("id", "")), (center[0], center[1]), center[2], (turn[2], turn[5])
    )


def _direction(x: float, y: float) -> Point | None:
    length = math.hypot(x, y)
    return None if length < 0.2 else (x / length, y / length)


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _floats(value: Any, length: int) -> list[float] | None:
    """Return finite numbers below 10 km, so that one broken box cannot blow up a map."""
    if not isinstance(value, list | tuple):
        return None
    flat = [x for row in value for x in row] if value and isinstance(value[0], list) else value
    if len(flat) != length:
        return None
    numbers = [float(x) for x in flat if isinstance(x, int | float) and not isinstance(x, bool)]
    usable = len(numbers) == length and all(abs(x) < 1e4 for x in numbers)
    return numbers if usable else None
