"""Pictures of piles of unit blocks, and of their front, top and right views."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from sextant.questions.blocks import Heights, Views, cells_from_behind, project
from sextant.questions.drawing import INK, SCALE, TINTS, Canvas

SIDE = 384
LINE, GRID, MAT = 0, 192, 238
TOP, FRONT, RIGHT = 214, 158, 108
"""Grey levels of lines, of an empty square's lines, of the floor, and of a block's faces."""

Corner = tuple[float, float, float]


@lru_cache(maxsize=32)
def draw_pile(heights: Heights, title: str = "", *, sides: bool = False) -> bytes:
    """Draw a pile on a floor of unit squares, seen from the front, the right and above.

    Args:
        heights: The pile.
        title: Written at the top left ("Figure 2").
        sides: Whether "front" and "right" are written at these sides of the floor.

    Returns:
        PNG bytes of ``SIDE`` x ``SIDE`` pixels.
    """
    rows, columns = len(heights), len(heights[0])
    tallest = max(map(max, heights))
    ends = [project(x, y, z) for x in (0, columns) for y in (0, rows) for z in (0, tallest)]
    left, right = min(u for u, _ in ends), max(u for u, _ in ends)
    top, bottom = min(v for _, v in ends), max(v for _, v in ends)
    head, foot, rim = (34 if title else 16), (34 if sides else 16), 22
    unit = min((SIDE - 2 * rim) / (right - left), (SIDE - head - foot) / (bottom - top), 74.0)
    du = SIDE / 2 - unit * (left + right) / 2
    dv = head + (SIDE - head - foot) / 2 - unit * (top + bottom) / 2
    canvas = Canvas(SIDE, SIDE)
    pen = canvas.draw

    def at(corner: Corner) -> tuple[float, float]:
        u, v = project(*corner)
        return SCALE * (du + unit * u), SCALE * (dv + unit * v)

    def face(corners: Sequence[Corner], fill: int, line: int = LINE) -> None:
        points = [at(c) for c in corners]
        pen.polygon(points, fill=fill)
        pen.line([*points, points[0], points[1]], fill=line, width=SCALE + 1, joint="curve")

    for _, x, y, _ in cells_from_behind(heights):
        face(_square(x, y, 0), MAT, GRID)
    for _, x, y, height in cells_from_behind(heights):
        for z in range(height):
            face([(x, y, z), (x + 1, y, z), (x + 1, y, z + 1), (x, y, z + 1)], FRONT)
            edge = x + 1
            face([(edge, y, z), (edge, y + 1, z), (edge, y + 1, z + 1), (edge, y, z + 1)], RIGHT)
        if height:
            face(_square(x, y, height), TOP)
    if title:
        canvas.text(10, 6, title, 20)
    if sides:
        for said, corner, anchor in (
            ("front", (columns / 2, -0.12, 0.0), "rt"),
            ("right", (columns + 0.12, rows / 2, 0.0), "lt"),
        ):
            u, v = at(corner)
            canvas.text(u / SCALE, v / SCALE + 2, said, 18, anchor=anchor)
    return canvas.png(_tint(heights))


@lru_cache(maxsize=32)
def draw_views(views: Views, title: str = "") -> bytes:
    """Draw the three views as squared paper with filled squares, the empty room around them too.

    The front view stands below the top view, the right view beside the front view.

    Returns:
        PNG bytes of ``SIDE`` x ``SIDE`` pixels.
    """
    columns, rows = len(views.front), len(views.right)
    tall = max(views.front) + 1
    unit = min(
        (SIDE - 60) / (columns + rows + 1.0),
        (SIDE - (34 if title else 12) - 64) / (rows + tall),
        56.0,
    )
    canvas = Canvas(SIDE, SIDE)
    width = unit * (columns + rows) + 34
    x0, y0 = (SIDE - width) / 2, (34.0 if title else 12.0)
    _squares(canvas, x0, y0 + 22, unit, views.top)
    canvas.text(x0, y0, "top", 17)
    below = y0 + 22 + unit * rows + 12
    _squares(canvas, x0, below + 22, unit, _profile(views.front, tall))
    canvas.text(x0, below, "front", 17)
    beside = x0 + unit * columns + 34
    _squares(canvas, beside, below + 22, unit, _profile(views.right, tall))
    canvas.text(beside, below, "right", 17)
    if title:
        canvas.text(10, 6, title, 20)
    return canvas.png(TINTS[(rows + columns) % len(TINTS)])


def _profile(tops: Sequence[int], tall: int) -> list[list[bool]]:
    """Return the filled squares of a view from the side, the uppermost row first."""
    return [[h > level for h in tops] for level in reversed(range(tall))]


def _squares(
    canvas: Canvas, x0: float, y0: float, unit: float, filled: Sequence[Sequence[bool]]
) -> None:
    # Empty squares first: the dark outline of a filled one must not be drawn over.
    for wanted in (False, True):
        for r, row in enumerate(filled):
            for c, full in enumerate(row):
                if full is wanted:
                    box = [x0 + c * unit, y0 + r * unit, x0 + (c + 1) * unit, y0 + (r + 1) * unit]
                    canvas.draw.rectangle(
                        [SCALE * b for b in box],
                        fill=FRONT if full else None,
                        outline=INK if full else GRID,
                        width=SCALE + 1,
                    )


def _square(x: float, y: float, z: float) -> list[Corner]:
    return [(x, y, z), (x + 1, y, z), (x + 1, y + 1, z), (x, y + 1, z)]


def _tint(heights: Heights) -> tuple[int, int, int]:
    """Return a colour by the floor's size: the same for all piles of a question."""
    return TINTS[(len(heights) + len(heights[0])) % len(TINTS)]
