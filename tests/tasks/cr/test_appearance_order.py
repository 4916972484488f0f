"""cr.appearance_order: a camera that turns past four things one after the other."""

from __future__ import annotations

import numpy as np
import pytest

from sextant.questions.facts import Ask
from sextant.tasks.cr.appearance_order import AppearanceOrder

NAMES = ("sofa", "vase", "clock", "desk")
FRAMES = tuple(f"f{k}" for k in range(9))
STEP_DEG = 30.0


def turning(build, at_deg=(0.0, 60.0, 120.0, 180.0), clockwise=False):
    """Nine frames 30 degrees and one second apart; things 3 m away at the given headings.

    The picture is 67 degrees wide, so that a thing of 0.6 m comes into view whole when the axis
    is within about 28 degrees of it.
    """
    sign = -1.0 if clockwise else 1.0

    def at(deg, radius, z):
        angle = np.deg2rad(sign * deg)
        return [radius * np.cos(angle), radius * np.sin(angle), z]

    objects = [
        build.object(f"{n}_0", at(d, 3.0, 1.5), [0.4, 0.4, 0.4], category=n)
        for n, d in zip(NAMES, at_deg, strict=True)
    ]
    cameras = [build.look_at([0, 0, 1.5], at(STEP_DEG * k, 5.0, 1.5)) for k in range(9)]
    return build.context(build.scene(objects, cameras))


@pytest.mark.parametrize("clockwise", [False, True])
def test_order_of_turning(build, clockwise):
    ids = ("clock_0", "sofa_0", "desk_0", "vase_0")
    fact = AppearanceOrder().measure(turning(build, clockwise=clockwise), Ask(ids, FRAMES))
    assert fact.label == "sofa_0 > vase_0 > clock_0 > desk_0"


def test_two_that_come_together_are_dropped(build):
    ctx = turning(build, (0.0, 46.0, 58.0, 180.0))
    fact = AppearanceOrder().measure(ctx, Ask(tuple(f"{n}_0" for n in NAMES), FRAMES))
    assert fact.reason == "two objects first appear too close to each other"


def test_the_right_order_is_among_four_different_ones(build):
    ctx, task = turning(build), AppearanceOrder()
    fact = task.measure(ctx, Ask(tuple(f"{n}_0" for n in NAMES), FRAMES))
    for draft in build.compositions(task, ctx, fact, "choice", 20):
        assert len(set(draft.answer.options)) == 4
        assert draft.answer.options[draft.answer.correct] == "sofa, vase, clock, desk"
    build.check_texts(task, ctx, fact)
