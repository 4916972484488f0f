"""Predictions as JSON lines: Sextant's runs, plain id + reply files, lmms-eval's samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sextant.errors import CorruptInput, InputError
from sextant.evaluation._text_rows import decoded
from sextant.evaluation.predictions.lmms import lmms_prediction
from sextant.evaluation.predictions.notes import Notes
from sextant.evaluation.predictions.prediction import IDS, Prediction, id_of, text_of
from sextant.evaluation.predictions.streams import lines

REPLIES = ("reply", "prediction", "response", "output")
"""Names of fields that may hold the reply, the first that is there."""

TRUTHS = ("ground_truth", "gt_answer", "target")
TABLE_TRUTHS = ("answer", *TRUTHS)
"""Names of fields that may hold the true answer. Elsewhere ``answer`` may be the model's."""

_PLAIN = "plain"
"""Value of ``stress`` of a row that no stress test changed."""

Reader = Callable[[Mapping[str, Any], int, Notes], Prediction | None]


def jsonl_format(record: Mapping[str, Any], where: str, part: str = "") -> tuple[str, Reader]:
    """Tell from its first record what a file is, and how its records are read.

    Args:
        record: The first one.
        where: It stands.
        part: Of the benchmark that the file is about; see ``opening.PredictionFile``.

    Raises:
        InputError: If it has no columns of a known format, with those that it has.
    """
    if "doc_id" in record and ("filtered_resps" in record or "resps" in record):
        return "lmms-eval", partial(lmms_prediction, part=part)
    if "item" in record and "reply" in record:
        return "run", run_prediction
    ids = [name for name in IDS if name in record]
    replies = [name for name in REPLIES if name in record]
    if not ids or not replies:
        raise InputError(
            "the columns are not those of a prediction file", where=where,
            expected=f"one of {', '.join(IDS)}, and one of {', '.join(REPLIES)}; "
            "or doc_id and resps (lmms-eval)",
            got=", ".join(sorted(map(str, record))[:20]) or "none",
            hint="rename the columns",
        )  # fmt: skip

    table = (ids[0], replies[0]) == ("index", "prediction")
    truth = next((name for name in (TABLE_TRUTHS if table else TRUTHS) if name in record), "")

    def plain(record: Mapping[str, Any], number: int, notes: Notes) -> Prediction | None:
        return plain_prediction(record, number, ids, replies[0], truth, part)

    return "vlmevalkit" if table else "jsonl", plain


def read_jsonl(path: Path, notes: Notes, part: str = "") -> Iterator[Prediction]:
    """Yield the predictions of a file; broken lines are counted and left out.

    Raises:
        InputError: If its first record is of no known format.
    """
    reader: Reader | None = None
    for number, line in lines(path):
        try:
            record = decoded(line)
        except (ValueError, RecursionError) as error:
            if reader is None:
                raise CorruptInput(
                    "not a file of JSON lines", where=f"{path}: line {number}", got=error
                ) from error
            notes.add("broken_rows", f"line {number}")
            continue
        if reader is None and isinstance(record, dict):
            reader = jsonl_format(record, f"{path}: line {number}", part)[1]
        if not isinstance(record, dict) or reader is None:
            notes.add("broken_rows", f"line {number}")
            continue
        try:
            found = reader(record, number, notes)
        except InputError as error:
            if error.where is None:  # a reader knows the row, not the file
                raise type(error)(
                    error.what, where=f"{path}: line {number}", expected=error.expected,
                    got=error.got, hint=error.hint,
                ) from error  # fmt: skip
            raise
        except KeyError:
            notes.add("broken_rows", f"line {number}")
            continue
        if found is not None:
            yield found


def run_prediction(record: Mapping[str, Any], number: int, notes: Notes) -> Prediction | None:
    """Read a row of a run's ``predictions.jsonl``; None for a variant of a stress test."""
    if record.get("stress", _PLAIN) not in (_PLAIN, None, ""):
        notes.add("variants")
        return None
    name = id_of(record["item"])
    if name is None:
        raise KeyError("item")
    reply, error = text_of(record["reply"]), text_of(record.get("error"))
    return Prediction(
        (name,), reply, error if reply is None else None, truth=text_of(record.get("answer")),
        where=number,
    )  # fmt: skip


def plain_prediction(
    record: Mapping[str, Any], number: int, ids: Sequence[str], reply_name: str, truth: str,
    part: str,
) -> Prediction:  # fmt: skip
    """Read a row of ids and a reply; one without either is a ``KeyError``."""
    reply = text_of(record[reply_name])
    return Prediction(
        id_fields([id_of(record.get(name)) or "" for name in ids], part),
        reply,
        text_of(record.get("error")) if reply is None else None,
        truth=text_of(record.get(truth)),
        where=number,
    )


def id_fields(values: Sequence[str], part: str) -> tuple[str, ...]:
    """Return what may be a row's id; in a part of a benchmark also ``<part>_<first of them>``.

    Raises:
        KeyError: If there is none.
    """
    if not any(values):
        raise KeyError("id")
    return (*values, f"{part}_{values[0]}") if part else tuple(values)
