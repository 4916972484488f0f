"""Beds and the cases that stand in bedrooms."""

from __future__ import annotations

from numpy.random import Generator

from sextant.sources.procedural.cabinets import cabinet_door, case, drawer, four_legs
from sextant.sources.procedural.materials import (
    fabric,
    pick,
    pick_wood,
    scaled,
    wood,
)
from sextant.sources.procedural.model import Model, Surface
from sextant.sources.procedural.sculpting import Sculptor, turn


def bed(rng: Generator) -> Model:
    """A bed with headboard at the back, mattress, blanket and pillows."""
    wide = rng.random() < 0.7
    w = float(rng.uniform(1.5, 1.8)) if wide else float(rng.uniform(0.92, 1.1))
    length = float(rng.uniform(1.98, 2.12))
    _, timber = pick_wood(rng)
    name, color = pick(
        rng, "blue", "green", "gray", "red", "purple", "pink", "beige", "yellow", "white"
    )
    frame, linen = wood(timber), fabric((0.82, 0.81, 0.78))
    head = float(rng.uniform(0.9, 1.15))
    s = Sculptor()
    x = w / 2
    for sx in (-1, 1):
        s.box(
            (sx * (x - 0.04) - 0.035, 0.02, 0),
            (sx * (x - 0.04) + 0.035, 0.09, 0.2),
            wood(timber, 2),
            0.006,
        )
    s.box((-x, 0, 0.14), (x, length - 0.05, 0.3), frame, 0.015)
    s.box((-x, length - 0.07, 0), (x, length, head), frame, 0.02)
    s.box((-x + 0.12, length - 0.085, 0.5), (x - 0.12, length - 0.06, head - 0.1), frame, 0.012)
    s.box((-x + 0.03, 0.03, 0.29), (x - 0.03, length - 0.08, 0.48), linen, 0.05, soft=True)
    fold = length - 0.75
    s.box((-x + 0.005, 0.005, 0.26), (x - 0.005, fold, 0.52), fabric(color), 0.05, soft=True)
    s.box(
        (-x + 0.003, fold - 0.22, 0.3),
        (x - 0.003, fold + 0.02, 0.535),
        fabric(scaled(color, 1.35)),
        0.04,
        soft=True,
    )
    for px in (-0.25 * w, 0.25 * w) if wide else (0.0,):
        with s.moved((px, length - 0.36, 0.5), turn(0, 0.22)):
            s.box((-0.31, -0.2, -0.02), (0.31, 0.2, 0.13), linen, 0.07, soft=True)
    return s.finish(name)


def wardrobe(rng: Generator) -> Model:
    """A wardrobe with two or three doors."""
    name, timber = pick_wood(rng)
    doors = int(rng.integers(2, 4))
    w, d, h = (
        doors * float(rng.uniform(0.45, 0.55)),
        float(rng.uniform(0.55, 0.62)),
        float(rng.uniform(1.85, 2.1)),
    )
    s = Sculptor()
    face = case(s, w, d, 0.07, h, timber)
    s.box((-w / 2 - 0.015, -d / 2 - 0.02, h - 0.04), (w / 2 + 0.015, d / 2, h), wood(timber), 0.008)
    for i in range(doors):
        x0 = -w / 2 + 0.012 + i * (w - 0.024) / doors
        cabinet_door(
            s,
            x0 + 0.002,
            x0 + (w - 0.024) / doors - 0.002,
            0.09,
            h - 0.06,
            -d / 2,
            face,
            1 if i % 2 else -1,
        )
    return s.finish(name, surfaces=[Surface(-w / 2, -d / 2, w / 2, d / 2, h, 0.3)])


def dresser(rng: Generator) -> Model:
    """A chest of drawers."""
    name, timber = pick_wood(rng)
    w, d, h = (
        float(rng.uniform(0.8, 1.2)),
        float(rng.uniform(0.42, 0.5)),
        float(rng.uniform(0.78, 0.98)),
    )
    s = Sculptor()
    face = case(s, w, d, 0.08, h - 0.02, timber)
    s.box(
        (-w / 2 - 0.012, -d / 2 - 0.012, h - 0.025), (w / 2 + 0.012, d / 2, h), wood(timber), 0.006
    )
    rows, columns = int(rng.integers(3, 5)), 2 if w > 0.95 else 1
    step, column = (h - 0.13) / rows, (w - 0.03) / columns
    for i in range(rows):
        for j in range(columns):
            x0 = -w / 2 + 0.015 + j * column
            drawer(
                s,
                x0 + 0.004,
                x0 + column - 0.004,
                0.1 + i * step,
                0.1 + (i + 1) * step - 0.012,
                -d / 2,
                face,
            )
    return s.finish(name, surfaces=[Surface(-w / 2, -d / 2, w / 2, d / 2, h)])


def nightstand(rng: Generator) -> Model:
    """A small case with two drawers for the side of a bed."""
    name, timber = pick_wood(rng)
    w, d, h = (
        float(rng.uniform(0.4, 0.5)),
        float(rng.uniform(0.36, 0.42)),
        float(rng.uniform(0.48, 0.58)),
    )
    s = Sculptor()
    four_legs(s, w / 2 - 0.03, d / 2 - 0.03, 0.16, wood(timber, 2), 0.018)
    face = case(s, w, d, 0.14, h, timber, feet=False)
    for z0, z1 in (
        (0.16, 0.14 + (h - 0.14) / 2 - 0.005),
        (0.14 + (h - 0.14) / 2 + 0.005, h - 0.03),
    ):
        drawer(s, -w / 2 + 0.015, w / 2 - 0.015, z0, z1, -d / 2, face)
    return s.finish(name, surfaces=[Surface(-w / 2, -d / 2, w / 2, d / 2, h)])
