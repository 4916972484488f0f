"""What a kitchen row consists of: cabinets, sink, stove and kettle."""

from __future__ import annotations

from numpy.random import Generator

from sextant.sources.procedural.bathroom import tap
from sextant.sources.procedural.cabinets import cabinet_door
from sextant.sources.procedural.materials import (
    BLACK,
    CHROME,
    DARK,
    WHITE,
    Kind,
    Material,
    metal,
    pick,
    plain,
)
from sextant.sources.procedural.model import Model, Surface
from sextant.sources.procedural.sculpting import Sculptor


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
        cabinet_door(
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


def stove(rng: Generator) -> Model:
    """A cooker: oven door with window, knobs, four hobs on top."""
    name, color = pick(rng, "white", "black", "gray")
    body = metal((0.5, 0.5, 0.52), 0.4) if name == "gray" else plain(color, 0.4)
    w, d, h = 0.6, 0.6, 0.9
    s = Sculptor()
    s.box((-w / 2, -d / 2 + 0.03, 0.04), (w / 2, d / 2, h - 0.02), body, 0.006)
    s.box((-w / 2 + 0.02, -d / 2 + 0.07, 0), (w / 2 - 0.02, d / 2, 0.05), plain(BLACK))
    s.box(
        (-w / 2, -d / 2 + 0.03, h - 0.02), (w / 2, d / 2, h), plain((0.02, 0.02, 0.022), 0.7), 0.004
    )
    for x in (-0.145, 0.145):
        for y in (-0.12, 0.13):
            r = 0.1 if (x < 0) == (y < 0) else 0.075
            s.lathe(
                [(r, h - 0.004), (r, h + 0.003), (r * 0.82, h + 0.003), (r * 0.78, h + 0.001)],
                Material(Kind.PLAIN, (0.16, 0.13, 0.12), gloss=0.3),
                at=(x, y, 0),
                segments=24,
            )
    s.box(
        (-w / 2 + 0.01, -d / 2 + 0.008, 0.2), (w / 2 - 0.01, -d / 2 + 0.034, h - 0.16), body, 0.006
    )
    s.box(
        (-w / 2 + 0.08, -d / 2 + 0.004, 0.3),
        (w / 2 - 0.08, -d / 2 + 0.01, h - 0.27),
        plain((0.015, 0.014, 0.013), 0.8),
    )
    s.rod(
        (-w / 2 + 0.06, -d / 2 - 0.03, h - 0.2),
        (w / 2 - 0.06, -d / 2 - 0.03, h - 0.2),
        0.012,
        metal(CHROME, 0.8),
    )
    for x in (-w / 2 + 0.09, w / 2 - 0.09):
        s.rod(
            (x, -d / 2 - 0.03, h - 0.2),
            (x, -d / 2 + 0.02, h - 0.2),
            0.009,
            metal(CHROME, 0.8),
            segments=6,
        )
    for i in range(5):
        x = -0.2 + 0.1 * i
        s.rod(
            (x, -d / 2 + 0.032, h - 0.08),
            (x, -d / 2 - 0.0, h - 0.08),
            0.022,
            plain(DARK if name != "black" else WHITE, 0.4),
            segments=12,
        )
    s.box((-w / 2 + 0.01, -d / 2 + 0.012, 0.07), (w / 2 - 0.01, -d / 2 + 0.034, 0.18), body, 0.006)
    return s.finish(name)


def kettle(rng: Generator) -> Model:
    """An electric kettle with spout and handle."""
    name, color = pick(rng, "white", "black", "red", "gray")
    body = metal((0.55, 0.56, 0.58), 0.6) if name == "gray" else plain(color, 0.5)
    s = Sculptor()
    s.lathe([(0.08, 0), (0.08, 0.02)], plain(BLACK, 0.3), segments=20)
    s.lathe(
        [(0.075, 0.02), (0.08, 0.04), (0.062, 0.17), (0.05, 0.2), (0.02, 0.215)], body, segments=22
    )
    s.ball((0, 0, 0.222), 0.012, plain(BLACK, 0.3), segments=8, rings=6)
    s.rod((-0.055, 0, 0.16), (-0.1, 0, 0.195), 0.02, body, 0.011)
    for a, b in (
        ((0.055, 0, 0.18), (0.12, 0, 0.185)),
        ((0.12, 0, 0.185), (0.115, 0, 0.06)),
        ((0.115, 0, 0.06), (0.075, 0, 0.05)),
    ):
        s.rod(a, b, 0.01, plain(BLACK, 0.3), segments=8)
        s.ball(b, 0.0102, plain(BLACK, 0.3), segments=8, rings=6)
    return s.finish(name, front=False)
