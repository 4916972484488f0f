"""Small things that stand on tables, shelves and the floor."""

from __future__ import annotations

import math
from itertools import pairwise

from numpy.random import Generator

from sextant.sources.procedural.materials import (
    BLACK,
    BRASS,
    Kind,
    Material,
    fabric,
    linear,
    metal,
    panel,
    pick,
    pick_wood,
    plain,
    scaled,
    wood,
)
from sextant.sources.procedural.model import Model, Surface
from sextant.sources.procedural.sculpting import Sculptor, turn

VIVID = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white", "black", "brown")


def book(rng: Generator) -> Model:
    """A book that lies flat."""
    name, color = pick(rng, *VIVID)
    w, d, t = (
        float(rng.uniform(0.13, 0.18)),
        float(rng.uniform(0.19, 0.25)),
        float(rng.uniform(0.022, 0.045)),
    )
    return _book(rng, name, color, w, d, t)


def _book(
    rng: Generator, name: str, color: tuple[float, float, float], w: float, d: float, t: float
) -> Model:
    s = Sculptor()
    cover = panel(Kind.COVER, w, d, float(rng.integers(1000)), color, (0.8, 0.75, 0.6), gloss=0.15)
    s.box((-w / 2, -d / 2, 0), (w / 2, d / 2, 0.003), cover)
    s.box((-w / 2, -d / 2, t - 0.003), (w / 2, d / 2, t), cover)
    s.box((-w / 2, -d / 2, 0), (-w / 2 + 0.004, d / 2, t), cover)
    s.box(
        (-w / 2 + 0.003, -d / 2 + 0.004, 0.002),
        (w / 2 - 0.005, d / 2 - 0.004, t - 0.002),
        plain((0.75, 0.7, 0.6), 0.0),
    )
    return s.finish(name, front=False)


def standing_book(rng: Generator) -> Model:
    """A book that stands upright with its spine to the front."""
    name, color = pick(rng, *VIVID)
    d, h, t = (
        float(rng.uniform(0.13, 0.18)),
        float(rng.uniform(0.19, 0.25)),
        float(rng.uniform(0.024, 0.05)),
    )
    s = Sculptor()
    cover = panel(
        Kind.COVER,
        t,
        h,
        float(rng.integers(1000)),
        color,
        (0.8, 0.7, 0.45),
        gloss=0.15,
        variant=1.0,
    )
    for sx in (-1, 1):
        lo, hi = sorted((sx * t / 2, sx * (t / 2 - 0.003)))
        s.box((lo, -d / 2, 0), (hi, d / 2, h), cover)
    s.box((-t / 2, -d / 2, 0), (t / 2, -d / 2 + 0.004, h), cover)
    s.box(
        (-t / 2 + 0.002, -d / 2 + 0.003, 0.004),
        (t / 2 - 0.002, d / 2 - 0.005, h - 0.004),
        plain((0.75, 0.7, 0.6), 0.0),
    )
    return s.finish(name, front=False)


def mug(rng: Generator) -> Model:
    """A mug with a handle."""
    name, color = pick(rng, *VIVID[:8])
    r, h = float(rng.uniform(0.038, 0.045)), float(rng.uniform(0.085, 0.105))
    glaze = plain(color, 0.5)
    s = Sculptor()
    s.lathe(
        [(0.9 * r, 0), (r, 0.012), (r, h), (0.88 * r, h), (0.86 * r, 0.8 * h), (0, 0.79 * h)],
        glaze,
        segments=22,
    )
    s.lathe(
        [(0.86 * r, 0.8 * h), (0.86 * r, 0.82 * h)], plain((0.05, 0.025, 0.012), 0.4), segments=22
    )
    points = [
        (r * 0.95 + 0.028 * math.sin(t), h / 2 + 0.3 * h * math.cos(t))
        for t in (math.pi * i / 6 for i in range(7))
    ]
    for (x0, z0), (x1, z1) in pairwise(points):
        s.rod((x0, 0, z0), (x1, 0, z1), 0.006, glaze, segments=7)
        s.ball((x1, 0, z1), 0.006, glaze, segments=7, rings=4)
    return s.finish(name, front=False)


