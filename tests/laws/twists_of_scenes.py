"""Twists of what a scene says of itself, of its room, and of the recipe."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator
from rough import Rough, ordinary
from twists import BAD, redraw, some, twist

from sextant.geometry.boxes import OrientedBox
from sextant.visibility.samples import box_mesh


@twist
def not_metric(r: Rough, rng: Generator) -> None:
    r.fields["is_metric"] = False


@twist
def no_room(r: Rough, rng: Generator) -> None:
    r.room, r.shell = {}, None


@twist
def odd_rooms(r: Rough, rng: Generator) -> None:
    square = r.room.get("floor_polygon", np.eye(2))
    r.room = [
        {"floor_polygon": np.zeros((0, 2)), "floor_z_m": 0.0},
        {"floor_polygon": square[:2], "floor_z_m": 0.0},
        {"floor_polygon": np.zeros((4, 2)), "floor_z_m": 0.0},
        {"floor_polygon": square[::-1], "floor_z_m": 5.0},
        {"floor_polygon": square[[0, 2, 1, 3]] if len(square) > 3 else square},
        {"floor_polygon": square * np.nan, "floor_z_m": np.nan},
        {"floor_polygon": np.full((4, 2), np.inf), "floor_z_m": -np.inf},
        {"area_m2": float(rng.choice(BAD)), "floor_z_m": -1e6},
        {"floor_polygon": square * 1e-6, "area_m2": 20.0},
        {"floor_polygon": np.tile(square, (50, 1)), "floor_z_m": 0.0},
    ][int(rng.integers(10))]


@twist
def odd_shells(r: Rough, rng: Generator) -> None:
    size = np.full(3, float(rng.choice([1e-6, 0.5, 1e6, 1e200])))
    r.shell = box_mesh(OrientedBox(np.zeros(3), size, np.eye(3)))


@twist
def incomplete_labels(r: Rough, rng: Generator) -> None:
    names = frozenset({r.things[0].category, "unicorn"}) if r.things else frozenset()
    r.fields["complete_categories"] = names if rng.random() < 0.6 else frozenset()


@twist
def odd_scene(r: Rough, rng: Generator) -> None:
    name = ["id", "license", "split", "source"][int(rng.integers(4))]
    r.fields[name] = str(rng.choice(["", "..", "a/b", "{x}", "ü", "<image>", "x" * 500, "a\nb"]))


@twist
def rescan_of_nothing(r: Rough, rng: Generator) -> None:
    r.fields["rescan_of"] = "not there"


@twist
def rescan(r: Rough, rng: Generator) -> None:
    before = ordinary(rng, "before")
    before.things = [replace(t, center=t.center.copy()) for t in r.things]
    for t in some(before, rng):
        t.center = t.center + np.array([*rng.normal(size=2), 0.0])
        redraw(t)
    r.earlier = before
    pairs = {t.id: t.id for t in r.things if rng.random() < 0.9}
    if rng.random() < 0.3:
        pairs["nobody"] = "ghost"
    r.fields["rescan_of"], r.fields["rescan_objects"] = "before", pairs


@twist
def simulated(r: Rough, rng: Generator) -> None:
    r.fields["is_simulated"] = True


@twist
def lax_recipe(r: Rough, rng: Generator) -> None:
    r.recipe["visibility"] = {"min_visible_ratio": 0, "min_pixel_share": 0, "min_in_frame_ratio": 0,
                              "present_pixels": 1}  # fmt: skip
    r.recipe["clips"] = {"frames": int(rng.integers(1, 4)), "per_scene": 3}
