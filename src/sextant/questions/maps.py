"""Bird's-eye maps as pictures: named dots around the camera of the first picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from PIL import Image, ImageDraw

from sextant.questions.drawing import palette_png, stamp, text_width

SIDE = 480
MARGIN = 56
CLEARLY_NEARER = 5.0
"""Pixels by which a name is nearer to its own dot than to any other."""

AIR = 3.0
"""Pixels above and below the words of a label."""

INK, GRID, DOT, CAMERA, LABEL = "#1d2733", "#e3e7ec", "#1f6fb2", "#c0392b", "#ffffff"


@lru_cache(maxsize=32)
def draw_map(
    places: tuple[tuple[str, tuple[float, float]], ...],
    title: str,
    middle_m: tuple[float, float],
    reach_m: float,
) -> bytes | None:
    """Draw objects as named dots in the frame of the first picture's camera.

    Args:
        places: Name and (right, ahead) in metres of every object.
        title: Written at the top left ("Map 2").
        middle_m: (right, ahead) of the centre of the shown square.
        reach_m: Half its side. Both are the same for all maps of a question, so that neither
            scale nor place gives anything away.

    Returns:
        PNG bytes of ``SIDE`` x ``SIDE`` pixels; None if a name would be as near to another dot as
        to its own, so that nobody could tell whose it is.
    """
    image = Image.new("RGB", (SIDE, SIDE), "white")
    draw = ImageDraw.Draw(image)
    scale = (SIDE - 2 * MARGIN) / (2 * reach_m)
    middle = SIDE / 2

    def at(x: float, y: float) -> tuple[float, float]:
        return middle + (x - middle_m[0]) * scale, middle - (y - middle_m[1]) * scale

    # A line a metre, counted from the camera.
    reach = math.ceil(reach_m + max(abs(m) for m in middle_m)) + 2
    for k in range(-reach, reach + 1):
        u, v = at(k, k)
        draw.line((u, 0, u, SIDE), fill=GRID)
        draw.line((0, v, SIDE, v), fill=GRID)
    # The camera and what it sees: a wedge up the map.
    u, v = at(0.0, 0.0)
    draw.polygon([(u, v - 15), (u - 10, v + 9), (u + 10, v + 9)], fill=CAMERA)
    taken = [(u - 14, v - 18, u + 14, v + 12)]
    for _, place in places:
        x, y = at(*place)
        taken.append((x - 7, y - 7, x + 7, y + 7))
    dots = [at(*place) for _, place in places]
    for (name, _), (x, y) in zip(places, dots, strict=True):
        draw.ellipse((x - 6, y - 6, x + 6, y + 6), fill=DOT, outline=INK)
        box = _free_label(name, x, y, taken, [dot for dot in dots if dot != (x, y)])
        if _nearness(box, (x, y), dots) < CLEARLY_NEARER:
            return None
        taken.append(box)
        stamp(image, box[:2], name, 16, INK, halo=LABEL)
    stamp(image, (10, 6), title, 22, INK)
    stamp(image, (SIDE - 10, 12), "first picture: looking up the map", 13, CAMERA, anchor="ra")
    base = SIDE - 14
    draw.line((12, base, 12 + scale, base), fill=INK, width=3)
    stamp(image, (18 + scale, base), "1 m", 13, INK, anchor="lm")
    draw.rectangle((0, 0, SIDE - 1, SIDE - 1), outline=INK)
    return palette_png(image, (LABEL, GRID, INK, DOT, CAMERA))


def _free_label(
    name: str,
    x: float,
    y: float,
    taken: Sequence[tuple[float, float, float, float]],
    others: Sequence[tuple[float, float]],
) -> tuple[float, float, float, float]:
    """Return the rectangle of a label that is nearest to its dot and covers little else."""
    width, height = text_width(name, 16), 20.0
    best: tuple[float, tuple[float, float, float, float]] | None = None
    spots = [(10.0, -height / 2), (-10.0 - width, -height / 2)]
    spots += [(-width / 2, 8.0 + 10 * k) for k in range(3)]
    spots += [(-width / 2, -8.0 - height - 10 * k) for k in range(3)]
    for dx, dy in spots:
        left = min(max(4.0, x + dx), SIDE - width - 4)
        top = min(max(30.0, y + dy), SIDE - height - 22)
        box = (left, top, left + width, top + height)
        cost = sum(_shared(box, other) for other in taken) + 0.02 * math.hypot(dx, dy)
        cost += 40.0 * max(0.0, CLEARLY_NEARER - _nearness(box, (x, y), others))
        if best is None or cost < best[0]:
            best = (cost, box)
    assert best is not None
    return best[1]


def _nearness(
    box: tuple[float, float, float, float],
    own: tuple[float, float],
    dots: Sequence[tuple[float, float]],
) -> float:
    """Return by how many pixels a label is nearer to its own dot than to any other."""
    mine = _gap(box, own)
    return min((_gap(box, dot) - mine for dot in dots if dot != own), default=math.inf)


def _gap(box: tuple[float, float, float, float], dot: tuple[float, float]) -> float:
    """Return the distance of a dot from the words of a label, whose rectangle has some air."""
    x, y = dot
    return math.hypot(
        max(box[0] - x, 0.0, x - box[2]), max(box[1] + AIR - y, 0.0, y - box[3] + AIR)
    )


def _shared(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, width) * max(0.0, height)
