"""Twists of what things are called and made of, and how many there are."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from rough import NOUNS, Rough, thing
from twists import any_rotation, redraw, some, twist

from sextant.geometry.transforms import nearest_rotation
from sextant.scenes import Mesh
from sextant.visibility.samples import box_mesh

ODD_NAMES = (
    "{}", "{a}", "{0.__class__}", "chair <image>", "<image>", "a\nb", "tab\tle", "x" * 3000,
    "chair" + " " * 40 + "leg", " lamp ", "LAMP", "ľampa", "椅子", "🪑", "\u202egnp", "it's", '"',
    "a/b", "\\", "%s", "<b>bold</b>", "a, b and c", "the", "A.", "yes", "no", "left", "1.5 m", "2",
    "\x00", "\ud800", "None", "nan", "wall", "floor", "shoes", ":", "camera", "view 1",
)  # fmt: skip


@twist
def duplicate_categories(r: Rough, rng: Generator) -> None:
    for t in r.things:
        t.category = NOUNS[0] if rng.random() < 0.8 else NOUNS[1]


@twist
def odd_names(r: Rough, rng: Generator) -> None:
    for t in some(r, rng):
        t.category = str(rng.choice(np.array(ODD_NAMES, dtype=object)))


@twist
def odd_ids(r: Rough, rng: Generator) -> None:
    ids = [*rng.permutation(np.array(["", "..", "a/b", "P", "\n", "{x}", "é", "x" * 999, "\x00",
                                      "<image>", "None", "\ud800"], dtype=object))]  # fmt: skip
    for t, new in zip(some(r, rng), ids, strict=False):
        t.id = str(new)


@twist
def same_ids(r: Rough, rng: Generator) -> None:
    r.things[-1].id = r.things[0].id


@twist
def empty_category(r: Rough, rng: Generator) -> None:
    r.things[0].category = str(rng.choice(["", "  ", "\n"]))


@twist
def tilted_boxes(r: Rough, rng: Generator) -> None:
    for t in some(r, rng):
        t.R = any_rotation(rng)
        redraw(t)


@twist
def slightly_tilted_boxes(r: Rough, rng: Generator) -> None:
    for t in r.things:
        t.R = nearest_rotation(t.R + rng.normal(size=(3, 3)) * 1e-3)
        redraw(t)


@twist
def bad_fronts(r: Rough, rng: Generator) -> None:
    fronts = ([0, 0, 1.0], [0, 0, 0], [np.nan, 0, 0], [2.0, 0, 0], [1.0, 0, 0])
    for t in some(r, rng)[:1]:
        t.front = np.array(fronts[int(rng.integers(len(fronts)))], dtype=np.float64)


@twist
def everybody_is_a_person(r: Rough, rng: Generator) -> None:
    for t in r.things:
        t.is_person, t.category, t.front = True, "person", np.array([0.0, 1.0, 0.0])


@twist
def one_point_clouds(r: Rough, rng: Generator) -> None:
    for t in some(r, rng):
        t.mesh, t.points = None, t.center[None].copy()


@twist
def empty_clouds(r: Rough, rng: Generator) -> None:
    for t in some(r, rng):
        t.mesh, t.points = None, np.zeros((0, 3))


@twist
def broken_clouds(r: Rough, rng: Generator) -> None:
    clouds = (np.full((3, 3), np.nan), np.full((4, 3), np.inf), np.zeros((3, 2)), np.zeros(3),
              np.full((2, 3), 1e200))  # fmt: skip
    for t in some(r, rng)[:2]:
        t.mesh, t.points = None, clouds[int(rng.integers(len(clouds)))]


@twist
def degenerate_meshes(r: Rough, rng: Generator) -> None:
    for t in some(r, rng):
        flat = np.repeat(t.center[None], 3, axis=0)
        line = t.center + np.outer([0, 1, 2], t.size_m / 4)
        t.mesh = Mesh([flat, line][int(rng.integers(2))], np.array([[0, 1, 2]], dtype=np.int32))


@twist
def meshes_off_their_boxes(r: Rough, rng: Generator) -> None:
    for t in some(r, rng):
        far = float(rng.choice([1.0, 50.0, 1e6, 1e30, 1e300]))
        t.mesh = Mesh(t.box.corners + far, box_mesh(t.box).faces)


@twist
def soup_of_triangles(r: Rough, rng: Generator) -> None:
    for t in some(r, rng):
        corners = t.center + rng.normal(size=(60, 3)) * t.size_m / 3
        t.mesh = Mesh(corners, rng.integers(0, 60, (200, 3)).astype(np.int32))


@twist
def odd_instance_values(r: Rough, rng: Generator) -> None:
    for t in r.things:
        t.value = int(rng.choice([0, -t.value, t.value, t.value + 2**30]))


@twist
def shared_instance_values(r: Rough, rng: Generator) -> None:
    r.things[-1].value = r.things[0].value


@twist
def hundreds_of_objects(r: Rough, rng: Generator) -> None:
    add_things(r, rng, int(rng.integers(150, 400)))


def add_things(r: Rough, rng: Generator, count: int) -> None:
    """Fill a scene up with numbered things of numbered kinds, in a hall large enough for them."""
    first = len(r.things)
    hall = r.half * max(1.0, (count / 100) ** 0.5)
    for k in range(first, first + count):
        t = thing(rng, k, hall, "box")
        t.category = f"{t.category} {k}" if rng.random() < 0.5 else t.category
        r.things.append(t)
    r.shell = None
