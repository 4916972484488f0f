"""A COLMAP model as it is stored: lenses, poses in its own world, points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.geometry.transforms import invert, rigid, rotation_from_quaternion
from sextant.scenes.checks import project_pose
from sextant.sources.colmap.lenses import lens_of
from sextant.sources.colmap.tables import ImageRow, camera_rows, image_rows, point_rows, table_path
from sextant.sources.quarantine import Quarantine
from sextant.sources.stored_lens import StoredLens

Array = NDArray[np.float64]

MAX_COORDINATE = 1e9


@dataclass(frozen=True, slots=True)
class PosedImage:
    """One registered picture.

    Attributes:
        id: Its number in the model.
        name: Relative to the folder of pictures.
        camera_id: Which camera took it.
        T_world_camera: (4, 4) in the model's own world and unit.
        points: (n,) ids of the 3D points that were found in it.
    """

    id: int
    name: str
    camera_id: int
    T_world_camera: Array
    points: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Model:
    """A model as it is stored.

    Attributes:
        cameras: By id.
        images: Sorted by name.
        point_ids: (n,) ascending.
        points: (n, 3) in the model's world.
        broken: Images that could not be used.
    """

    cameras: Mapping[int, StoredLens]
    images: tuple[PosedImage, ...]
    point_ids: NDArray[np.int64]
    points: Array
    broken: Quarantine


def has_model(folder: Path) -> bool:
    """Tell whether a folder holds cameras and images of a model."""
    return all(
        (folder / f"{name}.bin").is_file() or (folder / f"{name}.txt").is_file()
        for name in ("cameras", "images")
    )


def read_model(folder: Path, *, with_points: bool = True) -> Model:
    """Read a model; of a table that is there twice, the binary one.

    Raises:
        MissingInput: If cameras or images are missing.
        CorruptInput: If a file is truncated or no table.
        ConventionError: If more than a fifth of the images cannot be used.
    """
    cameras = read_cameras(folder)
    images, broken = read_images(folder)
    ids, points = np.zeros(0, np.int64), np.zeros((0, 3))
    if with_points:
        ids, points = read_points(folder)
    return Model(cameras, images, ids, points, broken)


def read_cameras(folder: Path) -> dict[int, StoredLens]:
    """Return the lenses by camera id.

    Raises:
        InputError: If the table is missing or broken, or a lens cannot be.
    """
    path = table_path(folder, "cameras")
    rows = camera_rows(path)
    cameras: dict[int, StoredLens] = {}
    for number, name, width, height, params in rows:
        where = f"{path}: camera {number}"
        if number in cameras:
            raise ConventionError("camera id stands twice", where=where)
        cameras[number] = lens_of(name, width, height, params, where)
    if not cameras:
        raise CorruptInput("model has no cameras", where=path)
    return cameras


def read_images(folder: Path) -> tuple[tuple[PosedImage, ...], Quarantine]:
    """Return the registered pictures by name, and those that could not be used.

    Raises:
        InputError: If the table is missing or broken, or more than a fifth of its rows.
    """
    path = table_path(folder, "images")
    rows = image_rows(path)
    quarantine = Quarantine("images")
    taken: set[str] = set()

    def read(row: ImageRow) -> PosedImage:
        where = f"{path}: image {row.id}"
        q = np.array(row.wxyz)
        if not np.abs(q).max() < 1.01 or abs(float(np.linalg.norm(q)) - 1) > 1e-3:
            raise ConventionError("quaternion is not of length 1", where=where, got=row.wxyz)
        if not row.name or row.name in taken:
            raise ConventionError("image has no name of its own", where=where, got=row.name[:80])
        T_camera_world = rigid(rotation_from_quaternion(q), row.translation)
        T = project_pose(invert(T_camera_world), where=where)[0]
        taken.add(row.name)
        return PosedImage(row.id, row.name, row.camera_id, T, row.points)

    images = [image for _, image in quarantine.sift(rows, read)]
    quarantine.check()
    if not images:
        raise CorruptInput("model has no images", where=path)
    return tuple(sorted(images, key=lambda image: image.name)), quarantine


def read_points(folder: Path) -> tuple[NDArray[np.int64], Array]:
    """Return the (n,) ids, ascending, and (n, 3) places of the points; none if there is no table.

    Points that are not finite, or further than any reconstruction reaches, are left out.
    """
    try:
        path = table_path(folder, "points3D")
    except MissingInput:
        return np.zeros(0, np.int64), np.zeros((0, 3))
    rows = list(point_rows(path))
    ids = np.array([i for i, _ in rows], dtype=np.int64)
    points = np.array([xyz for _, xyz in rows], dtype=np.float64).reshape(-1, 3)
    with np.errstate(invalid="ignore"):
        good = (np.abs(points) < MAX_COORDINATE).all(axis=1)
    ids, points = ids[good], points[good]
    order = np.argsort(ids, kind="stable")
    return ids[order], points[order]


def sparse_depth(
    points_camera: Array, lens: StoredLens
) -> tuple[NDArray[np.intp], NDArray[np.intp], Array]:
    """Return rows, columns and z of (n, 3) points on the lens's pinhole, the nearest of each pixel.

    Args:
        points_camera: In the camera's frame, in metres (or the model's unit).
        lens: Of the stored picture.
    """
    camera = lens.pinhole
    z = points_camera[:, 2]
    ahead = z > 1e-6
    xyz = points_camera[ahead]
    u = camera.fx * xyz[:, 0] / xyz[:, 2] + camera.cx
    v = camera.fy * xyz[:, 1] / xyz[:, 2] + camera.cy
    inside = (u >= 0) & (u < camera.width) & (v >= 0) & (v < camera.height)
    order = np.argsort(-xyz[inside, 2], kind="stable")  # the nearest is written last
    rows = np.floor(v[inside]).astype(np.intp)[order]
    columns = np.floor(u[inside]).astype(np.intp)[order]
    return rows, columns, xyz[inside, 2][order]
