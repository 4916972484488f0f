"""Kitchen and bathroom appliances."""

from __future__ import annotations

import math

from numpy.random import Generator

from sextant.sources.procedural.materials import (
    BLACK,
    CHROME,
    DARK,
    WHITE,
    Kind,
    Material,
    fabric,
    metal,
    pick,
    plain,
    scaled,
)
from sextant.sources.procedural.model import Model, Surface
from sextant.sources.procedural.sculpting import Sculptor, turn
from sextant.sources.procedural.tables import tap

PORCELAIN = plain((0.86, 0.86, 0.85), 0.55)


def refrigerator(rng: Generator) -> Model:
    """A tall refrigerator with a freezer door below."""
    w, d, h = (
        float(rng.uniform(0.6, 0.75)),
        float(rng.uniform(0.62, 0.7)),
        float(rng.uniform(1.7, 1.95)),
    )
    name, color = pick(rng, "gray", "white", "red", "black")
    body = metal((0.5, 0.51, 0.53), 0.4) if name == "gray" else plain(color, 0.4)
    s = Sculptor()
    s.box((-w / 2, -d / 2 + 0.07, 0.04), (w / 2, d / 2, h), body, 0.008)
    s.box((-w / 2 + 0.02, -d / 2 + 0.1, 0), (w / 2 - 0.02, d / 2 - 0.03, 0.05), plain(BLACK))
    split = 0.38 * h
    for z0, z1 in ((0.05, split - 0.006), (split + 0.006, h)):
        s.box((-w / 2, -d / 2 + 0.02, z0), (w / 2, -d / 2 + 0.066, z1), body, 0.014)
    for z0, z1 in ((split - 0.3, split - 0.06), (split + 0.08, split + 0.5)):
        s.rod(
            (w / 2 - 0.06, -d / 2 + 0.0, z0),
            (w / 2 - 0.06, -d / 2 + 0.0, z1),
            0.011,
            metal(CHROME, 0.8),
        )
        for z in (z0 + 0.02, z1 - 0.02):
            s.rod(
                (w / 2 - 0.06, -d / 2, z),
                (w / 2 - 0.06, -d / 2 + 0.03, z),
                0.008,
                metal(CHROME, 0.8),
                segments=6,
            )
    return s.finish(name)


def stove(rng: Generator) -> Model:
    """A cooker: oven door with window, knobs, four hobs on top."""
    name, color = pick(rng, "white", "black", "gray")
    body = metal((0.5, 0.5, 0.52), 0.4) if name == "gray" else plain(color, 0.4)
    w, d, h = 0.6, 0.6, 0.9
    s = Sculptor()
    s.box((-w / 2, -d / 2 + 0.03, 0.04), (w / 2, d / 2, h - 0.02), body, 0.006)
    s.box((-w / 2 + 0.02, -d / 2 + 0.07, 0), (w / 2 - 0.02, d / 2, 0.05), plain(BLACK))
    s.box(
        (-w / 2, -d / 2 + 0.03, h - 0.02), (w / 2, d / 2, h), plain((0.02, 0.02, 0.022), 0.7), 0.004
    )
    for x in (-0.145, 0.145):
        for y in (-0.12, 0.13):
            r = 0.1 if (x < 0) == (y < 0) else 0.075
            s.lathe(
                [(r, h - 0.004), (r, h + 0.003), (r * 0.82, h + 0.003), (r * 0.78, h + 0.001)],
                Material(Kind.PLAIN, (0.16, 0.13, 0.12), gloss=0.3),
                at=(x, y, 0),
                segments=24,
            )
    s.box(
        (-w / 2 + 0.01, -d / 2 + 0.008, 0.2), (w / 2 - 0.01, -d / 2 + 0.034, h - 0.16), body, 0.006
    )
    s.box(
        (-w / 2 + 0.08, -d / 2 + 0.004, 0.3),
        (w / 2 - 0.08, -d / 2 + 0.01, h - 0.27),
        plain((0.015, 0.014, 0.013), 0.8),
    )
    s.rod(
        (-w / 2 + 0.06, -d / 2 - 0.03, h - 0.2),
        (w / 2 - 0.06, -d / 2 - 0.03, h - 0.2),
        0.012,
        metal(CHROME, 0.8),
    )
    for x in (-w / 2 + 0.09, w / 2 - 0.09):
        s.rod(
            (x, -d / 2 - 0.03, h - 0.2),
            (x, -d / 2 + 0.02, h - 0.2),
            0.009,
            metal(CHROME, 0.8),
            segments=6,
        )
    for i in range(5):
        x = -0.2 + 0.1 * i
        s.rod(
            (x, -d / 2 + 0.032, h - 0.08),
            (x, -d / 2 - 0.0, h - 0.08),
            0.022,
            plain(DARK if name != "black" else WHITE, 0.4),
            segments=12,
        )
    s.box((-w / 2 + 0.01, -d / 2 + 0.012, 0.07), (w / 2 - 0.01, -d / 2 + 0.034, 0.18), body, 0.006)
    return s.finish(name)


