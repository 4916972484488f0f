"""mr.around_object: cameras round a sofa, things on a circle round it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.tasks.mr.around_object import AroundObject, AroundObjectMargins

NAMES = {"clock": 0.0, "vase": 90.0, "globe": 180.0, "stool": 270.0}
"""Azimuth round the sofa of every other thing; the cameras stand at -90, 0, ..."""


def room(build, names=NAMES, azimuths_deg=(-90.0, 100.0), radius_m=1.6, extra=(), scale=1.0):
    """View 1 looks along +y and shows but the sofa; the second one, from far, shows everything."""
    things = [
        build.object(f"{n}_0", [radius_m * math.cos(math.radians(a)),
                                radius_m * math.sin(math.radians(a)), 0.2], [0.2, 0.2, 0.4])
        for n, a in names.items()
    ]  # fmt: skip
    sofa = build.object("sofa_0", [0, 0, 0.45], [0.6, 0.5, 0.9])
    pins = [
        build.object(f"pin_{k}", [0.22 * k - 0.22, 0.0, 1.0], [0.2, 0.2, 0.2]) for k in range(3)
    ]
    cameras = []
    for k, a in enumerate(np.deg2rad(azimuths_deg)):
        far, high = (1.9, 1.0) if k == 0 else (4.5, 4.0)
        cameras.append(build.look_at([far * np.cos(a), far * np.sin(a), high], [0, 0, 0.7]))
    return build.scene([sofa, *pins, *things, *extra], cameras)


def ask(side, target, others, frames=("f0", "f1"), view=0):
    ids = tuple(f"{n}_0" for n in ("sofa", target, *others))
    return Ask(ids, frames, {"view": view, "side": side})


def measure(build, asked, scene=None, **margins):
    scene = room(build) if scene is None else scene
    return AroundObject(AroundObjectMargins(**margins)).measure(build.context(scene), asked)


# Facing +y from the south, +x is right; what stands at the south is in front, not behind.
@pytest.mark.parametrize(
    ("side", "target", "others"),
    [("right", "clock", ("globe", "stool")), ("left", "globe", ("clock", "stool"))],
)
def test_truth(build, side, target, others):
    fact = measure(build, ask(side, target, others))
    assert isinstance(fact, Fact), fact
    assert (fact.label, fact.balance) == (f"{target}_0", side)
    assert abs(fact.detail["angles_deg"][f"{target}_0"]) == pytest.approx(90.0)


def test_behind_may_be_hidden_in_the_picture(build):
    # A sofa as high as this hides the vase at its far side.
    fact = measure(build, ask("behind", "vase", ("clock", "globe")))
    assert fact.label == "vase_0"
    assert fact.detail["angles_deg"]["vase_0"] == pytest.approx(0.0, abs=1e-9)


def test_other_side_is_wrong(build):
    fact = measure(build, ask("left", "clock", ("globe", "stool")))
    assert fact == Drop("object is not clearly on that side")


@pytest.mark.parametrize(("azimuth_deg", "kept"), [(-33.0, True), (-37.0, False)])
def test_sector_border(build, azimuth_deg, kept):
    # The border between right and front lies at -45 degrees from +x, the margin is 10.
    scene = room(build, {**NAMES, "clock": azimuth_deg})
    fact = measure(build, ask("right", "clock", ("globe", "stool")), scene, max_distance_m=9.0)
    assert isinstance(fact, Fact) is kept


def test_wrong_option_near_that_side(build):
    scene = room(build, {**NAMES, "stool": -50.0})
    asked = ask("right", "clock", ("globe", "stool"))
    assert measure(build, asked, scene) == Drop("a wrong option lies near that side too")


@pytest.mark.parametrize(("second_deg", "kept"), [(-29.0, True), (-31.0, False)])
def test_views_must_be_apart(build, second_deg, kept):
    scene = room(build, azimuths_deg=(-90.0, second_deg))
    fact = measure(build, ask("left", "globe", ("clock", "stool")), scene)
    assert isinstance(fact, Fact) is kept, fact


def test_what_the_view_shows_is_not_asked(build):
    asked = ask("left", "globe", ("clock", "vase"), view=1)
    assert measure(build, asked) == Drop("the view shows an option")


def test_views_must_share_something(build):
    assert measure(build, ask("left", "globe", ("clock", "stool")), min_shared=9) == Drop(
        "views share too little to be put together"
    )


def test_mirror_swaps_left_and_right(build):
    scene = build.transformed(room(build), mirror=True)
    assert isinstance(measure(build, ask("left", "clock", ("globe", "stool")), scene), Fact)
    assert isinstance(measure(build, ask("right", "clock", ("globe", "stool")), scene), Drop)


@pytest.mark.parametrize("seed", range(2))
def test_proposals_hold(build, seed):
    ctx, task = build.context(room(build)), AroundObject()
    facts = [task.measure(ctx, a) for a in task.propose(ctx, build.rng(seed))]
    kept = [f for f in facts if isinstance(f, Fact)]
    assert len(kept) > 0.8 * len(facts) > 10
    assert {f.balance for f in kept} >= {"left", "right"}


@pytest.mark.parametrize(
    ("side", "target", "others", "lean"),
    [("left", "globe", ("clock", "stool"), 1), ("right", "clock", ("globe", "stool"), -1),
     ("behind", "vase", ("clock", "globe"), -1)],
)  # fmt: skip
def test_texts(build, side, target, others, lean):
    ctx, task = build.context(room(build)), AroundObject()
    fact = task.measure(ctx, ask(side, target, others))
    build.check_texts(task, ctx, fact, templates=12, choice="the sofa")
    for draft in build.compositions(task, ctx, fact, "choice", 5):
        assert draft.answer.options[draft.answer.correct] == target
        assert (draft.lean, draft.text.count("<image>")) == (lean, 2)
