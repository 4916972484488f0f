"""Lamps for tables, floors and ceilings."""

from __future__ import annotations

from numpy.random import Generator

from sextant.sources.procedural.materials import (
    BRASS,
    DARK,
    Kind,
    Material,
    metal,
    pick,
    plain,
)
from sextant.sources.procedural.model import Model
from sextant.sources.procedural.sculpting import Sculptor

GLOW = Material(Kind.PLAIN, (1.0, 0.93, 0.8), gloss=0.0, glow=0.9)


def table_lamp(rng: Generator) -> Model:
    """A table lamp with a cloth shade."""
    name, color = pick(rng, "white", "yellow", "red", "blue", "green", "beige")
    h, r = float(rng.uniform(0.36, 0.52)), float(rng.uniform(0.11, 0.15))
    _, base = pick(rng, "blue", "white", "brown", "black", "green")
    s = Sculptor()
    s.lathe(
        [
            (0.6 * r, 0),
            (0.6 * r, 0.015),
            (0.2 * r, 0.03),
            (0.5 * r, 0.12),
            (0.35 * r, 0.2),
            (0.08 * r, 0.23),
            (0.08 * r, h - 0.1),
        ],
        plain(base, 0.5),
        segments=20,
    )
    s.lathe(
        [(r, h - 0.19), (0.7 * r, h), (0.68 * r, h), (0.97 * r, h - 0.19)],
        Material(Kind.FABRIC, color, color, 0.006, 0.0, 0.35),
        segments=26,
    )
    s.ball((0, 0, h - 0.1), 0.03, GLOW, segments=10, rings=6)
    return s.finish(name, front=False)


def floor_lamp(rng: Generator) -> Model:
    """A standing lamp with a cloth shade."""
    name, color = pick(rng, "white", "beige", "yellow", "gray", "black")
    h, r = float(rng.uniform(1.45, 1.75)), float(rng.uniform(0.17, 0.23))
    pole = metal(BRASS, 0.6) if rng.random() < 0.5 else metal((0.05, 0.05, 0.05), 0.3)
    s = Sculptor()
    s.lathe(
        [(0.15, 0), (0.15, 0.02), (0.02, 0.035), (0.012, 0.05), (0.012, h - 0.1)], pole, segments=20
    )
    s.lathe(
        [(r, h - 0.3), (0.72 * r, h), (0.7 * r, h), (0.97 * r, h - 0.3)],
        Material(Kind.FABRIC, color, color, 0.006, 0.0, 0.35),
        segments=28,
    )
    s.ball((0, 0, h - 0.16), 0.04, GLOW, segments=10, rings=6)
    return s.finish(name, front=False)


def ceiling_lamp(rng: Generator) -> Model:
    """A lamp that hangs from the ceiling: rod and round shade."""
    name, color = pick(rng, "white", "black", "yellow", "gray")
    drop, r = float(rng.uniform(0.3, 0.45)), float(rng.uniform(0.16, 0.24))
    s = Sculptor()
    s.lathe([(0.05, drop - 0.03), (0.05, drop)], plain(DARK, 0.3))
    s.rod((0, 0, 0.1), (0, 0, drop - 0.01), 0.006, plain(DARK, 0.3), segments=8)
    s.lathe(
        [
            (r, 0.02),
            (0.9 * r, 0.09),
            (0.5 * r, 0.16),
            (0.1 * r, 0.18),
            (0.08 * r, 0.17),
            (0.46 * r, 0.15),
            (0.86 * r, 0.085),
            (0.97 * r, 0.02),
        ],
        plain(color, 0.3),
        segments=28,
    )
    s.ball((0, 0, 0.06), 0.06, GLOW, segments=14, rings=8)
    return s.finish(name, front=False)
