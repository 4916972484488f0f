"""Pictures on their way to a model: checked, upright, plain RGB.

What a person sees is what a model is shown. The EXIF orientation is applied, as transformers
(``image_utils.load_image``), ``datasets.Image`` and vLLM (``normalize_image``) do; transparency is
laid on white, as vLLM does (a bare ``convert("RGB")`` brings back what the author made invisible).
Of an animation the first frame is taken.
"""

from __future__ import annotations

import base64
import warnings
from contextlib import suppress
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from stat import S_ISREG
from typing import IO

from PIL import ExifTags, Image, ImageOps

from sextant.errors import CorruptInput, MissingInput
from sextant.models.messages import Clip, Part, Picture, Request

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
"""Plain raster formats that benchmarks come in. No vectors, no documents."""

MAX_PIXELS = 64_000_000
"""Refuses decompression bombs; an 8K frame has 33 million pixels."""

MAX_BYTES = 64 * 1024 * 1024

WEB_FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "MPO": "image/jpeg", "WEBP": "image/webp"}
"""What every server takes as it is; anything else is sent as PNG."""

JPEG_QUALITY = 95

_DEEP_MODES = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})


def read_bytes(picture: Picture) -> bytes:
    """Return the bytes of the image file.

    Raises:
        InputError: If they cannot be read.
        CorruptInput: If there are more than ``MAX_BYTES``.
    """
    data = picture.read()
    if len(data) > MAX_BYTES:
        raise CorruptInput(
            "image file is too large",
            where=picture.name,
            expected=f"<= {MAX_BYTES} bytes",
            got=len(data),
        )
    return data


def digest(picture: Picture) -> str:
    """Return 32 hex digits of the image file's bytes.

    Raises:
        InputError: If it cannot be read.
    """
    return blake2b(read_bytes(picture), digest_size=16).hexdigest()


def open_picture(picture: Picture, max_side: int | None = None) -> Image.Image:
    """Return a picture decoded to its end: RGB, upright, on white.

    Args:
        picture: Where the bytes come from.
        max_side: Longest side in pixels that it is scaled down to; None = as it is.

    Raises:
        InputError: If it cannot be read.
        CorruptInput: If it is no image of an allowed format, too large, or damaged.
    """
    return shrunk(_upright(_opened(read_bytes(picture), picture.name), picture.name), max_side)


def size_of_file(path: Path, name: str) -> tuple[int, int]:
    """Return (width, height) of an image file, upright, from its header alone.

    Raises:
        MissingInput: If it is not there.
        CorruptInput: If it is no image of an allowed format, or too large.
    """
    try:
        there = path.stat()
        if not S_ISREG(there.st_mode):
            raise CorruptInput("not a file", where=name)
        if there.st_size > MAX_BYTES:
            raise CorruptInput(
                "image file is too large", where=name, expected=f"<= {MAX_BYTES} bytes",
                got=there.st_size,
            )  # fmt: skip
        with path.open("rb") as file:
            image = _opened(file, name)
            width, height = image.size
            return (width, height) if _orientation(image) < 5 else (height, width)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MissingInput("image file is not there", where=name) from error
    except OSError as error:
        raise CorruptInput("image file cannot be read", where=name, got=error.strerror) from error


def shrunk(image: Image.Image, max_side: int | None) -> Image.Image:
    """Scale down so that no side is longer than ``max_side``; never up."""
    longest = max(image.size)
    if max_side is None or longest <= max_side:
        return image
    size = tuple(max(1, round(side * max_side / longest)) for side in image.size)
    return image.resize((size[0], size[1]), Image.Resampling.BICUBIC)


def encoded(picture: Picture, max_side: int | None = None) -> tuple[str, bytes]:
    """Return (media type, bytes) of a picture as a server is sent it.

    The file's own bytes where that is possible: an upright PNG, JPEG or WebP that need not be
    scaled; only its header is read then, and the pixels are the server's to decode. Anything else
    is decoded here: scaled JPEGs are stored as JPEG of quality 95, the rest as PNG.

    Raises:
        InputError: If it cannot be read.
        CorruptInput: If it is no image of an allowed format, too large, or damaged.
    """
    data = read_bytes(picture)
    image = _opened(data, picture.name)
    media_type = WEB_FORMATS.get(image.format or "")
    turned = _orientation(image) != 1
    too_large = max_side is not None and max(image.size) > max_side
    if media_type and not turned and not too_large:
        return media_type, data
    lossy = media_type == "image/jpeg" and too_large
    return _stored(shrunk(_upright(image, picture.name), max_side), lossy=lossy)


