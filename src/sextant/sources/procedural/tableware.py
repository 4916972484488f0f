"""What stands on tables: mugs, bottles, vases, bowls and fruit."""

from __future__ import annotations

import math
from itertools import pairwise

from numpy.random import Generator

from sextant.sources.procedural.materials import (
    VIVID,
    linear,
    pick,
    plain,
    scaled,
)
from sextant.sources.procedural.model import Model, Surface
from sextant.sources.procedural.sculpting import Sculptor


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
