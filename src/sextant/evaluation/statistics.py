"""Standard errors, paired tests and corrections that hold for questions about shared scenes.

Questions about one scene are no independent draws: a model that misreads a scene is wrong in all
of them. So errors are clustered by scene (Miller 2024, "Adding error bars to evals", arXiv
2411.00640; Liang and Zeger 1986), and models are compared question by question, as there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.evaluation._columns import column, labels
from sextant.evaluation._tails import fair_coin_two_sided, student_quantile, student_two_sided

CONFIDENCE = 0.95
"""Of every interval in this package."""


@dataclass(frozen=True, slots=True)
class McNemar:
    """The exact test of two classifiers on the same questions (McNemar 1947).

    Attributes:
        only_a, only_b: Questions that only one of the two has right.
        p_value: Two-sided, that of a fair coin tossed for each of them. It takes the questions as
            independent; where they share scenes, believe the clustered test.
    """

    only_a: int
    only_b: int
    p_value: float


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """How two models differ on the same questions.

    Attributes:
        difference: Mean of a minus mean of b; NaN without a common question.
        standard_error: Of the difference, clustered; NaN with less than two clusters.
        interval: 95 %, by Student's distribution with ``clusters`` - 1 degrees of freedom.
        p_value: Two-sided, of no difference.
        mean_a, mean_b: On the common questions.
        n: Questions with a score on both sides.
        clusters: Among these.
        dropped: Questions left out since a score is missing on one side or both.
        mcnemar: Where every score is 0 or 1.
    """

    difference: float
    standard_error: float
    interval: tuple[float, float]
    p_value: float
    mean_a: float
    mean_b: float
    n: int
    clusters: int
    dropped: int
    mcnemar: McNemar | None


def clustered_standard_error(scores: Any, clusters: Any = None) -> float:
    """Return the standard error of a mean whose rows come in clusters.

    sqrt(G / (G - 1) * sum over clusters of (sum of residuals)^2) / n, for G clusters: Liang and
    Zeger's sandwich of a mean, with the usual correction for finitely many clusters. With every
    row its own cluster it is the plain standard error, std(ddof=1) / sqrt(n).

    Args:
        scores: (n,) numbers; None and NaN are missing and left out.
        clusters: (n,) labels, e.g. scenes; None = every row its own.

    Returns:
        NaN with less than two clusters: there is nothing to estimate it from.

    Raises:
        InputError: If lengths differ or a score is no number.
    """
    values, codes = _present(scores, clusters)
    return _standard_error(values, codes)


def paired_difference(scores_a: Any, scores_b: Any, clusters: Any = None) -> PairedDifference:
    """Compare two models on the same questions.

    Args:
        scores_a: (n,) scores; None and NaN are missing, e.g. a failed request, and drop the
            question on both sides.
        scores_b: (n,) scores of the same questions in the same order.
        clusters: (n,) labels, e.g. scenes; None = every question its own.

    Raises:
        InputError: If lengths differ or a score is no number.
    """
    a = column(scores_a, "scores_a")
    b = column(scores_b, "scores_b", len(a))
    both = ~(np.isnan(a) | np.isnan(b))
    values, codes = _present(np.where(both, a - b, np.nan), clusters)
    a, b = a[both], b[both]
    n, groups = len(values), len(np.unique(codes))
    if n == 0:
        nan = math.nan
        return PairedDifference(nan, nan, (nan, nan), nan, nan, nan, 0, 0, len(both), None)
    difference = math.fsum(values.tolist()) / n
    error = _standard_error(values, codes)
    reach = error * student_quantile(1.0 - CONFIDENCE, groups - 1)
    return PairedDifference(
        difference=difference,
        standard_error=error,
        interval=(difference - reach, difference + reach),
        p_value=_p_value(difference, error, groups),
        mean_a=math.fsum(a.tolist()) / n,
        mean_b=math.fsum(b.tolist()) / n,
        n=n,
        clusters=groups,
        dropped=len(both) - n,
        mcnemar=_mcnemar(a, b),
    )


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values corrected for their number by Holm (1979).

    A family of tests taken at these values has a chance of at most alpha of a single false alarm.
    A NaN is no test: it stays, and is not counted.
    """
    order, count = _ranked(p_values)
    adjusted = [math.nan] * len(p_values)
    highest = 0.0
    for rank, k in enumerate(order):
        highest = max(highest, min(1.0, (count - rank) * p_values[k]))
        adjusted[k] = highest
    return tuple(adjusted)


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values corrected by Benjamini and Hochberg (1995).

    Of what is called different at these values, a share of at most alpha is so by chance. A NaN
    is no test: it stays, and is not counted.
    """
    order, count = _ranked(p_values)
    adjusted = [math.nan] * len(p_values)
    lowest = 1.0
    for rank in range(count - 1, -1, -1):
        lowest = min(lowest, p_values[order[rank]] * count / (rank + 1))
        adjusted[order[rank]] = lowest
    return tuple(adjusted)


def _ranked(p_values: Sequence[float]) -> tuple[list[int], int]:
    order = [k for k, p in enumerate(p_values) if not math.isnan(p)]
    order.sort(key=lambda k: p_values[k])
    return order, len(order)


def _present(scores: Any, clusters: Any) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    values = column(scores, "scores")
    n = len(values)
    codes = np.arange(n, dtype=np.intp) if clusters is None else labels(clusters, "clusters", n)
    there = ~np.isnan(values)
    return values[there], codes[there]


def _standard_error(values: NDArray[np.float64], codes: NDArray[np.intp]) -> float:
    groups = len(np.unique(codes))
    if groups < 2:
        return math.nan
    if values.min() == values.max():
        return 0.0  # A mean of equal numbers may miss them by a rounding, and this is exact.
    sums = np.bincount(codes, weights=values - values.mean())
    return math.sqrt(groups / (groups - 1) * float(sums @ sums)) / len(values)


def _p_value(difference: float, error: float, groups: int) -> float:
    if math.isnan(error):
        return math.nan
    if error == 0.0:
        return 1.0 if difference == 0.0 else 0.0
    return student_two_sided(difference / error, groups - 1)


def _mcnemar(a: NDArray[np.float64], b: NDArray[np.float64]) -> McNemar | None:
    if not (np.isin(a, (0.0, 1.0)).all() and np.isin(b, (0.0, 1.0)).all()):
        return None
    only_a, only_b = int((a > b).sum()), int((b > a).sum())
    return McNemar(only_a, only_b, fair_coin_two_sided(only_a, only_a + only_b))
