"""Boxes of a house as objects of one room, named by the pixels that show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput
from sextant.geometry.boxes import OrientedBox
from sextant.scenes import SceneObject
from sextant.sources.boxes import checked_box, vector
from sextant.sources.documents import read_json, shown
from sextant.sources.images import image_size
from sextant.sources.quarantine import Quarantine
from sextant.sources.structured3d.layout import MM
from sextant.sources.structured3d.views import BACKGROUND, read_classes, read_instances
from sextant.sources.vocabulary import canonical_name, countable, is_shell, nyu40_name

MIN_PIXELS = 50
"""An object seen by fewer pixels in all views of a room has no label that can be relied on."""


def read_objects(
    path: Path, views: Sequence[Path], dataset: str
) -> tuple[tuple[SceneObject, ...], frozenset[str], dict[str, str]]:
    """Return the objects that a room's views show, countable categories and notes.

    Args:
        path: ``bbox_3d.json`` of the house.
        views: Folders of the room's views that have ids and classes.
        dataset: Whose categories can be counted.

    Raises:
        InputError: If the file is broken, or more than a fifth of the boxes or views are.
    """
    records = read_json(path)
    if not isinstance(records, list):
        raise CorruptInput("boxes are no list", where=path, got=type(records).__name__)
    votes, notes = _votes(views)
    quarantine = Quarantine("objects")
    taken: set[int] = set()

    def read(entry: tuple[int, Any]) -> SceneObject | None:
        where = f"{path}: [{entry[0]}]"
        record = entry[1]
        number = record.get("ID") if isinstance(record, Mapping) else None
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < BACKGROUND:
            raise CorruptInput("box has no ID", where=where, got=shown(number))
        if number in taken:
            raise ConventionError("ID stands twice", where=where, got=number)
        taken.add(number)
        if number not in votes or votes[number].sum() < MIN_PIXELS:
            return None  # in another room, or behind everything
        category = canonical_name(nyu40_name(int(np.argmax(votes[number]))), "nyu40")
        if is_shell(category):
            return None
        assert isinstance(record, Mapping)
        box, _ = _box(record, where)
        return SceneObject(
            id=f"{number}_{category.replace(' ', '_')}",
            category=category,
            box=box,
            instance_value=number + 1,
        )

    found = [o for _, o in quarantine.sift(enumerate(records), read) if o is not None]
    quarantine.check()
    # A box that cannot be read may be of any kind.
    complete = frozenset() if quarantine.errors else countable(dataset, (o.category for o in found))
    return tuple(sorted(found, key=lambda o: o.id)), complete, notes | quarantine.notes


def _votes(views: Sequence[Path]) -> tuple[dict[int, NDArray[np.int64]], dict[str, str]]:
    """Return how many pixels of each box ID have each NYU40 class, over all views."""
    votes: dict[int, NDArray[np.int64]] = {}
    quarantine = Quarantine("label_maps")

    def read(folder: Path) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        size = image_size(folder / "instance.png")
        return (
            read_instances(folder / "instance.png", size),
            read_classes(folder / "semantic.png", size),
        )

    for _, (ids, classes) in quarantine.sift(views, read):
        joint = ids.astype(np.int64) * 64 + classes
        for pair, count in zip(*np.unique(joint, return_counts=True), strict=True):
            value, number = divmod(int(pair), 64)
            if value:
                votes.setdefault(value - 1, np.zeros(64, dtype=np.int64))[number] += count
    quarantine.check()
    return votes, quarantine.notes


def _box(record: Mapping[str, Any], where: str) -> tuple[OrientedBox, bool]:
    """Return the box of half lengths and rows as axes, in millimetres."""
    try:
        rows = np.array(record.get("basis"), dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptInput("box has no basis", where=where, got=error) from error
    if rows.shape != (3, 3):
        raise CorruptInput("box has no basis", where=where, got=rows.shape)
    half = np.abs(vector(record, "coeffs", 3, where))
    return checked_box(vector(record, "centroid", 3, where) * MM, 2 * half * MM, rows.T, where)
