"""Which questions the gallery shows: a fair draw of what runs have wrong or disagree about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sextant.evaluation.score_table import ScoreTable
from sextant.report.evaluation.lines import Json
from sextant.report.evaluation.rows import RIGHT, plain_rows, verdicts, worth
from sextant.report.evaluation.runs import Run
from sextant.report.statistics import priority

DISAGREE = "runs disagree"
APART = 0.5
"""Runs disagree on a question if one of them has at least so much more of it right."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What one run made of a question.

    Attributes:
        run: The run.
        table, row: Where its score stands.
        verdict: In a word.
        stored: Its prediction; empty if none is stored.
    """

    run: Run
    table: ScoreTable
    row: int
    verdict: str
    stored: Json


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A question of the gallery."""

    id: str
    benchmark: str
    task: str
    kind: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Scored:
    run: Run
    table: ScoreTable
    places: Mapping[str, int]
    said: Sequence[str]
    worth: Sequence[float]


def choose(benchmark: str, runs: Sequence[Run], per_task: int, most: int, seed: int) -> list[Shown]:
    """Draw questions of a benchmark, at most ``per_task`` of each task and kind.

    A kind is how the first run failed, or that the runs disagree where there are several. The draw
    is by hash of the question's id, so it depends neither on the order of rows nor on chance.
    """
    scored = [s for run in runs if (s := _scored(run)) is not None]
    if not scored or per_task <= 0:
        return []
    candidates: dict[tuple[str, str], list[tuple[int, str]]] = {}
    first = scored[0]
    tasks = first.table.tasks.values()
    for name, row in first.places.items():
        kind = _kind(name, scored)
        if kind is not None:
            key = (tasks[row], kind)
            candidates.setdefault(key, []).append((priority(seed, name), name))
    drawn: list[tuple[int, str, str, str]] = []
    for (task, kind), entries in sorted(candidates.items()):
        for rank, (_, name) in enumerate(sorted(entries)[:per_task]):
            drawn.append((rank, task, kind, name))
    kept = sorted(drawn)[:most]  # The first of every task and kind before the second of any.
    kept.sort(key=lambda entry: (entry[1], entry[2], entry[0]))
    wanted = {name for *_, name in kept}
    stored = [{} if s.run.files is None else s.run.files.predictions(wanted) for s in scored]
    return [
        Shown(name, benchmark, task, kind, _answers(name, scored, stored))
        for _, task, kind, name in kept
    ]


def _scored(run: Run) -> _Scored | None:
    table = None if run.files is None else run.files.table()
    if table is None:
        return None
    rows = np.flatnonzero(plain_rows(table)).tolist()
    places = {table.ids[row]: row for row in rows}
    return _Scored(run, table, places, verdicts(table), worth(table).tolist())


def _kind(name: str, scored: Sequence[_Scored]) -> str | None:
    rows = [(s, s.places[name]) for s in scored if name in s.places]
    if len(scored) > 1:
        values = [s.worth[row] for s, row in rows if s.worth[row] == s.worth[row]]
        return DISAGREE if len(values) > 1 and max(values) - min(values) >= APART else None
    said = rows[0][0].said[rows[0][1]]
    return None if said == RIGHT else said


def _answers(
    name: str, scored: Sequence[_Scored], stored: Sequence[Mapping[str, Json]]
) -> tuple[Answer, ...]:
    return tuple(
        Answer(s.run, s.table, row, s.said[row], found.get(name, {}))
        for s, found in zip(scored, stored, strict=True)
        if (row := s.places.get(name)) is not None
    )
