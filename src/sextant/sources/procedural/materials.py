"""Named colours and the materials that the shading evaluates per pixel."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Color = tuple[float, float, float]

COLORS: dict[str, tuple[str, ...]] = {
    "red": ("b5292c", "a3202a", "c43a34"),
    "orange": ("d9772b", "e0862f"),
    "yellow": ("e3bd3c", "d9b23a"),
    "green": ("3f7d4f", "4c8c4a", "2f6b4a", "6f9a55"),
    "blue": ("2f5d9b", "35699f", "27497f", "4f86b8"),
    "purple": ("6b4a8c", "7a559b"),
    "pink": ("d98ba0", "dc9aa8"),
    "brown": ("7a5233", "8a5e3b", "69452b", "95693f"),
    "black": ("26262a", "2b2c30"),
    "white": ("e9e8e4", "f0efec"),
    "gray": ("86888c", "707378", "9a9b9e"),
    "beige": ("cdb896", "d6c3a5", "c4ad8a"),
}
"""Colour names that may stand in ``attributes["color"]``, with their sRGB shades."""

VIVID = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white", "black", "brown")
"""Colours of small things."""


class Kind(IntEnum):
    """Texture kinds; the numbers are known to ``textures.py``."""

    PLAIN = 0
    WOOD = 1
    FABRIC = 2
    TILES = 3
    PLASTER = 4
    CARPET = 5
    MARBLE = 6
    BRICK = 7
    TV = 8
    DESKTOP = 9
    PAINTING = 10
    SKY = 11
    PARQUET = 12
    RUG = 14
    MIRROR = 15
    CLOCK = 16
    KEYS = 17
    LEAF = 18
    METAL = 19
    COVER = 20
    SECTORS = 21


@dataclass(frozen=True, slots=True)
class Material:
    """One row of the shading's material table.

    Attributes:
        kind: Texture.
        first: Linear RGB of the base.
        second: Linear RGB of the pattern.
        scale: Pattern size in metres (tile edge, plank width, grain spacing).
        gloss: Strength of highlights, 0 to 1.
        glow: Emitted light relative to a lit white surface.
        a, b, c, d: What the kind wants to know: panel width and height, a seed, a variant.
    """

    kind: Kind
    first: Color
    second: Color = (0.0, 0.0, 0.0)
    scale: float = 1.0
    gloss: float = 0.05
    glow: float = 0.0
    a: float = 0.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0

    def row(self) -> list[float]:
        """Return the material as 14 numbers: kind, first, second, scale, gloss, glow, a to d."""
        kind, first, second, *rest = astuple(self)
        return [float(kind), *first, *second, *rest]


def linear(hexadecimal: str) -> Color:
    """Return linear RGB of an sRGB colour written as six hexadecimal digits."""
    r, g, b = (int(hexadecimal[i : i + 2], 16) / 255.0 for i in (0, 2, 4))
    return _decode(r), _decode(g), _decode(b)


def _decode(s: float) -> float:
    return s / 12.92 if s <= 0.04045 else float(((s + 0.055) / 1.055) ** 2.4)


def scaled(color: Color, factor: float) -> Color:
    """Return a colour made darker or lighter, clipped at white."""
    r, g, b = (min(1.0, factor * c) for c in color)
    return r, g, b


def shade_of(rng: np.random.Generator, name: str) -> Color:
    """Return one of the shades of a named colour, slightly varied."""
    shades = COLORS[name]
    base = linear(shades[int(rng.integers(len(shades)))])
    return scaled(base, float(rng.uniform(0.9, 1.1)))


def pick(rng: np.random.Generator, *names: str) -> tuple[str, Color]:
    """Return a colour name out of ``names`` and one of its shades."""
    name = names[int(rng.integers(len(names)))]
    return name, shade_of(rng, name)


def plain(color: Color, gloss: float = 0.08, glow: float = 0.0) -> Material:
    """Return painted or moulded matter."""
    return Material(Kind.PLAIN, color, gloss=gloss, glow=glow)


def wood(color: Color, axis: int = 0, gloss: float = 0.14) -> Material:
    """Return wood whose grain runs along one of the object's axes."""
    painted = min(color) > 0.5  # white furniture hides its grain
    grain = scaled(color, 0.93 if painted else 0.62)
    return Material(Kind.WOOD, color, grain, scale=0.035, gloss=gloss, a=float(axis))


def fabric(color: Color) -> Material:
    """Return woven cloth."""
    return Material(Kind.FABRIC, color, scaled(color, 0.7), scale=0.006, gloss=0.0)


def metal(color: Color = (0.55, 0.56, 0.58), gloss: float = 0.6) -> Material:
    """Return metal, which mirrors the room softly."""
    return Material(Kind.METAL, color, gloss=gloss)


def panel(kind: Kind, width_m: float, height_m: float, seed: float, *colors: Color,
          gloss: float = 0.1, glow: float = 0.0, variant: float = 0.0) -> Material:  # fmt: skip
    """Return a picture that fills a panel of the given size centred on the object's axis."""
    first = colors[0] if colors else (0.5, 0.5, 0.5)
    second = colors[1] if len(colors) > 1 else scaled(first, 0.5)
    return Material(kind, first, second, 1.0, gloss, glow, width_m, height_m, seed, variant)


WOODS: tuple[tuple[str, str], ...] = (
    ("brown", "8a5a34"), ("brown", "6e4528"), ("brown", "9c6b3f"), ("brown", "5a3822"),
    ("beige", "c8a878"), ("beige", "bb9a6c"), ("white", "e6e3dc"), ("black", "2c2826"),
)  # fmt: skip
"""Colour name and sRGB of the woods furniture is made of."""


def pick_wood(rng: np.random.Generator) -> tuple[str, Color]:
    """Return a wood's colour name and shade."""
    name, shade = WOODS[int(rng.integers(len(WOODS)))]
    return name, scaled(linear(shade), float(rng.uniform(0.92, 1.08)))


def table_of(materials: list[Material]) -> NDArray[np.float64]:
    """Return the (n, 14) material table of the shading."""
    return np.array([m.row() for m in materials], dtype=np.float64)


BLACK = linear("232327")
DARK = linear("3a3a3e")
WHITE = linear("eeede9")
CHROME = (0.6, 0.61, 0.63)
BRASS = (0.62, 0.45, 0.2)
