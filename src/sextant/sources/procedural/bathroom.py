"""What belongs in a bathroom, and the tap that kitchens have too."""

from __future__ import annotations

import math

from numpy.random import Generator

from sextant.sources.procedural.materials import (
    CHROME,
    Kind,
    Material,
    fabric,
    metal,
    pick,
    plain,
    scaled,
)
from sextant.sources.procedural.model import Model
from sextant.sources.procedural.sculpting import Sculptor, turn

PORCELAIN = plain((0.86, 0.86, 0.85), 0.55)


def tap(s: Sculptor, foot: tuple[float, float, float], height: float) -> None:
    """Add a tap that reaches towards -y."""
    x, y, z = foot
    chrome = metal(CHROME, 0.8)
    s.rod((x, y, z), (x, y, z + 0.03), 0.026, chrome)
    s.rod((x, y, z), (x, y, z + height), 0.013, chrome)
    s.ball((x, y, z + height), 0.0135, chrome, segments=10, rings=6)
    s.rod((x, y, z + height), (x, y - 0.16, z + height - 0.02), 0.012, chrome)
    s.rod((x, y - 0.155, z + height - 0.02), (x, y - 0.155, z + height - 0.06), 0.012, chrome)
    s.rod((x + 0.02, y, z + 0.05), (x + 0.08, y, z + 0.08), 0.007, chrome)


def toilet(rng: Generator) -> Model:
    """A toilet with bowl, seat, lid up against the tank, and tank at the back."""
    s = Sculptor()
    h = float(rng.uniform(0.39, 0.42))
    egg = [
        (0.185 * math.sin(t) * (1 - 0.12 * max(0.0, -math.cos(t))), -0.08 + 0.25 * -math.cos(t))
        for t in (2 * math.pi * i / 24 for i in range(24))
    ]
    foot = [(0.62 * x, 0.72 * y + 0.03) for x, y in egg]
    s.loft(
        [
            (foot, 0.0),
            ([(0.9 * x, y) for x, y in foot], 0.12),
            ([(0.8 * x, 0.9 * y) for x, y in egg], 0.27),
            (egg, h - 0.04),
            (egg, h),
        ],
        PORCELAIN,
    )
    seat = plain((0.8, 0.8, 0.79), 0.5)
    s.loft(
        [
            ([(1.04 * x, 1.03 * y) for x, y in egg], h),
            ([(1.04 * x, 1.03 * y) for x, y in egg], h + 0.018),
            ([(0.72 * x, 0.72 * y - 0.02) for x, y in egg], h + 0.02),
            ([(0.7 * x, 0.7 * y - 0.02) for x, y in egg], h + 0.012),
        ],
        seat,
    )
    s.loft(
        [
            ([(0.69 * x, 0.69 * y - 0.02) for x, y in egg], h),
            ([(0.69 * x, 0.69 * y - 0.02) for x, y in egg], h + 0.0125),
        ],
        plain((0.35, 0.45, 0.5), 0.7),
    )
    s.box((-0.13, 0.1, 0.0), (0.13, 0.34, h - 0.03), PORCELAIN, 0.03)
    s.box((-0.2, 0.18, h - 0.05), (0.2, 0.37, h + 0.36), PORCELAIN, 0.03)
    s.box((-0.21, 0.17, h + 0.35), (0.21, 0.375, h + 0.39), PORCELAIN, 0.012)
    s.lathe([(0.025, 0), (0.022, 0.01)], metal(CHROME, 0.8), at=(0, 0.27, h + 0.388))
    with s.moved((0, 0.15, h + 0.02), turn(0, 0.1)):
        lid = [(1.02 * x, -(1.0 * y) + 0.19) for x, y in egg]
        with s.moved((0, 0, 0), turn(0, math.pi / 2)):
            s.loft([(lid[::-1], -0.012), (lid[::-1], 0.008)], seat)
    return s.finish("white")


