"""Musical instruments."""

from __future__ import annotations

import math

from numpy.random import Generator

from sextant.sources.procedural.materials import (
    BLACK,
    BRASS,
    linear,
    metal,
    plain,
    scaled,
    wood,
)
from sextant.sources.procedural.model import Model, Surface
from sextant.sources.procedural.sculpting import Sculptor, turn


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


def piano(rng: Generator) -> Model:
    """An upright piano with its keyboard at the front."""
    name = "black" if rng.random() < 0.6 else "brown"
    body = (
        plain((0.012, 0.012, 0.014), 0.5)
        if name == "black"
        else wood((0.16, 0.07, 0.035), gloss=0.4)
    )
    s = Sculptor()
    w, d, h = 1.48, 0.6, float(rng.uniform(1.15, 1.28))
    s.box((-w / 2, 0.25, 0), (w / 2, d, h), body, 0.012)
    s.box((-w / 2, 0.22, h - 0.02), (w / 2, d + 0.01, h + 0.012), body, 0.008)
    s.box((-w / 2, 0.0, 0.6), (w / 2, 0.26, 0.68), body, 0.01)
    for sx in (-1, 1):
        lo, hi = sorted((sx * w / 2, sx * (w / 2 - 0.07)))
        s.box((lo, 0.0, 0.66), (hi, 0.26, 0.78), body, 0.012)
        s.box((lo, 0.01, 0), (hi, 0.07, 0.62), body, 0.01)
        s.box((lo, 0.0, 0), (hi, 0.3, 0.07), body, 0.008)
    white, dark = plain((0.8, 0.79, 0.75), 0.3), plain((0.01, 0.01, 0.012), 0.4)
    step = (w - 0.16) / 35
    for i in range(35):
        x0 = -w / 2 + 0.08 + i * step
        s.box((x0 + 0.001, 0.02, 0.68), (x0 + step - 0.001, 0.2, 0.7), white)
        if i % 7 in (0, 1, 3, 4, 5):
            s.box((x0 + 0.7 * step, 0.09, 0.7), (x0 + 1.3 * step, 0.2, 0.714), dark)
    s.box((-0.4, 0.235, 0.86), (0.4, 0.25, 0.88), body, 0.004)
    s.box((-0.2, 0.235, 0.88), (0.2, 0.248, 1.08), plain((0.75, 0.74, 0.7)))
    for x in (-0.08, 0, 0.08):
        s.box((x - 0.02, 0.17, 0.03), (x + 0.02, 0.26, 0.05), metal((0.6, 0.45, 0.2)))
    return s.finish(
        name, surfaces=[Surface(-w / 2 + 0.05, 0.28, w / 2 - 0.05, d - 0.03, h + 0.012)]
    )
