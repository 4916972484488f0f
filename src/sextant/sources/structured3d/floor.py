"""A room's outline, its floor and its kind, as annotation_3d.json draws them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, InputError
from sextant.scenes import Room
from sextant.sources.documents import read_json_object
from sextant.sources.structured3d.layout import FARTHEST_MM, MM, RoomFiles

Array = NDArray[np.float64]


def read_room(files: RoomFiles, notes: dict[str, str]) -> Room:
    """Return outline, floor and kind by annotation_3d.json; what it lacks is not known."""
    path = files.house / "annotation_3d.json"
    if not path.is_file():
        notes["room"] = "unknown: missing annotation_3d.json"
        return Room()
    try:
        document = read_json_object(path)
        kind, corners = _outline(document, files.room, path)
        return Room(
            floor_polygon=corners[:, :2] * MM,
            floor_z_m=float(np.median(corners[:, 2])) * MM,
            kind=None if kind == "undefined" else kind,
        )
    except InputError as error:
        notes["room"] = f"unknown: {error.what}"
        return Room()


def _outline(document: Mapping[str, Any], room: str, path: Path) -> tuple[str, Array]:
    """Return a room's kind and the (n, 3) corners of its floor, counterclockwise, millimetres."""
    try:
        named = room.lstrip("0") or "0"
        semantic = next(
            s
            for s in document["semantics"]
            if isinstance(s["ID"], int | str) and str(s["ID"]) == named
        )
        planes = [p for p in semantic["planeID"] if document["planes"][p]["type"] == "floor"]
        if len(planes) != 1:
            raise ValueError(f"{len(planes)} floors")
        lines = np.flatnonzero(np.array(document["planeLineMatrix"][planes[0]]))
        ends = [np.flatnonzero(np.array(document["lineJunctionMatrix"][i])) for i in lines]
        loop = _loop([(int(a), int(b)) for a, b in ends])
        corners = np.array(
            [document["junctions"][j]["coordinate"] for j in loop], dtype=np.float64
        ).reshape(-1, 3)
        kind = semantic["type"]
        if not isinstance(kind, str) or not np.abs(corners).max() < FARTHEST_MM:
            raise ValueError("a kind that is no text, or corners beyond reason")
    except (KeyError, IndexError, TypeError, ValueError, StopIteration, OverflowError) as error:
        raise CorruptInput(
            "the room's floor cannot be read", where=path, got=repr(error)[:200]
        ) from error
    x, y = corners[:, 0], corners[:, 1]
    area = float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
    if not abs(area) * MM * MM > 0.1:
        raise ConventionError("the room's floor has no area", where=path, got=area)
    return kind, corners if area > 0 else corners[::-1]


def _loop(edges: list[tuple[int, int]]) -> list[int]:
    """Return the corners of one closed ring of edges in order; holes and forks are refused."""
    near: dict[int, list[int]] = {}
    for a, b in edges:
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    if len(near) < 3 or any(len(n) != 2 for n in near.values()):
        raise ValueError("the floor's lines are no ring")
    start = min(near)
    ring, before, at = [start], start, near[start][0]
    while at != start:
        ring.append(at)
        following = near[at][0] if near[at][0] != before else near[at][1]
        before, at = at, following
        if len(ring) > len(near):
            raise ValueError("the floor's lines are no ring")
    if len(ring) != len(near):
        raise ValueError("the floor's lines are several rings")
    return ring