def bottle(rng: Generator) -> Model:
    """A bottle with a label and a cap."""
    name, color = pick(rng, "green", "brown", "blue", "white")
    r, h = float(rng.uniform(0.033, 0.042)), float(rng.uniform(0.25, 0.31))
    s = Sculptor()
    s.lathe(
        [
            (0.9 * r, 0),
            (r, 0.01),
            (r, 0.58 * h),
            (0.85 * r, 0.66 * h),
            (0.38 * r, 0.78 * h),
            (0.36 * r, 0.94 * h),
        ],
        plain(scaled(color, 0.7), 0.9),
        segments=20,
    )
    s.lathe(
        [(1.015 * r, 0.17 * h), (1.015 * r, 0.46 * h)], plain((0.8, 0.77, 0.66), 0.05), segments=20
    )
    s.lathe(
        [(1.02 * r, 0.27 * h), (1.02 * r, 0.35 * h)], plain(linear("a03028"), 0.05), segments=20
    )
    s.lathe([(0.42 * r, 0.93 * h), (0.42 * r, h)], plain(linear("b08a2a"), 0.4), segments=14)
    return s.finish(name, front=False)


def vase(rng: Generator) -> Model:
    """A vase with a few flowers."""
    name, color = pick(rng, "blue", "white", "red", "green", "yellow", "purple")
    _, petal = pick(rng, "red", "yellow", "pink", "purple", "orange", "white")
    h, r = float(rng.uniform(0.17, 0.25)), float(rng.uniform(0.055, 0.075))
    s = Sculptor()
    s.lathe(
        [
            (0.6 * r, 0),
            (0.95 * r, 0.2 * h),
            (r, 0.4 * h),
            (0.6 * r, 0.75 * h),
            (0.42 * r, 0.88 * h),
            (0.6 * r, h),
            (0.5 * r, h),
            (0.35 * r, 0.9 * h),
        ],
        plain(color, 0.6),
        segments=24,
    )
    for i in range(5):
        a = 2 * math.pi * i / 5 + float(rng.uniform(-0.3, 0.3))
        lean, top = float(rng.uniform(0.04, 0.09)), h + float(rng.uniform(0.12, 0.22))
        x, y = lean * math.cos(a), lean * math.sin(a)
        s.rod((0, 0, 0.88 * h), (x, y, top), 0.003, plain((0.08, 0.25, 0.06)), segments=5)
        s.ball((x, y, top), (0.03, 0.03, 0.022), plain(petal, 0.05), segments=10, rings=6)
        s.ball(
            (x, y, top + 0.013),
            (0.012, 0.012, 0.012),
            plain((0.7, 0.45, 0.05)),
            segments=8,
            rings=5,
        )
    return s.finish(name, front=False)


BOWL_RADIUS_M = 0.13
APPLE_RADIUS_M = 0.038


def bowl(rng: Generator) -> Model:
    """A round bowl, open above; fruit lies inside."""
    name, color = pick(rng, "white", "blue", "green", "red", "orange")
    s = Sculptor()
    outer, inner, wall = BOWL_RADIUS_M, BOWL_RADIUS_M - 0.006, 0.006
    h = 0.1
    profile = [(0.05, 0.0), (0.055, 0.012)]
    steps = [0.45, 0.75, 1.05, 1.3, 1.5]
    profile += [
        (outer * math.sin(t), wall + outer * (1 - math.cos(t)) * h / (outer * (1 - math.cos(1.5))))
        for t in steps
    ]
    top = profile[-1][1]
    profile += [(inner * math.sin(1.5), top)]
    profile += [
        (
            inner * math.sin(t),
            wall + 0.006 + inner * (1 - math.cos(t)) * h / (outer * (1 - math.cos(1.5))),
        )
        for t in steps[:-1][::-1]
    ]
    profile += [(0.0, 0.012)]
    s.lathe(profile, plain(color, 0.5), segments=28)
    return s.finish(
        name, front=False, surfaces=[Surface(-0.022, -0.022, 0.022, 0.022, 0.0135, 0.08, True)]
    )


