"""mr.block_count: piles counted by hand."""

from __future__ import annotations

import pytest

from sextant.questions.answers import Choice, Number
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.rationale import render_rationale
from sextant.tasks.mr.block_count import BlockCount, BlockCountMargins


@pytest.fixture
def ctx(build):
    return build.context(build.scene([build.object("box_0", [0, 0, 0.5], [1, 1, 1])]))


def measure(ctx, heights, **margins):
    return BlockCount(BlockCountMargins(**margins)).measure(ctx, Ask(detail={"heights": heights}))


@pytest.mark.parametrize(
    ("heights", "count", "buried"),
    [([[2, 1], [1, 0]], 4, 1), ([[3, 2], [2, 1]], 8, 2), ([[2, 2], [0, 0]], 4, 0)],
)
def test_truth(ctx, heights, count, buried):
    fact = measure(ctx, heights)
    assert (fact.value, fact.detail["buried"]) == (count, buried)


@pytest.mark.parametrize(
    ("heights", "reason"),
    [([[1, 1], [1, 0]], "count is outside the thresholds"),
     ([[4, 4, 4], [4, 4, 4], [1, 0, 0]], "count is outside the thresholds"),
     ([[1, 1], [4, 4]], "a stack is hidden"),
     ([[5, 1], [1, 1]], "pile is no valid height map"),
     ([[1, 1, 1, 1, 1, 1]], "pile is no valid height map"),
     ("heap", "pile is no valid height map")],
)  # fmt: skip
def test_refusals(ctx, heights, reason):
    assert measure(ctx, heights) == Drop(reason)


def test_visibility_is_a_threshold(ctx):
    visible = measure(ctx, [[1, 1], [2, 1]], min_visible=0.01).detail["least_visible_top"]
    assert isinstance(measure(ctx, [[1, 1], [2, 1]], min_visible=visible - 0.001), Fact)
    assert isinstance(measure(ctx, [[1, 1], [2, 1]], min_visible=visible + 0.001), Drop)


def test_proposals_hold_and_are_spread_evenly(build, ctx):
    task = BlockCount()
    asks = [a for k in range(3) for a, _ in zip(task.propose(ctx, build.rng(k)), range(40),
                                                strict=False)]  # fmt: skip
    facts = [task.measure(ctx, a) for a in asks]
    assert len(facts) == 120
    assert all(isinstance(f, Fact) for f in facts)
    thirds = [sum(low <= f.value < low + 7 for f in facts) for low in (4, 11, 18)]
    assert min(thirds) > 0.45 * max(thirds), thirds


def test_larger_piles_take_more_steps(ctx):
    small, large = measure(ctx, [[2, 1], [1, 0]]), measure(ctx, [[4, 4], [4, 3]])
    assert small.steps < large.steps


def test_forms(build, ctx):
    task = BlockCount()
    fact = measure(ctx, [[3, 2], [2, 1]])
    (number, *_) = build.compositions(task, ctx, fact, "number", 2)
    assert number.answer == Number("8")
    ranks = set()
    for draft in build.compositions(task, ctx, fact, "choice", 30):
        assert isinstance(draft.answer, Choice)
        assert draft.answer.options[draft.answer.correct] == "8"
        ranks.add(draft.answer.correct)
    assert ranks == {0, 1, 2, 3}
    build.check_texts(task, ctx, fact, templates=12, number="rests on the floor")


@pytest.mark.parametrize("style", ["steps", "map", "grid"])
def test_rationale_is_the_sum_in_any_style(ctx, style):
    """There is nothing that a map of the room could say about a pile."""
    said = render_rationale(ctx, BlockCount(), measure(ctx, [[2, 1], [1, 0]]), {}, style, "4")
    assert said.startswith("Heights of the stacks, row by row from the back: 2 + 1; 1 + 0.")
    assert said.endswith("So the answer is 4.")
