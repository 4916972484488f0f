"""Images from data sets: an allow-list of formats, caps, full decoding, exact 16-bit values.

Every function takes a file's path, or the bytes of a file that lies in an archive or a container;
bytes come with ``where``, the place that messages name.
"""

from __future__ import annotations

import io
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


def image_size(source: Path | bytes, where: object = None) -> tuple[int, int]:
    """Return (width, height) in pixels from the header; the pixels stay unread."""
    with opened(source, where) as image:
        width, height = image.size
    return width, height


def read_rgb(
    source: Path | bytes, size: tuple[int, int] | None = None, where: object = None
) -> NDArray[np.uint8]:
    """Return a picture as (H, W, 3) uint8.

    EXIF orientation is not applied: intrinsics and depth speak of the raster as it is stored.

    Args:
        source: The image file, or its bytes.
        size: Expected (width, height); None accepts any.
        where: Place of bytes, for messages.

    Raises:
        MissingInput: If there is no such file.
        CorruptInput: If it cannot be decoded in full, or is of another format or too large.
        ConventionError: If it has another size than expected.
    """
    place = _place(source, where)
    with opened(source, where) as image:
        check_size(image, size, place)
        return np.array(decoded(image, place, "RGB"), dtype=np.uint8)


def read_uint16(
    source: Path | bytes,
    size: tuple[int, int] | None = None,
    where: object = None,
    *,
    allow_8_bit: bool = False,
) -> NDArray[np.uint16]:
    """Return a single-channel image as (H, W) uint16, every value exactly as stored.

    Args:
        source: The image file, or its bytes.
        size: Expected (width, height); None accepts any.
        where: Place of bytes, for messages.
        allow_8_bit: Accept 8-bit values, as id maps with few ids have; a depth map never.

    Raises:
        MissingInput: If there is no such file.
        CorruptInput: If it cannot be decoded in full, or is of another format or too large.
        ConventionError: If it is no single-channel 16-bit image, or of another size.
    """
    place = _place(source, where)
    with opened(source, where) as image:
        check_size(image, size, place)
        if image.mode not in _SIXTEEN_BIT_MODES and not (allow_8_bit and image.mode == "L"):
            raise ConventionError(
                "not a single-channel 16-bit image",
                where=place,
                expected="16-bit greyscale" + (" or 8-bit greyscale" if allow_8_bit else ""),
                got=f"mode {image.mode}",
                hint="a colour-mapped preview is often stored beside the values themselves",
            )
        values = np.array(decoded(image, place, None))
    if values.dtype == np.uint16:
        return values
    if values.min() < 0 or values.max() > 65535:
        raise ConventionError(
            "image values do not fit 16 bits",
            where=place,
            expected="0..65535",
            got=f"{values.min()}..{values.max()}",
        )
    return values.astype(np.uint16)


def opened(source: Path | bytes, where: object = None) -> Image.Image:
    """Open an image of an allowed format and size; its pixels stay unread."""
    place = _place(source, where)
    if isinstance(source, Path):
        if not source.is_file():
            raise MissingInput("image is not there", where=place)
        length = source.stat().st_size
    else:
        length = len(source)
    if length > MAX_BYTES:
        raise CorruptInput(
            "image file is too large", where=place, expected=f"<= {MAX_BYTES} bytes", got=length
        )
    try:
        with warnings.catch_warnings():
            # Pillow warns of large images; the cap below is stricter and names the file.
            warnings.simplefilter("ignore")
            file = source if isinstance(source, Path) else io.BytesIO(source)
            image = Image.open(file, formats=ALLOWED_FORMATS)
    except Exception as error:  # Pillow's parsers raise nearly anything on hostile bytes
        raise CorruptInput(
            "not a readable image",
            where=place,
            expected=" or ".join(ALLOWED_FORMATS),
            got=f"{type(error).__name__}: {error}",
        ) from error
    width, height = image.size
    if width <= 0 or height <= 0 or width * height > MAX_PIXELS:
        image.close()
        raise CorruptInput(
            "image has too many pixels",
            where=place,
            expected=f"1..{MAX_PIXELS}",
            got=f"{width}x{height}",
        )
    return image


def check_size(image: Image.Image, size: tuple[int, int] | None, where: object) -> None:
    """Refuse an image of another (width, height) than its camera's."""
    if size is not None and image.size != size:
        raise ConventionError(
            "image has another size than its camera",
            where=where,
            expected=f"{size[0]}x{size[1]}",
            got=f"{image.width}x{image.height}",
            hint="intrinsics, picture, depth and ids of a frame must share one raster",
        )


def decoded(image: Image.Image, where: object, mode: str | None) -> Image.Image:
    """Decode an opened image to its end, into a mode of Pillow or its own.

    Raises:
        CorruptInput: If it is truncated or damaged.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image.load()
        return image if mode is None or image.mode == mode else image.convert(mode)
    except Exception as error:  # Pillow's decoders raise nearly anything on hostile bytes
        raise CorruptInput(
            "image cannot be decoded to its end",
            where=where,
            got=f"{type(error).__name__}: {error}",
            hint="the file is truncated or damaged: fetch it again",
        ) from error


def _place(source: Path | bytes, where: object) -> object:
    if where is not None:
        return where
    return source if isinstance(source, Path) else "image"
