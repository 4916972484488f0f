"""pt.compass_direction: things at round angles from a lamp, or from the middle of a square room."""

from __future__ import annotations

import numpy as np
import pytest

from sextant.questions.facts import Ask, Drop
from sextant.scenes import Room
from sextant.tasks.pt.compass_direction import CompassDirection

SQUARE = np.array([[-3.0, -3.0], [3.0, -3.0], [3.0, 3.0], [-3.0, 3.0]])
HALL = np.array([[-3.0, -3.0], [3.0, -3.0], [3.0, 0.0], [0.0, 0.0], [0.0, 3.0], [-3.0, 3.0]])


def at(deg, away):
    a = np.deg2rad(deg)
    return [away * np.cos(a), away * np.sin(a), 0.4]


def room(build, c_deg, c_m=2.0, *, turn_deg=20.0, size_m=0.2, floor=SQUARE, a_m=2.0):
    """The lamp in the middle, the sofa at ``turn_deg``, the vase ``c_deg`` further to the left."""
    objects = [
        build.object("lamp_0", [0, 0, 0.4], [0.2, 0.2, 0.8], category="lamp"),
        build.object("sofa_0", at(turn_deg, a_m), [0.2, 0.2, 0.8], category="sofa"),
        build.object("vase_0", at(turn_deg + c_deg, c_m), [size_m, size_m, 0.8], category="vase"),
    ]
    return build.scene(objects, room=Room(floor_polygon=floor))


def ask(variant, given="north"):
    objects = ("sofa_0", "vase_0") if variant == "room4" else ("lamp_0", "sofa_0", "vase_0")
    return Ask(objects, (), {"variant": variant, "given": given})


def measure(build, variant, *args, given="north", **kwargs):
    scene = room(build, *args, **kwargs)
    return CompassDirection().measure(build.context(scene), ask(variant, given))


@pytest.mark.parametrize("variant", ["room4", "object4"])
@pytest.mark.parametrize(
    ("given", "c_deg", "label"),
    [("north", 0, "north"), ("north", 90, "west"), ("north", -90, "east"), ("north", 180, "south"),
     ("east", 90, "north"), ("south", 90, "east"), ("west", -80, "north")],
)  # fmt: skip
def test_four_points(build, variant, given, c_deg, label):
    away = 1.4 if c_deg == 0 else 2.0
    assert measure(build, variant, c_deg, away, given=given).label == label


@pytest.mark.parametrize(
    ("given", "c_deg", "label"),
    [("north", 45, "northwest"), ("north", -135, "southeast"), ("southwest", 90, "southeast"),
     ("northeast", 0, "northeast"), ("west", -45, "northwest")],
)  # fmt: skip
def test_eight_points(build, given, c_deg, label):
    assert measure(build, "object8", c_deg, 1.5, given=given, a_m=3.0).label == label


@pytest.mark.parametrize(
    ("variant", "c_deg", "size_m", "reason"),
    [("object4", 34.5, 0.2, None), ("object4", 35.5, 0.2, "direction is too close to a border"),
     ("object8", 12.0, 0.2, None), ("object8", 13.0, 0.2, "direction is too close to a border"),
     ("object8", 45.0, 0.8, None), ("object8", 45.0, 1.9, "object reaches into another sector")],
)  # fmt: skip
def test_borders(build, variant, c_deg, size_m, reason):
    away = 3.0 if c_deg < 40 else 2.0
    fact = measure(build, variant, c_deg, away, size_m=size_m, a_m=4.5)
    assert getattr(fact, "reason", None) == reason


@pytest.mark.parametrize(("c_m", "kept"), [(0.49, False), (0.51, True), (5.15, True),
                                           (5.25, False)])  # fmt: skip
def test_things_are_neither_too_near_nor_too_far(build, c_m, kept):
    # The gap is the distance less 0.1 m on either side; at 90 degrees along the axes.
    fact = measure(build, "object4", 90, c_m, turn_deg=0.0)
    assert isinstance(fact, Drop) is not kept


def test_room_has_a_clear_middle_and_things_are_away_from_it(build):
    assert measure(build, "room4", 90, 1.01).label == "west"
    near = measure(build, "room4", 90, 0.99)
    assert near.reason == "object is too close to the middle of the room"
    assert measure(build, "room4", 90, floor=HALL).reason == "room has no clear middle"
    assert measure(build, "room4", 90, floor=None).reason == "outline of the room is not known"


def test_a_mirror_swaps_east_and_west_and_scale_changes_nothing(build):
    scene, task = room(build, 100), CompassDirection()
    for variant in ("room4", "object4", "object8"):
        mirrored = task.measure(build.context(build.transformed(scene, mirror=True)), ask(variant))
        larger = task.measure(build.context(build.transformed(scene, scale=2.0)), ask(variant))
        assert (mirrored.label, larger.label) == ("east", "west")


@pytest.mark.parametrize(("variant", "count"), [("room4", 3), ("object4", 3), ("object8", 4)])
def test_texts_and_options(build, variant, count):
    task, ctx = CompassDirection(), build.context(room(build, 90))
    fact = task.measure(ctx, ask(variant, "south"))
    build.check_texts(task, ctx, fact, templates=12, choice="south")
    for draft in build.compositions(task, ctx, fact, "choice", 20):
        assert len(set(draft.answer.options)) == count
        assert draft.answer.options[draft.answer.correct] == "east"


def test_candidates(build):
    task, ctx = CompassDirection(), build.context(room(build, 90))
    asks = list(task.propose(ctx, build.rng()))
    assert {a.detail["variant"] for a in asks} == {"room4", "object4", "object8"}
    assert any(not isinstance(task.measure(ctx, a), Drop) for a in asks)
