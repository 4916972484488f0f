"""Circular evaluation of any choice question: every rotation of the options is asked.

Shift s moves every option s places down, the last ones to the top. Shift 0 is the plain request,
so an item with n options costs n - 1 more. After CircularEval of MMBench (arXiv 2307.06281), which
comes with its rotations; here they are made for any set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.evaluation._tails import chi_square_above
from sextant.evaluation.items import Item
from sextant.evaluation.score_table import ScoreTable
from sextant.evaluation.stress._base import StressTest
from sextant.evaluation.stress._orders import moved, why_not_movable
from sextant.evaluation.stress._reading import (
    Bases,
    Scores,
    bases_of,
    number,
    placed,
    row_scores,
    rows_by_base,
    score_level,
    settings_of,
)
from sextant.evaluation.variants import Context, Json, Variant
from sextant.samples.sample import LETTERS

NAME = "circular"


@dataclass(frozen=True, slots=True, eq=False)
class Rotations:
    """Items that were answered in every rotation.

    Attributes:
        whole: (n,) of all items of the table, which these are.
        begun: Items with at least one rotation.
        vanilla, soft, hard: (n,) right as stored, mean over rotations, right in all; NaN for
            items that are not whole.
        same: (n,) 1 where all rotations got the same option, right or wrong; NaN likewise.
        chosen: By number of options, (items, options): the letter chosen at every shift, -1 where
            the reply has none.
        correct: Likewise, the right letter at every shift.
    """

    whole: NDArray[np.bool_]
    begun: int
    vanilla: Scores
    soft: Scores
    hard: Scores
    same: Scores
    chosen: Mapping[int, NDArray[np.int64]]
    correct: Mapping[int, NDArray[np.int64]]


def read_rotations(table: ScoreTable, bases: Bases | None = None) -> Rotations:
    """Bring the rotations of every item together.

    An item of which a rotation failed or was not asked is left out: counting it only where another
    rotation is wrong would lower the score.
    """
    bases = bases or bases_of(table)
    scores = row_scores(table)
    shifts = [int(s) for s in settings_of(table, NAME) if s.isdigit()]
    n = len(bases.rows)
    rows = np.full((n, max(shifts, default=0) + 1), -1, dtype=np.intp)
    rows[:, 0] = bases.rows
    for shift in shifts:
        rows[:, shift] = rows_by_base(table, bases, NAME, str(shift))
    begun = (rows[:, 1:] >= 0).any(axis=1)
    levels = np.full((4, n), np.nan)
    whole = np.zeros(n, dtype=np.bool_)
    chosen, correct = {}, {}
    for k in sorted(set(bases.options[begun].tolist())):
        mine = np.flatnonzero(begun & (bases.options == k))
        if k > rows.shape[1]:
            continue
        found = rows[mine, :k]
        worth = placed(scores, found)
        there = ~np.isnan(worth).any(axis=1)
        mine, found, worth = mine[there], found[there], worth[there]
        whole[mine] = True
        chosen[k] = table.chosen[found].astype(np.int64)
        correct[k] = table.correct[found].astype(np.int64)
        hard, same = worth.min(axis=1) >= 1.0, _consistent(chosen[k])
        levels[:, mine] = worth[:, 0], worth.mean(axis=1), hard, same
    vanilla, soft, hard, same = levels
    return Rotations(whole, int(begun.sum()), vanilla, soft, hard, same, chosen, correct)


def hard_chance(options: NDArray[np.int64]) -> Scores:
    """Return (n,) the chance of being right in all n rotations by drawing anew each time."""
    counts = np.maximum(options, 1).astype(np.float64)
    return np.asarray(counts**-counts)


@dataclass(frozen=True, slots=True)
class Circular(StressTest):
    """All rotations of the options."""

    def applies(self, item: Item, context: Context) -> str | None:
        """Options that can be moved."""
        return why_not_movable(item, context)

    def variants(self, item: Item, seed: int, context: Context) -> Iterator[Variant]:
        """Shifts 1 to n - 1."""
        n = len(item.options or ())
        for shift in range(1, n):
            order = [(k - shift) % n for k in range(n)]
            yield moved(item, order, self.name, str(shift))

    def read(self, table: ScoreTable) -> Mapping[str, Json]:
        """Return vanilla, soft and hard accuracy, their chance levels, and the position bias.

        ``consistent`` is the share of items whose rotations all got the same option, right or
        wrong. ``chance`` is that of drawing an option anew in every rotation; a model that draws
        one and stays with it has ``chance_if_consistent`` in all three.
        """
        bases = bases_of(table)
        found = read_rotations(table, bases)
        options = bases.options[found.whole]
        once, always = 1.0 / np.maximum(options, 1), hard_chance(options)
        guess = _mean(once)
        return {
            "stress": self.name,
            "items": int(found.whole.sum()),
            "incomplete": found.begun - int(found.whole.sum()),
            "requests": int(options.sum()),
            "vanilla": {**score_level(found.vanilla, bases.clusters), "chance": guess},
            "soft": {**score_level(found.soft, bases.clusters), "chance": guess},
            "hard": {
                **score_level(found.hard, bases.clusters),
                "chance": _mean(always),
                "chance_if_consistent": guess,
            },
            "consistent": _mean(found.same[found.whole]),
            "position_bias": rotation_bias(found.chosen, found.correct),
        }


def rotation_bias(
    chosen: Mapping[int, NDArray[np.int64]], correct: Mapping[int, NDArray[np.int64]]
) -> dict[str, Json]:
    """Return which letters are chosen, and whether more unevenly than options alone explain.

    Over all rotations every option stands once in every place, so a model that looks at the texts
    chooses every letter equally often. The test takes an item's rotations together: without a
    position bias the letters it got are as likely as the same letters all moved on by r places,
    for every r, so the sum of items' letter counts has mean zero and known variance in every
    frequency k = 1 .. n-1 of the discrete Fourier transform along the letters. The statistic is
    sum over k of |sum of the items' k-th coefficients|^2 / sum of their squares, chi-square with
    as many degrees of freedom as there are frequencies in which any item varies. (A chi-square
    test of the pooled histogram takes rotations of one item as independent and is wrong here.)

    Args:
        chosen: By number of options n, (items, n) letters by shift, -1 for none.
        correct: Likewise, the right letters.
    """
    tables: list[Json] = []
    statistic, freedom = 0.0, 0
    for n in sorted(chosen):
        letters, right = chosen[n], correct[n]
        counts = np.stack([(letters == k).sum(axis=1) for k in range(n)], axis=1)
        waves = np.fft.fft(counts, axis=1)[:, 1:]
        spread = (np.abs(waves) ** 2).sum(axis=0)
        varied = spread > 1e-9
        sums = np.abs(waves.sum(axis=0)) ** 2
        value = float((sums[varied] / spread[varied]).sum())
        statistic, freedom = statistic + value, freedom + int(varied.sum())
        answered = max(1, int((letters >= 0).sum()))
        tables.append(
            {
                "options": n,
                "items": len(letters),
                "letters": list(LETTERS[:n]),
                "chosen": counts.sum(axis=0).tolist(),
                "share": (counts.sum(axis=0) / answered).tolist(),
                "accuracy_by_place_of_answer": [
                    number(float((letters[right == k] == k).mean()) if len(letters) else np.nan)
                    for k in range(n)
                ],
                "statistic": value,
                "degrees_of_freedom": int(varied.sum()),
                "p_value": chi_square_above(value, int(varied.sum())),
            }
        )
    return {
        "by_options": tables,
        "statistic": statistic,
        "degrees_of_freedom": freedom,
        "p_value": chi_square_above(statistic, freedom),
    }


def _consistent(chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    n = chosen.shape[1]
    texts = (chosen - np.arange(n)) % n
    return np.asarray(
        (chosen >= 0).all(axis=1) & (texts == texts[:, :1]).all(axis=1), dtype=np.float64
    )


def _mean(values: NDArray) -> float | None:
    return float(values.mean()) if len(values) else None


STRESS = Circular(NAME)