def encoded_jpeg(picture: Picture, max_side: int | None = None) -> bytes:
    """Return a picture as JPEG: the file's own bytes if it is one, else of quality 95.

    Raises:
        InputError: If it cannot be read.
        CorruptInput: If it is no image of an allowed format, too large, or damaged.
    """
    media_type, data = encoded(picture, max_side)
    if media_type == "image/jpeg":
        return data
    image = _upright(_opened(data, picture.name), picture.name)
    return _stored(image, lossy=True)[1]


def data_url(picture: Picture, max_side: int | None = None) -> str:
    """Return a picture as a ``data:`` URL; see ``encoded``."""
    media_type, data = encoded(picture, max_side)
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def pictures_of(request: Request) -> tuple[Picture, ...]:
    """Return all pictures of a prompt in order, the frames of clips among them."""
    found: list[Picture] = []
    for part in request.parts:
        if isinstance(part, Picture):
            found.append(part)
        elif isinstance(part, Clip):
            found.extend(part.frames)
    return tuple(found)


def in_memory(part: Part) -> Part:
    """Return the same piece of a prompt with its files read, so that they are read but once.

    Raises:
        InputError: If a picture cannot be read.
    """
    if isinstance(part, Picture):
        data = read_bytes(part)
        return Picture(part.name, lambda: data)
    if isinstance(part, Clip):
        frames = tuple(in_memory(frame) for frame in part.frames)
        return Clip(tuple(f for f in frames if isinstance(f, Picture)), part.times_s)
    return part


def _opened(source: bytes | IO[bytes], name: str) -> Image.Image:
    """Open by the header alone; the pixels stay undecoded."""
    file = BytesIO(source) if isinstance(source, bytes) else source
    try:
        with warnings.catch_warnings():
            # Pillow warns of large images; the cap below is stricter and names the file.
            warnings.simplefilter("ignore")
            image = Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise CorruptInput("image has too many pixels", where=name, got=error) from error
    except Exception as error:  # Pillow's parsers raise nearly anything on hostile bytes
        raise CorruptInput(
            "not a readable image",
            where=name,
            expected=" or ".join(FORMATS),
            got=_beginning(source if isinstance(source, bytes) else _start_of(source)),
        ) from error
    width, height = image.size
    if width <= 0 or height <= 0 or width * height > MAX_PIXELS:
        raise CorruptInput(
            "image has too many pixels",
            where=name,
            expected=f"1..{MAX_PIXELS}",
            got=f"{width}x{height}",
        )
    if image.mode in _DEEP_MODES:
        raise CorruptInput(
            "image has more than 8 bits per channel",
            where=name,
            expected="a picture to look at",
            got=f"mode {image.mode}",
            hint="a depth map is no picture; convert it to 8 bits if it is meant to be seen",
        )
    return image


def _upright(image: Image.Image, name: str) -> Image.Image:
    """Decode to the end, turn upright, and lay transparency on white."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image.load()
            if _orientation(image) != 1:
                image = ImageOps.exif_transpose(image)
            if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
                white = Image.new("RGBA", image.size, (255, 255, 255, 255))
                image = Image.alpha_composite(white, image.convert("RGBA"))
            return image if image.mode == "RGB" else image.convert("RGB")
    except Exception as error:  # Pillow's decoders raise nearly anything on hostile bytes
        raise CorruptInput(
            "image cannot be decoded to its end",
            where=name,
            got=f"{type(error).__name__}: {error}",
            hint="the file is truncated or damaged: fetch it again",
        ) from error


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation; 1 (upright) where there is none that can be read."""
    if image.format == "PNG" and "exif" not in image.info:
        return 1  # Pillow would decode all pixels to look for a block behind them
    with suppress(Exception):  # a broken EXIF block does not make the pixels unreadable
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
        return value if isinstance(value, int) and 1 <= value <= 8 else 1
    return 1


def _stored(image: Image.Image, *, lossy: bool) -> tuple[str, bytes]:
    buffer = BytesIO()
    if lossy:
        image.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
        return "image/jpeg", buffer.getvalue()
    image.save(buffer, "PNG", compress_level=1)
    return "image/png", buffer.getvalue()


def _start_of(file: IO[bytes]) -> bytes:
    with suppress(OSError):
        file.seek(0)
        return file.read(200)
    return b""


def _beginning(data: bytes) -> str:
    """Say what bytes look like that are no image: web pages and Git LFS pointers are common."""
    if not data:
        return "an empty file"
    start = data[:200].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if start.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer, not the file it points to"
    return f"{len(data)} bytes that begin with {data[:12]!r}"
