"""Tables of several runs side by side, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sextant.errors import InputError
from sextant.evaluation.score_table import ScoreTable


def aligned(a: ScoreTable, b: ScoreTable) -> tuple[ScoreTable, ScoreTable]:
    """Return the rows that both tables have, in the order of the first, with its scenes.

    A row that failed in one counts as failed in both, so that a headline leaves out the same rows,
    and the same groups of rotations, on either side.

    Raises:
        InputError: If the tables put a row into different tasks.
    """
    if a.ids != b.ids:
        place = {name: k for k, name in enumerate(b.ids)}
        rows = [(k, place[name]) for k, name in enumerate(a.ids) if name in place]
        of_a, of_b = np.array(rows, dtype=np.intp).reshape(-1, 2).T
        a, b = a.take(of_a), b.take(of_b)
    codes = {name: k for k, name in enumerate(a.tasks.names)}
    translated = np.array([codes.get(name, -1) for name in b.tasks.names], dtype=np.int32)
    differs = np.flatnonzero(a.tasks.codes != translated[b.tasks.codes])
    if len(differs):
        k = int(differs[0])
        raise InputError(
            "two runs put the same row into different tasks", where=a.ids[k],
            got=tuple(t.tasks.names[t.tasks.codes[k]] for t in (a, b)),
            hint="compare runs of one benchmark",
        )  # fmt: skip
    failed = ~(a.counted & b.counted)
    return _failing(a, failed, a), _failing(b, failed, a)


def _failing(table: ScoreTable, failed: NDArray[np.bool_], like: ScoreTable) -> ScoreTable:
    keep = ~failed
    return replace(
        table,
        clusters=like.clusters,
        tasks=like.tasks,
        points=table.points * keep,
        weights=table.weights * keep,
        status=table.status * keep,
    )


def answered_by_all(tables: Sequence[ScoreTable]) -> list[ScoreTable]:
    """Return the rows of every table that all have; failed in one is failed in all."""
    first = tables[0]
    for other in tables[1:]:
        first, _ = aligned(first, other)
    return [aligned(first, table)[1] for table in tables] if len(first) else []
