from __future__ import annotations

import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.tasks.sr.vertical_relation import VerticalRelation


def stacked(build, gap_m):
    """A bed up to z = 0.6 and, elsewhere, a tv that begins the gap above it."""
    return build.scene(
        [build.object("bed", (0, 0, 0.3), (2, 1, 0.6)),
         build.object("tv", (3, 1, 0.6 + gap_m + 0.25), (1, 0.1, 0.5))]
    )  # fmt: skip


def test_truth_of_both_orders_and_forms(build):
    task = VerticalRelation()
    scene = stacked(build, 0.4)
    for other in (scene, build.transformed(scene, mirror=True, scale=2.0)):
        ctx = build.context(other)
        for pair, label in ((("tv", "bed"), "above"), (("bed", "tv"), "below")):
            fact = task.measure(ctx, Ask(pair))
            assert fact.label == label
            build.check_texts(task, ctx, fact)
            for draft in build.compositions(task, ctx, fact, "choice"):
                wants_low = "lower" in draft.text or "reach first" in draft.text
                said = draft.answer.options[draft.answer.correct]
                assert said == ("bed" if wants_low else "tv"), draft.text
            for draft in build.compositions(task, ctx, fact, "boolean"):
                assert draft.answer.truth == (("higher" in draft.text) == (label == "above"))


@pytest.mark.parametrize(("gap_m", "kept"), [(0.101, True), (0.099, False), (-0.2, False)])
def test_margin(build, gap_m, kept):
    outcome = VerticalRelation().measure(build.context(stacked(build, gap_m)), Ask(("bed", "tv")))
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("vertical extents are not apart enough")
