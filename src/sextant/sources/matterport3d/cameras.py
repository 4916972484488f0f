"""Poses and intrinsics of a house's pictures, undistorted or as the cameras took them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput
from sextant.geometry.axes import pose_from_opengl
from sextant.geometry.lenses import brown_conrady
from sextant.scenes import Camera
from sextant.scenes.checks import project_pose
from sextant.sources.archives import Members, open_members
from sextant.sources.depth_maps import metres
from sextant.sources.images import image_size, read_rgb, read_uint16
from sextant.sources.quarantine import Quarantine
from sextant.sources.resampling import Rectifier

Array = NDArray[np.float64]

DEPTH_UNIT_M = 1.0 / 4000.0

UNDISTORTED = ("undistorted_camera_parameters", "undistorted_color_images")
ORIGINAL = ("matterport_camera_poses", "matterport_camera_intrinsics", "matterport_color_images")


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of files of a house, unpacked or in its .zip."""

    members: Members
    prefix: str

    def has(self, name: str) -> bool:
        """Tell whether a file is there."""
        return self.prefix + name in self.members

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""
        return self.members.read(self.prefix + name)

    def where(self, name: str) -> str:
        """Return a file's place, for messages."""
        return self.members.where(self.prefix + name)


@dataclass(frozen=True, slots=True)
class View:
    """One picture.

    Attributes:
        id: ``<panorama>_i<camera>_<yaw>``.
        camera: Pinhole intrinsics of the picture as it is given.
        T_world_camera: (4, 4) OpenCV.
        color, depth: Where its files are; depth None where it has none.
        distortion: (k1, k2, p1, p2, k3) that must be undone; None for undistorted pictures.
    """

    id: str
    camera: Camera
    T_world_camera: Array
    color: tuple[Part, str]
    depth: tuple[Part, str] | None
    distortion: tuple[float, ...] | None


def find_part(house: Path, kind: str) -> Part | None:
    """Return a folder of a house or its .zip, which repeats the house's name inside."""
    if (house / kind).is_dir():
        return Part(open_members(house / kind), "")
    if (house / f"{kind}.zip").is_file():
        return Part(open_members(house / f"{kind}.zip"), f"{house.name}/{kind}/")
    return None


def undistorted_views(house: Path, panoramas: frozenset[str], found: Quarantine) -> list[View]:
    """Return the views of some panoramas from the undistorted set; broken ones are set aside."""
    parameters, colors = (find_part(house, kind) for kind in UNDISTORTED)
    assert parameters is not None
    assert colors is not None
    depths = find_part(house, "undistorted_depth_images")
    name = f"{house.name}.conf"
    where = parameters.where(name)
    try:
        lines = parameters.read(name).decode("ascii").splitlines()
    except UnicodeDecodeError as error:
        raise CorruptInput("text file cannot be read", where=where, got=error) from error
    entries: list[tuple[int, list[str], list[str]]] = []
    intrinsics: list[str] = []
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if words[:1] == ["intrinsics_matrix"]:
            intrinsics = words[1:]
        elif words[:1] == ["scan"] and len(words) > 2 and words[2].split("_i")[0] in panoramas:
            entries.append((number, words[1:], intrinsics))

    def read(entry: tuple[int, list[str], list[str]]) -> View:
        number, words, K_words = entry
        place = f"{where}: line {number}"
        K, T = _table(K_words, (3, 3), place), _table(words[2:], (4, 4), place)
        size = _size(colors, words[1])
        T_world_camera, _ = project_pose(pose_from_opengl(T), where=place)
        # Rows are counted from the bottom here.
        camera = _camera(size, K[0, 0], K[1, 1], K[0, 2], size[1] - K[1, 2], place)
        depth = (depths, words[0]) if depths is not None and depths.has(words[0]) else None
        view_id = words[1].rpartition(".")[0]
        return View(view_id, camera, T_world_camera, (colors, words[1]), depth, None)

    return [view for _, view in found.sift(entries, read)]