def apple(rng: Generator) -> Model:
    """An apple with its stem."""
    return _fruit(rng, "red" if rng.random() < 0.6 else "green")


def orange(rng: Generator) -> Model:
    """An orange."""
    return _fruit(rng, "orange")


def _fruit(rng: Generator, name: str) -> Model:
    _, color = pick(rng, name)
    r = APPLE_RADIUS_M * float(rng.uniform(0.9, 1.0))
    s = Sculptor()
    if name == "orange":
        s.ball((0, 0, r), r, plain(color, 0.25), segments=18, rings=12)
        s.lathe(
            [(0.006, 2 * r - 0.001), (0.004, 2 * r + 0.001)], plain((0.1, 0.2, 0.03)), segments=6
        )
    else:
        s.lathe(
            [
                (0.0, 0.004),
                (0.5 * r, 0.0),
                (0.85 * r, 0.4 * r),
                (r, 1.0 * r),
                (0.85 * r, 1.5 * r),
                (0.5 * r, 1.75 * r),
                (0.0, 1.55 * r),
            ],
            plain(color, 0.45),
            segments=18,
        )
        s.rod((0, 0, 1.5 * r), (0.006, 0, 2.1 * r), 0.003, plain((0.1, 0.05, 0.02)), segments=6)
    return s.finish(name, front=False)


def backpack(rng: Generator) -> Model:
    """A backpack that stands on the floor: body, front pocket, straps, handle."""
    name, color = pick(rng, "red", "blue", "green", "purple", "black", "orange", "gray")
    w, d, h = 0.31, 0.15, float(rng.uniform(0.42, 0.48))
    cloth, dark = fabric(color), fabric(scaled(color, 0.55))
    s = Sculptor()
    s.box((-w / 2, -d / 2, 0), (w / 2, d / 2, h), cloth, 0.07, soft=True)
    s.box(
        (-w / 2 + 0.035, -d / 2 - 0.055, 0.03),
        (w / 2 - 0.035, -d / 2 + 0.06, 0.48 * h),
        dark,
        0.035,
        soft=True,
    )
    s.box(
        (-w / 2 + 0.05, -d / 2 - 0.012, 0.58 * h),
        (w / 2 - 0.05, -d / 2 + 0.03, 0.66 * h),
        plain(BLACK, 0.2),
        0.01,
    )
    s.rod(
        (-w / 2 + 0.06, -d / 2 - 0.058, 0.42 * h),
        (w / 2 - 0.06, -d / 2 - 0.058, 0.42 * h),
        0.004,
        metal(),
        segments=6,
    )
    for sx in (-1, 1):
        s.box(
            (sx * 0.09 - 0.025, d / 2 - 0.01, 0.08),
            (sx * 0.09 + 0.025, d / 2 + 0.025, 0.9 * h),
            dark,
            0.01,
        )
        s.box(
            (sx * (w / 2 + 0.005) - 0.03, -0.05, 0.02),
            (sx * (w / 2 + 0.005) + 0.03, 0.05, 0.22),
            dark,
            0.02,
            soft=True,
        )
    for sx in (-1, 1):
        s.rod(
            (sx * 0.035, 0.02, h - 0.015),
            (sx * 0.02, 0.02, h + 0.03),
            0.008,
            fabric(scaled(color, 0.4)),
            segments=6,
        )
    s.rod((-0.022, 0.02, h + 0.03), (0.022, 0.02, h + 0.03), 0.008, plain(BLACK), segments=6)
    return s.finish(name)


