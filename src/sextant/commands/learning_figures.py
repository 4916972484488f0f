"""What a model learned, in figures: its scores by capability beside those of models that did not.

All runs ask the same questions, so each is compared with the blind one question by question, and
scenes, not questions, are what intervals are drawn over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sextant.evaluation.alignment import aligned
from sextant.evaluation.bootstrap import Resampler
from sextant.evaluation.breakdown import divide, lines, whole
from sextant.evaluation.run_folder import SCORES
from sextant.evaluation.score_table import Codes, ScoreTable
from sextant.evaluation.statistics import paired_difference
from sextant.evaluation.variants import BASE, PLAIN, STRESS

ALL = "all"
CAPABILITY = "capability"


@dataclass(frozen=True, slots=True)
class Contender:
    """One line of the table.

    Attributes:
        label: What it is called.
        run: Folder of its run.
        stress: Variants of a stress test instead of the plain questions.
    """

    label: str
    run: Path
    stress: str = PLAIN


def figures(
    contenders: Sequence[Contender], blind: str, trained: str, seed: int, ablated: str | None = None
) -> dict[str, Any]:
    """Return the scores of all contenders, and the trained one against the blind one.

    Args:
        contenders: In the order of the table.
        blind: Label of the one that has not seen a picture.
        trained: Label of the one that learned.
        seed: Of the bootstrap.
        ablated: Label of the trained one without the right pictures, if there is one.

    Returns:
        JSON values: ``models``, each with ``label`` and lines ``capabilities`` and ``tasks`` by
        name (n, clusters, score, low, high); ``differences`` of the trained and the blind one, by
        capability and over all, and ``by_task``; ``without_pictures``, the same of the trained one
        and itself without the right pictures.
    """
    tables = {c.label: _rows(c) for c in contenders}
    one, other = aligned(tables[trained], tables[blind])
    found: dict[str, Any] = {
        "models": [{"label": c.label, **_scores(tables[c.label], seed)} for c in contenders],
        "trained": trained,
        "blind": blind,
        "differences": _differences(one, other, one.groups[CAPABILITY]),
        "by_task": _differences(one, other, one.tasks),
    }
    if ablated is not None:
        mine, same = aligned(tables[trained], tables[ablated])
        found["ablated"] = ablated
        found["without_pictures"] = _differences(mine, same, mine.groups[CAPABILITY])
    return found


def loss_curve(run: Path, points: int = 60) -> list[tuple[int, float]]:
    """Return (step, loss) pairs of a training run, means over so many stretches of it."""
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text("utf-8").splitlines()]
    parts = np.array_split(np.arange(len(rows)), min(points, max(len(rows), 1)))
    return [
        (int(rows[part[-1]]["step"]), float(np.mean([rows[k]["loss"] for k in part])))
        for part in parts
        if len(part)
    ]


def _rows(contender: Contender) -> ScoreTable:
    """Return the rows of a contender, named by the question that they are about."""
    table = ScoreTable.read(contender.run / SCORES)
    stress = np.array(table.groups[STRESS].values())
    table = table.take(stress == contender.stress)
    if contender.stress == PLAIN:
        return table
    kept = {name: getattr(table, name) for name in ScoreTable.__slots__}
    return ScoreTable(**{**kept, "ids": tuple(table.groups[BASE].values())})


def _scores(table: ScoreTable, seed: int) -> Mapping[str, Any]:
    resampler = Resampler(table.clusters, seed)
    divisions = [
        divide(table, codes, resampler)
        for codes in (table.groups[CAPABILITY], whole(table, ALL), table.tasks)
    ]
    capabilities, everything, tasks = lines(table, divisions, resampler)
    short = ("n", "clusters", "score", "low", "high", "extraction_failure_share")
    return {
        group: {line.name: {key: asdict(line)[key] for key in short} for line in found}
        for group, found in (("capabilities", (*capabilities, *everything)), ("tasks", tasks))
    }


def _differences(a: ScoreTable, b: ScoreTable, codes: Codes) -> list[dict[str, Any]]:
    found = []
    levels = np.array(codes.values())
    for name in [*sorted(set(codes.names)), ALL]:
        keep = np.ones(len(a), dtype=bool) if name == ALL else levels == name
        one, other = a.take(keep & a.counted), b.take(keep & b.counted)
        tested = paired_difference(
            one.points / one.weights, other.points / other.weights, one.clusters.codes
        )
        found.append(
            {"name": name, "n": tested.n, "clusters": tested.clusters,
             "difference": tested.difference, "low": tested.interval[0],
             "high": tested.interval[1], "p": tested.p_value}
        )  # fmt: skip
    return found
