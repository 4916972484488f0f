"""What one sits on."""

from __future__ import annotations

import math

from numpy.random import Generator

from sextant.sources.procedural.materials import (
    BLACK,
    CHROME,
    Material,
    fabric,
    metal,
    pick,
    pick_wood,
    plain,
    scaled,
    wood,
)
from sextant.sources.procedural.model import Model, Surface
from sextant.sources.procedural.sculpting import Sculptor, turn

CLOTH = ("gray", "beige", "blue", "green", "brown", "red", "white")


def sofa(rng: Generator) -> Model:
    """A sofa of two or three seats."""
    return _upholstered(rng, 3 if rng.random() < 0.6 else 2)


def armchair(rng: Generator) -> Model:
    """A sofa for one."""
    return _upholstered(rng, 1)


def _upholstered(rng: Generator, seats: int) -> Model:
    name, color = pick(rng, *CLOTH, *(("yellow", "orange") if seats == 1 else ()))
    cloth, darker = fabric(color), fabric(scaled(color, 0.85))
    _, timber = pick_wood(rng)
    arm = float(rng.uniform(0.14, 0.22))
    seat = float(rng.uniform(0.58, 0.68))
    width, depth = seats * seat + 2 * arm, float(rng.uniform(0.84, 0.96))
    back = float(rng.uniform(0.76, 0.9))
    arm_top = float(rng.uniform(0.56, 0.64))
    s = Sculptor()
    x = width / 2
    for sx in (-1, 1):
        for y in (0.08, depth - 0.08):
            s.rod(
                (sx * (x - 0.09), y, 0), (sx * (x - 0.09), y, 0.12), 0.018, wood(timber, 2), 0.028
            )
    s.box((-x + 0.02, 0.03, 0.1), (x - 0.02, depth - 0.02, 0.3), darker, 0.03)
    s.box((-x + 0.04, depth - 0.2, 0.12), (x - 0.04, depth, back), cloth, 0.07, soft=True)
    for sx in (-1, 1):
        lo, hi = sorted((sx * x, sx * (x - arm)))
        s.box((lo, 0.02, 0.1), (hi, depth - 0.03, arm_top), cloth, 0.06, soft=True)
    for i in range(seats):
        left = -x + arm + i * seat + 0.006
        right = left + seat - 0.012
        s.box((left, 0.0, 0.29), (right, depth - 0.2, 0.45), cloth, 0.055, soft=True)
        with s.moved((0, depth - 0.25, 0.43), turn(0, -0.14)):
            s.box(
                (left + 0.01, -0.09, 0), (right - 0.01, 0.08, back - 0.46), cloth, 0.07, soft=True
            )
    if seats > 1 and rng.random() < 0.75:
        _, accent = pick(rng, "orange", "yellow", "blue", "red", "white", "green")
        for sx in (-1, 1):
            with s.moved((sx * (x - arm - 0.2), depth - 0.42, 0.455), turn(0, -0.35)):
                s.box((-0.19, -0.06, 0), (0.19, 0.07, 0.36), fabric(accent), 0.06, soft=True)
    return s.finish(name)


def _legs(
    s: Sculptor, x: float, y: float, top: float, material: Material, r: float, splay: float
) -> None:
    for sx in (-1, 1):
        for sy in (-1, 1):
            foot = (sx * x * (1 + splay), sy * y * (1 + splay), 0.0)
            s.rod(foot, (sx * x, sy * y, top), 0.7 * r, material, r)


def chair(rng: Generator) -> Model:
    """A plain chair with four legs and a back, of wood or upholstered."""
    name, timber = pick_wood(rng)
    frame = wood(timber, 2)
    w, d = float(rng.uniform(0.42, 0.47)), float(rng.uniform(0.42, 0.48))
    seat, top = float(rng.uniform(0.44, 0.47)), float(rng.uniform(0.82, 0.98))
    s = Sculptor()
    _legs(s, w / 2 - 0.035, d / 2 - 0.035, seat - 0.02, frame, 0.02, 0.06)
    padded = rng.random() < 0.5
    if padded:
        name, color = pick(rng, "red", "blue", "green", "gray", "yellow", "black", "white")
        s.box(
            (-w / 2, -d / 2, seat - 0.03),
            (w / 2, d / 2, seat + 0.03),
            fabric(color),
            0.03,
            soft=True,
        )
        with s.moved((0, d / 2 - 0.02, seat), turn(0, -0.14)):
            s.box(
                (-w / 2 + 0.01, -0.025, 0.1),
                (w / 2 - 0.01, 0.025, top - seat),
                fabric(color),
                0.025,
                soft=True,
            )
            for sx in (-1, 1):
                s.rod(
                    (sx * (w / 2 - 0.06), 0.0, -0.03),
                    (sx * (w / 2 - 0.06), 0.0, 0.14),
                    0.014,
                    frame,
                )
    else:
        s.box((-w / 2, -d / 2, seat - 0.025), (w / 2, d / 2, seat), wood(timber), 0.012)
        with s.moved((0, d / 2 - 0.03, seat - 0.02), turn(0, -0.16)):
            for sx in (-1, 1):
                s.rod(
                    (sx * (w / 2 - 0.03), 0, 0), (sx * (w / 2 - 0.03), 0, top - seat), 0.018, frame
                )
            if rng.random() < 0.5:
                for z in (0.35, 0.65, 0.93):
                    h = z * (top - seat)
                    s.box(
                        (-w / 2 + 0.03, -0.01, h - 0.035),
                        (w / 2 - 0.03, 0.012, h + 0.03),
                        wood(timber),
                        0.008,
                    )
            else:
                h = top - seat
                s.box(
                    (-w / 2 + 0.02, -0.014, h - 0.08), (w / 2 - 0.02, 0.016, h), wood(timber), 0.01
                )
                for i in range(4):
                    px = (-0.36 + 0.24 * i) * w
                    s.rod((px, 0, 0), (px, 0, h - 0.06), 0.009, frame)
    return s.finish(name)


