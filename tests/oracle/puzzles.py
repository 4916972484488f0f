"""Reads drawn puzzles back, pixel by pixel: piles of blocks, their three views, and mazes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from drawings import Rgb, near_color
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

Heights = Sequence[Sequence[int]]
Cell = tuple[int, int]
STEPS = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}

# ---- piles of blocks ---------------------------------------------------------------------

AZIMUTH = ELEVATION = math.radians(36.0)
MAT, FRONT, RIGHT, TOP = 1, 2, 3, 4


def _drawn(x: float, y: float, z: float) -> tuple[float, float]:
    """Oblique view from the front, the right and above: u to the right, v down."""
    u = x * math.cos(AZIMUTH) + y * math.sin(AZIMUTH)
    depth = x * math.sin(AZIMUTH) - y * math.cos(AZIMUTH)
    return u, depth * math.sin(ELEVATION) - z * math.cos(ELEVATION)


class Pile(NamedTuple):
    """A pile as pixels: kind of face, and the cell whose top or floor it is (-1 = neither)."""

    kinds: NDArray[np.int_]
    cells: NDArray[np.int_]
    tops: tuple[int, ...]


@lru_cache(maxsize=256)
def paint_pile(heights: tuple[tuple[int, ...], ...], unit: int = 40) -> Pile:
    """Paint a pile, far cells first, into masks of face kinds and of cells."""
    rows, columns = len(heights), len(heights[0])
    ends = [_drawn(x, y, z) for x in (0, columns) for y in (0, rows) for z in (0, 9)]
    du, dv = min(u for u, _ in ends), min(v for _, v in ends)
    wide, high = (int(unit * (max(e[k] for e in ends) - (du, dv)[k])) + 3 for k in (0, 1))
    size = wide, high
    kinds, cells = Image.new("I", size, 0), Image.new("I", size, -1)
    pens = ImageDraw.Draw(kinds), ImageDraw.Draw(cells)
    alone = Image.new("I", size, 0)
    tops: list[int] = []

    def face(corners: Sequence[tuple[float, float, float]], kind: int, cell: int) -> None:
        points = [(unit * (u - du), unit * (v - dv)) for u, v in (_drawn(*c) for c in corners)]
        pens[0].polygon(points, fill=kind)
        pens[1].polygon(points, fill=cell)

    def level(x: int, y: int, z: int) -> list[tuple[float, float, float]]:
        return [(x, y, z), (x + 1, y, z), (x + 1, y + 1, z), (x, y + 1, z)]

    order = [(r, c) for r in range(rows) for c in range(columns)]
    for r, c in order:
        face(level(c, rows - 1 - r, 0), MAT, r * columns + c)
    for r, c in order:
        x, y, h = c, rows - 1 - r, heights[r][c]
        face([(x, y, 0), (x + 1, y, 0), (x + 1, y, h), (x, y, h)], FRONT if h else MAT, -1 if h
             else r * columns + c)  # fmt: skip
        if h:
            face([(x + 1, y, 0), (x + 1, y + 1, 0), (x + 1, y + 1, h), (x + 1, y, h)], RIGHT, -1)
            face(level(x, y, h), TOP, r * columns + c)
    pen = ImageDraw.Draw(alone)
    pen.polygon([(unit * (u - du), unit * (v - dv)) for u, v in (_drawn(*c) for c in
                 level(0, 0, 0))], fill=1)  # fmt: skip
    full = int((np.asarray(alone) == 1).sum())
    drawn = np.asarray(cells)
    tops = [int((drawn == k).sum() / full * 1000) for k in range(rows * columns)]
    return Pile(np.asarray(kinds), drawn, tuple(tops))


def least_top(heights: tuple[tuple[int, ...], ...]) -> float:
    """The smallest share of a cell's top, or floor, that can be seen."""
    return min(paint_pile(heights).tops) / 1000


class DrawnPile(NamedTuple):
    """A drawn pile, stretched to a square: kind of face per pixel (-1 = a line), and its shape."""

    kinds: NDArray[np.int_]
    aspect: float


def read_pile(rgb: Rgb) -> DrawnPile:
    """Cut the pile out of its drawing."""
    shades = _shades(rgb)
    blocks = shades > 0
    labels, count = ndimage.label(ndimage.binary_closing(blocks, np.ones((5, 5))))
    sizes = ndimage.sum(blocks, labels, range(1, count + 1))
    big = np.isin(labels, 1 + np.flatnonzero(sizes > 0.02 * sizes.sum()))
    return _stretched(shades[_window(big)])


def pile_mismatch(drawn: DrawnPile, heights: tuple[tuple[int, ...], ...]) -> float:
    """Share of pixels in which a drawn pile differs from the own painting of these heights."""
    kinds = paint_pile(heights).kinds
    painted = _stretched(kinds[_window(kinds > 0)])
    known = drawn.kinds >= 0
    off = float((drawn.kinds[known] != painted.kinds[known]).mean())
    return off + abs(math.log(drawn.aspect / painted.aspect))


