"""Ratios of answers to truths against loops."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scored import choice, measured, table_of

from sextant.evaluation.calibration import RATIO_EDGES, calibration, calibrations, octave


def of(pairs):
    predicted, truth = zip(*pairs, strict=True)
    return calibration("t", np.array(predicted, float), np.array(truth, float))


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(0.1, 50)), min_size=1, max_size=40))
def test_figures_are_those_of_a_loop(pairs):
    found = of(pairs)
    ratios = sorted(p / g for p, g in pairs)
    assert found.median_ratio == pytest.approx(float(np.median(ratios)))
    for limit, text in ((0.1, "10"), (0.25, "25"), (0.5, "50")):
        near = sum(abs(p - g) / g <= limit for p, g in pairs)
        assert found.within[text] == near / len(pairs)
    edges = (-math.inf, *RATIO_EDGES, math.inf)
    counts = [sum(a <= r < b for r in ratios) for a, b in pairwise(edges)]
    assert list(found.ratio_counts) == counts
    assert sum(value.n for value in found.values) == found.read == len(pairs)


def test_a_model_that_doubles():
    found = of([(2 * g, g) for g in (1.0, 1.5, 3.0, 100.0)])
    assert (found.median_ratio, found.log_spread) == (2.0, 0.0)
    assert found.within == {"10": 0.0, "25": 0.0, "50": 0.0}
    assert [(v.low, v.high, v.n) for v in found.values] == [(1, 2, 2), (2, 4, 1), (64, 128, 1)]
    assert found.values[0].median_truth == 1.25
    assert found.values[0].median_predicted == 2.5


def test_what_cannot_be_read_is_counted_not_used():
    found = of([(math.nan, 2.0), (math.inf, 2.0), (2.0, 2.0), (1.0, 0.0), (1.0, -3.0)])
    assert (found.n, found.read, found.skipped) == (3, 1, 2)
    assert found.median_ratio == 1.0
    nothing = of([(math.nan, 2.0)])
    assert (nothing.n, nothing.read, nothing.median_ratio, nothing.log_spread) == (1, 0, None, None)
    assert nothing.within["25"] is None


def test_huge_ratios_stay_finite():
    found = of([(1e308, 1e-300), (1e308, 1.5e308)])
    assert math.isfinite(found.median_ratio)
    assert math.isfinite(found.log_spread)
    assert all(math.isfinite(v.high) for v in found.values)


@settings(deadline=None)
@given(st.floats(5e-324, 1e308))
def test_octaves_hold_their_values(value):
    k = int(octave(np.array([value]))[0])
    assert math.ldexp(1.0, k) <= value
    assert k == 1023 or value < math.ldexp(1.0, k + 1)


def test_per_task_and_only_for_numbers():
    table = table_of(
        [
            measured("a", "size", 2.0, 1.0),
            measured("b", "count", 3.0, 3.0),
            measured("c", "count", None, 3.0, status="empty"),
            choice("d", "mcq", True),
        ]
    )
    found = calibrations(table)
    assert [c.task for c in found] == ["count", "size"]
    assert (found[0].n, found[0].read) == (2, 1)
