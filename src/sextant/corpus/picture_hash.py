"""The look of a picture in 256 bits, so that copies are found though no byte is the same.

A DCT hash after PDQ (Meta, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing
Algorithm", 2019): luminance, reduced to 64 x 64, the 16 x 16 lowest frequencies of its cosine
transform without those of rows and columns alone, each compared with their median. Two
differences: the reduction is one triangle filter over the whole picture (JPEGs are decoded at a
half, a quarter or an eighth of their size first, never below 128 pixels), and a picture without
contrast has no hash, since its bits would be noise.

Mirroring changes the sign of every odd column, hence nearly exactly the bits of odd columns: the
hash of the mirrored picture follows from the hash, without the picture.

Of a drawing on plain ground the lowest frequencies tell little: sheets of blocks that differ in one
line have equal hashes. For these a finer picture is kept, and compared by ``differ_in_a_detail``.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from hashlib import blake2b
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from sextant.errors import CorruptInput

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
"""Plain raster formats. No vectors, no documents."""

MAX_PIXELS = 64_000_000
MAX_BYTES = 64 * 1024 * 1024

SIDE = 64
BANDS = 16
WORDS = BANDS * BANDS // 64
"""A hash is so many unsigned 64-bit numbers."""

MIN_CONTRAST = 2.0
"""Root mean square of the 256 coefficients, in grey levels of one cosine's amplitude / 64, below
which a picture is too flat to be told from others."""

FINE_SIDE = 128

MIN_GROUND = 0.3
"""Share of a picture that is of one grey (give or take 2) from which it counts as a drawing. Of
simulated rooms' drawings it is 0.45 to 0.8, of photographs of rooms up to 0.22."""

MIN_DETAIL = 60
MAX_SPREAD = 0.22
"""Two drawings differ in a detail where they differ by more than so many grey levels somewhere, and
by less than such a share of that in 99 % of the area. Re-encoding, resizing and cropping changes
all lines: of these the share is 0.28 and more (docs/audit.md)."""

_ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What an image file looks like.

    Attributes:
        digest: blake2b of the file's bytes, 32 hex digits; the name under which a corpus keeps it.
        hash: (4,) uint64; None for a picture without contrast.
        width, height: In pixels, upright.
        drawing: (128, 128) uint8 luminance of a drawing on plain ground; None of other pictures.
    """

    digest: str
    hash: NDArray[np.uint64] | None
    width: int
    height: int
    drawing: NDArray[np.uint8] | None = None


def content_digest(data: bytes) -> str:
    """Return the 32 hex digits under which a corpus would keep these bytes."""
    return blake2b(data, digest_size=16).hexdigest()


def look_at(data: bytes, where: object) -> Look:
    """Return the look of an encoded picture.

    Args:
        data: PNG, JPEG, WebP, BMP, GIF, TIFF or PPM.
        where: For errors.

    Raises:
        CorruptInput: If it is none of these, too large, or damaged.
    """
    grey, width, height, drawing = _luminance(data, where)
    return Look(content_digest(data), hash_of(grey), width, height, drawing)


def hash_of(grey: NDArray[np.float32]) -> NDArray[np.uint64] | None:
    """Return the hash of (64, 64) luminance, 0..255; None if it has no contrast."""
    spectrum = _COSINES @ grey @ _COSINES.T
    if float(np.sqrt(np.mean(spectrum**2))) < MIN_CONTRAST:
        return None
    bits = (spectrum > np.median(spectrum)).ravel()
    packed: NDArray[np.uint64] = np.packbits(bits, bitorder="little").view("<u8")
    return packed


def mirrored(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the hashes (N, 4) of the pictures mirrored left to right."""
    return hashes ^ _ODD_COLUMNS


def differ_in_a_detail(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> bool:
    """Tell whether two drawings (128, 128) that look the same are two, and not copies of one.

    Copies differ a little along all their lines; two drawings are equal but for a few places where
    one has a line and the other has none.
    """
    gap = np.abs(a.astype(np.int16) - b)
    most = int(gap.max())
    return most > MIN_DETAIL and float(np.percentile(gap, 99)) < MAX_SPREAD * most


def _cosines() -> NDArray[np.float32]:
    """Return the orthonormal cosine transform's rows 1..16 for 64 samples."""
    k = np.arange(1, BANDS + 1)[:, None]
    n = np.arange(SIDE)[None, :]
    rows = np.sqrt(2 / SIDE) * np.cos(np.pi * k * (2 * n + 1) / (2 * SIDE))
    return np.asarray(rows, dtype=np.float32)


_COSINES = _cosines()
# Column j of the spectrum is frequency j + 1.
_ODD_COLUMNS: NDArray[np.uint64] = np.packbits(
    np.tile(np.arange(1, BANDS + 1) % 2 == 1, BANDS), bitorder="little"
).view("<u8")


def _luminance(
    data: bytes, where: object
) -> tuple[NDArray[np.float32], int, int, NDArray[np.uint8] | None]:
    """Return (64, 64) luminance, width, height, and of a drawing (128, 128) luminance."""
    if len(data) > MAX_BYTES:
        raise CorruptInput(
            "image file is too large", where=where, expected=f"<= {MAX_BYTES} bytes", got=len(data)
        )
    try:
        with warnings.catch_warnings():
            # Pillow warns of large images; the cap below is stricter and names the file.
            warnings.simplefilter("ignore")
            image = Image.open(BytesIO(data), formats=FORMATS)
            width, height = image.size
            if not 0 < width * height <= MAX_PIXELS:
                raise CorruptInput(
                    "image has too many pixels", where=where, expected=f"1..{MAX_PIXELS}",
                    got=f"{width}x{height}",
                )  # fmt: skip
            if image.format == "JPEG":
                image.draft("L", (2 * SIDE, 2 * SIDE))
            turn = image.getexif().get(_ORIENTATION, 1) if image.format == "JPEG" else 1
            grey = _grey(image)
            small = _turned(grey.resize((SIDE, SIDE), Image.Resampling.BILINEAR), turn)
            width, height = (height, width) if turn >= 5 else (width, height)
            drawing = None
            if _ground(small) >= MIN_GROUND:
                fine = grey.resize((FINE_SIDE, FINE_SIDE), Image.Resampling.BILINEAR)
                drawing = np.asarray(_turned(fine, turn), dtype=np.uint8)
            return np.asarray(small, dtype=np.float32), width, height, drawing
    except CorruptInput:
        raise
    except Exception as error:  # Pillow raises nearly anything on hostile bytes
        raise CorruptInput(
            "not a readable image", where=where, expected=" or ".join(FORMATS),
            got=f"{type(error).__name__}: {str(error)[:120]}",
        ) from error  # fmt: skip


def _grey(image: Image.Image) -> Image.Image:
    """Decode to luminance, transparency on white."""
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, image.convert("RGBA"))
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, dtype=np.float32)
        values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
        scale = 255.0 / max(1.0, float(values.max()))
        return Image.fromarray((values.clip(0) * scale).astype(np.uint8))
    return image if image.mode == "L" else image.convert("L")


def _ground(small: Image.Image) -> float:
    """Return the share of a picture that has its most frequent grey, give or take 2."""
    counts = np.array(small.histogram()[:256])
    most = int(counts.argmax())
    return float(counts[max(0, most - 2) : most + 3].sum() / counts.sum())


def _turned(image: Image.Image, turn: int) -> Image.Image:
    if turn == 1:
        return image
    exif = Image.Exif()
    exif[_ORIENTATION] = turn
    image.info["exif"] = exif.tobytes()
    turned = ImageOps.exif_transpose(image)
    return turned if turned is not None else image
