"""The baselines as models: they study a whole set, then answer each question from other folds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from sextant.errors import ConventionError
from sextant.execution.seeds import generator_of
from sextant.models.blind.predictors import (
    CHOICE_PREDICTORS,
    FREE_PREDICTORS,
    Answerer,
    Predictor,
    Row,
    best_of,
    letter,
)
from sextant.models.blind.templates import templates_of
from sextant.models.messages import Question, Reply, Request
from sextant.samples.sample import LETTERS
from sextant.samples.text_prior import FOLDS, fold_of

SEED = 0


class Baseline:
    """A text-only baseline; see ``BlindModel``.

    Args:
        kind: One of ``BASELINES``.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._answers: dict[str, str] = {}
        self._studied = blake2b(digest_size=16)

    @property
    def name(self) -> str:
        """``blind:`` and the kind."""
        return f"blind:{self._kind}"

    def identity(self) -> Mapping[str, Any]:
        """Return what decides the answers: kind, folds, and what was studied."""
        return {
            "backend": "blind",
            "model": self._kind,
            "folds": FOLDS,
            "seed": SEED,
            "studied": self._studied.hexdigest(),
        }

    def environment(self) -> Mapping[str, Any]:
        """Return nothing: there is nothing but the questions."""
        return {}

    def study(self, questions: Iterable[Question]) -> None:
        """Work out the answer to each question from those of other folds.

        Raises:
            ConventionError: If an answer is none of the options, or an id comes twice.
        """
        self._answers = {}
        self._studied = blake2b(digest_size=16)
        by_task: dict[tuple[str, bool], list[Question]] = defaultdict(list)
        for question in questions:
            _check(question)
            seen = (question.id, question.fold_key, question.text, question.options)
            self._studied.update(repr((*seen, question.answer)).encode("utf-8", "surrogatepass"))
            by_task[question.task, question.options is None].append(question)
        for (_, free), found in sorted(by_task.items()):
            templates = templates_of([q.text for q in found])
            rows = [_row(q, t) for q, t in zip(found, templates, strict=True)]
            for row, answer in BASELINES[self._kind](rows, free):
                if row.id in self._answers:
                    raise ConventionError("two questions have the same id", got=row.id)
                self._answers[row.id] = answer

    def replies(self, requests: Iterable[Request]) -> Iterator[Reply]:
        """Answer requests by their ids; one that was not studied fails."""
        for request in requests:
            text = self._answers.get(request.id)
            error = "this question was not studied before it was asked" if text is None else None
            yield Reply(request.id, text, error, "stop")

    def close(self) -> None:
        """Give back nothing."""


Answered = Iterator[tuple[Row, str]]


def _chance(rows: Sequence[Row], free: bool) -> Answered:
    """Draw an option, seeded by the id; for a free answer, the truth of another fold's question."""
    truths: dict[int, list[str]] = defaultdict(list)
    for row in rows if free else ():
        truths[fold_of(row.fold_key, SEED)].append(row.answer)
    for row in rows:
        rng = generator_of(SEED, "chance", row.id)
        if not free:
            yield row, letter(int(rng.integers(len(row.options))))
            continue
        own = fold_of(row.fold_key, SEED)
        others = [t for fold in range(FOLDS) if fold != own for t in truths.get(fold, ())]
        yield row, others[int(rng.integers(len(others)))] if others else ""


def _crossed(predictor: Predictor, rows: Sequence[Row]) -> Answered:
    """Answer every row by a predictor made from the other folds."""
    folds: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        folds[fold_of(row.fold_key, SEED)].append(row)
    for fold in sorted(folds):
        train = [row for other in sorted(folds) if other != fold for row in folds[other]]
        answerer: Answerer | None = predictor(train) if train else None
        if answerer is None:
            # One fold alone teaches nothing.
            yield from _chance(folds[fold], not folds[fold][0].options)
            continue
        for row in folds[fold]:
            yield row, answerer(row)


def _most_frequent(rows: Sequence[Row], free: bool) -> Answered:
    """The task's most frequent letter or answer text, whichever is more often right; a median."""
    kinds = ("task",) if free else ("letter", "text")
    table = FREE_PREDICTORS if free else CHOICE_PREDICTORS
    return _crossed(best_of({name: table[name] for name in kinds}, SEED), rows)


def _prior(rows: Sequence[Row], free: bool) -> Answered:
    """The best of what texts tell; see ``predictors``."""
    return _crossed(best_of(FREE_PREDICTORS if free else CHOICE_PREDICTORS, SEED), rows)


BASELINES: Mapping[str, Callable[[Sequence[Row], bool], Answered]] = {
    "chance": _chance,
    "most_frequent": _most_frequent,
    "prior": _prior,
}


def _check(question: Question) -> None:
    if question.options is None:
        return
    allowed = LETTERS[: len(question.options)]
    if len(question.answer) != 1 or question.answer not in allowed:
        raise ConventionError(
            "the answer to a choice is the letter of an option",
            where=f"question {question.id}",
            expected=" or ".join(allowed),
            got=repr(question.answer),
        )


def _row(question: Question, template: str) -> Row:
    return Row(
        id=question.id,
        fold_key=question.fold_key,
        question=question.text,
        template=template,
        options=question.options or (),
        correct=LETTERS.index(question.answer) if question.options else -1,
        answer=question.answer,
        value=question.value,
    )
