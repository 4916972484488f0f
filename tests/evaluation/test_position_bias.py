"""A liking for letters is found, skill and uneven keys are not mistaken for one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sextant.errors import InputError
from sextant.evaluation.position_bias import position_bias


def replies(rng, correct, options, skill, liking=None):
    """A model that knows the answer with some probability and else draws a place."""
    chosen = []
    for c, n in zip(correct, options, strict=True):
        if rng.random() < skill:
            chosen.append(c)
        else:
            weights = np.ones(n) if liking is None else np.array(liking[:n], float)
            chosen.append(int(rng.choice(n, p=weights / weights.sum())))
    return np.array(chosen)


def test_without_skill_on_an_even_key_it_is_pearsons_test():
    """Every place is right for 20 questions, a quarter of the replies are."""
    places = np.repeat(np.arange(4), (32, 20, 8, 20))
    found = position_bias(places, np.tile(np.arange(4), 20), [4] * 80)
    assert found.chosen == (32, 20, 8, 20)
    assert found.correct == (20, 20, 20, 20)
    assert found.expected == pytest.approx((20, 20, 20, 20))
    theirs = stats.chisquare(found.chosen)
    assert found.degrees == 3
    assert found.statistic == pytest.approx(theirs.statistic)
    assert found.p_value == pytest.approx(theirs.pvalue)


@pytest.mark.parametrize("skill", [0.0, 0.4, 0.9])
@pytest.mark.parametrize("key", [(1, 1, 1, 1), (5, 1, 1, 1)])
def test_p_values_are_level_whatever_the_skill_and_the_key(skill, key):
    rng = np.random.default_rng(int(skill * 10) + key[0])
    below = 0
    for _ in range(300):
        options = rng.choice([3, 4], 200)
        correct = np.array([rng.choice(n, p=np.array(key[:n]) / sum(key[:n])) for n in options])
        found = position_bias(replies(rng, correct, options, skill), correct, options)
        below += found.p_value < 0.05
    assert 0.02 <= below / 300 <= 0.09


def test_a_liking_is_found_in_spite_of_skill():
    rng = np.random.default_rng(3)
    options = np.full(600, 4)
    correct = rng.integers(0, 4, 600)
    chosen = replies(rng, correct, options, 0.6, liking=(4, 1, 1, 1))
    found = position_bias(chosen, correct, options)
    assert found.p_value < 1e-6
    assert found.chosen[0] > found.expected[0]
    assert found.recall[0] > max(found.recall[1:])
    assert sum(found.chosen) == pytest.approx(sum(found.expected))


def test_an_uneven_key_alone_is_no_liking():
    correct = [0] * 90 + [1] * 10
    found = position_bias(correct, correct, [4] * 100)
    assert found.chosen == (90, 10, 0, 0)
    assert found.recall == (1.0, 1.0, None, None)
    assert (found.statistic, found.p_value) == (0.0, 1.0)


def test_the_skill_is_estimated_and_costs_a_degree():
    """With A always right, A is chosen as often as the skill says; B, C and D remain to compare."""
    chosen = [0] * 50 + [1] * 25 + [2] * 15 + [3] * 10
    found = position_bias(chosen, [0] * 100, [4] * 100)
    assert found.expected[0] == pytest.approx(50)
    assert found.degrees == 2
    assert found.statistic == pytest.approx(stats.chisquare(found.chosen[1:]).statistic)


def test_always_the_same_letter_on_rotated_options():
    correct = [0, 1, 2, 3] * 25
    found = position_bias([2] * 100, correct, [4] * 100)
    assert found.expected == pytest.approx((25, 25, 25, 25))
    assert found.statistic == pytest.approx(300)
    assert found.p_value < 1e-60


def test_what_is_no_letter_does_not_count():
    found = position_bias([0, -1, 4, 1, 0], [0, 1, 2, 1, 0], [4, 4, 4, 4, 1])
    assert found.n == 2
    empty = position_bias([], [], [])
    assert (empty.n, empty.chosen, empty.degrees, empty.p_value) == (0, (), 0, 1.0)
    assert not math.isnan(empty.statistic)


def test_impossible_keys_are_refused():
    with pytest.raises(InputError, match="not among the options"):
        position_bias([0], [4], [4])
    with pytest.raises(InputError, match="different lengths"):
        position_bias([0], [0, 1], [4])
