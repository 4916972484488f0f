"""Bytes of a VRS file, the headers of its records, and unpacking with a limit."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

from sextant.errors import CorruptInput

MAX_RECORD_BYTES = 256 * 1024 * 1024
"""Of one record once unpacked; a picture of 16 megapixels with 8 bytes each is half of it."""

HEADER_BYTES = 32
_HEADER = struct.Struct("<IIiIdHBBI")

_CODECS = {1: "lz4", 2: "zstd"}


class RecordHeader(NamedTuple):
    """What stands before every payload (``FileFormat.h``, RecordHeader).

    Attributes:
        size: Bytes of header and payload as stored.
        previous_size: Those of the record before it.
        type, instance: Its stream.
        version: Of the payload's layout.
        time_s: On the recording's clock.
        kind: 1 state, 2 configuration, 3 data.
        compression: 0 none, 1 lz4, 2 zstd.
        unpacked_size: Bytes of the payload once unpacked; 0 if it is not packed.
    """

    size: int
    previous_size: int
    type: int
    version: int
    time_s: float
    instance: int
    kind: int
    compression: int
    unpacked_size: int


def record_header(data: bytes, where: str, least: int = HEADER_BYTES) -> RecordHeader:
    """Read a header; ``least`` is the size that the file says its headers have.

    Raises:
        CorruptInput: If it is cut off, or smaller in all than its header.
    """
    if len(data) < HEADER_BYTES:
        raise CorruptInput("VRS container is cut off", where=where)
    header = RecordHeader(*_HEADER.unpack_from(data))
    if header.size < least:
        raise CorruptInput(
            "VRS record is damaged", where=where, expected=f"at least {least} bytes",
            got=header.size,
        )  # fmt: skip
    return header


def bytes_at(path: Path, at: int, length: int) -> bytes:
    """Return so many bytes of a file.

    Raises:
        CorruptInput: If it has not as many, they are too many, or it cannot be read.
    """
    check_length(length, f"{path}: byte {at}")
    try:
        with path.open("rb") as file:
            file.seek(at)
            data = file.read(length)
    except OSError as error:
        raise CorruptInput("VRS container cannot be read", where=path, got=error) from error
    if len(data) < length:
        raise CorruptInput(
            "VRS container is cut off", where=f"{path}: byte {at}", expected=f"{length} bytes",
            got=len(data),
        )  # fmt: skip
    return data


def check_length(length: int, where: str) -> None:
    """Refuse what would be too much in memory; a file with holes in it says any size for free."""
    if length > MAX_RECORD_BYTES:
        raise CorruptInput(
            "VRS record is too large", where=where, expected=f"<= {MAX_RECORD_BYTES} bytes",
            got=length,
        )  # fmt: skip


def unpacked(stored: bytes, compression: int, wanted: int, where: str) -> bytes:
    """Unpack so many bytes and no more, whatever else the stream would grow to.

    Raises:
        CorruptInput: If there are fewer, or more than ``MAX_RECORD_BYTES`` are wanted, or the way
            of packing is unknown.
    """
    check_length(wanted, where)
    if compression == 0:
        data = stored[:wanted]
    elif compression in _CODECS:
        import pyarrow as pa  # not waited for by who reads facts only

        try:
            stream = pa.CompressedInputStream(pa.BufferReader(stored), _CODECS[compression])
            data = bytes(stream.read(wanted))
        except (OSError, pa.ArrowException, MemoryError) as error:
            raise CorruptInput("VRS record cannot be unpacked", where=where, got=error) from error
    else:
        raise CorruptInput(
            "VRS record is packed in an unknown way", where=where,
            expected="0 (not), 1 (lz4) or 2 (zstd)", got=compression,
        )  # fmt: skip
    if len(data) < wanted:
        raise CorruptInput(
            "VRS record is shorter than it says", where=where, expected=wanted, got=len(data)
        )
    return data
