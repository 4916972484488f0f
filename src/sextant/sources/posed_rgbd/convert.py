"""From validated records to frames, objects and rooms in our conventions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sextant.errors import ConventionError
from sextant.geometry.axes import R_OPENGL_OPENCV, R_ZUP_YUP
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.transforms import (
    PROJECTABLE_TOLERANCE,
    ROTATION_TOLERANCE,
    nearest_rotation,
    rotation_error,
    rotation_from_quaternion,
)
from sextant.scenes import Camera, Frame, Room, SceneObject, Sighting
from sextant.scenes.checks import check_box, project_pose
from sextant.scenes.sightings import known_sightings
from sextant.sources.documents import resolve_inside
from sextant.sources.images import read_rgb
from sextant.sources.posed_rgbd.arrays import (
    DepthConvention,
    read_depth,
    read_ids,
    read_landmarks,
    read_mesh,
    read_points,
)
from sextant.sources.posed_rgbd.layout import (
    FrameRecord,
    IntrinsicsRecord,
    ObjectRecord,
    RoomRecord,
    SceneRecord,
)

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Conventions:
    """What the scene's records are written in.

    Attributes:
        folder: The scene's folder, which no path may leave.
        R_zup_world: (3, 3) turn of the records' world into the Z-up world.
        R_theirs_opencv: (3, 3) OpenCV camera axes in the records' camera axes.
        depth: How depth is stored.
    """

    folder: Path
    R_zup_world: Array
    R_theirs_opencv: Array
    depth: DepthConvention

    @classmethod
    def of(cls, record: SceneRecord, folder: Path) -> Conventions:
        """Return the conventions that a ``scene.json`` states."""
        return cls(
            folder=folder,
            R_zup_world=R_ZUP_YUP if record.world_up == "y" else np.eye(3),
            R_theirs_opencv=R_OPENGL_OPENCV if record.camera_axes == "opengl" else np.eye(3),
            depth=DepthConvention(
                record.depth_unit_m,
                record.depth_kind == "ray",
                tuple(record.invalid_depth),
                record.is_metric,
            ),
        )


def camera_of(record: IntrinsicsRecord, where: str) -> Camera:
    """Return the camera; the record says whether pixel centres are at .5 or whole numbers."""
    shift = 0.5 - record.pixel_center
    try:
        return Camera(
            record.width, record.height, record.fx, record.fy, record.cx + shift, record.cy + shift
        )
    except ConventionError as error:
        raise ConventionError(
            error.what, where=where, expected=error.expected, got=error.got, hint=error.hint
        ) from error


def frame_of(
    record: FrameRecord, shared: Camera | None, conventions: Conventions, where: str
) -> tuple[Frame, bool]:
    """Return the frame, its arrays unread, and whether its rotation had to be projected."""
    camera = camera_of(record.intrinsics, where) if record.intrinsics else shared
    if camera is None:
        raise ConventionError(
            "frame has no intrinsics",
            where=where,
            expected="intrinsics in the frame, in scene.json, or in intrinsics.json",
        )
    theirs, projected = project_pose(_numbers(record.T_world_camera, (4, 4), where), where=where)
    T = theirs.copy()
    T[:3, :3] = conventions.R_zup_world @ theirs[:3, :3] @ conventions.R_theirs_opencv
    T[:3, 3] = conventions.R_zup_world @ theirs[:3, 3]
    image, depth, instances, landmarks = (
        None if name is None else resolve_inside(conventions.folder, name, where)
        for name in (record.image, record.depth, record.instances, record.landmarks)
    )
    sightings = _sightings(record, camera, where)
    return Frame(
        id=record.id,
        camera=camera,
        T_world_camera=T,
        timestamp_s=record.timestamp_s,
        read_rgb=partial(read_rgb, image, (camera.width, camera.height)) if image else None,
        read_depth=partial(read_depth, depth, camera, conventions.depth) if depth else None,
        read_instances=partial(read_ids, instances, camera) if instances else None,
        read_landmarks=partial(read_landmarks, landmarks) if landmarks else None,
        read_sightings=None if sightings is None else partial(known_sightings, sightings),
    ), projected


def _sightings(
    record: FrameRecord, camera: Camera, where: str
) -> tuple[tuple[str, Sighting], ...] | None:
    if record.sightings is None:
        return None
    found = []
    for name, seen in record.sightings.items():
        place = f"{where}: thing {name[:80]}"
        u0, v0, u1, v1 = _numbers(seen.box, (4,), place).tolist()
        if not (min(u0, v0) >= 0 and u1 <= camera.width and v1 <= camera.height):
            raise ConventionError(
                "box lies outside of the picture", where=place,
                expected=f"within {camera.width}x{camera.height}", got=[u0, v0, u1, v1],
            )  # fmt: skip
        area = (u1 - u0) * (v1 - v0)
        pixels = seen.pixels or (max(1, round(area)) if 0 < area < 2**31 else 1)
        try:
            found.append((name, Sighting((u0, v0, u1, v1), pixels)))
        except ConventionError as error:
            raise ConventionError(error.what, where=place, got=error.got) from error
    return tuple(found)


def object_of(
    record: ObjectRecord, conventions: Conventions, where: str
) -> tuple[SceneObject, bool]:
    """Return the object with its surface, and whether its rotation had to be projected."""
    turn = conventions.R_zup_world
    R, projected = _rotation(record, conventions, where)
    with np.errstate(invalid="ignore"):  # refused as a box
        center = turn @ _numbers(record.center, (3,), where)
    box = OrientedBox(center, _numbers(record.size_m, (3,), where), turn @ R)
    check_box(box, where=where)
    if record.mesh is not None and record.points is not None:
        raise ConventionError("an object has a mesh or points, not both", where=where)
    mesh = points = None
    if record.mesh is not None:
        mesh = read_mesh(resolve_inside(conventions.folder, record.mesh, where), turn)
    if record.points is not None:
        points = read_points(resolve_inside(conventions.folder, record.points, where), turn)
    return SceneObject(
        id=record.id,
        category=record.category,
        box=box,
        mesh=mesh,
        points_world=points,
        front_world=_front(record, turn, where),
        instance_value=record.instance_value,
        is_person=record.is_person,
        attributes=record.attributes,
    ), projected


def room_of(record: RoomRecord, world_up: str, where: str) -> Room:
    """Return the room; the polygon is made counterclockwise seen from above."""
    polygon = None
    if record.floor_polygon is not None:
        try:
            polygon = np.array(record.floor_polygon, dtype=np.float64)
        except ValueError:
            polygon = np.zeros((0, 2))
        if polygon.ndim != 2 or polygon.shape[1] != 2 or len(polygon) < 3:
            raise ConventionError(
                "floor polygon is no polygon", where=where, expected="three or more [x, y] pairs"
            )
        if world_up == "y":
            polygon = polygon * (1.0, -1.0)  # (x, z) of a Y-up world are (x, -y) of ours
        x, y = polygon.T
        with np.errstate(over="ignore", invalid="ignore"):  # refused as a room
            area = np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)
        if area < 0:
            polygon = polygon[::-1].copy()
    return Room(polygon, record.floor_height_m, record.area_m2, record.kind)


def refuse_duplicates(names: Iterable[object], what: str, where: str) -> None:
    """Refuse values that occur twice, naming the first of them."""
    for name, count in Counter(names).items():
        if count > 1:
            raise ConventionError(f"duplicate {what}", where=where, got=f"{name!r} {count} times")


def _rotation(record: ObjectRecord, conventions: Conventions, where: str) -> tuple[Array, bool]:
    given = [
        f for f in ("rotation", "quaternion_wxyz", "yaw_deg") if getattr(record, f) is not None
    ]
    if len(given) > 1:
        raise ConventionError(
            "more than one rotation", where=where, expected="at most one", got=", ".join(given)
        )
    if record.yaw_deg is not None:
        # About the up axis of the records' own world, counterclockwise seen from above.
        up = conventions.R_zup_world[2]
        half = math.radians(record.yaw_deg) / 2
        if not math.isfinite(half):
            raise ConventionError("yaw is not finite", where=where, got=record.yaw_deg)
        return rotation_from_quaternion([math.cos(half), *(math.sin(half) * up)]), False
    if record.quaternion_wxyz is not None:
        q = _numbers(record.quaternion_wxyz, (4,), where)
        norm = float(np.linalg.norm(q)) if np.abs(q).max() < 2 else math.inf
        if not abs(norm - 1.0) <= PROJECTABLE_TOLERANCE:
            raise ConventionError(
                "quaternion is not of unit length",
                where=where,
                expected="w, x, y, z with length 1",
                got=q.tolist(),
            )
        return rotation_from_quaternion(q), abs(norm - 1.0) > ROTATION_TOLERANCE
    if record.rotation is None:
        return np.eye(3), False
    R = _numbers(record.rotation, (3, 3), where)
    error = rotation_error(R)
    if error > PROJECTABLE_TOLERANCE:
        raise ConventionError(
            "box axes are not a rotation",
            where=where,
            expected="columns are the box axes: orthonormal, right-handed",
            got=f"off by {error:.3g}",
        )
    projected = error > ROTATION_TOLERANCE
    return (nearest_rotation(R) if projected else R), projected


def _front(record: ObjectRecord, R_zup_world: Array, where: str) -> Array | None:
    if record.front is None:
        return None
    stated = _numbers(record.front, (3,), where)
    front = R_zup_world @ (stated if np.abs(stated).max() < 1e9 else np.full(3, np.nan))
    length = float(np.linalg.norm(front))
    level = float(np.linalg.norm(front[:2]))
    if not (math.isfinite(length) and length > 0 and level > 0.5 * length):
        raise ConventionError(
            "front does not lie in the floor plane",
            where=where,
            expected="a direction within 60 degrees of level",
            got=record.front,
        )
    if abs(level - 1.0) < 1e-9 and front[2] == 0.0:
        return np.asarray(front)
    return np.array([front[0] / level, front[1] / level, 0.0])


def _numbers(value: ArrayLike, shape: tuple[int, ...], where: str) -> Array:
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ConventionError("rows differ in length", where=where, expected=shape) from error
    if array.shape != shape:
        raise ConventionError("wrong shape", where=where, expected=shape, got=array.shape)
    return array
