"""What lies about on the floor: bags, boxes, balls, shoes, bins."""

from __future__ import annotations

from numpy.random import Generator

from sextant.sources.procedural.materials import (
    BLACK,
    Kind,
    Material,
    fabric,
    linear,
    metal,
    pick,
    plain,
    scaled,
)
from sextant.sources.procedural.model import Model, Surface
from sextant.sources.procedural.sculpting import Sculptor


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