def _stretched(kinds: NDArray[np.int_], side: int = 120) -> DrawnPile:
    rows, columns = (np.linspace(0, n - 1, side).round().astype(int) for n in kinds.shape)
    return DrawnPile(kinds[np.ix_(rows, columns)], kinds.shape[0] / kinds.shape[1])


def _window(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    rows, columns = np.nonzero(mask)
    return slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)


TINTS = ((47, 111, 178), (46, 139, 87), (201, 110, 38), (128, 82, 168), (176, 58, 70))


def _shades(rgb: Rgb) -> NDArray[np.int_]:
    """Kind of face per pixel by its colour; 0 = paper, -1 = a line or its edge."""
    found = []
    for tint in TINTS:
        kinds = np.full(rgb.shape[:2], -1)
        kinds[near_color(rgb, (255, 255, 255), 4)] = 0
        for kind, grey in ((MAT, 238), (RIGHT, 108), (FRONT, 158), (TOP, 214)):
            kinds[near_color(rgb, _tinted(tint, grey), 4)] = kind
        found.append(kinds)
    return max(found, key=lambda k: int((k > 0).sum()))


def _tinted(tint: tuple[int, int, int], grey: int) -> tuple[int, int, int]:
    """Colour of a grey level: from dark over the tint in the middle to white."""
    ends, share = (((24, 32, 44), tint), grey / 128) if grey < 128 else (
        (tint, (255, 255, 255)), (grey - 128) / 127)  # fmt: skip
    r, g, b = (round(p + (q - p) * share) for p, q in zip(*ends, strict=True))
    return r, g, b


def filled_squares(rgb: Rgb, columns: int, rows: int, tall: int) -> list[NDArray[np.bool_]]:
    """Filled squares of a drawing of three views, three by three points of each; see ``views``."""
    side = rgb.shape[0]
    unit = min((side - 60) / (columns + rows + 1.0), (side - 34 - 64) / (rows + tall), 56.0)
    x0, y0 = (side - unit * (columns + rows) - 34) / 2, 56.0
    below, beside = y0 + unit * rows + 34, x0 + unit * columns + 34
    grey = rgb.astype(int).sum(axis=2)
    found = []
    for x, y, n, m in ((x0, y0, columns, rows), (x0, below, columns, tall),
                       (beside, below, rows, tall)):  # fmt: skip
        # Three by three points of each square, so that only the right grid fits.
        spots = np.array([0.2, 0.5, 0.8])
        u = np.round(x + (np.arange(n)[:, None] + spots) * unit).astype(int).ravel()
        v = np.round(y + (np.arange(m)[:, None] + spots) * unit).astype(int).ravel()
        v = np.minimum(v, side - 1)
        found.append(grey[np.ix_(v, u)] < 640)
    return found


def views(heights: Heights, tall: int) -> list[NDArray[np.bool_]]:
    """Top, front and right view of a pile, by looking along the columns of a block grid.

    Every square is repeated three times in both directions.
    """
    solid = np.array([[[h > z for z in range(tall)] for h in row] for row in heights])
    top = solid[:, :, 0]
    front = np.asarray(solid.any(axis=0)).T[::-1]
    right = np.asarray(solid.any(axis=1))[::-1].T[::-1]
    return [v.repeat(3, axis=0).repeat(3, axis=1) for v in (top, front, right)]


# ---- mazes -------------------------------------------------------------------------------


def read_maze(rgb: Rgb, rows: int, columns: int) -> dict[Cell, set[str]]:
    """Which moves are open from every cell, by the colour between two cells' middles."""
    unit = (rgb.shape[0] - 24) / rows
    wall, px = rgb[11, 11].astype(int), rgb.astype(int)

    def is_wall(row: float, column: float) -> bool:
        # Away from the middle, where letters are.
        v, u = round(12 + row * unit), round(12 + column * unit)
        return bool(np.abs(px[v, u] - wall).max() < 25)

    cells = [(r, c) for r in range(rows) for c in range(columns)]
    solid = {(r, c) for r, c in cells if is_wall(r + 0.12, c + 0.5)}
    ways: dict[Cell, set[str]] = {cell: set() for cell in cells}
    for r, c in cells:
        for move, (dr, dc) in STEPS.items():
            there = r + dr, c + dc
            if there not in ways or (r, c) in solid or there in solid:
                continue
            if not is_wall(r + 0.5 + dr / 2, c + 0.5 + dc / 2):
                ways[r, c].add(move)
    return ways


def lettered(rgb: Rgb, rows: int, cell: Cell) -> bool:
    """Whether a coloured disc is in a cell."""
    unit = (rgb.shape[0] - 24) / rows
    v, u = round(12 + (cell[0] + 0.5) * unit), round(12 + (cell[1] + 0.24) * unit)
    patch = rgb[v - 1 : v + 2, u - 1 : u + 2].astype(int)
    return bool(np.ptp(patch.mean(axis=(0, 1))) > 60)
