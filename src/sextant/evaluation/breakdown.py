"""Lines of a table: a score with its interval, and everything that it must not be read without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.evaluation.bootstrap import Interval, Resampler, ratio
from sextant.evaluation.score_table import ROW_STATUSES, Codes, ScoreTable

_MAX_CELLS = 50_000_000
"""Cells of levels times clusters that may be marked one by one; 50 MB."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a task, a level of a group, or everything.

    A share or score that has no row to be taken over is None.

    Attributes:
        name: Of the task or level.
        n: Rows that were asked.
        counted: Rows that did not fail; what scores and shares below are taken over.
        clusters: Scenes among the counted rows.
        score: sum(points) / sum(weights).
        low, high, standard_error: Of the score, by the bootstrap over clusters.
        failed, answered, refused, ambiguous, empty: Numbers of rows; they add up to ``n``.
        failed_share: Failed requests among all rows.
        extraction_failure_share: Replies without a readable answer (empty or ambiguous).
        refusal_share: Replies that decline to answer.
        choice_rows: Counted rows with options; what the next three are taken over.
        choice_accuracy: Share of them that is right.
        chance: Share that drawing an option would have right.
        chance_adjusted: sum(hit - 1/n) / sum(1 - 1/n); 0 = guessing, 1 = all right.
    """

    name: str
    n: int
    counted: int
    clusters: int
    score: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    failed: int
    answered: int
    refused: int
    ambiguous: int
    empty: int
    failed_share: float | None
    extraction_failure_share: float | None
    refusal_share: float | None
    choice_rows: int
    choice_accuracy: float | None
    chance: float | None
    chance_adjusted: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """A way to part the rows of a table.

    Attributes:
        names: Of its levels.
        codes: (n,) level of every row.
        points, weights: (parts, levels) sums over counted rows, for the bootstrap.
    """

    names: tuple[str, ...]
    codes: NDArray[np.intp]
    points: NDArray[np.float64]
    weights: NDArray[np.float64]


def divide(table: ScoreTable, codes: Codes, resampler: Resampler) -> Division:
    """Return the sums of a table's counted rows by cluster and level."""
    levels = codes.codes.astype(np.intp)
    kept = np.where(table.counted, levels, -1)
    count = len(codes.names)
    return Division(
        codes.names,
        levels,
        resampler.part_sums(table.points, kept, count),
        resampler.part_sums(table.weights, kept, count),
    )


def whole(table: ScoreTable, name: str = "all") -> Codes:
    """Return the division of a table into a single level."""
    return Codes((name,) if len(table) else (), np.zeros(len(table), dtype=np.int32))


def lines(
    table: ScoreTable, divisions: Sequence[Division], resampler: Resampler
) -> list[tuple[Line, ...]]:
    """Return the lines of every division, levels sorted by name.

    Args:
        table: The rows.
        divisions: From ``divide``, with the same resampler.
        resampler: Draws the clusters; one pass serves all divisions.
    """
    if not divisions:
        return []
    stacked = np.concatenate([d for each in divisions for d in (each.points, each.weights)], axis=1)
    drawn = resampler.resampled(stacked)
    made, start = [], 0
    for division in divisions:
        count = len(division.names)
        points = drawn[:, start : start + count]
        weights = drawn[:, start + count : start + 2 * count]
        start += 2 * count
        made.append(_lines(table, division, ratio(points, weights)))
    return made


def _lines(table: ScoreTable, division: Division, draws: NDArray[np.float64]) -> tuple[Line, ...]:
    count = len(division.names)
    codes, counted = division.codes, table.counted
    statuses = _table(codes, table.status.astype(np.intp), count, len(ROW_STATUSES))
    scores = ratio(division.points.sum(axis=0), division.weights.sum(axis=0))
    clusters = _distinct(codes[counted], table.clusters.codes[counted], count)
    choice = counted & (table.options > 0)
    chances = 1.0 / table.options[choice].astype(np.float64)
    # A wrong answer is a whole point short of its weight, whatever the rule of chance.
    hits = 1.0 + table.points[choice] - table.weights[choice]
    rows = np.bincount(codes[choice], minlength=count)
    hit_sums = np.bincount(codes[choice], weights=hits, minlength=count)
    chance_sums = np.bincount(codes[choice], weights=chances, minlength=count)
    found = []
    for k in sorted(range(count), key=division.names.__getitem__):
        by_status = dict(zip(ROW_STATUSES, statuses[k].tolist(), strict=True))
        n, failed = sum(by_status.values()), by_status["failed"]
        unread = by_status["empty"] + by_status["ambiguous"]
        interval = Interval.of(draws[:, k])
        hit, chance, asked = float(hit_sums[k]), float(chance_sums[k]), int(rows[k])
        found.append(
            Line(
                name=division.names[k],
                n=n,
                counted=n - failed,
                clusters=int(clusters[k]),
                score=number(scores[k]),
                low=interval.low,
                high=interval.high,
                standard_error=interval.standard_error,
                **by_status,
                failed_share=share(failed, n),
                extraction_failure_share=share(unread, n - failed),
                refusal_share=share(by_status["refused"], n - failed),
                choice_rows=asked,
                choice_accuracy=share(hit, asked),
                chance=share(chance, asked),
                chance_adjusted=share(hit - chance, asked - chance),
            )
        )
    return tuple(found)


def share(part: float, whole_of: float) -> float | None:
    """Return part / whole, None where there is no whole."""
    return part / whole_of if whole_of > 0 else None


def number(value: float) -> float | None:
    """Return a float for JSON: None for NaN."""
    return None if np.isnan(value) else float(value)


def _table(
    rows: NDArray[np.intp], columns: NDArray[np.intp], height: int, width: int
) -> NDArray[np.intp]:
    return np.bincount(rows * width + columns, minlength=height * width).reshape(height, width)


def _distinct(codes: NDArray[np.intp], clusters: NDArray[np.int32], count: int) -> NDArray[np.intp]:
    """Return the number of distinct clusters of every level."""
    if not len(codes):
        return np.zeros(count, dtype=np.intp)
    width = int(clusters.max()) + 1
    pairs = codes * width + clusters
    if count * width <= _MAX_CELLS:
        seen = np.zeros(count * width, dtype=np.bool_)
        seen[pairs] = True
        distinct: NDArray[np.intp] = seen.reshape(count, width).sum(axis=1, dtype=np.intp)
        return distinct
    return np.bincount(np.unique(pairs) // width, minlength=count)
