"""Screens, and what belongs to a desk or a screen."""

from __future__ import annotations

import math

from numpy.random import Generator

from sextant.sources.procedural.materials import (
    BLACK,
    DARK,
    Kind,
    fabric,
    metal,
    panel,
    pick,
    pick_wood,
    plain,
    wood,
)
from sextant.sources.procedural.model import Model
from sextant.sources.procedural.sculpting import Sculptor, turn


def _screen(s: Sculptor, w: float, h: float, z0: float, t: float, kind: Kind, seed: float) -> None:
    # Shell, then a picture a hair in front of it; the picture is mapped about its own middle.
    s.box((-w / 2, -t / 2, z0), (w / 2, t / 2, z0 + h), plain((0.015, 0.015, 0.017), 0.4), 0.006)
    b = 0.012
    picture = panel(
        kind, w - 2 * b, h - 2 * b, seed, (0.2, 0.4, 0.7), gloss=0.25, glow=0.75, variant=z0 + h / 2
    )
    s.box((-w / 2 + b, -t / 2 - 0.001, z0 + b), (w / 2 - b, -t / 2 + 0.002, z0 + h - b), picture)


def tv(rng: Generator) -> Model:
    """A flat television on a foot."""
    w = float(rng.uniform(0.95, 1.3))
    s = Sculptor()
    s.box((-0.2, -0.11, 0), (0.2, 0.11, 0.012), plain(BLACK, 0.4), 0.004)
    s.box((-0.05, -0.01, 0.01), (0.05, 0.02, 0.1), plain(BLACK, 0.4))
    _screen(s, w, w * 0.5625, 0.06, 0.035, Kind.TV, float(rng.integers(1000)))
    return s.finish("black")


def monitor(rng: Generator) -> Model:
    """A computer screen on a foot."""
    w = float(rng.uniform(0.5, 0.64))
    s = Sculptor()
    grey = plain((0.25, 0.25, 0.27), 0.3)
    s.box((-0.12, -0.09, 0), (0.12, 0.09, 0.012), grey, 0.004)
    s.box((-0.025, 0.01, 0.01), (0.025, 0.03, 0.25), grey)
    _screen(s, w, w * 0.58, 0.11, 0.03, Kind.DESKTOP, float(rng.integers(1000)))
    return s.finish("black")


def laptop(rng: Generator) -> Model:
    """An open laptop."""
    name, color = pick(rng, "gray", "black", "white")
    w, d = float(rng.uniform(0.31, 0.36)), float(rng.uniform(0.21, 0.24))
    body = metal(color, 0.35) if name == "gray" else plain(color, 0.3)
    s = Sculptor()
    s.box((-w / 2, -d / 2, 0), (w / 2, d / 2, 0.016), body, 0.005)
    keys = panel(
        Kind.KEYS, w - 0.04, 0.6 * d, 0.0, (0.03, 0.03, 0.033), (0.5, 0.5, 0.5), variant=0.14 * d
    )
    s.box((-w / 2 + 0.02, -0.16 * d, 0.012), (w / 2 - 0.02, 0.44 * d, 0.0172), keys)
    s.box((-0.05, -d / 2 + 0.015, 0.012), (0.05, -0.22 * d, 0.0168), plain((0.3, 0.3, 0.32), 0.2))
    with s.moved((0, d / 2 - 0.004, 0.016), turn(0, -math.radians(18))):
        s.box((-w / 2, -0.004, 0), (w / 2, 0.004, d), body, 0.003)
        # The picture is tilted with the lid, so its height is measured along z only.
        cosine = math.cos(math.radians(18))
        picture = panel(
            Kind.DESKTOP,
            w - 0.02,
            (d - 0.02) * cosine,
            float(rng.integers(1000)),
            (0.2, 0.4, 0.7),
            gloss=0.25,
            glow=0.75,
            variant=0.016 + d / 2 * cosine,
        )
        s.box((-w / 2 + 0.01, -0.005, 0.01), (w / 2 - 0.01, 0.0, d - 0.01), picture)
    return s.finish(name)


