"""Floor and kind of room, of ProcTHOR's house.json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sextant.errors import CorruptInput
from sextant.geometry.axes import points_from_unity
from sextant.scenes import Room
from sextant.scenes.checks import check_points
from sextant.sources.ai2thor.metadata import vector
from sextant.sources.documents import read_json_object
from sextant.sources.labels import split_words


def read_room(path: Path) -> Room:
    """Return floor and kind of a house of one room; of several, the floor's height alone."""
    if not path.is_file():
        return Room()
    rooms = read_json_object(path).get("rooms")
    if not isinstance(rooms, list) or not rooms:
        raise CorruptInput("house has no rooms", where=path)
    outlines = []
    for number, room in enumerate(rooms):
        corners = room.get("floorPolygon") if isinstance(room, Mapping) else None
        if not isinstance(corners, list) or len(corners) < 3:
            raise CorruptInput("room has no floorPolygon", where=f"{path}: rooms[{number}]")
        outlines.append(points_from_unity([vector(c, f"{path}: rooms[{number}]") for c in corners]))
    check_points(np.concatenate(outlines), 3, "corners of floors", where=str(path))
    floor = float(np.median(np.concatenate(outlines)[:, 2]))
    if len(outlines) > 1:
        return Room(floor_z_m=floor)
    polygon = outlines[0][:, :2]
    x, y = polygon.T
    # Unity's world is mirrored in ours, and so is the sense of the outline.
    if float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) < 0:
        polygon = polygon[::-1]
    kind = rooms[0].get("roomType")
    named = split_words(kind) if isinstance(kind, str) and kind.strip() else None
    return Room(floor_polygon=np.ascontiguousarray(polygon), floor_z_m=floor, kind=named)
