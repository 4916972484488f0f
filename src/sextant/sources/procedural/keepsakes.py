"""What people keep on shelves and sideboards: books, toys, a globe, framed pictures."""

from __future__ import annotations

import math

from numpy.random import Generator

from sextant.sources.procedural.materials import (
    BLACK,
    BRASS,
    VIVID,
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
from sextant.sources.procedural.model import Model
from sextant.sources.procedural.sculpting import Sculptor, turn


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
