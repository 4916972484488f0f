"""Instances of a scan as objects, in the world of the reference scan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, InputError
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.transforms import transform_points
from sextant.scenes import Mesh, Room, SceneObject
from sextant.sources.boxes import box_of_rows, checked_box
from sextant.sources.ply import read_ply
from sextant.sources.quarantine import Quarantine
from sextant.sources.threerscan.layout import LABELS, SEMANTICS, group_id, read_groups
from sextant.sources.vocabulary import canonical_name, countable, is_shell

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Things:
    """What the annotation of a scan gives."""

    objects: tuple[SceneObject, ...]
    shell: Mesh | None
    room: Room
    complete_categories: frozenset[str]
    notes: Mapping[str, str]


def object_ids(folder: Path) -> frozenset[str]:
    """Return the ids that the objects of a scan have, without reading its mesh."""
    ids = set()
    for record in read_groups(folder):
        try:
            ids.add(str(group_id(record, str(folder))))
        except InputError:
            continue
    return frozenset(ids)


def read_things(folder: Path, T_reference_scan: Array, dataset: str) -> Things:
    """Read boxes and labels, and surfaces where the labelled mesh is there.

    Raises:
        InputError: If a file is broken, or more than a fifth of the instances are.
    """
    surfaces, floor_z_m = _surfaces(folder / LABELS, T_reference_scan)
    quarantine = Quarantine("objects")
    names: dict[int, str] = {}
    projected = 0

    def build(entry: tuple[int, Any]) -> SceneObject:
        nonlocal projected
        where = f"{folder / SEMANTICS}: segGroups[{entry[0]}]"
        number = group_id(entry[1], where)
        label = entry[1].get("label")
        if not isinstance(label, str) or not label.strip():
            raise CorruptInput("instance has no label", where=where)
        if number in names:
            raise ConventionError("objectId stands twice", where=where, got=number)
        names[number] = canonical_name(label)
        box, off = box_of_rows(entry[1].get("obb"), where)
        projected += off
        return SceneObject(
            id=str(number),
            category=names[number],
            box=_moved(box, T_reference_scan, where),
            mesh=surfaces.get(number),
            attributes={"label": label},
        )

    built = [made for _, made in quarantine.sift(enumerate(read_groups(folder)), build)]
    quarantine.check()
    floors = [n for n, name in names.items() if name == "floor"]
    objects = tuple(o for o in built if not is_shell(o.category))
    complete = frozenset[str]()
    if not quarantine.errors:
        complete = countable(dataset, (o.category for o in objects))
    parts = [m for n, m in surfaces.items() if is_shell(names.get(n, "wall"))]
    height = next((floor_z_m[n] for n in floors if n in floor_z_m), None)
    notes = {"rotations_projected": str(projected)} if projected else {}
    return Things(
        objects=tuple(sorted(objects, key=lambda o: o.id)),
        shell=_joined(parts),
        room=Room(floor_z_m=height),
        complete_categories=complete,
        notes=notes | quarantine.notes,
    )


def _moved(box: OrientedBox, T: Array, where: str) -> OrientedBox:
    center = transform_points(T, box.center)
    return checked_box(center, box.size_m, T[:3, :3] @ box.R_world_box, where)[0]


def _surfaces(path: Path, T_reference_scan: Array) -> tuple[dict[int, Mesh], dict[int, float]]:
    """Return mesh and median height per objectId; 0 is what nobody labelled."""
    if not path.is_file():
        return {}, {}
    ply = read_ply(path)
    column = ply.vertex_columns.get("objectId")
    if column is None or column.dtype.kind not in "iu":
        raise CorruptInput("mesh has no column objectId of whole numbers", where=path)
    owner = column.astype(np.int64)
    vertices = transform_points(T_reference_scan, ply.vertices)
    corners = owner[ply.faces].reshape(-1, 3)
    # A triangle on the border of two instances is of neither.
    face_owner = np.where((corners == corners[:, :1]).all(axis=1), corners[:, 0], 0)
    meshes, heights = {}, {}
    for number in np.unique(owner).tolist():
        faces = ply.faces[face_owner == number]
        heights[int(number)] = float(np.median(vertices[owner == number, 2]))
        if len(faces):
            used, renumbered = np.unique(faces, return_inverse=True)
            meshes[int(number)] = Mesh(vertices[used], renumbered.reshape(-1, 3).astype(np.int32))
    return meshes, heights


def _joined(parts: list[Mesh]) -> Mesh | None:
    if not parts:
        return None
    starts = np.cumsum([0, *(len(m.vertices_world) for m in parts)])
    return Mesh(
        np.concatenate([m.vertices_world for m in parts]),
        np.concatenate([m.faces + s for m, s in zip(parts, starts, strict=False)]).astype(np.int32),
    )
