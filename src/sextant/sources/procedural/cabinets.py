"""Cases with drawers, doors and shelves, and the parts they are made of."""

from __future__ import annotations

from numpy.random import Generator

from sextant.sources.procedural.materials import (
    BRASS,
    CHROME,
    Color,
    Material,
    metal,
    pick_wood,
    plain,
    scaled,
    wood,
)
from sextant.sources.procedural.model import Model, Surface
from sextant.sources.procedural.sculpting import Sculptor


def four_legs(s: Sculptor, x: float, y: float, top: float, material: Material, half: float) -> None:
    """Stand four square legs at (+-x, +-y), ``half`` wide to each side; all in metres."""
    for sx in (-1, 1):
        for sy in (-1, 1):
            s.box(
                (sx * x - half, sy * y - half, 0),
                (sx * x + half, sy * y + half, top),
                material,
                0.006,
            )


def drawer(
    s: Sculptor, x0: float, x1: float, z0: float, z1: float, y: float, material: Material
) -> None:
    """Hang a drawer front with a handle at depth y.

    Args:
        s: Where to build.
        x0: Left edge in metres.
        x1: Right edge.
        z0: Lower edge.
        z1: Upper edge.
        y: Front plane of the case.
        material: What it is made of.
    """
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


def cabinet_door(
    s: Sculptor,
    x0: float,
    x1: float,
    z0: float,
    z1: float,
    y: float,
    material: Material,
    hinge: int,
) -> None:
    """Hang a door with a panel and a handle at depth y.

    Args:
        s: Where to build.
        x0: Left edge in metres.
        x1: Right edge.
        z0: Lower edge.
        z1: Upper edge.
        y: Front plane of the case.
        material: What it is made of.
        hinge: -1 if it is hung on the left, seen from the front, +1 on the right.
    """
    s.box((x0, y - 0.018, z0), (x1, y + 0.004, z1), material, 0.005)
    m = 0.06
    s.box((x0 + m, y - 0.024, z0 + m), (x1 - m, y - 0.01, z1 - m), material, 0.004)
    x = x1 - 0.035 if hinge < 0 else x0 + 0.035
    z = (z0 + z1) / 2
    s.rod((x, y - 0.045, z - 0.07), (x, y - 0.045, z + 0.07), 0.007, metal(BRASS), segments=8)
    for sz in (-1, 1):
        s.rod((x, y - 0.045, z + sz * 0.06), (x, y, z + sz * 0.06), 0.005, metal(BRASS), segments=6)


def case(
    s: Sculptor, w: float, d: float, z0: float, h: float, timber: Color, feet: bool = True
) -> Material:
    """Build a closed case from height ``z0`` to ``h`` in metres; return the fronts' material."""
    body = wood(timber, 2) if h > w else wood(timber)
    s.box((-w / 2, -d / 2, z0), (w / 2, d / 2, h), body, 0.006)
    if feet:
        s.box(
            (-w / 2 + 0.03, -d / 2 + 0.05, 0),
            (w / 2 - 0.03, d / 2 - 0.02, z0 + 0.01),
            plain(scaled(timber, 0.35)),
        )
    return wood(scaled(timber, 1.15), 2 if h > w else 0)


def tv_stand(rng: Generator) -> Model:
    """A long low case for the television."""
    name, timber = pick_wood(rng)
    w, d, h = (
        float(rng.uniform(1.3, 1.8)),
        float(rng.uniform(0.38, 0.45)),
        float(rng.uniform(0.42, 0.55)),
    )
    s = Sculptor()
    four_legs(s, w / 2 - 0.06, d / 2 - 0.05, 0.12, wood(timber, 2), 0.02)
    face = case(s, w, d, 0.1, h, timber, feet=False)
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
            drawer(s, x0 + 0.004, x0 + third - 0.004, 0.12, h - 0.02, -d / 2, face)
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
