"""Equal weight for every level, by construction and against loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scored import LETTERS, choice, measured, random_rows, table_of

from sextant.evaluation.aggregate import macro, nested
from sextant.evaluation.benchmark import Headline
from sextant.evaluation.bootstrap import Interval, Resampler, ratio
from sextant.evaluation.factors import MIN_ROWS, answer_levels, factor_scores

MACRO = Headline("macro", combine=macro)


def by_factor(table, headline=MACRO, **options):
    return {score.factors: score for score in factor_scores(table, headline, **options)}


def lopsided(counts, right="chair", start=0, task="t"):
    """A model that is right if and only if the object is a chair."""
    rows = []
    for category, count in counts.items():
        for k in range(count):
            name = f"{task} {category} {start + k}"
            rows.append(choice(name, task, category == right, cluster=name, object=category))
    return rows


def test_a_model_that_knows_one_category():
    table = table_of(lopsided({"chair": 70, "lamp": 20, "sofa": 10}))
    found = by_factor(table)[("object",)]
    assert found.raw == 0.7
    assert found.score == pytest.approx(1 / 3)
    assert found.standard_error == 0.0, "cells are pure, so nothing but their weights could vary"
    assert found.best == ("t", "chair", 1.0, 70)
    assert found.worst[2:] in ((0.0, 20), (0.0, 10))


def test_more_rows_of_one_level_change_nothing():
    counts = {"chair": 20, "lamp": 20, "sofa": 20}
    raw, even = [], []
    for times in (1, 3, 9):
        table = table_of(lopsided({**counts, "chair": 20 * times}))
        found = by_factor(table)[("object",)]
        raw.append(found.raw)
        even.append(found.score)
    assert raw[0] < raw[1] < raw[2]
    assert even == pytest.approx([1 / 3] * 3)


@settings(deadline=None)
@given(st.integers(0, 500), st.sampled_from("abc"))
def test_repeating_a_level_changes_the_raw_score_only(seed, level):
    rng = np.random.default_rng(seed)
    drawn = [(f"t{rng.integers(2)}", "abc"[rng.integers(3)], bool(rng.random() < 0.5))
             for _ in range(150)]  # fmt: skip

    def table(times):
        return table_of(
            [
                choice(f"{k} {copy}", task, hit, object=category, cluster=str(k))
                for k, (task, category, hit) in enumerate(drawn)
                for copy in range(times if category == level else 1)
            ]
        )

    one, four = by_factor(table(1))[("object",)], by_factor(table(4))[("object",)]
    assert four.score == pytest.approx(one.score, abs=1e-12)
    assert four.standard_error == pytest.approx(one.standard_error, abs=1e-12)


def by_hand(table, factors, rule):
    """Cells, their means, the means of those, and the rule, with loops; no thin cells."""
    levels = {
        "answer": answer_levels(table).values(),
        **{g: c.values() for g, c in table.groups.items()},
    }
    cells = {}
    for k in np.flatnonzero(table.counted).tolist():
        key = tuple(levels[f][k] for f in factors)
        task = cells.setdefault(table.tasks.values()[k], {})
        task.setdefault(key, []).append(table.points[k])
    assert all(len(rows) >= MIN_ROWS for task in cells.values() for rows in task.values())
    means = {
        name: np.array([np.mean([np.mean(rows) for rows in task.values()])])
        for name, task in cells.items()
    }
    return float(rule(means)[0])


@pytest.mark.parametrize("factors", [("source",), ("object",), ("object", "source")])
@pytest.mark.parametrize("rule", [macro, nested({"odd": ("t1", "t3")})])
def test_the_estimator_is_its_description(factors, rule):
    table = table_of(random_rows(1, 600))
    found = by_factor(table, Headline("h", combine=rule), factors=factors)[factors]
    assert found.score == pytest.approx(by_hand(table, factors, rule), abs=1e-12)
    assert found.thin_cells == found.thin_rows == 0


def test_balanced_rows_have_the_raw_score():
    rows = []
    for task in ("t0", "t1"):
        for category in "ab":
            for k in range(10):
                rows.append(choice(f"{task}{category}{k}", task, k % 3 == 0, object=category))
    found = by_factor(table_of(rows))[("object",)]
    assert found.score == pytest.approx(found.raw)


def test_micro_headlines_count_tasks_equally():
    rows = lopsided({"chair": 30, "lamp": 10}, task="t0") + lopsided(
        {"chair": 5, "lamp": 5}, task="t1"
    )
    table = table_of(rows)
    one = by_factor(table, Headline("micro"))[("object",)]
    assert one == by_factor(table, MACRO)[("object",)]
    assert one.score == pytest.approx(0.5)


def test_the_error_is_that_of_the_bootstrap():
    """The linearised error against drawing scenes anew, cells being taken as given."""
    table = table_of(random_rows(3, 3000, clusters=150, failed=0.0))
    found = by_factor(table, factors=("object",))[("object",)]
    resampler = Resampler(table.clusters, 0, 4000)
    category, tasks = table.groups["object"], table.tasks
    count = len(tasks.names) * len(category.names)
    cells = tasks.codes.astype(np.intp) * len(category.names) + category.codes
    sums = [resampler.part_sums(v, cells, count) for v in (table.points, table.weights)]
    drawn = resampler.resampled(np.concatenate(sums, axis=1))
    scores = ratio(drawn[:, :count], drawn[:, count:])
    interval = Interval.of(scores.mean(axis=1))
    assert found.standard_error == pytest.approx(interval.standard_error, rel=0.06)
    assert found.low == pytest.approx(interval.low, abs=0.15 * (found.high - found.low))


def test_thin_cells_are_pooled_and_counted():
    counts = {"chair": 40, "lamp": 40, **{f"rare {k}": 2 for k in range(4)}}
    found = by_factor(table_of(lopsided(counts)))[("object",)]
    assert (found.cells, found.thin_cells, found.thin_rows) == (3, 4, 8)
    assert found.score == pytest.approx(1 / 3)


def test_just_enough_rows_are_a_cell():
    assert MIN_ROWS == 5
    found = by_factor(table_of(lopsided({"chair": 40, "lamp": 5, "sofa": 4})))[("object",)]
    assert (found.cells, found.thin_cells, found.thin_rows) == (2, 1, 4)
    assert found.worst == ("t", "lamp and thin cells", 0.0, 9)


def test_too_few_thin_rows_join_the_smallest_cell():
    found = by_factor(table_of(lopsided({"chair": 40, "lamp": 18, "rare": 2})))[("object",)]
    assert (found.cells, found.thin_cells, found.thin_rows) == (2, 1, 2)
    assert found.worst == ("t", "lamp and thin cells", 0.0, 20)
    assert found.score == 0.5


def test_thin_cells_alone_are_the_raw_score():
    found = by_factor(table_of(lopsided({"chair": 2, "lamp": 1})))[("object",)]
    assert found.cells == 1
    assert found.score == pytest.approx(found.raw) == pytest.approx(2 / 3)


def test_factors_that_do_not_vary_are_left_out():
    rows = [choice(f"q{k}", "t", True, answer="A", source="one") for k in range(20)]
    assert factor_scores(table_of(rows), MACRO) == ()
    rows += [choice(f"r{k}", "t", True, answer="B", source="one") for k in range(20)]
    assert list(by_factor(table_of(rows))) == [("answer",)]


def test_factors_that_part_tasks_only_are_left_out():
    """The name of a task again says nothing about what a task is made of."""
    rows = [choice(f"q{k}", f"t{k % 2}", k % 3 == 0, object=f"o{k % 2}") for k in range(40)]
    assert factor_scores(table_of(rows), MACRO) == ()


def test_a_model_that_always_says_a():
    """On an uneven key it seems to have skill; with answers weighted alike it is at chance."""
    key = "A" * 50 + "B" * 20 + "C" * 20 + "D" * 10
    rows = [choice(f"q{k}", "t", letter == "A", answer=letter) for k, letter in enumerate(key)]
    found = by_factor(table_of(rows))[("answer",)]
    assert (found.raw, found.score) == (0.5, 0.25)


def test_levels_of_answers():
    table = table_of(
        [
            choice("a", "t", True, answer="C"),
            *[
                measured(f"m{k}", "t", 1.0, v)
                for k, v in enumerate((1.0, 1.9, 2.0, 0.3, -5.0, 0.0))
            ],
            measured("huge", "t", 1.0, 1.6e308),
        ]
    )
    assert answer_levels(table).values() == [
        "C", "[1, 2)", "[1, 2)", "[2, 4)", "[0.25, 0.5)", "-[4, 8)", "0",
        "[4.49423e+307, 8.98847e+307)",
    ]  # fmt: skip


def test_all_letters_have_a_level():
    rows = [choice(letter, "t", True, n=8, answer=letter) for letter in LETTERS]
    assert answer_levels(table_of(rows)).values() == list(LETTERS)


def test_order_of_rows_does_not_matter():
    rows = random_rows(5, 400)
    one, other = (factor_scores(table_of(r), MACRO) for r in (rows, rows[::-1]))
    assert [o.factors for o in one] == [o.factors for o in other]
    assert len(one) == 4, "answer, object, source, and all of them"
    for a, b in zip(one, other, strict=True):
        assert a.score == pytest.approx(b.score, abs=1e-12)
        assert a.standard_error == pytest.approx(b.standard_error, abs=1e-12)
        assert (a.cells, a.thin_rows, a.worst[:2]) == (b.cells, b.thin_rows, b.worst[:2])
