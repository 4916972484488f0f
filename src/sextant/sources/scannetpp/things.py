"""Instances of a ScanNet++ mesh as objects, and the rest as the shell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput
from sextant.geometry.boxes import OrientedBox
from sextant.scenes import Mesh, Room, SceneObject
from sextant.sources.boxes import box_of_rows
from sextant.sources.documents import read_json_object, shown
from sextant.sources.mesh_parts import owners_of_faces, part
from sextant.sources.ply import read_ply
from sextant.sources.quarantine import Quarantine
from sextant.sources.scannetpp.layout import SceneFiles
from sextant.sources.vocabulary import canonical_name, countable, is_shell

Array = NDArray[np.float64]

_NOT_LABELS = frozenset({"remove", "split", "object", "unlabeled", "unknown", "remainder"})
"""What annotators wrote where there is nothing to name: the surface is part of the shell."""


@dataclass(frozen=True, slots=True)
class Things:
    """What the annotation of a scene gives."""

    objects: tuple[SceneObject, ...]
    shell: Mesh | None
    room: Room
    complete_categories: frozenset[str]
    notes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Group:
    id: int
    label: str
    segments: NDArray[np.int64]
    box: OrientedBox


def read_things(files: SceneFiles, dataset: str) -> Things:
    """Read mesh, segments and annotation of a scene.

    Raises:
        InputError: If a file is broken, or more than a fifth of the instances are.
    """
    ply = read_ply(files.mesh)
    segments = _segments(files, len(ply.vertices))
    records = read_json_object(files.annotation).get("segGroups")
    if not isinstance(records, list):
        raise CorruptInput("annotation has no list segGroups", where=files.annotation)
    quarantine = Quarantine("objects")
    groups: dict[int, _Group] = {}

    def read(entry: tuple[int, Any]) -> _Group:
        where = f"{files.annotation}: segGroups[{entry[0]}]"
        group = _group(entry[1], where)
        if group.id in groups:
            raise ConventionError("objectId stands twice", where=where)
        return group

    for _, group in quarantine.sift(enumerate(records), read):
        groups[group.id] = group
    owner = _owners(groups, segments)
    face_owner = owners_of_faces(owner, ply.faces)
    names = {i: canonical_name(g.label) for i, g in groups.items()}
    nameless = [i for i in groups if names[i] in _NOT_LABELS]
    solid = [i for i in sorted(groups) if not is_shell(names[i]) and i not in nameless]
    objects = tuple(
        SceneObject(
            id=f"{i}_{names[i].replace(' ', '_').replace('/', '_')}",
            category=names[i],
            box=groups[i].box,
            mesh=part(ply.vertices, ply.faces[face_owner == i]),
            attributes={"label": groups[i].label},
        )
        for i in solid
    )
    quarantine.check()
    heights = ply.vertices[np.isin(owner, [i for i in groups if names[i] == "floor"]), 2]
    # A record that cannot be read may be of any category.
    incomplete = names.values() if quarantine.errors else ()
    notes = {"objects_without_name": str(len(nameless))} if nameless else {}
    return Things(
        objects=tuple(sorted(objects, key=lambda o: o.id)),
        shell=part(ply.vertices, ply.faces[~np.isin(face_owner, solid)]),
        room=Room(floor_z_m=float(np.median(heights)) if heights.size else None),
        complete_categories=countable(dataset, (o.category for o in objects), incomplete),
        notes=notes | quarantine.notes,
    )


def _segments(files: SceneFiles, vertices: int) -> NDArray[np.int64]:
    try:
        segments = np.array(read_json_object(files.segments).get("segIndices"), dtype=np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptInput("segIndices are no numbers", where=files.segments, got=error) from error
    if segments.shape != (vertices,):
        raise ConventionError(
            "segments and mesh do not belong together",
            where=files.segments,
            expected=f"{vertices} segIndices",
            got=segments.shape,
            hint="the segments are of mesh_aligned_0.05.ply",
        )
    return segments


def _group(record: Any, where: str) -> _Group:
    if not isinstance(record, Mapping):
        raise CorruptInput("instance is no JSON object", where=where)
    number, label = record.get("objectId"), record.get("label")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**31:
        raise CorruptInput("instance has no objectId", where=where, got=shown(number))
    if not isinstance(label, str) or not label.strip():
        raise CorruptInput("instance has no label", where=where, got=shown(label))
    try:
        segments = np.array(record.get("segments"), dtype=np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptInput("instance has no list of segments", where=where, got=error) from error
    if segments.ndim != 1:
        raise CorruptInput("instance has no list of segments", where=where, got=segments.shape)
    return _Group(number, label, segments, box_of_rows(record.get("obb"), where)[0])


def _owners(groups: Mapping[int, _Group], segments: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the (n,) instance of every vertex; of several the one with the fewest vertices."""
    pieces, piece_of_vertex, sizes = np.unique(segments, return_inverse=True, return_counts=True)
    own = {i: np.isin(pieces, group.segments) for i, group in groups.items()}
    owner = np.full(len(pieces), -1, dtype=np.int64)
    for i in sorted(own, key=lambda i: (-int(sizes[own[i]].sum()), i)):
        owner[own[i]] = i
    return owner[piece_of_vertex]
