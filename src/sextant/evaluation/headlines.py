"""Scores of benchmarks: each headline with its interval, all from the same draws of scenes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.evaluation.benchmark import Headline
from sextant.evaluation.bootstrap import Interval, Resampler
from sextant.evaluation.breakdown import number
from sextant.evaluation.rows import Rows, combined, rows_of
from sextant.evaluation.score_table import ScoreTable


@dataclass(frozen=True, slots=True)
class HeadlineScore:
    """A benchmark's score by one rule.

    Attributes:
        name: Of the rule.
        score: None where it cannot be made from the rows there are.
        low, high, standard_error: By the bootstrap over clusters.
        n: What was counted: rows, or groups of rotations where these count as one.
        clusters: Among them.
        chance: What drawing an option would score; None where some answers are free.
    """

    name: str
    score: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    n: int
    clusters: int
    chance: float | None


def headline_scores(
    table: ScoreTable, headlines: Sequence[Headline], resampler: Resampler
) -> tuple[HeadlineScore, ...]:
    """Return the score of each headline.

    Raises:
        InputError: If a headline needs a group that the table does not have.
    """
    counted = [rows_of(table, headline) for headline in headlines]
    draws = _draws(table, headlines, counted, resampler)
    return tuple(
        _scored(headline, rows, Interval.of(drawn))
        for headline, rows, drawn in zip(headlines, counted, draws, strict=True)
    )


def headline_draws(
    table: ScoreTable, headline: Headline, resampler: Resampler
) -> NDArray[np.float64]:
    """Return a headline's score in every draw, (draws,)."""
    return _draws(table, [headline], [rows_of(table, headline)], resampler)[0]


def _draws(
    table: ScoreTable, headlines: Sequence[Headline], counted: Sequence[Rows], resampler: Resampler
) -> list[NDArray[np.float64]]:
    count = len(table.tasks.names)
    sums = []
    for rows in counted:
        # Sums by cluster and task; a collapsed group lies where its first row does.
        spread = np.full(len(table), -1, dtype=np.intp)
        spread[rows.index] = rows.tasks
        for values in (rows.points, rows.weights):
            wide = np.zeros(len(table))
            wide[rows.index] = values
            sums.append(resampler.part_sums(wide, spread, count))
    drawn = resampler.resampled(np.concatenate(sums, axis=1))
    parts = [drawn[:, start : start + count] for start in range(0, drawn.shape[1], count)]
    return [
        combined(headline, table.tasks, parts[2 * k], parts[2 * k + 1], _present(rows))
        for k, (headline, rows) in enumerate(zip(headlines, counted, strict=True))
    ]


def _scored(headline: Headline, rows: Rows, interval: Interval) -> HeadlineScore:
    guessed = len(rows) > 0 and not np.isnan(rows.chance).any()
    return HeadlineScore(
        name=headline.name,
        score=_point(headline, rows, rows.points),
        low=interval.low,
        high=interval.high,
        standard_error=interval.standard_error,
        n=len(rows),
        clusters=len(np.unique(rows.clusters)),
        chance=_point(headline, rows, rows.chance) if guessed else None,
    )


def _point(headline: Headline, rows: Rows, points: NDArray[np.float64]) -> float | None:
    """Return a headline's number for the rows as they are, with some points."""
    tasks = rows.table.tasks
    of_points, of_weights = (
        np.bincount(rows.tasks, weights=w, minlength=len(tasks.names)).astype(np.float64)[None, :]
        for w in (points, rows.weights)
    )
    return number(combined(headline, tasks, of_points, of_weights, _present(rows))[0])


def _present(rows: Rows) -> NDArray[np.bool_]:
    counts = np.bincount(rows.tasks, minlength=len(rows.table.tasks.names))
    return np.greater(counts, 0)
