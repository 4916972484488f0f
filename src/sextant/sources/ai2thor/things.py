"""Objects that stay where they are through all events, and their boxes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput
from sextant.geometry.axes import box_axes_from_unity, points_from_unity
from sextant.geometry.boxes import OrientedBox
from sextant.scenes import SceneObject
from sextant.scenes.checks import check_points
from sextant.sources.ai2thor.metadata import loose_vector, vector
from sextant.sources.boxes import MIN_SIDE_M, checked_box
from sextant.sources.quarantine import Quarantine
from sextant.sources.vocabulary import canonical_name, is_shell

Array = NDArray[np.float64]

MOVED_M = 0.01
"""An object that moves by more between two events has no place in a static scene."""

_TRIPLES = np.array(list(itertools.combinations(range(7), 3)))
_SUMS = np.array(list(itertools.product((0.0, 1.0), repeat=3)))[1:]


def read_objects(
    events: Sequence[Mapping[str, Any]], folder: Path
) -> tuple[tuple[SceneObject, ...], frozenset[str], dict[str, str]]:
    """Return the objects that stay in place, the categories that are complete, and notes.

    Args:
        events: Metadata of all events of the scene.
        folder: Where they lie, for messages.

    Raises:
        InputError: If more than a fifth of the objects cannot be used.
    """
    quarantine = Quarantine("objects")
    places: dict[str, list[Array]] = {}
    for metadata in events:
        for record in metadata["objects"]:
            box = record.get("axisAlignedBoundingBox") if isinstance(record, Mapping) else None
            center = box.get("center") if isinstance(box, Mapping) else None
            if isinstance(record, Mapping) and isinstance(center, Mapping):
                name = record.get("objectId")
                if isinstance(name, str):
                    places.setdefault(name, []).append(loose_vector(center))
    with np.errstate(invalid="ignore"):  # one that is nowhere has moved, too
        moved = {
            name
            for name, seen in places.items()
            if len(seen) < len(events) or not np.ptp(np.array(seen), axis=0).max() <= MOVED_M
        }
    lost: set[str] = set()
    taken: set[str] = set()

    def read(entry: tuple[int, Any]) -> SceneObject | None:
        number, record = entry
        where = f"{folder}: objects[{number}]"
        kind = record.get("objectType") if isinstance(record, Mapping) else None
        name = record.get("objectId") if isinstance(record, Mapping) else None
        if not isinstance(kind, str) or not kind.strip() or not isinstance(name, str):
            raise CorruptInput("object has no objectId or no objectType", where=where)
        category = canonical_name(kind)
        if is_shell(category):
            return None
        if name in moved:
            lost.add(category)
            return None
        try:
            box = _box(record, where)
        except (CorruptInput, ConventionError):
            lost.add(category)
            raise
        object_id = f"{number:04d}_{category.replace(' ', '_')}"
        taken.add(name)
        return SceneObject(
            id=object_id,
            category=category,
            box=box,
            instance_value=number + 1,
            attributes={"object_id": name},
        )

    records = list(enumerate(events[0]["objects"]))
    made = [o for _, o in quarantine.sift(records, read) if o is not None]
    quarantine.check()
    twice = {n for n in taken if sum(o.attributes["object_id"] == n for o in made) > 1}
    made = [o for o in made if o.attributes["object_id"] not in twice]
    unreadable = len(quarantine.errors) > 0 and not lost
    complete = frozenset() if unreadable else frozenset(o.category for o in made) - lost
    notes = {"objects_moved": str(len(moved))} if moved else {}
    return tuple(sorted(made, key=lambda o: o.id)), complete, notes | quarantine.notes


def _box(record: Mapping[str, Any], where: str) -> OrientedBox:
    oriented = record.get("objectOrientedBoundingBox")
    corners = oriented.get("cornerPoints") if isinstance(oriented, Mapping) else None
    if corners is not None:
        try:
            points = np.array(corners, dtype=np.float64)
        except (TypeError, ValueError, OverflowError) as error:
            raise CorruptInput("corners hold no numbers", where=where) from error
        if points.shape != (8, 3):
            raise CorruptInput("not eight corners", where=where, got=points.shape)
        return box_of_corners(points_from_unity(points), where)
    aligned = record.get("axisAlignedBoundingBox")
    if not isinstance(aligned, Mapping):
        raise CorruptInput("object has no box", where=where)
    center = vector(aligned.get("center"), f"{where}: center")
    size = vector(aligned.get("size"), f"{where}: size")
    R, size_m = box_axes_from_unity(np.eye(3), size)
    return checked_box(points_from_unity(center), size_m, R, where)[0]


def box_of_corners(corners_world: Array, where: str) -> OrientedBox:
    """Return the box of (8, 3) corners in any order.

    Raises:
        ConventionError: If they are not the corners of a box.
    """
    if corners_world.shape != (8, 3):
        raise ConventionError("not eight corners", where=where, got=corners_world.shape)
    check_points(corners_world, 3, "corners", where=where)
    start, center = corners_world[0], corners_world.mean(axis=0)
    steps = corners_world[1:] - start
    scale = float(np.linalg.norm(steps, axis=1).max())
    # Three edges from one corner make all the others.
    triples = steps[_TRIPLES]
    made = _SUMS @ triples
    apart = np.linalg.norm(made[:, :, None] - steps, axis=-1).min(axis=2).max(axis=1)
    best = int(np.argmin(apart))
    if apart[best] > 1e-3 * scale + 1e-5:
        raise ConventionError("corners make no box", where=where, got=f"off by {apart[best]:.3g} m")
    edges = triples[best]
    lengths = np.linalg.norm(edges, axis=1)
    if lengths.min() <= 0:
        raise ConventionError("box has a side of no length", where=where)
    order = np.argsort(-lengths, kind="stable")
    first = edges[order[0]] / lengths[order[0]]
    second = edges[order[1]] - (edges[order[1]] @ first) * first
    second /= np.linalg.norm(second)
    axes = np.stack([first, second, np.cross(first, second)], axis=1)
    for k in range(3):
        if abs(axes[:, k] @ edges[order[k]]) < (1 - 1e-3) * lengths[order[k]]:
            raise ConventionError("edges of the box are not perpendicular", where=where)
    return checked_box(center, np.maximum(lengths[order], MIN_SIDE_M), axes, where)[0]
