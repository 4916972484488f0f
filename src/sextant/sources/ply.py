"""Triangle meshes in PLY files, with whatever else their vertices and faces carry.

Datasets put labels into properties of their own (``objectId``, ``face_material``), so every scalar
property is returned as a column. Faces of more than three corners become fans.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, MissingInput

MAX_BYTES = 2 * 1024**3
MAX_HEADER_BYTES = 64 * 1024
MAX_COORDINATE = 1e9
"""In the file's own unit; transforms of what lies beyond overflow."""

MAX_CORNERS = 64
"""A face of more corners is a broken count, not a face."""

_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2",
    "ushort": "u2", "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip

Columns = dict[str, NDArray]


@dataclass(frozen=True, slots=True)
class Ply:
    """A mesh as it is stored, in the file's own frame.

    Attributes:
        vertices: (n, 3) float64.
        faces: (m, 3) int32; a polygon is a fan of triangles.
        polygons: (m,) int32: which stored face a triangle comes of.
        vertex_columns: Other scalar properties of the vertices, (n,) each.
        face_columns: Scalar properties of the stored faces, (k,) each.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int32]
    polygons: NDArray[np.int32]
    vertex_columns: Columns
    face_columns: Columns


@dataclass(frozen=True, slots=True)
class _Element:
    name: str
    count: int
    properties: tuple[tuple[str, str, str | None], ...]  # name, type, type of a list's length


def read_ply(path: Path) -> Ply:
    """Read a mesh.

    Raises:
        MissingInput: If there is no such file.
        CorruptInput: If it is no PLY, is truncated, or holds no triangle mesh.
        ConventionError: If a face refers to a vertex that is not there, or a vertex is not finite.
    """
    if not path.is_file():
        raise MissingInput("mesh is not there", where=path)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise CorruptInput("mesh is too large", where=path, expected=MAX_BYTES, got=size)
        data = path.read_bytes()
    except OSError as error:
        raise CorruptInput("mesh cannot be read", where=path, got=error) from error
    order, elements, start = _header(data, path)
    for element in elements:
        if element.count > size:
            raise CorruptInput(
                "mesh states more records than bytes", where=path, got=f"{element.count} records"
            )
    try:
        read = (
            _ascii(data[start:], elements) if order == "" else _binary(data, start, order, elements)
        )
    except (ValueError, IndexError, KeyError, OverflowError, MemoryError) as error:
        raise CorruptInput("mesh is truncated or damaged", where=path, got=error) from error
    columns, lists = read
    return _mesh(columns, lists, path)


def _mesh(
    columns: dict[str, Columns], lists: dict[str, tuple[NDArray, NDArray]], path: Path
) -> Ply:
    vertex = columns.get("vertex", {})
    if not {"x", "y", "z"} <= set(vertex):
        raise CorruptInput("mesh has no vertices with x, y and z", where=path)
    with np.errstate(invalid="ignore"):  # NaNs of the kind that signals
        vertices = np.stack([vertex[axis].astype(np.float64) for axis in "xyz"], axis=1)
    if not np.all(np.abs(vertices) < MAX_COORDINATE):
        raise ConventionError("mesh holds NaN, infinity, or places beyond reason", where=path)
    lengths, corners = lists.get("face", (np.zeros(0, np.int64), np.zeros(0, np.int64)))
    faces, polygons = _fans(lengths, corners)
    if len(faces) and (faces.min() < 0 or faces.max() >= len(vertices)):
        raise ConventionError("mesh face refers to a vertex that is not there", where=path)
    others = {name: column for name, column in vertex.items() if name not in ("x", "y", "z")}
    return Ply(
        vertices, faces.astype(np.int32), polygons.astype(np.int32), others, columns.get("face", {})
    )


def _fans(lengths: NDArray, corners: NDArray) -> tuple[NDArray, NDArray]:
    """Return triangles (m, 3) and their polygon (m,) of the corner lists laid end to end."""
    starts = np.cumsum(lengths) - lengths
    parts, owners = [], []
    for length in np.unique(lengths).tolist():
        which = np.flatnonzero(lengths == length)
        for k in range(1, length - 1):
            at = starts[which]
            parts.append(np.stack([corners[at], corners[at + k], corners[at + k + 1]], axis=1))
            owners.append(which)
    if not parts:
        return np.zeros((0, 3), np.int64), np.zeros(0, np.int64)
    faces, polygons = np.concatenate(parts), np.concatenate(owners)
    order = np.argsort(polygons, kind="stable")
    return faces[order], polygons[order]


def _header(data: bytes, path: Path) -> tuple[str, list[_Element], int]:
    end = data.find(b"end_header", 0, MAX_HEADER_BYTES)
    if not data.startswith(b"ply") or end < 0:
        raise CorruptInput("not a PLY file", where=path, expected="ply ... end_header")
    start = data.find(b"\n", end) + 1
    order = None
    elements: list[_Element] = []
    try:
        for line in data[:end].decode("ascii").splitlines():
            words = line.split()
            if words[:1] == ["format"]:
                order = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}[
                    words[1]
                ]
            elif words[:1] == ["element"]:
                elements.append(_Element(words[1], int(words[2]), ()))
            elif words[:1] == ["property"]:
                last = elements[-1]
                listed = words[1] == "list"
                new = (
                    (words[4], _TYPES[words[3]], _TYPES[words[2]])
                    if listed
                    else (words[2], _TYPES[words[1]], None)
                )
                elements[-1] = _Element(last.name, last.count, (*last.properties, new))
    except (KeyError, IndexError, ValueError, UnicodeDecodeError) as error:
        raise CorruptInput("PLY header cannot be read", where=path, got=repr(error)) from error
    if order is None or start == 0 or any(e.count < 0 for e in elements):
        raise CorruptInput("PLY header cannot be read", where=path)
    return order, elements, start


def _binary(
    data: bytes, start: int, order: str, elements: list[_Element]
) -> tuple[dict[str, Columns], dict[str, tuple[NDArray, NDArray]]]:
    columns: dict[str, Columns] = {}
    lists: dict[str, tuple[NDArray, NDArray]] = {}
    at = start
    for element in elements:
        read = _binary_lists if any(p[2] for p in element.properties) else _binary_scalars
        columns[element.name], found, at = read(data, at, order, element)
        if found is not None:
            lists[element.name] = found
    return columns, lists


def _binary_scalars(
    data: bytes, at: int, order: str, element: _Element
) -> tuple[Columns, None, int]:
    dtype = np.dtype([(name, order + kind) for name, kind, _ in element.properties])
    rows = np.frombuffer(data, dtype, element.count, at)
    return {name: rows[name] for name, _, _ in element.properties}, None, at + rows.nbytes


def _binary_lists(
    data: bytes, at: int, order: str, element: _Element
) -> tuple[Columns, tuple[NDArray, NDArray], int]:
    """Read records with lists: at once where all are as long as the first, else one by one."""
    if next(kind for _, kind, listed in element.properties if listed)[0] == "f":
        raise ValueError("corners that are no whole numbers")
    lengths = _first_lengths(data, at, order, element)
    fields: list[tuple[str, str] | tuple[str, str, tuple[int]]] = []
    for i, (name, kind, length_kind) in enumerate(element.properties):
        if length_kind is None:
            fields.append((name, order + kind))
        else:
            fields += [(f"n{i}", order + length_kind), (name, order + kind, (lengths[i],))]
    dtype = np.dtype(fields)
    if element.count and at + dtype.itemsize * element.count <= len(data):
        rows = np.frombuffer(data, dtype, element.count, at)
        if all(np.all(rows[f"n{i}"] == n) for i, n in lengths.items()):
            first = next(i for i, p in enumerate(element.properties) if p[2] is not None)
            corners = rows[element.properties[first][0]].astype(np.int64).ravel()
            scalars = {name: rows[name] for name, _, listed in element.properties if listed is None}
            counts = np.full(element.count, lengths[first], dtype=np.int64)
            return scalars, (counts, corners), at + rows.nbytes
    return _one_by_one(data, at, order, element)


def _first_lengths(data: bytes, at: int, order: str, element: _Element) -> dict[int, int]:
    lengths = {}
    for i, (_, kind, length_kind) in enumerate(element.properties):
        if length_kind is not None and element.count:
            lengths[i] = _length(data, at, order + length_kind)
            at += np.dtype(length_kind).itemsize + lengths[i] * np.dtype(kind).itemsize
        elif length_kind is not None:
            lengths[i] = 0
        else:
            at += np.dtype(kind).itemsize
    return lengths


def _one_by_one(
    data: bytes, at: int, order: str, element: _Element
) -> tuple[Columns, tuple[NDArray, NDArray], int]:
    counts: list[int] = []
    corners: list[NDArray] = []
    scalars: dict[str, list[float]] = {n: [] for n, _, listed in element.properties if not listed}
    for _ in range(element.count):
        is_first = True
        for name, kind, length_kind in element.properties:
            n = 1
            if length_kind is not None:
                n = _length(data, at, order + length_kind)
                at += np.dtype(length_kind).itemsize
            values = np.frombuffer(data, order + kind, n, at)
            at += values.nbytes
            if length_kind is None:
                scalars[name].append(values[0])
            elif is_first:
                counts.append(n)
                corners.append(values)
                is_first = False
    joined = np.concatenate(corners).astype(np.int64) if corners else np.zeros(0, np.int64)
    columns = {name: np.array(values) for name, values in scalars.items()}
    return columns, (np.array(counts, dtype=np.int64), joined), at


def _length(data: bytes, at: int, kind: str) -> int:
    n = int(np.frombuffer(data, kind, 1, at)[0])
    if not 0 <= n <= MAX_CORNERS:
        raise ValueError(f"a list of {n} entries")
    return n


def _ascii(
    data: bytes, elements: list[_Element]
) -> tuple[dict[str, Columns], dict[str, tuple[NDArray, NDArray]]]:
    lines = data.split(b"\n")
    columns: dict[str, Columns] = {}
    lists: dict[str, tuple[NDArray, NDArray]] = {}
    at = 0
    for element in elements:
        rows = [line.split() for line in lines[at : at + element.count]]
        at += element.count
        if len(rows) < element.count:
            raise ValueError(f"{len(rows)} of {element.count} lines")
        if not any(p[2] for p in element.properties):
            table = np.array(rows, dtype=np.float64).reshape(element.count, -1)
            columns[element.name] = {
                name: _whole(table[:, i], kind) if kind[0] != "f" else table[:, i]
                for i, (name, kind, _) in enumerate(element.properties)
            }
            continue
        columns[element.name], lists[element.name] = _ascii_lists(rows, element)
    return columns, lists


def _whole(column: NDArray[np.float64], kind: str) -> NDArray:
    with np.errstate(invalid="ignore"):
        whole = column.astype(kind)
    if not np.array_equal(whole, column):
        raise ValueError(f"numbers that do not fit {kind}")
    return whole


def _ascii_lists(
    rows: list[list[bytes]], element: _Element
) -> tuple[Columns, tuple[NDArray, NDArray]]:
    counts: list[int] = []
    corners: list[int] = []
    scalars: dict[str, list[float]] = {n: [] for n, _, listed in element.properties if not listed}
    for row in rows:
        at, is_first = 0, True
        for name, _, length_kind in element.properties:
            if length_kind is None:
                scalars[name].append(float(row[at]))
                at += 1
                continue
            n = int(row[at])
            if not 0 <= n <= MAX_CORNERS or at + 1 + n > len(row):
                raise ValueError(f"a list of {n} entries")
            if is_first:
                counts.append(n)
                corners += [int(word) for word in row[at + 1 : at + 1 + n]]
                is_first = False
            at += 1 + n
    columns = {name: np.array(values) for name, values in scalars.items()}
    return columns, (np.array(counts, dtype=np.int64), np.array(corners, dtype=np.int64))
