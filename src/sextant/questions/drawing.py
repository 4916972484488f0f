"""Drawings with soft edges in shades of one colour, quick to encode.

They are drawn larger in grey and shrunk; a palette then colours the grey levels. A picture of one
byte per pixel takes a third of the time to write, and its edges are as smooth as in full colour.
"""

from __future__ import annotations

import io
import itertools
import math
from functools import lru_cache

from PIL import Image, ImageColor, ImageDraw, ImageFont

INK, PAPER = 0, 255
SCALE = 2
"""Drawn so many times as large as shown."""

TINTS = ((47, 111, 178), (46, 139, 87), (201, 110, 38), (128, 82, 168), (176, 58, 70))
"""Middle tones; the puzzle's size decides which of them a picture has, never its answer."""

BLENDS = 14
"""Mixtures of any two colours of a drawing, for its soft edges."""

_DARK = (24, 32, 44)


@lru_cache(maxsize=64)
def font_of(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Pillow's own font; reading it takes longer than drawing with it."""
    return ImageFont.load_default(size)


@lru_cache(maxsize=4096)
def _mask(said: str, size: int, stroke: int, anchor: str) -> tuple[Image.Image, int, int]:
    """Return a text as a grey mask, and where its corner lies from the text's anchor."""
    font = font_of(size)
    edges = font.getbbox(said, stroke_width=stroke, anchor=anchor)
    left, top = math.floor(edges[0]), math.floor(edges[1])
    width, height = math.ceil(edges[2]) - left, math.ceil(edges[3]) - top
    mask = Image.new("L", (max(1, width), max(1, height)), 0)
    pen = ImageDraw.Draw(mask)
    pen.text((-left, -top), said, 255, font, anchor=anchor, stroke_width=stroke)
    return mask, left, top


@lru_cache(maxsize=4096)
def text_width(said: str, size: int) -> float:
    """Return how wide a text is, in pixels."""
    return float(font_of(size).getlength(said))


def stamp(
    image: Image.Image,
    place: tuple[float, float],
    said: str,
    size: int,
    fill: str | int,
    *,
    halo: str | None = None,
    anchor: str = "la",
) -> None:
    """Write a text at whole pixels; the same names come back often, and are drawn once.

    Args:
        image: To write on.
        place: (x, y) of the anchor, in pixels.
        said: The text.
        size: Of the font, in pixels.
        fill: Colour.
        halo: Colour of a border of two pixels; None = none.
        anchor: Pillow's two letters, e.g. ``ra`` for the right end of the top.
    """
    for color, stroke in ((halo, 2), (fill, 0)):
        if color is not None:
            mask, dx, dy = _mask(said, size, stroke, anchor)
            ink = ImageColor.getrgb(color) if isinstance(color, str) else color
            image.paste(ink, (round(place[0]) + dx, round(place[1]) + dy), mask)


@lru_cache(maxsize=16)
def ramp(tint: tuple[int, int, int]) -> bytes:
    """Return 256 RGB entries from ink over the tint (level 128) to white."""
    table = bytearray()
    for level in range(256):
        low, high = (_DARK, tint) if level < 128 else (tint, (255, 255, 255))
        share = level / 128 if level < 128 else (level - 128) / 127
        table += bytes(round(p + (q - p) * share) for p, q in zip(low, high, strict=True))
    return bytes(table)


class Canvas:
    """A grey picture to draw on, ``SCALE`` times as large as what comes out.

    Attributes:
        draw: Pillow's pen; its coordinates are ``SCALE`` times those of the finished picture.
        size: (width, height) of the finished picture.
    """

    def __init__(self, width: int, height: int) -> None:
        self.size = (width, height)
        self._image = Image.new("L", (SCALE * width, SCALE * height), PAPER)
        self.draw = ImageDraw.Draw(self._image)

    def text(
        self, x: float, y: float, said: str, size: int, *, anchor: str = "la", fill: int = INK
    ) -> None:
        """Write at a place of the finished picture."""
        place = (SCALE * x, SCALE * y)
        stamp(self._image, place, said, SCALE * size, fill, anchor=anchor)

    def png(self, tint: tuple[int, int, int]) -> bytes:
        """Return the finished picture in shades of a colour."""
        small = self._image.reduce(SCALE)
        small.putpalette(ramp(tint))
        return png_bytes(small)


@lru_cache(maxsize=16)
def _palette(colors: tuple[str, ...]) -> Image.Image:
    """Return a picture whose palette holds the colours and the blends between any two of them."""
    entries: list[tuple[int, ...]] = [ImageColor.getrgb(c)[:3] for c in colors]
    for p, q in itertools.combinations(entries[: len(colors)], 2):
        for k in range(1, BLENDS + 1):
            share = k / (BLENDS + 1)
            mixed = tuple(round(x + share * (y - x)) for x, y in zip(p, q, strict=True))
            # Pillow looks colours up in cells of four levels: what is nearer than that to another
            # entry would be taken for it.
            if all(max(abs(x - y) for x, y in zip(mixed, e, strict=True)) > 8 for e in entries):
                entries.append(mixed)
    image = Image.new("P", (1, 1))
    image.putpalette([c for entry in entries[:256] for c in entry])
    return image


def palette_png(image: Image.Image, colors: tuple[str, ...]) -> bytes:
    """Return an RGB drawing in few colours as PNG of one byte per pixel.

    Args:
        image: The drawing.
        colors: What it is drawn in; where edges are soft, two of them are mixed.
    """
    return png_bytes(image.quantize(palette=_palette(colors), dither=Image.Dither.NONE))


def png_bytes(image: Image.Image) -> bytes:
    """Return a drawing as PNG; flat areas shrink well at the quickest level."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=2)
    return buffer.getvalue()
