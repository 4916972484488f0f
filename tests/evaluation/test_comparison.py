"""Runs side by side: which rows, which test, which correction."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scored import choice, measured, table_of

from sextant.errors import CorruptInput, InputError, RecipeError
from sextant.evaluation.aggregate import macro
from sextant.evaluation.alignment import aligned
from sextant.evaluation.benchmark import Headline
from sextant.evaluation.bootstrap import Interval, Resampler
from sextant.evaluation.compared import Comparison
from sextant.evaluation.comparison import compare
from sextant.evaluation.headlines import headline_draws
from sextant.evaluation.statistics import holm, paired_difference

MICRO = Headline("micro")
MACRO = Headline("macro over tasks", combine=macro)


def two_runs(seed, count=120, gain=0.2, failed=0.1):
    """The same choices twice; the second run is better by ``gain``."""
    rng = np.random.default_rng(seed)
    ease = rng.random(20)
    runs = {"a": [], "b": []}
    for k in range(count):
        scene, task, n = int(rng.integers(20)), f"t{rng.integers(3)}", int(rng.integers(2, 5))
        luck = rng.random()
        for name, more in (("a", 0.0), ("b", gain)):
            hit = None if rng.random() < failed else bool(luck < ease[scene] + more)
            if rng.random() < 0.1:
                hit = hit if hit is None else not hit
            runs[name].append(choice(f"q{k}", task, hit, n=n, cluster=f"scene {scene}"))
    return {name: table_of(rows) for name, rows in runs.items()}


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000))
def test_rows_are_matched_by_id(seed):
    """Against dictionaries: whatever the order, only rows that both answered count."""
    rng = np.random.default_rng(seed)
    tables = {
        name: table.take(rng.permutation(120)[: rng.integers(60, 120)])
        for name, table in two_runs(seed).items()
    }
    hits = {
        name: dict(zip(t.ids, np.where(t.counted, t.points, np.nan).tolist(), strict=True))
        for name, t in tables.items()
    }
    (pair,) = compare(tables, MICRO, draws=10).pairs
    common = set(hits["a"]) & set(hits["b"])
    answered = [q for q in common if not math.isnan(hits["a"][q] + hits["b"][q])]
    assert (pair.common, pair.answered) == (len(common), len(answered))
    assert pair.only_a == len(set(hits["a"]) - common)
    assert pair.only_b == len(set(hits["b"]) - common)
    assert pair.micro.score_a == pytest.approx(np.mean([hits["a"][q] for q in answered]))
    assert pair.micro.score_b == pytest.approx(np.mean([hits["b"][q] for q in answered]))
    assert pair.micro.only_a == sum(hits["a"][q] > hits["b"][q] for q in answered)
    assert pair.keys_differ == 0
    assert sum(task.n for task in pair.tasks) == len(answered)


def test_the_test_is_paired_and_clustered():
    tables = two_runs(1)
    (pair,) = compare(tables, MICRO).pairs
    a, b = aligned(*tables.values())
    kept = a.counted
    expected = paired_difference(
        a.points[kept], b.points[kept], np.array(a.clusters.values())[kept]
    )
    assert pair.micro.difference == pytest.approx(expected.difference)
    assert pair.micro.p_value == pytest.approx(expected.p_value)
    assert (pair.micro.low, pair.micro.high) == pytest.approx(expected.interval)
    assert pair.headline == pair.micro
    discordant = pair.micro.only_a + pair.micro.only_b
    assert pair.micro.p_mcnemar == pytest.approx(
        stats.binomtest(pair.micro.only_a, discordant).pvalue
    )


def test_a_better_run_is_found():
    (pair,) = compare(two_runs(2, count=600), MACRO, draws=500).pairs
    for tested in (pair.headline, pair.micro):
        assert tested.difference < 0
        assert tested.high < 0
        assert tested.p_value < 0.001
    (same,) = compare(two_runs(3, gain=0.0), MACRO, draws=500).pairs
    assert same.headline.low < 0 < same.headline.high
    assert same.headline.p_value > 0.05


def test_macro_differences_come_from_the_same_scenes():
    """The interval of the difference is far narrower than scores of their own would allow."""
    tables = two_runs(4, count=400, failed=0.0)
    (pair,) = compare(tables, MACRO, seed=5, draws=400).pairs
    a, b = aligned(*tables.values())
    drawn = [headline_draws(t, MACRO, Resampler(a.clusters, 5, 400)) for t in (a, b)]
    interval = Interval.of(drawn[0] - drawn[1])
    assert (pair.headline.low, pair.headline.high) == (interval.low, interval.high)
    alone = math.hypot(*(np.std(d) for d in drawn))
    assert pair.headline.standard_error < 0.7 * alone
    means = [[t.points[np.array(t.tasks.values()) == n].mean() for n in sorted(a.tasks.names)]
             for t in (a, b)]  # fmt: skip
    assert pair.headline.difference == pytest.approx(np.mean(means[0]) - np.mean(means[1]))


def test_a_macro_of_one_task_is_tested_like_a_mean():
    """Where both ways of testing apply they agree, up to the draws."""
    shared = [choice(f"q{k}", "t", k % 3 > 0, cluster=f"s{k % 40}") for k in range(400)]
    other = [choice(f"q{k}", "t", k % 4 > 0 or k < 50, cluster=f"s{k % 40}") for k in range(400)]
    tables = {"a": table_of(shared), "b": table_of(other)}
    (pair,) = compare(tables, MACRO, draws=8000).pairs
    assert pair.headline.difference == pytest.approx(pair.micro.difference)
    assert pair.headline.standard_error == pytest.approx(pair.micro.standard_error, rel=0.05)


def test_families_of_tests_are_corrected():
    runs = {f"r{k}": two_runs(5, gain=k / 10)["b"] for k in range(4)}
    found = compare(runs, MICRO, draws=10)
    assert [(p.a, p.b) for p in found.pairs] == [
        ("r0", "r1"), ("r0", "r2"), ("r0", "r3"), ("r1", "r2"), ("r1", "r3"), ("r2", "r3"),
    ]  # fmt: skip
    micro = [p.micro for p in found.pairs]
    assert [t.p_holm for t in micro] == pytest.approx(list(holm([t.p_value for t in micro])))
    tasks = [t for p in found.pairs for t in p.tasks]
    assert len(tasks) == 18
    assert [t.p_holm for t in tasks] == pytest.approx(list(holm([t.p_value for t in tasks])))


def test_a_baseline_is_compared_with_all_others():
    runs = {f"r{k}": two_runs(5, gain=k / 10)["b"] for k in range(4)}
    found = compare(runs, MICRO, baseline="r2", draws=10)
    assert [(p.a, p.b) for p in found.pairs] == [("r0", "r2"), ("r1", "r2"), ("r3", "r2")]


def test_scores_of_all_runs_are_over_rows_that_all_answered():
    hits = {"x": [1, 1, 0, None], "y": [1, 0, None, 1], "z": [0, 1, 1, 1]}
    runs = {
        name: table_of(
            [choice(f"q{k}", "t", h if h is None else bool(h)) for k, h in enumerate(hs)]
        )
        for name, hs in hits.items()
    }
    found = compare(runs, MICRO, draws=10)
    assert found.common == 2
    assert {name: s.score for name, s in found.scores.items()} == {"x": 1.0, "y": 0.5, "z": 0.5}
    assert {s.n for s in found.scores.values()} == {2}


def test_a_rotation_that_failed_in_one_run_leaves_its_group_out_of_both():
    def run(failed):
        return table_of(
            [
                choice(f"q{q}r{r}", "t", None if (q, r) == failed else q != 1, n=3, base=f"q{q}")
                for q in range(4)
                for r in range(3)
            ]
        )

    hard = Headline("circular", collapse="base")
    (pair,) = compare({"a": run((0, 2)), "b": run((3, 1))}, hard, draws=10).pairs
    assert pair.headline.n == 2, "questions 0 and 3 are whole in one run only"
    assert (pair.headline.score_a, pair.headline.score_b) == (0.5, 0.5)
    assert pair.answered == 10


def test_chance_adjusted_points_are_compared_as_their_scores():
    ns = [2, 3, 4, 6, 2, 5]

    def run(hits):
        return table_of([choice(f"q{k}", "t", h, n=n, weight=1 - 1 / n)
                         for k, (n, h) in enumerate(zip(ns, hits, strict=True))])  # fmt: skip

    (pair,) = compare({"a": run([1, 1, 1, 0, 0, 1]), "b": run([0, 1, 0, 1, 0, 1])}, MICRO).pairs
    scale = sum(1 - 1 / n for n in ns)
    assert pair.micro.score_a == pytest.approx((4 - sum(1 / n for n in ns)) / scale)
    assert pair.micro.difference == pytest.approx(1 / scale)


def test_other_keys_are_counted():
    a = table_of([choice("q", "t", True, answer="A"), measured("m", "t", 1.0, 2.0)])
    b = table_of([choice("q", "t", True, answer="B"), measured("m", "t", 1.0, 3.0)])
    (pair,) = compare({"a": a, "b": b}, MICRO, draws=10).pairs
    assert pair.keys_differ == 2


def test_a_run_against_itself():
    table = two_runs(6)["a"]
    (pair,) = compare({"a": table, "b": table}, MACRO, draws=50).pairs
    for tested in (pair.headline, pair.micro, *pair.tasks):
        assert (tested.difference, tested.p_value, tested.p_holm) == (0.0, 1.0, 1.0)


def test_a_single_scene_has_no_test():
    rows = [choice(f"q{k}", "t", True, cluster="one") for k in range(5)]
    (pair,) = compare({"a": table_of(rows), "b": table_of(rows)}, MACRO, draws=10).pairs
    assert (pair.headline.difference, pair.headline.p_value, pair.micro.low) == (0.0, None, None)


def test_rows_that_nobody_answered():
    rows = [choice("q", "t", None)]
    found = compare({"a": table_of(rows), "b": table_of(rows)}, MICRO, draws=10)
    assert found.pairs[0].micro.score_a is None
    assert found.scores == {"a": None, "b": None}
    assert Comparison.from_json(found.to_json()) == found


def test_written_and_read_is_the_same():
    found = compare(two_runs(7), MACRO, draws=20)
    assert Comparison.from_json(found.to_json()) == found
    json.loads(found.to_json(), parse_constant=pytest.fail)
    for text in ("{}", "[]", '{"format": "sextant.summary/1"}', found.to_json()[:-9]):
        with pytest.raises(CorruptInput, match="not a comparison"):
            Comparison.from_json(text)


def test_what_cannot_be_compared():
    table = table_of([choice("q", "t", True)])
    with pytest.raises(RecipeError, match="needs two runs"):
        compare({"a": table}, MICRO)
    with pytest.raises(RecipeError, match="baseline"):
        compare({"a": table, "b": table}, MICRO, baseline="c")
    with pytest.raises(InputError, match="no row in common"):
        compare({"a": table, "b": table_of([choice("r", "t", True)])}, MICRO)
    with pytest.raises(InputError, match="different tasks"):
        compare({"a": table, "b": table_of([choice("q", "u", True)])}, MICRO)
