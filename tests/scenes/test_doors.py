"""What the constructors of a scene refuse, each with the name of the record."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sextant.errors import ConventionError
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.transforms import look_at
from sextant.questions.naming import is_askable
from sextant.scenes import Camera, Frame, Mesh, Room, Scene, SceneObject
from sextant.visibility.samples import box_mesh

SQUARE = np.array([[0.0, 0], [4, 0], [4, 3], [0, 3]])
LENS = Camera(64, 48, 50.0, 50.0, 32.0, 24.0)


def chair(**fields):
    box = OrientedBox.axis_aligned([0, 0, 0], fields.pop("size", [1, 1, 1]))
    return SceneObject(**{"id": "chair_1", "category": "chair", "box": box, **fields})


def scene(**fields):
    base = {"id": "s", "source": "t", "split": "test", "license": "CC0", "objects": (chair(),)}
    return Scene(**{**base, **fields})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"floor_polygon": SQUARE[:2]}, "three corners"),
        ({"floor_polygon": SQUARE * math.nan}, "NaN"),
        ({"floor_polygon": np.zeros((4, 3))}, r"\(n, 2\)"),
        ({"floor_polygon": SQUARE * 1e6}, "100 km"),
        ({"floor_z_m": math.nan}, "floor's height"),
        ({"floor_z_m": -1e6}, "floor's height"),
        ({"area_m2": 0.0}, "floor area"),
        ({"area_m2": math.inf}, "floor area"),
    ],
)
def test_a_room_with_other_numbers_is_refused(fields, message):
    assert Room(SQUARE, -1.0, 12.0).area_m2 == 12.0
    with pytest.raises(ConventionError, match=message):
        Room(**fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"points_world": np.full((2, 3), math.nan)}, "surface points hold NaN"),
        ({"points_world": np.zeros((2, 2))}, r"\(n, 3\)"),
        ({"points_world": np.zeros(3)}, r"\(n, 3\)"),
        ({"mesh": Mesh(np.full((3, 3), 1e30), np.array([[0, 1, 2]]))}, "100 km"),
        ({"size": [1, 1, 0.9e-6]}, "thinner than a micrometre"),
        ({"id": "\ud800"}, "surrogate"),
    ],
)
def test_an_object_with_other_numbers_is_refused(fields, message):
    assert chair(size=[1, 1, 1.1e-6], points_world=np.zeros((2, 3))).geometry == "points"
    with pytest.raises(ConventionError, match=message):
        chair(**fields)


def test_an_empty_cloud_is_no_surface():
    assert chair(points_world=np.zeros((0, 3))).geometry == "box"


@pytest.mark.parametrize("name", ["", "  ", "\ud800"])
def test_names_must_be_writable(name):
    with pytest.raises(ConventionError):
        Frame(name, LENS, look_at([0, 0, 1], [1, 0, 1]))
    for field in ("id", "source", "license"):
        with pytest.raises(ConventionError, match=field):
            scene(**{field: name})


def test_a_shell_must_be_in_metres():
    shell = box_mesh(OrientedBox(np.zeros(3), np.full(3, 1e7), np.eye(3)))
    with pytest.raises(ConventionError, match="shell"):
        scene(shell=shell)


@pytest.mark.parametrize(
    "label",
    ["<image>", "chair <IMAGE>", "a\nb", "x" * 61, " lamp", "two  gaps", "\u202elamp", "\x00"],
)  # fmt: skip
def test_labels_that_are_no_names_are_not_asked_about(label):
    assert not is_askable(label)


def test_labels_of_any_language_are_asked_about():
    assert all(is_askable(n) for n in ("椅子", "ľampa", "{a}", "x" * 60))
