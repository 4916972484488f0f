"""The iPhone's ``depth.bin``: 256x192 depth maps, packed in one of two ways."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import CorruptInput, MissingInput
from sextant.sources.depth_maps import check_unit, metres

WIDTH, HEIGHT = 256, 192

_UINT16_BYTES = WIDTH * HEIGHT * 2
_FLOAT_BYTES = WIDTH * HEIGHT * 4
_MAX_PACKED = 2 * _FLOAT_BYTES
_MAX_FRAMES = 2_000_000
_MAX_M = 100.0
_CHUNK = 1 << 18
_KEEP_EVERY = 128
"""Frames between two remembered states of a stream: reading back starts at one of them."""


def read_depth(path: Path, index: int) -> NDArray[np.float32]:
    """Return frame ``index`` of a depth.bin as (192, 256) float32 metres, NaN = invalid.

    Raises:
        MissingInput: If there is no such file, or no such frame in it.
        CorruptInput: If it cannot be unpacked.
        ConventionError: If the unit cannot be right.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise MissingInput("depth is not there", where=path, got=error) from error
    where = f"{path}: frame {index}"
    packed = _index(path, status.st_size, status.st_mtime_ns)
    if packed is not None:
        if not 0 <= index < len(packed):
            raise MissingInput("no such depth frame", where=where, got=f"{len(packed)} frames")
        return _unpack(path, *packed[index], where)
    stream = _stream(path, status.st_size, status.st_mtime_ns, os.getpid())
    return _floats(stream.read(index, where), where)


def is_framed(path: Path) -> bool:
    """Tell whether each frame is packed by itself (the newer layout)."""
    status = path.stat()
    return _index(path, status.st_size, status.st_mtime_ns) is not None


@lru_cache(maxsize=8)
def _index(path: Path, size: int, mtime_ns: int) -> Sequence[tuple[int, int]] | None:
    """Return where each frame lies; None if the lengths do not end where the file does."""
    del mtime_ns  # part of the key: a replaced file is read anew
    found: list[tuple[int, int]] = []
    try:
        with path.open("rb") as file:
            at = 0
            while at < size and len(found) < _MAX_FRAMES:
                head = file.read(4)
                if len(head) < 4:
                    return None
                (length,) = struct.unpack("<I", head)
                at += 4
                if not 0 < length <= _MAX_PACKED or at + length > size:
                    return None
                found.append((at, length))
                at += length
                file.seek(at)
    except OSError as error:
        raise CorruptInput("depth cannot be read", where=path, got=error) from error
    return found


def _unpack(path: Path, at: int, length: int, where: str) -> NDArray[np.float32]:
    import pyarrow

    try:
        with path.open("rb") as file:
            file.seek(at)
            data = file.read(length)
    except OSError as error:
        raise CorruptInput("depth cannot be read", where=where, got=error) from error
    try:
        plain = bytes(pyarrow.Codec("lz4_raw").decompress(data, _UINT16_BYTES))
    except (OSError, ValueError, MemoryError):
        plain = b""
    if len(plain) == _UINT16_BYTES:
        return metres(np.frombuffer(plain, "<u2").reshape(HEIGHT, WIDTH), 0.001, where)
    try:
        # One byte more than fits shows that there is more, without unpacking a bomb.
        plain = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, _FLOAT_BYTES + 1)
    except zlib.error as error:
        raise CorruptInput(
            "depth is neither LZ4 nor deflate", where=where, got=error,
            hint="the file is truncated or damaged: fetch it again",
        ) from error  # fmt: skip
    return _floats(plain, where)


def _floats(plain: bytes, where: str) -> NDArray[np.float32]:
    if len(plain) != _FLOAT_BYTES:
        raise CorruptInput(
            "depth has a wrong size", where=where, expected=_FLOAT_BYTES, got=len(plain)
        )
    depth_m = np.frombuffer(plain, "<f4").reshape(HEIGHT, WIDTH).astype(np.float32)
    with np.errstate(invalid="ignore"):
        depth_m[~((depth_m > 0) & (depth_m < np.inf))] = np.nan
    check_unit(depth_m, where, "the stored numbers are metres")
    return depth_m


@lru_cache(maxsize=2)
def _stream(path: Path, size: int, mtime_ns: int, process: int) -> _Stream:
    del size, mtime_ns, process  # a state is neither shared with a child nor with a new file
    return _Stream(path)


@dataclass
class _State:
    frame: int
    at: int
    tail: bytes
    inflate: Any


class _Stream:
    """One deflate stream of all frames, read onwards, with states to go back to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.kept = [_State(0, 0, b"", zlib.decompressobj(-zlib.MAX_WBITS))]
        self.now = self._copy(self.kept[0])

    def read(self, index: int, where: str) -> bytes:
        if index < 0:
            raise MissingInput("no such depth frame", where=where)
        before = [s for s in self.kept if s.frame <= index]
        if not self.now.frame <= index or before[-1].frame > self.now.frame:
            self.now = self._copy(before[-1])
        data = b""
        try:
            with self.path.open("rb") as file:
                while self.now.frame <= index:
                    data = self._next(file, where)
        except (OSError, zlib.error) as error:
            self.now = self._copy(self.kept[0])
            raise CorruptInput(
                "depth cannot be unpacked", where=where, got=error,
                hint="the file is truncated or damaged: fetch it again",
            ) from error  # fmt: skip
        return data

    def _next(self, file: Any, where: str) -> bytes:
        state = self.now
        parts, left = [], _FLOAT_BYTES
        while left:
            if not state.tail:
                file.seek(state.at)
                state.tail = file.read(_CHUNK)
                state.at += len(state.tail)
            if not state.tail or state.inflate.eof:
                self.now = self._copy(self.kept[0])
                raise MissingInput("no such depth frame", where=where, got=f"{state.frame} frames")
            plain = state.inflate.decompress(state.tail, left)
            state.tail = state.inflate.unconsumed_tail
            parts.append(plain)
            left -= len(plain)
        state.frame += 1
        if state.frame % _KEEP_EVERY == 0 and state.frame > self.kept[-1].frame:
            self.kept.append(self._copy(state))
        return b"".join(parts)

    @staticmethod
    def _copy(state: _State) -> _State:
        return _State(state.frame, state.at, state.tail, state.inflate.copy())
