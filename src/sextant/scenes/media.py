"""The media files of a stored scene: pictures, depth, instance maps, surfaces.

.rgb.png         8-bit RGB, lossless (a reader also takes .jpg put there by other tools)
.depth.png       16-bit, millimetres, 0 = invalid: what ScanNet and most tools use; off by at
                 most 0.5 mm, and 65.535 m is as far as it goes
.depth.npz       float32 metres, for frames that look further
.instances.png   16-bit instance values
.instances.npz   int32, for values beyond 16 bits
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.errors import ConventionError, CorruptInput, MissingInput

FORMATS = ("PNG", "JPEG")
MAX_PIXELS = 200_000_000
MAX_ARRAY_BYTES = 4 << 30
"""More unpacked bytes than this in one .npz are taken for a bomb."""

DEPTH_UNIT_M = 0.001
MAX_PNG_DEPTH_M = 65535 * DEPTH_UNIT_M


def write_rgb(stem: Path, rgb: NDArray[np.uint8]) -> Path:
    """Write an (H, W, 3) uint8 picture losslessly; return its path."""
    return _write_png(stem, ".rgb.png", rgb)


def write_depth(stem: Path, depth_m: NDArray[np.float32]) -> Path:
    """Write an (H, W) z-depth in metres, NaN = invalid; return its path.

    Raises:
        ConventionError: If a depth is negative.
    """
    valid = np.isfinite(depth_m)
    if np.any(depth_m[valid] < 0):
        raise ConventionError("depth is negative", where=stem.name, got=depth_m[valid].min())
    if np.any(depth_m[valid] > MAX_PNG_DEPTH_M):
        return _write_npz(stem, ".depth.npz", depth_m.astype(np.float32))
    steps = np.rint(np.where(valid, depth_m, 0).astype(np.float64) / DEPTH_UNIT_M)
    return _write_png(stem, ".depth.png", steps.astype(np.uint16))


def write_instances(stem: Path, instances: NDArray[np.int32]) -> Path:
    """Write an (H, W) int32 instance map; return its path."""
    if instances.min() >= 0 and instances.max() <= 65535:
        return _write_png(stem, ".instances.png", instances.astype(np.uint16))
    return _write_npz(stem, ".instances.npz", instances.astype(np.int32))


def read_rgb(path: Path, width: int, height: int) -> NDArray[np.uint8]:
    """Read an (H, W, 3) uint8 picture of a known size.

    Raises:
        MissingInput, CorruptInput: If the file is not there, or not such a picture.
    """
    return _read_image(path, width, height, ("RGB",), np.uint8)


def read_depth(path: Path, width: int, height: int) -> NDArray[np.float32]:
    """Read an (H, W) float32 z-depth in metres, NaN = invalid; errors as ``read_rgb``."""
    if path.suffix == ".npz":
        return _read_map(path, width, height, np.float32)
    steps: NDArray[np.uint16] = _read_image(path, width, height, ("I;16",), np.uint16)
    depth_m = (steps * DEPTH_UNIT_M).astype(np.float32)
    depth_m[steps == 0] = np.nan
    return depth_m


def read_instances(path: Path, width: int, height: int) -> NDArray[np.int32]:
    """Read an (H, W) int32 instance map; errors as ``read_rgb``."""
    if path.suffix == ".npz":
        return _read_map(path, width, height, np.int32)
    values: NDArray[np.uint16] = _read_image(path, width, height, ("I;16",), np.uint16)
    return values.astype(np.int32)


def write_arrays(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Write named arrays to an .npz file."""
    np.savez_compressed(path, allow_pickle=False, **arrays)


def read_arrays(path: Path, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Read named arrays from an .npz file, never unpickling anything.

    Raises:
        MissingInput: If the file, or one of the arrays, is not there.
        CorruptInput: If it cannot be decoded, or would unpack to more than 4 GiB.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MAX_ARRAY_BYTES:
            raise CorruptInput("arrays are implausibly large", where=path, got=f"{size} bytes")
        with np.load(path, allow_pickle=False) as arrays:
            absent = [name for name in names if name not in arrays]
            if absent:
                raise MissingInput("an array is missing", where=f"{path}: {absent[0]}")
            return {name: arrays[name] for name in names}
    except FileNotFoundError as error:
        raise MissingInput("a file of the scene is missing", where=path) from error
    except (OSError, ValueError, KeyError, EOFError, MemoryError, NotImplementedError) as error:
        raise CorruptInput("cannot decode arrays", where=path, got=error) from error
    except (zipfile.BadZipFile, zlib.error, SyntaxError, RuntimeError) as error:
        raise CorruptInput("cannot decode arrays", where=path, got=error) from error


def _write_png(stem: Path, suffix: str, pixels: NDArray[Any]) -> Path:
    path = stem.with_name(stem.name + suffix)
    # Level 1 is four times as fast as the default, for a tenth more bytes.
    Image.fromarray(np.ascontiguousarray(pixels)).save(path, format="PNG", compress_level=1)
    return path


def _write_npz(stem: Path, suffix: str, values: NDArray[Any]) -> Path:
    path = stem.with_name(stem.name + suffix)
    write_arrays(path, {"values": values})
    return path


def _read_image(
    path: Path, width: int, height: int, modes: tuple[str, ...], dtype: type[np.generic]
) -> NDArray[Any]:
    try:
        with Image.open(path, formats=FORMATS) as image:
            # The header is read first: nothing of a wrong or huge picture is decoded.
            if image.size != (width, height) or width * height > MAX_PIXELS:
                raise CorruptInput(
                    "picture has another size than its camera",
                    where=path,
                    expected=f"{width}x{height}, at most {MAX_PIXELS} pixels",
                    got=f"{image.width}x{image.height}",
                )
            if image.mode not in modes:
                raise CorruptInput(
                    "picture has another pixel type", where=path, expected=modes[0], got=image.mode
                )
            return np.array(image, dtype=dtype)
    except FileNotFoundError as error:
        raise MissingInput("a file of the scene is missing", where=path) from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise CorruptInput("cannot decode a picture", where=path, got=error) from error
    except Image.DecompressionBombError as error:
        raise CorruptInput("picture is implausibly large", where=path, got=error) from error


def _read_map(path: Path, width: int, height: int, dtype: type[np.generic]) -> NDArray[Any]:
    values = read_arrays(path, ("values",))["values"]
    if values.shape != (height, width) or values.dtype != dtype:
        raise CorruptInput(
            "map has another shape than its camera",
            where=path,
            expected=f"({height}, {width}) {np.dtype(dtype)}",
            got=f"{values.shape} {values.dtype}",
        )
    return values