def bathtub(rng: Generator) -> Model:
    """A bathtub with an open basin and taps at one end."""
    w, d, h = (
        float(rng.uniform(1.55, 1.75)),
        float(rng.uniform(0.7, 0.78)),
        float(rng.uniform(0.52, 0.58)),
    )
    n = 32

    def outline(a: float, b: float) -> list[tuple[float, float]]:
        # A superellipse: between a rectangle and an oval.
        ring = []
        for i in range(n):
            t = 2 * math.pi * (i + 0.5) / n
            c, q = math.cos(t), math.sin(t)
            ring.append(
                (a * math.copysign(abs(c) ** 0.35, c), b * math.copysign(abs(q) ** 0.35, q))
            )
        return ring

    s = Sculptor()
    x, y = w / 2, d / 2
    s.loft(
        [
            (outline(x - 0.06, y - 0.05), 0.0),
            (outline(x - 0.02, y - 0.02), h - 0.05),
            (outline(x, y), h - 0.04),
            (outline(x, y), h),
            (outline(x - 0.07, y - 0.07), h),
            (outline(x - 0.12, y - 0.11), 0.3),
            (outline(x - 0.22, y - 0.18), 0.12),
        ],
        PORCELAIN,
    )
    with s.moved((x - 0.035, 0, h - 0.005), turn(2, -math.pi / 2)):
        tap(s, (0, 0, 0), 0.12)
    s.lathe([(0.03, 0.118), (0.03, 0.125)], metal(CHROME, 0.8), at=(x - 0.4, 0, 0))
    return s.finish("white", front=False)


def washbasin(rng: Generator) -> Model:
    """A bathroom sink on a pedestal, with a tap."""
    s = Sculptor()
    h = float(rng.uniform(0.8, 0.86))
    s.lathe(
        [(0.12, 0), (0.1, 0.05), (0.08, 0.4), (0.1, h - 0.16)],
        PORCELAIN,
        at=(0, 0.04, 0),
        segments=20,
    )
    n = 28
    egg = [(0.28 * math.cos(t), 0.2 * math.sin(t)) for t in (2 * math.pi * i / n for i in range(n))]
    s.loft(
        [
            ([(0.4 * x, 0.4 * y) for x, y in egg], h - 0.18),
            ([(0.9 * x, 0.9 * y) for x, y in egg], h - 0.07),
            (egg, h - 0.03),
            (egg, h),
            ([(0.88 * x, 0.85 * y) for x, y in egg], h),
            ([(0.7 * x, 0.65 * y) for x, y in egg], h - 0.09),
            ([(0.1 * x, 0.1 * y) for x, y in egg], h - 0.12),
        ],
        PORCELAIN,
    )
    s.box((-0.2, 0.14, h - 0.12), (0.2, 0.25, h + 0.012), PORCELAIN, 0.02)
    tap(s, (0, 0.19, h + 0.01), 0.12)
    return s.finish("white")


def laundry_basket(rng: Generator) -> Model:
    """A woven basket with clothes on top."""
    name, color = pick(rng, "beige", "white", "gray", "brown")
    _, cloth = pick(rng, "blue", "red", "green", "pink", "white")
    r, h = float(rng.uniform(0.19, 0.23)), float(rng.uniform(0.45, 0.58))
    s = Sculptor()
    weave = Material(Kind.FABRIC, color, scaled(color, 0.5), 0.02, 0.05)
    s.lathe(
        [
            (0.85 * r, 0),
            (r, h - 0.03),
            (r + 0.015, h - 0.03),
            (r + 0.015, h),
            (r - 0.015, h),
            (r - 0.02, h - 0.08),
        ],
        weave,
        segments=24,
    )
    s.ball((0.03, 0.02, h - 0.05), (0.75 * r, 0.7 * r, 0.08), fabric(cloth))
    s.ball((-0.06, -0.04, h - 0.04), (0.5 * r, 0.5 * r, 0.07), fabric((0.7, 0.7, 0.68)))
    return s.finish(name, front=False)


def towel_rail(rng: Generator) -> Model:
    """A towel that hangs on a short rail at the wall."""
    name, color = pick(rng, "blue", "white", "green", "pink", "yellow", "gray")
    s = Sculptor()
    w = float(rng.uniform(0.42, 0.55))
    s.rod((-w / 2 - 0.06, -0.05, 0.62), (w / 2 + 0.06, -0.05, 0.62), 0.009, metal(CHROME, 0.8))
    for sx in (-1, 1):
        s.rod(
            (sx * (w / 2 + 0.05), -0.05, 0.62),
            (sx * (w / 2 + 0.05), 0, 0.62),
            0.012,
            metal(CHROME, 0.8),
        )
    s.box((-w / 2, -0.075, 0), (w / 2, -0.058, 0.635), fabric(color), 0.008, soft=True)
    s.box((-w / 2, -0.042, 0.12), (w / 2, -0.026, 0.635), fabric(color), 0.008, soft=True)
    s.box(
        (-w / 2 - 0.001, -0.077, 0.08),
        (w / 2 + 0.001, -0.056, 0.12),
        fabric(scaled(color, 0.6)),
        0.004,
    )
    return s.finish(name)
