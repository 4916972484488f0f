"""Damage a file by what it is: documents keep their syntax, containers their outer form."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import PurePosixPath

import numpy as np
import pyarrow as pa
from mutated_trees import DEEP, mutated_json, mutated_lines, mutated_tree
from mutations import ODD_TEXTS, mutated, pick

Rng = np.random.Generator

STRUCTURAL = 0.6
"""Share of damage that keeps a file's form, where its form is known."""

_ODD_WORDS = tuple(t.decode("utf-8", "replace") for t in ODD_TEXTS)
_ODD_NAMES = ("../x.txt", "/x.txt", "a\\b", "a:b", "x", "", "\x00", "./x", "a/" * 300 + "x")


def damaged(name: str, data: bytes, rng: Rng) -> bytes:
    """A file's bytes after some damage of its content or of its form."""
    keep = _BY_SUFFIX.get(PurePosixPath(name).suffix.lower())
    if keep is None or rng.random() > STRUCTURAL or not data:
        return mutated(data, rng)
    return keep(name, data, rng)


def _json(_: str, data: bytes, rng: Rng) -> bytes:
    return mutated_json(data.decode(), rng).encode("utf-8", "surrogatepass")


def _json_lines(_: str, data: bytes, rng: Rng) -> bytes:
    lines = data.decode().splitlines()
    if rng.random() < 0.2:
        return mutated_lines(data.decode(), rng, _ODD_WORDS).encode()
    at = int(rng.integers(len(lines)))
    lines[at] = mutated_json(lines[at], rng)
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _lines(_: str, data: bytes, rng: Rng) -> bytes:
    return mutated_lines(data.decode(), rng, _ODD_WORDS).encode("utf-8", "surrogatepass")


def _ply(_: str, data: bytes, rng: Rng) -> bytes:
    head, mark, body = data.partition(b"end_header\n")
    odd = (*_ODD_WORDS, "double", "uchar", "int8", "list", "property", "element", "vertex", "face")
    return mutated_lines(head.decode(), rng, odd).encode() + mark + body


def _numpy(_: str, data: bytes, rng: Rng) -> bytes:
    out = io.BytesIO()
    np.save(out, mutated_array(np.load(io.BytesIO(data)), rng), allow_pickle=True)
    return out.getvalue()


def mutated_array(array: np.ndarray, rng: Rng) -> np.ndarray:
    """An array of another type or shape, or with a few odd numbers."""
    kind = int(rng.integers(4))
    if kind == 0:
        types = ("f2", "f4", ">f8", "i1", "u2", "i8", "u8", "c16", "?", "U4", "S3", "O", "M8[s]")
        with np.errstate(all="ignore"):
            return array.astype(pick(rng, types)) if array.dtype.kind in "iufb" else array[:0]
    if kind == 1:
        return array.T if array.ndim > 1 else array[None]
    if kind == 2 and array.ndim:
        cuts = tuple(slice(int(rng.integers(n + 1))) for n in array.shape)
        return array[cuts[: int(rng.integers(1, array.ndim + 1))]]
    out = array.copy()
    if out.size and out.dtype.kind in "iuf":
        info = np.finfo(out.dtype) if out.dtype.kind == "f" else np.iinfo(out.dtype)
        odd = [info.min, info.max, 0, 1]
        odd += [np.nan, np.inf, -np.inf, -1.0, 1e-4] if out.dtype.kind == "f" else []
        places = rng.integers(out.size, size=int(rng.integers(1, 6)))
        out.flat[places] = pick(rng, tuple(odd))
    return out


def _hdf5(_: str, data: bytes, rng: Rng) -> bytes:
    import h5py

    out = io.BytesIO()
    with h5py.File(io.BytesIO(data), "r") as read, h5py.File(out, "w") as write:
        for key in read:
            value = read[key][()]
            kind = rng.random()
            if kind < 0.7 and isinstance(value, np.ndarray) and value.dtype.kind in "iuf":
                value = mutated_array(value, rng)
                plain = value.dtype.kind in "iufbc"
                write.create_dataset(key, data=value if plain else value.shape)
            elif kind < 0.8:
                write.create_group(key)
            elif kind < 0.9:
                write[key] = (
                    h5py.SoftLink("/") if rng.random() < 0.5 else h5py.ExternalLink("x", "y")
                )
            else:
                write.create_dataset(key, data=b"text" if rng.random() < 0.5 else 1)
    return out.getvalue()


def _gzip(name: str, data: bytes, rng: Rng) -> bytes:
    inner = {".jgz": "x.json"}.get(PurePosixPath(name).suffix, PurePosixPath(name).stem)
    return gzip.compress(damaged(inner, gzip.decompress(data), rng), 1)


def _pickle(_: str, data: bytes, rng: Rng) -> bytes:
    tree = mutated_tree(pickle.loads(data), rng)  # noqa: TID251 - our own bytes
    depth = int(pick(rng, (40, 700, 100_000)))
    deep = b"]" * depth + b"a" * (depth - 1)
    written = pickle.dumps(tree, protocol=int(rng.integers(2, 4)))
    return written.replace(b"X\x06\x00\x00\x00" + DEEP.encode(), deep)


