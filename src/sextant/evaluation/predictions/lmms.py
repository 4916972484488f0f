"""Rows that lmms-eval logs (``--log_samples``).

Read at commit 75571cfe: ``lmms_eval/evaluator.py`` builds a sample,
``loggers/evaluation_tracker.py`` flattens and writes it. ``filtered_resps`` is what was scored,
``resps`` what the model said; the latter is left out where they are equal. Older versions nest both
once more and keep ``doc``. The document's own id is found in ``doc`` or in what ``process_results``
returned; where there is none, ``doc_id`` is its position in the split.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sextant.errors import InputError
from sextant.evaluation.predictions.notes import Notes
from sextant.evaluation.predictions.prediction import IDS, Prediction, id_of, text_of

_DEPTH = 4


def lmms_prediction(
    record: Mapping[str, Any], number: int, notes: Notes, part: str = ""
) -> Prediction:
    """Read one logged sample.

    Args:
        record: The sample.
        number: Of its line.
        notes: What is odd about it.
        part: Of the benchmark that the file is about; its positions are ids then, too.

    Raises:
        InputError: If it holds log-likelihoods instead of replies.
        KeyError: If it is no sample.
    """
    position = record["doc_id"]
    if isinstance(position, bool) or not isinstance(position, int) or position < 0:
        raise KeyError("doc_id")
    scored = record.get("filtered_resps", record.get("resps"))
    said = record.get("resps", scored)
    reply, filtered = first_text(said, notes, number), first_text(scored, None, number)
    return Prediction(
        own_ids(record) + ((f"{part}_{position}",) if part else ()),
        filtered if reply is None else reply,
        position=position,
        filtered=filtered if filtered != reply else None,
        truth=text_of(record.get("target")),
        where=number,
    )


def first_text(value: Any, notes: Notes | None, number: int) -> str | None:
    """Return the first reply of nested lists.

    Raises:
        InputError: If they are pairs of a log-likelihood and a truth value.
    """
    for _ in range(_DEPTH):
        if not isinstance(value, list):
            return text_of(value)
        if not value:
            return None
        if len(value) == 2 and value[1] in ("True", "False", True, False) and _is_float(value[0]):
            raise InputError(
                "the samples hold log-likelihoods of options, not replies",
                expected="a task that generates text (output_type: generate_until)",
                got=str(value)[:60],
            )
        if len(value) > 1 and notes is not None:
            notes.add("several_replies", f"row {number}")
            notes = None
        value = value[0]
    return None


def own_ids(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what may be the document's id; "" for fields that the log does not have."""
    found = dict.fromkeys(IDS, "")
    for fields in _documents(record):
        for name in IDS:
            if not found[name] and name in fields:
                found[name] = id_of(fields[name]) or ""
    return tuple(found.values())


def _documents(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if isinstance(record.get("doc"), dict):
        yield record["doc"]
    for name, value in record.items():
        if isinstance(value, dict) and name != "doc":
            yield value


def _is_float(value: object) -> bool:
    try:
        return isinstance(value, str | float) and float(value) <= 0
    except ValueError:
        return False
