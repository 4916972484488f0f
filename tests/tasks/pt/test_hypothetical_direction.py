"""pt.hypothetical_direction: angles worked out on paper."""

from __future__ import annotations

import math

import pytest

from sextant.questions.facts import Ask, Drop
from sextant.tasks.pt.hypothetical_direction import FORMS, HypotheticalDirection


def room(build, c_deg=90.0, c_m=2.0, size=0.2, turn_deg=0.0):
    """Stand at the sofa (origin), face the lamp (2 m along +x); the vase at an angle to that."""

    def at(deg, radius):
        a = math.radians(deg + turn_deg)
        return [radius * math.cos(a), radius * math.sin(a), 0.5]

    objects = [
        build.object("sofa_0", [0, 0, 0.5], [0.2, 0.2, 1.0], category="sofa"),
        build.object("lamp_0", at(0, 2.0), [0.2, 0.2, 1.0], category="lamp"),
        build.object("vase_0", at(c_deg, c_m), [size, size, 1.0], category="vase"),
    ]
    return build.scene(objects)


IDS = ("sofa_0", "lamp_0", "vase_0")


def measure(build, form, scene):
    return HypotheticalDirection().measure(build.context(scene), Ask(IDS, (), {"form": form}))


@pytest.mark.parametrize(
    ("form", "degrees", "label"),
    [
        ("two", 40, "left"), ("two", -100, "right"),
        ("three", 90, "left"), ("three", -60, "right"), ("three", 180, "back"),
        ("three", -150, "back"), ("quadrant", 45, "front-left"), ("quadrant", 130, "back-left"),
        ("quadrant", -45, "front-right"), ("quadrant", -120, "back-right"),
        ("eight", 45, "front-left"), ("eight", 90, "left"), ("eight", 180, "back"),
        ("eight", -135, "back-right"),
    ],
)  # fmt: skip
def test_sectors(build, form, degrees, label):
    assert measure(build, form, room(build, degrees)).label == label


@pytest.mark.parametrize(
    ("form", "degrees", "kept"),
    [
        ("two", 9, False), ("two", 11, True), ("two", 171, False), ("two", 169, True),
        ("three", 54, False), ("three", 56, True), ("three", 126, False), ("three", 144, False),
        ("three", 146, True), ("quadrant", 81, False), ("quadrant", 79, True),
        ("eight", 45 + 13, False), ("eight", 45 + 12, True),
    ],
)  # fmt: skip
def test_borders(build, form, degrees, kept):
    fact = measure(build, form, room(build, degrees, 3.0, size=0.02))
    assert isinstance(fact, Drop) is not kept, fact


def test_front_is_not_asked_in_the_three_way_form(build):
    assert measure(build, "three", room(build, 20, 3.0)).reason == (
        "straight ahead is not asked about"
    )


def test_a_wide_object_that_reaches_into_another_sector_is_dropped(build):
    # 12 degrees off the border, but 1.2 m wide at 1.5 m: four corners lie beyond it.
    fact = measure(build, "quadrant", room(build, 78, 1.5, size=1.2))
    assert fact.reason == "object reaches into another sector"


@pytest.mark.parametrize(("metres", "kept"), [(0.45, False), (0.55, True), (5.1, True),
                                              (5.3, False)])  # fmt: skip
def test_pairs_are_neither_too_near_nor_too_far(build, metres, kept):
    # The gap is the distance of the centres less 0.2 m; at 90 degrees the lamp is farther away
    # still, but within 5 m only up to sqrt(5.1^2 - 2^2).
    scene = room(build, 0.0 if metres > 5 else 90.0, metres)
    if metres > 5:
        scene = room(build, 30.0, metres)
    assert isinstance(measure(build, "two", scene), Drop) is not kept


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("degrees", [70, -70, 160, -160, 35])
def test_turning_the_world_changes_nothing_and_a_mirror_swaps_sides(build, form, degrees):
    swap = {"left": "right", "right": "left"}
    fact = measure(build, form, room(build, degrees))
    turned = measure(build, form, room(build, degrees, turn_deg=73.0))
    mirrored = measure(build, form, build.transformed(room(build, degrees), mirror=True))
    if isinstance(fact, Drop):
        assert turned == fact
        assert mirrored == fact
    else:
        assert turned.label == fact.label
        words = fact.label.split("-")
        assert mirrored.label == "-".join(swap.get(w, w) for w in words)


@pytest.mark.parametrize("form", FORMS)
def test_texts(build, form):
    task = HypotheticalDirection()
    degrees = {"two": 100, "three": 100, "quadrant": 130, "eight": 95}[form]
    ctx = build.context(room(build, degrees))
    fact = task.measure(ctx, Ask(IDS, (), {"form": form}))
    build.check_texts(task, ctx, fact, choice="sofa.*lamp.*vase|vase.*sofa.*lamp")
    for draft in build.compositions(task, ctx, fact, "choice", 20):
        assert all(option in draft.text for option in draft.answer.options)
