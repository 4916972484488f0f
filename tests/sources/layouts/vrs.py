"""Write VRS containers: what a recorder of facebookresearch/vrs would have written."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

StreamId = tuple[int, int]
STATE, CONFIGURATION, DATA = 1, 2, 3
PACKED = {"none": 0, "lz4": 1, "zstd": 2}
PIXEL_FORMATS = {"uint8": 1, "uint16": 11, "uint64": 13}
INDEX_TYPE, DESCRIPTION_TYPE = 1, 2
LAST = 1.7976931348623157e308

CONFIGURATION_PIECES = (
    ("camera_id", "uint32_t", 0), ("nominal_rate", "double", 4), ("image_width", "uint32_t", 12),
    ("image_height", "uint32_t", 16), ("image_stride", "uint32_t", 20),
    ("image_pixel_format", "uint32_t", 24),
)  # fmt: skip
DATA_PIECES = (
    ("group_id", "uint64_t", 0), ("frame_number", "uint64_t", 8), ("gain", "double", 16),
    ("capture_timestamp_ns", "int64_t", 24), ("arrival_timestamp_ns", "int64_t", 32),
)  # fmt: skip
DATA_BYTES = 40


@dataclass
class Stream:
    """Images of a stream.

    Attributes:
        id: Type and instance.
        coded: Encoded images, or raw arrays.
        times_ns: Their capture times.
        coding: "jpg", "png" or "raw".
        size: (width, height).
        packing: Of the records.
        pad: Bytes beyond each raw line.
    """

    id: StreamId
    coded: Sequence[bytes | NDArray]  # may be made on the fly: each is asked for once, in order
    times_ns: Sequence[int]
    coding: str
    size: tuple[int, int]
    packing: str = "none"
    pad: int = 0
    tags: Mapping[str, str] = field(default_factory=dict)

    def dtype(self) -> np.dtype:
        first = self.coded[0] if self.coded else b""
        return np.dtype("u1") if isinstance(first, bytes) else first.dtype


def write(
    path: Path,
    streams: Sequence[Stream],
    tags: Mapping[str, str] | None = None,
    *,
    index: str = "front",
    index_packing: str = "zstd",
    backwards: bool = False,
) -> None:
    """Write a container; the index is in "front" of the records, at the "end", or there is none.

    Recorders write in order of time; ``backwards`` turns all records around.
    """
    records = []
    for s in streams:
        records.append((1e-320, s.id, CONFIGURATION, s, None, 0))
        records.append((2e-320, s.id, STATE, s, None, 0))
        for image, time_ns in zip(s.coded, s.times_ns, strict=True):
            records.append((time_ns / 1e9, s.id, DATA, s, image, time_ns))
    records.sort(key=lambda r: r[:2], reverse=backwards)
    description = record(
        LAST, (DESCRIPTION_TYPE, 0), DATA, _description(streams, tags or {}), "none", 0
    )
    entries = io.BytesIO()
    ids = sorted(s.id for s in streams)
    at_index = 80 + len(description)
    with path.open("wb") as file:
        file.write(bytes(80) + description)
        if index == "front":
            # Its size follows from the records: it is written once they are, into its place.
            body = io.BytesIO()
            _write_records(body, records, entries)
            whole = _index(ids, len(records), entries.getvalue(), index_packing)
            file.write(whole + body.getvalue())
        else:
            _write_records(file, records, entries)
            at_index = file.tell()
            if index == "end":
                file.write(_index(ids, len(records), entries.getvalue(), index_packing))
        first = 80 + len(description) + len(whole) if index == "front" else 0
        file.seek(0)
        file.write(struct.pack(
            "<8sQIIqqqQQQ4s4s", b"VisionRe", 1234567, 80, 32, 0 if index == "none" else at_index,
            80, first, 0, 0, 0, b"cord", b"VRS2" if index == "front" else b"VRS1",
        ))  # fmt: skip


def _write_records(file: BinaryIO, records: list[tuple], entries: BinaryIO) -> None:
    previous = 0
    for time_s, stream, kind, s, image, time_ns in records:
        if kind == CONFIGURATION:
            payload = _configuration(s)
        else:
            payload = _data(s, image, time_ns) if kind == DATA else b""
        packing = "none" if kind == STATE else s.packing
        data = record(time_s, stream, kind, payload, packing, previous)
        file.write(data)
        entries.write(struct.pack("<dIBiH", time_s, len(data), kind, *stream))
        previous = len(data)


def _index(ids: list[StreamId], count: int, entries: bytes, packing: str) -> bytes:
    prelude = struct.pack("<I", len(ids)) + b"".join(struct.pack("<iH", *i) for i in ids)
    prelude += struct.pack("<I", count)
    packed = entries if packing == "none" else _packed(entries, packing)
    return _header(
        LAST, (INDEX_TYPE, 0), DATA, 32 + len(prelude) + len(packed), 0, PACKED[packing],
        0 if packing == "none" else len(prelude) + len(entries),
    ) + prelude + packed  # fmt: skip


def record(
    time_s: float, stream: StreamId, kind: int, payload: bytes, packing: str, previous: int
) -> bytes:
    """One record, packed if it becomes smaller as a recorder would."""
    packed = payload if packing == "none" else _packed(payload, packing)
    if packing == "none" or len(packed) >= len(payload):
        return _header(time_s, stream, kind, 32 + len(payload), previous, 0, 0) + payload
    size = 32 + len(packed)
    return _header(time_s, stream, kind, size, previous, PACKED[packing], len(payload)) + packed


def _header(
    time_s: float, stream: StreamId, kind: int, size: int, previous: int, packing: int, whole: int
) -> bytes:
    type_, instance = stream
    return struct.pack(
        "<IIiIdHBBI", size, previous, type_, 2, time_s, instance, kind, packing, whole
    )


def _packed(data: bytes, packing: str) -> bytes:
    return bytes(pa.compress(data, codec=packing, asbytes=True))


def _configuration(s: Stream) -> bytes:
    width, height = s.size
    stride = width * s.dtype().itemsize + s.pad if s.coding == "raw" else 0
    return struct.pack("<IdIIII", 0, 30.0, width, height, stride, PIXEL_FORMATS[s.dtype().name])


def _data(s: Stream, image: bytes | NDArray, time_ns: int) -> bytes:
    numbers = struct.pack("<QQdqq", 7, 8, 1.0, time_ns, time_ns + 5)
    if isinstance(image, bytes):
        return numbers + image
    lines = [line.tobytes() + bytes(s.pad) for line in image]
    return numbers + b"".join(lines)


def _description(streams: Sequence[Stream], tags: Mapping[str, str]) -> bytes:
    out = struct.pack("<I", len(streams))
    for s in sorted(streams, key=lambda s: s.id):
        own = {
            "RF:Configuration:2": "data_layout",
            "RF:Data:2": f"data_layout/size={DATA_BYTES}+image/{s.coding}",
            "DL:Configuration:2:0": _layout(CONFIGURATION_PIECES),
            "DL:Data:2:0": _layout(DATA_PIECES),
            "VRS_Original_Recordable_Name": "Camera Class",
            "VRS_Recordable_Flavor": "device/aria",
            "VRS_Serial_Number": f"{s.id[0]}-{s.id[1]}",
        }
        out += struct.pack("<iH", *s.id) + _pairs({"device_type": "Aria"}) + _pairs(own | s.tags)
    return out + _pairs(tags)


def _layout(pieces: Sequence[tuple[str, str, int]]) -> str:
    listed = [
        {"name": name, "type": f"DataPieceValue<{kind}>", "offset": at} for name, kind, at in pieces
    ]
    return json.dumps({"data_layout": listed}, separators=(",", ":"))


def _pairs(pairs: Mapping[str, str]) -> bytes:
    texts = [text.encode() for pair in sorted(pairs.items()) for text in pair]
    return struct.pack("<I", len(pairs)) + b"".join(
        struct.pack("<I", len(text)) + text for text in texts
    )
