"""Labelled faces and boxes of a space as objects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.rotations import rotation_from_xyzw
from sextant.geometry.transforms import compose, rigid, transform_points
from sextant.scenes import SceneObject
from sextant.sources.boxes import MIN_SIDE_M, checked_box, vector
from sextant.sources.documents import shown
from sextant.sources.mesh_parts import part
from sextant.sources.ply import Ply
from sextant.sources.quarantine import Quarantine
from sextant.sources.vocabulary import canonical_name, countable, is_shell

Array = NDArray[np.float64]

_MAX_ID = 10**6

NAMELESS = frozenset({"undefined", "unknown", "other leaf", "unlabeled", "non plane", "anonymize"})
"""Classes that name nothing: their faces are no object's."""


def read_objects(
    document: Mapping[str, Any],
    path: Path,
    ply: Ply,
    vertices: Array,
    T_world_files: Array,
    dataset: str,
) -> tuple[tuple[SceneObject, ...], dict[int, str], frozenset[str], dict[str, str]]:
    """Return the objects, the class names of all ids, countable categories and notes."""
    records = document.get("objects")
    if not isinstance(records, list):
        raise CorruptInput("info has no list of objects", where=path)
    owner = ply.face_columns["object_id"].astype(np.int64)[ply.polygons]
    order = np.argsort(owner, kind="stable")
    last = min(int(owner.max(initial=0)), _MAX_ID)
    starts = np.searchsorted(owner[order], np.arange(0, last + 2))
    names: dict[int, str] = {}
    quarantine = Quarantine("objects")

    def read(entry: tuple[int, Any]) -> SceneObject | None:
        where = f"{path}: objects[{entry[0]}]"
        record = entry[1]
        number = record.get("id") if isinstance(record, Mapping) else None
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < _MAX_ID:
            raise CorruptInput("object has no id", where=where, got=shown(number))
        if number in names:
            raise ConventionError("id stands twice", where=where, got=number)
        label = record.get("class_name")
        if not isinstance(label, str) or not label.strip():
            raise CorruptInput("object has no class_name", where=where, got=shown(label))
        names[number] = canonical_name(label.replace("-", " "))
        if is_shell(names[number]) or names[number] in NAMELESS:
            return None
        own = order[starts[number] : starts[number + 1]] if number + 1 < len(starts) else order[:0]
        return SceneObject(
            id=f"{number}_{names[number].replace(' ', '_')}",
            category=names[number],
            box=_box(record, T_world_files, where),
            mesh=part(vertices, ply.faces[np.sort(own)]),
            attributes={"label": label},
        )

    found = [o for _, o in quarantine.sift(enumerate(records), read) if o is not None]
    quarantine.check()
    # A record that cannot be read may be of any category.
    complete = frozenset() if quarantine.errors else countable(dataset, (o.category for o in found))
    objects = tuple(sorted(found, key=lambda o: o.id))
    return objects, names, complete, quarantine.notes


def _box(record: Mapping[str, Any], T_world_files: Array, where: str) -> OrientedBox:
    """Return the box of ``oriented_bbox``; flat sides are widened to a millimetre."""
    oriented = record.get("oriented_bbox")
    abb = oriented.get("abb") if isinstance(oriented, Mapping) else None
    turn = oriented.get("orientation") if isinstance(oriented, Mapping) else None
    center, size = vector(abb, "center", 3, where), vector(abb, "sizes", 3, where)
    xyzw = vector(turn, "rotation", 4, where)
    if not (np.abs(xyzw).max() < 2 and abs(float(np.linalg.norm(xyzw)) - 1) < 1e-3):
        raise ConventionError("quaternion is not of length 1", where=where, got=xyzw.tolist())
    T = rigid(rotation_from_xyzw(xyzw), vector(turn, "translation", 3, where))
    T = compose(T_world_files, T)
    flat = (size >= 0) & (size < MIN_SIDE_M)
    size = np.where(flat, MIN_SIDE_M, size)
    return checked_box(transform_points(T, center), size, T[:3, :3], where)[0]
