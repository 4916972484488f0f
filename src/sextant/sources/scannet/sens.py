"""The ``.sens`` container: a header, then per frame pose, times, a JPEG and compressed depth.

The index holds where each frame's bytes lie; they are read and decoded when a frame is asked for.
Little endian throughout; layout after ScanNet's SensReader, version 4.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.scenes import Camera
from sextant.sources.depth_maps import metres
from sextant.sources.resampling import read_rgb_onto

Array = NDArray[np.float64]

VERSION = 4
COLOR_RAW, COLOR_PNG, COLOR_JPEG = 0, 1, 2
DEPTH_RAW, DEPTH_ZLIB = 0, 1

MAX_NAME = 4096
MAX_SIDE = 16_384
MAX_FRAMES = 10_000_000
MAX_FRAME_BYTES = 256 * 1024 * 1024

_FRAME = struct.Struct("<16f4Q")


@dataclass(frozen=True, slots=True)
class SensFrame:
    """Where one frame lies.

    Attributes:
        index: Its number in the recording.
        T_scan_camera: (4, 4) camera-to-world as stored; -inf where tracking was lost.
        color_at, color_bytes: The picture's bytes in the file.
        depth_at, depth_bytes: The depth's bytes in the file.
    """

    index: int
    T_scan_camera: Array
    color_at: int
    color_bytes: int
    depth_at: int
    depth_bytes: int


@dataclass(frozen=True, slots=True)
class SensHeader:
    """What holds for all frames of a recording.

    Attributes:
        path: The file.
        color, depth: Intrinsics of the two cameras, pixel centres at halves.
        color_kind, depth_kind: How pictures and depth are compressed.
        depth_unit_m: Metres of one stored step.
        stated_frames: How many frames the header promises.
    """

    path: Path
    color: Camera
    depth: Camera
    color_kind: int
    depth_kind: int
    depth_unit_m: float
    stated_frames: int


def read_sens(path: Path) -> tuple[SensHeader, tuple[SensFrame, ...]]:
    """Read the header and the index of the frames that are there in full, but no picture.

    Raises:
        MissingInput: If there is no such file.
        CorruptInput: If it is no .sens file of version 4, or ends within the header.
        ConventionError: If its cameras or its depth unit cannot be.
    """
    if not path.is_file():
        raise MissingInput("recording is not there", where=path)
    try:
        with path.open("rb") as file:
            head = file.read(12)
            version, length = struct.unpack("<IQ", head)
            if version != VERSION or length > MAX_NAME:
                raise CorruptInput(
                    "not a .sens file", where=path, expected=f"version {VERSION}", got=version
                )
            file.seek(length, 1)
            matrices = np.frombuffer(file.read(256), dtype="<f4").reshape(4, 4, 4)
            color_kind, depth_kind, cw, ch, dw, dh, shift, count = struct.unpack(
                "<2i4IfQ", file.read(36)
            )
            _check_header(path, color_kind, depth_kind, (cw, ch, dw, dh), shift, count)
            header = SensHeader(
                path=path,
                color=_camera(matrices[0], cw, ch, f"{path}: colour intrinsics"),
                depth=_camera(matrices[2], dw, dh, f"{path}: depth intrinsics"),
                color_kind=color_kind,
                depth_kind=depth_kind,
                depth_unit_m=1.0 / shift,
                stated_frames=count,
            )
            return header, _index(file, count, path.stat().st_size)
    except (struct.error, ValueError, OSError) as error:
        raise CorruptInput("recording ends within its header", where=path, got=error) from error


def read_rgb(sens: SensHeader, frame: SensFrame) -> NDArray[np.uint8]:
    """Return a picture on the raster of the depth camera, (H, W, 3) uint8.

    Raises:
        CorruptInput, ConventionError: If it cannot be decoded, or has another size than stated.
    """
    where = f"{sens.path}: picture of frame {frame.index}"
    data = _bytes(sens.path, frame.color_at, frame.color_bytes, where)
    return read_rgb_onto(data, sens.color, sens.depth, where)


def read_depth(sens: SensHeader, frame: SensFrame) -> NDArray[np.float32]:
    """Return (H, W) float32 z-depth in metres, NaN = invalid.

    Raises:
        CorruptInput: If it cannot be decompressed to the stated size.
        ConventionError: If the unit cannot be right.
    """
    where = f"{sens.path}: depth of frame {frame.index}"
    data = _bytes(sens.path, frame.depth_at, frame.depth_bytes, where)
    camera = sens.depth
    wanted = camera.width * camera.height * 2
    if sens.depth_kind == DEPTH_ZLIB:
        try:
            # One byte more than fits shows that there is more, without unpacking a bomb.
            data = zlib.decompressobj().decompress(data, wanted + 1)
        except zlib.error as error:
            raise CorruptInput("depth cannot be decompressed", where=where, got=error) from error
    if len(data) != wanted:
        raise CorruptInput("depth has a wrong size", where=where, expected=wanted, got=len(data))
    raw = np.frombuffer(data, dtype="<u2").reshape(camera.height, camera.width)
    return metres(raw, sens.depth_unit_m, where)


def _check_header(
    path: Path,
    color_kind: int,
    depth_kind: int,
    sides: tuple[int, int, int, int],
    shift: float,
    count: int,
) -> None:
    if color_kind not in (COLOR_PNG, COLOR_JPEG):
        raise CorruptInput(
            "unknown compression of pictures", where=path, expected="1 (PNG) or 2 (JPEG)",
            got=color_kind,
        )  # fmt: skip
    if depth_kind not in (DEPTH_RAW, DEPTH_ZLIB):
        raise CorruptInput(
            "unknown compression of depth", where=path, expected="0 (raw) or 1 (zlib)",
            got=depth_kind, hint="occipital-compressed recordings must be converted by SensReader",
        )  # fmt: skip
    if not all(0 < side <= MAX_SIDE for side in sides) or count > MAX_FRAMES:
        raise CorruptInput("unusable sizes in the header", where=path, got=f"{sides}, {count}")
    if not (np.isfinite(shift) and shift > 0):
        raise ConventionError(
            "depth unit must be positive", where=path, expected="steps per metre", got=shift
        )


def _camera(K: NDArray[np.float32], width: int, height: int, where: str) -> Camera:
    """Return a camera; ScanNet's own tools project whole-numbered pixel centres, hence the half."""
    fx, fy, cx, cy = (float(K[i]) for i in ((0, 0), (1, 1), (0, 2), (1, 2)))
    try:
        return Camera(width, height, fx, fy, cx + 0.5, cy + 0.5)
    except ConventionError as error:
        raise ConventionError(
            error.what, where=where, expected=error.expected, got=error.got, hint=error.hint
        ) from error


def _index(file: BinaryIO, count: int, size: int) -> tuple[SensFrame, ...]:
    frames = []
    at = file.tell()
    for index in range(count):
        head = file.read(_FRAME.size)
        if len(head) < _FRAME.size:
            break
        *pose, _, _, color_bytes, depth_bytes = _FRAME.unpack(head)
        at += _FRAME.size
        end = at + color_bytes + depth_bytes
        if end > size or max(color_bytes, depth_bytes) > MAX_FRAME_BYTES:
            break
        T = np.array(pose, dtype=np.float64).reshape(4, 4)
        frames.append(SensFrame(index, T, at, color_bytes, at + color_bytes, depth_bytes))
        file.seek(end)
        at = end
    return tuple(frames)


def _bytes(path: Path, at: int, length: int, where: str) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(at)
            data = file.read(length)
    except OSError as error:
        raise CorruptInput("recording cannot be read", where=where, got=error) from error
    if len(data) != length:
        raise CorruptInput("recording ends within a frame", where=where)
    return data
