"""What belongs to one time stamp: a picture, its depth, its camera and what gravity says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError
from sextant.geometry.transforms import rigid
from sextant.scenes import Camera
from sextant.scenes.checks import project_pose
from sextant.sources.archives import Members
from sextant.sources.ca1m.archive import Index
from sextant.sources.depth_maps import metres
from sextant.sources.images import read_rgb, read_uint16
from sextant.sources.resampling import nearest_onto

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Moment:
    """What belongs to one time stamp, before the world is turned."""

    stamp_ns: int
    camera: Camera
    T_scan_camera: Array
    picture: str
    depth: tuple[str, Camera] | None
    up_scan: Array | None
    instances: str | None


def read_moment(index: Index, stamp_ns: int, keys: Mapping[str, str]) -> Moment:
    """Return what the members of one time stamp say; its picture and depth stay unread.

    Raises:
        InputError: If a matrix is missing or broken, or is no pose or camera.
    """
    where = f"{index.members.path}: {stamp_ns}"
    T, _ = project_pose(index.matrix(keys, "gt/rt", 4), where=f"{where}.gt/RT")
    camera = _camera(index, keys, "wide/image", where)
    depth = next((key for key in ("gt/depth", "wide/depth") if key in keys), None)
    up = None
    if "wide/t_gravity" in keys:
        R = index.matrix(keys, "wide/t_gravity", 3)
        R = project_pose(rigid(R, np.zeros(3)), where=f"{where}.wide/T_gravity")[0][:3, :3]
        up = T[:3, :3] @ R @ np.array([0.0, -1.0, 0.0])
    return Moment(
        stamp_ns,
        camera,
        T,
        keys["wide/image"],
        None if depth is None else (keys[depth], _camera(index, keys, depth, where)),
        up,
        keys.get("wide/instances"),
    )


def _camera(index: Index, keys: Mapping[str, str], key: str, where: str) -> Camera:
    K = index.matrix(keys, f"{key}/k", 3)
    width, height = index.size(keys, key)
    try:
        return Camera(width, height, *(float(K[i]) for i in ((0, 0), (1, 1), (0, 2), (1, 2))))
    except ConventionError as error:
        raise ConventionError(
            error.what, where=f"{where}.{key}/K", expected=error.expected, got=error.got,
            hint=error.hint,
        ) from error  # fmt: skip


def read_picture(members: Members, name: str, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a picture, (H, W, 3) uint8."""
    return read_rgb(members.read(name), size, members.where(name))


def read_depth(members: Members, name: str, stored: Camera, camera: Camera) -> NDArray[np.float32]:
    """Return z-depth on the raster of the picture, (H, W) float32 metres, NaN = invalid."""
    where = members.where(name)
    raw = read_uint16(members.read(name), (stored.width, stored.height), where)
    return metres(nearest_onto(raw, stored, camera), 0.001, where)
