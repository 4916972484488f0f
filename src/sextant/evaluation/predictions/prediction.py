"""One row of a prediction file, whatever wrote it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

IDS = ("index", "id", "question_id", "qid", "idx")
"""Names of fields that may hold the id of a question."""

FAILURES = ("Failed to obtain answer",)
"""What VLMEvalKit stores where a model gave nothing (``vlmeval/smp/file.py``: INFER_FAIL_MSG;
``... via API.`` and ``...: <error>`` are its longer forms). Such a row is no answer."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a file says about one question.

    Attributes:
        ids: What may be the id of the question; a file has the same fields in all rows, "" where
            one has nothing. Which of them it is, the benchmark's own ids tell (``replies``).
        reply: What the model said; None if there is nothing to be scored.
        error: Why not, one line.
        position: Of the question in the benchmark's own order, from 0; None where unknown.
        filtered: What the harness itself scored, where that differs from the reply.
        truth: The answer the file was scored against; a check that rows belong to questions.
        where: Line or row of the file, from 1.
    """

    ids: tuple[str, ...]
    reply: str | None
    error: str | None = None
    position: int | None = None
    filtered: str | None = None
    truth: str | None = None
    where: int = 0


def is_failure(reply: str) -> bool:
    """Tell whether a stored reply is a harness' message that there was none."""
    return reply.lstrip()[:32].startswith(FAILURES)


def text_of(value: Any) -> str | None:
    """Return a stored value as the text it stands for; None for null and NaN.

    Numbers keep the form in which the file format gives them: 1.0 is ``1.0`` and 1 is ``1``.
    """
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def id_of(value: Any) -> str | None:
    """Return a stored id as text; whole floats are integers (a column with a gap is one of floats).

    Returns:
        None if it cannot be an id.
    """
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else None
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) or None
