"""A VRS file: opened by its header, index and tags; records are read one at a time."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.errors import CorruptInput, MissingInput
from sextant.sources.documents import stamp
from sextant.sources.vrs.listing import classic_index, read_tags, walked
from sextant.sources.vrs.records import (
    HEADER_BYTES,
    RecordHeader,
    bytes_at,
    record_header,
    unpacked,
)

CONFIGURATION, DATA = 2, 3
"""Kinds of records (``vrs/Record.h``)."""

MAX_DESCRIPTION_BYTES = 16 * 1024 * 1024
"""A recording's are 34 KB. Many short tags take fifteen times as much memory as bytes."""

_FILE = struct.Struct("<8sQIIqqq24s4s4s")
_GROWTH = 200
"""Headers may grow in later versions; the library takes a larger growth for damage."""

_INDEX_VERSION = _DESCRIPTION_VERSION = 2

_LEADING_BYTES = 256 * 1024
"""Enough for the first block of a packed record, which has at most 128 KiB."""

StreamId = tuple[int, int]
"""Type and instance: "214-1" is (214, 1)."""


@dataclass(frozen=True, slots=True, eq=False)
class Vrs:
    """An opened container. It holds no open file, so that it can be sent to another process.

    Attributes:
        path: The file.
        record_header_size: Bytes before each payload.
        tags: Of the file.
        stream_tags: Of each stream.
        offsets: (n,) int64 places of the records in the file, ordered by time.
        index: (n,) what the index says of each.
    """

    path: Path
    record_header_size: int
    tags: Mapping[str, str]
    stream_tags: Mapping[StreamId, Mapping[str, str]]
    offsets: NDArray[np.int64]
    index: NDArray

    def records(self, stream: StreamId, kind: int) -> NDArray[np.intp]:
        """Return the numbers of a stream's records of one kind, ordered by time."""
        index = self.index
        same = (index["type"] == stream[0]) & (index["instance"] == stream[1])
        return np.flatnonzero(same & (index["kind"] == kind))

    def read(self, number: int, leading: int | None = None) -> tuple[RecordHeader, bytes]:
        """Return a record's header and payload, or the payload's first ``leading`` bytes only.

        Raises:
            CorruptInput: If it is not the record that the index tells of, is shorter than asked
                for, damaged, or larger than ``MAX_RECORD_BYTES``.
        """
        told, where = self.index[number], self.where(number)
        stored = int(told["size"]) - self.record_header_size
        most = stored if leading is None else min(stored, leading)
        at, own = int(self.offsets[number]), self.record_header_size
        data = bytes_at(self.path, at, own + most)
        header = record_header(data, where, own)
        found = (header.time_s, header.size, header.kind, header.type, header.instance)
        if found != told.tolist():
            raise CorruptInput(
                "VRS record is not the one that the index tells of", where=where,
                expected=told.tolist(), got=found,
            )  # fmt: skip
        whole = header.unpacked_size if header.compression else stored
        wanted = whole if leading is None else leading
        if header.compression and leading is not None:
            data = bytes_at(self.path, at, own + min(stored, _LEADING_BYTES))
        payload = data[own:]
        return header, unpacked(payload, header.compression, wanted, where)

    def where(self, number: int) -> str:
        """Return the place of a record, for messages."""
        return f"{self.path}: record at byte {int(self.offsets[number])}"


def open_vrs(path: Path) -> Vrs:
    """Open a container; its records stay unread.

    Raises:
        MissingInput: If there is no such file.
        CorruptInput: If it is no container, is cut off or damaged, or of an unknown version.
    """
    if not path.is_file():
        raise MissingInput("container is not there", where=path)
    return _open(path, *stamp(path))


@lru_cache(maxsize=2)
def _open(path: Path, size: int, _: int) -> Vrs:
    head = bytes_at(path, 0, min(size, _FILE.size))
    if len(head) < _FILE.size or head[:8] != b"VisionRe":
        raise CorruptInput("not a VRS container", where=path, expected="b'VisionRe'", got=head[:8])
    _, _, own, header_size, at_index, at_description, first, _, magic, _ = _FILE.unpack(head)
    plausible = (
        magic == b"cord"
        and _FILE.size <= own <= _FILE.size + _GROWTH
        and HEADER_BYTES <= header_size <= HEADER_BYTES + _GROWTH
        and own <= at_description < size
        and (at_index == 0 or own <= at_index < size)
        and (first == 0 or own <= first <= size)
    )
    reach = max(at_description + 1, at_index + 1, first)
    if magic == b"cord" and reach > size:  # what an interrupted download leaves
        raise CorruptInput(
            "VRS container is cut short, or its header is damaged", where=path,
            expected=f"at least {reach} bytes", got=f"{size} bytes", hint="get the file again",
        )  # fmt: skip
    if not plausible:
        raise CorruptInput("VRS header is damaged", where=path, got=head.hex())
    description, text = _whole(path, at_description, header_size, MAX_DESCRIPTION_BYTES)
    if description.version != _DESCRIPTION_VERSION:
        raise CorruptInput(
            "VRS tags are of an unknown version", where=path, expected=_DESCRIPTION_VERSION,
            got=description.version,
        )  # fmt: skip
    stream_tags, tags = read_tags(text, f"{path}: description")
    start, index = first or at_description + description.size, None
    if at_index:
        header, entries = _whole(path, at_index, header_size, size)
        if header.version == _INDEX_VERSION:
            index = classic_index(header, entries, f"{path}: index")
        if at_index == start:
            start += header.size
    if index is None:
        # The recording was interrupted, or its index was written piece by piece.
        index = walked(path, start, size)
    sizes = index["size"].astype(np.int64)
    ends = start + np.cumsum(sizes)
    if len(index) and (int(sizes.min()) < header_size or int(ends[-1]) > size):
        raise CorruptInput(
            "VRS container is cut off, or its index damaged", where=path,
            expected=f"records up to byte {int(ends[-1])}", got=f"{size} bytes",
            hint="fetch it again; a recording in several files is made one by `vrs copy`",
        )  # fmt: skip
    order = np.argsort(index["time_s"], kind="stable")
    return Vrs(path, header_size, tags, stream_tags, (ends - sizes)[order], index[order])


def _whole(path: Path, at: int, header_size: int, most: int) -> tuple[RecordHeader, bytes]:
    """Return a record that no index tells of, and its payload as stored."""
    where = f"{path}: record at byte {at}"
    header = record_header(bytes_at(path, at, HEADER_BYTES), where, header_size)
    if header.size > most:
        raise CorruptInput(
            "VRS record is damaged", where=where, expected=f"<= {most} bytes", got=header.size
        )
    return header, bytes_at(path, at, header.size)[header_size:]
