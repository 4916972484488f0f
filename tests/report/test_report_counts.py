from __future__ import annotations

import drawn_corpora
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sextant.report.answers import findings
from sextant.report.charts import histogram
from sextant.report.gallery import Draw
from sextant.report.overview import Drop, drop_section
from sextant.report.statistics import (
    MAX_FAMILIES,
    OTHER_FAMILIES,
    CorpusStatistics,
    NumberSketch,
    Tally,
    chi_square_p,
    priority,
)

SCENE = drawn_corpora.make_scene(1)


def counted(samples: list) -> CorpusStatistics:
    statistics = CorpusStatistics()
    for sample in samples:
        statistics.add(sample, priority(0, sample.id))
    return statistics


@pytest.mark.parametrize(
    "observed", [[30, 20, 25, 25], [100, 60], [9, 12, 8, 11, 10], [70, 10, 20]]
)
def test_chi_square_is_near_the_exact_one(observed: list[int]) -> None:
    expected = [sum(observed) / len(observed)] * len(observed)
    exact = stats.chisquare(observed, expected).pvalue
    assert chi_square_p(observed, expected) == pytest.approx(exact, rel=0.15, abs=0.005)


def test_expected_letters_follow_the_number_of_options() -> None:
    three = [
        drawn_corpora.make_sample(SCENE, 4, i, [], options=("a", "b", "c"), answer_index=i % 3)
        for i in range(30)
    ]
    two = [
        drawn_corpora.make_sample(SCENE, 4, 90 + i, [], options=("a", "b"), answer_index=i % 2)
        for i in range(20)
    ]
    family = counted(three + two).families["sr.relative_distance"]
    assert family.expected_letters() == pytest.approx([20, 20, 10])
    assert family.letter_p() == 1.0
    assert not any("letters" in text for text in findings(counted(three + two)))


def test_uneven_letters_and_yes_shares_are_found() -> None:
    biased = [
        drawn_corpora.make_sample(SCENE, 4, i, [], answer_index=0 if i % 3 else 1)
        for i in range(120)
    ]
    agreeing = [
        drawn_corpora.make_sample(SCENE, 5, i, [], answer="yes" if i % 5 else "no")
        for i in range(100)
    ]
    same = [drawn_corpora.make_sample(SCENE, 0, i, [], template="only one") for i in range(40)]
    found = " ".join(findings(counted(biased + agreeing + same)))
    assert "sr.relative_distance: the right option's letters are uneven" in found
    assert "sr.vertical_relation: 80\u00a0% of the answers are yes" in found
    assert "mm.object_size: one wording makes up 100\u00a0%" in found


def test_values_that_are_no_numbers_are_counted_apart() -> None:
    samples = [
        drawn_corpora.make_sample(SCENE, 0, i, [], value=value)
        for i, value in enumerate([1.0, float("nan"), float("inf"), None])
    ]
    family = counted(samples).families["mm.object_size"]
    assert family.unfit_numbers == 3
    assert family.numbers["cm"].count == 1


def test_many_families_share_one_entry() -> None:
    samples = [
        drawn_corpora.make_sample(SCENE, 0, i, [], task=f"mm.made_up_{i}", id=f"{i:016x}")
        for i in range(MAX_FAMILIES + 20)
    ]
    statistics = counted(samples)
    assert len(statistics.families) == MAX_FAMILIES + 1
    assert statistics.families[OTHER_FAMILIES].count == 20


def test_tally_stops_at_its_limit_and_counts_on() -> None:
    tally = Tally(limit=2)
    for key in ("b", "a", "c", "a"):
        tally.add(key)
    assert tally.top() == [("a", 2), ("b", 1)]
    assert (tally.total, tally.overflow) == (4, 1)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_quantiles_of_a_small_draw_are_exact(values: list[float], q: float) -> None:
    sketch = NumberSketch(size=300)
    for i, value in enumerate(values):
        sketch.add(value, priority(0, str(i)))
    assert sketch.quantile(q) == pytest.approx(np.quantile(values, q), rel=1e-9, abs=1e-6)
    assert str(histogram(sketch, "m")).startswith("<div")


def test_large_draw_is_fair_and_bounded() -> None:
    sketch = NumberSketch(size=1000)
    for i in range(20_000):
        sketch.add(i / 20_000, priority(3, str(i)))
    assert len(sketch.heap) == 1000
    assert sketch.quantile(0.5) == pytest.approx(0.5, abs=0.06)


def test_gallery_draw_does_not_depend_on_the_order() -> None:
    samples = [drawn_corpora.make_sample(SCENE, 0, i, []) for i in range(200)]
    draws = []
    for order in (samples, samples[::-1], samples[50:] + samples[:50]):
        draw = Draw(5)
        for sample in order:
            draw.offer(sample.task, sample, priority(1, sample.id))
        draws.append([sample.id for sample in draw.of("mm.object_size")])
    assert draws[0] == draws[1] == draws[2]
    assert len(set(draws[0])) == 5
    assert draws[0][:2] == [s.id for s in draw.of("mm.object_size", 2)]


def test_drops_are_sorted_and_shares_add_up() -> None:
    statistics = counted([drawn_corpora.make_sample(SCENE, 0, i, []) for i in range(50)])
    drops = [Drop("mm.object_size", "rare", 10), Drop("mm.object_size", "often", 40)]
    text = str(drop_section(drops, statistics))
    assert text.index("often") < text.index("rare")
    assert "40\u00a0%" in text
    assert "10\u00a0%" in text
