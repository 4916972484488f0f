"""What can be answered without looking: text-only predictors, cross-validated, per family.

``majority`` and ``words`` are the predictors of ``samples/text_prior``. A family whose questions
cannot be answered from text stays near chance in both. Folds are drawn by row: rows of one scene
may lie in different folds, which favours the predictor and so is the stricter audit.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sextant.corpus.light_rows import LightRow
from sextant.samples.subsets import heuristic_hits
from sextant.samples.text_prior import FOLDS, MajorityPrior, WordPrior, fold_of

MAX_GAP = 0.08
"""Text-only accuracy may lie this far above chance."""

MAX_HEURISTIC_GAP = 0.15
"""A 2D heuristic may lie this far from chance."""


@dataclass(slots=True)
class FamilyAudit:
    """How a family fares against predictors that do not look.

    Attributes:
        task: The family.
        rows: Rows with options or yes/no.
        chance: Mean accuracy of drawing an option.
        majority, words: Cross-validated accuracies.
        heuristics: Name to (rows with an opinion, accuracy, chance on them, by definition).
    """

    task: str
    rows: int
    chance: float
    majority: float
    words: float
    heuristics: dict[str, tuple[int, float, float, bool]] = field(default_factory=dict)

    @property
    def gap(self) -> float:
        """Accuracy of the majority predictor above chance."""
        return self.majority - self.chance

    @property
    def noise(self) -> float:
        """Standard error of an accuracy at chance on so many rows."""
        return math.sqrt(self.chance * (1 - self.chance) / max(1, self.rows))

    def problems(self) -> list[str]:
        """Return what exceeds its limit by more than sampling noise could explain."""
        found = []
        slack = 2 * self.noise
        if self.gap > MAX_GAP + slack:
            found.append(f"text-only majority {self.gap * 100:+.1f} points from chance")
        for name, (n, accuracy, chance, defined) in self.heuristics.items():
            noise = 2 * math.sqrt(chance * (1 - chance) / max(1, n))
            if not defined and abs(accuracy - chance) > MAX_HEURISTIC_GAP + noise:
                found.append(f"{name} {(accuracy - chance) * 100:+.1f} points from chance")
        return found


def audit_blind(rows: Iterable[LightRow], seed: int = 0) -> list[FamilyAudit]:
    """Audit every family that has options or yes/no answers.

    Args:
        rows: Light rows of a corpus; free answers are skipped.
        seed: Decides the folds.

    Returns:
        One entry per family, sorted by id.
    """
    by_task: dict[str, list[LightRow]] = defaultdict(list)
    for row in rows:
        if row.options:
            by_task[row.task].append(row)
    return [_audit(task, by_task[task], seed) for task in sorted(by_task)]


def _audit(task: str, rows: Sequence[LightRow], seed: int) -> FamilyAudit:
    folds = [fold_of(row.id, seed) for row in rows]
    majority = words = 0
    for fold in range(FOLDS):
        train = [row for row, f in zip(rows, folds, strict=True) if f != fold]
        test = [row for row, f in zip(rows, folds, strict=True) if f == fold]
        if not test:
            continue
        by_key, by_words = MajorityPrior(train), WordPrior(train)
        majority += sum(by_key.answer(row) == row.correct for row in test)
        words += sum(by_words.answer(row) == row.correct for row in test)
    n = len(rows)
    chance = sum(row.chance for row in rows) / n
    return FamilyAudit(task, n, chance, majority / n, words / n, _heuristics(rows))


def _heuristics(rows: Sequence[LightRow]) -> dict[str, tuple[int, float, float, bool]]:
    hits: dict[str, list[float]] = defaultdict(list)
    chances: dict[str, list[float]] = defaultdict(list)
    defined: set[str] = set()
    for row in rows:
        defined.update(row.by_definition)
        for name, hit in heuristic_hits(row.answer, {"heuristics": row.heuristics}).items():
            hits[name].append(hit)
            chances[name].append(row.chance)
    return {
        name: (
            len(found),
            sum(found) / len(found),
            sum(chances[name]) / len(found),
            name in defined,
        )
        for name, found in sorted(hits.items())
    }