def cardboard_box(rng: Generator) -> Model:
    """A cardboard box closed with tape."""
    w, d, h = (float(v) for v in rng.uniform((0.3, 0.25, 0.2), (0.5, 0.4, 0.4)))
    s = Sculptor()
    board, tape = plain(linear("a98355"), 0.0), plain(linear("c9b184"), 0.3)
    s.box((-w / 2, -d / 2, 0), (w / 2, d / 2, h), board, 0.004)
    s.box((-w / 2, -0.03, h - 0.002), (w / 2, 0.03, h + 0.0008), tape)
    for sx in (-1, 1):
        lo, hi = sorted((sx * (w / 2 + 0.0008), sx * (w / 2 - 0.002)))
        s.box((lo, -0.03, 0.62 * h), (hi, 0.03, h), tape)
    s.box(
        (-0.3 * w, -d / 2 - 0.0006, 0.3 * h),
        (0.0, -d / 2 + 0.002, 0.7 * h),
        plain((0.75, 0.74, 0.7)),
    )
    s.box(
        (-0.26 * w, -d / 2 - 0.001, 0.56 * h), (-0.05 * w, -d / 2 + 0.002, 0.63 * h), plain(BLACK)
    )
    return s.finish(
        "brown", front=False, surfaces=[Surface(-w / 2, -d / 2, w / 2, d / 2, h + 0.0008)]
    )


def ball(rng: Generator) -> Model:
    """A ball with coloured sectors."""
    name, color = pick(rng, "red", "blue", "green", "yellow", "orange", "purple")
    r = float(rng.uniform(0.09, 0.14))
    s = Sculptor()
    stripes = Material(Kind.SECTORS, color, (0.8, 0.8, 0.78), 1.0, 0.35, a=r)
    s.ball((0, 0, r), r, stripes, segments=24, rings=16)
    return s.finish(name, front=False)


def shoe(rng: Generator) -> Model:
    """A trainer with a white sole; its toe is the front."""
    name, color = pick(rng, "red", "blue", "black", "white", "green", "pink")
    cloth = fabric(color)
    s = Sculptor()
    s.box((-0.045, -0.14, 0), (0.045, 0.14, 0.03), plain((0.8, 0.8, 0.78), 0.2), 0.025)
    s.ball((0, -0.065, 0.03), (0.045, 0.075, 0.05), cloth)
    s.box((-0.04, -0.06, 0.02), (0.04, 0.135, 0.085), cloth, 0.035, soft=True)
    s.box((-0.036, 0.045, 0.05), (0.036, 0.13, 0.115), cloth, 0.03, soft=True)
    for i in range(3):
        y = -0.065 + 0.035 * i
        s.rod(
            (-0.025, y, 0.078 + 0.007 * i),
            (0.025, y, 0.078 + 0.007 * i),
            0.004,
            plain((0.85, 0.85, 0.85)),
            segments=6,
        )
    return s.finish(name)


def teddy_bear(rng: Generator) -> Model:
    """A sitting teddy bear."""
    name, color = pick(rng, "brown", "beige", "white", "pink")
    k = float(rng.uniform(0.85, 1.25))
    fur, pale, dark = fabric(color), fabric(scaled(color, 1.5)), plain((0.01, 0.01, 0.01), 0.5)
    s = Sculptor()

    def at(x: float, y: float, z: float) -> tuple[float, float, float]:
        return k * x, k * y, k * z

    s.ball(at(0, 0, 0.1), at(0.085, 0.075, 0.1), fur)
    s.ball(at(0, -0.045, 0.1), at(0.055, 0.04, 0.065), pale)
    s.ball(at(0, -0.01, 0.245), at(0.075, 0.07, 0.07), fur)
    s.ball(at(0, -0.07, 0.23), at(0.035, 0.025, 0.027), pale)
    s.ball(at(0, -0.094, 0.24), at(0.013, 0.008, 0.009), dark, segments=8, rings=6)
    for sx in (-1, 1):
        s.ball(at(sx * 0.06, 0.0, 0.3), at(0.03, 0.018, 0.03), fur)
        s.ball(at(sx * 0.06, -0.012, 0.3), at(0.018, 0.01, 0.018), pale, segments=8, rings=6)
        s.ball(at(sx * 0.028, -0.072, 0.262), k * 0.009, dark, segments=8, rings=6)
        s.ball(at(sx * 0.095, -0.035, 0.14), at(0.03, 0.055, 0.03), fur, turn(0, 0.5))
        s.ball(at(sx * 0.065, -0.1, 0.04), at(0.037, 0.07, 0.038), fur)
        s.ball(at(sx * 0.065, -0.165, 0.043), at(0.026, 0.01, 0.028), pale, segments=10, rings=6)
    return s.finish(name)


