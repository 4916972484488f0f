"""Runs against each other, question by question.

Two scores with overlapping intervals may still differ beyond doubt, since both runs answer the same
questions: what the questions share cancels in the differences. So runs are brought side by side by
the ids of their rows, and only rows that both have answered are compared. Where many differences
are tested, some are large by chance; their p-values are corrected for that by Holm.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from sextant.errors import InputError, RecipeError
from sextant.evaluation._tails import student_two_sided
from sextant.evaluation.alignment import aligned, answered_by_all
from sextant.evaluation.benchmark import Headline
from sextant.evaluation.bootstrap import DRAWS, Interval, Resampler
from sextant.evaluation.breakdown import number
from sextant.evaluation.compared import Comparison, Pair, Tested
from sextant.evaluation.headlines import headline_draws, headline_scores
from sextant.evaluation.rows import Rows, rows_of
from sextant.evaluation.score_table import ScoreTable
from sextant.evaluation.statistics import holm, paired_difference


def compare(
    tables: Mapping[str, ScoreTable],
    headline: Headline,
    *,
    baseline: str | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> Comparison:
    """Compare runs of one benchmark.

    Args:
        tables: Run -> its rows; ids are matched.
        headline: The benchmark's score.
        baseline: The run that all others are compared with; None = all pairs, in order.
        seed: Of the bootstrap, which serves headlines that are no plain means.
        draws: Likewise.

    Raises:
        RecipeError: If there are less than two runs, or the baseline is none of them.
        InputError: If two runs have no row in common, or put the same row into different tasks.
    """
    if len(tables) < 2:
        raise RecipeError("a comparison needs two runs", got=", ".join(tables) or "none")
    if baseline is not None and baseline not in tables:
        raise RecipeError("the baseline is no run", got=baseline, expected=", ".join(tables))
    names = list(tables)
    if baseline is None:
        picked = list(combinations(names, 2))
    else:
        picked = [(name, baseline) for name in names if name != baseline]
    pairs = [_pair(a, b, tables[a], tables[b], headline, seed, draws) for a, b in picked]
    shared = answered_by_all(list(tables.values()))
    return Comparison(
        runs=tuple(names),
        baseline=baseline,
        common=int(shared[0].counted.sum()) if shared else 0,
        scores={
            name: headline_scores(table, [headline], Resampler(table.clusters, seed, draws))[0]
            if shared and table.counted.any()
            else None
            for name, table in zip(names, shared or tables.values(), strict=True)
        },
        pairs=tuple(_corrected(pairs)),
        draws=draws,
        seed=seed,
    )


def _pair(
    name_a: str,
    name_b: str,
    a: ScoreTable,
    b: ScoreTable,
    headline: Headline,
    seed: int,
    draws: int,
) -> Pair:
    of_a, of_b = len(a), len(b)
    a, b = aligned(a, b)
    if not len(a):
        raise InputError(
            "two runs have no row in common", where=f"{name_a}, {name_b}",
            hint="compare runs of one benchmark and one stress test",
        )  # fmt: skip
    counted = a.counted
    other = (a.correct != b.correct) | ((a.truth != b.truth) & ~(np.isnan(a.truth + b.truth)))
    micro = Headline("micro")
    rows = rows_of(a, micro), rows_of(b, micro)
    tasks = []
    for k in sorted(range(len(a.tasks.names)), key=a.tasks.names.__getitem__):
        here = rows[0].tasks == k
        tasks.append(_row_by_row(a.tasks.names[k], *(_some(r, here) for r in rows)))
    if headline.combine is None:
        tested = _row_by_row(headline.name, rows_of(a, headline), rows_of(b, headline))
    else:
        tested = _by_draws(a, b, headline, seed, draws)
    return Pair(
        a=name_a,
        b=name_b,
        common=len(a),
        answered=int(counted.sum()),
        only_a=of_a - len(a),
        only_b=of_b - len(a),
        keys_differ=int((other & counted).sum()),
        headline=tested,
        micro=_row_by_row("micro", *rows),
        tasks=tuple(tasks),
    )


def _some(rows: Rows, keep: NDArray[np.bool_]) -> Rows:
    return Rows(
        rows.table, rows.index[keep], rows.points[keep], rows.weights[keep], rows.chance[keep]
    )


def _row_by_row(name: str, a: Rows, b: Rows) -> Tested:
    """Test a plain mean: sum(points) / sum(weights), by the differences of rows."""
    found = paired_difference(_per_row(a), _per_row(b), a.clusters)
    exact = found.mcnemar
    return Tested(
        name=name,
        n=found.n,
        clusters=found.clusters,
        score_a=number(found.mean_a),
        score_b=number(found.mean_b),
        difference=number(found.difference),
        low=number(found.interval[0]),
        high=number(found.interval[1]),
        standard_error=number(found.standard_error),
        p_value=number(found.p_value),
        only_a=exact.only_a if exact else None,
        only_b=exact.only_b if exact else None,
        p_mcnemar=exact.p_value if exact else None,
    )


def _per_row(rows: Rows) -> NDArray[np.float64]:
    """Return what each row adds to the mean: its points by the mean weight."""
    scale = float(rows.weights.mean()) if len(rows) else 0.0
    return rows.points / scale if scale > 0.0 else np.full(len(rows), np.nan)


def _by_draws(a: ScoreTable, b: ScoreTable, headline: Headline, seed: int, draws: int) -> Tested:
    """Test any headline: both runs made anew from the same draws of scenes.

    The interval is that of the drawn differences; the p-value is Student's for their standard
    deviation, as draws alone could not tell p-values below 1 / draws.
    """
    resampler = Resampler(a.clusters, seed, draws)
    score_a, score_b = (headline_scores(t, [headline], resampler)[0] for t in (a, b))
    drawn_a, drawn_b = (headline_draws(t, headline, resampler) for t in (a, b))
    interval = Interval.of(drawn_a - drawn_b)
    p_value = difference = None
    if score_a.score is not None and score_b.score is not None:
        difference = score_a.score - score_b.score
        if interval.standard_error is not None:
            p_value = _p_value(difference, interval.standard_error, score_a.clusters)
    return Tested(
        name=headline.name,
        n=score_a.n,
        clusters=score_a.clusters,
        score_a=score_a.score,
        score_b=score_b.score,
        difference=difference,
        low=interval.low,
        high=interval.high,
        standard_error=interval.standard_error,
        p_value=p_value,
    )


def _p_value(difference: float, error: float, clusters: int) -> float | None:
    if error == 0.0:
        return 1.0 if difference == 0.0 else 0.0
    return number(student_two_sided(difference / error, clusters - 1))


def _corrected(pairs: Sequence[Pair]) -> list[Pair]:
    """Fill in the corrected p-values: one family for each kind of question."""
    headlines = _holm([pair.headline for pair in pairs])
    micros = _holm([pair.micro for pair in pairs])
    tasks = iter(_holm([task for pair in pairs for task in pair.tasks]))
    return [
        replace(
            pair,
            headline=headlines[k],
            micro=micros[k],
            tasks=tuple(next(tasks) for _ in pair.tasks),
        )
        for k, pair in enumerate(pairs)
    ]


def _holm(tested: Sequence[Tested]) -> list[Tested]:
    adjusted = holm([math.nan if t.p_value is None else t.p_value for t in tested])
    return [replace(t, p_holm=number(p)) for t, p in zip(tested, adjusted, strict=True)]
