"""Piles of unit blocks as height maps: oblique projection, what is visible, and the three views.

A height map is a tuple of rows, the back row first, each from left to right; an entry is the number
of blocks on that cell. World: x to the right, y to the back, z up, one unit per block; the cell in
row r and column c spans x from c to c + 1 and y from rows - 1 - r to rows - r. The pile is looked
at from the front, from the right and from above, so that front, right and top faces are seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import shapely

AZIMUTH_RAD, ELEVATION_RAD = math.radians(36.0), math.radians(36.0)
"""Neither is isometric: at 45 and 35.3 degrees edges of different blocks fall onto one line, and a
block one step farther and one higher looks like its neighbour."""

_COS, _SIN = math.cos(AZIMUTH_RAD), math.sin(AZIMUTH_RAD)
_RISE, _TILT = math.cos(ELEVATION_RAD), math.sin(ELEVATION_RAD)

Heights = tuple[tuple[int, ...], ...]
Point = tuple[float, float]


class Views(NamedTuple):
    """What a pile looks like from three sides.

    Attributes:
        front: Height per column, from left to right.
        top: Whether a cell holds blocks, as rows from the back (up) to the front (down).
        right: Height per row as seen from the right: the front row comes first.
    """

    front: tuple[int, ...]
    top: tuple[tuple[bool, ...], ...]
    right: tuple[int, ...]


def read_heights(value: Any, *, max_height: int = 9) -> Heights | None:
    """Return nested lists as a height map; None if they are none, or the map is empty."""
    if not isinstance(value, list | tuple) or not value:
        return None
    rows = []
    for row in value:
        if not isinstance(row, list | tuple) or len(row) != len(value[0]) or not row:
            return None
        if any(type(h) is not int or not 0 <= h <= max_height for h in row):
            return None
        rows.append(tuple(row))
    heights = tuple(rows)
    return heights if count_blocks(heights) else None


def count_blocks(heights: Heights) -> int:
    """Return the number of blocks.

    >>> count_blocks(((2, 1), (1, 0)))
    4
    """
    return sum(map(sum, heights))


def count_buried(heights: Heights) -> int:
    """Return how many blocks have no face in the open to the front, to the right or above.

    >>> count_buried(((2, 1), (1, 0)))
    1
    """
    buried = 0
    for r, row in enumerate(heights):
        for c, h in enumerate(row):
            right = row[c + 1] if c + 1 < len(row) else 0
            front = heights[r + 1][c] if r + 1 < len(heights) else 0
            buried += max(0, min(h - 1, right, front))
    return buried


def views_of(heights: Heights) -> Views:
    """Return the front, top and right views."""
    return Views(
        tuple(max(column) for column in zip(*heights, strict=True)),
        tuple(tuple(h > 0 for h in row) for row in heights),
        tuple(max(row) for row in reversed(heights)),
    )


def differing_squares(a: Views, b: Views) -> int:
    """Return in how many unit squares two piles' views differ, over all three views."""
    squares = sum(abs(p - q) for p, q in zip(a.front, b.front, strict=True))
    squares += sum(abs(p - q) for p, q in zip(a.right, b.right, strict=True))
    return squares + sum(
        p != q for one, two in zip(a.top, b.top, strict=True) for p, q in zip(one, two, strict=True)
    )


def project(x: float, y: float, z: float) -> Point:
    """Return where a point is drawn: u to the right, v down, in block sides."""
    return x * _COS + y * _SIN, _TILT * (x * _SIN - y * _COS) - _RISE * z


def cells_from_behind(heights: Heights) -> Iterator[tuple[int, int, int, int]]:
    """Yield (row, x, y, height) of every cell, farther cells before what stands in front of them.

    ``x``, ``y`` is the cell's corner at the left and to the front.
    """
    rows = len(heights)
    for r, row in enumerate(heights):
        for c, h in enumerate(row):
            yield r, c, rows - 1 - r, h


def least_visible_top(heights: Heights) -> float:
    """Return the smallest share of a cell's top that can be seen; of an empty cell, of its floor.

    Where every top is in view, so is every column, and the number of blocks is certain.
    """
    cells = list(cells_from_behind(heights))
    least = 1.0
    for _, x, y, h in cells:
        # Only what stands nearer to the viewer (more to the right or to the front) and is higher.
        before = tuple(
            (x2 - x, y2 - y, h2) for _, x2, y2, h2 in cells if h2 > h and x2 >= x and y2 <= y
        )
        if before:
            least = min(least, _visible_top(h, before))
    return least


@lru_cache(maxsize=1 << 14)
def _visible_top(h: int, before: tuple[tuple[int, int, int], ...]) -> float:
    """Return the visible share of a top of height h; ``before`` holds (dx, dy, height) of columns.

    A pile that grows block by block asks for most cells again and again.
    """
    top = _polygon([(0, 0, h), (1, 0, h), (1, 1, h), (0, 1, h)])
    columns = shapely.union_all([_outline(*column) for column in before])
    return 1.0 - float(shapely.area(shapely.intersection(top, columns)) / shapely.area(top))


def _outline(x: float, y: float, h: float) -> shapely.Polygon:
    """Return the outline of a column as drawn, a hexagon."""
    return _polygon(
        [(x, y, 0), (x + 1, y, 0), (x + 1, y + 1, 0), (x + 1, y + 1, h), (x, y + 1, h), (x, y, h)]
    )


def _polygon(corners: Sequence[tuple[float, float, float]]) -> shapely.Polygon:
    return shapely.Polygon([project(*c) for c in corners])
