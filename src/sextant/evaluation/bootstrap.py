"""How much a score would move with other scenes: the bootstrap clustered by scene.

Clusters are drawn with replacement, as many as there are, and every score is made anew from the
rows of those drawn; the middle 95 % of these scores are the interval (Efron and Tibshirani 1993,
chapter 13; clusters as in Field and Welsh 2007, their "randomised cluster bootstrap"). Rows are
never touched twice: all that a draw needs are the sums of points and weights of every cluster, so
a draw is a vector of counts times a matrix, whatever becomes of the sums afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.evaluation.score_table import Codes
from sextant.evaluation.statistics import CONFIDENCE
from sextant.execution.seeds import generator_of

DRAWS = 2000

MAX_CLUSTERS = 20_000
"""Beyond so many, clusters are first pooled at random into so many equal parts. Parts of
independent clusters are independent, so that errors are estimated as before; with 20,000 of them
to about 0.5 %."""

_CHUNK = 4_000_000
"""Counts multiplied at a time; 32 MB."""

_BLOCK = 1 << 16
"""Counts made at a time, so that they stay in the cache of the processor."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a score would lie with other scenes.

    Attributes:
        low, high: The middle 95 % of the draws; None where there is nothing to draw from.
        standard_error: Their standard deviation.
    """

    low: float | None
    high: float | None
    standard_error: float | None

    @classmethod
    def of(cls, draws: NDArray[np.float64]) -> Interval:
        """Return the interval of some draws; those that are NaN are left out.

        Args:
            draws: (draws,) a score of each.
        """
        there = draws[~np.isnan(draws)]
        if len(there) < 2:
            return cls(None, None, None)
        tail = 50.0 * (1.0 - CONFIDENCE)
        low, high = np.percentile(there, [tail, 100.0 - tail])
        return cls(float(low), float(high), float(there.std(ddof=1)))


class Resampler:
    """Draws clusters, the same ones for everything it is asked for.

    So the draws of two scores, of two models on the same rows or of a task and the whole, belong
    together, and their differences are those of the same scenes. What was drawn is kept, in two
    bytes per draw and cluster: 80 MB at most.

    Args:
        clusters: Of every row. Their names, not their order, decide what is drawn.
        seed: Of the run.
        draws: How many.
    """

    def __init__(self, clusters: Codes, seed: int, draws: int = DRAWS) -> None:
        self.draws = draws
        self.seed = seed
        count = len(clusters.names)
        rank = np.empty(count, dtype=np.intp)
        rank[sorted(range(count), key=clusters.names.__getitem__)] = np.arange(count)
        self.clusters = count
        self.parts = min(count, MAX_CLUSTERS)
        if count > MAX_CLUSTERS:
            part = np.empty(count, dtype=np.intp)
            shuffled = generator_of(seed, "bootstrap", "parts").permutation(count)
            part[shuffled] = np.arange(count) % self.parts
            rank = part[rank]
        self._part_of_row = rank[clusters.codes]
        self._drawn: NDArray[np.uint16] | None = None

    def part_sums(
        self, values: NDArray[np.float64], columns: NDArray[np.intp], count: int
    ) -> NDArray[np.float64]:
        """Add up rows by cluster and column.

        Args:
            values: (n,) of every row.
            columns: (n,) which column a row belongs to; -1 = to none.
            count: Number of columns.

        Returns:
            (parts, count).
        """
        kept = columns >= 0
        cells = self._part_of_row[kept] * count + columns[kept]
        sums = np.bincount(cells, weights=values[kept], minlength=self.parts * count)
        return sums.astype(np.float64).reshape(self.parts, count)

    def resampled(self, sums: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the totals of every draw.

        Args:
            sums: (parts, k), see ``part_sums``.

        Returns:
            (draws, k); all NaN where there are less than two clusters.
        """
        if self.parts < 2:
            return np.full((self.draws, sums.shape[1]), np.nan)
        return np.concatenate([counts @ sums for counts in self._counts()])

    def _counts(self) -> Iterator[NDArray[np.float64]]:
        """Yield (some draws, parts): how often each part is drawn."""
        if self._drawn is None:
            self._drawn = _drawn(self.seed, self.parts, self.draws)
        step = max(1, _CHUNK // self.parts)
        for start in range(0, self.draws, step):
            yield self._drawn[start : start + step].astype(np.float64)


def _drawn(seed: int, parts: int, draws: int) -> NDArray[np.uint16]:
    """Return (draws, parts) how often each part is drawn; it cannot be more often than parts."""
    rng = generator_of(seed, "bootstrap", "draws")
    counts = np.empty((draws, parts), dtype=np.uint16)
    step = max(1, _BLOCK // parts)
    for start in range(0, draws, step):
        rows = min(step, draws - start)
        drawn = rng.integers(0, parts, size=(rows, parts), dtype=np.int64)
        drawn += np.arange(rows)[:, None] * parts
        found = np.bincount(drawn.ravel(), minlength=rows * parts)
        counts[start : start + rows] = found.reshape(rows, parts)
    return counts


def ratio(points: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points / weights, NaN where nothing weighs."""
    found = np.full(points.shape, np.nan)
    np.divide(points, weights, out=found, where=weights > 0.0)
    return found
