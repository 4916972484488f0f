"""Floor plans as pictures: the room's outline round the camera of the first picture."""

from __future__ import annotations

import math
from functools import lru_cache

from sextant.questions.drawing import INK, SCALE, TINTS, Canvas

SIDE = 360
MARGIN = 34
FLOOR, GRID, VIEW = 226, 196, 168
"""Grey levels of the floor, of the lines that lie a metre apart, and of the camera's view."""

Corner = tuple[float, float]


@lru_cache(maxsize=32)
def draw_plan(corners: tuple[Corner, ...], title: str, middle_m: Corner, reach_m: float) -> bytes:
    """Draw an outline in the frame of the first picture's camera, which looks up the plan.

    Args:
        corners: (right, ahead) in metres of every corner, in order.
        title: Written at the top left ("Plan 2").
        middle_m: (right, ahead) of the centre of the shown square.
        reach_m: Half its side. Both are the same for all plans of a question, so that neither
            scale nor place gives anything away.

    Returns:
        PNG bytes of ``SIDE`` x ``SIDE`` pixels.
    """
    canvas = Canvas(SIDE, SIDE)
    pen = canvas.draw
    scale = (SIDE - 2 * MARGIN) / (2 * reach_m)

    def at(x: float, y: float) -> tuple[float, float]:
        u = SIDE / 2 + (x - middle_m[0]) * scale
        v = SIDE / 2 - (y - middle_m[1]) * scale
        return SCALE * u, SCALE * v

    outline = [at(x, y) for x, y in corners]
    pen.polygon(outline, fill=FLOOR)
    # A line a metre, counted from the camera.
    reach = math.ceil(reach_m + max(abs(m) for m in middle_m)) + 2
    for k in range(-reach, reach + 1):
        u, v = at(k, k)
        pen.line((u, 0, u, SCALE * SIDE), fill=GRID, width=1)
        pen.line((0, v, SCALE * SIDE, v), fill=GRID, width=1)
    u, v = at(0.0, 0.0)
    ray = SCALE * 34
    for side in (-0.55, 0.55):
        pen.line((u, v, u + side * ray, v - ray), fill=VIEW, width=SCALE + 1)
    pen.line([*outline, outline[0], outline[1]], fill=INK, width=SCALE * 4, joint="curve")
    a = SCALE * 6
    pen.polygon([(u, v - 2 * a), (u - a, v + a), (u + a, v + a)], fill=INK)
    # Titles and scale stand on white: a wall may run below them.
    pen.rectangle((0, 0, SCALE * 76, SCALE * 30), fill=255)
    canvas.text(8, 5, title, 19)
    base = SIDE - 13
    pen.rectangle((0, SCALE * (SIDE - 26), SCALE * (scale + 52), SCALE * SIDE), fill=255)
    pen.line((SCALE * 10, SCALE * base, SCALE * (10 + scale), SCALE * base), INK, SCALE * 3)
    canvas.text(16 + scale, base, "1 m", 13, anchor="lm")
    edge = SCALE * SIDE - 1
    pen.rectangle((0, 0, edge, edge), outline=INK, width=SCALE)
    return canvas.png(TINTS[0])
