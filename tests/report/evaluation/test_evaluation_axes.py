"""Axes span what they are given, and their ticks lie where they say."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.report.evaluation.axes import Axis, given_axis, linear_axis, log_axis, share_axis

numbers = st.floats(-1e6, 1e6).filter(lambda v: v == 0 or abs(v) > 1e-3)
positives = st.floats(1e-3, 1e6)


def check(axis: Axis, values: list[float]) -> None:
    assert axis.low < axis.high
    for value in values:
        assert axis.low <= value <= axis.high or math.isclose(value, axis.low, abs_tol=1e-9) or (
            math.isclose(value, axis.high, abs_tol=1e-9)
        )  # fmt: skip
    assert 1 <= len(axis.ticks) <= 60
    for value, _ in axis.ticks:
        assert axis.low - 1e-9 <= value <= axis.high + 1e-9


@given(st.lists(numbers, min_size=1, max_size=6))
def test_a_straight_axis_spans_its_values(values: list[float]) -> None:
    check(linear_axis(values), values)


@given(st.lists(positives, min_size=1, max_size=6))
def test_a_logarithmic_axis_spans_its_values(values: list[float]) -> None:
    axis = log_axis(values)
    assert axis.log
    assert axis.low < min(values)
    assert axis.high > max(values)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_an_axis_of_shares_begins_at_zero(values: list[float]) -> None:
    axis = share_axis(values)
    check(axis, values)
    assert axis.low == 0
    assert axis.high <= 1.0 + 1e-9
    assert [text for _, text in axis.ticks] == [f"{100 * v:.10g}" for v, _ in axis.ticks]


def test_scores_adjusted_for_chance_may_be_negative() -> None:
    axis = share_axis([-0.12, 0.4])
    assert axis.low <= -0.12
    assert "0" in [text for _, text in axis.ticks]


@given(positives, positives, st.booleans())
def test_places_keep_the_order(a: float, b: float, log: bool) -> None:
    axis = Axis(1e-3, 1e6, log)
    low, high = sorted((a, b))
    assert 0 <= axis.place(low) <= axis.place(high) <= 100


def test_equal_ratios_are_equal_steps() -> None:
    axis = Axis(1.0, 16.0, True)
    assert [axis.place(v) for v in (1, 2, 4, 8, 16)] == pytest.approx([0, 25, 50, 75, 100])
    assert axis.place(-3.0) == 0
    assert axis.place(1e9) == 100


def test_frames_are_their_own_ticks() -> None:
    axis = given_axis([1, 4, 16, 4], log=True)
    assert [text for _, text in axis.ticks] == ["1", "4", "16"]
    single = given_axis([32], log=True)
    assert single.low < 32 < single.high
