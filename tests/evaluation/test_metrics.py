"""Relative, chance-adjusted and circular accuracy against loops and upstream's formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.errors import InputError
from sextant.evaluation.metrics import (
    MRA_THRESHOLDS,
    chance_adjusted_accuracy,
    circular_accuracy,
    circular_chance,
    clustered_standard_error,
    mean_relative_accuracy,
    paired_difference,
    soft_circular_accuracy,
    vanilla_accuracy,
)

# ---- mean relative accuracy


@pytest.mark.parametrize(
    ("predicted", "target", "expected"),
    [
        (10, 10, 1.0),
        (9.5, 10, 1.0),  # 5 % off: 0.05 <= 1 - 0.95 holds in float64
        (11, 10, 0.9),
        (3, 4, 0.6),
        (5, 10, 0.1),  # 50 % off passes the widest only
        (15, 10, 0.1),
        (15.001, 10, 0.0),
        (0, 10, 0.0),
        (-10, 10, 0.0),
        (-9.5, -10, 1.0),
        (10, -10, 0.0),
        (None, 10, 0.0),
        (math.nan, 10, 0.0),
        (math.inf, 10, 0.0),
        (-math.inf, 10, 0.0),
        (10**400, 10, 0.0),
        (1e308, -1e308, 0.0),
        (0, 0, 1.0),
        (0.01, 0, 0.0),
        (None, 0, 0.0),
        (math.nan, 0, 0.0),
        (5e-324, 5e-324, 1.0),
    ],
)
def test_relative_accuracy_at_the_edges(predicted, target, expected):
    found = mean_relative_accuracy(predicted, target)
    assert isinstance(found, float)
    assert found == expected


def by_formula(predicted, target):
    """The formula of the paper with the <= of its code, in plain Python."""
    bounds = [1 - float(t) for t in np.linspace(0.5, 0.95, 10)]
    return sum(abs(predicted - target) / abs(target) <= bound for bound in bounds) / 10


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6) | st.floats(-1e6, -1e-3))
def test_relative_accuracy_is_its_formula(predicted, target):
    assert mean_relative_accuracy(predicted, target) == by_formula(predicted, target)


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(0, 90))
def test_relative_accuracy_of_counts(target, predicted):
    assert mean_relative_accuracy(predicted, target) == by_formula(predicted, target)


def test_relative_accuracy_of_columns():
    found = mean_relative_accuracy([9.5, None, 3.0], [10.0, 10.0, 4.0])
    np.testing.assert_array_equal(found, [1.0, 0.0, 0.6])
    np.testing.assert_array_equal(mean_relative_accuracy([4, 3], 4), [1.0, 0.6])
    assert mean_relative_accuracy([10**400, 10], 10).tolist() == [0.0, 1.0]
    assert mean_relative_accuracy([], []).shape == (0,)


@settings(deadline=None)
@given(st.floats(0.01, 100), st.floats(0.01, 100), st.integers(-20, 20))
def test_relative_accuracy_has_no_unit(predicted, target, power):
    """Powers of two scale exactly, so not even the rounding may change."""
    scale = 2.0**power
    expected = mean_relative_accuracy(predicted, target)
    assert mean_relative_accuracy(predicted * scale, target * scale) == expected
    assert mean_relative_accuracy(-predicted, -target) == expected


def test_the_thresholds_are_those_of_upstream():
    """Upstream takes linspace(start, end, int((end - start) / interval + 2)), which is ten."""
    upstream = np.linspace(0.5, 0.95, int((0.95 - 0.5) / 0.05 + 2))
    np.testing.assert_array_equal(MRA_THRESHOLDS, upstream)


@pytest.mark.parametrize(
    ("rule", "predicted", "target", "expected"),
    [
        ("vlmevalkit", 0.3, 0, 0.5),  # |p - g| <= .5, .45, .4, .35, .3
        ("vlmevalkit", 0.0, 0, 1.0),
        ("vlmevalkit", 5.0, -10, 0.0),
        ("official", 5.0, -10, 1.0),
        ("official", 3.0, 4, 0.6),
        ("official", None, -10, 0.0),
        ("lmms-eval", 5.0, -10, 1.0),
        ("lmms-eval", 0.0, 0, 0.0),
        ("lmms-eval", 1.0, 0, 0.0),
    ],
)
def test_the_rules_of_peers(rule, predicted, target, expected):
    assert mean_relative_accuracy(predicted, target, rule) == expected


@settings(deadline=None)
@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_the_rules_agree_where_the_truth_is_positive(predicted, target):
    rules = ("strict", "official", "vlmevalkit", "lmms-eval")
    assert len({mean_relative_accuracy(predicted, target, rule) for rule in rules}) == 1


@pytest.mark.parametrize("target", [math.nan, math.inf, None])
def test_a_true_value_has_to_be_a_number(target):
    with pytest.raises(InputError, match="not a finite number"):
        mean_relative_accuracy(1.0, target)


def test_what_cannot_be_meant_is_refused():
    with pytest.raises(InputError, match="official rule"):
        mean_relative_accuracy(1.0, 0.0, "official")
    with pytest.raises(InputError, match="unknown rule"):
        mean_relative_accuracy(1.0, 1.0, "easi")
    with pytest.raises(InputError, match="not a number"):
        mean_relative_accuracy("about 3", 3.0)


# ---- accuracy against chance

rows = st.lists(st.tuples(st.integers(0, 1), st.integers(2, 9)), min_size=1, max_size=40)


@settings(deadline=None)
@given(rows)
def test_chance_adjusted_is_the_pooled_formula(found):
    hits, counts = [h for h, _ in found], [n for _, n in found]
    expected = sum(h - 1 / n for h, n in found) / sum(1 - 1 / n for _, n in found)
    assert chance_adjusted_accuracy(hits, counts) == pytest.approx(expected, abs=1e-12)
    # As VLMEvalKit writes it: (sum X - sum 1/n) / (N - sum 1/n).
    chance = sum(1 / n for n in counts)
    peers = (sum(hits) - chance) / (len(hits) - chance)
    assert chance_adjusted_accuracy(np.array(hits, bool), counts) == pytest.approx(peers, abs=1e-12)


def test_chance_adjusted_ends_and_middle():
    assert chance_adjusted_accuracy([1, 1, 1], [2, 4, 6]) == 1.0
    assert chance_adjusted_accuracy([1, 0, 0, 0], 4) == 0.0
    assert chance_adjusted_accuracy([0, 0], [2, 2]) == -1.0
    assert chance_adjusted_accuracy([1, None, 0, math.nan], [2, 3, 2, 3]) == 0.0
    assert math.isnan(chance_adjusted_accuracy([], []))
    assert math.isnan(chance_adjusted_accuracy([1, 1], [1, 1]))


def test_parts_cannot_be_averaged():
    """Why the score of images and that of videos are pooled by rows."""
    images, videos = ([1, 1], [2, 2]), ([0, 0], [5, 5])
    pooled = chance_adjusted_accuracy([1, 1, 0, 0], [2, 2, 5, 5])
    parts = (chance_adjusted_accuracy(*images) + chance_adjusted_accuracy(*videos)) / 2
    assert pooled == pytest.approx(0.6 / 2.6)
    assert parts == pytest.approx(0.375)


@pytest.mark.parametrize(
    ("hits", "counts", "message"),
    [
        ([1, 0], [4], "different lengths"),
        ([2], [4], "outside"),
        ([1], [0], "no options"),
        ([1], [math.nan], "no options"),
        (["x"], [4], "not a number"),
        ([[1]], [4], "not a column"),
    ],
)
def test_broken_hits_are_refused(hits, counts, message):
    with pytest.raises(InputError, match=message):
        chance_adjusted_accuracy(hits, counts)


# ---- circular accuracy

grouped = st.lists(
    st.tuples(st.sampled_from([0, 1, 1, 1, None]), st.integers(0, 7)), min_size=1, max_size=60
)


@settings(deadline=None)
@given(grouped)
def test_circular_is_all_of_a_group(found):
    hits, groups = [h for h, _ in found], [f"q{g}" for _, g in found]
    members = {}
    for hit, group in zip(hits, groups, strict=True):
        members.setdefault(group, []).append(hit)
    whole = [m for m in members.values() if None not in m]
    hard, soft = circular_accuracy(hits, groups), soft_circular_accuracy(hits, groups)
    if not whole:
        assert math.isnan(hard)
        assert math.isnan(soft)
        return
    assert hard == pytest.approx(sum(all(m) for m in whole) / len(whole))
    assert soft == pytest.approx(sum(sum(m) / len(m) for m in whole) / len(whole))
    assert hard <= soft + 1e-12
    order = np.random.default_rng(0).permutation(len(hits))
    shuffled = [hits[k] for k in order], np.array(groups)[order]
    assert circular_accuracy(*shuffled) == pytest.approx(hard)


def test_a_single_row_per_group_is_plain_accuracy():
    hits = [1, 0, 1, 1]
    assert circular_accuracy(hits, range(4)) == soft_circular_accuracy(hits, range(4)) == 0.75


def test_a_failed_rotation_takes_its_group_out():
    assert circular_accuracy([1, 1, 0, None], ["a", "a", "b", "b"]) == 1.0
    assert math.isnan(circular_accuracy([0, None], ["b", "b"]))
    assert math.isnan(circular_accuracy([], []))


def test_vanilla_is_the_rows_as_stored():
    assert vanilla_accuracy([1, 0, 0, 0, 1, None], [0, 1, 2, 0, 1, 0]) == 0.5
    assert math.isnan(vanilla_accuracy([1], [1]))


def test_chance_of_rotated_sets():
    counts = [4] * 4 + [2] * 2
    groups = ["a"] * 4 + ["b"] * 2
    soft, hard = circular_chance(counts, groups)
    assert soft == pytest.approx((1 / 4 + 1 / 2) / 2)
    assert hard == pytest.approx(((1 / 4) ** 4 + (1 / 2) ** 2) / 2)


def test_chance_by_simulation():
    rng = np.random.default_rng(5)
    counts = np.repeat([2, 3], [2, 3])
    groups = np.repeat(["a", "b"], [2, 3])
    draws = rng.random((20_000, 5)) < 1 / counts
    soft, hard = circular_chance(counts, groups)
    assert np.mean([soft_circular_accuracy(d, groups) for d in draws[:3000]]) == pytest.approx(
        soft, abs=0.02
    )
    both = (draws[:, :2].all(axis=1).mean() + draws[:, 2:].all(axis=1).mean()) / 2
    assert both == pytest.approx(hard, abs=0.01)


def test_groups_need_names():
    with pytest.raises(InputError, match="NaN names no group"):
        circular_accuracy([1, 1], [math.nan, 1])
    with pytest.raises(InputError, match="different lengths"):
        circular_accuracy([1, 1], ["a"])


def test_the_public_names_are_in_one_place():
    assert clustered_standard_error([0, 1], None) == pytest.approx(0.5)
    assert paired_difference([1, 1], [0, 1]).difference == 0.5
