"""The clustered bootstrap against loops, scipy and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sextant.evaluation import bootstrap
from sextant.evaluation.bootstrap import Interval, Resampler, ratio
from sextant.evaluation.score_table import Codes
from sextant.evaluation.statistics import clustered_standard_error


def coded(values):
    names = tuple(dict.fromkeys(str(v) for v in values))
    return Codes(names, np.array([names.index(str(v)) for v in values], dtype=np.int32))


def means(values, clusters, seed=0, draws=2000):
    """The draws of a plain mean."""
    resampler = Resampler(coded(clusters), seed, draws)
    columns = np.zeros(len(values), dtype=np.intp)
    sums = resampler.part_sums(np.asarray(values, float), columns, 1)
    sizes = resampler.part_sums(np.ones(len(values)), columns, 1)
    drawn = resampler.resampled(np.concatenate([sums, sizes], axis=1))
    return ratio(drawn[:, 0], drawn[:, 1])


def test_sums_are_those_of_a_loop():
    rng = np.random.default_rng(0)
    clusters, columns = rng.integers(0, 5, 40), rng.integers(-1, 3, 40)
    values = rng.normal(size=40)
    resampler = Resampler(coded(clusters), 0, 10)
    found = resampler.part_sums(values, columns, 3)
    names = sorted({str(c) for c in clusters})
    for part, name in enumerate(names):
        for k in range(3):
            expected = sum(
                v
                for v, c, column in zip(values, clusters, columns, strict=True)
                if str(c) == name and column == k
            )
            assert found[part, k] == pytest.approx(expected)


def test_a_draw_is_a_sample_of_clusters_with_replacement():
    """One column per cluster shows the counts themselves."""
    resampler = Resampler(coded("abcdef"), 3, 500)
    counts = resampler.resampled(np.eye(6))
    assert counts.shape == (500, 6)
    np.testing.assert_array_equal(counts, np.round(counts))
    np.testing.assert_array_equal(counts.sum(axis=1), 6.0)
    # Of multinomial(6, 1/6): mean 1, variance 5/6, covariance -1/6.
    covariance = np.cov(counts.T)
    np.testing.assert_allclose(counts.mean(axis=0), 1.0, atol=0.15)
    np.testing.assert_allclose(covariance, np.eye(6) - 1 / 6, atol=0.2)


def test_it_agrees_with_scipy_where_scipy_can():
    rng = np.random.default_rng(1)
    values = rng.exponential(size=150)
    found = Interval.of(means(values, range(150), draws=20_000))
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile",
        random_state=np.random.default_rng(2),
    )  # fmt: skip
    assert found.standard_error == pytest.approx(theirs.standard_error, rel=0.03)
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert found.low == pytest.approx(theirs.confidence_interval.low, abs=0.03 * width)
    assert found.high == pytest.approx(theirs.confidence_interval.high, abs=0.03 * width)


def test_it_agrees_with_scipy_on_clusters():
    """scipy resamples pairs (sum, size) of clusters with a ratio as the statistic."""
    rng = np.random.default_rng(4)
    clusters = rng.integers(0, 60, 600)
    values = (rng.random(600) < rng.random(60)[clusters]).astype(float)
    sums, sizes = np.bincount(clusters, values), np.bincount(clusters)
    theirs = stats.bootstrap(
        (sums, sizes), lambda s, n, axis=-1: s.sum(axis=axis) / n.sum(axis=axis), paired=True,
        n_resamples=20_000, method="percentile", random_state=np.random.default_rng(5),
    )  # fmt: skip
    found = Interval.of(means(values, clusters, draws=20_000))
    assert found.standard_error == pytest.approx(theirs.standard_error, rel=0.03)
    assert found.low == pytest.approx(theirs.confidence_interval.low, abs=0.004)
    assert found.high == pytest.approx(theirs.confidence_interval.high, abs=0.004)


def test_it_agrees_with_the_clustered_error():
    rng = np.random.default_rng(6)
    clusters = rng.integers(0, 200, 2000)
    values = rng.normal(size=200)[clusters] + rng.normal(size=2000)
    found = Interval.of(means(values, clusters, draws=8000)).standard_error
    assert found == pytest.approx(clustered_standard_error(values, clusters), rel=0.05)


def test_the_interval_covers_the_truth():
    """95 % of intervals hold the true mean, and those that ignore scenes hold it much less."""
    rng = np.random.default_rng(7)
    clusters = np.repeat(np.arange(60), 5)
    covered = plain = 0
    for k in range(300):
        ease = rng.random(60)  # Whose mean is 1/2.
        values = (rng.random(300) < ease[clusters]).astype(float)
        one = Interval.of(means(values, clusters, seed=k, draws=300))
        covered += one.low <= 0.5 <= one.high
        other = Interval.of(means(values, range(300), seed=k, draws=300))
        plain += other.low <= 0.5 <= other.high
    assert 0.91 <= covered / 300 <= 0.98
    assert plain < covered


def test_neither_the_order_of_rows_nor_of_clusters_matters():
    rng = np.random.default_rng(8)
    clusters = rng.integers(0, 30, 200)
    values = rng.integers(0, 2, 200).astype(float)
    order = rng.permutation(200)
    np.testing.assert_array_equal(means(values, clusters), means(values[order], clusters[order]))


def test_seeds_decide():
    values, clusters = np.arange(20.0), range(20)
    np.testing.assert_array_equal(means(values, clusters, 1), means(values, clusters, 1))
    assert not np.array_equal(means(values, clusters, 1), means(values, clusters, 2))


def test_copies_of_all_rows_change_nothing():
    """Sums double, shares stay; a bootstrap over rows would shrink by the root of two."""
    values, clusters = np.array([0.0, 1.0, 0.5, 0.25]), np.array(list("abca"))
    once = means(values, clusters)
    np.testing.assert_allclose(once, means(np.tile(values, 2), np.tile(clusters, 2)))


def test_chunks_do_not_show(monkeypatch):
    whole = means(np.arange(50.0), range(50), draws=100)
    monkeypatch.setattr(bootstrap, "_CHUNK", 50 * 7)
    np.testing.assert_array_equal(whole, means(np.arange(50.0), range(50), draws=100))


def test_draws_are_those_of_one_piece(monkeypatch):
    rng = bootstrap.generator_of(7, "bootstrap", "draws")
    drawn = rng.integers(0, 50, size=(100, 50), dtype=np.int64)
    whole = np.stack([np.bincount(row, minlength=50) for row in drawn])
    for block in (1, 50 * 3, 1 << 16):
        monkeypatch.setattr(bootstrap, "_BLOCK", block)
        np.testing.assert_array_equal(bootstrap._drawn(7, 50, 100), whole)


def test_what_was_drawn_is_drawn_again():
    resampler = Resampler(coded(range(20)), 3, 200)
    sums = np.random.default_rng(1).random((20, 4))
    first = resampler.resampled(sums)
    np.testing.assert_array_equal(resampler.resampled(sums), first)
    np.testing.assert_array_equal(Resampler(coded(range(20)), 3, 200).resampled(sums), first)


def test_very_many_clusters_are_pooled_without_bias(monkeypatch):
    rng = np.random.default_rng(9)
    values = rng.random(5000)
    exact = clustered_standard_error(values)
    monkeypatch.setattr(bootstrap, "MAX_CLUSTERS", 1000)
    draws = means(values, range(5000), draws=3000)
    assert Interval.of(draws).standard_error == pytest.approx(exact, rel=0.1)
    assert draws.mean() == pytest.approx(values.mean(), abs=exact / 5)


def test_one_cluster_has_no_interval():
    assert Interval.of(means([1.0, 0.0], "aa")) == Interval(None, None, None)


def test_the_error_is_the_standard_deviation_of_a_sample():
    assert Interval.of(np.array([0.0, 1.0])).standard_error == pytest.approx(0.5**0.5)


def test_draws_without_a_score_are_left_out():
    found = Interval.of(np.array([np.nan, 0.25, 0.25, np.nan]))
    assert found == Interval(0.25, 0.25, 0.0)
    assert ratio(np.array([1.0, 0.0]), np.array([2.0, 0.0]))[0] == 0.5
    assert np.isnan(ratio(np.array([1.0, 0.0]), np.array([2.0, 0.0]))[1])