def washing_machine(rng: Generator) -> Model:
    """A front loader with a round glass door."""
    w, d, h = 0.6, float(rng.uniform(0.55, 0.6)), 0.85
    s = Sculptor()
    body = plain((0.8, 0.8, 0.79), 0.35)
    y = -d / 2 + 0.03
    s.box((-w / 2, y, 0.02), (w / 2, d / 2, h), body, 0.014)
    for sx in (-1, 1):
        for yy in (-d / 2 + 0.1, d / 2 - 0.08):
            s.rod((sx * 0.22, yy, 0), (sx * 0.22, yy, 0.03), 0.025, plain(BLACK))
    with s.moved((0, y, 0.42), turn(0, math.pi / 2)):
        s.lathe(
            [(0.2, -0.01), (0.2, 0.018), (0.185, 0.028), (0.15, 0.028), (0.145, 0.016)],
            metal(CHROME, 0.7),
            segments=30,
        )
        s.lathe(
            [(0.146, 0.0), (0.146, 0.018), (0.11, 0.03), (0.05, 0.04), (0.0, 0.042)],
            plain((0.03, 0.04, 0.05), 0.9),
            segments=30,
        )
        with s.moved((0.17, 0, 0.02)):
            s.box((-0.02, -0.03, 0), (0.02, 0.03, 0.012), plain(DARK, 0.4), 0.004)
    s.box(
        (-w / 2 + 0.012, y - 0.006, h - 0.14),
        (w / 2 - 0.012, y + 0.01, h - 0.02),
        plain((0.62, 0.63, 0.65), 0.3),
        0.004,
    )
    s.box((-w / 2 + 0.03, y - 0.01, h - 0.125), (-w / 2 + 0.2, y, h - 0.035), body, 0.004)
    s.rod((0.05, y, h - 0.08), (0.05, y - 0.03, h - 0.08), 0.035, metal(CHROME, 0.6), segments=18)
    s.box((0.13, y - 0.008, h - 0.105), (0.24, y, h - 0.055), plain((0.01, 0.05, 0.07), 0.5, 0.15))
    return s.finish("white", surfaces=[Surface(-w / 2, -d / 2 + 0.04, w / 2, d / 2, h)])


def microwave(rng: Generator) -> Model:
    """A microwave oven for the worktop."""
    name, color = pick(rng, "white", "black", "gray", "red")
    w, d, h = (
        float(rng.uniform(0.44, 0.5)),
        float(rng.uniform(0.33, 0.37)),
        float(rng.uniform(0.26, 0.29)),
    )
    s = Sculptor()
    s.box((-w / 2, -d / 2, 0.012), (w / 2, d / 2, h), plain(color, 0.35), 0.012)
    for sx in (-1, 1):
        for sy in (-1, 1):
            s.rod(
                (sx * (w / 2 - 0.05), sy * (d / 2 - 0.05), 0),
                (sx * (w / 2 - 0.05), sy * (d / 2 - 0.05), 0.02),
                0.015,
                plain(BLACK),
            )
    right = w / 2 - 0.12
    s.box(
        (-w / 2 + 0.015, -d / 2 - 0.012, 0.03),
        (right, -d / 2 + 0.004, h - 0.018),
        plain(DARK, 0.4),
        0.006,
    )
    s.box(
        (-w / 2 + 0.05, -d / 2 - 0.014, 0.065),
        (right - 0.04, -d / 2, h - 0.05),
        plain((0.012, 0.012, 0.014), 0.8),
    )
    s.rod(
        (right - 0.02, -d / 2 - 0.03, 0.06),
        (right - 0.02, -d / 2 - 0.03, h - 0.05),
        0.008,
        metal(CHROME),
    )
    s.box(
        (right + 0.02, -d / 2 - 0.004, h - 0.07),
        (w / 2 - 0.02, -d / 2 + 0.004, h - 0.035),
        plain((0.02, 0.25, 0.12), 0.3, 0.3),
    )
    for i in range(3):
        for j in range(3):
            x, z = right + 0.032 + 0.028 * i, 0.05 + 0.035 * j
            s.box(
                (x - 0.009, -d / 2 - 0.005, z),
                (x + 0.009, -d / 2 + 0.003, z + 0.018),
                plain((0.5, 0.5, 0.5), 0.2),
            )
    return s.finish(name)


def kettle(rng: Generator) -> Model:
    """An electric kettle with spout and handle."""
    name, color = pick(rng, "white", "black", "red", "gray")
    body = metal((0.55, 0.56, 0.58), 0.6) if name == "gray" else plain(color, 0.5)
    s = Sculptor()
    s.lathe([(0.08, 0), (0.08, 0.02)], plain(BLACK, 0.3), segments=20)
    s.lathe(
        [(0.075, 0.02), (0.08, 0.04), (0.062, 0.17), (0.05, 0.2), (0.02, 0.215)], body, segments=22
    )
    s.ball((0, 0, 0.222), 0.012, plain(BLACK, 0.3), segments=8, rings=6)
    s.rod((-0.055, 0, 0.16), (-0.1, 0, 0.195), 0.02, body, 0.011)
    for a, b in (
        ((0.055, 0, 0.18), (0.12, 0, 0.185)),
        ((0.12, 0, 0.185), (0.115, 0, 0.06)),
        ((0.115, 0, 0.06), (0.075, 0, 0.05)),
    ):
        s.rod(a, b, 0.01, plain(BLACK, 0.3), segments=8)
        s.ball(b, 0.0102, plain(BLACK, 0.3), segments=8, rings=6)
    return s.finish(name, front=False)


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


def radiator(rng: Generator) -> Model:
    """A ribbed radiator for the wall under a window."""
    w, h = float(rng.uniform(0.7, 1.1)), 0.58
    s = Sculptor()
    paint = plain((0.82, 0.82, 0.8), 0.3)
    ribs = round(w / 0.075)
    for i in range(ribs):
        x = -w / 2 + (i + 0.5) * w / ribs
        s.box((x - 0.026, -0.05, 0.1), (x + 0.026, 0.03, h), paint, 0.018)
    for z in (0.14, h - 0.06):
        s.rod((-w / 2, -0.01, z), (w / 2, -0.01, z), 0.02, paint)
    for sx in (-1, 1):
        s.rod(
            (sx * (w / 2 - 0.06), -0.01, 0),
            (sx * (w / 2 - 0.06), -0.01, 0.15),
            0.012,
            metal(CHROME),
        )
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
