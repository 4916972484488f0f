"""A run's figures against plain loops, and what they may never do."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scored import choice, measured, random_rows, table_of

from sextant.errors import CorruptInput, InputError, RecipeError
from sextant.evaluation.aggregate import macro, nested, over
from sextant.evaluation.benchmark import Headline
from sextant.evaluation.bootstrap import Resampler
from sextant.evaluation.metrics import chance_adjusted_accuracy
from sextant.evaluation.score_table import ROW_STATUSES, ScoreTable
from sextant.evaluation.summary import Summary, summarise

MACRO = Headline("macro over tasks", combine=macro)
MICRO = Headline("micro")


def quick(rows, headlines=(MACRO,), **options):
    table = rows if isinstance(rows, ScoreTable) else table_of(rows)
    return summarise(table, headlines, **{"draws": 50, "max_failed": 1.0, **options})


def loop(table):
    """Task -> (points, weights) of its counted rows."""
    sums = {}
    for k, task in enumerate(table.tasks.values()):
        if table.status[k] != 0:
            points, weights = sums.get(task, (0.0, 0.0))
            sums[task] = (points + table.points[k], weights + table.weights[k])
    return sums


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 80))
def test_scores_are_those_of_a_loop(seed, count):
    table = table_of(random_rows(seed, count))
    found = quick(table, draws=10)
    sums = loop(table)
    assert (found.n, found.counted) == (count, int(table.counted.sum()))
    if not sums:
        assert found.headline is None
        return
    means = [p / w for p, w in sums.values()]
    assert found.macro.score == pytest.approx(sum(means) / len(means))
    assert found.headline == replace(found.macro, name="macro over tasks")
    total = sum(p for p, _ in sums.values()) / sum(w for _, w in sums.values())
    assert found.micro.score == pytest.approx(total)
    assert found.overall.score == pytest.approx(total)
    for line in found.tasks:
        if line.counted:
            p, w = sums[line.name]
            assert line.score == pytest.approx(p / w)
        else:
            assert line.score is line.low is line.refusal_share is None


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000))
def test_lines_of_a_division_add_up(seed):
    found = quick(random_rows(seed, 60, failed=0.2), draws=10)
    for lines in (found.tasks, *found.groups.values()):
        for field in ("n", "counted", *ROW_STATUSES, "choice_rows"):
            total = sum(getattr(line, field) for line in lines)
            assert total == getattr(found.overall, field)
        assert [line.name for line in lines] == sorted(line.name for line in lines)
        for line in lines:
            assert line.n == sum(getattr(line, status) for status in ROW_STATUSES)
            assert line.low is None or line.low <= line.high


def test_rates_stand_next_to_the_score():
    statuses = ["refused"] * 1 + ["ambiguous"] * 2 + ["empty"] * 3 + [None] * 2
    rows = [choice(f"s{k}", "t", status) for k, status in enumerate(statuses)]
    rows += [choice(f"r{k}", "t", k < 3) for k in range(4)]
    (line,) = quick(rows).tasks
    assert (line.n, line.counted, line.failed, line.answered) == (12, 10, 2, 4)
    assert (line.refused, line.ambiguous, line.empty) == (1, 2, 3)
    assert line.failed_share == 2 / 12
    assert line.extraction_failure_share == 0.5
    assert line.refusal_share == 0.1
    assert line.score == 0.3
    assert (line.choice_rows, line.choice_accuracy) == (10, 0.3)


def test_chance_stands_next_to_choices():
    ns = (2, 4, 4, 5)
    rows = [choice(f"q{k}", "t", k < 2, n=n) for k, n in enumerate(ns)]
    found = quick([*rows, measured("m", "t", 3.0, 4.0)], headlines=[MICRO])
    line = found.overall
    assert (line.choice_rows, line.choice_accuracy) == (4, 0.5)
    assert line.chance == pytest.approx((1 / 2 + 1 / 4 + 1 / 4 + 1 / 5) / 4)
    assert line.chance_adjusted == pytest.approx(chance_adjusted_accuracy([1, 1, 0, 0], ns))
    assert found.headline.chance is None, "a free answer has no chance level"
    assert quick(rows, headlines=[MICRO]).headline.chance == pytest.approx(line.chance)


def test_chance_adjusted_headlines():
    """Points and weights of SITE-Bench give its pooled score; guessing scores 0 there."""
    ns, hits = (2, 3, 6, 4), (1, 0, 1, 0)
    rows = [
        choice(f"q{k}", "t", hit, n=n, weight=1 - 1 / n)
        for k, (n, hit) in enumerate(zip(ns, hits, strict=True))
    ]
    found = quick(rows, headlines=[MICRO])
    assert found.headline.score == pytest.approx(chance_adjusted_accuracy(hits, ns))
    assert found.headline.chance == pytest.approx(0.0, abs=1e-12)
    assert found.overall.choice_accuracy == 0.5
    assert found.overall.chance_adjusted == pytest.approx(found.headline.score)


def test_circular_headlines():
    rows = []
    for q in range(12):
        for shift in range(3):
            hit = q < 6 or shift == 0
            rows.append(choice(f"q{q}r{shift}", "t", hit, n=3, base=f"q{q}", rotation=str(shift)))
    hard = Headline("circular", collapse="base")
    plain = Headline("vanilla", only={"rotation": "0"})
    found = quick(rows, headlines=[hard, plain, MICRO])
    assert [h.score for h in found.headlines] == [0.5, 1.0, pytest.approx(24 / 36)]
    assert [h.n for h in found.headlines] == [12, 12, 36]
    assert [h.chance for h in found.headlines] == pytest.approx([1 / 27, 1 / 3, 1 / 3])
    assert list(found.groups) == ["rotation"]
    assert found.unlisted == ("base",)


def test_a_run_with_many_failures_has_no_headline():
    rows = [choice(f"q{k}", "t", None if k < 3 else True, cluster=f"s{k % 9}") for k in range(100)]
    found = quick(rows, max_failed=0.02)
    assert found.headline is found.micro is found.macro is found.overall.score is None
    assert found.headlines == found.factors == ()
    assert found.headline_withheld == "3 of 100 requests failed (3.0%), more than 2.0%"
    assert found.tasks[0].score == 1.0, "tasks stay, to see where requests failed"
    assert quick(rows, max_failed=0.03).headline.score == 1.0


def test_nothing_answered_and_nothing_asked():
    found = quick([choice("q", "t", None)])
    assert found.headline_withheld == "none of 1 rows has an answer"
    empty = quick([])
    assert empty.n == 0
    assert empty.headline is None
    assert Summary.from_json(empty.to_json()) == empty


def test_failed_rows_change_no_score():
    rows = random_rows(3, 60, failed=0.0)
    failed = [choice(f"x{k}", f"t{k % 4}", None, cluster=rows[k][0].cluster) for k in range(9)]
    one, other = quick(rows), quick(rows + failed)
    assert other.headline.score == one.headline.score
    assert other.headline.low == one.headline.low
    assert other.overall.failed == 9


def test_copies_of_all_rows_leave_scores_and_intervals():
    rows = random_rows(4, 60, failed=0.0)
    copies = [(replace(item, id=item.id + " again"), scored) for item, scored in rows]
    one, two = quick(rows), quick(rows + copies)
    for field in ("score", "low", "high", "standard_error"):
        assert getattr(two.headline, field) == pytest.approx(getattr(one.headline, field))
    assert two.calibration[0].median_ratio == one.calibration[0].median_ratio


def test_the_order_of_rows_does_not_matter():
    rows = random_rows(5, 80)
    order = np.random.default_rng(0).permutation(80)
    one, two = quick(rows), quick([rows[k] for k in order])
    for a, b in zip(one.tasks, two.tasks, strict=True):
        assert a.name == b.name
        assert a.score == pytest.approx(b.score, abs=1e-12)
        assert a.low == pytest.approx(b.low, abs=1e-9)
    assert one.headline.high == pytest.approx(two.headline.high, abs=1e-9)


def test_intervals_of_headlines_by_brute_force():
    """Clusters drawn one by one, rows gathered, the rule applied: the very same draws."""
    table = table_of(random_rows(6, 150, failed=0.1))
    rule = Headline("nested", combine=nested({"odd": ("t1", "t3")}))
    found = quick(table, headlines=[rule], draws=60, seed=9)
    names = sorted(table.clusters.names)
    counts = Resampler(table.clusters, 9, 60).resampled(np.eye(len(names)))
    tasks, places = table.tasks.values(), table.clusters.values()
    scores = []
    for draw in counts:
        times = dict(zip(names, draw, strict=True))
        means = {}
        for task in table.tasks.names:
            rows = [k for k in range(150) if tasks[k] == task and table.counted[k]]
            weight = sum(times[places[k]] for k in rows)
            total = sum(times[places[k]] * table.points[k] for k in rows)
            means[task] = total / weight if weight else math.nan
        odd = [means[t] for t in ("t1", "t3") if not math.isnan(means[t])]
        parts = [sum(odd) / len(odd)] if odd else []
        parts += [means[t] for t in ("t0", "t2") if not math.isnan(means[t])]
        scores.append(sum(parts) / len(parts))
    low, high = np.percentile(scores, [2.5, 97.5])
    assert found.headline.low == pytest.approx(low)
    assert found.headline.high == pytest.approx(high)
    assert found.headline.standard_error == pytest.approx(np.std(scores, ddof=1))


def test_levels_of_a_benchmark_are_headlines_of_their_own():
    rows = [choice(f"q{k}", f"t{k % 4}", k % 4 == 0) for k in range(40)]
    low = Headline("low", combine=over(("t0", "t1")))
    absent = Headline("high", combine=over(("t8",)))
    found = quick(rows, headlines=[MACRO, low, absent])
    assert [h.score for h in found.headlines] == [0.25, 0.5, None]


def test_a_single_scene_has_no_interval():
    found = quick([choice(f"q{k}", "t", True, cluster="one") for k in range(9)])
    assert (found.clusters, found.headline.score, found.headline.low) == (1, 1.0, None)


def test_seeds_decide_and_nothing_else_does():
    table = table_of(random_rows(7, 70))
    assert quick(table, seed=1).to_json() == quick(table, seed=1).to_json()
    assert quick(table, seed=1).headline.low != quick(table, seed=2).headline.low


def test_keys_and_wide_groups_are_not_listed():
    rows = [
        choice(f"q{k}", "t", True, source="ab"[k % 2], frame=f"f{k}", base=f"q{k}", stress="plain")
        for k in range(250)
    ]
    found = quick(rows)
    assert list(found.groups) == ["source"]
    assert found.unlisted == ("base", "frame", "stress")


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000))
def test_written_and_read_is_the_same(seed):
    found = quick(random_rows(seed, 60), draws=10)
    assert Summary.from_json(found.to_json()) == found
    json.loads(found.to_json(), parse_constant=pytest.fail)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a summary of a run"),
        ("[]", "not a summary of a run"),
        ("{}", "not a summary of a run"),
        ('{"format": "sextant.summary/9"}', "of this version"),
        ('{"format": "sextant.summary/1", "n": 3}', "not a summary of a run"),
        ("[" * 100_000, "not a summary of a run"),
    ],
)
def test_other_files_are_refused(text, message):
    with pytest.raises(CorruptInput, match=message):
        Summary.from_json(text, "summary.json")


def test_what_cannot_be_meant():
    table = table_of([choice("q", "t", True)])
    with pytest.raises(RecipeError, match="without a headline"):
        summarise(table, [])
    with pytest.raises(RecipeError, match="out of range"):
        summarise(table, [MICRO], max_failed=2)
    with pytest.raises(InputError, match="needs a group"):
        summarise(table, [Headline("circular", collapse="base")])
