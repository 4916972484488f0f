"""What answers are worth: relative accuracy of numbers, accuracy against chance, circular accuracy.

Hits are 0 or 1 (or in between); None and NaN stand for a failed request, which is neither right
nor wrong and counts nowhere.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import Any, Literal, get_args, overload

import numpy as np
from numpy.typing import NDArray

from sextant.errors import InputError
from sextant.evaluation._columns import column, floats, labels
from sextant.evaluation.position_bias import position_bias
from sextant.evaluation.statistics import clustered_standard_error, paired_difference

__all__ = [
    "MRA_THRESHOLDS",
    "MraRule",
    "chance_adjusted_accuracy",
    "circular_accuracy",
    "circular_chance",
    "clustered_standard_error",
    "mean_relative_accuracy",
    "paired_difference",
    "position_bias",
    "soft_circular_accuracy",
    "vanilla_accuracy",
]

MRA_THRESHOLDS: NDArray[np.float64] = np.linspace(0.5, 0.95, 10)
"""Confidence thresholds of VSI-Bench (arXiv 2412.14171); float64, since answers that
are off by an exact multiple of 5 % are decided by its rounding."""

_MRA_BOUNDS: tuple[float, ...] = tuple(sorted((1.0 - MRA_THRESHOLDS).tolist()))

MraRule = Literal["strict", "official", "vlmevalkit", "lmms-eval"]

_MRA_RULES = get_args(MraRule)


@overload
def mean_relative_accuracy(
    predicted: float | None, target: float, rule: MraRule = "strict"
) -> float: ...
@overload
def mean_relative_accuracy(
    predicted: Any, target: Any, rule: MraRule = "strict"
) -> float | NDArray[np.float64]: ...
def mean_relative_accuracy(
    predicted: Any, target: Any, rule: MraRule = "strict"
) -> float | NDArray[np.float64]:
    """Return the share of thresholds t with |p - g| / |g| <= 1 - t, for t = .50, .55, ... .95.

    The paper writes "<", every implementation "<=". The rules differ only where the true value g
    is not positive, which no true value of VSI-Bench is:

    - ``strict``: the error of g = 0 is 0 for p = 0, else infinite.
    - ``vlmevalkit``: the error of g = 0 is |p - g|, so that 0.3 scores 0.5 there.
    - ``official`` divides by g, not |g|, so that any answer to a negative g scores 1; g = 0 is
      refused, as its division by zero is.
    - ``lmms-eval`` divides by g, too; its division by zero scores 0.

    Args:
        predicted: What was answered; None or NaN (no number was found) is worth 0.
        target: The true value g; broadcast against ``predicted``.
        rule: See above.

    Returns:
        A float for two scalars, else an array; in {0, 0.1, ..., 1}.

    Raises:
        InputError: If a true value is not finite, or 0 under ``official``.
    """
    if isinstance(target, float) and 0.0 < target < math.inf and rule in _MRA_RULES:
        # All rules agree here, and arrays of one number are slow.
        if predicted is None:
            return 0.0
        if isinstance(predicted, float):
            error_of_one = abs(predicted - target) / target
            if error_of_one != error_of_one:
                return 0.0
            missed = bisect_left(_MRA_BOUNDS, error_of_one)
            return (len(_MRA_BOUNDS) - missed) / len(_MRA_BOUNDS)
    p, g = floats(predicted), floats(target)
    if not np.isfinite(g).all():
        raise InputError("a true value is not a finite number", got=g[~np.isfinite(g)].ravel()[:1])
    if rule == "official" and (g == 0.0).any():
        raise InputError(
            "a true value of 0 has no relative error under the official rule",
            hint="use the strict rule",
        )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        gap = np.abs(p - g)
        if rule in ("official", "lmms-eval"):
            error = gap / g
        elif rule == "vlmevalkit":
            error = np.where(g == 0.0, gap, gap / np.abs(g))
        elif rule == "strict":
            error = np.where(g == 0.0, np.where(p == 0.0, 0.0, np.inf), gap / np.abs(g))
        else:
            raise InputError("unknown rule of relative accuracy", got=rule, expected=MraRule)
        passed = sum((error <= bound).astype(np.int64) for bound in 1.0 - MRA_THRESHOLDS)
    worth = np.asarray(passed) / len(MRA_THRESHOLDS)
    return float(worth) if p.ndim == 0 and g.ndim == 0 else worth


def chance_adjusted_accuracy(hits: Any, option_counts: Any) -> float:
    """Return sum(hit - 1/n) / sum(1 - 1/n), pooled over rows: 0 = guessing, 1 = all right.

    The score of SITE-Bench (arXiv 2505.05456, there CAA). Scores of parts cannot be averaged; pool
    their rows. Worse than chance is negative.

    Args:
        hits: (n,) 0 or 1; None and NaN do not count.
        option_counts: (n,) number of options of each, at least 1; or one number for all.

    Returns:
        NaN if no row has a choice at all.

    Raises:
        InputError: If lengths differ, a hit is outside [0, 1] or a count is below 1.
    """
    right = _hits(hits)
    counts = floats(option_counts)
    counts = np.broadcast_to(counts, right.shape) if counts.ndim == 0 else counts
    counts = column(counts, "option_counts", len(right))
    there = ~np.isnan(right)
    right, counts = right[there], counts[there]
    if not (counts >= 1.0).all() or np.isinf(counts).any():
        raise InputError("a question has no options", where="option_counts", expected=">= 1")
    chance = 1.0 / counts
    possible = float((1.0 - chance).sum())
    return float((right - chance).sum()) / possible if possible > 0.0 else float("nan")


def circular_accuracy(hits: Any, group_ids: Any) -> float:
    """Return the share of groups all of whose rows hit: *hard* circular accuracy.

    The rows of a group are one question with its options rotated (CircularEval of MMBench, arXiv
    2307.06281). A group with a failed request is not counted, whatever its other rows
    are: to count it only where another one is wrong would lower the score.

    Args:
        hits: (n,) 0 or 1; None and NaN are failed requests.
        group_ids: (n,) which question a row is a rotation of.

    Returns:
        NaN if no group is whole.

    Raises:
        InputError: If lengths differ or a hit is outside [0, 1].
    """
    right, sizes = _groups(hits, group_ids, lambda hit: hit >= 1.0)
    return float((right == sizes).mean()) if len(sizes) else float("nan")


def soft_circular_accuracy(hits: Any, group_ids: Any) -> float:
    """Return the mean over groups of the mean over their rows; see ``circular_accuracy``."""
    right, sizes = _groups(hits, group_ids, lambda hit: hit)
    return float((right / sizes).mean()) if len(sizes) else float("nan")


def vanilla_accuracy(hits: Any, shifts: Any) -> float:
    """Return the accuracy of the rows as they were stored, i.e. those rotated by 0.

    Args:
        hits: (n,) 0 or 1; None and NaN do not count.
        shifts: (n,) by how many places the options of a row are rotated.

    Returns:
        NaN if there is no such row.

    Raises:
        InputError: If lengths differ or a hit is outside [0, 1].
    """
    right = _hits(hits)
    plain = right[(column(shifts, "shifts", len(right)) == 0) & ~np.isnan(right)]
    return float(plain.mean()) if len(plain) else float("nan")


def circular_chance(option_counts: Any, group_ids: Any) -> tuple[float, float]:
    """Return (soft, hard) accuracy of drawing every answer anew.

    Soft, and vanilla where groups are whole, is the mean over groups of 1/n. Hard is that of
    the product of 1/n over the rows of a group: (1/n)^n for all rotations of n options. (A model
    that always picks the same letter has the same soft accuracy and a hard one of 0.)

    Args:
        option_counts: (n,) number of options of each row, at least 1.
        group_ids: (n,) which question a row is a rotation of.

    Raises:
        InputError: If lengths differ or a count is below 1.
    """
    counts = column(option_counts, "option_counts")
    if not (counts >= 1.0).all() or np.isinf(counts).any():
        raise InputError("a question has no options", where="option_counts", expected=">= 1")
    if not len(counts):
        return float("nan"), float("nan")
    codes = labels(group_ids, "group_ids", len(counts))
    soft = np.bincount(codes, weights=1.0 / counts) / np.bincount(codes)
    hard = np.exp(-np.bincount(codes, weights=np.log(counts)))
    return float(soft.mean()), float(hard.mean())


def _hits(hits: Any) -> NDArray[np.float64]:
    found = column(hits, "hits")
    with np.errstate(invalid="ignore"):
        if (found < 0.0).any() or (found > 1.0).any():
            raise InputError("a hit is outside [0, 1]", where="hits", expected="0, 1, None or NaN")
    return found


def _groups(hits: Any, group_ids: Any, worth: Any) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return per whole group the sum of ``worth`` of its rows, and their number."""
    found = _hits(hits)
    codes = labels(group_ids, "group_ids", len(found))
    if not len(found):
        return np.empty(0), np.empty(0, dtype=np.intp)
    sizes = np.bincount(codes)
    whole = np.bincount(codes, weights=np.isnan(found)) == 0
    sums = np.bincount(codes, weights=np.nan_to_num(np.asarray(worth(found), dtype=np.float64)))
    return sums[whole], sizes[whole]
