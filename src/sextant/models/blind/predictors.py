"""How a baseline answers one task from the truths of other folds.

A predictor is made from training rows and answers rows it has not seen. ``prior`` tries several,
from narrow to wide, on a part of its training rows that it keeps back, and takes the best: what can
be guessed without looking is at least that much.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sextant.samples.sample import LETTERS
from sextant.samples.text_prior import MajorityPrior, WordPrior, fold_of

LEAST = 3
"""Rows of one key from which a narrower key is believed."""

TOLERANCES = tuple(0.05 * k for k in range(1, 11))
"""Relative errors at which a number counts, 5 % to 50 %, as for mean relative accuracy."""


@dataclass(frozen=True, slots=True)
class Row:
    """A question as predictors see it.

    Attributes:
        id, fold_key: As in ``Question``.
        question: Text without pictures.
        template: Its words without names and numbers.
        options: () where the answer is free.
        correct: Index of the right option; -1 where the answer is free.
        answer: As stored.
        value: The numeric truth; None where there is none.
    """

    id: str
    fold_key: str
    question: str
    template: str
    options: tuple[str, ...]
    correct: int
    answer: str
    value: float | None

    @property
    def variant(self) -> str:
        """All rows of a task are of one meaning."""
        return ""


Answerer = Callable[[Row], str]
Predictor = Callable[[Sequence[Row]], Answerer]


def letter(index: int) -> str:
    """Return the letter of an option."""
    return LETTERS[index]


def common_letter(rows: Sequence[Row]) -> Answerer:
    """Answer the letter that is most often right among questions with as many options."""
    counts: dict[int, Counter[int]] = defaultdict(Counter)
    for row in rows:
        counts[len(row.options)][row.correct] += 1

    def answer(row: Row) -> str:
        seen = counts.get(len(row.options), Counter())
        return letter(max(range(len(row.options)), key=lambda i: seen[i]))

    return answer


def common_text(rows: Sequence[Row]) -> Answerer:
    """Answer the option whose text was most often right; unknown texts, the common letter."""
    right = Counter(row.options[row.correct] for row in rows)
    otherwise = common_letter(rows)

    def answer(row: Row) -> str:
        best = max(range(len(row.options)), key=lambda i: right[row.options[i]])
        return letter(best) if right[row.options[best]] else otherwise(row)

    return answer


def majority(rows: Sequence[Row]) -> Answerer:
    """Answer what was mostly right for the same template and options; see ``MajorityPrior``."""
    model = MajorityPrior(rows)
    return lambda row: letter(model.answer(row))


def words(rows: Sequence[Row]) -> Answerer:
    """Answer by the words of question and options; see ``WordPrior``."""
    model = WordPrior(rows)
    return lambda row: letter(model.answer(row))


def common_answer(key: Callable[[Row], str]) -> Predictor:
    """Answer the most frequent answer, or the lower median of numbers, of rows of one key.

    Keys that were seen less than ``LEAST`` times fall back to the whole task.
    """

    def predictor(rows: Sequence[Row]) -> Answerer:
        by_key: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            by_key[key(row)].append(row)
        known = {k: _middle(found) for k, found in by_key.items() if len(found) >= LEAST}
        otherwise = _middle(rows)
        return lambda row: known.get(key(row), otherwise)

    return predictor


def _middle(rows: Sequence[Row]) -> str:
    values = sorted(row.value for row in rows if row.value is not None)
    if values and 2 * len(values) > len(rows):
        return f"{values[(len(values) - 1) // 2]:.10g}"
    counts = Counter(row.answer for row in rows)
    return min(counts, key=lambda text: (-counts[text], text)) if counts else ""


CHOICE_PREDICTORS: Mapping[str, Predictor] = {
    "letter": common_letter,
    "text": common_text,
    "majority": majority,
    "words": words,
}

FREE_PREDICTORS: Mapping[str, Predictor] = {
    "task": common_answer(lambda row: ""),
    "template": common_answer(lambda row: row.template),
    "question": common_answer(lambda row: row.question),
}


def worth(row: Row, answer: str) -> float:
    """Return 0..1: right or wrong, or for numbers the share of ``TOLERANCES`` that are met."""
    if row.options:
        return float(answer == letter(row.correct))
    if row.value is None:
        return float(answer == row.answer)
    try:
        error = abs(float(answer) - row.value)
    except ValueError:
        return 0.0
    return sum(error <= t * abs(row.value) for t in TOLERANCES) / len(TOLERANCES)


def best_of(predictors: Mapping[str, Predictor], seed: int) -> Predictor:
    """Return a predictor that takes the best of several, by rows that it keeps back.

    One fold in five of the training rows is kept back for the comparison; the winner is then made
    from all of them. Ties go to the earlier one.
    """

    def predictor(rows: Sequence[Row]) -> Answerer:
        kept_back = [row for row in rows if fold_of(row.fold_key, seed + 1) == 0]
        rest = [row for row in rows if fold_of(row.fold_key, seed + 1) != 0]
        if not kept_back or not rest:
            return next(iter(predictors.values()))(rows)

        def score(name: str) -> float:
            answerer = predictors[name](rest)
            return sum(worth(row, answerer(row)) for row in kept_back)

        return predictors[max(predictors, key=score)](rows)

    return predictor
