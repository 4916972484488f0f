"""Scores that do not depend on what a benchmark has much of.

A score is a mean over whatever questions there are. If most true counts are 2, a model that likes
to say 2 scores high, and one benchmark of the same ability with other counts ranks models
otherwise (FN-VSI, "Hidden Sensitivity in Spatial Reasoning Evaluation", ICML 2026, whose finding is
that the answer's value and the object asked about weigh most). So beside the raw score stands one
in which every level of such a factor counts the same.

The estimator, for a factor f and within each task t: rows fall into cells, one per level of f. The
score of a cell is sum(points) / sum(weights) of its rows, that of the task the plain mean over its
cells, and that of the benchmark what its headline makes of the tasks. Where the headline is micro,
tasks count equally, since how many rows a task has is composition too. So the rows of a level may
be repeated at will without any effect. For several factors at once, cells are the combinations that
occur; with every combination filled this is the mean of a balanced design.

Cells with less than ``MIN_ROWS`` rows are too noisy to weigh as much as the others: those of a task
are pooled into one; if even that is too small, its rows join the smallest cell that is not. Both
are counted. A task without a large enough cell is a single cell, and thus its raw score.

The variance is that of the linearised estimator, clustered like every error here: with
a_t = d headline / d task, K_t cells and W_c the weights of cell c, row i moves the score by
a_t / K_t * (points_i - score_c * weights_i) / W_c; these are summed within clusters, squared,
summed, and corrected by G / (G - 1). Cells are taken as given. The interval is Student's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.evaluation._tails import student_quantile
from sextant.evaluation.aggregate import macro
from sextant.evaluation.benchmark import Combine, Headline
from sextant.evaluation.calibration import octave
from sextant.evaluation.rows import Rows, rows_of
from sextant.evaluation.score_table import Codes, ScoreTable
from sextant.evaluation.statistics import CONFIDENCE
from sextant.samples.sample import LETTERS

ANSWER = "answer"
FACTORS = (ANSWER, "object", "source")
"""Factors that are looked for: the answer itself, and the groups of these names."""

MIN_ROWS = 5


@dataclass(frozen=True, slots=True)
class FactorScore:
    """A score with equal weight for every level of some factors.

    Attributes:
        factors: Which; more than one = their combinations.
        score: See the module; None without a row.
        low, high: 95 % interval; None with less than two clusters.
        standard_error: Likewise.
        raw: The same headline (macro where it is micro) without equal weights.
        cells: That score, over all tasks, after pooling.
        thin_cells: Were pooled for having less than ``MIN_ROWS`` rows.
        thin_rows: Rows in these.
        worst, best: (task, level, score, rows) of the extreme cells of tasks with two or more;
            None where there is no such task.
    """

    factors: tuple[str, ...]
    score: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    raw: float | None
    cells: int
    thin_cells: int
    thin_rows: int
    worst: tuple[str, str, float, int] | None
    best: tuple[str, str, float, int] | None


def factor_scores(
    table: ScoreTable, headline: Headline, factors: Sequence[str] = FACTORS
) -> tuple[FactorScore, ...]:
    """Return the score normalised by each factor that varies, and by all of them at once.

    Args:
        table: The rows.
        headline: How tasks become one number.
        factors: ``answer`` or names of groups; those that the table lacks, or that do not vary
            within any task, are left out.
    """
    rows = rows_of(table, headline)
    levels = {name: found for name in factors if (found := _levels(rows, name)) is not None}
    made = [normalised(rows, headline, {name: codes}) for name, codes in levels.items()]
    if len(levels) > 1:
        made.append(normalised(rows, headline, levels))
    return tuple(made)


def answer_levels(table: ScoreTable) -> Codes:
    """Return the level of the answer of every row.

    The right letter of a choice, and of a number the octave of its true value, [1, 2), [2, 4), ...,
    as errors are relative: fixed edges, so that a level does not depend on which rows there are.
    """
    keys = np.full(len(table), _OTHER, dtype=np.int64)
    choice = table.correct >= 0
    keys[choice] = table.correct[choice]
    value = table.truth
    numeric = ~choice & np.isfinite(value)
    keys[numeric & (value == 0)] = _ZERO
    for sign in (1, -1):
        here = numeric & (sign * value > 0)
        keys[here] = sign * (_OCTAVE + octave(sign * value[here]))
    found, codes = np.unique(keys, return_inverse=True)
    return Codes(tuple(_answer_name(k) for k in found.tolist()), codes.astype(np.int32))


_OTHER, _ZERO, _OCTAVE = 1_000, 1_001, 10_000
"""Keys of answers: below _OTHER lie letters, around plus and minus _OCTAVE the octaves."""


def _answer_name(key: int) -> str:
    if abs(key) > _OCTAVE // 2:
        k = min(abs(key) - _OCTAVE, 1022)  # 2^1024 is no float.
        return f"{'-' if key < 0 else ''}[{math.ldexp(1.0, k):g}, {math.ldexp(1.0, k + 1):g})"
    return {_OTHER: "other", _ZERO: "0"}.get(key) or LETTERS[key]


def normalised(rows: Rows, headline: Headline, factors: dict[str, Codes]) -> FactorScore:
    """Return the score with equal weight for every combination of levels, within tasks.

    Args:
        rows: What the headline counts.
        headline: Its rule.
        factors: Factor -> its level for every row of ``rows``.
    """
    combine = headline.combine or macro
    names = tuple(factors)
    if not len(rows):
        return FactorScore(names, None, None, None, None, None, 0, 0, 0, None, None)
    cells, labels, task_of = _cells(rows, list(factors.values()))
    cells, labels, task_of, thin_cells, thin_rows = _pool(cells, labels, task_of)
    count = len(labels)
    weights = np.bincount(cells, weights=rows.weights, minlength=count)
    points = np.bincount(cells, weights=rows.points, minlength=count)
    weighed = weights > 0.0
    scores = np.divide(points, weights, out=np.zeros(count), where=weighed)
    tasks = rows.table.tasks.names
    per_task = np.bincount(task_of[weighed], minlength=len(tasks))
    sums = np.bincount(task_of[weighed], weights=scores[weighed], minlength=len(tasks))
    means = np.divide(sums, per_task, out=np.full(len(tasks), np.nan), where=per_task > 0)
    slopes = _slopes(combine, tasks, means)
    share = np.divide(slopes[task_of], per_task[task_of] * weights, out=np.zeros(count),
                      where=weighed)  # fmt: skip
    influence = share[cells] * (rows.points - scores[cells] * rows.weights)
    error, reach = _clustered(influence, rows.clusters)
    score = _combined(combine, tasks, means)
    low = high = None
    if score is not None and reach is not None:
        low, high = score - reach, score + reach
    worst, best = _extremes(rows, cells, labels, task_of, scores, weighed & (per_task[task_of] > 1))
    return FactorScore(
        factors=names,
        score=score,
        low=low,
        high=high,
        standard_error=error,
        raw=_combined(combine, tasks, _raw(rows)),
        cells=count,
        thin_cells=thin_cells,
        thin_rows=thin_rows,
        worst=worst,
        best=best,
    )


def _levels(rows: Rows, name: str) -> Codes | None:
    table = rows.table
    found = answer_levels(table) if name == ANSWER else table.groups.get(name)
    if found is None:
        return None
    codes = found.codes[rows.index]
    within = np.unique(np.asarray(rows.tasks, dtype=np.intp) * len(found.names) + codes)
    varies = len(within) > len(np.unique(rows.tasks))
    return Codes(found.names, codes) if varies else None


def _cells(
    rows: Rows, factors: Sequence[Codes]
) -> tuple[NDArray[np.intp], list[str], NDArray[np.intp]]:
    """Return the cell of every row, and name and task of every cell; sorted by task and names."""
    first = np.arange(len(rows))
    cells = np.asarray(rows.tasks, dtype=np.intp)
    for factor in factors:
        order = sorted(range(len(factor.names)), key=factor.names.__getitem__)
        rank = np.empty(len(order), dtype=np.intp)
        rank[order] = np.arange(len(order))
        keys = cells * len(order) + rank[factor.codes]
        _, first, cells = np.unique(keys, return_index=True, return_inverse=True)
    labels = [
        ", ".join(factor.names[factor.codes[k]] or "none" for factor in factors)
        for k in first.tolist()
    ]
    return cells, labels, np.asarray(rows.tasks, dtype=np.intp)[first]


def _pool(
    cells: NDArray[np.intp], labels: list[str], task_of: NDArray[np.intp]
) -> tuple[NDArray[np.intp], list[str], NDArray[np.intp], int, int]:
    """Pool the thin cells of each task; return cells, labels, tasks, and how much was pooled."""
    sizes = np.bincount(cells, minlength=len(labels))
    target = np.arange(len(labels))
    labels = list(labels)
    thin_cells = thin_rows = 0
    for task in np.unique(task_of).tolist():
        own = np.flatnonzero(task_of == task)
        thin, large = own[sizes[own] < MIN_ROWS], own[sizes[own] >= MIN_ROWS]
        if not len(thin):
            continue
        thin_cells += len(thin)
        thin_rows += int(sizes[thin].sum())
        into = thin[0]
        if len(large) and sizes[thin].sum() < MIN_ROWS:
            into = large[np.argmin(sizes[large])]
            labels[into] += " and thin cells"
        elif len(thin) > 1:
            labels[into] = "thin cells"
        target[thin] = into
    kept, renumbered = np.unique(target, return_inverse=True)
    return (
        renumbered[cells], [labels[k] for k in kept.tolist()], task_of[kept], thin_cells, thin_rows
    )  # fmt: skip


def _raw(rows: Rows) -> NDArray[np.float64]:
    count = len(rows.table.tasks.names)
    weights = np.bincount(rows.tasks, weights=rows.weights, minlength=count)
    points = np.bincount(rows.tasks, weights=rows.points, minlength=count)
    means = np.full(count, np.nan)
    np.divide(points, weights, out=means, where=weights > 0.0)
    return means


def _combined(combine: Combine, tasks: Sequence[str], means: NDArray[np.float64]) -> float | None:
    """Return what a rule makes of the tasks that have a score."""
    there = {tasks[k]: means[k : k + 1] for k in np.flatnonzero(~np.isnan(means)).tolist()}
    found = float(combine(there)[0]) if there else math.nan
    return None if math.isnan(found) else found


def _slopes(
    combine: Combine, tasks: Sequence[str], means: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return d combine / d task, by differences; exact for means of means."""
    there = np.flatnonzero(~np.isnan(means))
    slopes = np.zeros(len(tasks))
    step = 0.5
    shifted = means[there, None] + step * np.concatenate(
        [np.eye(len(there)), -np.eye(len(there))], axis=1
    )
    found = combine({tasks[k]: shifted[row] for row, k in enumerate(there.tolist())})
    ups, downs = found[: len(there)], found[len(there) :]
    slopes[there] = np.nan_to_num((ups - downs) / (2.0 * step))
    return slopes


def _clustered(
    influence: NDArray[np.float64], clusters: NDArray[np.int32]
) -> tuple[float | None, float | None]:
    """Return standard error and half the width of the interval."""
    groups = len(np.unique(clusters))
    if groups < 2:
        return None, None
    sums = np.bincount(clusters, weights=influence)
    error = math.sqrt(groups / (groups - 1) * float(sums @ sums))
    return error, error * student_quantile(1.0 - CONFIDENCE, groups - 1)


def _extremes(
    rows: Rows,
    cells: NDArray[np.intp],
    labels: Sequence[str],
    task_of: NDArray[np.intp],
    scores: NDArray[np.float64],
    eligible: NDArray[np.bool_],
) -> tuple[tuple[str, str, float, int] | None, tuple[str, str, float, int] | None]:
    if not eligible.any():
        return None, None
    sizes = np.bincount(cells, minlength=len(labels))
    among = np.flatnonzero(eligible)
    ends = among[np.argmin(scores[among])], among[np.argmax(scores[among])]
    worst, best = (
        (rows.table.tasks.names[task_of[k]], labels[k], float(scores[k]), int(sizes[k]))
        for k in ends
    )
    return worst, best
