"""Streams of images in a VRS container: what their tags and configuration say, and their pixels."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import CorruptInput
from sextant.sources import images
from sextant.sources.documents import parse_json, shown
from sextant.sources.vrs.container import CONFIGURATION, DATA, StreamId, Vrs

PIXELS = {1: ("u1", 1), 4: ("u1", 3), 11: ("<u2", 1), 13: ("<u8", 1)}
"""Stored type and values of a pixel by ``PixelFormat`` (``vrs/RecordFormat.h``): grey8, rgb8,
grey16, scalar64f. The last is said to be float64; ADT's ids are uint64 in it."""

_BLOCKS = re.compile(r"data_layout/size=(\d{1,6})\+image/(jpg|png|raw)")
_VALUE = {"uint32_t": "<I", "int64_t": "<q", "uint64_t": "<Q"}
_MAX_PLACE = 2**20
_MAX_CONFIGURATIONS = 64
"""A recorder writes one, and one more whenever it is started again or something changes."""


@dataclass(frozen=True, slots=True, eq=False)
class ImageStream:
    """The images of one stream, all of the same kind.

    Attributes:
        vrs: The container.
        records: (n,) numbers of its data records, ordered by time.
        version: Of their layout.
        width, height: In pixels.
        coding: "jpg", "png" or "raw".
        layout_bytes: Numbers before the image.
        time_at: Place of the capture time among them.
        dtype, channels: Of raw pixels.
        stride: Bytes from one raw line to the next.
    """

    vrs: Vrs
    records: NDArray[np.intp]
    version: int
    width: int
    height: int
    coding: str
    layout_bytes: int
    time_at: int
    dtype: str
    channels: int
    stride: int

    def times_ns(self) -> NDArray[np.int64]:
        """Return the (n,) capture times in nanoseconds; the pixels stay unread."""
        return np.array([self._time_ns(k) for k in self.records.tolist()], dtype=np.int64)

    def image(self, index: int) -> NDArray:
        """Return an image: (H, W) or (H, W, channels), uint8, uint16 or uint64.

        Raises:
            CorruptInput: If the record is damaged or holds another number of pixels.
            ConventionError: If a coded image has another size than its stream.
        """
        number = int(self.records[index])
        where = self.vrs.where(number)
        header, payload = self.vrs.read(number)
        self._check(header.version, where)
        data = payload[self.layout_bytes :]
        if self.coding != "raw":
            return images.read_rgb(data, (self.width, self.height), where)
        if len(data) != self.stride * self.height:
            raise CorruptInput(
                "VRS record holds another number of pixels", where=where,
                expected=f"{self.stride * self.height} bytes", got=len(data),
            )  # fmt: skip
        lines = np.frombuffer(data, self.dtype).reshape(self.height, -1)
        pixels = lines[:, : self.width * self.channels]
        return pixels if self.channels == 1 else pixels.reshape(self.height, self.width, -1)

    def _time_ns(self, number: int) -> int:
        header, payload = self.vrs.read(number, self.layout_bytes)
        self._check(header.version, self.vrs.where(number))
        return int(struct.unpack_from("<q", payload, self.time_at)[0])

    def _check(self, version: int, where: str) -> None:
        if version != self.version:
            raise CorruptInput(
                "VRS record has another layout than its stream", where=where,
                expected=f"version {self.version}", got=version,
            )  # fmt: skip


