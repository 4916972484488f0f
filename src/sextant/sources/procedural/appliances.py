"""Machines of a household, and what heats and cools a room."""

from __future__ import annotations

import math

from numpy.random import Generator

from sextant.sources.procedural.materials import (
    BLACK,
    CHROME,
    DARK,
    metal,
    pick,
    plain,
)
from sextant.sources.procedural.model import Model, Surface
from sextant.sources.procedural.sculpting import Sculptor, turn


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


def fan(rng: Generator) -> Model:
    """A standing electric fan."""
    name, color = pick(rng, "white", "black", "gray")
    body = plain(color, 0.3)
    h, r = float(rng.uniform(1.05, 1.25)), 0.21
    s = Sculptor()
    s.lathe(
        [(0.2, 0), (0.2, 0.025), (0.03, 0.05), (0.017, 0.08), (0.017, h - r)], body, segments=22
    )
    with s.moved((0, 0, h - r), turn(0, math.pi / 2)):
        s.lathe([(0.06, -0.14), (0.075, -0.1), (0.06, -0.01)], body, segments=18)
        s.lathe([(0.035, 0.0), (0.035, 0.05), (0.02, 0.07)], body, segments=14)
        for i in range(4):
            with (
                s.moved((0, 0, 0.03), turn(2, i * math.pi / 2)),
                s.moved((0.1, 0, 0), turn(0, 0.5)),
            ):
                s.ball(
                    (0, 0, 0),
                    (0.085, 0.055, 0.004),
                    plain((0.25, 0.4, 0.55), 0.3),
                    segments=12,
                    rings=6,
                )
        for z in (-0.01, 0.07):
            s.lathe(
                [
                    (r - 0.008, z - 0.006),
                    (r, z - 0.006),
                    (r, z + 0.006),
                    (r - 0.008, z + 0.006),
                    (r - 0.008, z - 0.006),
                ],
                metal(CHROME),
                segments=30,
            )
        for i in range(12):
            a = math.pi * i / 6
            s.rod(
                (0.03 * math.cos(a), 0.03 * math.sin(a), 0.075),
                (0.98 * r * math.cos(a), 0.98 * r * math.sin(a), 0.07),
                0.003,
                metal(CHROME),
                segments=5,
            )
    return s.finish(name)
