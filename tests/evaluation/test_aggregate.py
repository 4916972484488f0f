"""Macro, nested and the rule of VSI-Bench against plain loops and published numbers."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.errors import InputError
from sextant.evaluation.aggregate import (
    VSI_DIRECTION,
    VSI_DIRECTIONS,
    VSI_TASKS,
    macro,
    nested,
    over,
    vsi_bench,
    vsi_combine,
    vsi_missing,
)

KINDS = (*(t for t in VSI_TASKS if t != VSI_DIRECTION), *VSI_DIRECTIONS)


def rows_of(rng, counts):
    return [
        {"question_type": kind, "score": float(rng.integers(0, 11) / 10)}
        for kind, count in counts.items()
        for _ in range(count)
    ]


def by_hand(rows):
    """The official rule, written down once more with loops."""
    means = {}
    for kind in KINDS:
        scores = [row["score"] for row in rows if row["question_type"] == kind]
        if scores:
            means[kind] = sum(scores) / len(scores)
    levels = [means.pop(kind) for kind in VSI_DIRECTIONS if kind in means]
    if levels:
        means[VSI_DIRECTION] = sum(levels) / len(levels)
    return {**means, "overall": sum(means.values()) / len(means)}


@settings(deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 9), min_size=10, max_size=10))
def test_vsi_bench_is_the_official_rule(seed, counts):
    rows = rows_of(np.random.default_rng(seed), dict(zip(KINDS, counts, strict=True)))
    expected = by_hand(rows)
    found = vsi_bench(rows)
    assert list(found) == [*VSI_TASKS, "overall"]
    assert found == pytest.approx(expected, abs=1e-12)
    assert vsi_bench(rows[::-1]) == pytest.approx(found, abs=1e-12)
    assert vsi_bench([*rows, *rows]) == pytest.approx(found, abs=1e-12)


def test_directions_count_as_one_task():
    """Eight tasks at 0 and the three directions at 1 give 1/8, not 3/10."""
    rows = [{"question_type": k, "score": float(k in VSI_DIRECTIONS)} for k in KINDS]
    assert vsi_bench(rows)["overall"] == 0.125


def test_levels_weigh_the_same_however_many_rows_they_have():
    rows = [{"question_type": VSI_DIRECTIONS[0], "score": 1.0}] * 98
    rows += [{"question_type": VSI_DIRECTIONS[1], "score": 0.0}]
    rows += [{"question_type": VSI_DIRECTIONS[2], "score": 0.5}]
    with pytest.warns(UserWarning, match="1 of 8 tasks"):
        found = vsi_bench(rows)
    assert found == {VSI_DIRECTION: 0.5, "overall": 0.5}


def test_a_subset_is_the_mean_of_what_is_there_and_says_what_is_not():
    rows = [{"question_type": "object_counting", "score": 0.4}]
    rows += [{"question_type": VSI_DIRECTIONS[2], "score": 0.8}]
    with pytest.warns(
        UserWarning, match=r"2 of 8 tasks.*route_planning.*object_rel_direction_easy"
    ):
        found = vsi_bench(rows)
    assert found["overall"] == pytest.approx(0.6)
    assert vsi_missing(r["question_type"] for r in rows)[-2:] == VSI_DIRECTIONS[:2]


def test_a_whole_set_and_an_undivided_direction_warn_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        vsi_bench({"question_type": k, "score": 0.0} for k in KINDS)
        vsi_bench({"question_type": k, "score": 0.0} for k in VSI_TASKS)


def test_failed_rows_do_not_count():
    rows = [{"question_type": k, "score": 0.5} for k in KINDS]
    failed = [{"question_type": KINDS[0], "score": s} for s in (None, math.nan)]
    assert vsi_bench([*rows, *failed]) == vsi_bench(rows)


def test_no_row_at_all_is_no_score():
    with pytest.warns(UserWarning, match="0 of 8"):
        assert math.isnan(vsi_bench([])["overall"])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"question_type": "object_count", "score": 1}, "unknown question type"),
        ({"type": "object_counting", "score": 1}, "lacks a field"),
    ],
)
def test_broken_rows_are_named(row, message):
    with pytest.raises(InputError, match=message) as error:
        vsi_bench([{"question_type": "route_planning", "score": 1.0}, row])
    assert error.value.where == "row 1"


# Unrounded numbers of the official code in result files that two projects publish (Qwen3-VL-30B-A3B
# and InternVL3.5-8B), in the order of VSI_TASKS, and their overall.
PUBLISHED = [
    (
        (
            0.7012367491166077, 0.536810551558753, 0.757607555089192, 0.6590277777777778,
            0.6, 0.7266381807446698, 0.36082474226804123, 0.7200647249190939,
        ),
        0.6327762851842669,
    ),
    (
        (
            0.6989380530973451, 0.4226618705035971, 0.6719832109129066, 0.6125,
            0.5535211267605634, 0.49670450401229616, 0.34536082474226804, 0.5760517799352751,
        ),
        0.5472151712455315,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("scores", "overall"), PUBLISHED)
def test_published_sub_scores_give_the_published_overall(scores, overall):
    rows = [
        {"question_type": kind, "score": score}
        for kind, score in zip(VSI_TASKS, scores, strict=True)
    ]
    assert vsi_bench(rows)["overall"] == pytest.approx(overall, abs=1e-14)


def arrays_of(rng, tasks, draws=7, holes=0.2):
    made = {}
    for task in tasks:
        array = rng.random(draws)
        array[rng.random(draws) < holes] = np.nan
        made[task] = array
    return made


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_macro_is_a_mean_without_the_holes(seed, tasks):
    scores = arrays_of(np.random.default_rng(seed), [f"t{k}" for k in range(tasks)])
    found = macro(scores)
    for draw in range(7):
        there = [a[draw] for a in scores.values() if not math.isnan(a[draw])]
        if there:
            assert found[draw] == pytest.approx(sum(there) / len(there))
        else:
            assert math.isnan(found[draw])


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_nested_is_a_mean_of_means(seed):
    scores = arrays_of(np.random.default_rng(seed), ["a", "b", "c", "d", "alone", "G"])
    groups = {"G": ("a", "b", "absent"), "H": ("c", "d"), "none of them": ("x",)}
    found = nested(groups)(scores)
    for draw in range(7):
        means = []
        # The task "G" stands for itself beside the group of that name.
        for members in (("a", "b"), ("c", "d"), ("alone",), ("G",)):
            there = [scores[m][draw] for m in members if not math.isnan(scores[m][draw])]
            means += [sum(there) / len(there)] if there else []
        if means:
            assert found[draw] == pytest.approx(sum(means) / len(means))


def test_nested_without_groups_is_macro():
    scores = arrays_of(np.random.default_rng(1), "abc")
    np.testing.assert_array_equal(nested({})(scores), macro(scores))


def test_over_is_macro_of_some():
    scores = arrays_of(np.random.default_rng(2), "abcd", holes=0)
    np.testing.assert_allclose(over("ab")(scores), (scores["a"] + scores["b"]) / 2)
    assert np.isnan(over("xy")(scores)).all()


def test_vsi_combine_agrees_with_vsi_bench():
    rows = rows_of(np.random.default_rng(3), dict.fromkeys(KINDS, 4))
    means = {
        k: np.array([np.mean([r["score"] for r in rows if r["question_type"] == k])]) for k in KINDS
    }
    assert vsi_combine(means)[0] == pytest.approx(vsi_bench(rows)["overall"], abs=1e-12)


def test_a_task_in_two_groups_is_refused():
    with pytest.raises(InputError, match="two groups"):
        nested({"low": ("a",), "high": ("a",)})