def open_images(vrs: Vrs, stream: StreamId) -> ImageStream:
    """Read what a stream says of its images.

    Raises:
        CorruptInput: If there is no such stream, it holds no images, or of an unknown kind.
    """
    name = f"{vrs.path}: stream {stream[0]}-{stream[1]}"
    records, configurations = (vrs.records(stream, kind) for kind in (DATA, CONFIGURATION))
    if stream not in vrs.stream_tags or not len(records) or not len(configurations):
        raise CorruptInput(
            "VRS container has no such stream of images", where=name,
            got=sorted(f"{a}-{b}" for a, b in vrs.stream_tags)[:20],
        )  # fmt: skip
    tags = vrs.stream_tags[stream]
    if len(configurations) > _MAX_CONFIGURATIONS:
        raise CorruptInput(
            "VRS stream has too many configurations", where=name,
            expected=f"<= {_MAX_CONFIGURATIONS}", got=len(configurations),
        )  # fmt: skip
    rasters = {_raster(vrs, number, tags, name) for number in configurations.tolist()}
    if len(rasters) > 1:
        raise CorruptInput(
            "VRS stream changes the raster of its images", where=name,
            expected="the same width, height, stride and pixel format throughout",
            got=sorted(rasters)[:4],
        )  # fmt: skip
    ((width, height, stride, pixel),) = rasters
    version = vrs.read(int(records[0]), 0)[0].version
    blocks = tags.get(f"RF:Data:{version}", "")
    match = _BLOCKS.fullmatch(blocks)
    if match is None:
        raise CorruptInput(
            "VRS stream holds images of an unknown kind", where=name,
            expected="data_layout/size=N+image/jpg, png or raw", got=shown(blocks),
        )  # fmt: skip
    if not (0 < width and 0 < height and width * height <= images.MAX_PIXELS):
        raise CorruptInput(
            "VRS stream has no plausible size", where=name,
            expected=f"1..{images.MAX_PIXELS} pixels", got=f"{width}x{height}",
        )  # fmt: skip
    coding, dtype, channels = match[2], "u1", 3
    if coding == "raw":
        if pixel not in PIXELS:
            raise CorruptInput(
                "VRS stream has pixels of an unknown format", where=name,
                expected=sorted(PIXELS), got=pixel,
            )  # fmt: skip
        dtype, channels = PIXELS[pixel]
        line = width * channels * np.dtype(dtype).itemsize
        stride = stride or line
        if not line <= stride <= 2 * line + 4096 or stride % np.dtype(dtype).itemsize:
            raise CorruptInput(
                "VRS stream has lines of no plausible length", where=name,
                expected=f"{line} bytes and some more", got=stride,
            )  # fmt: skip
    layout_bytes = int(match[1])
    kind, time_at = _places(tags, f"DL:Data:{version}:0", name).get(
        "capture_timestamp_ns", ("", _MAX_PLACE)
    )
    if kind != "int64_t" or time_at + 8 > layout_bytes:
        raise CorruptInput("VRS stream has no capture times", where=name, got=f"{kind} {time_at}")
    return ImageStream(
        vrs, records, version, width, height, coding, layout_bytes, time_at, dtype, channels, stride
    )


def _raster(vrs: Vrs, number: int, tags: Any, name: str) -> tuple[int, int, int, int]:
    """Return width, height, stride and pixel format that a configuration says."""
    header, payload = vrs.read(number)
    places = _places(tags, f"DL:Configuration:{header.version}:0", name)
    width, height, stride, pixel = (
        _number(places, payload, f"image_{what}", "uint32_t", name)
        for what in ("width", "height", "stride", "pixel_format")
    )
    return width, height, stride, pixel


def _places(tags: Any, tag: str, name: str) -> dict[str, tuple[str, int]]:
    """Return type and place of the single numbers of a layout, by name."""
    document = parse_json(tags.get(tag, "null"), f"{name}: {tag}")
    pieces = document.get("data_layout") if isinstance(document, dict) else None
    if not isinstance(pieces, list):
        raise CorruptInput("VRS stream does not say its layout", where=f"{name}: {tag}")
    found = {}
    for piece in pieces:
        if isinstance(piece, dict) and isinstance(piece.get("offset"), int):
            value = re.fullmatch(r"DataPieceValue<(\w+)>", str(piece.get("type"))[:80])
            if value is not None and 0 <= piece["offset"] < _MAX_PLACE:
                found[str(piece.get("name"))[:80]] = (value[1], piece["offset"])
    return found


def _number(
    places: dict[str, tuple[str, int]], payload: bytes, piece: str, kind: str, name: str
) -> int:
    form = _VALUE[kind]
    found, at = places.get(piece, ("", 0))
    if found != kind or at + struct.calcsize(form) > len(payload):
        raise CorruptInput(
            "VRS stream does not say its images' size", where=name, expected=f"{piece}, {kind}",
            got=f"{found} at {at} of {len(payload)} bytes",
        )  # fmt: skip
    return int(struct.unpack_from(form, payload, at)[0])
