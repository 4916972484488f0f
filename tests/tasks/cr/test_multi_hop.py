"""cr.multi_hop: both hops hold, on distances worked out by hand."""

from __future__ import annotations

import pytest

from sextant.questions.facts import Ask, Drop
from sextant.tasks.cr.multi_hop import MultiHop

# Boxes of 0.2 m on the x axis: the gap between two is the distance of their centres less 0.2.
AT_M = {"sofa": 0.0, "lamp": 1.0, "vase": 2.0, "clock": 4.0, "desk": 7.0}


def line(build, at_m=AT_M, heights_m=None):
    heights = dict.fromkeys(at_m, 0.2) | (heights_m or {})
    objects = [
        build.object(f"{n}_0", [x, 0, heights[n] / 2], [0.2, 0.2, heights[n]], category=n)
        for n, x in at_m.items()
    ]
    return build.context(build.scene(objects))


def ask(hop="closest", second="distance"):
    ids = ("sofa_0", "lamp_0", "vase_0", "clock_0", "desk_0")
    return Ask(ids, (), {"hop": hop, "second": second})


@pytest.mark.parametrize(
    ("hop", "found", "distance_m"), [("closest", "lamp_0", 5.8), ("farthest", "clock_0", 2.8)]
)
def test_distance_of_the_found_object(build, hop, found, distance_m):
    fact = MultiHop().measure(line(build), ask(hop))
    assert fact.detail["found"] == found
    assert fact.value == pytest.approx(distance_m)


@pytest.mark.parametrize(("lamp_m", "label"), [(0.5, "yes"), (0.1, "no")])
def test_height_of_the_found_object(build, lamp_m, label):
    ctx = line(build, heights_m={"lamp": lamp_m})
    fact = MultiHop().measure(ctx, ask(second="taller"))
    assert fact.label == label


@pytest.mark.parametrize(
    ("lamp_m", "kept"), [(0.2 * 1.14, False), (0.2 * 1.16, True), (0.2 / 1.14, False)]
)
def test_heights_that_are_about_equal_are_dropped(build, lamp_m, kept):
    fact = MultiHop().measure(line(build, heights_m={"lamp": lamp_m}), ask(second="taller"))
    assert isinstance(fact, Drop) is not kept


@pytest.mark.parametrize(("vase_at_m", "kept"), [(1.14, False), (1.16, True)])
def test_candidates_must_differ_by_15_cm(build, vase_at_m, kept):
    fact = MultiHop().measure(line(build, {**AT_M, "vase": vase_at_m}), ask())
    assert isinstance(fact, Drop) is not kept


def test_candidates_must_differ_by_a_tenth_when_far(build):
    # At 5.8 m a tenth is 0.58 m: more than the 0.15 m of the near range.
    ctx = line(build, {**AT_M, "clock": 6.0, "vase": 5.5})
    assert MultiHop().measure(ctx, ask()).reason == (
        "candidates are about equally far from the anchor"
    )


def test_texts(build):
    task = MultiHop()
    ctx = line(build, heights_m={"lamp": 0.5})
    build.check_texts(task, ctx, task.measure(ctx, ask()), number="meters")
    build.check_texts(task, ctx, task.measure(ctx, ask(second="taller")), choice="tall|height|top")
