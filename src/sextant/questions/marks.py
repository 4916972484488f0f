"""Boxes and dots with letters, drawn on frames so that each of them can be read.

Letters sit in tags beside what they name. Outlines and dots are drawn first, tags after them, each
where it covers least of the other marks; a picture on which one would still be covered is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from sextant.questions.drawing import stamp

MARK_LETTERS = "PQRSTUVWXYZ"
"""Letters of marks; those of options start at A, so the two never meet."""

MIN_MARK = 22.0
"""Least side of a drawn box in pixels of a picture 640 wide."""

TAG = 22.0
"""Side of a tag, in the same pixels."""

DOT = 5.0
"""Radius of a dot, in the same pixels."""

LINE = 3.0
"""Width of an outline, in the same pixels."""

MIN_OUTLINE = 0.5
"""Share of an outline that must show: boxes of things that stand before each other overlap."""

MIN_WHOLE = 0.95
"""The same for tags and dots."""

_COLORS = (
    (230, 25, 75), (0, 130, 255), (255, 225, 25), (60, 200, 80), (245, 130, 48), (200, 60, 230),
    (70, 240, 240), (255, 255, 255), (170, 110, 40), (128, 128, 0), (0, 0, 128),
)  # fmt: skip

Rect = tuple[float, float, float, float]
Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Mark:
    """A box or a dot with a letter.

    Attributes:
        letter: What the question calls it.
        box: (u_min, v_min, u_max, v_max) in pixels of the frame; or
        dot: (u, v) in pixels of the frame.
    """

    letter: str
    box: tuple[float, float, float, float] | None = None
    dot: tuple[float, float] | None = None


def draw_marks(image: Image.Image, marks: tuple[Mark, ...], scale: float = 1.0) -> None:
    """Draw boxes and dots with their letters, in place; coordinates are multiplied by ``scale``."""
    if not marks:
        return
    draw = ImageDraw.Draw(image)
    unit = _unit(image.size)
    for mark in marks:
        _outline(draw, mark, scale, unit, _color(mark), (0, 0, 0))
    for mark, (x, y) in zip(marks, _tags(marks, image.size, scale), strict=True):
        color, side = _color(mark), TAG * unit
        draw.rectangle((x, y, x + side, y + side), fill=color, outline=(0, 0, 0))
        ink = "black" if sum(color) > 380 else "white"
        middle = (x + side / 2, y + side / 2)
        stamp(image, middle, mark.letter, round(18 * unit), ink, anchor="mm")


@lru_cache(maxsize=512)
def can_be_read(marks: tuple[Mark, ...], size: Size, scale: float) -> bool:
    """Tell whether every mark of a picture can be seen.

    Args:
        marks: As they are drawn.
        size: (width, height) of the picture.
        scale: Pixels of the picture per pixel in which the marks are given.
    """
    if len(marks) < 2:
        return True
    unit = _unit(size)
    whole = Image.new("L", size, 0)
    draw = ImageDraw.Draw(whole)
    tags = _tags(marks, size, scale)
    alone = np.zeros(2 * len(marks) + 1)
    # Each outline and each tag with a number of its own: what is left of it once all are drawn?
    for number, mark in enumerate(marks, start=1):
        single = Image.new("L", size, 0)
        _outline(ImageDraw.Draw(single), mark, scale, unit, 1, 1)
        alone[number] = np.count_nonzero(np.asarray(single))
        alone[len(marks) + number] = (TAG * unit) ** 2
        _outline(draw, mark, scale, unit, number, number)
    for number, (x, y) in enumerate(tags, start=len(marks) + 1):
        draw.rectangle((x, y, x + TAG * unit, y + TAG * unit), fill=number)
    shown = np.bincount(np.asarray(whole).ravel(), minlength=len(alone))[: len(alone)]
    needed = [MIN_OUTLINE if m.dot is None else MIN_WHOLE for m in marks]
    needed += [MIN_WHOLE] * len(marks)
    return bool((shown[1:] >= np.array(needed) * alone[1:]).all())


def _unit(size: Size) -> float:
    return max(1.0, max(size) / 640)


def _color(mark: Mark) -> tuple[int, int, int]:
    return _COLORS[MARK_LETTERS.index(mark.letter) % len(_COLORS)]


def _outline(
    draw: ImageDraw.ImageDraw,
    mark: Mark,
    scale: float,
    unit: float,
    color: int | tuple[int, int, int],
    edge: int | tuple[int, int, int],
) -> None:
    if mark.box is not None:
        u0, v0, u1, v1 = _padded(mark.box, scale, unit)
        width = round(LINE * unit)
        draw.rectangle((u0, v0, u1, v1), outline=edge, width=width + 2)
        draw.rectangle((u0 + 1, v0 + 1, u1 - 1, v1 - 1), outline=color, width=width)
    if mark.dot is not None:
        u, v = (c * scale for c in mark.dot)
        for r, fill in ((DOT * unit + 1, edge), (DOT * unit, color), (1.0, edge)):
            draw.ellipse((u - r, v - r, u + r, v + r), fill=fill)


def _padded(box: Rect, scale: float, unit: float) -> Rect:
    """Return the box grown to ``MIN_MARK`` a side: a mark must not cover what it marks."""
    u0, v0, u1, v1 = (c * scale for c in box)
    grow_u = max(2.0, (MIN_MARK * unit - (u1 - u0)) / 2)
    grow_v = max(2.0, (MIN_MARK * unit - (v1 - v0)) / 2)
    return u0 - grow_u, v0 - grow_v, u1 + grow_u, v1 + grow_v


def _tags(marks: Sequence[Mark], size: Size, scale: float) -> list[tuple[float, float]]:
    """Return the top left corner of every mark's tag."""
    unit = _unit(size)
    side = TAG * unit
    dots = [
        (u - 6 * unit, v - 6 * unit, u + 6 * unit, v + 6 * unit)
        for u, v in ((m.dot[0] * scale, m.dot[1] * scale) for m in marks if m.dot is not None)
    ]
    lines = [
        line for m in marks if m.box is not None
        for line in _sides(_padded(m.box, scale, unit), LINE * unit)
    ]  # fmt: skip
    placed: list[Rect] = []
    for mark in marks:
        best: tuple[float, Rect] | None = None
        for x, y in _corners(mark, scale, unit):
            x = min(max(0.0, x), size[0] - side - 1)
            y = min(max(0.0, y), size[1] - side - 1)
            tag = (x, y, x + side, y + side)
            cost = 100.0 * sum(_shared(tag, other) for other in (*placed, *dots))
            cost += sum(_shared(tag, line) for line in lines)
            if best is None or cost < best[0]:
                best = (cost, tag)
        assert best is not None
        placed.append(best[1])
    return [(x, y) for x, y, _, _ in placed]


def _corners(mark: Mark, scale: float, unit: float) -> Iterator[tuple[float, float]]:
    """Yield where a mark's tag may sit, the usual place first."""
    side = TAG * unit
    if mark.box is not None:
        u0, v0, u1, v1 = _padded(mark.box, scale, unit)
        for y in (v0 - side, v1):
            yield from ((u0, y), (u1 - side, y))
        for x in (u1, u0 - side):
            yield from ((x, v0), (x, v1 - side))
    else:
        assert mark.dot is not None
        u, v = (c * scale for c in mark.dot)
        near, far = 9 * unit, 9 * unit + side
        yield u + near, v - near - side * 0.7
        for x in (u + near, u - far, u - side / 2):
            for y in (v - far, v + near, v - side / 2):
                if (x, y) != (u - side / 2, v - side / 2):
                    yield x, y


def _sides(box: Rect, width: float) -> Iterator[Rect]:
    u0, v0, u1, v1 = box
    yield from ((u0, v0, u1, v0 + width), (u0, v1 - width, u1, v1))
    yield from ((u0, v0, u0 + width, v1), (u1 - width, v0, u1, v1))


def _shared(a: Rect, b: Rect) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, width) * max(0.0, height)
