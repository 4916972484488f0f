"""Our tails against scipy's, over wide ranges."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from sextant.evaluation._tails import (
    chi_square_above,
    fair_coin_two_sided,
    incomplete_beta,
    normal_two_sided,
    student_quantile,
    student_two_sided,
)


@settings(deadline=None)
@given(st.floats(-30, 30))
def test_normal(z):
    assert normal_two_sided(z) == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-11, abs=1e-300)


@settings(deadline=None)
@given(st.floats(-60, 60), st.floats(1, 3000))
def test_student(t, dof):
    # scipy gives 1 for t below some 1e-8, where the truth is up to 6e-9 less.
    wanted = pytest.approx(
        2 * stats.t.sf(abs(t), dof), rel=1e-9, abs=1e-8 if abs(t) < 1e-7 else 1e-12
    )
    assert student_two_sided(t, dof) == wanted


@pytest.mark.parametrize("t", [1e-12, 6.4648825929863704e-09, 1e-5, 0.3, 1.0, 40.0])
def test_student_of_one_degree_is_cauchy(t):
    assert student_two_sided(t, 1.0) == pytest.approx(1 - 2 / math.pi * math.atan(t), rel=1e-12)


@pytest.mark.parametrize("dof", [1, 2, 3, 10, 287, 5129, 999_999])
@pytest.mark.parametrize("tail", [0.9, 0.5, 0.05, 0.01, 1e-6])
def test_student_quantile(tail, dof):
    expected = stats.t.isf(tail / 2, dof)
    assert student_quantile(tail, dof) == pytest.approx(expected, rel=1e-8)
    assert student_two_sided(expected, dof) == pytest.approx(tail, rel=1e-8)


@settings(deadline=None)
@given(st.floats(0, 500), st.integers(1, 400))
def test_chi_square(x, dof):
    assert chi_square_above(x, dof) == pytest.approx(stats.chi2.sf(x, dof), rel=1e-9, abs=1e-14)


@settings(deadline=None)
@given(st.integers(0, 3000), st.integers(0, 3000))
def test_fair_coin(heads, tails):
    expected = 1.0
    if heads + tails:
        expected = stats.binomtest(heads, heads + tails).pvalue
    assert fair_coin_two_sided(heads, heads + tails) == pytest.approx(expected, rel=1e-9)


def test_fair_coin_by_counting():
    total = sum(math.comb(11, k) for k in range(3)) * 2 / 2**11
    assert fair_coin_two_sided(2, 11) == pytest.approx(total, rel=1e-13)
    assert fair_coin_two_sided(499_000, 1_000_000) == pytest.approx(
        stats.binomtest(499_000, 1_000_000).pvalue, rel=1e-8
    )


@settings(deadline=None)
@given(st.floats(0.05, 2000), st.floats(0.05, 2000), st.floats(0, 1))
def test_incomplete_beta(a, b, x):
    expected = special.betainc(a, b, x)
    assert incomplete_beta(a, b, x) == pytest.approx(expected, rel=1e-9, abs=1e-13)


def test_what_has_no_answer():
    assert math.isnan(student_two_sided(1.0, 0))
    assert math.isnan(student_two_sided(math.nan, 4))
    assert math.isnan(student_quantile(0.05, 0))
    assert student_two_sided(math.inf, 4) == 0.0
    assert chi_square_above(3.0, 0) == 1.0
    assert fair_coin_two_sided(0, 0) == 1.0
