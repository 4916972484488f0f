"""Whether a model prefers letters: which places it chooses, and a test of that.

A model may choose A often because A is right often, or because it likes A. So each reply is
compared with what a model of the same skill without a preference would do: it takes the right
option with the probability that this model is right, and else one of the others alike, wherever
they stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import InputError
from sextant.evaluation._columns import column
from sextant.evaluation._tails import chi_square_above


@dataclass(frozen=True, slots=True)
class PositionBias:
    """Which places a model chooses.

    Attributes:
        n: Replies with a letter that is an option.
        chosen: Per place, how often it was chosen.
        correct: Per place, how often it was right, on the same questions.
        expected: Per place, how often a model of the same skill without a preference chooses it.
        recall: Per place, the share of questions whose right option stands there that were
            answered rightly; None where there is none.
        statistic: Score statistic of ``chosen`` - ``expected``.
        degrees: Its degrees of freedom.
        p_value: Of no preference, by the chi-square distribution. It takes replies as independent;
            rotations of one question are so only roughly.
    """

    n: int
    chosen: tuple[int, ...]
    correct: tuple[int, ...]
    expected: tuple[float, ...]
    recall: tuple[float | None, ...]
    statistic: float
    degrees: int
    p_value: float


def position_bias(chosen: Any, correct: Any, options: Any) -> PositionBias:
    """Tell which places a model chooses and test whether it prefers some.

    The test is Rao's score test within strata of equal numbers of options, with the skill of each
    stratum estimated; with even skill on evenly placed answers it is Pearson's chi-square test.

    Args:
        chosen: (n,) index of the letter chosen, -1 where there is none: such rows do not count,
            nor do those that chose a letter beyond the options.
        correct: (n,) index of the right letter.
        options: (n,) number of options.

    Raises:
        InputError: If lengths differ, or a right letter is not among the options.
    """
    picked, right, counts = _checked(chosen, correct, options)
    places = int(counts.max(initial=0))
    found = np.bincount(picked, minlength=places)
    truths = np.bincount(right, minlength=places)
    hits = np.bincount(right[picked == right], minlength=places)
    expected = np.zeros(places)
    variance = np.zeros((places, places))
    for n in np.unique(counts).tolist():
        here = counts == n
        by_truth = np.bincount(right[here], minlength=places).astype(np.float64)
        skill = float((picked[here] == right[here]).mean())
        _add_stratum(expected, variance, by_truth, n, skill)
    gap = found - expected
    statistic, degrees = _score_test(gap, variance)
    return PositionBias(
        n=len(picked),
        chosen=tuple(found.tolist()),
        correct=tuple(truths.tolist()),
        expected=tuple(expected.tolist()),
        recall=tuple(
            h / t if t else None for h, t in zip(hits.tolist(), truths.tolist(), strict=True)
        ),
        statistic=statistic,
        degrees=degrees,
        p_value=chi_square_above(statistic, degrees),
    )


def _add_stratum(
    expected: NDArray[np.float64],
    variance: NDArray[np.float64],
    by_truth: NDArray[np.float64],
    n: int,
    skill: float,
) -> None:
    """Add expectation and variance of the choices among n options, in place.

    Args:
        expected: (places,).
        variance: (places, places).
        by_truth: (places,) questions whose right option stands there.
        n: Number of options, at least 2.
        skill: Share of right answers.
    """
    shared = np.zeros(len(expected))  # Covariance of the choices with the estimate of the skill.
    for truth in np.flatnonzero(by_truth).tolist():
        p = np.zeros(len(expected))
        p[:n] = (1.0 - skill) / (n - 1)
        p[truth] = skill
        expected += by_truth[truth] * p
        variance += by_truth[truth] * (np.diag(p) - np.outer(p, p))
        covariance = -skill * p
        covariance[truth] += p[truth]
        shared += by_truth[truth] * covariance
    spread = skill * (1.0 - skill) * by_truth.sum()
    if spread > 0.0:
        variance -= np.outer(shared, shared) / spread


def _score_test(gap: NDArray[np.float64], variance: NDArray[np.float64]) -> tuple[float, int]:
    """Return the statistic and its degrees: only directions that can vary at all count."""
    if not len(gap):
        return 0.0, 0
    values, vectors = np.linalg.eigh(variance)
    free = values > 1e-9 * max(1.0, float(values[-1]))
    along = vectors[:, free].T @ gap
    return float((along**2 / values[free]).sum()), int(free.sum())


def _checked(chosen: Any, correct: Any, options: Any) -> tuple[NDArray[np.intp], ...]:
    picked = column(chosen, "chosen")
    right = column(correct, "correct", len(picked))
    counts = column(options, "options", len(picked))
    there = (picked >= 0) & (picked < counts) & (counts >= 2)
    if not ((right[there] >= 0) & (right[there] < counts[there])).all():
        raise InputError("a right letter is not among the options", where="correct")
    return tuple(array[there].astype(np.intp) for array in (picked, right, counts))
