from __future__ import annotations

import math

import numpy as np
import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.tasks.mm.object_extent import ObjectExtent


def ask(side):
    return Ask(("desk",), (), {"side": side})


@pytest.mark.parametrize(("side", "expected"), [("height", 0.7), ("longer", 1.6), ("shorter", 0.8)])
def test_truth_whatever_the_order_of_the_axes(build, side, expected):
    task = ObjectExtent()
    # The box's own first axis points up: its sides are given as (height, x, y).
    upwards = np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]])
    for thing in (
        build.object("desk", (1, 1, 0.35), (0.8, 1.6, 0.7), yaw_deg=25),
        build.object("desk", (1, 1, 0.35), (0.7, 0.8, 1.6), R=upwards),
    ):
        scene = build.scene([thing])
        for other, factor in ((scene, 1), (build.transformed(scene, scale=2.0), 2)):
            ctx = build.context(other)
            fact = task.measure(ctx, ask(side))
            assert fact.value == pytest.approx(expected * factor)
            build.check_texts(task, ctx, fact, number="meter", choice="meter")


@pytest.mark.parametrize(("tilt_deg", "kept"), [(9.9, True), (10.1, False)])
def test_margin_of_the_tilt(build, tilt_deg, kept):
    c, s = math.cos(math.radians(tilt_deg)), math.sin(math.radians(tilt_deg))
    leaning = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    scene = build.scene([build.object("desk", (0, 0, 1), (1, 2, 0.7), R=leaning)])
    outcome = ObjectExtent().measure(build.context(scene), ask("height"))
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("object is tilted")


@pytest.mark.parametrize(("thickness_m", "kept"), [(0.051, True), (0.049, False)])
def test_no_side_is_written_as_zero(build, thickness_m, kept):
    scene = build.scene([build.object("desk", (0, 0, 1), (1, thickness_m, 0.7))])
    outcome = ObjectExtent().measure(build.context(scene), ask("shorter"))
    assert isinstance(outcome, Fact) == kept
