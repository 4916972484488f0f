"""Twists of where things are and how large."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from rough import Rough
from twists import BAD, redraw, some, twist

from sextant.geometry.transforms import rigid


@twist
def nothing(r: Rough, rng: Generator) -> None:
    pass


@twist
def no_objects(r: Rough, rng: Generator) -> None:
    r.things = []


@twist
def one_object(r: Rough, rng: Generator) -> None:
    r.things = r.things[:1]


@twist
def coincident_objects(r: Rough, rng: Generator) -> None:
    for t in some(r, rng):
        t.center, t.size_m, t.R = r.things[0].center, r.things[0].size_m, r.things[0].R
        redraw(t)


@twist
def all_in_one_line(r: Rough, rng: Generator) -> None:
    for k, t in enumerate(r.things):
        t.center = np.array([0.0, 0.3 * k, t.center[2]])
        redraw(t)


@twist
def nested_objects(r: Rough, rng: Generator) -> None:
    for k, t in enumerate(r.things):
        t.center, t.size_m = np.array([0, 0, 1.0]), np.full(3, 0.2 + 0.1 * k)
        redraw(t)


@twist
def stacked_objects(r: Rough, rng: Generator) -> None:
    top = 0.0
    for t in r.things:
        t.center, t.R = np.array([0, 0, top + t.size_m[2] / 2]), np.eye(3)
        top += float(t.size_m[2])
        redraw(t)


@twist
def degenerate_sides(r: Rough, rng: Generator) -> None:
    for t in some(r, rng)[:2]:
        t.size_m = t.size_m.copy()
        t.size_m[int(rng.integers(3))] = float(rng.choice(BAD))


@twist
def degenerate_centres(r: Rough, rng: Generator) -> None:
    t = some(r, rng)[0]
    t.center = t.center.copy()
    t.center[int(rng.integers(3))] = float(rng.choice([*BAD, 9e4, -9e4]))


@twist
def broken_rotations(r: Rough, rng: Generator) -> None:
    t = some(r, rng)[0]
    t.R = [np.full((3, 3), np.nan), np.diag([1, 1, -1.0]), np.eye(3) * 1.01][int(rng.integers(3))]


@twist
def hair_thin_objects(r: Rough, rng: Generator) -> None:
    for t in some(r, rng):
        t.size_m = t.size_m.copy()
        t.size_m[int(rng.integers(3))] = float(10.0 ** rng.uniform(-9, -3))
        redraw(t)


@twist
def tiny_scene(r: Rough, rng: Generator) -> None:
    _scaled(r, float(10.0 ** rng.uniform(-6, -1)))


@twist
def huge_scene(r: Rough, rng: Generator) -> None:
    _scaled(r, float(10.0 ** rng.uniform(1, 3)))


def _scaled(r: Rough, s: float) -> None:
    for t in r.things:
        t.center, t.size_m = t.center * s, t.size_m * s
        redraw(t)
    for v in r.views:
        v.pose = rigid(v.pose[:3, :3], v.pose[:3, 3] * s)
    r.room["floor_polygon"] = r.room["floor_polygon"] * s
    r.shell = None


@twist
def far_from_the_origin(r: Rough, rng: Generator) -> None:
    shift = rng.choice([-1, 1], 3) * float(rng.choice([1e3, 5e4, 9.9e4, 2e5]))
    for t in r.things:
        t.center = t.center + shift
        redraw(t)
    for v in r.views:
        v.pose = rigid(v.pose[:3, :3], v.pose[:3, 3] + shift)
    r.room = {**r.room, "floor_polygon": r.room["floor_polygon"] + shift[:2],
              "floor_z_m": float(shift[2])}  # fmt: skip
    r.shell = None


@twist
def kilometre_long_objects(r: Rough, rng: Generator) -> None:
    for t in some(r, rng)[:2]:
        t.size_m = t.size_m * float(rng.choice([100, 900, 1100]))
        redraw(t)
