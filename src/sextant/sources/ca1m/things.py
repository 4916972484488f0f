"""Boxes of no class as objects."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.transforms import transform_points
from sextant.scenes import SceneObject
from sextant.sources.boxes import checked_box, vector
from sextant.sources.ca1m.archive import Index
from sextant.sources.ca1m.moments import Moment
from sextant.sources.documents import shown
from sextant.sources.quarantine import Quarantine
from sextant.sources.vocabulary import canonical_name, is_shell

Array = NDArray[np.float64]

_STRUCTURE = frozenset({"door frame", "doorframe"})


def read_objects(
    index: Index, moments: list[Moment], T_world_scan: Array
) -> tuple[tuple[SceneObject, ...], dict[str, str]]:
    """Return the boxes of the whole capture; where they are not there, those of its frames."""
    world = index.by_stamp.get("world", {}).get("gt/instances")
    sources = [(world, T_world_scan)] if world is not None else [
        (m.instances, T_world_scan @ m.T_scan_camera) for m in moments if m.instances is not None
    ]  # fmt: skip
    quarantine = Quarantine("objects")
    found: dict[str, SceneObject] = {}
    for name, T_world_boxes in sources:
        where = index.members.where(name)
        records = index.json(name)
        if not isinstance(records, list):
            raise CorruptInput("instances are no list", where=where)
        labelled = [(f"{where}[{i}]", r) for i, r in enumerate(records)]
        for _, made in quarantine.sift(labelled, partial(_object, T_world_boxes=T_world_boxes)):
            if made is None:
                continue
            if world is not None and made.id in found:
                quarantine.errors.append(ConventionError("id stands twice", where=where))
                continue
            found.setdefault(made.id, made)
    quarantine.check()
    notes = dict(quarantine.notes)
    if world is None:
        notes["objects"] = "of the frames: there is no world.gt/instances.json"
    return tuple(sorted(found.values(), key=lambda o: o.id)), notes


def _object(entry: tuple[str, Any], T_world_boxes: Array) -> SceneObject | None:
    where, record = entry
    if not isinstance(record, Mapping):
        raise CorruptInput("instance is no JSON object", where=where)
    number, label = record.get("id"), record.get("category")
    if not isinstance(number, str | int) or isinstance(number, bool) or not str(number).strip():
        raise CorruptInput("instance has no id", where=where, got=shown(number))
    category = canonical_name(label) if isinstance(label, str) and label.strip() else "object"
    if is_shell(category) or category in _STRUCTURE:
        return None
    try:
        R = np.array(record.get("R"), dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptInput("instance has no R", where=where, got=error) from error
    if R.size != 9:
        raise CorruptInput("instance has no R", where=where, got=f"{R.size} numbers")
    center = vector(record, "position", 3, where)
    box, _ = checked_box(center, vector(record, "scale", 3, where), R.reshape(3, 3), where)
    turned = OrientedBox(
        transform_points(T_world_boxes, box.center), box.size_m,
        T_world_boxes[:3, :3] @ box.R_world_box,
    )  # fmt: skip
    box, _ = checked_box(turned.center, turned.size_m, turned.R_world_box, where)
    return SceneObject(str(number), category, box)
