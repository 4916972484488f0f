"""What a VRS container says of itself: where its records are, and the tags."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.errors import CorruptInput
from sextant.sources.vrs.records import (
    HEADER_BYTES,
    RecordHeader,
    record_header,
    unpacked,
)

INDEX = np.dtype(
    [("time_s", "<f8"), ("size", "<u4"), ("kind", "u1"), ("type", "<i4"), ("instance", "<u2")]
)
"""An entry of the index (``IndexRecord.h``, DiskRecordInfo)."""

MAX_RECORDS = 5_000_000
"""Three quarters of an hour of all that the glasses record, and some hundred megabytes of index."""

_ENTRY = struct.Struct("<dIBiH")

_STREAM_BYTES = 6

Tags = dict[str, str]


def classic_index(header: RecordHeader, payload: bytes, where: str) -> NDArray:
    """Read an index of version 2: streams, count and entries, of which the last may be packed.

    Raises:
        CorruptInput: If it holds fewer entries than it says, or more than ``MAX_RECORDS``.
    """
    try:
        (streams,) = struct.unpack_from("<I", payload, 0)
        at = 4 + streams * _STREAM_BYTES
        (count,) = struct.unpack_from("<I", payload, at)
    except struct.error as error:
        raise CorruptInput("VRS index is damaged", where=where, got=error) from error
    _check_count(count, where)
    wanted = count * INDEX.itemsize
    return np.frombuffer(unpacked(payload[at + 4 :], header.compression, wanted, where), INDEX)


def walked(path: Path, start: int, size: int) -> NDArray:
    """Make an index by going from record to record; one that was never finished is left out.

    Raises:
        CorruptInput: If a record's header is damaged, or there are more than ``MAX_RECORDS``.
    """
    found, at = bytearray(), start
    try:
        with path.open("rb") as file:
            while at + HEADER_BYTES <= size:
                file.seek(at)
                h = record_header(file.read(HEADER_BYTES), f"{path}: record at byte {at}")
                at += h.size
                if at <= size:
                    found += _ENTRY.pack(h.time_s, h.size, h.kind, h.type, h.instance)
                _check_count(len(found) // _ENTRY.size, str(path))
    except OSError as error:
        raise CorruptInput("VRS container cannot be read", where=path, got=error) from error
    return np.frombuffer(bytes(found), INDEX)


def _check_count(count: int, where: str) -> None:
    if count > MAX_RECORDS:
        raise CorruptInput(
            "VRS container has too many records", where=where, expected=f"<= {MAX_RECORDS}",
            got=count,
        )  # fmt: skip


def read_tags(data: bytes, where: str) -> tuple[dict[tuple[int, int], Tags], Tags]:
    """Read a description of version 2.

    Returns:
        The tags of each stream, its producer's and the library's own in one, and the file's.

    Raises:
        CorruptInput: If it is cut off or no UTF-8.
    """
    reader = _Reader(data, where)
    streams: dict[tuple[int, int], Tags] = {}
    for _ in range(reader.number()):
        kind, instance = struct.unpack("<iH", reader.take(_STREAM_BYTES))
        streams[kind, instance] = reader.pairs() | reader.pairs()
    return streams, reader.pairs()


class _Reader:
    """Counted maps of counted strings, read in turn."""

    def __init__(self, data: bytes, where: str) -> None:
        self.data, self.where, self.at = data, where, 0

    def pairs(self) -> Tags:
        found = {}
        for _ in range(self.number()):
            name = self.text()
            found[name] = self.text()
        return found

    def text(self) -> str:
        try:
            return self.take(self.number()).decode()
        except UnicodeDecodeError as error:
            raise CorruptInput("VRS tags are not UTF-8", where=self.where, got=error) from error

    def number(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def take(self, count: int) -> bytes:
        data = self.data[self.at : self.at + count]
        if len(data) < count:
            raise CorruptInput(
                "VRS tags are cut off", where=self.where, expected=f"{count} more bytes",
                got=len(data),
            )  # fmt: skip
        self.at += count
        return data
