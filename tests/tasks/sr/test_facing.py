from __future__ import annotations

import math

import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.tasks.sr.facing import Facing

RELATION = Ask(("chair", "sofa"), (), {"variant": "relation"})
SIDE = Ask(("chair", "lamp"), (), {"variant": "side"})


def pair(build, sofa_deg, chair_deg=90.0):
    return build.scene(
        [build.object("chair", (0, 0, 0.5), (0.5, 0.5, 1), front_deg=chair_deg),
         build.object("sofa", (3, 0, 0.5), (2, 1, 1), front_deg=sofa_deg)]
    )  # fmt: skip


def lamp_at(build, angle_deg, radius_m=4.0, size=(0.1, 0.1), chair=(0.5, 0.5, 1)):
    """A lamp at an angle to the left of a chair that faces +y."""
    angle = math.radians(90 + angle_deg)
    at = (radius_m * math.cos(angle), radius_m * math.sin(angle), 0.5)
    return build.scene(
        [build.object("chair", (0, 0, 0.5), chair, front_deg=90),
         build.object("lamp", at, (*size, 0.5))]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sofa_deg", "label"), [(80, "same"), (0, "crossing"), (200, "crossing"), (-80, "opposite")]
)
def test_truth_of_both_fronts(build, sofa_deg, label):
    task, scene = Facing(), pair(build, sofa_deg)
    for other in (
        scene, build.transformed(scene, mirror=True), build.transformed(scene, scale=2.0)
    ):  # fmt: skip
        ctx = build.context(other)
        for objects in (("chair", "sofa"), ("sofa", "chair")):
            fact = task.measure(ctx, Ask(objects, (), {"variant": "relation"}))
            assert (fact.label, fact.balance) == (label, f"relation:{label}")
            build.check_texts(task, ctx, fact, templates=12)


# Borders at 45 and 135 degrees, kept free by 15 degrees on both sides.
@pytest.mark.parametrize(
    ("angle_deg", "kept"),
    [(29, True), (31, False), (59, False), (61, True), (119, True), (121, False), (149, False),
     (151, True)],
)  # fmt: skip
def test_margins_of_both_fronts(build, angle_deg, kept):
    for turn in (angle_deg, -angle_deg):
        outcome = Facing().measure(build.context(pair(build, 90 + turn)), RELATION)
        assert isinstance(outcome, Fact) == kept
        if not kept:
            assert outcome == Drop("direction is too close to a border")


@pytest.mark.parametrize(
    ("angle_deg", "label"), [(0, "front"), (90, "left"), (180, "back"), (-90, "right")]
)
def test_truth_of_the_side(build, angle_deg, label):
    task, scene = Facing(), lamp_at(build, angle_deg)
    swapped = {"left": "right", "right": "left"}.get(label, label)
    for other, right in (
        (scene, label), (build.transformed(scene, scale=2.0), label),
        (build.transformed(scene, mirror=True), swapped),
    ):  # fmt: skip
        ctx = build.context(other)
        fact = task.measure(ctx, SIDE)
        assert (fact.label, fact.balance) == (right, f"side:{right}")
        build.check_texts(task, ctx, fact, templates=12)
        choice = task.compose(ctx, fact, "choice", build.rng()).answer
        assert choice.options[choice.correct].startswith(f"its {right}")
        assert len(choice.options) == 4


@pytest.mark.parametrize(("angle_deg", "kept"), [(29, True), (31, False), (59, False), (61, True)])
def test_margin_of_the_side(build, angle_deg, kept):
    outcome = Facing().measure(build.context(lamp_at(build, angle_deg)), SIDE)
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("direction is too close to a border")


def test_what_is_before_the_end_of_a_long_thing_is_at_its_front(build):
    wide = lamp_at(build, 65, radius_m=1.0, chair=(2.2, 0.2, 1))
    assert Facing().measure(build.context(wide), SIDE) == Drop("object is not all beyond one side")
    large = lamp_at(build, 61, radius_m=2.0, size=(1, 4))
    assert Facing().measure(build.context(large), SIDE) == Drop(
        "object reaches into another sector"
    )
    near = lamp_at(build, 90, radius_m=0.49)
    assert Facing().measure(build.context(near), SIDE) == Drop(
        "objects are closer than the threshold"
    )


def test_only_clear_fronts_are_asked_about(build):
    task, ctx = Facing(), build.context(lamp_at(build, 90))
    no_front = Drop("object has no front that is known and clear")
    assert task.measure(ctx, Ask(("lamp", "chair"), (), {"variant": "side"})) == no_front
    assert task.measure(ctx, Ask(("chair", "lamp"), (), {"variant": "relation"})) == no_front
    bed = build.object("bed", (0, 0, 0.5), (2, 1.5, 1), front_deg=0)
    ctx = build.context(build.scene([bed, *pair(build, 0).objects]))
    assert task.measure(ctx, Ask(("bed", "chair"), (), {"variant": "side"})) == no_front
    asked = {a.objects[0] for a in task.propose(ctx, build.rng())}
    assert asked == {"chair", "sofa"}
