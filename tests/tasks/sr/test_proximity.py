from __future__ import annotations

import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.tasks.sr.proximity import Proximity

ASK = Ask(("bed", "tv"))


def cubes(build, gap_m):
    """Two cubes of 1 m: the gap is its own share of their mean extent."""
    return build.scene(
        [build.object("bed", (0, 0, 0.5), (1, 1, 1)),
         build.object("tv", (1 + gap_m, 0, 0.5), (1, 1, 1))]
    )  # fmt: skip


@pytest.mark.parametrize(("gap_m", "label"), [(0.1, "near"), (3.0, "far")])
def test_truth_does_not_depend_on_scale(build, gap_m, label):
    task = Proximity()
    scene = cubes(build, gap_m)
    for other in (scene, build.transformed(scene, scale=2.0)):
        ctx = build.context(other)
        fact = task.measure(ctx, ASK)
        assert (fact.label, fact.detail["ratio"]) == (label, pytest.approx(gap_m))
        build.check_texts(task, ctx, fact)
        choice = task.compose(ctx, fact, "choice", build.rng()).answer
        said = {"near": "next to each other", "far": "far apart"}[label]
        assert choice.options[choice.correct] == said


@pytest.mark.parametrize(
    ("gap_m", "kept"), [(0.49, True), (0.51, False), (1.99, False), (2.01, True)]
)
def test_margins(build, gap_m, kept):
    outcome = Proximity().measure(build.context(cubes(build, gap_m)), ASK)
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("objects are neither near nor far")


def test_what_is_above_another_is_not_beside_it(build):
    for tv in ((0, 0, 1.2), (1.2, 0, 1.3)):
        scene = build.scene([build.object("bed", (0, 0, 0.5), (1, 1, 1)),
                             build.object("tv", tv, (1, 1, 0.4))])  # fmt: skip
        outcome = Proximity().measure(build.context(scene), ASK)
        assert outcome == Drop("objects are above one another")
