"""How far off numeric answers are, and in which direction."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.evaluation.breakdown import share
from sextant.evaluation.score_table import ScoreTable

RATIO_EDGES = (0.0, 0.25, 0.5, 0.75, 0.9, 1.1, 4.0 / 3.0, 2.0, 4.0)
"""Edges of the bins of predicted / true; below the first lie wrong signs, above the last the rest.
They are symmetric: a ratio and its inverse lie in mirrored bins, but for 0.9 and 1.1."""

_HUGE = 1e300
"""Ratios are cut here, so that every figure can be written to a file."""

WITHIN = (0.10, 0.25, 0.50)
"""Relative errors within which answers are counted."""


@dataclass(frozen=True, slots=True)
class ValueBin:
    """Answers to questions whose true value lies in one octave.

    Attributes:
        low, high: The true value lies in [low, high), high = 2 * low.
        n: Readable answers.
        median_truth, median_predicted: Of these.
        median_ratio: Of predicted / true.
        low_ratio, high_ratio: Its quartiles.
    """

    low: float
    high: float
    n: int
    median_truth: float
    median_predicted: float
    median_ratio: float
    low_ratio: float
    high_ratio: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the numbers of one task compare with the truth.

    Attributes:
        task: Its name.
        n: Counted rows with a positive true value and no options.
        read: Those of them with a finite number in the reply; the rest is taken over these.
        skipped: Counted numeric rows whose true value is not positive and so has no ratio.
        median_ratio: Of predicted / true; above 1 = the model overestimates.
        within: Share of answers within 10, 25 and 50 % of the truth, by the percent.
        ratio_counts: Answers per bin of ``RATIO_EDGES``, with one below and one above.
        log_spread: Standard deviation of log2(predicted / true) over positive answers; 1 = a
            typical answer is off by a factor of 2.
        values: By octaves of the true value, those that have answers, in order.
    """

    task: str
    n: int
    read: int
    skipped: int
    median_ratio: float | None
    within: dict[str, float | None]
    ratio_counts: tuple[int, ...]
    log_spread: float | None
    values: tuple[ValueBin, ...]


def calibrations(table: ScoreTable) -> tuple[Calibration, ...]:
    """Return the calibration of every task that has numeric answers, sorted by name."""
    numeric = table.counted & (table.options == 0) & np.isfinite(table.truth)
    made = []
    for k in sorted(range(len(table.tasks.names)), key=table.tasks.names.__getitem__):
        rows = numeric & (table.tasks.codes == k)
        if rows.any():
            made.append(calibration(table.tasks.names[k], table.predicted[rows], table.truth[rows]))
    return tuple(made)


def calibration(
    task: str, predicted: NDArray[np.float64], truth: NDArray[np.float64]
) -> Calibration:
    """Compare numbers with the truth.

    Args:
        task: What to call it.
        predicted: (n,) NaN where no number was found.
        truth: (n,) finite.
    """
    positive = truth > 0.0
    read = positive & np.isfinite(predicted)
    p, g = predicted[read], truth[read]
    with np.errstate(over="ignore"):
        ratios = np.clip(p / g, -_HUGE, _HUGE)
        off = np.abs(p - g) / g
    logs = np.log2(ratios[ratios > 0.0])
    bins = np.searchsorted(np.array(RATIO_EDGES), ratios, side="right")
    return Calibration(
        task=task,
        n=int(positive.sum()),
        read=len(p),
        skipped=int((~positive).sum()),
        median_ratio=float(np.median(ratios)) if len(p) else None,
        within={
            f"{limit * 100:.0f}": share(float((off <= limit).sum()), len(p)) for limit in WITHIN
        },
        ratio_counts=tuple(np.bincount(bins, minlength=len(RATIO_EDGES) + 1).tolist()),
        log_spread=float(logs.std(ddof=1)) if len(logs) > 1 else None,
        values=_value_bins(p, g, ratios),
    )


def octave(value: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the k with 2^k <= value < 2^(k + 1), exactly; for positive finite values."""
    return np.frexp(value)[1].astype(np.int64) - 1


def _value_bins(
    p: NDArray[np.float64], g: NDArray[np.float64], ratios: NDArray[np.float64]
) -> tuple[ValueBin, ...]:
    octaves = octave(g)
    made = []
    for k in np.unique(octaves).tolist():
        here = octaves == k
        quartiles = np.percentile(ratios[here], [25.0, 50.0, 75.0]).tolist()
        made.append(
            ValueBin(
                low=math.ldexp(1.0, k),
                high=math.ldexp(1.0, min(k + 1, 1023)),
                n=int(here.sum()),
                median_truth=float(np.median(g[here])),
                median_predicted=float(np.median(p[here])),
                median_ratio=quartiles[1],
                low_ratio=quartiles[0],
                high_ratio=quartiles[2],
            )
        )
    return tuple(made)