def keyboard(rng: Generator) -> Model:
    """A computer keyboard."""
    name, color = pick(rng, "black", "white", "gray")
    w, d = float(rng.uniform(0.4, 0.45)), float(rng.uniform(0.13, 0.15))
    s = Sculptor()
    s.box((-w / 2, -d / 2, 0), (w / 2, d / 2, 0.018), plain(color, 0.2), 0.006)
    dark = name == "black"
    keys = panel(
        Kind.KEYS,
        w - 0.02,
        d - 0.02,
        0.0,
        (0.05, 0.05, 0.055) if dark else (0.75, 0.75, 0.74),
        (0.006, 0.006, 0.007) if dark else (0.25, 0.25, 0.25),
    )
    s.box((-w / 2 + 0.01, -d / 2 + 0.01, 0.012), (w / 2 - 0.01, d / 2 - 0.01, 0.022), keys)
    return s.finish(name)


def computer_mouse(rng: Generator) -> Model:
    """A computer mouse with its wheel."""
    name, color = pick(rng, "black", "white", "gray")
    s = Sculptor()
    s.box((-0.031, -0.055, 0), (0.031, 0.055, 0.036), plain(color, 0.35), 0.028, soft=True)
    with s.moved((0, -0.03, 0.03), turn(1, math.pi / 2)):
        s.lathe([(0.011, -0.004), (0.011, 0.004)], plain(DARK))
    return s.finish(name)


def printer(rng: Generator) -> Model:
    """A desk printer with paper in its tray."""
    name, color = pick(rng, "white", "black", "gray")
    w, d, h = 0.42, 0.34, float(rng.uniform(0.18, 0.24))
    s = Sculptor()
    s.box((-w / 2, -d / 2 + 0.08, 0), (w / 2, d / 2, h), plain(color, 0.25), 0.02)
    s.box((-w / 2 + 0.06, -d / 2, 0.05), (w / 2 - 0.06, -d / 2 + 0.1, 0.06), plain(DARK, 0.2))
    s.box(
        (-w / 2 + 0.09, -d / 2 + 0.02, 0.06),
        (w / 2 - 0.09, -d / 2 + 0.1, 0.068),
        plain((0.85, 0.85, 0.84)),
    )
    s.box(
        (-w / 2 + 0.05, -d / 2 + 0.076, 0.045),
        (w / 2 - 0.05, -d / 2 + 0.09, 0.1),
        plain((0.01, 0.01, 0.01)),
    )
    with s.moved((0, d / 2 - 0.06, h - 0.02), turn(0, -0.3)):
        s.box((-0.12, -0.004, 0), (0.12, 0.004, 0.16), plain((0.87, 0.87, 0.85)))
    s.box(
        (w / 2 - 0.14, -d / 2 + 0.078, h - 0.07),
        (w / 2 - 0.03, -d / 2 + 0.09, h - 0.03),
        plain((0.05, 0.25, 0.4), 0.4, 0.4),
    )
    return s.finish(name)


def speaker(rng: Generator) -> Model:
    """A loudspeaker with two cones."""
    name, color = pick_wood(rng)
    w, d, h = 0.2, 0.24, float(rng.uniform(0.32, 0.4))
    s = Sculptor()
    s.box((-w / 2, -d / 2, 0), (w / 2, d / 2, h), wood(color, 2), 0.006)
    s.box(
        (-w / 2 + 0.008, -d / 2 - 0.004, 0.008),
        (w / 2 - 0.008, -d / 2 + 0.004, h - 0.008),
        fabric((0.02, 0.02, 0.022)),
    )
    for z, r in ((0.33 * h, 0.075), (0.76 * h, 0.038)):
        with s.moved((0, -d / 2 - 0.003, z), turn(0, math.pi / 2)):
            s.lathe(
                [
                    (r, 0),
                    (r, 0.008),
                    (0.85 * r, 0.008),
                    (0.35 * r, 0.002),
                    (0.3 * r, 0.01),
                    (0.0, 0.014),
                ],
                plain((0.12, 0.12, 0.13), 0.3),
                segments=22,
            )
    return s.finish(name)
