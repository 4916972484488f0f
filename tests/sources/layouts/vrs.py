"""Write VRS containers: what a recorder of facebookresearch/vrs would have written."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

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
    coded: Sequence[bytes | NDArray]
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
        records.append((1e-320, s.id, CONFIGURATION, _configuration(s), s.packing))
        records.append((2e-320, s.id, STATE, b"", "none"))
        for image, time_ns in zip(s.coded, s.times_ns, strict=True):
            records.append((time_ns / 1e9, s.id, DATA, _data(s, image, time_ns), s.packing))
    records.sort(key=lambda r: r[:2], reverse=backwards)
    stored, previous = [], 0
    for time_s, stream, kind, payload, packing in records:
        stored.append(record(time_s, stream, kind, payload, packing, previous))
        previous = len(stored[-1])
    description = record(
        LAST, (DESCRIPTION_TYPE, 0), DATA, _description(streams, tags or {}), "none", 0
    )
    entries = b"".join(
        struct.pack("<dIBiH", time_s, len(data), kind, *stream)
        for (time_s, stream, kind, _, _), data in zip(records, stored, strict=True)
    )
    ids = sorted(s.id for s in streams)
    prelude = struct.pack("<I", len(ids)) + b"".join(struct.pack("<iH", *i) for i in ids)
    prelude += struct.pack("<I", len(records))
    packed = entries if index_packing == "none" else _packed(entries, index_packing)
    whole = _header(
        LAST, (INDEX_TYPE, 0), DATA, 32 + len(prelude) + len(packed), 0, PACKED[index_packing],
        0 if index_packing == "none" else len(prelude) + len(entries),
    ) + prelude + packed  # fmt: skip
    at_index = at_first = 80 + len(description)
    if index == "front":
        at_first += len(whole)
        body = [description, whole, *stored]
    else:
        at_index += sum(map(len, stored))
        body = [description, *stored, *([whole] if index == "end" else [])]
    head = struct.pack(
        "<8sQIIqqqQQQ4s4s", b"VisionRe", 1234567, 80, 32, 0 if index == "none" else at_index, 80,
        at_first if index == "front" else 0, 0, 0, 0, b"cord",
        b"VRS2" if index == "front" else b"VRS1",
    )  # fmt: skip
    path.write_bytes(head + b"".join(body))


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
