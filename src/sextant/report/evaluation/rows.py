"""The plain rows of a run: what is neither a variant of a stress test nor a failed request."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sextant.evaluation.score_table import ROW_STATUSES, ScoreTable
from sextant.evaluation.variants import PLAIN, STRESS

RIGHT, WRONG, NO_ANSWER, REFUSED, FAILED = "right", "wrong", "no answer", "refused", "failed"


def plain_rows(table: ScoreTable) -> NDArray[np.bool_]:
    """Return a mask (n,) of the rows that no stress test made."""
    codes = table.groups.get(STRESS)
    if codes is None:
        return np.ones(len(table), dtype=np.bool_)
    plain = [name in (PLAIN, "") for name in codes.names]
    return np.asarray(plain, dtype=np.bool_)[codes.codes]


def worth(table: ScoreTable) -> NDArray[np.float64]:
    """Return how right each row is, (n,) 0..1; NaN where the request failed.

    The points of a rule that adjusts for chance are no fractions, so a choice counts by its letter.
    """
    points = np.clip(table.points, 0.0, 1.0)
    choice = table.correct >= 0
    hit = (table.chosen == table.correct).astype(np.float64)
    return np.where(table.counted, np.where(choice, hit, points), np.nan)


def verdicts(table: ScoreTable) -> list[str]:
    """Say in a word what became of every row."""
    right = worth(table) >= 0.5
    words = {"failed": FAILED, "refused": REFUSED, "answered": WRONG}
    named = [words.get(name, NO_ANSWER) for name in ROW_STATUSES]
    return [
        RIGHT if good else named[code]
        for good, code in zip(right.tolist(), table.status.tolist(), strict=True)
    ]
