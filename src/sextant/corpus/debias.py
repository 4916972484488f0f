"""Rows left out, or counted less, until a family cannot be answered from its text.

Iterative pruning, as VSI-Bench was debiased (arXiv 2511.04655): judge the family by predictors that
did not see the row, leave out some of what they answer right, judge anew. Rows are drawn with a
probability that grows with their bias, not from the top: taking the most predictable ones first
turns a lean into its opposite. A family whose gap may be noise (its interval reaches 0) is left as
it is: pruning noise costs rows and gains nothing. The level is measured on other folds than those
that chose the rows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sextant.corpus.blind_prior import Judged, TaskPrior, judge, line_of
from sextant.corpus.light_rows import LightRow
from sextant.corpus.prior_rows import FamilyRows, family_rows
from sextant.execution.seeds import generator_of

LEVEL_MAX = 50

MAX_ROUNDS = 16
STEP = 0.7
"""Share of the rows that must go by the estimate, taken out before the next look."""

LEAST_ROWS = 20
LEAST_WEIGHT = 0.02

WEIGHTS_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("task", pa.string(), nullable=False),
        pa.field("weight", pa.float64(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one answer, or one template, lost: of ``rows`` so many, or so much weight."""

    what: str
    value: str
    rows: int
    lost: float


@dataclass(frozen=True, slots=True)
class TaskDebiased:
    """A family before and after.

    Attributes:
        task, kind: Family, and form of answer.
        rows: Before.
        kept: Rows, or sum of weights, after.
        before, after: Gaps, 0..1; ``low`` and ``high`` is the interval of the latter.
        rounds: Of pruning or weighing.
        reached: Whether the gap is within the level now.
        costs: By answer and by template.
    """

    task: str
    kind: str
    rows: int
    kept: float
    before: float
    after: float
    low: float
    high: float
    rounds: int
    reached: bool
    costs: tuple[Cost, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Debiased:
    """All families.

    Attributes:
        tasks: Line by line.
        removed: Ids that were left out; empty where rows were weighed.
        weights: Id, family and weight of every judged row.
        weighed: Whether rows were weighed.
    """

    tasks: tuple[TaskDebiased, ...]
    removed: tuple[str, ...]
    weights: tuple[tuple[FamilyRows, NDArray[np.float64]], ...]
    weighed: bool

    def weights_table(self) -> pa.Table:
        """Return every judged row's weight, ``WEIGHTS_SCHEMA``; 0 = left out."""
        parts = [
            pa.Table.from_arrays(
                [
                    pa.array([f"{i:016x}" for i in rows.ids.tolist()], pa.string()),
                    pa.array([rows.task] * len(rows), pa.string()), pa.array(weight),
                ],
                schema=WEIGHTS_SCHEMA,
            )
            for rows, weight in self.weights
        ]  # fmt: skip
        return pa.concat_tables(parts) if parts else WEIGHTS_SCHEMA.empty_table()

    def as_json(self) -> list[dict[str, Any]]:
        """Return the figures for a file."""
        return [asdict(task) for task in self.tasks]


def debias(
    rows: Iterable[LightRow], level: float, *, seed: int = 0, weigh: bool = False
) -> Debiased:
    """Bring every family to within ``level`` (0..1) of chance.

    Args:
        rows: Of the corpus.
        level: Largest gap between the better predictor and chance.
        seed: Decides folds and draws.
        weigh: Give weights instead of leaving rows out.
    """
    tasks, weights, removed = [], [], []
    for family in family_rows(rows):
        task, weight = _family(family, level, seed, weigh)
        tasks.append(task)
        weights.append((family, weight))
        removed += [] if weigh else [f"{i:016x}" for i in family.ids[weight == 0].tolist()]
    return Debiased(tuple(tasks), tuple(removed), tuple(weights), weigh)


def _family(
    rows: FamilyRows, level: float, seed: int, weigh: bool
) -> tuple[TaskDebiased, NDArray[np.float64]]:
    weight = np.ones(len(rows))
    rng = generator_of("debias", seed, rows.task)
    judged = judge(rows, seed=seed)
    first = line = line_of(judged, weight)
    rounds = 0
    for rounds in range(MAX_ROUNDS + 1):
        if (
            _is_near(line, level, first=rounds == 0)
            or rounds == MAX_ROUNDS
            or weight.sum() <= LEAST_ROWS
        ):
            break
        weight = _lighter(judged, weight, level) if weigh else _fewer(judged, weight, level, rng)
        judged = judge(rows, weight=weight, seed=seed + rounds + 1)
        line = line_of(judged, weight)
    kept = float(weight.sum())
    done = TaskDebiased(
        rows.task, rows.kind, len(rows), kept, first.gap, line.gap, line.low, line.high, rounds,
        _is_near(line, level, first=rounds == 0), tuple(_costs(rows, weight)),
    )  # fmt: skip
    return done, weight


def _is_near(line: TaskPrior, level: float, *, first: bool) -> bool:
    """Tell whether a family needs no (more) pruning: at first also if its gap may be noise."""
    return line.gap <= level or (first and line.low <= 0)


def _fewer(
    judged: Judged, weight: NDArray[np.float64], level: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Leave out rows by draws without replacement, by bias (Efraimidis and Spirakis, 2006)."""
    gain, there = judged.hit - judged.chance, weight > 0
    pull = np.where(there & (gain > 0), np.maximum(judged.bias, 0.02), 0.0)
    drawn = np.nonzero(pull)[0]
    if not len(drawn):
        return weight
    # Leaving out r rows of mean gain g brings the mean to (G - r g) / (n - r) = aim.
    aim, n, total = level * 0.5, int(there.sum()), float(gain[there].sum())
    mean = float(np.average(gain[drawn], weights=pull[drawn]))
    count = int(np.ceil(STEP * (total - aim * n) / max(mean - aim, 0.05)))
    count = max(1, min(count, len(drawn), n - LEAST_ROWS))
    keys = rng.random(len(drawn)) ** (1.0 / pull[drawn])
    gone = drawn[np.argsort(-keys, kind="stable")[:count]]
    fewer = weight.copy()
    fewer[gone] = 0.0
    return fewer


def _lighter(judged: Judged, weight: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """Weigh rows down by how much surer than chance the predictor is of them."""
    if judged.rows.kind == "number":
        factor = 1.0 - 0.9 * np.clip(judged.bias, 0, 1)
    else:
        sure = np.clip(judged.bias + judged.chance, 1e-3, 1.0)
        factor = np.minimum(1.0, (judged.chance / sure)) ** 0.7
    return np.maximum(weight * factor, LEAST_WEIGHT)


def _costs(rows: FamilyRows, weight: NDArray[np.float64]) -> list[Cost]:
    found = []
    for what, values in (("answer", rows.answers), ("template", rows.templates)):
        if what == "answer" and rows.kind == "number":
            continue
        before, lost = Counter(values), defaultdict[str, float](float)
        for value, w in zip(values, weight.tolist(), strict=True):
            lost[value] += 1.0 - w
        found += [
            Cost(what, value, before[value], round(lost[value], 3))
            for value in sorted(before, key=lambda v: (-lost[v], v))[:50]
        ]
    return found
