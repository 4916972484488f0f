from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.errors import RecipeError
from sextant.training.mixture import Mixture, strata_of
from sextant.training.recipe import Curriculum, DataEntry

SHUFFLED = Curriculum()
STAGED = Curriculum(order="easy_first")


def entry(**fields: object) -> DataEntry:
    return DataEntry(path="x", **fields)


def rows(count: int, start: int = 0) -> list[tuple[int, np.ndarray]]:
    return [(-1, np.arange(start, start + count))]


def mixture(entries: list[DataEntry], counts: list[int], seed: int = 0) -> Mixture:
    return Mixture(strata_of(entries, [rows(n) for n in counts]), SHUFFLED, seed)


@given(st.lists(st.integers(1, 200), min_size=1, max_size=4), st.integers(0, 99))
@settings(deadline=None)
def test_an_epoch_holds_every_row_once(counts: list[int], seed: int) -> None:
    mixed = mixture([entry() for _ in counts], counts, seed)
    assert mixed.epoch_size == sum(counts)
    for epoch in (0, 1, 5):
        entries, found = mixed.draw(epoch * mixed.epoch_size + np.arange(mixed.epoch_size))
        seen = Counter(zip(entries.tolist(), found.tolist(), strict=True))
        assert seen == Counter((i, r) for i, n in enumerate(counts) for r in range(n))


def test_a_place_is_the_same_alone_and_among_others() -> None:
    mixed = mixture([entry(), entry(weight=2.5), entry(share=0.3)], [50, 20, 70])
    places = np.arange(3 * mixed.epoch_size)
    together = np.stack(mixed.draw(places), axis=1)
    alone = np.concatenate([np.stack(mixed.draw(p), axis=1) for p in places])
    assert np.array_equal(together, alone)
    backwards = np.stack(mixed.draw(places[::-1]), axis=1)
    assert np.array_equal(together[::-1], backwards)


def test_weights_and_shares_are_kept_in_every_epoch() -> None:
    mixed = mixture([entry(), entry(weight=0.5), entry(share=0.25)], [400, 400, 30])
    assert mixed.epoch_size == 800
    for epoch in range(3):
        entries, _ = mixed.draw(epoch * 800 + np.arange(800))
        assert Counter(entries.tolist()) == {0: 400, 1: 200, 2: 200}


def test_no_row_comes_again_before_all_have_come() -> None:
    mixed = mixture([entry(), entry(weight=0.3)], [40, 50])
    entries, found = mixed.draw(np.arange(mixed.epoch_size * 20))
    counts = Counter(found[entries == 1].tolist())
    assert set(counts) == set(range(50))
    assert set(counts.values()) == {6}  # 20 epochs of 15 rows


def test_shares_alone_make_an_epoch_of_as_many_samples_as_there_are_rows() -> None:
    mixed = mixture([entry(share=0.9), entry(share=0.1)], [100, 900])
    assert mixed.epoch_size == 1000
    assert Counter(mixed.draw(np.arange(1000))[0].tolist()) == {0: 900, 1: 100}


def test_sets_are_shuffled_into_each_other() -> None:
    mixed = mixture([entry(), entry()], [5000, 5000])
    entries, found = mixed.draw(np.arange(10_000))
    steps = entries.reshape(100, 100).mean(axis=1)
    assert 0.2 < steps.min()
    assert steps.max() < 0.8
    assert (np.diff(found) == 1).mean() < 0.01


def test_seeds_and_epochs_are_other_orders() -> None:
    a, b = (mixture([entry()], [5000], seed) for seed in (0, 1))
    first = a.draw(np.arange(5000))[1]
    assert (first != b.draw(np.arange(5000))[1]).mean() > 0.9
    assert (first != a.draw(5000 + np.arange(5000))[1]).mean() > 0.9


def test_a_curriculum_goes_from_easy_to_hard_and_spreads_what_is_unknown() -> None:
    known = [(0, np.arange(30)), (1, np.arange(30, 50)), (2, np.arange(50, 60))]
    entries = [entry(), entry(weight=0.5)]
    mixed = Mixture(strata_of(entries, [known, rows(60)]), STAGED, 4)
    assert mixed.epoch_size == 90
    which, found = mixed.draw(np.arange(90))
    levels = np.digitize(found[which == 0], [30, 50])
    assert (np.diff(levels) >= 0).all()
    stages = [which[:45], which[45:75], which[75:]]
    assert [int(s.sum()) for s in stages] == [15, 10, 5]
    again, later = mixed.draw(90 + np.arange(90))
    assert (np.diff(np.digitize(later[again == 0], [30, 50])) < 0).any()
    assert sorted(later[again == 0].tolist()) == list(range(60))
    assert set(found[which == 1]).isdisjoint(later[again == 1])


def test_entries_that_contribute_nothing_are_refused() -> None:
    with pytest.raises(RecipeError, match="nothing of this data"):
        strata_of([entry()], [rows(0)])
    with pytest.raises(RecipeError, match="no sample"):
        strata_of([entry(), entry(weight=0.01)], [rows(10), rows(10)])
