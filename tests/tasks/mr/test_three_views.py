"""mr.three_views: four piles of four blocks on 2 x 2 cells."""

from __future__ import annotations

import itertools

import pytest

from sextant.questions.blocks import count_blocks, differing_squares, read_heights, views_of
from sextant.questions.facts import Ask, Drop, Fact
from sextant.tasks.mr.three_views import ThreeViews, ThreeViewsMargins

PILES = [[[2, 1], [1, 0]], [[1, 1], [1, 1]], [[2, 0], [1, 1]], [[3, 1], [0, 0]]]


@pytest.fixture
def ctx(build):
    return build.context(build.scene([build.object("box_0", [0, 0, 0.5], [1, 1, 1])]))


def ask(piles=PILES, right=2, wanted="pile"):
    return Ask(detail={"piles": piles, "right": right, "wanted": wanted})


def with_pile(k, pile):
    return [pile if n == k else p for n, p in enumerate(PILES)]


@pytest.mark.parametrize("wanted", ["pile", "views"])
def test_truth(build, ctx, wanted):
    task = ThreeViews()
    fact = task.measure(ctx, ask(wanted=wanted))
    assert fact.label == "Figure 3"
    for draft in build.compositions(task, ctx, fact, "choice", 5):
        assert draft.answer.options[draft.answer.correct] == "Figure 3"
        assert len({p.png for p in draft.pictures}) == len(draft.pictures) == 5
        assert draft.text.count("<image>") == 5
    build.check_texts(task, ctx, fact, templates=12, choice="Figure 0")


def test_pictures_swap_places_with_the_variant(build, ctx):
    task = ThreeViews()
    drafts = [
        build.compositions(task, ctx, task.measure(ctx, ask(wanted=w)), "choice", 1)[0]
        for w in ("pile", "views")
    ]
    first, second = ([p.png for p in d.pictures] for d in drafts)
    assert not set(first) & set(second)


@pytest.mark.parametrize(
    ("piles", "reason"),
    [(with_pile(0, [[2, 1], [1, 1]]), "piles differ in size or number of blocks"),
     (with_pile(0, [[2, 1, 1]]), "piles differ in size or number of blocks"),
     (with_pile(3, PILES[1]), "two options have the same views"),
     (with_pile(3, [[0, 0], [0, 4]]), "a stack is hidden"),
     (with_pile(3, [[5, 0], [0, 0]]), "puzzle is not valid"),
     (PILES[:3], "puzzle is not valid"),
     (None, "puzzle is not valid")],
)  # fmt: skip
def test_refusals(ctx, piles, reason):
    assert ThreeViews().measure(ctx, ask(piles)) == Drop(reason)


@pytest.mark.parametrize("more", [{"right": 4}, {"right": None}, {"wanted": "side"}])
def test_broken_puzzles(ctx, more):
    assert ThreeViews().measure(ctx, ask(**more)) == Drop("puzzle is not valid")


def test_views_must_differ_by_the_margin(ctx):
    apart = min(
        differing_squares(views_of(read_heights(a)), views_of(read_heights(b)))
        for a, b in itertools.combinations(PILES, 2)
    )
    for squares, kept in ((apart, True), (apart + 1, False)):
        fact = ThreeViews(ThreeViewsMargins(min_squares=squares)).measure(ctx, ask())
        assert isinstance(fact, Fact) is kept


def test_proposals_hold_and_options_are_alike(build, ctx):
    task = ThreeViews()
    asks = [a for a, _ in zip(task.propose(ctx, build.rng()), range(30), strict=False)]
    assert len(asks) == 30
    rights = [a.detail["right"] for a in asks]
    assert {a.detail["wanted"] for a in asks} == {"pile", "views"}
    assert all(rights.count(k) > 2 for k in range(4))
    for asked in asks:
        assert isinstance(task.measure(ctx, asked), Fact)
        assert len({count_blocks(read_heights(p)) for p in asked.detail["piles"]}) == 1


def test_the_right_pile_is_no_middle_of_the_others(build, ctx):
    """Who picks the option that is most like the others must not do better than chance."""
    task, hits, total = ThreeViews(), 0.0, 0
    for asked, _ in zip(task.propose(ctx, build.rng(3)), range(100), strict=False):
        views = [views_of(read_heights(p)) for p in asked.detail["piles"]]
        sums = [sum(differing_squares(v, w) for w in views) for v in views]
        best = [k for k, s in enumerate(sums) if s == min(sums)]
        hits += (asked.detail["right"] in best) / len(best)
        total += 1
    assert hits / total < 0.38
