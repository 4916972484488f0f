"""The objects of an ADT sequence as boxes of one static, Z-up scene."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.errors import InputError
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.transforms import rotate_vectors, transform_points
from sextant.scenes import SceneObject
from sextant.scenes.checks import MAX_COORDINATE_M
from sextant.sources.adt.layout import (
    STATIC,
    Instance,
    read_instances,
    read_local_boxes,
    read_object_poses,
)
from sextant.sources.labels import has_front, model_category

Array = NDArray[np.float64]

MAX_MOTION_M = 0.01
"""An object any of whose box corners moves further during the sequence is not of a static scene."""

_UPRIGHT = 0.95
"""Cosine between an object's annotated up and the vertical from which its front is trusted."""


@dataclass(frozen=True, slots=True)
class ObjectNotes:
    """What became of the objects.

    Attributes:
        counts: ``objects_moved``, ``objects_without_size``, ... -> how many were left out.
        complete_categories: None if all labelled objects of all categories are there.
    """

    counts: Mapping[str, str]
    complete_categories: frozenset[str] | None


def object_ids(instances: Mapping[int, Instance]) -> dict[int, str]:
    """Return the scene's object id per uid: the instance name, with the uid where it repeats."""
    names = Counter(i.name for i in instances.values())
    return {
        uid: i.name if names[i.name] == 1 and i.name else f"{i.name}#{uid}"
        for uid, i in instances.items()
    }


def build_objects(
    folder: Path, time_ns: int, R_zup_world: Array
) -> tuple[tuple[SceneObject, ...], tuple[int, ...], ObjectNotes]:
    """Read the objects of a sequence as they stood at one time.

    The shell of the room, people, objects without volume, objects without a usable pose, and
    objects that move by more than 1 cm are left out and counted.

    Args:
        folder: The sequence.
        time_ns: Time whose nearest pose a moving object is given.
        R_zup_world: (3, 3) turn of the file's world into the Z-up world.

    Returns:
        objects: Sorted by id; ``instance_value`` is the 1-based rank of the uid in ``uids``.
        uids: Sorted uids of the objects.
        notes: What was left out.
    """
    instances = read_instances(folder)
    ids = object_ids(instances)
    poses = read_object_poses(folder)
    boxes = read_local_boxes(folder)
    left_out: Counter[str] = Counter()
    incomplete: set[str] = set()
    kept: dict[int, SceneObject] = {}
    for uid, instance in sorted(instances.items()):
        category = model_category(instance.category, instance.model)
        reason, built = _build(instance, ids[uid], category, poses, boxes, time_ns, R_zup_world)
        if built is not None:
            kept[uid] = built
        if reason is not None:
            left_out[reason] += 1
            if reason not in ("shell", "people"):
                incomplete.add(category)
    uids = tuple(sorted(kept))
    values = {uid: rank + 1 for rank, uid in enumerate(uids)}
    objects = [_with_value(o, values[uid]) for uid, o in kept.items()]
    categories = frozenset(o.category for o in objects)
    notes = ObjectNotes(
        counts={f"objects_left_out_{reason}": str(n) for reason, n in sorted(left_out.items())},
        complete_categories=categories - incomplete if incomplete else None,
    )
    return tuple(sorted(objects, key=lambda o: o.id)), uids, notes


def _build(
    instance: Instance,
    object_id: str,
    category: str,
    poses: Mapping[int, list[tuple[int, Array]]],
    boxes: Mapping[int, Array],
    time_ns: int,
    R_zup_world: Array,
) -> tuple[str | None, SceneObject | None]:
    """Return why the object is left out, or the object (without its instance value)."""
    if instance.is_human:
        return "people", None
    if instance.category == "shelter" or instance.name.endswith("Env"):
        return "shell", None
    if instance.uid not in boxes or instance.uid not in poses:
        return "without_box_or_pose", None
    low, high = boxes[instance.uid]
    if not np.all(np.abs([low, high]) < MAX_COORDINATE_M):
        return "with_broken_box_or_pose", None
    if not np.all(high - low > 0):
        return "without_size", None
    T_world_object = _still_pose(poses[instance.uid], low, high, time_ns)
    if T_world_object is None:
        return "moved", None
    T = T_world_object.copy()
    T[:3, :3] = R_zup_world @ T_world_object[:3, :3]
    T[:3, 3] = R_zup_world @ T_world_object[:3, 3]
    try:
        return None, SceneObject(
            id=object_id,
            category=category,
            box=OrientedBox(transform_points(T, (low + high) / 2), high - low, T[:3, :3]),
            front_world=_front(instance, category, T),
            attributes={"label": instance.category, "model": instance.model},
        )
    except InputError:
        return "with_broken_box_or_pose", None


def _still_pose(
    poses: list[tuple[int, Array]], low: Array, high: Array, time_ns: int
) -> Array | None:
    """Return the pose nearest in time, or None if the box's corners move by over 1 cm."""
    reference = min(poses, key=lambda p: (p[0] != STATIC, abs(p[0] - time_ns)))[1]
    corners = OrientedBox.axis_aligned(low, high).corners
    placed = transform_points(reference, corners)
    for _, T in poses:
        motion = np.linalg.norm(transform_points(T, corners) - placed, axis=-1)
        if np.any(motion > MAX_MOTION_M):
            return None
    return reference


def _front(instance: Instance, category: str, T: Array) -> Array | None:
    """Return the annotated front in the floor plane, if the category has one and stands upright."""
    if not has_front(category) or instance.front_object is None or instance.up_object is None:
        return None
    if rotate_vectors(T, instance.up_object)[2] < _UPRIGHT:
        return None
    front = rotate_vectors(T, instance.front_object)
    front[2] = 0.0
    length = float(np.linalg.norm(front))
    return np.asarray(front / length) if length > _UPRIGHT else None


def _with_value(o: SceneObject, value: int) -> SceneObject:
    return SceneObject(
        id=o.id,
        category=o.category,
        box=o.box,
        front_world=o.front_world,
        instance_value=value,
        attributes=o.attributes,
    )
