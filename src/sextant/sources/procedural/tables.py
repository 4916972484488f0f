"""Tables and desks."""

from __future__ import annotations

import math

from numpy.random import Generator

from sextant.sources.procedural.cabinets import drawer, four_legs
from sextant.sources.procedural.materials import (
    BLACK,
    metal,
    pick_wood,
    plain,
    scaled,
    wood,
)
from sextant.sources.procedural.model import Model, Surface
from sextant.sources.procedural.sculpting import Sculptor


def dining_table(rng: Generator) -> Model:
    """A dining table, rectangular or round."""
    name, timber = pick_wood(rng)
    h = float(rng.uniform(0.73, 0.77))
    s = Sculptor()
    if rng.random() < 0.3:
        r = float(rng.uniform(0.5, 0.62))
        s.lathe(
            [(0.3, 0), (0.3, 0.02), (0.06, 0.07), (0.05, h - 0.1), (0.2, h - 0.04)],
            wood(timber, 2),
            segments=20,
        )
        s.lathe(
            [(r - 0.02, h - 0.04), (r, h - 0.025), (r, h - 0.01), (r - 0.01, h)],
            wood(timber),
            segments=32,
        )
        q = 0.68 * r
        return s.finish(name, front=False, surfaces=[Surface(-q, -q, q, q, h)])
    w, d = float(rng.uniform(1.2, 1.9)), float(rng.uniform(0.8, 0.95))
    four_legs(s, w / 2 - 0.07, d / 2 - 0.07, h - 0.03, wood(timber, 2), 0.032)
    s.box(
        (-w / 2 + 0.07, -d / 2 + 0.07, h - 0.11),
        (w / 2 - 0.07, d / 2 - 0.07, h - 0.03),
        wood(timber),
    )
    s.box((-w / 2, -d / 2, h - 0.035), (w / 2, d / 2, h), wood(timber), 0.008)
    return s.finish(name, front=False, surfaces=[Surface(-w / 2, -d / 2, w / 2, d / 2, h)])


def coffee_table(rng: Generator) -> Model:
    """A low table for the sofa, with a shelf under its top."""
    name, timber = pick_wood(rng)
    w, d, h = (
        float(rng.uniform(0.85, 1.2)),
        float(rng.uniform(0.5, 0.65)),
        float(rng.uniform(0.36, 0.45)),
    )
    s = Sculptor()
    legs = metal((0.05, 0.05, 0.055), 0.3) if rng.random() < 0.5 else wood(timber, 2)
    four_legs(s, w / 2 - 0.04, d / 2 - 0.04, h - 0.03, legs, 0.022)
    s.box((-w / 2, -d / 2, h - 0.035), (w / 2, d / 2, h), wood(timber), 0.01)
    s.box(
        (-w / 2 + 0.04, -d / 2 + 0.04, 0.12),
        (w / 2 - 0.04, d / 2 - 0.04, 0.14),
        wood(timber),
        0.004,
    )
    return s.finish(name, front=False, surfaces=[Surface(-w / 2, -d / 2, w / 2, d / 2, h)])


def side_table(rng: Generator) -> Model:
    """A small round table on three legs."""
    name, timber = pick_wood(rng)
    r, h = float(rng.uniform(0.2, 0.27)), float(rng.uniform(0.48, 0.6))
    s = Sculptor()
    for i in range(3):
        a = math.pi / 2 + 2 * math.pi * i / 3
        c, n = math.cos(a), math.sin(a)
        s.rod(
            (0.9 * r * c, 0.9 * r * n, 0),
            (0.5 * r * c, 0.5 * r * n, h - 0.02),
            0.012,
            wood(timber, 2),
            0.018,
        )
    s.lathe(
        [(r - 0.01, h - 0.03), (r, h - 0.02), (r, h - 0.008), (r - 0.006, h)],
        wood(timber),
        segments=26,
    )
    q = 0.66 * r
    return s.finish(name, front=False, surfaces=[Surface(-q, -q, q, q, h)])


def desk(rng: Generator) -> Model:
    """A desk with drawers on one side; one sits at its front."""
    name, timber = pick_wood(rng)
    w, d, h = (
        float(rng.uniform(1.2, 1.6)),
        float(rng.uniform(0.62, 0.75)),
        float(rng.uniform(0.72, 0.75)),
    )
    s = Sculptor()
    x = w / 2
    side = 1 if rng.random() < 0.5 else -1
    lo, hi = sorted((side * (x - 0.03), side * (x - 0.43)))
    s.box((lo, -d / 2 + 0.05, 0.05), (hi, d / 2 - 0.04, h - 0.03), wood(timber, 2), 0.006)
    for i in range(3):
        z = 0.08 + i * (h - 0.13) / 3
        drawer(
            s,
            lo + 0.015,
            hi - 0.015,
            z,
            z + (h - 0.13) / 3 - 0.02,
            -d / 2 + 0.05,
            wood(scaled(timber, 1.12)),
        )
    for sy in (-1, 1):
        px = -side * (x - 0.05)
        s.box(
            (px - 0.025, sy * (d / 2 - 0.06) - 0.025, 0),
            (px + 0.025, sy * (d / 2 - 0.06) + 0.025, h - 0.03),
            wood(timber, 2),
            0.005,
        )
        s.box(
            (lo, sy * (d / 2 - 0.1) - 0.02, 0), (hi, sy * (d / 2 - 0.1) + 0.02, 0.06), plain(BLACK)
        )
    s.box((-x + 0.05, d / 2 - 0.08, h - 0.35), (x - 0.05, d / 2 - 0.06, h - 0.03), wood(timber))
    s.box((-x, -d / 2, h - 0.03), (x, d / 2, h), wood(timber), 0.006)
    return s.finish(name, surfaces=[Surface(-x, -d / 2, x, d / 2, h)])