def office_chair(rng: Generator) -> Model:
    """A swivel chair on five castors, with arm rests."""
    name, color = pick(rng, "black", "gray", "blue", "red", "green")
    pad, dark, steel = fabric(color), plain(BLACK, 0.25), metal(CHROME)
    s = Sculptor()
    for i in range(5):
        a = -math.pi / 2 + 2 * math.pi * i / 5
        x, y = 0.29 * math.cos(a), 0.29 * math.sin(a)
        s.rod((0, 0, 0.12), (x, y, 0.08), 0.025, steel, 0.018)
        s.ball((x, y, 0.032), (0.03, 0.03, 0.032), dark, segments=10, rings=6)
    s.rod((0, 0, 0.09), (0, 0, 0.4), 0.03, steel)
    s.box((-0.13, -0.13, 0.38), (0.13, 0.13, 0.42), dark, 0.01)
    s.box((-0.25, -0.26, 0.41), (0.25, 0.22, 0.5), pad, 0.04, soft=True)
    top = float(rng.uniform(0.5, 0.66))
    with s.moved((0, 0.2, 0.48), turn(0, -0.16)):
        s.box((-0.03, 0.03, -0.08), (0.03, 0.06, 0.3), dark, 0.008)
        s.box((-0.23, -0.04, 0.08), (0.23, 0.04, top), pad, 0.04, soft=True)
    for sx in (-1, 1):
        s.rod((sx * 0.24, 0.0, 0.44), (sx * 0.29, 0.0, 0.66), 0.014, steel)
        s.box((sx * 0.29 - 0.035, -0.15, 0.65), (sx * 0.29 + 0.035, 0.11, 0.685), dark, 0.015)
    return s.finish(name)


def stool(rng: Generator) -> Model:
    """A round stool without a back."""
    name, timber = pick_wood(rng)
    height, r = float(rng.uniform(0.44, 0.66)), float(rng.uniform(0.16, 0.2))
    s = Sculptor()
    for i in range(4):
        a = math.pi / 4 + i * math.pi / 2
        c, n = math.cos(a), math.sin(a)
        s.rod(
            (r * 1.05 * c, r * 1.05 * n, 0),
            (0.7 * r * c, 0.7 * r * n, height - 0.02),
            0.014,
            wood(timber, 2),
            0.018,
        )
    s.lathe(
        [
            (r * 0.62, height * 0.34 - 0.008),
            (r * 0.98, height * 0.34 - 0.008),
            (r * 0.98, height * 0.34 + 0.008),
        ],
        wood(timber),
        segments=20,
    )
    material = wood(timber)
    if rng.random() < 0.5:
        name, color = pick(rng, "red", "blue", "yellow", "white", "green", "black")
        material = plain(color, 0.2)
    s.lathe(
        [(r - 0.015, height - 0.045), (r, height - 0.03), (r, height - 0.012), (r - 0.015, height)],
        material,
        segments=22,
    )
    return s.finish(
        name, front=False, surfaces=[Surface(-r * 0.6, -r * 0.6, r * 0.6, r * 0.6, height)]
    )


def bench(rng: Generator) -> Model:
    """A long low bench without a back."""
    name, timber = pick_wood(rng)
    w, d, h = (
        float(rng.uniform(1.0, 1.4)),
        float(rng.uniform(0.34, 0.4)),
        float(rng.uniform(0.42, 0.46)),
    )
    s = Sculptor()
    for sx in (-1, 1):
        x = sx * (w / 2 - 0.12)
        s.box(
            (x - 0.03, -d / 2 + 0.02, 0), (x + 0.03, d / 2 - 0.02, h - 0.03), wood(timber, 2), 0.008
        )
    s.box((-w / 2 + 0.1, -0.02, 0.12), (w / 2 - 0.1, 0.02, 0.18), wood(timber), 0.006)
    s.box((-w / 2, -d / 2, h - 0.04), (w / 2, d / 2, h), wood(timber), 0.01)
    return s.finish(name, front=False, surfaces=[Surface(-w / 2, -d / 2, w / 2, d / 2, h)])
