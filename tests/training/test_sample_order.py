from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.training.order import TABLE_UP_TO, shuffled


@given(st.integers(1, 20_000), st.integers(0, 2**62))
@settings(max_examples=40, deadline=None)
def test_every_number_comes_once(count: int, seed: int) -> None:
    found = shuffled(np.arange(count), count, seed)
    assert np.array_equal(np.sort(found), np.arange(count))


@pytest.mark.parametrize("count", [TABLE_UP_TO, TABLE_UP_TO + 1, 2**16, 2**16 + 1, 4**8 - 1])
def test_sizes_at_which_the_method_changes(count: int) -> None:
    assert len(set(shuffled(np.arange(count), count, 1).tolist())) == count


def test_a_place_is_the_same_alone_and_among_others() -> None:
    for count in (100, 8_500_000):
        places = np.arange(0, count, max(1, count // 50))
        together = shuffled(places, count, 3, "epoch", 1)
        alone = [int(shuffled(p, count, 3, "epoch", 1)[0]) for p in places]
        assert together.tolist() == alone


def test_other_names_give_other_orders() -> None:
    for count in (1000, 100_000):
        one = shuffled(np.arange(1000), count, 1, "epoch", 0)
        for other in ((1, "epoch", 1), (2, "epoch", 0), (1, "slots", 0)):
            assert (shuffled(np.arange(1000), count, *other) != one).mean() > 0.9


def test_it_is_a_shuffle() -> None:
    # Of a random permutation, neighbours are a third of the length apart, and places say nothing.
    count = 100_000
    found = shuffled(np.arange(count), count, 5)
    assert abs(np.corrcoef(found, np.arange(count))[0, 1]) < 0.02
    assert abs(np.abs(np.diff(found)).mean() / count - 1 / 3) < 0.01
    halves = found[: count // 2] < count // 2
    assert abs(halves.mean() - 0.5) < 0.02


def test_the_order_is_part_of_the_format() -> None:
    # A run that goes on with a later version must see the samples it has not seen yet.
    assert shuffled(np.arange(4), 10, 7, "a").tolist() == SMALL
    assert shuffled(np.arange(4), 1_000_000, 7, "a").tolist() == LARGE


def test_places_outside_are_refused() -> None:
    for place in (-1, 10):
        with pytest.raises(IndexError):
            shuffled(place, 10, 1)


SMALL = [5, 6, 9, 1]
LARGE = [693365, 194078, 640117, 531206]
