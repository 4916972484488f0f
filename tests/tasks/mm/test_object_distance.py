from __future__ import annotations

from types import SimpleNamespace

import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.tasks.mm.object_distance import ObjectDistance


def two_boxes(build: SimpleNamespace, gap_m: float):
    # Unit cubes side by side along x: the gap is what lies between x = 0.5 and x = 0.5 + gap.
    return build.scene(
        [build.object("lamp", (0, 0, 0.5), (1, 1, 1)),
         build.object("sofa", (1 + gap_m, 0, 0.5), (1, 1, 1))]
    )  # fmt: skip


def test_truth_is_the_gap_and_doubles_with_the_scene(build):
    task = ObjectDistance()
    scene = two_boxes(build, 0.8)
    for other, factor in ((scene, 1), (build.transformed(scene, scale=2.0), 2)):
        fact = task.measure(build.context(other), Ask(("lamp", "sofa")))
        assert isinstance(fact, Fact)
        assert fact.value == pytest.approx(0.8 * factor)
        build.check_texts(task, build.context(other), fact, number="meter")


@pytest.mark.parametrize(("gap_m", "kept"), [(0.201, True), (0.199, False)])
def test_margin(build, gap_m, kept):
    outcome = ObjectDistance().measure(
        build.context(two_boxes(build, gap_m)), Ask(("lamp", "sofa"))
    )
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("objects are closer than the threshold")