def original_views(house: Path, panoramas: frozenset[str], found: Quarantine) -> list[View]:
    """Return the views of some panoramas as the cameras took them."""
    poses, intrinsics, colors = (find_part(house, kind) for kind in ORIGINAL)
    assert poses is not None
    assert intrinsics is not None
    assert colors is not None
    depths = find_part(house, "matterport_depth_images")
    entries = [
        (panorama, camera, yaw)
        for panorama in sorted(panoramas)
        for camera in range(3)
        for yaw in range(6)
        if colors.has(f"{panorama}_i{camera}_{yaw}.jpg")
    ]

    def read(entry: tuple[str, int, int]) -> View:
        panorama, index, yaw = entry
        pose_name = f"{panorama}_pose_{index}_{yaw}.txt"
        T = _table(_words(poses, pose_name), (4, 4), poses.where(pose_name))
        T_world_camera, _ = project_pose(T, where=poses.where(pose_name))
        name = f"{panorama}_intrinsics_{index}.txt"
        numbers = _table(_words(intrinsics, name), (11,), intrinsics.where(name))
        size = (int(numbers[0]), int(numbers[1]))
        fx, fy, cx, cy = numbers[2:6]
        camera = _camera(size, fx, fy, cx, cy, intrinsics.where(name))
        depth_name = f"{panorama}_d{index}_{yaw}.png"
        has_depth = depths is not None and depths.has(depth_name)
        return View(
            f"{panorama}_i{index}_{yaw}",
            camera,
            T_world_camera,
            (colors, f"{panorama}_i{index}_{yaw}.jpg"),
            (depths, depth_name) if depths is not None and has_depth else None,
            tuple(float(x) for x in numbers[6:]),
        )

    return [view for _, view in found.sift(entries, read)]


def read_picture(view: View) -> NDArray[np.uint8]:
    """Return a (H, W, 3) picture without distortion."""
    part, name = view.color
    size = (view.camera.width, view.camera.height)
    rgb = read_rgb(part.read(name), size, part.where(name))
    return (
        rgb if view.distortion is None else _rectifier(view.camera, view.distortion).bilinear(rgb)
    )


def read_depth(view: View) -> NDArray[np.float32]:
    """Return (H, W) z-depth in metres without distortion, NaN = invalid."""
    assert view.depth is not None
    part, name = view.depth
    raw = read_uint16(part.read(name), (view.camera.width, view.camera.height), part.where(name))
    if view.distortion is not None:
        raw = _rectifier(view.camera, view.distortion).nearest(raw)
    return metres(raw, DEPTH_UNIT_M, part.where(name))


@lru_cache(maxsize=6)
def _rectifier(camera: Camera, distortion: tuple[float, ...]) -> Rectifier:
    """Straighten a lens onto the pinhole of the same intrinsics."""
    lens = partial(_bent, camera, distortion)
    return Rectifier(lens, camera.width, camera.height, camera)


def _bent(camera: Camera, distortion: tuple[float, ...], rays: Array) -> Array:
    k1, k2, p1, p2, k3 = distortion
    xy = brown_conrady(rays, [k1, k2, k3], [p1, p2])
    return xy * [camera.fx, camera.fy] + [camera.cx, camera.cy]


@lru_cache(maxsize=64)
def _size(part: Part, name: str) -> tuple[int, int]:
    return image_size(part.read(name), part.where(name))


def _words(part: Part, name: str) -> list[str]:
    try:
        return part.read(name).decode("ascii").split()
    except UnicodeDecodeError as error:
        raise CorruptInput("text file cannot be read", where=part.where(name), got=error) from error


def _table(words: list[str], shape: tuple[int, ...], where: str) -> Array:
    try:
        numbers = np.array([float(word) for word in words])
    except ValueError as error:
        raise CorruptInput("not a table of numbers", where=where, got=error) from error
    if numbers.size != int(np.prod(shape)) or not np.all(np.isfinite(numbers)):
        raise CorruptInput("wrong number of values", where=where, expected=shape, got=numbers.size)
    return numbers.reshape(shape)


def _camera(
    size: tuple[int, int], fx: float, fy: float, cx: float, cy: float, where: str
) -> Camera:
    try:
        return Camera(*size, float(fx), float(fy), float(cx), float(cy))
    except ConventionError as error:
        raise ConventionError(
            error.what, where=where, expected=error.expected, got=error.got, hint=error.hint
        ) from error


def missing_parts(house: Path) -> Mapping[str, list[str]]:
    """Return, per set of pictures, the parts that a house lacks."""
    return {
        "undistorted": [kind for kind in UNDISTORTED if find_part(house, kind) is None],
        "original": [kind for kind in ORIGINAL if find_part(house, kind) is None],
    }
