"""cr.fit: boxes on a floor at round coordinates."""

from __future__ import annotations

import numpy as np
import pytest

from sextant.questions.facts import Ask, Drop
from sextant.scenes import Room
from sextant.tasks.cr._fitting import can_be_moved
from sextant.tasks.cr.fit import Fit


def hall(build, gap_m=1.0, side_m=0.5, extra=(), turn_deg=0.0):
    """A desk and a dresser that face each other across a gap in x; a crate far away."""
    objects = [
        build.object("desk_0", [-0.5, 0, 0.4], [1.0, 1.2, 0.8], category="desk"),
        build.object("dresser_0", [gap_m + 0.3, 0, 0.5], [0.6, 1.2, 1.0], category="dresser",
                     yaw_deg=turn_deg),
        build.object("crate_0", [0, 4, 0.3], [0.8, side_m, 0.6], category="crate"),
        *extra,
    ]  # fmt: skip
    return build.scene(objects)


def gap(build, **more):
    ctx = build.context(hall(build, **more))
    return Fit().measure(ctx, Ask(("crate_0", "desk_0", "dresser_0"), (), {"variant": "gap"}))


def test_the_shorter_side_decides(build):
    fact = gap(build)
    assert fact.label == "yes"
    assert fact.detail["gap_m"] == pytest.approx(1.0)
    assert fact.detail["sides_m"] == [pytest.approx(0.5)]
    assert gap(build, gap_m=0.4).label == "no"


# The crate is 0.8 m by 0.5 m: 10 % of the shorter side is 5 cm.
@pytest.mark.parametrize(
    ("gap_m", "label"),
    [(0.56, "yes"), (0.54, None), (0.46, None), (0.44, "no"), (1.24, "yes"), (1.26, None)],
)
def test_slack(build, gap_m, label):
    fact = gap(build, gap_m=gap_m)
    assert (None if isinstance(fact, Drop) else fact.label) == label


@pytest.mark.parametrize(("side_m", "kept"), [(0.85, True), (0.95, False)])
def test_slack_grows_with_the_side(build, side_m, kept):
    # The longer side is 0.8 m then, which is the one across: 8 cm must be left of 1 m or lacking.
    fact = gap(build, gap_m=0.89 if kept else 0.87, side_m=side_m)
    assert isinstance(fact, Drop) is not kept


def test_things_in_the_gap_but_not_rugs(build):
    stool = build.object("stool_0", [0.5, 0, 0.25], [0.2, 0.2, 0.5], category="stool")
    rug = build.object("rug_0", [0.5, 0, 0.01], [0.8, 0.8, 0.02], category="rug")
    lamp = build.object("lamp_0", [0.5, 0, 2.2], [0.3, 0.3, 0.3], category="lamp")
    assert gap(build, extra=[stool]).reason == "something is in the gap"
    assert gap(build, extra=[rug, lamp]).label == "yes"


@pytest.mark.parametrize(("turn_deg", "kept"), [(8.0, True), (12.0, False), (45.0, False)])
def test_faces_are_nearly_parallel(build, turn_deg, kept):
    fact = gap(build, turn_deg=turn_deg, gap_m=1.1)
    assert isinstance(fact, Drop) is not kept


def test_a_gap_needs_floor(build):
    narrow = Room(np.array([[-2, -0.5], [3, -0.5], [3, 5], [-2, 5]]), 0.0)
    scene = build.scene(hall(build).objects, room=narrow)
    fact = Fit().measure(build.context(scene), Ask(("crate_0", "desk_0", "dresser_0"), (),
                                                   {"variant": "gap"}))  # fmt: skip
    assert fact.reason == "gap reaches beyond the floor"


@pytest.mark.parametrize("change", [{"mirror": True}, {"scale": 2.0}])
def test_mirror_and_scale_keep_the_answer(build, change):
    for gap_m in (1.0, 0.4):
        scene = build.transformed(hall(build, gap_m=gap_m), **change)
        ask = Ask(("crate_0", "dresser_0", "desk_0"), (), {"variant": "gap"})
        fact = Fit().measure(build.context(scene), ask)
        assert fact.label == ("yes" if gap_m == 1.0 else "no")
        assert fact.detail["gap_m"] == pytest.approx(gap_m * change.get("scale", 1.0))


def top(build, crate_m, bottom_m=0.0, at=(3.0, 3.0), category="crate"):
    objects = [
        build.object("desk_0", [0, 0, 0.4], [1.2, 0.6, 0.8], category="desk"),
        build.object("crate_0", [*at, bottom_m + 0.2], [*crate_m, 0.4], category=category),
    ]
    ctx = build.context(build.scene(objects))
    return Fit().measure(ctx, Ask(("crate_0", "desk_0"), (), {"variant": "top"}))


# 1.2 m by 0.6 m of top: 10 % of a side, and no less than 5 cm, must be left or lacking.
@pytest.mark.parametrize(
    ("crate_m", "label"),
    [
        ((1.0, 0.5), "yes"),
        ((0.5, 1.0), "yes"),
        ((1.0, 0.56), None),
        ((1.12, 0.4), None),
        ((1.0, 0.7), "no"),
        ((1.4, 0.3), "no"),
        ((0.45, 0.2), None),
    ],
)
def test_tops_take_both_sides(build, crate_m, label):
    fact = top(build, crate_m)
    assert (None if isinstance(fact, Drop) else fact.label) == label


def test_what_stands_there_already_is_not_asked(build):
    fact = top(build, (0.8, 0.4), bottom_m=0.8, at=(0.1, 0.0))
    assert fact.reason == "object already stands on or hangs over the other"


def test_fixed_things_are_not_carried(build):
    assert top(build, (0.8, 0.4), category="radiator").reason == "object cannot be put elsewhere"


@pytest.mark.parametrize(
    ("category", "moved"),
    [("cabinet drawer", False), ("cabinet door", False), ("wall-mounted coat rack", False),
     ("wall clock", False), ("desk clock", True), ("door mat", True), ("crate", True)],
)  # fmt: skip
def test_parts_and_what_hangs_are_known_by_their_names(build, category, moved):
    assert can_be_moved(build.object("it", [0, 0, 1], [0.4, 0.4, 0.4], category=category)) is moved


def test_proposals_are_measured(build):
    ctx, task = build.context(hall(build)), Fit()
    asks = [a for a, _ in zip(task.propose(ctx, build.rng()), range(40), strict=False)]
    facts = [f for a in asks if not isinstance(f := task.measure(ctx, a), Drop)]
    assert {f.ask.detail["variant"] for f in facts} == {"gap", "top"}


def test_texts(build):
    task = Fit()
    ctx = build.context(hall(build))
    build.check_texts(task, ctx, gap(build), templates=12, boolean="the desk")
    ask = Ask(("crate_0", "desk_0"), (), {"variant": "top"})
    build.check_texts(task, ctx, task.measure(ctx, ask), templates=12, boolean="the crate")
