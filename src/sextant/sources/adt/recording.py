"""The recordings of a sequence: times, calibration, and one image at a time.

Pictures are opened by folder and index, so that a frame can be sent to another process; each
process keeps what the containers say of themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput
from sextant.sources.adt.fisheye import Fisheye624
from sextant.sources.adt.layout import DEPTH, SEGMENTATION, VIDEO
from sextant.sources.aria import SENSOR_SIDE, VALID_RADIUS, lens_at, raster_of, rgb_camera
from sextant.sources.documents import parse_json, stamp
from sextant.sources.vrs import ImageStream, StreamId, open_images, open_vrs

Array = NDArray[np.float64]

STREAMS: dict[str, StreamId] = {VIDEO: (214, 1), DEPTH: (345, 1), SEGMENTATION: (400, 1)}
"""The stream of each container that belongs to the RGB camera."""

DEPTH_UNIT_M = 0.001


@dataclass(frozen=True, slots=True)
class Calibration:
    """The RGB camera: its lens and where it sits on the device."""

    lens: Fisheye624
    T_device_sensor: Array


def times_ns(folder: Path, container: str) -> NDArray[np.int64]:
    """Return the (n,) capture times of a container's RGB-camera stream in nanoseconds.

    Raises:
        InputError: If the container is missing or damaged.
    """
    return _images(folder, container).times_ns()


def calibration(folder: Path) -> Calibration:
    """Return the RGB camera's calibration from the video's header.

    Raises:
        InputError: If the video is missing or damaged, has no calibration, or one of another lens.
    """
    return _calibration(folder, *stamp(folder / VIDEO))


@lru_cache(maxsize=4)
def _calibration(folder: Path, *_: int) -> Calibration:
    video = _images(folder, VIDEO)
    where = f"{folder / VIDEO}: calib_json"
    if "calib_json" not in video.vrs.tags:
        raise CorruptInput("video has no calibration", where=where)
    record = parse_json(video.vrs.tags["calib_json"], where)
    params, T_device_sensor = rgb_camera(record, where)
    if video.width != video.height or video.width > SENSOR_SIDE:
        raise ConventionError(
            "pictures are not of the sensor's raster", where=folder / VIDEO,
            expected=f"square, at most {SENSOR_SIDE} pixels wide",
            got=f"{video.width}x{video.height}",
        )  # fmt: skip
    side = video.width
    lens = Fisheye624(side, side, lens_at(params, side), VALID_RADIUS * raster_of(side)[0])
    return Calibration(lens, T_device_sensor)


def read_rgb(folder: Path, index: int) -> NDArray[np.uint8]:
    """Return an upright, rectified (H, W, 3) picture."""
    return calibration(folder).lens.rectifier.bilinear(_image(folder, VIDEO, index, "uint8", 3))


def read_depth(folder: Path, index: int) -> NDArray[np.float32]:
    """Return the upright, rectified (H, W) z-depth in metres, NaN where there is none.

    The optical axis is not turned by rectification, so z-depth keeps its value; it is never
    interpolated, because the mean of two surfaces is none.
    """
    stored = _image(folder, DEPTH, index, "uint16", 2)
    raw = calibration(folder).lens.rectifier.nearest(stored)
    depth_m = raw.astype(np.float32) * np.float32(DEPTH_UNIT_M)
    depth_m[raw == 0] = np.nan
    return depth_m


def read_instances(folder: Path, index: int, uids: tuple[int, ...]) -> NDArray[np.int32]:
    """Return the upright, rectified (H, W) instance map.

    Args:
        folder: The sequence.
        index: The segmentation record.
        uids: Sorted uids of the scene's objects; the k-th becomes the value k + 1, any other 0.
    """
    stored = _image(folder, SEGMENTATION, index, "uint64", 2)
    raw = calibration(folder).lens.rectifier.nearest(stored)
    known = np.array(uids, dtype=np.uint64)
    found = np.searchsorted(known, raw).clip(0, max(0, len(known) - 1))
    matches = known[found] == raw if len(known) else np.zeros(raw.shape, dtype=bool)
    return np.where(matches, found + 1, 0).astype(np.int32)


def _images(folder: Path, container: str) -> ImageStream:
    path = folder / container
    return _open_images(path, container, *stamp(path))


@lru_cache(maxsize=6)
def _open_images(path: Path, container: str, *_: int) -> ImageStream:
    return open_images(open_vrs(path), STREAMS[container])


def _image(folder: Path, container: str, index: int, dtype: str, axes: int) -> NDArray:
    stream = _images(folder, container)
    lens = calibration(folder).lens
    array = stream.image(index)
    fits = array.dtype == dtype and array.ndim == axes
    if not fits or array.shape[:2] != (lens.height, lens.width):
        raise CorruptInput(
            "VRS record holds an image of the wrong kind",
            where=stream.vrs.where(int(stream.records[index])),
            expected=f"{lens.width}x{lens.height} {dtype}",
            got=f"{array.shape} {array.dtype}",
        )
    return array
