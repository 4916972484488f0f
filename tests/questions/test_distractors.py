"""Numeric options: apart, positive, and the truth's rank is no shortcut."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from sextant.questions.answers import write_number
from sextant.questions.distractors import MIN_RATIO, count_choice, numeric_choice


@pytest.mark.parametrize(("value", "unit"), [(0.8, "m"), (3.7, "m"), (86.0, "cm"), (24.0, "m2")])
def test_options_are_apart_and_hold_the_truth(value, unit):
    ranks = Counter()
    for seed in range(400):
        choice = numeric_choice(value, unit, np.random.default_rng(seed))
        if choice is None:
            continue
        numbers = [float(t.split()[0]) for t in choice.options]
        assert choice.options[choice.correct].startswith(write_number(value, unit))
        assert numbers == sorted(numbers)
        assert len(set(choice.options)) == 4
        step = 0.5 * 10 ** -(len(write_number(1, unit)) - 2 if "." in write_number(1, unit) else 0)
        for low, high in itertools.pairwise(numbers):
            assert (high + step) / max(low - step, 1e-9) >= MIN_RATIO - 1e-9
        ranks[choice.correct] += 1
    # Even ranks: each about a quarter of those that could be written.
    assert max(ranks.values()) < 0.4 * ranks.total()


def test_ordinary_numbers_are_no_better_guess_where_a_typical_value_is_known():
    """Who takes the option nearest the typical value is right less often than with even ranks."""
    hits = {None: 0, 2.0: 0}
    ranks = Counter()
    truths = np.exp(np.random.default_rng(1).normal(np.log(2.0), 0.5, 1500))
    for typical in hits:
        for seed, truth in enumerate(truths):
            rng = np.random.default_rng(seed)
            choice = numeric_choice(truth, "cm", rng, decimals=3, typical=typical)
            numbers = [float(t.split()[0]) for t in choice.options]
            nearest = int(np.argmin(np.abs(np.log(np.array(numbers) / 2.0))))
            hits[typical] += nearest == choice.correct
            ranks[choice.correct] += typical is not None
    assert hits[None] > 0.45 * len(truths)
    assert hits[2.0] < 0.4 * len(truths)
    assert min(ranks.values()) > 0.15 * len(truths)


def test_truths_far_above_the_typical_value_come_last_and_far_below_first():
    for truth, rank in ((200.0, 3), (0.02, 0)):
        choice = numeric_choice(truth, "m", np.random.default_rng(0), decimals=6, typical=2.0)
        assert choice.correct == rank


def test_options_that_round_to_the_same_text_are_refused():
    assert numeric_choice(0.004, "m", np.random.default_rng(0)) is None
    assert numeric_choice(1.0, "count", np.random.default_rng(0)) is None


@pytest.mark.parametrize("value", [0.249, 0.143, 0.348, 0.356, 1.26, 2.449])
def test_rounded_options_stay_wrong(value):
    """0.249 m is written 0.2 beside a wrong 0.4, or 0.25 beside 0.33, never 0.2 beside 0.3."""
    for seed in range(200):
        choice = numeric_choice(value, "m", np.random.default_rng(seed))
        if choice is None:
            continue
        said = [float(text.removesuffix(" m")) for text in choice.options]
        off = abs(said[choice.correct] - value)
        for k, other in enumerate(said):
            if k != choice.correct:
                assert abs(other - value) >= 3 * off
                assert max(other / value, value / other) >= 1.2


def test_small_numbers_get_another_decimal_where_they_need_it():
    texts = [numeric_choice(0.249, "m", np.random.default_rng(s)).options[0] for s in range(40)]
    assert {len(t.removesuffix(" m").partition(".")[2]) for t in texts} == {1, 2}


@pytest.mark.parametrize("value", [1, 2, 3, 7, 20])
def test_counts(value):
    ranks = set()
    for seed in range(50):
        choice = count_choice(value, np.random.default_rng(seed))
        assert choice.options[choice.correct] == str(value)
        assert min(int(o) for o in choice.options) >= 1
        ranks.add(choice.correct)
    assert len(ranks) == min(4, value)
