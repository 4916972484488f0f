"""How far the answers of a family follow from its texts: a score for every row, a table for all.

k-fold, folds drawn by scene: a row is judged by predictors that saw no row of its scene. Three of
them, the most frequent text, the most frequent place, and the linear predictor of ``linear_text``;
for each fold the one counts that is best on the other folds. Its accuracy less that of drawing an
option is the gap; its interval is of scenes, not rows (one scene's rows are no independent draws).

Numbers have mean relative accuracy (as VSI-Bench, 50 % to 95 %); their "chance" is the best
constant, learned on the other folds: a family's scale alone is no shortcut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sextant.corpus.light_rows import LightRow
from sextant.corpus.linear_text import choose, fit_choices, fit_numbers, predict_numbers
from sextant.corpus.prior_rows import FamilyRows, family_rows
from sextant.execution.seeds import generator_of

FOLDS = 5
MAX_TAUGHT = 50_000
"""Rows that a predictor learns from; more make no difference to a linear one."""

MAX_GAP = 0.05
"""A family whose gap is above this, beyond its interval, is a problem."""

SURE = 0.9
Z = 1.96

SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("task", pa.string(), nullable=False),
        pa.field("bias", pa.float64(), nullable=False),
        pa.field("hit", pa.float64(), nullable=False),
        pa.field("chance", pa.float64(), nullable=False),
    ]
)
"""``bias``: how much surer than chance the predictor is of the right answer; of numbers how much
more accurate than the constant. ``hit``: whether it gives the answer (of numbers: how well)."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One family, row by row.

    Attributes:
        rows: The family.
        bias, hit, chance: (N,) as in ``SCHEMA``.
        majority, accuracy: Means of the two predictors.
    """

    rows: FamilyRows
    bias: NDArray[np.float64]
    hit: NDArray[np.float64]
    chance: NDArray[np.float64]
    majority: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class TaskPrior:
    """A line of the table.

    Attributes:
        task, kind: Family, and form of answer.
        rows: How many.
        chance, majority, accuracy: Means, 0..1.
        gap, low, high: The better predictor above chance, and its interval.
        sure: Rows whose answer the predictor is ``SURE`` of, and right.
    """

    task: str
    kind: str
    rows: int
    chance: float
    majority: float
    accuracy: float
    gap: float
    low: float
    high: float
    sure: int

    def problem(self) -> str | None:
        """Say that the gap is beyond its limit for certain, or nothing."""
        if self.low <= MAX_GAP:
            return None
        return f"the text alone gives {self.gap * 100:+.1f} points above chance"

    def as_json(self) -> dict[str, Any]:
        """Return the figures for a file."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """All families."""

    judged: tuple[Judged, ...]
    tasks: tuple[TaskPrior, ...]

    def table(self) -> pa.Table:
        """Return the scores of all rows, ``SCHEMA``."""
        parts = [
            pa.Table.from_arrays(
                [
                    pa.array([f"{i:016x}" for i in j.rows.ids.tolist()], pa.string()),
                    pa.array([j.rows.task] * len(j.rows), pa.string()),
                    pa.array(j.bias), pa.array(j.hit), pa.array(j.chance),
                ],
                schema=SCHEMA,
            )
            for j in self.judged
        ]  # fmt: skip
        return pa.concat_tables(parts) if parts else SCHEMA.empty_table()


def prior_of(rows: Iterable[LightRow], *, seed: int = 0) -> Prior:
    """Judge every family of a corpus.

    Args:
        rows: Of the corpus; each is looked at once.
        seed: Decides folds and the order of learning.
    """
    judged = tuple(judge(family, seed=seed) for family in family_rows(rows))
    return Prior(judged, tuple(line_of(j) for j in judged))


def judge(rows: FamilyRows, *, weight: NDArray[np.float64] | None = None, seed: int = 0) -> Judged:
    """Judge one family, cross-validated.

    Args:
        rows: The family.
        weight: (N,) how much each row counts; 0 = it is not there.
        seed: Decides folds and the order of learning.
    """
    weight = np.ones(len(rows)) if weight is None else weight
    fold = folds(rows, seed)
    if rows.kind == "number":
        return _judge_numbers(rows, weight, fold)
    chance = rows.chance
    hits = np.tile(chance, (len(_WAYS), 1))
    sures = hits.copy()
    there = weight > 0
    for k in range(FOLDS):
        test = np.nonzero((fold == k) & there)[0]
        train = np.nonzero((fold != k) & there)[0]
        if not len(test) or not len(train):
            continue
        rng = generator_of("blind prior", seed, rows.task, k)
        order = rng.permutation(train)[:MAX_TAUGHT]
        table = fit_choices(rows.texts, order, weight)
        sures[0, test], hits[0, test] = choose(rows.texts, test, table)
        for way, (sure, hit) in enumerate(_common(rows, train, test, weight), start=1):
            sures[way, test], hits[way, test] = sure, hit
    simple = _better(hits[1:], weight, fold) + 1
    best = _better(hits, weight, fold)
    at = np.arange(len(rows))
    majority, accuracy = _mean(hits[simple, at], weight), _mean(hits[0], weight)
    return Judged(rows, sures[best, at] - chance, hits[best, at], chance, majority, accuracy)


_WAYS = ("linear", "text", "place")


def _better(
    hits: NDArray[np.float64], weight: NDArray[np.float64], fold: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return (N,) which predictor to believe: of each fold the one that is best on the others.

    Taking the best of several on the rows they are judged by would find a gap in pure noise.
    """
    chosen = np.zeros(hits.shape[1], dtype=np.int64)
    for k in range(FOLDS):
        others = weight * (fold != k)
        chosen[fold == k] = int(np.argmax(hits @ others))
    return chosen


