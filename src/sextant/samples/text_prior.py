"""What a choice can be guessed from without looking: predictors over texts alone.

Two of them, from narrow to wide. ``MajorityPrior`` answers what was mostly right for the same
template and option texts, falling back to the same variant and options, then to how often each
option text is right at all, then to the letter. ``WordPrior`` is a naive Bayes model over the
words of question and options. Corpora are audited with them, and benchmarks are answered with them
as a baseline (cf. the test-set stress test of arXiv 2511.04655).
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from hashlib import blake2b
from typing import Protocol

FOLDS = 5

SMOOTHING = 2.0
MAX_WORDS = 40
_WORD = re.compile(r"[a-z]+")
_MARKED = re.compile(r"\s*\bmarked [A-Z]\b")


class ChoiceText(Protocol):
    """The texts of a question with options, and which option is right."""

    @property
    def question(self) -> str:
        """The question, without options."""
        ...

    @property
    def options(self) -> tuple[str, ...]:
        """Option texts, in the order shown."""
        ...

    @property
    def correct(self) -> int:
        """Index of the right option; not looked at when answering."""
        ...

    @property
    def template(self) -> str:
        """What questions of one phrasing share."""
        ...

    @property
    def variant(self) -> str:
        """What phrasings of one meaning share."""
        ...


def fold_of(key: str, seed: int) -> int:
    """Return the fold of a row, 0..``FOLDS`` - 1."""
    digest = blake2b(f"{seed}/fold/{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") % FOLDS


def bare(text: str) -> str:
    """Return a name as all scenes share it: lower case, without the letter of its mark.

    >>> bare("Chair marked P")
    'chair'
    """
    return _MARKED.sub("", text).strip().lower()


class MajorityPrior:
    """The most frequent right answer for the same key, from the narrowest key that was seen."""

    def __init__(self, rows: Sequence[ChoiceText]) -> None:
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
    def _keys(row: ChoiceText) -> tuple[tuple[str, ...], ...]:
        texts = sorted(row.options)
        return ((row.template, *texts), (row.variant, *texts))

    def answer(self, row: ChoiceText) -> int:
        """Return the index of the option that is probably right."""
        for key in self._keys(row):
            counts = self.by_key.get(key)
            if counts is not None and sum(counts.values()) >= 2:
                best = max(counts.values())
                found = [i for i, text in enumerate(row.options) if counts[text] == best]
                if found:
                    return max(found, key=lambda i: self._rate(row, i))
        return max(range(len(row.options)), key=lambda i: self._rate(row, i))

    def _rate(self, row: ChoiceText, i: int) -> tuple[float, int]:
        text, n = row.options[i], len(row.options)
        shown, right = self.shown[row.variant, text], self.right[row.variant, text]
        rate = (right + SMOOTHING / n) / (shown + SMOOTHING) - 1 / n
        # A lean of less than what chance brings is no reason to prefer a text.
        return round(rate, 2), self.letters[n, i]


class WordPrior:
    """Naive Bayes: how much more often a word, or a word with an option's, is right than wrong."""

    def __init__(self, rows: Sequence[ChoiceText]) -> None:
        self.right: Counter[tuple[str, str]] = Counter()
        self.wrong: Counter[tuple[str, str]] = Counter()
        for row in rows:
            for i, features in enumerate(self._features(row)):
                (self.right if i == row.correct else self.wrong).update(features)

    @staticmethod
    def _features(row: ChoiceText) -> list[set[tuple[str, str]]]:
        asked = set(_WORD.findall(row.question.lower())[-MAX_WORDS:])
        options = []
        for i, option in enumerate(row.options):
            own = {(row.variant, bare(option)), (row.variant, f"place {i} of {len(row.options)}")}
            own |= {(row.variant, f"word {w}") for w in _WORD.findall(option.lower())}
            if len(option) < 40:
                own |= {(w, option.lower()) for w in asked}
            options.append(own)
        return options

    def answer(self, row: ChoiceText) -> int:
        """Return the index of the option that is probably right."""
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
