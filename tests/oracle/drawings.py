"""Reads drawn maps and floor plans back, pixel by pixel."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from mm import inside
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage
from scipy.fft import irfft2, next_fast_len, rfft2
from scipy.optimize import linear_sum_assignment

Rgb = NDArray[np.uint8]


def near_color(rgb: Rgb, color: tuple[int, int, int], off: int = 40) -> NDArray[np.bool_]:
    """Which pixels differ from a colour by less than ``off`` in every channel."""
    close = np.ones(rgb.shape[:2], dtype=bool)
    for k, c in enumerate(color):
        close &= (rgb[:, :, k] > c - off) & (rgb[:, :, k] < c + off)
    return close


class Sheet(NamedTuple):
    """Where the camera is on a map or plan, and pixels per metre."""

    u: float
    v: float
    scale: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.u + x * self.scale, self.v - y * self.scale


# ---- maps with named dots ----------------------------------------------------------------


def read_map(rgb: Rgb) -> Sheet:
    """Find the red camera and the scale bar of a bird's-eye map."""
    red = near_color(rgb, (192, 57, 43), 60)
    red[:30] = False
    labels, count = ndimage.label(red)
    sizes = ndimage.sum(red, labels, range(1, count + 1))
    rows, columns = np.nonzero(labels == 1 + int(np.argmax(sizes)))
    low = rows.max()
    u = (columns[rows >= low - 2].min() + columns[rows >= low - 2].max()) / 2
    scale = spacing(near_color(rgb, (227, 231, 236), 9))
    return Sheet(float(u), float(low - 9), scale)


def spacing(lines: NDArray[np.bool_], most: float = 0.6) -> float:
    """Distance in pixels of the upright lines of a grid, which are a metre apart.

    Args:
        lines: Pixels that may be of a line.
        most: A line is where so much of a column is.
    """
    columns = np.flatnonzero(lines[4:-4, 4:-4].mean(axis=0) > most)
    groups = np.split(columns, np.flatnonzero(np.diff(columns) > 3) + 1)
    middles = np.array([float(g.mean()) for g in groups])
    # A steep wall may look like a line, or hide one: what is no multiple of the usual step is out.
    usual = float(np.median(np.diff(middles)))
    start = min(middles, key=lambda m: float(np.abs(_off(middles - m, usual)).sum()))
    good = middles[np.abs(_off(middles - start, usual)) < 0.12 * usual]
    return float(np.polyfit(np.round((good - start) / usual), good, 1)[0])


def _off(steps: NDArray[np.float64], usual: float) -> NDArray[np.float64]:
    return np.asarray(steps - usual * np.round(steps / usual))


def dots_missing(rgb: Rgb, sheet: Sheet, places: Sequence[tuple[float, float]]) -> int:
    """How many of the places carry no blue dot."""
    blue = near_color(rgb, (31, 111, 178), 60)
    missing = 0
    for place in places:
        u, v = (round(c) for c in sheet.at(*place))
        patch = blue[max(0, v - 3) : v + 4, max(0, u - 3) : u + 4]
        missing += patch.size == 0 or patch.mean() < 0.5
    return missing


def label_places(rgb: Rgb, texts: Sequence[str]) -> Iterator[tuple[float, float, float, float]]:
    """Find words on a map: (left, top, right, bottom) of the place that looks most like each."""
    dark, pad = 1.0 - rgb.max(axis=2) / 255.0, 3
    shape = [next_fast_len(n, real=True) for n in dark.shape]
    waves = rfft2(dark, shape)
    for text in texts:
        ink = _word(text)
        high, wide = ink.shape
        kernel = np.where(ink, 1.0 / ink.sum(), -1.0 / (~ink).sum())
        # What comes round from the other side lies above and left of this part.
        score = irfft2(waves * rfft2(kernel[::-1, ::-1], shape), shape)
        score = score[high - 1 : dark.shape[0], wide - 1 : dark.shape[1]]
        top, left = (float(k) for k in np.unravel_index(int(score.argmax()), score.shape))
        yield left + pad, top + pad, left + wide - pad, top + high - pad


@lru_cache(maxsize=512)
def _word(text: str) -> NDArray[np.bool_]:
    font = ImageFont.load_default(16)
    image = Image.new("L", (len(text) * 16 + 40, 40), 0)
    ImageDraw.Draw(image).text((10, 10), text, 255, font)
    ink = np.asarray(image) > 110
    rows, columns = np.nonzero(ink)
    return np.asarray(ink[rows.min() - 3 : rows.max() + 4, columns.min() - 3 : columns.max() + 4])


def misplaced(rgb: Rgb, names: Sequence[str], places: Sequence[tuple[float, float]]) -> int:
    """How many of the named places are not on a map, or carry another name."""
    sheet = read_map(rgb)
    wrong = dots_missing(rgb, sheet, places)
    spots = [sheet.at(*p) for p in places]
    off = np.zeros((len(names), len(spots)))
    for k, (u0, v0, u1, v1) in enumerate(label_places(rgb, names)):
        off[k] = [math.hypot(max(u0 - u, 0, u - u1), max(v0 - v, 0, v - v1)) for u, v in spots]
    # A name may stand between two dots: every dot gets one.
    _, dots = linear_sum_assignment(off)
    return wrong + sum(int(d) != k for k, d in enumerate(dots))


# ---- floor plans -------------------------------------------------------------------------


def plan_mismatch(rgb: Rgb, outline: NDArray[np.float64]) -> float:
    """Pixels where plan and outline differ, over those of the outline.

    Args:
        rgb: The drawn plan.
        outline: (n, 2) (right, ahead) of the first camera.
    """
    grey = rgb.astype(int).sum(axis=2)
    dark = grey < 330
    dark[:32] = False
    solid = ndimage.binary_erosion(dark, np.ones((7, 7)))
    rows, columns = np.nonzero(solid[:, : rgb.shape[1]])
    inner = (rows > 40) & (rows < rgb.shape[0] - 30)
    u, v = columns[inner].mean() + 0.5, rows[inner].mean() + 0.5
    scale = spacing(grey < 755, 0.83)
    # The thick part of the triangle is its lower half.
    sheet = Sheet(float(u), float(v) - 2.0, scale)
    corners = np.array([sheet.at(*p) for p in outline])
    high, wide = grey.shape
    y, x = np.mgrid[:high, :wide] + 0.5
    own = inside(corners, x.ravel(), y.ravel()).reshape(high, wide)
    # Thin lines of the grid look like floor; most of what is around a pixel decides.
    white = ndimage.uniform_filter((grey >= 755).astype(float), 7) > 0.5
    clear = grey > 640
    clear[:34, :82] = clear[-30:] = False
    return float((clear & (own == white)).sum() / (clear & own).sum())
