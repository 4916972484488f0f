"""MATLAB files of version 5 (.mat, also what MATLAB calls 6 and 7): numbers, texts, cells, structs.

Written here because scipy's reader, which is compiled, crashes the process on damaged files. Fields
of structs are decoded when they are asked for, so that a list of 10,000 records opens at once.
Format: "MAT-File Format", The MathWorks.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import CorruptInput, MissingInput

MAX_BYTES = 512 * 1024 * 1024
"""Of the file, and of a variable once it is unpacked."""

MAX_DEPTH = 16
"""How deeply cells and structs may lie in each other."""

_HEADER = 128
_MATRIX, _COMPRESSED, _UTF8 = 14, 15, 16
_NUMBERS = {
    1: "<i1", 2: "<u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 7: "<f4", 9: "<f8", 12: "<i8",
    13: "<u8", 16: "<u1", 17: "<u2", 18: "<u4",
}  # fmt: skip
_CELL, _STRUCT, _OBJECT, _CHAR, _SPARSE = 1, 2, 3, 4, 5
_NUMERIC = range(6, 16)


class MatStruct(Mapping[str, Any]):
    """One record of a struct array; a field is decoded when it is asked for."""

    def __init__(self, fields: dict[str, memoryview], depth: int, where: str) -> None:
        self._fields = fields
        self._depth = depth
        self._where = where

    def __getitem__(self, name: str) -> Any:
        return _matrix(self._fields[name], self._depth + 1, self._where)[1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


def read_mat(path: Path, *names: str) -> dict[str, Any]:
    """Return variables of a file.

    Numbers come as arrays of their shape, texts as str (rows of a text array joined by newlines),
    cells and structs as flat lists in MATLAB's order (columns first), a struct as ``MatStruct``.

    Args:
        path: The file.
        names: Which variables; all of them must be there.

    Raises:
        MissingInput: If there is no such file.
        CorruptInput: If it is of another version, damaged, or lacks a variable.
    """
    if not path.is_file():
        raise MissingInput("file is not there", where=path)
    if path.stat().st_size > MAX_BYTES:
        raise CorruptInput("MATLAB file is too large", where=path, expected=f"<= {MAX_BYTES} bytes")
    data = memoryview(path.read_bytes())
    if len(data) < _HEADER or bytes(data[126:128]) != b"IM" or data[125] != 1:
        raise CorruptInput(
            "not a MATLAB file of version 5",
            where=path,
            expected="little-endian, saved with -v7 or -v6",
            hint="files saved with -v7.3 are HDF5: save them anew",
        )
    found: dict[str, Any] = {}
    at = _HEADER
    while at < len(data) and len(found) < len(names):
        kind, payload, at = _element(data, at, str(path))
        if kind == _COMPRESSED:
            kind, payload = _unpacked(payload, str(path))
        if kind == _MATRIX:
            name = _name_of(payload, str(path))
            if name in names:
                found[name] = _matrix(payload, 0, f"{path}: {name}")[1]
    missing = [name for name in names if name not in found]
    if missing:
        raise CorruptInput("MATLAB file lacks variables", where=path, got=", ".join(missing))
    return found


def _unpacked(payload: memoryview, where: str) -> tuple[int, memoryview]:
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(payload, MAX_BYTES)
    except zlib.error as error:
        raise CorruptInput("variable cannot be unpacked", where=where, got=error) from error
    if unpacker.unconsumed_tail:
        raise CorruptInput("variable unpacks beyond reason", where=where, expected=MAX_BYTES)
    kind, inner, _ = _element(memoryview(data), 0, where)
    return kind, inner


def _element(data: memoryview, at: int, where: str) -> tuple[int, memoryview, int]:
    """Return type, payload and the place of the next element."""
    if at + 8 > len(data):
        raise CorruptInput("MATLAB file ends within an element", where=where)
    kind, size = struct.unpack_from("<II", data, at)
    if kind >> 16:
        # Up to four bytes lie in the tag itself.
        kind, size = kind & 0xFFFF, kind >> 16
        if size > 4:
            raise CorruptInput("MATLAB element has an unusable size", where=where, got=size)
        return kind, data[at + 4 : at + 4 + size], at + 8
    end = at + 8 + size
    if end > len(data):
        raise CorruptInput("MATLAB file ends within an element", where=where)
    # Elements begin at multiples of eight, except for compressed ones.
    after = end if kind == _COMPRESSED else at + 8 + (size + 7) // 8 * 8
    return kind, data[at + 8 : end], after


def _name_of(payload: memoryview, where: str) -> str:
    _, _, at = _element(payload, 0, where)
    _, _, at = _element(payload, at, where)
    _, name, _ = _element(payload, at, where)
    return bytes(name).decode("latin-1")


def _matrix(payload: memoryview, depth: int, where: str) -> tuple[str, Any]:
    """Return name and value of a matrix element."""
    if depth > MAX_DEPTH:
        raise CorruptInput("MATLAB values lie too deeply in each other", where=where)
    if len(payload) == 0:
        return "", np.zeros((0, 0))
    _, flags, at = _element(payload, 0, where)
    _, raw_shape, at = _element(payload, at, where)
    _, name, at = _element(payload, at, where)
    if len(flags) < 4 or len(raw_shape) % 4 or len(raw_shape) < 8:
        raise CorruptInput("MATLAB matrix has no class or shape", where=where)
    shape = tuple(int(n) for n in np.frombuffer(raw_shape, "<i4"))
    count = 1
    for n in shape:
        count *= n
    if min(shape) < 0 or count > len(payload):
        raise CorruptInput("MATLAB matrix has an unusable shape", where=where, got=shape)
    kind = flags[0]
    text = bytes(name).decode("latin-1")
    if kind == _CELL:
        return text, _cells(payload, at, count, depth, where)
    if kind in (_STRUCT, _OBJECT):
        if kind == _OBJECT:
            _, _, at = _element(payload, at, where)
        return text, _structs(payload, at, count, depth, where)
    if kind == _CHAR:
        return text, _text(payload, at, shape, where)
    if kind in _NUMERIC:
        return text, _values(payload, at, shape, where)
    raise CorruptInput("MATLAB matrix of an unknown class", where=where, got=kind)


def _values(payload: memoryview, at: int, shape: tuple[int, ...], where: str) -> NDArray[Any]:
    kind, raw, _ = _element(payload, at, where)
    if kind not in _NUMBERS:
        raise CorruptInput("MATLAB matrix of unknown numbers", where=where, got=kind)
    dtype = np.dtype(_NUMBERS[kind])
    count = int(np.prod(shape, dtype=np.int64))
    if len(raw) != count * dtype.itemsize:
        raise CorruptInput(
            "MATLAB matrix has another size than its shape",
            where=where,
            expected=count * dtype.itemsize,
            got=len(raw),
        )
    return np.frombuffer(raw, dtype).reshape(shape, order="F")


def _text(payload: memoryview, at: int, shape: tuple[int, ...], where: str) -> str:
    kind, raw, _ = _element(payload, at, where)
    if kind == _UTF8:
        # As many bytes as the text needs, whatever the shape says.
        return bytes(raw).decode("utf-8", "replace")
    values = _values(payload, at, shape, where)
    rows = values.reshape(values.shape[0], -1) if values.size else np.zeros((0, 0), np.uint8)
    lines = ["".join(map(chr, row.clip(0, 0x10FFFF).tolist())) for row in rows]
    return "\n".join(lines)


def _cells(payload: memoryview, at: int, count: int, depth: int, where: str) -> list[Any]:
    cells = []
    for _ in range(count):
        kind, inner, at = _element(payload, at, where)
        if kind != _MATRIX:
            raise CorruptInput("MATLAB cell holds no matrix", where=where, got=kind)
        cells.append(_matrix(inner, depth + 1, where)[1])
    return cells


def _structs(payload: memoryview, at: int, count: int, depth: int, where: str) -> list[MatStruct]:
    _, raw_length, at = _element(payload, at, where)
    _, raw_names, at = _element(payload, at, where)
    length = int.from_bytes(bytes(raw_length[:4]), "little")
    if not 0 < length <= 256 or len(raw_names) % length:
        raise CorruptInput("MATLAB struct has unusable field names", where=where, got=length)
    names = [
        bytes(raw_names[i : i + length]).split(b"\x00")[0].decode("latin-1")
        for i in range(0, len(raw_names), length)
    ]
    structs = []
    for _ in range(count if names else 0):
        fields = {}
        for name in names:
            kind, inner, at = _element(payload, at, where)
            if kind != _MATRIX:
                raise CorruptInput("MATLAB field holds no matrix", where=where, got=kind)
            fields[name] = inner
        structs.append(MatStruct(fields, depth, where))
    return structs
