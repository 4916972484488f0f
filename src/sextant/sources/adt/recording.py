"""The VRS containers of a sequence: times, calibration, and one image at a time.

Pictures are opened by folder and index, so that a frame can be sent to another process; each
process keeps the containers it reads open.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import CorruptInput, MissingDependency, MissingInput
from sextant.sources.adt.fisheye import Fisheye624
from sextant.sources.adt.layout import DEPTH, RGB_STREAM, SEGMENTATION, VIDEO

Array = NDArray[np.float64]

STREAMS = {VIDEO: RGB_STREAM, DEPTH: "345-1", SEGMENTATION: "400-1"}
"""The stream of each container that belongs to the RGB camera."""

DEPTH_UNIT_M = 0.001


@dataclass(frozen=True, slots=True)
class Calibration:
    """The RGB camera: its lens and where it sits on the device."""

    lens: Fisheye624
    T_device_sensor: Array


def times_ns(folder: Path, container: str) -> NDArray[np.int64]:
    """Return the (n,) capture times of a container's RGB-camera stream in nanoseconds."""
    provider, stream = _provider(folder, container)
    times = []
    for index in range(provider.get_num_data(stream)):
        times.append(int(_record(provider, stream, index, folder / container)[1]))
    return np.array(times, dtype=np.int64)


@lru_cache(maxsize=4)
def calibration(folder: Path) -> Calibration:
    """Return the RGB camera's calibration from the video's header.

    Raises:
        CorruptInput: If the header has none, or another lens model.
    """
    provider, _ = _provider(folder, VIDEO)
    device = provider.get_device_calibration()
    camera = device.get_camera_calib("camera-rgb") if device is not None else None
    if camera is None:
        raise CorruptInput("video has no calibration of camera-rgb", where=folder / VIDEO)
    model = str(camera.get_model_name())
    if "FISHEYE624" not in model.upper():
        raise CorruptInput(
            "unknown lens model", where=folder / VIDEO, expected="Fisheye624", got=model
        )
    width, height = (int(n) for n in camera.get_image_size())
    radius = camera.get_valid_radius()
    lens = Fisheye624(
        width=width,
        height=height,
        parameters=tuple(float(p) for p in camera.get_projection_params()),
        valid_radius=float(radius) if radius is not None else float(np.hypot(width, height)),
    )
    return Calibration(lens, np.array(camera.get_transform_device_camera().to_matrix()))


def read_rgb(folder: Path, index: int) -> NDArray[np.uint8]:
    """Return an upright, rectified (H, W, 3) picture."""
    return calibration(folder).lens.rectify_bilinear(_image(folder, VIDEO, index, "uint8", 3))


def read_depth(folder: Path, index: int) -> NDArray[np.float32]:
    """Return the upright, rectified (H, W) z-depth in metres, NaN where there is none.

    The optical axis is not turned by rectification, so z-depth keeps its value; it is never
    interpolated, because the mean of two surfaces is none.
    """
    stored = _image(folder, DEPTH, index, "uint16", 2)
    raw = calibration(folder).lens.rectify_nearest(stored)
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
    raw = calibration(folder).lens.rectify_nearest(stored)
    known = np.array(uids, dtype=np.uint64)
    found = np.searchsorted(known, raw).clip(0, max(0, len(known) - 1))
    matches = known[found] == raw if len(known) else np.zeros(raw.shape, dtype=bool)
    return np.where(matches, found + 1, 0).astype(np.int32)


@lru_cache(maxsize=6)
def _provider(folder: Path, container: str) -> tuple[Any, Any]:
    path = folder / container
    if not path.is_file():
        raise MissingInput("container is not there", where=path)
    try:
        from projectaria_tools.core import data_provider
        from projectaria_tools.core.stream_id import StreamId
    except ImportError as error:
        raise MissingDependency.extra(
            "projectaria-tools", "aria", "reading Aria Digital Twin recordings"
        ) from error
    with path.open("rb") as file:
        magic = file.read(8)
    if magic != b"VisionRe":
        raise CorruptInput("not a VRS container", where=path, expected="b'VisionRe'", got=magic)
    try:
        with _hushed():
            provider = data_provider.create_vrs_data_provider(str(path))
    except Exception as error:  # a C++ library: whatever it throws means the same
        raise CorruptInput("VRS container cannot be opened", where=path, got=error) from error
    stream = StreamId(STREAMS[container])
    if provider is None or not provider.check_stream_is_active(stream):
        raise CorruptInput(
            "VRS container has no stream of the RGB camera", where=path, expected=STREAMS[container]
        )
    return provider, stream


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep the library's log lines off the terminal.

    Opening one sequence writes about 18 lines straight to the file descriptors, among them errors
    about tags that ADT recordings never have; what is really wrong comes back as an exception or
    as None.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        yield
    finally:
        for descriptor, copy in zip((1, 2), kept, strict=True):
            os.dup2(copy, descriptor)
            os.close(copy)
        os.close(sink)


def _record(provider: Any, stream: Any, index: int, path: Path) -> tuple[Any, int]:
    try:
        image, record = provider.get_image_data_by_index(stream, index)
        return image, int(record.capture_timestamp_ns)
    except Exception as error:  # a C++ library: whatever it throws means the same
        raise CorruptInput(
            "VRS record cannot be read", where=f"{path}: record {index}", got=error
        ) from error


def _image(folder: Path, container: str, index: int, dtype: str, axes: int) -> NDArray:
    path = folder / container
    provider, stream = _provider(folder, container)
    image, _ = _record(provider, stream, index, path)
    lens = calibration(folder).lens
    array = np.asarray(image.to_numpy_array()) if image.is_valid() else None
    fits = (
        array is not None
        and array.dtype == dtype
        and array.ndim == axes
        and array.shape[:2] == (lens.height, lens.width)
    )
    if array is None or not fits:
        raise CorruptInput(
            "VRS record holds an image of the wrong kind",
            where=f"{path}: record {index}",
            expected=f"{lens.width}x{lens.height} {dtype}",
            got="no image" if array is None else f"{array.shape} {array.dtype}",
        )
    return array
