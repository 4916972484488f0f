"""cr.route_endpoint: walks over a grid of landmarks with things all around."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sextant.questions.facts import Ask, Drop
from sextant.scenes import Room
from sextant.tasks.cr.route_endpoint import RouteEndpoint

# Landmarks seen from above, y up; from the vase the things lie north, south, west and east.
LANDMARKS = {"sofa": (0, -2), "vase": (0, 0), "stool": (2, 0)}
AROUND = {"clock": (0, 2.5), "desk": (-2.5, 0), "lamp": (2.5, 1.2), "mug": (-1, -3.5)}


def room(build, extra=(), **moved):
    places = {**LANDMARKS, **AROUND, **moved}
    objects = [
        build.object(f"{n}_0", [x, y, 0.2], [0.3, 0.3, 0.4], category=n)
        for n, (x, y) in places.items()
    ]
    return build.scene([*objects, *extra])


OPTIONS = ("clock_0", "desk_0", "lamp_0", "mug_0")


def ask(side, turn="none", chain=("sofa_0", "vase_0"), options=OPTIONS):
    detail = {"route": len(chain), "turn": turn, "side": side}
    return Ask((*chain, *options), (), detail)


@pytest.mark.parametrize(
    ("side", "turn", "label"),
    [
        ("front", "none", "clock_0"),
        ("left", "none", "desk_0"),
        ("right", "none", "lamp_0"),
        ("back", "none", "mug_0"),
        ("front", "left", "desk_0"),
        ("left", "left", "mug_0"),
        ("right", "right", "mug_0"),
        ("back", "around", "clock_0"),
        ("left", "around", "lamp_0"),
    ],
)
def test_one_leg(build, side, turn, label):
    fact = RouteEndpoint().measure(build.context(room(build)), ask(side, turn))
    assert fact.label == label


def test_two_legs_turn_on_the_way(build):
    ctx = build.context(room(build, lamp=(4.5, 0.3), mug=(2, -3)))
    chain = ("sofa_0", "vase_0", "stool_0")
    fact = RouteEndpoint().measure(ctx, ask("front", chain=chain))
    assert fact.label == "lamp_0"
    assert fact.detail["leg_turns"] == ["turn right"]
    assert RouteEndpoint().measure(ctx, ask("right", chain=chain)).label == "mug_0"


def test_mirror_swaps_left_and_right(build):
    scene = build.transformed(room(build), mirror=True)
    ctx = build.context(scene)
    assert RouteEndpoint().measure(ctx, ask("left")).label == "lamp_0"
    assert RouteEndpoint().measure(ctx, ask("right")).label == "desk_0"
    assert RouteEndpoint().measure(ctx, ask("front", "left")).label == "lamp_0"


# One may stand at the vase or 0.35 m before it: a thing 3 m ahead of the vase at the angle a is
# seen at less than a from the latter. The quarter ends at 45 degrees.
@pytest.mark.parametrize(
    ("degrees", "kept"), [(33, True), (36, False), (54, False), (63, True), (64, True)]
)
def test_borders_are_cleared(build, degrees, kept):
    angle = math.radians(90 - degrees)
    at = (3 * math.cos(angle), 3 * math.sin(angle))
    # The clock stays ahead while the lamp moves out, so that exactly one is there.
    moved = {"lamp": at} if degrees > 45 else {"clock": at}
    fact = RouteEndpoint().measure(build.context(room(build, **moved)), ask("front"))
    assert isinstance(fact, Drop) is not kept


def test_two_in_the_quarter_are_dropped(build):
    ctx = build.context(room(build, lamp=(0.3, 3.5)))
    fact = RouteEndpoint().measure(ctx, ask("front"))
    assert fact.reason == "not exactly one option is in that direction"


@pytest.mark.parametrize(("away_m", "kept"), [(0.9, True), (4.6, True), (4.7, False)])
def test_options_are_near_enough(build, away_m, kept):
    ctx = build.context(room(build, clock=(0, away_m)))
    assert isinstance(RouteEndpoint().measure(ctx, ask("front")), Drop) is not kept


def test_blocked_way_and_wall_in_between(build):
    wardrobe = build.object("wardrobe_0", [0, -1, 1], [1.0, 0.4, 2.0], category="wardrobe")
    ctx = build.context(room(build, extra=[wardrobe]))
    assert RouteEndpoint().measure(ctx, ask("front")).reason == (
        "way between two landmarks is not free"
    )
    # A notch of the room between vase and clock.
    outline = [[-5, -5], [5, -5], [5, 5], [-5, 5], [-5, 2], [1, 2], [1, 1], [-5, 1]]
    scene = build.scene(room(build).objects, room=Room(np.array(outline, dtype=float), 0.0))
    fact = RouteEndpoint().measure(build.context(scene), ask("front"))
    assert fact.reason == "a wall is in between"


def test_what_hangs_overhead_is_on_no_side(build):
    scene = room(build)
    kept = [o for o in scene.objects if o.id != "clock_0"]
    high = build.object("clock_0", [0, 2.5, 2.2], [0.3, 0.3, 0.3], category="clock")
    fact = RouteEndpoint().measure(build.context(build.scene([*kept, high])), ask("front"))
    assert fact.reason == "an option is not clearly inside or outside the direction asked about"


def test_proposals_hold(build):
    ctx, task = build.context(room(build)), RouteEndpoint()
    asks = [a for a, _ in zip(task.propose(ctx, build.rng()), range(60), strict=False)]
    assert asks
    facts = [f for a in asks if not isinstance(f := task.measure(ctx, a), Drop)]
    assert len(facts) >= 5
    assert len({f.ask.detail["side"] for f in facts}) >= 3


def test_texts(build):
    task, ctx = RouteEndpoint(), build.context(room(build))
    fact = task.measure(ctx, ask("left", "around"))
    build.check_texts(task, ctx, fact, templates=12, choice=r"1\. Walk straight to the vase\. 2\.")
    for draft in build.compositions(task, ctx, fact, "choice", 5):
        assert draft.answer.options[draft.answer.correct] == "lamp"
