from __future__ import annotations

import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.tasks.sr.between import Between

ASK = Ask(("bed", "desk", "lamp", "tv", "sofa"))


def row(build, lamp=(2, 0), *more):
    """Ends 4 m apart along x, a lamp between them; a tv behind the bed and a sofa far beside."""
    cubes = {"bed": (0, 0), "desk": (4, 0), "lamp": lamp, "tv": (-2, 0), "sofa": (2, 3)}
    things = [build.object(n, (*at, 0.5), (0.4, 0.4, 1)) for n, at in cubes.items()]
    return build.scene([*things, *more])


def test_truth(build):
    task, scene = Between(), row(build, (1.4, 0.5))
    for other, factor in (
        (scene, 1), (build.transformed(scene, mirror=True), 1),
        (build.transformed(scene, scale=2.0), 2),
    ):  # fmt: skip
        ctx = build.context(other)
        fact = task.measure(ctx, ASK)
        assert fact.label == "lamp"
        assert fact.detail["length_m"] == pytest.approx(4 * factor)
        assert (fact.detail["along"], fact.detail["offset"]) == pytest.approx((0.35, 0.125))
        build.check_texts(task, ctx, fact, templates=12, choice="bed.*desk|desk.*bed")
        choice = task.compose(ctx, fact, "choice", build.rng()).answer
        assert choice.options[choice.correct] == "lamp"


# The line is 4 m long: 20 % of it are 0.8 m, 25 % are 1 m.
@pytest.mark.parametrize(
    ("lamp", "kept"),
    [((0.81, 0), True), ((0.79, 0), False), ((3.19, 0), True), ((3.21, 0), False),
     ((2, 0.99), True), ((2, 1.01), False)],
)  # fmt: skip
def test_margins_of_the_one_between(build, lamp, kept):
    outcome = Between().measure(build.context(row(build, lamp)), ASK)
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("not exactly one option is between")


# Beside the line by 35 % of it (1.4 m) another thing is no longer near; an option must be 2 m off.
@pytest.mark.parametrize(
    ("y", "as_option", "reason"),
    [(1.39, False, "another object is nearly between"), (1.41, False, None),
     (1.99, True, "a wrong option is nearly between"), (2.01, True, None)],
)  # fmt: skip
def test_what_else_lies_there(build, y, as_option, reason):
    ctx = build.context(row(build, (2, 0), build.object("box", (2, -y, 0.5), (0.3, 0.3, 1))))
    asked = Ask(("bed", "desk", "lamp", "box", "sofa")) if as_option else ASK
    outcome = Between().measure(ctx, asked)
    assert isinstance(outcome, Fact) if reason is None else outcome == Drop(reason)


def test_what_stands_on_the_one_between_goes_with_it(build):
    vase = build.object("vase", (2, 0, 1.1), (0.1, 0.1, 0.2))
    assert isinstance(Between().measure(build.context(row(build, (2, 0), vase)), ASK), Fact)
    lifted = build.object("vase", (2, 0, 1.2), (0.1, 0.1, 0.2))
    outcome = Between().measure(build.context(row(build, (2, 0), lifted)), ASK)
    assert outcome == Drop("another object is nearly between")


def test_height_counts_and_long_outlines_are_no_wrong_options(build):
    lamp = build.object("ceiling_lamp", (2, 0, 2.8), (0.3, 0.3, 0.2))
    ctx = build.context(row(build, (2, 0), lamp))
    asked = Ask(("bed", "desk", "ceiling_lamp", "tv", "sofa"))
    assert Between().measure(ctx, asked) == Drop("not exactly one option is between")
    rug = build.object("rug", (2, 2.1, 0.01), (3, 4.4, 0.02))
    ctx = build.context(row(build, (2, 0), rug))
    outcome = Between().measure(ctx, Ask(("bed", "desk", "lamp", "rug", "sofa")))
    assert outcome == Drop("a wrong option is nearly between")


# A board 8 m long and 0.1 m wide at 45 degrees, centred 1.2 m beside the line: it meets the line
# 1.2 m before its own centre, and its upright bounds cover much of the line in both cases.
@pytest.mark.parametrize(("x", "kept"), [(5.0, True), (4.7, False)])
def test_an_outline_counts_as_it_is_turned(build, x, kept):
    board = build.object("board", (x, 1.2, 0.5), (8, 0.1, 1), yaw_deg=45)
    scene = row(build, (2, 0), board)
    for other in (scene, build.transformed(scene, mirror=True)):
        outcome = Between().measure(
            build.context(other), Ask(("bed", "desk", "lamp", "board", "sofa"))
        )
        assert isinstance(outcome, Fact) == kept
        if not kept:
            assert outcome == Drop("a wrong option is nearly between")


def test_ends_are_apart_and_clear_of_what_is_between(build):
    small = build.transformed(row(build), scale=0.24)
    assert Between().measure(build.context(small), ASK) == Drop("ends are too close together")
    wide = build.object("lamp", (2, 0, 0.5), (3.6, 0.4, 1))
    rest = [o for o in row(build).objects if o.id != "lamp"]
    outcome = Between().measure(build.context(build.scene([*rest, wide])), ASK)
    assert outcome == Drop("the one between touches an end")


def test_proposals_can_be_asked(build):
    asks = list(Between().propose(ctx := build.context(row(build)), build.rng()))
    assert asks
    assert all(isinstance(Between().measure(ctx, a), Fact) for a in asks)
