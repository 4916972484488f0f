"""What can be answered without looking: text-only predictors, cross-validated, per family.

Three of them, from narrow to wide. ``majority`` answers what was mostly right for the same task,
template and option texts, falling back to the same variant and options, then to how often each
option text is right at all, then to the letter. ``words`` is a naive Bayes model over the words of
question and options. A family whose questions cannot be answered from text stays near chance in
both. Folds are drawn by row: rows of one scene may lie in different folds, which favours the
predictor and so is the stricter audit.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from sextant.corpus.light_rows import LightRow, bare
from sextant.samples.subsets import heuristic_hits

FOLDS = 5
MAX_GAP = 0.08
"""Text-only accuracy may lie this far above chance."""

MAX_HEURISTIC_GAP = 0.15
"""A 2D heuristic may lie this far from chance."""

SMOOTHING = 2.0
MAX_WORDS = 40
_WORD = re.compile(r"[a-z]+")


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
    folds = [_fold(row.id, seed) for row in rows]
    majority = words = 0
    for fold in range(FOLDS):
        train = [row for row, f in zip(rows, folds, strict=True) if f != fold]
        test = [row for row, f in zip(rows, folds, strict=True) if f == fold]
        if not test:
            continue
        by_key, by_words = _Majority(train), _Words(train)
        majority += sum(by_key.answer(row) == row.correct for row in test)
        words += sum(by_words.answer(row) == row.correct for row in test)
    n = len(rows)
    chance = sum(row.chance for row in rows) / n
    return FamilyAudit(task, n, chance, majority / n, words / n, _heuristics(rows))


def _fold(row_id: str, seed: int) -> int:
    digest = blake2b(f"{seed}/fold/{row_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") % FOLDS


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


class _Majority:
    """The most frequent right answer for the same key, from the narrowest key that was seen."""

    def __init__(self, rows: Sequence[LightRow]) -> None:
        self.by_key: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        self.right: Counter[tuple[str, str]] = Counter()
        self.shown: Counter[tuple[str, str]] = Counter()
        self.letters: Counter[tuple[int, int]] = Counter()
        for row in rows:
            truth = row.options[row.correct]
            for key in self._keys(row):
                self.by_key[key][truth] += 1
            for text in set(row.options):
                self.shown[row.variant, text] += 1
            self.right[row.variant, truth] += 1
            self.letters[len(row.options), row.correct] += 1

    @staticmethod
    def _keys(row: LightRow) -> tuple[tuple[str, ...], ...]:
        texts = sorted(row.options)
        return ((row.template, *texts), (row.variant, *texts))

    def answer(self, row: LightRow) -> int:
        for key in self._keys(row):
            counts = self.by_key.get(key)
            if counts is not None and sum(counts.values()) >= 2:
                best = max(counts.values())
                found = [i for i, text in enumerate(row.options) if counts[text] == best]
                if found:
                    return max(found, key=lambda i: self._rate(row, i))
        return max(range(len(row.options)), key=lambda i: self._rate(row, i))

    def _rate(self, row: LightRow, i: int) -> tuple[float, int]:
        text, n = row.options[i], len(row.options)
        shown, right = self.shown[row.variant, text], self.right[row.variant, text]
        rate = (right + SMOOTHING / n) / (shown + SMOOTHING) - 1 / n
        # A lean of less than what chance brings is no reason to prefer a text.
        return round(rate, 2), self.letters[n, i]


class _Words:
    """Naive Bayes: how much more often a word, or a word with an option's, is right than wrong."""

    def __init__(self, rows: Sequence[LightRow]) -> None:
        self.right: Counter[tuple[str, str]] = Counter()
        self.wrong: Counter[tuple[str, str]] = Counter()
        for row in rows:
            for i, features in enumerate(self._features(row)):
                (self.right if i == row.correct else self.wrong).update(features)

    @staticmethod
    def _features(row: LightRow) -> list[set[tuple[str, str]]]:
        asked = set(_WORD.findall(row.question.lower())[-MAX_WORDS:])
        options = []
        for i, option in enumerate(row.options):
            own = {(row.variant, bare(option)), (row.variant, f"place {i} of {len(row.options)}")}
            own |= {(row.variant, f"word {w}") for w in _WORD.findall(option.lower())}
            if len(option) < 40:
                own |= {(w, option.lower()) for w in asked}
            options.append(own)
        return options

    def answer(self, row: LightRow) -> int:
        n = len(row.options)
        prior = SMOOTHING / n
        scores = []
        for features in self._features(row):
            score = 0.0
            for f in features:
                right, wrong = self.right[f], self.wrong[f]
                # Against the share that chance gives, shrunk towards it where little was seen.
                score += math.log((right + prior) / (right + wrong + SMOOTHING) * n)
            scores.append(score)
        return max(range(n), key=scores.__getitem__)
