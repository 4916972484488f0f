"""Tables, desks and the cases and shelves that stand at walls."""

from __future__ import annotations

import math

from numpy.random import Generator

from sextant.sources.procedural.materials import (
    BLACK,
    BRASS,
    CHROME,
    Color,
    Kind,
    Material,
    metal,
    pick,
    pick_wood,
    plain,
    scaled,
    wood,
)
from sextant.sources.procedural.model import Model, Surface
from sextant.sources.procedural.sculpting import Sculptor


def _four_legs(
    s: Sculptor, x: float, y: float, top: float, material: Material, half: float
) -> None:
    for sx in (-1, 1):
        for sy in (-1, 1):
            s.box(
                (sx * x - half, sy * y - half, 0),
                (sx * x + half, sy * y + half, top),
                material,
                0.006,
            )


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
    _four_legs(s, w / 2 - 0.07, d / 2 - 0.07, h - 0.03, wood(timber, 2), 0.032)
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
    _four_legs(s, w / 2 - 0.04, d / 2 - 0.04, h - 0.03, legs, 0.022)
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
        _drawer(
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


def _drawer(
    s: Sculptor, x0: float, x1: float, z0: float, z1: float, y: float, material: Material
) -> None:
    s.box((x0, y - 0.014, z0), (x1, y + 0.004, z1), material, 0.004)
    middle, handle = (x0 + x1) / 2, min(0.07, 0.3 * (x1 - x0))
    z = (z0 + z1) / 2
    s.rod(
        (middle - handle, y - 0.03, z),
        (middle + handle, y - 0.03, z),
        0.006,
        metal(CHROME),
        segments=8,
    )
    for sx in (-1, 1):
        s.rod(
            (middle + sx * handle * 0.9, y - 0.03, z),
            (middle + sx * handle * 0.9, y, z),
            0.005,
            metal(CHROME),
            segments=6,
        )


def _door(
    s: Sculptor,
    x0: float,
    x1: float,
    z0: float,
    z1: float,
    y: float,
    material: Material,
    hinge: int,
) -> None:
    s.box((x0, y - 0.018, z0), (x1, y + 0.004, z1), material, 0.005)
    m = 0.06
    s.box((x0 + m, y - 0.024, z0 + m), (x1 - m, y - 0.01, z1 - m), material, 0.004)
    x = x1 - 0.035 if hinge < 0 else x0 + 0.035
    z = (z0 + z1) / 2
    s.rod((x, y - 0.045, z - 0.07), (x, y - 0.045, z + 0.07), 0.007, metal(BRASS), segments=8)
    for sz in (-1, 1):
        s.rod((x, y - 0.045, z + sz * 0.06), (x, y, z + sz * 0.06), 0.005, metal(BRASS), segments=6)


def _case(
    s: Sculptor, w: float, d: float, z0: float, h: float, timber: Color, feet: bool = True
) -> Material:
    body = wood(timber, 2) if h > w else wood(timber)
    s.box((-w / 2, -d / 2, z0), (w / 2, d / 2, h), body, 0.006)
    if feet:
        s.box(
            (-w / 2 + 0.03, -d / 2 + 0.05, 0),
            (w / 2 - 0.03, d / 2 - 0.02, z0 + 0.01),
            plain(scaled(timber, 0.35)),
        )
    return wood(scaled(timber, 1.15), 2 if h > w else 0)


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
    face = _case(s, w, d, 0.07, h, timber)
    s.box((-w / 2 - 0.015, -d / 2 - 0.02, h - 0.04), (w / 2 + 0.015, d / 2, h), wood(timber), 0.008)
    for i in range(doors):
        x0 = -w / 2 + 0.012 + i * (w - 0.024) / doors
        _door(
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
    face = _case(s, w, d, 0.08, h - 0.02, timber)
    s.box(
        (-w / 2 - 0.012, -d / 2 - 0.012, h - 0.025), (w / 2 + 0.012, d / 2, h), wood(timber), 0.006
    )
    rows, columns = int(rng.integers(3, 5)), 2 if w > 0.95 else 1
    step, column = (h - 0.13) / rows, (w - 0.03) / columns
    for i in range(rows):
        for j in range(columns):
            x0 = -w / 2 + 0.015 + j * column
            _drawer(
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
    _four_legs(s, w / 2 - 0.03, d / 2 - 0.03, 0.16, wood(timber, 2), 0.018)
    face = _case(s, w, d, 0.14, h, timber, feet=False)
    for z0, z1 in (
        (0.16, 0.14 + (h - 0.14) / 2 - 0.005),
        (0.14 + (h - 0.14) / 2 + 0.005, h - 0.03),
    ):
        _drawer(s, -w / 2 + 0.015, w / 2 - 0.015, z0, z1, -d / 2, face)
    return s.finish(name, surfaces=[Surface(-w / 2, -d / 2, w / 2, d / 2, h)])


def tv_stand(rng: Generator) -> Model:
    """A long low case for the television."""
    name, timber = pick_wood(rng)
    w, d, h = (
        float(rng.uniform(1.3, 1.8)),
        float(rng.uniform(0.38, 0.45)),
        float(rng.uniform(0.42, 0.55)),
    )
    s = Sculptor()
    _four_legs(s, w / 2 - 0.06, d / 2 - 0.05, 0.12, wood(timber, 2), 0.02)
    face = _case(s, w, d, 0.1, h, timber, feet=False)
    third = (w - 0.03) / 3
    for i in range(3):
        x0 = -w / 2 + 0.015 + i * third
        if i == 1:
            s.box(
                (x0 + 0.01, -d / 2 - 0.002, 0.125),
                (x0 + third - 0.01, -d / 2 + 0.002, h - 0.03),
                plain((0.02, 0.018, 0.016)),
            )
        else:
            _drawer(s, x0 + 0.004, x0 + third - 0.004, 0.12, h - 0.02, -d / 2, face)
    return s.finish(name, surfaces=[Surface(-w / 2, -d / 2, w / 2, d / 2, h)])


def bookshelf(rng: Generator) -> Model:
    """An open shelf; things stand inside its compartments."""
    name, timber = pick_wood(rng)
    w, d, h = (
        float(rng.uniform(0.7, 1.0)),
        float(rng.uniform(0.28, 0.34)),
        float(rng.uniform(1.5, 2.0)),
    )
    boards = int(rng.integers(4, 6))
    s = Sculptor()
    t = 0.022
    for sx in (-1, 1):
        lo, hi = sorted((sx * w / 2, sx * (w / 2 - t)))
        s.box((lo, -d / 2, 0), (hi, d / 2, h), wood(timber, 2), 0.003)
    s.box((-w / 2 + t, d / 2 - 0.012, 0.04), (w / 2 - t, d / 2, h), wood(scaled(timber, 0.8), 2))
    step = (h - t - 0.06) / boards
    surfaces = []
    for i in range(boards + 1):
        z = 0.06 + i * step
        s.box((-w / 2 + t, -d / 2 + 0.003, z), (w / 2 - t, d / 2 - 0.012, z + t), wood(timber))
        if i < boards:
            surfaces.append(
                Surface(
                    -w / 2 + t,
                    -d / 2 + 0.01,
                    w / 2 - t,
                    d / 2 - 0.014,
                    z + t,
                    step - t - 0.01,
                    True,
                )
            )
    s.box((-w / 2 + t, -d / 2 + 0.02, 0), (w / 2 - t, -d / 2 + 0.035, 0.06), wood(timber))
    return s.finish(name, surfaces=surfaces)


def kitchen_cabinet(rng: Generator) -> Model:
    """A base cabinet with a stone worktop."""
    return _base_cabinet(rng, float(rng.uniform(0.6, 1.0)), sink=False)


def sink_cabinet(rng: Generator) -> Model:
    """A base cabinet whose worktop holds a basin with a tap."""
    return _base_cabinet(rng, float(rng.uniform(0.8, 1.0)), sink=True)


def _base_cabinet(rng: Generator, w: float, sink: bool) -> Model:
    name, color = pick(rng, "white", "gray", "blue", "green", "beige")
    d, h = 0.6, 0.9
    s = Sculptor()
    front = plain(color, 0.2)
    top = h - 0.165 if sink else h - 0.035
    s.box((-w / 2, -d / 2 + 0.04, 0.1), (w / 2, d / 2, top), front, 0.003)
    if sink:  # the basin hangs in the open top of the carcase
        s.box((-w / 2, -d / 2 + 0.04, top), (w / 2, -d / 2 + 0.06, h - 0.035), front)
        s.box((-w / 2, d / 2 - 0.02, top), (w / 2, d / 2, h - 0.035), front)
        for x0, x1 in ((-w / 2, -w / 2 + 0.02), (w / 2 - 0.02, w / 2)):
            s.box((x0, -d / 2 + 0.06, top), (x1, d / 2 - 0.02, h - 0.035), front)
    s.box((-w / 2, -d / 2 + 0.09, 0), (w / 2, d / 2, 0.1), plain((0.06, 0.06, 0.065)))
    doors = 2 if w > 0.7 else 1
    for i in range(doors):
        x0 = -w / 2 + 0.006 + i * (w - 0.012) / doors
        _door(
            s,
            x0 + 0.002,
            x0 + (w - 0.012) / doors - 0.002,
            0.11,
            h - 0.06,
            -d / 2 + 0.04,
            front,
            1 if i % 2 else -1,
        )
    stone = Material(Kind.MARBLE, (0.25, 0.24, 0.23), (0.1, 0.1, 0.1), 0.25, 0.4)
    if rng.random() < 0.5:
        stone = Material(Kind.MARBLE, (0.75, 0.74, 0.72), (0.4, 0.39, 0.38), 0.3, 0.4)
    if not sink:
        s.box((-w / 2, -d / 2, h - 0.035), (w / 2, d / 2, h), stone, 0.006)
        return s.finish(name, surfaces=[Surface(-w / 2, -d / 2 + 0.02, w / 2, d / 2 - 0.02, h)])
    bx, y0, y1 = 0.26, -0.19, 0.15
    for low, high in (
        ((-w / 2, -d / 2), (-bx, d / 2)), ((bx, -d / 2), (w / 2, d / 2)),
        ((-bx, -d / 2), (bx, y0)), ((-bx, y1), (bx, d / 2)),
    ):  # fmt: skip
        s.box((*low, h - 0.035), (*high, h), stone)
    steel = metal((0.6, 0.61, 0.62), 0.5)
    s.box((-bx, y0, h - 0.16), (bx, y1, h - 0.15), steel)
    for low, high in (
        ((-bx, y0), (-bx + 0.012, y1)), ((bx - 0.012, y0), (bx, y1)),
        ((-bx, y0), (bx, y0 + 0.012)), ((-bx, y1 - 0.012), (bx, y1)),
    ):  # fmt: skip
        s.box((*low, h - 0.15), (*high, h + 0.006), steel)
    tap(s, (0.0, 0.21, h), 0.24)
    return s.finish(name)


def tap(s: Sculptor, foot: tuple[float, float, float], height: float) -> None:
    """Add a tap that reaches towards -y."""
    x, y, z = foot
    chrome = metal(CHROME, 0.8)
    s.rod((x, y, z), (x, y, z + 0.03), 0.026, chrome)
    s.rod((x, y, z), (x, y, z + height), 0.013, chrome)
    s.ball((x, y, z + height), 0.0135, chrome, segments=10, rings=6)
    s.rod((x, y, z + height), (x, y - 0.16, z + height - 0.02), 0.012, chrome)
    s.rod((x, y - 0.155, z + height - 0.02), (x, y - 0.155, z + height - 0.06), 0.012, chrome)
    s.rod((x + 0.02, y, z + 0.05), (x + 0.08, y, z + 0.08), 0.007, chrome)
