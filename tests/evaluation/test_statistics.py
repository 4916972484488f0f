"""Standard errors, paired tests and corrections against loops, scipy and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sextant.errors import InputError
from sextant.evaluation.statistics import (
    benjamini_hochberg,
    clustered_standard_error,
    holm,
    paired_difference,
)

scores = st.lists(st.floats(-5, 5), min_size=2, max_size=30)
clustered = st.lists(
    st.tuples(st.floats(-5, 5), st.integers(0, 5)), min_size=2, max_size=40
).filter(lambda rows: len({c for _, c in rows}) > 1)


def by_hand(values, clusters):
    n, mean = len(values), sum(values) / len(values)
    total = 0.0
    names = set(clusters)
    for name in names:
        total += sum(v - mean for v, c in zip(values, clusters, strict=True) if c == name) ** 2
    return math.sqrt(len(names) / (len(names) - 1) * total) / n


@settings(deadline=None)
@given(clustered)
def test_clustered_error_is_its_formula(rows):
    values, clusters = zip(*rows, strict=True)
    found = clustered_standard_error(values, clusters)
    assert found == pytest.approx(by_hand(values, clusters), abs=1e-9)


@settings(deadline=None)
@given(clustered)
def test_clustered_error_is_the_double_sum_of_miller(rows):
    """Equation 4 of arXiv 2411.00640, times our correction for finitely many clusters."""
    values, clusters = map(np.array, zip(*rows, strict=True))
    n, r = len(values), values - values.mean()
    same = clusters[:, None] == clusters[None, :]
    groups = len(set(clusters.tolist()))
    expected = math.sqrt(max(0.0, groups / (groups - 1) * (np.outer(r, r) * same).sum())) / n
    assert clustered_standard_error(values, clusters) == pytest.approx(expected, abs=1e-7)


@settings(deadline=None)
@given(scores)
def test_singletons_give_the_plain_error(values):
    expected = np.std(values, ddof=1) / math.sqrt(len(values))
    assert clustered_standard_error(values, range(len(values))) == pytest.approx(expected, abs=1e-9)
    assert clustered_standard_error(values) == pytest.approx(expected, abs=1e-9)


def test_a_cluster_of_copies_is_worth_one_row():
    """Copying every row k times within its cluster changes nothing; plain errors would shrink."""
    values = np.array([0.0, 1.0, 1.0, 0.5, 0.25])
    copies = np.repeat(values, 7)
    clusters = np.repeat(np.arange(5), 7)
    expected = clustered_standard_error(values)
    assert clustered_standard_error(copies, clusters) == pytest.approx(expected)
    assert clustered_standard_error(copies) < 0.5 * expected


def test_clustered_error_has_the_spread_of_means():
    """Means over 40 clusters of correlated rows, 2,000 times: their spread is what we estimate."""
    rng = np.random.default_rng(11)
    clusters = np.repeat(np.arange(40), 10)
    shared, own = rng.normal(size=(2000, 40)), rng.normal(size=(2000, 400))
    runs = np.repeat(shared, 10, axis=1) + own
    errors = [clustered_standard_error(run, clusters) for run in runs[:300]]
    spread = runs.mean(axis=1).std()
    assert np.mean(errors) == pytest.approx(spread, rel=0.06)
    assert clustered_standard_error(runs[0]) < 0.6 * spread


def test_missing_scores_are_left_out():
    values = [1.0, None, 0.0, math.nan, 0.5]
    assert clustered_standard_error(values, "abcda") == clustered_standard_error(
        [1.0, 0.0, 0.5], "aca"
    )


def test_one_cluster_tells_nothing():
    assert math.isnan(clustered_standard_error([1, 0, 1], "aaa"))
    assert math.isnan(clustered_standard_error([1]))
    assert math.isnan(clustered_standard_error([]))
    assert clustered_standard_error([0.1] * 3) == 0.0


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=3, max_size=40))
def test_paired_difference_is_the_paired_t_test(rows):
    a, b = map(np.array, zip(*rows, strict=True))
    if np.std(a - b) < 1e-3:
        return
    found = paired_difference(a, b)
    expected = stats.ttest_rel(a, b)
    low, high = expected.confidence_interval(0.95)
    assert found.difference == pytest.approx((a - b).mean(), abs=1e-9)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-6, abs=1e-12)
    assert found.interval == pytest.approx((low, high), rel=1e-6, abs=1e-9)
    assert (found.n, found.clusters, found.dropped) == (len(rows), len(rows), 0)


@settings(deadline=None)
@given(clustered)
def test_swapping_sides_changes_signs_only(rows):
    a, clusters = map(np.array, zip(*rows, strict=True))
    b = np.roll(a, 1)
    one, other = paired_difference(a, b, clusters), paired_difference(b, a, clusters)
    assert one.difference == -other.difference
    assert one.p_value == other.p_value
    assert one.interval == pytest.approx((-other.interval[1], -other.interval[0]))


def test_paired_difference_drops_what_is_missing_on_either_side():
    a = [1, 1, None, 0, 1, 0]
    b = [0, math.nan, 1, 0, 1, 1]
    found = paired_difference(a, b, ["s", "s", "s", "t", "t", "u"])
    assert (found.n, found.dropped, found.clusters) == (4, 2, 3)
    assert found.difference == 0.0
    assert (found.mean_a, found.mean_b) == (0.5, 0.5)
    assert found.standard_error == by_hand([1, 0, 0, -1], "sttu")
    assert (found.mcnemar.only_a, found.mcnemar.only_b, found.mcnemar.p_value) == (1, 1, 1.0)


def test_mcnemar_is_the_exact_test():
    rng = np.random.default_rng(4)
    a, b = rng.integers(0, 2, 80), rng.integers(0, 2, 80)
    only_a, only_b = int((a > b).sum()), int((b > a).sum())
    found = paired_difference(a, b).mcnemar
    assert (found.only_a, found.only_b) == (only_a, only_b)
    assert found.p_value == pytest.approx(stats.binomtest(only_a, only_a + only_b).pvalue)
    assert paired_difference(a, b * 0.5).mcnemar is None


def test_paired_difference_without_spread():
    same = paired_difference([1, 0, 1], [1, 0, 1])
    assert (same.difference, same.standard_error, same.p_value) == (0.0, 0.0, 1.0)
    shifted = paired_difference([0.1, 0.1, 0.1], [0, 0, 0])
    assert (shifted.standard_error, shifted.p_value) == (0.0, 0.0)


def test_paired_difference_without_rows():
    found = paired_difference([None, 1], [1, None])
    assert (found.n, found.dropped) == (0, 2)
    assert math.isnan(found.difference)
    one = paired_difference([1, 1], [0, 1], "aa")
    assert one.difference == 0.5
    assert math.isnan(one.p_value)
    with pytest.raises(InputError, match="different lengths"):
        paired_difference([1, 0], [1])


def test_clustered_p_values_are_level():
    """No difference, correlated rows: 5 % of p-values lie below 5 %; a plain test has over 25."""
    rng = np.random.default_rng(9)
    clusters = np.repeat(np.arange(30), 8)
    below, plain = 0, 0
    for _ in range(600):
        shared = np.repeat(rng.normal(size=30), 8)
        a = shared + rng.normal(size=240)
        found = paired_difference(a, np.zeros(240), clusters)
        below += found.p_value < 0.05
        plain += paired_difference(a, np.zeros(240)).p_value < 0.05
    assert 0.03 < below / 600 < 0.075
    assert plain / 600 > 0.25


p_lists = st.lists(st.floats(0, 1), min_size=1, max_size=20)


@settings(deadline=None)
@given(p_lists)
def test_benjamini_hochberg_is_scipys(p_values):
    expected = stats.false_discovery_control(p_values, method="bh")
    assert benjamini_hochberg(p_values) == pytest.approx(expected.tolist(), abs=1e-12)


@settings(deadline=None)
@given(p_lists)
def test_holm_is_its_definition(p_values):
    """Rejected at alpha iff all smaller ones pass alpha / (m - rank), tried at every value."""
    found = holm(p_values)
    order = np.argsort(p_values, kind="stable")
    m = len(p_values)
    for alpha in {*found, 0.05, 0.5} - {1.0}:
        rejected, going = set(), True
        for rank, k in enumerate(order):
            going = going and p_values[k] * (m - rank) <= alpha
            if going:
                rejected.add(int(k))
        assert {k for k, p in enumerate(found) if p <= alpha} == rejected


def test_corrections_skip_what_is_no_test():
    assert holm([0.01, math.nan, 0.04])[0] == pytest.approx(0.02)
    assert math.isnan(holm([0.01, math.nan, 0.04])[1])
    assert benjamini_hochberg([0.01, math.nan, 0.04])[2] == pytest.approx(0.04)
    assert holm([]) == benjamini_hochberg([]) == ()
