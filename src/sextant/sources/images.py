"""Images from data sets: an allow-list of formats, caps, full decoding, exact 16-bit values."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.errors import ConventionError, CorruptInput, MissingInput

ALLOWED_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "PPM")
"""Plain raster formats; PPM stands for PGM and PPM. No vectors, no documents, no movies."""

MAX_PIXELS = 64_000_000
"""Refuses decompression bombs; an 8K frame has 33 million pixels."""

MAX_BYTES = 256 * 1024 * 1024

_SIXTEEN_BIT_MODES = frozenset({"I;16", "I;16B", "I;16L", "I;16N", "I"})


def image_size(path: Path) -> tuple[int, int]:
    """Return (width, height) in pixels from the header; the pixels stay unread."""
    with _opened(path) as image:
        width, height = image.size
    return width, height


def read_rgb(path: Path, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """Return a picture as (H, W, 3) uint8.

    EXIF orientation is not applied: intrinsics and depth speak of the raster as it is stored.

    Args:
        path: The image file.
        size: Expected (width, height); None accepts any.

    Raises:
        MissingInput: If there is no such file.
        CorruptInput: If it cannot be decoded in full, or is of another format or too large.
        ConventionError: If it has another size than expected.
    """
    with _opened(path) as image:
        _check_size(image, size, path)
        return np.array(_decode(image, path, "RGB"), dtype=np.uint8)


def read_uint16(
    path: Path, size: tuple[int, int] | None = None, *, allow_8_bit: bool = False
) -> NDArray[np.uint16]:
    """Return a single-channel image as (H, W) uint16, every value exactly as stored.

    Args:
        path: The image file.
        size: Expected (width, height); None accepts any.
        allow_8_bit: Accept 8-bit values, as id maps with few ids have; a depth map never.

    Raises:
        MissingInput: If there is no such file.
        CorruptInput: If it cannot be decoded in full, or is of another format or too large.
        ConventionError: If it is no single-channel 16-bit image, or of another size.
    """
    with _opened(path) as image:
        _check_size(image, size, path)
        if image.mode not in _SIXTEEN_BIT_MODES and not (allow_8_bit and image.mode == "L"):
            raise ConventionError(
                "not a single-channel 16-bit image",
                where=path,
                expected="16-bit greyscale" + (" or 8-bit greyscale" if allow_8_bit else ""),
                got=f"mode {image.mode}",
                hint="a colour-mapped preview is often stored beside the values themselves",
            )
        values = np.array(_decode(image, path, None))
    if values.min() < 0 or values.max() > 65535:
        raise ConventionError(
            "image values do not fit 16 bits",
            where=path,
            expected="0..65535",
            got=f"{values.min()}..{values.max()}",
        )
    return values.astype(np.uint16)


def _opened(path: Path) -> Image.Image:
    if not path.is_file():
        raise MissingInput("image is not there", where=path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CorruptInput(
                "image file is too large",
                where=path,
                expected=f"<= {MAX_BYTES} bytes",
                got=path.stat().st_size,
            )
        with warnings.catch_warnings():
            # Pillow warns of large images; the cap below is stricter and names the file.
            warnings.simplefilter("ignore")
            image = Image.open(path, formats=ALLOWED_FORMATS)
    except CorruptInput:
        raise
    except Exception as error:  # Pillow's parsers raise nearly anything on hostile bytes
        raise CorruptInput(
            "not a readable image",
            where=path,
            expected=" or ".join(ALLOWED_FORMATS),
            got=f"{type(error).__name__}: {error}",
        ) from error
    width, height = image.size
    if width <= 0 or height <= 0 or width * height > MAX_PIXELS:
        image.close()
        raise CorruptInput(
            "image has too many pixels",
            where=path,
            expected=f"1..{MAX_PIXELS}",
            got=f"{width}x{height}",
        )
    return image


def _check_size(image: Image.Image, size: tuple[int, int] | None, path: Path) -> None:
    if size is not None and image.size != size:
        raise ConventionError(
            "image has another size than its camera",
            where=path,
            expected=f"{size[0]}x{size[1]}",
            got=f"{image.width}x{image.height}",
            hint="intrinsics, picture, depth and ids of a frame must share one raster",
        )


def _decode(image: Image.Image, path: Path, mode: str | None) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image.load()
        return image if mode is None or image.mode == mode else image.convert(mode)
    except Exception as error:  # Pillow's decoders raise nearly anything on hostile bytes
        raise CorruptInput(
            "image cannot be decoded to its end",
            where=path,
            got=f"{type(error).__name__}: {error}",
            hint="the file is truncated or damaged: fetch it again",
        ) from error
