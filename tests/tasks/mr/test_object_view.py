"""mr.object_view: cameras on a circle round a sofa."""

from __future__ import annotations

import numpy as np
import pytest

from sextant.questions.facts import Ask, Fact
from sextant.tasks.mr.object_view import ObjectView


def around(build, *azimuths_deg, radius_m=3.0, height_m=1.5):
    """One frame per azimuth, counterclockwise from above; -90 looks along +y, left is -x."""
    sofa = build.object("sofa_0", [0, 0, 0.4], [0.9, 0.6, 0.8])
    lamp = build.object("lamp_0", [0.3, 1.2, 0.5], [0.2, 0.2, 1.0])
    cameras = []
    for a in np.deg2rad(azimuths_deg):
        eye = [radius_m * np.cos(a), radius_m * np.sin(a), height_m]
        cameras.append(build.look_at(eye, [0.0, 0.0, 0.5]))
    return build.scene([sofa, lamp], cameras)


def asked(side, count):
    return Ask(("sofa_0",), tuple(f"f{k}" for k in range(count)), {"side": side})


def measure(build, side, *azimuths_deg, **where):
    ctx = build.context(around(build, *azimuths_deg, **where))
    return ObjectView().measure(ctx, asked(side, len(azimuths_deg)))


# From the south: its left is the west (180), its right the east (0), the far side the north (90).
@pytest.mark.parametrize(("side", "right"), [("left", 0), ("right", 1), ("opposite", 2)])
def test_truth(build, side, right):
    fact = measure(build, side, -90, 175, 8, 92)
    assert (fact.label, fact.detail["right"]) == (side, right)
    np.testing.assert_allclose(fact.detail["turned_deg"], [-95, 98, -178], atol=1e-6)


@pytest.mark.parametrize("turn_deg", [37.0, 180.0])
def test_turning_the_world_changes_nothing(build, turn_deg):
    azimuths = [a + turn_deg for a in (-90, 175, 8, 92)]
    assert measure(build, "left", *azimuths).detail["right"] == 0


def test_mirror_swaps_left_and_right(build):
    scene = build.transformed(around(build, -90, 175, 8, 92), mirror=True)
    fact = ObjectView().measure(build.context(scene), asked("left", 4))
    assert fact.detail["right"] == 1


@pytest.mark.parametrize(
    ("azimuths", "reason"),
    [((-90, 161, 0, 90), None),
     ((-90, 159, 0, 90), "no picture is taken from the side asked about"),
     ((-90, 180, 134, 0), None),
     ((-90, 180, 136, 0), "a wrong picture is taken from about the same side"),
     ((-90, 180, -59, -80), None),
     ((-90, 180, -61, -80), "all wrong pictures look like the first one"),
     ((-90, 180, 0), "too few pictures to choose from")],
)  # fmt: skip
def test_margins(build, azimuths, reason):
    assert getattr(measure(build, "left", *azimuths), "reason", None) == reason


@pytest.mark.parametrize(
    ("where", "reason"),
    [({"radius_m": 1.5, "height_m": 2.8}, "camera looks too steeply at the object"),
     ({"radius_m": 90.0}, "object is not shown or its name is ambiguous")],
)  # fmt: skip
def test_pictures_must_show_the_object_from_a_side(build, where, reason):
    assert measure(build, "left", -90, 180, 0, 90, **where).reason == reason


def test_proposals_hold_and_the_number_tells_nothing(build):
    ctx, task = build.context(around(build, *range(-90, 270, 45))), ObjectView()
    facts = [task.measure(ctx, a) for a in task.propose(ctx, build.rng())]
    kept = [f for f in facts if isinstance(f, Fact)]
    assert len(kept) > 0.9 * len(facts) > 50
    assert {f.label for f in kept} == {"left", "right", "opposite"}
    places = [f.detail["right"] for f in kept if len(f.ask.frames) == 5]
    assert all(places.count(k) > 0.15 * len(places) for k in range(4))


@pytest.mark.parametrize("side", ["left", "opposite"])
def test_texts(build, side):
    task, ctx = ObjectView(), build.context(around(build, -90, 175, 8, 92))
    fact = task.measure(ctx, asked(side, 4))
    build.check_texts(task, ctx, fact, choice="the sofa")
    for draft in build.compositions(task, ctx, fact, "choice", 20):
        assert draft.text.count("<image>") == 4
        assert draft.answer.keep_order
        said = draft.answer.options[draft.answer.correct]
        assert said == {"left": "Picture 1", "opposite": "Picture 3"}[side]
