"""Rows of the tables of a COLMAP model, as numbers: text lines and binary records alike."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.sources.colmap.lenses import MODELS, NAMES
from sextant.sources.documents import read_text

Row = TypeVar("Row")

MAX_BYTES = 4 * 1024**3
MAX_NAME = 4096

CameraRow = tuple[int, str, int, int, tuple[float, ...]]
PointRow = tuple[int, tuple[float, float, float]]


@dataclass(frozen=True, slots=True)
class ImageRow:
    """A registered picture as its row says it.

    Attributes:
        id: Its number in the model.
        wxyz, translation: World-to-camera quaternion and translation, unchecked.
        camera_id: Which camera took it.
        name: Relative to the folder of pictures.
        points: (n,) ids of the 3D points that were found in it.
    """

    id: int
    wxyz: tuple[float, ...]
    translation: tuple[float, ...]
    camera_id: int
    name: str
    points: NDArray[np.int64]


def table_path(folder: Path, name: str) -> Path:
    """Return the file of a table; of two, the binary one.

    Raises:
        MissingInput: If there is none.
    """
    for suffix in (".bin", ".txt"):
        path = folder / f"{name}{suffix}"
        if path.is_file():
            return path
    raise MissingInput("COLMAP table is not there", where=folder, expected=f"{name}.bin or .txt")


def camera_rows(path: Path) -> Iterator[CameraRow]:
    """Yield number, model, width, height and parameters of every camera."""
    return _binary_cameras(path) if path.suffix == ".bin" else _text_cameras(path)


def image_rows(path: Path) -> Iterator[ImageRow]:
    """Yield the images in the order of the file."""
    return _binary_images(path) if path.suffix == ".bin" else _text_images(path)


def point_rows(path: Path) -> Iterator[PointRow]:
    """Yield number and place of every point."""
    return _binary_points(path) if path.suffix == ".bin" else _text_points(path)


def _text_cameras(path: Path) -> Iterator[CameraRow]:
    for where, words in _lines(path):
        yield _parsed(where, partial(_camera_row, words))


def _camera_row(words: list[str]) -> CameraRow:
    number, name, width, height, *params = words
    return _number(number), name, int(width), int(height), tuple(float(x) for x in params)


def _text_images(path: Path) -> Iterator[ImageRow]:
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


def _image_row(line: str, found: str) -> ImageRow:
    number, *pose, camera, name = line.split(maxsplit=9)
    if len(pose) != 7:
        raise ValueError("fewer than ten words")
    values = [float(x) for x in pose]
    return ImageRow(
        _number(number), tuple(values[:4]), tuple(values[4:]), _number(camera), name,
        _observed(found.split()),
    )  # fmt: skip


def _observed(words: list[str]) -> NDArray[np.int64]:
    if len(words) % 3:
        raise ValueError(f"{len(words)} words where triples are wanted")
    ids = np.array([int(w) for w in words[2::3]], dtype=np.int64)
    return ids[ids >= 0]


def _text_points(path: Path) -> Iterator[PointRow]:
    for where, words in _lines(path):
        yield _parsed(where, partial(_point_row, words))


def _point_row(words: list[str]) -> PointRow:
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


def _binary_cameras(path: Path) -> Iterator[CameraRow]:
    data = _Cursor(path)
    for _ in range(data.count(24)):
        number, model, width, height = data.take("<IiQQ")
        if model not in NAMES:
            raise ConventionError(
                "unknown camera model", where=f"{path}: camera {number}",
                expected=", ".join(MODELS), got=f"number {model}",
            )  # fmt: skip
        name = NAMES[model]
        yield number, name, width, height, data.take(f"<{MODELS[name][1]}d")


def _binary_images(path: Path) -> Iterator[ImageRow]:
    data = _Cursor(path)
    for _ in range(data.count(73)):
        number, *pose, camera = data.take("<I7dI")
        name = data.text()
        (found,) = data.take("<Q")
        table = data.array(np.dtype([("uv", "<f8", 2), ("id", "<i8")]), found)
        ids = table["id"]
        yield ImageRow(
            number, tuple(pose[:4]), tuple(pose[4:]), camera, name, ids[ids >= 0].astype(np.int64)
        )


def _binary_points(path: Path) -> Iterator[PointRow]:
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