def guitar(rng: Generator) -> Model:
    """An acoustic guitar on a stand."""
    name, color = ("brown", linear("b06a2c")) if rng.random() < 0.6 else ("black", linear("1c1a1a"))
    top, side = wood(color, 2, 0.4), wood(scaled(color, 0.45), 2, 0.4)
    s = Sculptor()
    for sx in (-1, 1):
        s.rod((sx * 0.16, -0.1, 0.0), (sx * 0.03, 0.09, 0.42), 0.01, plain(BLACK, 0.3), segments=7)
    s.rod((0, 0.26, 0.0), (0, 0.09, 0.42), 0.01, plain(BLACK, 0.3), segments=7)
    s.rod((-0.1, 0.0, 0.14), (0.1, 0.0, 0.14), 0.01, plain(BLACK, 0.3), segments=7)
    n = 30
    outline = []
    for i in range(n):
        t = 2 * math.pi * i / n
        z = -0.25 * math.cos(t)
        waist = 0.19 if z < 0 else 0.145
        outline.append(
            (waist * math.sin(t) * (1 - 0.22 * math.exp(-(((z - 0.03) / 0.07) ** 2))), z)
        )
    with s.moved((0, 0.02, 0.4), turn(0, -0.2)), s.moved((0, 0, 0), turn(0, math.pi / 2)):
        s.loft([(outline, -0.05), (outline, 0.045)], side)
        s.loft([(outline, 0.044), ([(0.985 * x, 0.985 * y) for x, y in outline], 0.05)], top)
        s.lathe(
            [(0.05, 0.0495), (0.05, 0.0515), (0.04, 0.0515)],
            plain((0.5, 0.4, 0.25)),
            at=(0, 0.07, 0),
        )
        s.lathe([(0.041, 0.0498), (0.041, 0.0522)], plain((0.004, 0.003, 0.003)), at=(0, 0.07, 0))
        s.box((-0.06, -0.13, 0.048), (0.06, -0.105, 0.06), wood(scaled(color, 0.3)))
        s.box((-0.027, 0.1, 0.045), (0.027, 0.6, 0.06), wood(linear("3a2418"), 2))
        s.box((-0.036, 0.59, 0.035), (0.036, 0.74, 0.055), side, 0.006)
        for i in range(6):
            x = -0.02 + 0.008 * i
            s.rod((x, -0.12, 0.063), (x, 0.6, 0.063), 0.0012, metal(), segments=4)
        for i in range(3):
            for sx in (-1, 1):
                s.rod(
                    (sx * 0.034, 0.62 + 0.045 * i, 0.045),
                    (sx * 0.058, 0.62 + 0.045 * i, 0.045),
                    0.006,
                    metal(BRASS),
                    segments=6,
                )
    return s.finish(name)


