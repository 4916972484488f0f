"""cr.route_planning: turns worked out on a grid of landmarks."""

from __future__ import annotations

import math

import pytest

from sextant.questions.facts import Ask
from sextant.tasks.cr._routes import name_turn
from sextant.tasks.cr.route_planning import RoutePlanning

# Landmarks at the corners of squares of 2 m, seen from above: y up, x right.
AT = {"sofa": (0, 0), "vase": (0, 2), "clock": (-2, 2), "desk": (2, 2), "stool": (2, 0)}


def plan(build, extra=(), at=AT):
    objects = [
        build.object(f"{n}_0", [x, y, 0.2], [0.3, 0.3, 0.4], category=n) for n, (x, y) in at.items()
    ]
    return build.scene([*objects, *extra])


def measure(build, *chain, **more):
    ctx = build.context(plan(build, **more))
    return RoutePlanning().measure(ctx, Ask(tuple(f"{n}_0" for n in chain), ()))


@pytest.mark.parametrize(
    ("chain", "label"),
    [
        (("sofa", "vase", "clock"), "turn left"),
        (("sofa", "vase", "desk"), "turn right"),
        (("sofa", "vase", "desk", "stool"), "turn right, turn right"),
        (("clock", "vase", "sofa", "stool"), "turn right, turn left"),
        (("sofa", "desk", "sofa"), "turn back"),
    ],
)
def test_turns(build, chain, label):
    # A way there and back passes the same landmark twice; the engine never proposes one, but its
    # turn must still be named.
    assert measure(build, *chain).label == label


def test_straight_on_is_no_turn(build):
    assert measure(build, "clock", "vase", "desk").reason == "route has no clear turn"


def test_mirror_swaps_left_and_right(build):
    ctx = build.context(build.transformed(plan(build), mirror=True))
    ask = Ask(("clock_0", "vase_0", "sofa_0", "stool_0"), ())
    assert RoutePlanning().measure(ctx, ask).label == "turn left, turn right"


def test_a_wall_of_things_blocks_the_way(build):
    wardrobe = build.object("wardrobe_0", [0, 1, 1], [1.0, 0.4, 2.0], category="wardrobe")
    fact = measure(build, "sofa", "vase", "clock", extra=[wardrobe])
    assert fact.reason == "way between two landmarks is not free"


def test_a_rug_or_a_ceiling_lamp_does_not(build):
    rug = build.object("rug_0", [0, 1, 0.01], [1.0, 0.8, 0.02], category="rug")
    lamp = build.object("lamp_0", [0, 1, 2.2], [0.4, 0.4, 0.4], category="lamp")
    assert measure(build, "sofa", "vase", "clock", extra=[rug, lamp]).label == "turn left"


# From where one stands, 0.35 m before the vase's centre, 66 degrees are 57.5 and 56 are 48.7: the
# first holds at both points, the second only at the centre.
@pytest.mark.parametrize(
    ("degrees", "kept"), [(66, True), (56, False), (54, False), (124, True), (126, False)]
)
def test_turns_near_a_border_are_dropped(build, degrees, kept):
    angle = math.radians(90 + degrees)
    goal = (2 * math.cos(angle), 2 + 2 * math.sin(angle))
    fact = measure(build, "sofa", "vase", "clock", at={**AT, "clock": goal})
    assert hasattr(fact, "label") is kept


def test_what_stands_in_a_shelf_is_no_landmark(build):
    shelf = build.object("shelf_0", [-2, 2, 0.9], [0.9, 0.6, 1.8], category="shelf")
    fact = measure(build, "sofa", "vase", "clock", extra=[shelf])
    assert fact.reason == "object is no landmark one can walk up to"


def test_quarters():
    assert [name_turn(math.radians(a))[0] for a in (0, 60, 170, -90, -140)] == [
        None, "turn left", "turn back", "turn right", "turn back",
    ]  # fmt: skip


def test_texts(build):
    ctx, task = build.context(plan(build)), RoutePlanning()
    fact = task.measure(ctx, Ask(("sofa_0", "vase_0", "clock_0"), ()))
    build.check_texts(
        task, ctx, fact, choice=r"1\. Go forward until the vase\. 2\. \[(turn|please fill in)\]"
    )
