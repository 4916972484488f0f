"""The rows that a headline counts: without failed requests, filtered, rotations as one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.errors import InputError
from sextant.evaluation.benchmark import Headline
from sextant.evaluation.bootstrap import ratio
from sextant.evaluation.score_table import Codes, ScoreTable

_SLACK = 1e-9
"""Points may miss their weight by this much and still be all of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What a headline counts.

    Attributes:
        table: Where they come from.
        index: (m,) rows of the table; of a collapsed group its first.
        points, weights: (m,) as in the table; of a collapsed group 0 or 1, and 1.
        chance: (m,) points that drawing an option would bring on average; NaN for a free answer.
    """

    table: ScoreTable
    index: NDArray[np.intp]
    points: NDArray[np.float64]
    weights: NDArray[np.float64]
    chance: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.index)

    @property
    def tasks(self) -> NDArray[np.int32]:
        """(m,) codes of tasks."""
        return self.table.tasks.codes[self.index]

    @property
    def clusters(self) -> NDArray[np.int32]:
        """(m,) codes of clusters."""
        return self.table.clusters.codes[self.index]


def rows_of(table: ScoreTable, headline: Headline) -> Rows:
    """Return the rows that a headline counts.

    Raises:
        InputError: If the headline names a group that the table does not have.
    """
    kept = np.ones(len(table), dtype=np.bool_)
    for name, value in headline.only.items():
        group = _group(table, name, headline)
        wanted = group.names.index(value) if value in group.names else -1
        kept &= group.codes == wanted
    chance = chance_points(table)
    if headline.collapse is None:
        index = np.flatnonzero(kept & table.counted)
        return Rows(table, index, table.points[index], table.weights[index], chance[index])
    key = _group(table, headline.collapse, headline)
    index = np.flatnonzero(kept)
    codes = key.codes[index].astype(np.intp)
    if "" in key.names:  # Rows of no group stand alone.
        alone = codes == key.names.index("")
        codes[alone] = len(key.names) + np.arange(int(alone.sum()))
    found = np.unique(codes, return_index=True, return_inverse=True)
    first, of_row = found[1], found[2]
    right = table.points[index] >= table.weights[index] - _SLACK
    wrong = np.bincount(of_row, weights=(~right).astype(np.float64)) > 0
    failed = np.bincount(of_row, weights=(~table.counted[index]).astype(np.float64)) > 0
    options = table.options[index].astype(np.float64)
    options[options == 0] = np.nan
    by_chance = np.exp(np.bincount(of_row, weights=-np.log(options)))
    whole = np.flatnonzero(~failed)
    whole = whole[np.argsort(first[whole], kind="stable")]
    points = (~wrong[whole]).astype(np.float64)
    return Rows(table, index[first[whole]], points, np.ones(len(whole)), by_chance[whole])


def chance_points(table: ScoreTable) -> NDArray[np.float64]:
    """Return per row the points that drawing an option would bring on average.

    A right answer brings the weight w and a wrong one w - 1, both for plain accuracy (w = 1) and
    for chance-adjusted rules (w = 1 - 1/n), so a draw brings w - 1 + 1/n. NaN for a free answer
    and for a failed request.
    """
    chance = np.full(len(table), np.nan)
    choice = (table.options > 0) & table.counted
    chance[choice] = table.weights[choice] - 1.0 + 1.0 / table.options[choice].astype(np.float64)
    return chance


def combined(
    headline: Headline,
    tasks: Codes,
    points: NDArray[np.float64],
    weights: NDArray[np.float64],
    present: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Make a headline's number from the sums of its tasks.

    Args:
        headline: The rule.
        tasks: Of the table.
        points: (draws, tasks) sums of points.
        weights: (draws, tasks) sums of weights.
        present: (tasks,) which tasks have a row at all.

    Returns:
        (draws,); NaN where there is nothing to score.
    """
    if headline.combine is None:
        return ratio(points.sum(axis=1), weights.sum(axis=1))
    scores = ratio(points, weights)
    by_task = {name: scores[:, k] for k, name in enumerate(tasks.names) if present[k]}
    if not by_task:
        return np.full(len(points), np.nan)
    return headline.combine(by_task)


def _group(table: ScoreTable, name: str, headline: Headline) -> Codes:
    try:
        return table.groups[name]
    except KeyError:
        raise InputError(
            "a headline needs a group that the table of scores does not have",
            where=f"headline {headline.name}",
            expected=name,
            got=", ".join(sorted(table.groups)) or "no group",
        ) from None