def suitcase(rng: Generator) -> Model:
    """A hard suitcase on wheels with its handle drawn out."""
    name, color = pick(rng, "red", "blue", "black", "green", "yellow", "purple", "gray")
    w, d, h = 0.42, 0.24, float(rng.uniform(0.56, 0.68))
    shell = plain(color, 0.35)
    s = Sculptor()
    for sx in (-1, 1):
        for sy in (-1, 1):
            s.rod(
                (sx * 0.15 - 0.012, sy * 0.07, 0.022),
                (sx * 0.15 + 0.012, sy * 0.07, 0.022),
                0.022,
                plain(BLACK),
            )
        s.rod((sx * 0.09, 0.07, h), (sx * 0.09, 0.07, h + 0.3), 0.009, metal(), segments=7)
    s.rod((-0.1, 0.07, h + 0.3), (0.1, 0.07, h + 0.3), 0.015, plain(BLACK), segments=8)
    s.box((-w / 2, -d / 2, 0.035), (w / 2, d / 2, h), shell, 0.045, soft=True)
    for i in range(5):
        x = -0.14 + 0.07 * i
        s.box((x - 0.012, -d / 2 - 0.007, 0.1), (x + 0.012, -d / 2 + 0.02, h - 0.07), shell, 0.006)
    s.box((-w / 2 - 0.002, -0.006, 0.05), (w / 2 + 0.002, 0.006, h + 0.001), plain(BLACK))
    s.box((-0.07, -0.03, h - 0.01), (0.07, -0.01, h + 0.025), plain(BLACK), 0.008)
    return s.finish(name)


def trash_can(rng: Generator) -> Model:
    """A waste bin with a pedal and domed lid."""
    name, color = pick(rng, "gray", "black", "white", "red", "blue")
    body = metal((0.5, 0.51, 0.53), 0.5) if name == "gray" else plain(color, 0.3)
    r, h = float(rng.uniform(0.12, 0.16)), float(rng.uniform(0.32, 0.5))
    s = Sculptor()
    s.lathe([(0.95 * r, 0), (0.95 * r, 0.03)], plain(BLACK), segments=24)
    s.lathe([(0.92 * r, 0.03), (r, h - 0.06)], body, segments=28)
    s.lathe(
        [(1.04 * r, h - 0.065), (1.04 * r, h - 0.04), (0.8 * r, h - 0.01), (0.3 * r, h)],
        plain(BLACK, 0.35),
        segments=28,
    )
    s.box((-0.035, -r - 0.05, 0.008), (0.035, -r + 0.03, 0.025), plain(BLACK, 0.3), 0.004)
    return s.finish(name, front=False)


def globe(rng: Generator) -> Model:
    """A terrestrial globe on a foot."""
    r = float(rng.uniform(0.11, 0.14))
    s = Sculptor()
    s.lathe(
        [(0.7 * r, 0), (0.7 * r, 0.015), (0.12 * r, 0.035), (0.1 * r, 0.08)],
        wood(linear("5a3822")),
        segments=20,
    )
    center = (0.0, 0.0, 0.09 + r)
    s.ball(
        center,
        r,
        Material(Kind.LEAF, linear("2f5d9b"), linear("6f9a55"), 0.09, 0.4, d=1.0),
        segments=24,
        rings=16,
    )
    for i in range(12):
        a, b = (math.radians(-115 + 19 * (i + k)) for k in (0, 1))
        q = r + 0.012
        s.rod(
            (q * math.cos(a), 0, center[2] + q * math.sin(a)),
            (q * math.cos(b), 0, center[2] + q * math.sin(b)),
            0.006,
            metal(BRASS),
            segments=6,
        )
    return s.finish("blue", front=False)


def picture_frame(rng: Generator) -> Model:
    """A small framed photograph that stands on furniture."""
    _, timber = pick_wood(rng)
    name = "brown"
    w, h = float(rng.uniform(0.13, 0.18)), float(rng.uniform(0.17, 0.23))
    s = Sculptor()
    with s.moved((0, 0, 0.004), turn(0, -0.2)):
        s.box((-w / 2, -0.008, 0), (w / 2, 0.008, h), wood(timber, 2), 0.004)
        s.box(
            (-w / 2 + 0.018, -0.0095, 0.018),
            (w / 2 - 0.018, 0.0, h - 0.018),
            panel(
                Kind.PAINTING,
                w - 0.036,
                h - 0.036,
                float(rng.integers(1000)),
                gloss=0.3,
                variant=h / 2,
            ),
        )
    s.rod((0, 0.09, 0.004), (0, 0.03, 0.6 * h), 0.004, plain(BLACK), segments=6)
    return s.finish(name)
