"""The three tables of a COLMAP model, from .bin or .txt: cameras, images, points."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.geometry.transforms import invert, rigid, rotation_from_quaternion
from sextant.scenes.checks import project_pose
from sextant.sources.documents import read_text
from sextant.sources.quarantine import Quarantine
from sextant.sources.stored_lens import StoredLens

Array = NDArray[np.float64]
Row = TypeVar("Row")

MAX_BYTES = 4 * 1024**3
MAX_SIDE = 65_536
MAX_NAME = 4096
MAX_COORDINATE = 1e9

MODELS: Mapping[str, tuple[int, int]] = {
    "SIMPLE_PINHOLE": (0, 3), "PINHOLE": (1, 4), "SIMPLE_RADIAL": (2, 4), "RADIAL": (3, 5),
    "OPENCV": (4, 8), "OPENCV_FISHEYE": (5, 8), "FULL_OPENCV": (6, 12), "FOV": (7, 5),
    "SIMPLE_RADIAL_FISHEYE": (8, 4), "RADIAL_FISHEYE": (9, 5), "THIN_PRISM_FISHEYE": (10, 12),
}  # fmt: skip
"""Number in binary files and count of parameters, by the name in text files."""

_NAMES = {number: name for name, (number, _) in MODELS.items()}


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
    path = _table(folder, "cameras")
    rows = _binary_cameras(path) if path.suffix == ".bin" else _text_cameras(path)
    cameras: dict[int, StoredLens] = {}
    for number, name, width, height, params in rows:
        where = f"{path}: camera {number}"
        if number in cameras:
            raise ConventionError("camera id stands twice", where=where)
        cameras[number] = lens_of(name, width, height, params, where)
    if not cameras:
        raise CorruptInput("model has no cameras", where=path)
    return cameras


def lens_of(
    name: str, width: int, height: int, params: tuple[float, ...], where: str
) -> StoredLens:
    """Return the lens of one of COLMAP's camera models.

    Raises:
        ConventionError: If the model is unknown, or its numbers cannot be.
    """
    if name not in MODELS:
        raise ConventionError(
            "unknown camera model", where=where, expected=", ".join(MODELS), got=name[:80],
            hint="colmap's image_undistorter makes a PINHOLE model of any other",
        )  # fmt: skip
    if len(params) != MODELS[name][1]:
        raise CorruptInput(
            "wrong number of camera parameters", where=where,
            expected=f"{MODELS[name][1]} for {name}", got=len(params),
        )  # fmt: skip
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise CorruptInput("unusable size of a camera", where=where, got=f"{width}x{height}")
    one_focal = name.startswith("SIMPLE_") or name in ("RADIAL", "RADIAL_FISHEYE")
    fx, fy, cx, cy, *d = (params[0], *params) if one_focal else params
    no = 0.0
    model, numbers = {
        "SIMPLE_RADIAL": ("opencv", (*d, no, no, no, no, no, no, no)),
        "RADIAL": ("opencv", (*d, no, no, no, no, no, no)),
        "OPENCV": ("opencv", (*d[:2], no, no, no, no, *d[2:])),
        "FULL_OPENCV": ("rational", tuple(d)),
        "OPENCV_FISHEYE": ("fisheye", tuple(d)),
        "SIMPLE_RADIAL_FISHEYE": ("fisheye", (*d, no, no, no)),
        "RADIAL_FISHEYE": ("fisheye", (*d, no, no)),
        "FOV": ("fov", tuple(d)),
        "THIN_PRISM_FISHEYE": ("thin_prism", tuple(d)),
    }.get(name, ("pinhole", ()))
    try:
        return StoredLens(width, height, fx, fy, cx, cy, model, tuple(numbers))
    except ConventionError as error:
        raise ConventionError(
            error.what, where=where, expected=error.expected, got=error.got, hint=error.hint
        ) from error


def read_images(folder: Path) -> tuple[tuple[PosedImage, ...], Quarantine]:
    """Return the registered pictures by name, and those that could not be used.

    Raises:
        InputError: If the table is missing or broken, or more than a fifth of its rows.
    """
    path = _table(folder, "images")
    rows = _binary_images(path) if path.suffix == ".bin" else _text_images(path)
    quarantine = Quarantine("images")
    taken: set[str] = set()

    def read(row: _ImageRow) -> PosedImage:
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
        path = _table(folder, "points3D")
    except MissingInput:
        return np.zeros(0, np.int64), np.zeros((0, 3))
    rows = list(_binary_points(path) if path.suffix == ".bin" else _text_points(path))
    ids = np.array([i for i, _ in rows], dtype=np.int64)
    points = np.array([xyz for _, xyz in rows], dtype=np.float64).reshape(-1, 3)
    with np.errstate(invalid="ignore"):
        good = (np.abs(points) < MAX_COORDINATE).all(axis=1)
    ids, points = ids[good], points[good]
    order = np.argsort(ids, kind="stable")
    return ids[order], points[order]


@dataclass(frozen=True, slots=True)
class _ImageRow:
    id: int
    wxyz: tuple[float, ...]
    translation: tuple[float, ...]
    camera_id: int
    name: str
    points: NDArray[np.int64]


def _table(folder: Path, name: str) -> Path:
    for suffix in (".bin", ".txt"):
        path = folder / f"{name}{suffix}"
        if path.is_file():
            return path
    raise MissingInput("COLMAP table is not there", where=folder, expected=f"{name}.bin or .txt")


_CameraRow = tuple[int, str, int, int, tuple[float, ...]]
_PointRow = tuple[int, tuple[float, float, float]]


def _text_cameras(path: Path) -> Iterator[_CameraRow]:
    for where, words in _lines(path):
        yield _parsed(where, partial(_camera_row, words))


def _camera_row(words: list[str]) -> _CameraRow:
    number, name, width, height, *params = words
    return _number(number), name, int(width), int(height), tuple(float(x) for x in params)


def _text_images(path: Path) -> Iterator[_ImageRow]:
    """Yield the images; each has two lines, of which the second may be empty."""
    lines = [t.strip() for t in read_text(path, MAX_BYTES).splitlines()]
    lines = [t for t in lines if not t.startswith("#")]
    at = 0
    while at < len(lines):
        if not lines[at]:
            at += 1
            continue
        found = lines[at + 1] if at + 1 < len(lines) else ""
        yield _parsed(f"{path}: image line {at + 1}", partial(_image_row, lines[at], found))
        at += 2


def _image_row(line: str, found: str) -> _ImageRow:
    number, *pose, camera, name = line.split(maxsplit=9)
    if len(pose) != 7:
        raise ValueError("fewer than ten words")
    values = [float(x) for x in pose]
    return _ImageRow(
        _number(number), tuple(values[:4]), tuple(values[4:]), _number(camera), name,
        _observed(found.split()),
    )  # fmt: skip


def _observed(words: list[str]) -> NDArray[np.int64]:
    if len(words) % 3:
        raise ValueError(f"{len(words)} words where triples are wanted")
    ids = np.array([int(w) for w in words[2::3]], dtype=np.int64)
    return ids[ids >= 0]


def _text_points(path: Path) -> Iterator[_PointRow]:
    for where, words in _lines(path):
        yield _parsed(where, partial(_point_row, words))


def _point_row(words: list[str]) -> _PointRow:
    number, x, y, z = words[:4]
    return _number(number), (float(x), float(y), float(z))


def _number(word: str) -> int:
    """Read the number of a camera, image or point; the reader keeps them as 64-bit integers."""
    number = int(word)
    if not 0 <= number < 2**63:
        raise ValueError(f"number {word[:40]} is out of range")
    return number


def _lines(path: Path) -> Iterator[tuple[str, list[str]]]:
    for number, line in enumerate(read_text(path, MAX_BYTES).splitlines(), start=1):
        words = line.split()
        if words and not words[0].startswith("#"):
            yield f"{path}: line {number}", words


def _parsed(where: str, parse: Callable[[], Row]) -> Row:
    try:
        return parse()
    except (ValueError, IndexError, OverflowError) as error:
        raise CorruptInput("line of a COLMAP table cannot be read", where=where, got=error) from (
            error
        )


def _binary_cameras(path: Path) -> Iterator[_CameraRow]:
    data = _Cursor(path)
    for _ in range(data.count(24)):
        number, model, width, height = data.take("<IiQQ")
        if model not in _NAMES:
            raise ConventionError(
                "unknown camera model", where=f"{path}: camera {number}",
                expected=", ".join(MODELS), got=f"number {model}",
            )  # fmt: skip
        name = _NAMES[model]
        yield number, name, width, height, data.take(f"<{MODELS[name][1]}d")


def _binary_images(path: Path) -> Iterator[_ImageRow]:
    data = _Cursor(path)
    for _ in range(data.count(73)):
        number, *pose, camera = data.take("<I7dI")
        name = data.text()
        (found,) = data.take("<Q")
        table = data.array(np.dtype([("uv", "<f8", 2), ("id", "<i8")]), found)
        ids = table["id"]
        yield _ImageRow(
            number, tuple(pose[:4]), tuple(pose[4:]), camera, name, ids[ids >= 0].astype(np.int64)
        )


def _binary_points(path: Path) -> Iterator[_PointRow]:
    data = _Cursor(path)
    for _ in range(data.count(51)):
        number, x, y, z, _, _, _, _, length = data.take("<Q3d3BdQ")
        data.skip(8 * length)
        if number > 2**63 - 1:
            raise CorruptInput("point id is out of range", where=path, got=number)
        yield number, (x, y, z)


class _Cursor:
    """Reads little-endian records of a whole file, and never beyond its end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            size = path.stat().st_size
            if size > MAX_BYTES:
                raise CorruptInput("table is too large", where=path, expected=MAX_BYTES, got=size)
            self.data = path.read_bytes()
        except OSError as error:
            raise CorruptInput("table cannot be read", where=path, got=error) from error
        self.at = 0

    def count(self, least: int) -> int:
        """Read how many records follow, each of at least so many bytes."""
        (n,) = self.take("<Q")
        if n * least > len(self.data) - self.at:
            raise self._ends(f"{n} records")
        return int(n)

    def take(self, layout: str) -> tuple:
        """Read one record."""
        try:
            values = struct.unpack_from(layout, self.data, self.at)
        except struct.error as error:
            raise self._ends(layout) from error
        self.at += struct.calcsize(layout)
        return values

    def skip(self, length: int) -> None:
        """Pass over bytes."""
        if length > len(self.data) - self.at:
            raise self._ends(f"{length} bytes")
        self.at += length

    def array(self, dtype: np.dtype, count: int) -> NDArray:
        """Read many records of one kind."""
        if count * dtype.itemsize > len(self.data) - self.at:
            raise self._ends(f"{count} records")
        values = np.frombuffer(self.data, dtype, count, self.at)
        self.at += values.nbytes
        return values

    def text(self) -> str:
        """Read a text that ends with a zero byte."""
        end = self.data.find(b"\x00", self.at, self.at + MAX_NAME)
        if end < 0:
            raise self._ends("a name")
        raw = self.data[self.at : end]
        self.at = end + 1
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise CorruptInput("name is not UTF-8", where=self.path, got=error) from error

    def _ends(self, expected: str) -> InputError:
        return CorruptInput(
            "COLMAP table is truncated or damaged", where=self.path, expected=expected,
            got=f"{len(self.data) - self.at} bytes left at {self.at}",
        )  # fmt: skip


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