def folds(rows: FamilyRows, seed: int) -> NDArray[np.int64]:
    """Return the fold of each row, by scene; by row where there are few scenes."""
    scenes, of = np.unique(rows.scene, return_inverse=True)
    rng = generator_of("blind prior folds", seed, rows.task)
    if len(scenes) < 2 * FOLDS:
        return rng.permutation(np.arange(len(rows)) % FOLDS)
    drawn: NDArray[np.int64] = rng.permutation(np.arange(len(scenes)) % FOLDS)[of]
    return drawn


def line_of(judged: Judged, weight: NDArray[np.float64] | None = None) -> TaskPrior:
    """Return the family's line of the table."""
    rows = judged.rows
    weight = np.ones(len(rows)) if weight is None else weight
    gain = judged.hit - judged.chance
    gap, error = _mean(gain, weight), _clustered_error(gain, weight, rows.scene)
    sure = (judged.bias + judged.chance >= SURE) if rows.kind != "number" else judged.hit >= SURE
    return TaskPrior(
        rows.task, rows.kind, int((weight > 0).sum()), _mean(judged.chance, weight),
        judged.majority, judged.accuracy, gap, gap - Z * error, gap + Z * error,
        int((sure & (weight > 0)).sum()),
    )  # fmt: skip


def _common(
    rows: FamilyRows, train: NDArray[np.int64], test: NDArray[np.int64], weight: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Yield (sure, hit) of the text that is right most often where shown, then of the place."""
    texts = rows.texts
    starts, options, correct = texts.option_starts, texts.options, texts.correct
    lengths = np.diff(starts)
    by_place = np.zeros((int(lengths.max()) + 1, int(lengths.max())))
    np.add.at(by_place, (lengths[train], correct[train]), weight[train])
    names, of = np.unique(options, return_inverse=True)
    owner = np.repeat(np.arange(len(rows)), lengths)
    teach = np.zeros(len(rows))
    teach[train] = weight[train]
    shown = np.bincount(of, teach[owner], len(names))
    right = np.bincount(of[starts[train] + correct[train]], weight[train], len(names))
    prior = np.bincount(of, teach[owner] * rows.chance[owner], len(names))
    # How much more often right than by chance, shrunk where it was shown seldom.
    rate = (right - prior) / (shown + 2.0)
    share = by_place / np.maximum(by_place.sum(axis=1, keepdims=True), 1e-9)
    place = np.arange(len(options)) - starts[owner]
    for score in (rate[of], share[lengths[owner], place] - rows.chance[owner]):
        top = np.maximum.reduceat(score, starts[:-1])
        # A lean of less than a point is no reason to prefer an option.
        best = score >= top[owner] - 0.01
        ties = np.add.reduceat(best.astype(np.float64), starts[:-1])
        mine = starts[test] + correct[test]
        sure = np.clip(score[mine] + rows.chance[test], 0.0, 1.0)
        yield sure, best[mine] / ties[test]


def _judge_numbers(
    rows: FamilyRows, weight: NDArray[np.float64], fold: NDArray[np.int64]
) -> Judged:
    value, there = rows.value, weight > 0
    logs = bool((value > 0).all())
    target = np.log(value) if logs else value
    constant, guess = np.zeros(len(rows)), np.zeros(len(rows))
    for k in range(FOLDS):
        test = np.nonzero((fold == k) & there)[0]
        train = np.nonzero((fold != k) & there)[0][:MAX_TAUGHT]
        if not len(test) or not len(train):
            continue
        constant[test] = _best_constant(value[train], weight[train])
        mean = float(np.average(target[train], weights=weight[train]))
        learned = fit_numbers(rows.texts, train, target - mean, weight)
        found = predict_numbers(rows.texts, test, learned) + mean
        guess[test] = np.exp(np.clip(found, -30, 30)) if logs else found
    plain, hit = relative_accuracy(constant, value), relative_accuracy(guess, value)
    best = _better(np.stack([plain, hit]), weight, fold)
    majority, accuracy = _mean(plain, weight), _mean(hit, weight)
    hit = np.where(best == 1, hit, plain)
    return Judged(rows, hit - plain, hit, plain, majority, accuracy)


def relative_accuracy(
    guess: NDArray[np.float64], value: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (N,) the share of tolerances 5 %, 10 %, ... 50 % that a guess keeps within."""
    error = np.abs(guess - value) / np.maximum(np.abs(value), 1e-9)
    tolerances = np.linspace(0.05, 0.5, 10)
    kept: NDArray[np.float64] = (error[:, None] <= tolerances + 1e-9).mean(axis=1)
    return kept


def _best_constant(value: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    candidates = np.unique(np.quantile(value, np.linspace(0.1, 0.7, 25)))
    worth = [
        float((relative_accuracy(np.full(len(value), c), value) * weight).sum())
        for c in candidates
    ]  # fmt: skip
    return float(candidates[int(np.argmax(worth))])


def _mean(values: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    return float((values * weight).sum() / max(weight.sum(), 1e-9))


def _clustered_error(
    gain: NDArray[np.float64], weight: NDArray[np.float64], scene: NDArray[np.uint64]
) -> float:
    """Return the standard error of a weighted mean whose rows come in clusters."""
    _, of = np.unique(scene, return_inverse=True)
    rest = (gain - _mean(gain, weight)) * weight
    sums = np.bincount(of, rest)
    clusters = max(2, len(sums))
    spread = float(np.sqrt((sums**2).sum() * clusters / (clusters - 1)))
    return spread / max(float(weight.sum()), 1e-9)
