"""What belongs to walls and floor: doors, windows, curtains, pictures, mirrors, clocks, rugs."""

from __future__ import annotations

import math

from numpy.random import Generator

from sextant.sources.procedural.materials import (
    BLACK,
    CHROME,
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


def door(rng: Generator) -> Model:
    """A closed door: frame, panelled leaf, handle."""
    name, color = (
        ("white", linear("e4e2dc")) if rng.random() < 0.55 else ("brown", linear("7d5433"))
    )
    leaf = plain(color, 0.2) if name == "white" else wood(color, 2)
    frame = plain(linear("eceae5"), 0.2) if name == "white" else wood(scaled(color, 0.8), 2)
    w, h = float(rng.uniform(0.82, 0.92)), float(rng.uniform(2.0, 2.08))
    s = Sculptor()
    x = w / 2
    for sx in (-1, 1):
        lo, hi = sorted((sx * x, sx * (x + 0.075)))
        s.box((lo, -0.05, 0), (hi, 0, h + 0.075), frame, 0.008)
    s.box((-x - 0.075, -0.05, h), (x + 0.075, 0, h + 0.075), frame, 0.008)
    s.box((-x, -0.022, 0.006), (x, 0, h), leaf, 0.002)
    for z0, z1 in ((0.14, 0.85), (1.02, h - 0.14)):
        for x0, x1 in ((-x + 0.1, -0.04), (0.04, x - 0.1)):
            s.box((x0, -0.03, z0), (x1, -0.01, z1), leaf, 0.009)
            s.box((x0 + 0.045, -0.036, z0 + 0.045), (x1 - 0.045, -0.02, z1 - 0.045), leaf, 0.006)
    hx = x - 0.065
    s.box((hx - 0.02, -0.03, 0.92), (hx + 0.02, -0.02, 1.12), metal(CHROME, 0.7), 0.004)
    s.rod((hx, -0.02, 1.05), (hx, -0.07, 1.05), 0.01, metal(CHROME, 0.8), segments=8)
    s.rod((hx, -0.068, 1.05), (hx - 0.12, -0.068, 1.05), 0.01, metal(CHROME, 0.8), segments=8)
    s.ball((hx, -0.068, 1.05), 0.0105, metal(CHROME, 0.8), segments=8, rings=6)
    return s.finish(name)


def window(rng: Generator) -> Model:
    """A window with frame, cross bars and sill; one sees the sky in it."""
    w, h = float(rng.uniform(1.0, 1.7)), float(rng.uniform(1.1, 1.4))
    paint = plain(linear("f0efeb"), 0.25)
    s = Sculptor()
    x, f = w / 2, 0.07
    s.box(
        (-x + 0.02, -0.012, 0.05),
        (x - 0.02, 0, h - 0.02),
        Material(Kind.SKY, (0.35, 0.55, 0.85), gloss=0.0, glow=1.0, d=float(rng.integers(1000))),
    )
    for sx in (-1, 1):
        lo, hi = sorted((sx * x, sx * (x - f)))
        s.box((lo, -0.06, 0.03), (hi, 0, h), paint, 0.008)
    s.box((-x, -0.06, h - f), (x, 0, h), paint, 0.008)
    s.box((-x, -0.06, 0.03), (x, 0, 0.03 + f), paint, 0.008)
    s.box((-0.03, -0.05, 0.03), (0.03, 0, h), paint, 0.006)
    s.box((-x, -0.04, 0.66 * h - 0.018), (x, 0, 0.66 * h + 0.018), paint, 0.006)
    s.box((-x - 0.05, -0.14, 0), (x + 0.05, 0, 0.035), paint, 0.008)
    s.box((0.035, -0.075, 0.45 * h), (0.055, -0.045, 0.45 * h + 0.1), metal(CHROME, 0.7), 0.004)
    return s.finish("white", front=False)


def curtain(rng: Generator) -> Model:
    """A gathered curtain that hangs to the floor."""
    name, color = pick(rng, "beige", "blue", "green", "red", "gray", "white", "yellow", "purple")
    w, h = float(rng.uniform(0.34, 0.46)), float(rng.uniform(2.05, 2.2))
    n = 40
    front, back = [], []
    for i in range(n + 1):
        x = -w / 2 + w * i / n
        y = -0.055 + 0.026 * math.sin(2 * math.pi * x / 0.085)
        front.append((x, y - 0.005))
        back.append((x, y + 0.005))
    s = Sculptor()
    # The outline is no star, so it is built of short convex strips.
    for i in range(n):
        strip = [front[i], front[i + 1], back[i + 1], back[i]]
        s.loft([(strip, 0.0), (strip, h)], fabric(color))
    s.rod(
        (-w / 2 - 0.04, -0.055, h + 0.015),
        (w / 2 + 0.04, -0.055, h + 0.015),
        0.014,
        metal((0.35, 0.3, 0.22), 0.4),
    )
    for sx in (-1, 1):
        s.ball(
            (sx * (w / 2 + 0.04), -0.055, h + 0.015),
            0.025,
            metal((0.35, 0.3, 0.22), 0.4),
            segments=10,
            rings=6,
        )
    s.rod((0, -0.055, h + 0.015), (0, 0, h + 0.015), 0.008, metal((0.35, 0.3, 0.22), 0.4))
    return s.finish(name, front=False)


def painting(rng: Generator) -> Model:
    """A framed painting."""
    w, h = float(rng.uniform(0.45, 1.0)), float(rng.uniform(0.4, 0.75))
    name, timber = pick_wood(rng)
    frame = wood(timber) if rng.random() < 0.6 else metal((0.5, 0.36, 0.14), 0.5)
    if frame.kind is Kind.METAL:
        name = "yellow"
    s = Sculptor()
    b = float(rng.uniform(0.025, 0.05))
    for sx in (-1, 1):
        lo, hi = sorted((sx * w / 2, sx * (w / 2 - b)))
        s.box((lo, -0.035, 0), (hi, 0, h), frame, 0.008)
    s.box((-w / 2, -0.034, 0), (w / 2, 0, b), frame, 0.008)
    s.box((-w / 2, -0.034, h - b), (w / 2, 0, h), frame, 0.008)
    mat = 0.06 if rng.random() < 0.5 else 0.0
    s.box((-w / 2 + b / 2, -0.014, b / 2), (w / 2 - b / 2, 0, h - b / 2), plain((0.8, 0.79, 0.76)))
    canvas = panel(
        Kind.PAINTING,
        w - 2 * b - 2 * mat,
        h - 2 * b - 2 * mat,
        float(rng.integers(1000)),
        variant=h / 2,
    )
    s.box((-w / 2 + b + mat, -0.018, b + mat), (w / 2 - b - mat, -0.005, h - b - mat), canvas)
    return s.finish(name)


def mirror(rng: Generator) -> Model:
    """A wall mirror in a frame."""
    w, h = float(rng.uniform(0.45, 0.7)), float(rng.uniform(0.6, 1.0))
    name, timber = pick_wood(rng)
    frame = wood(timber, 2)
    s = Sculptor()
    b = 0.035
    for sx in (-1, 1):
        lo, hi = sorted((sx * w / 2, sx * (w / 2 - b)))
        s.box((lo, -0.035, 0), (hi, 0, h), frame, 0.01)
    s.box((-w / 2, -0.034, 0), (w / 2, 0, b), frame, 0.01)
    s.box((-w / 2, -0.034, h - b), (w / 2, 0, h), frame, 0.01)
    s.box(
        (-w / 2 + b / 2, -0.012, b / 2),
        (w / 2 - b / 2, 0, h - b / 2),
        panel(
            Kind.MIRROR, w, h, 0.0, (0.62, 0.66, 0.7), (0.34, 0.33, 0.33), gloss=0.0, variant=h / 2
        ),
    )
    return s.finish(name)


def clock(rng: Generator) -> Model:
    """A round wall clock."""
    name, color = pick(rng, "black", "red", "blue", "brown", "white", "green")
    r = float(rng.uniform(0.14, 0.2))
    s = Sculptor()
    with s.moved((0, 0, r), turn(0, math.pi / 2)):
        s.lathe(
            [(r, 0), (r, 0.03), (0.92 * r, 0.042), (0.88 * r, 0.03)],
            plain(color, 0.35),
            segments=36,
        )
        # The face is drawn about the object's middle height.
        s.lathe(
            [(0.9 * r, 0.02), (0.9 * r, 0.0305)],
            Material(
                Kind.CLOCK,
                (0.85, 0.84, 0.8),
                (0.02, 0.02, 0.02),
                1.0,
                0.1,
                0.0,
                0.9 * r,
                float(rng.uniform(0, 12)),
                0.0,
                r,
            ),
            segments=36,
        )
    return s.finish(name)


def rug(rng: Generator) -> Model:
    """A rug, one centimetre thick."""
    name, color = pick(rng, "red", "blue", "green", "beige", "gray", "purple", "brown")
    w, d = float(rng.uniform(1.6, 2.3)), float(rng.uniform(1.1, 1.5))
    _, second = pick(rng, "beige", "white", "yellow", "blue", "brown")
    s = Sculptor()
    pattern = panel(Kind.RUG, w, d, float(rng.integers(1000)), color, second, gloss=0.0)
    s.box((-w / 2, -d / 2, 0), (w / 2, d / 2, 0.01), pattern, 0.004)
    return s.finish(name, front=False)


def wall_shelf(rng: Generator) -> Model:
    """A board on two brackets at the wall."""
    name, timber = pick_wood(rng)
    w, d = float(rng.uniform(0.6, 1.0)), 0.22
    s = Sculptor()
    s.box((-w / 2, -d, 0.12), (w / 2, 0, 0.148), wood(timber), 0.004)
    for sx in (-1, 1):
        x = sx * (w / 2 - 0.12)
        s.box((x - 0.01, -0.012, 0), (x + 0.01, 0, 0.12), plain(BLACK, 0.3))
        s.rod((x, -0.008, 0.015), (x, -d + 0.05, 0.118), 0.008, plain(BLACK, 0.3), segments=6)
    return s.finish(name, surfaces=[Surface(-w / 2, -d, w / 2, -0.005, 0.148, 0.4)])
