"""Instances of a ScanNet mesh as objects with boxes and surfaces, and the rest as the shell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError
from sextant.geometry.transforms import transform_points
from sextant.scenes import Mesh, Room, SceneObject
from sextant.sources.boxes import box_of_points
from sextant.sources.ply import read_ply
from sextant.sources.quarantine import Quarantine
from sextant.sources.scannet.layout import (
    Group,
    SceneFiles,
    parse_group,
    read_groups,
    read_segments,
)
from sextant.sources.vocabulary import canonical_name, countable, is_shell

Array = NDArray[np.float64]

MAX_INSTANCE_VALUE = 255
"""Instance maps have 8 bits: what comes after the 255th instance is in none of them."""


@dataclass(frozen=True, slots=True)
class Things:
    """What the annotation of a scene gives."""

    objects: tuple[SceneObject, ...]
    shell: Mesh | None
    room: Room
    complete_categories: frozenset[str]
    notes: Mapping[str, str]


def read_things(files: SceneFiles, T_aligned_scan: Array, dataset: str) -> Things:
    """Read mesh, segments and aggregation of a scene.

    Boxes are along the axes of the aligned world, as VoteNet and the benchmark have them. Walls,
    floor, ceiling and what nobody labelled are the shell.

    Raises:
        InputError: If a file is broken, or more than a fifth of the instances are.
    """
    ply = read_ply(files.mesh)
    vertices = transform_points(T_aligned_scan, ply.vertices)
    segments = read_segments(files.segments, len(vertices))
    quarantine = Quarantine("objects")
    pieces, piece_of_vertex = np.unique(segments, return_inverse=True)
    owner_of_piece = np.full(len(pieces), -1, dtype=np.int64)
    groups: dict[int, Group] = {}

    def read(entry: tuple[int, object]) -> Group:
        number, record = entry
        group = parse_group(record, f"{files.aggregation}: segGroups[{number}]")
        if group.id in groups:
            raise ConventionError(
                "objectId stands twice", where=f"{files.aggregation}: segGroups[{number}]"
            )
        return group

    for _, group in quarantine.sift(enumerate(read_groups(files.aggregation)), read):
        groups[group.id] = group
        owner_of_piece[np.isin(pieces, group.segments)] = group.id
    owner = owner_of_piece[piece_of_vertex]
    corners = owner[ply.faces].reshape(-1, 3)
    # A triangle on the border of two instances is of neither, and so of the shell.
    face_owner = np.where((corners == corners[:, :1]).all(axis=1), corners[:, 0], -1)
    names = {i: canonical_name(g.label) for i, g in groups.items()}
    solid = [i for i in sorted(groups) if not is_shell(names[i])]

    def build(number: int) -> SceneObject:
        own = vertices[owner == number]
        mesh = _part(vertices, ply.faces[face_owner == number])
        return _object(groups[number], names[number], own, mesh, f"{files.aggregation}: {number}")

    unreadable = bool(quarantine.errors)
    built = dict(quarantine.sift(solid, build))
    quarantine.check()
    objects = list(built.values())
    # A record that cannot be read may be of any category.
    incomplete = names.values() if unreadable else (names[i] for i in solid if i not in built)
    floor = [i for i in groups if names[i] == "floor"]
    heights = vertices[np.isin(owner, floor), 2]
    return Things(
        objects=tuple(sorted(objects, key=lambda o: o.id)),
        shell=_part(vertices, ply.faces[~np.isin(face_owner, solid)]),
        room=Room(floor_z_m=float(np.median(heights)) if heights.size else None),
        complete_categories=countable(dataset, (o.category for o in objects), incomplete),
        notes=quarantine.notes,
    )


def _object(
    group: Group, category: str, points_world: Array, mesh: Mesh | None, where: str
) -> SceneObject:
    value = group.id + 1
    return SceneObject(
        id=f"{group.id}_{category.replace(' ', '_')}",
        category=category,
        box=box_of_points(points_world, where=where),
        mesh=mesh,
        instance_value=value if value <= MAX_INSTANCE_VALUE else 0,
        attributes={"label": group.label},
    )


def _part(vertices: Array, faces: NDArray[np.int32]) -> Mesh | None:
    """Return triangles as a mesh of their own, with no vertices but theirs."""
    if len(faces) == 0:
        return None
    used, renumbered = np.unique(faces, return_inverse=True)
    return Mesh(vertices[used], renumbered.reshape(-1, 3).astype(np.int32))