def _zip(_: str, data: bytes, rng: Rng) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(i.filename, archive.read(i)) for i in archive.infolist()]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", int(pick(rng, (0, 8, 8, 8, 12, 14)))) as archive:
        for name, content in _other_members(members, rng):
            info = zipfile.ZipInfo(name or "x", (1980, 1, 1, 0, 0, 0))
            info.compress_type = archive.compression
            if rng.random() < 0.01:
                info.external_attr = 0o120777 << 16
            archive.writestr(info, content)
    return out.getvalue()


def _tar(_: str, data: bytes, rng: Rng) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        members = [(i.name, archive.extractfile(i).read()) for i in archive if i.isreg()]
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=int(rng.integers(3))) as archive:
        for name, content in _other_members(members, rng):
            info = tarfile.TarInfo((name or "x")[:90].replace("\x00", "0"))
            info.size = len(content)
            if rng.random() < 0.01:
                info.type = bytes(pick(rng, (b"1", b"2", b"3", b"5", b"6", b"S", b"x", b"L")))
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def _other_members(members: list[tuple[str, bytes]], rng: Rng) -> list[tuple[str, bytes]]:
    members = list(members)
    at = int(rng.integers(len(members)))
    name, content = members[at]
    kind = rng.random()
    if kind < 0.75:
        members[at] = (name, damaged(name, content, rng))
    elif kind < 0.82:
        del members[at]
    elif kind < 0.88:
        members[at] = (str(pick(rng, _ODD_NAMES)), content)
    elif kind < 0.94:
        members[at] = (name, members[int(rng.integers(len(members)))][1])
    else:
        members.append((members[int(rng.integers(len(members)))][0] + "x", content))
    return members


def _matlab(_: str, data: bytes, rng: Rng) -> bytes:
    """What lies in a compressed variable is damaged before it is packed again."""
    parts, at = [data[:128]], 128
    places = []
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<II", data, at)
        places.append((kind, data[at + 8 : at + 8 + size]))
        at += 8 + size
    hit = int(rng.integers(len(places))) if places else -1
    for number, (kind, payload) in enumerate(places):
        if number == hit:
            inner = zlib.decompress(payload) if kind == 15 else payload
            payload = zlib.compress(mutated(inner, rng), 1) if kind == 15 else mutated(inner, rng)
        parts.append(struct.pack("<II", kind, len(payload)) + payload)
    return b"".join(parts)


def _vrs(_: str, data: bytes, rng: Rng) -> bytes:
    """A number of some record's header, a tag, or what was packed: the rest stays as it is."""
    heads = _vrs_records(data)
    at, size = heads[int(rng.integers(len(heads)))] if heads else (0, 80)
    out = bytearray(data)
    kind = rng.random()
    if kind < 0.35 or not heads:
        form = str(pick(rng, ("<I", "<Q", "<d", "<H", "<B")))
        value = pick(rng, (0, 1, 2, 3, 31, 32, 33, 255))
        if form in ("<I", "<Q") and rng.random() < 0.7:
            value = pick(rng, (2**31 - 1, 2**31, 2**32 - 1, len(data), len(data) - 1, size - 32))
        packed = struct.pack(form, value)
        far = int(pick(rng, (0, at))) + int(rng.integers(80))
        out[far : far + len(packed)] = packed
        return bytes(out)
    if kind < 0.7:
        # The description is text and counts: what streams say of themselves.
        (place,) = struct.unpack_from("<q", data, 40)
        (length,) = struct.unpack_from("<I", data, place)
        text = data[place + 32 : place + length]
        changed = mutated(text, rng)[: len(text)].ljust(len(text), b"\x00")
        return data[: place + 32] + changed + data[place + length :]
    payload = bytes(out[at + 32 : at + size])
    codec = {1: "lz4", 2: "zstd"}.get(out[at + 23])
    if codec is not None and rng.random() < 0.7:
        (whole,) = struct.unpack_from("<I", out, at + 28)
        plain = pa.decompress(payload, decompressed_size=whole, codec=codec, asbytes=True)
        # Of the same length once packed, so that all that follows stays where the index says.
        again = pa.compress(mutated(plain, rng), codec=codec, asbytes=True)
        out[at + 32 : at + size] = again[: len(payload)].ljust(len(payload), b"\x00")
    else:
        out[at + 32 : at + size] = mutated(payload, rng)[: len(payload)].ljust(len(payload), b"\0")
    return bytes(out)


def _vrs_records(data: bytes) -> list[tuple[int, int]]:
    """Place and size of the records from the description on."""
    if len(data) < 112:
        return []
    (at,) = struct.unpack_from("<q", data, 40)
    found = []
    while 0 < at <= len(data) - 32:
        (size,) = struct.unpack_from("<I", data, at)
        if size < 32 or at + size > len(data):
            break
        found.append((at, size))
        at += size
    return found


_BY_SUFFIX: dict[str, Callable[[str, bytes, Rng], bytes]] = {
    ".json": _json, ".jsonl": _json_lines, ".ply": _ply, ".npy": _numpy, ".hdf5": _hdf5,
    ".gz": _gzip, ".jgz": _gzip, ".pkl": _pickle, ".zip": _zip, ".tar": _tar, ".mat": _matlab,
    ".txt": _lines, ".csv": _lines, ".traj": _lines, ".pincam": _lines, ".house": _lines,
    ".conf": _lines, ".vrs": _vrs,
}  # fmt: skip
