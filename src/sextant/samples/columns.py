"""The rules of ``validate`` over whole tables: some microseconds a row instead of a hundred.

A rule here may be stricter than the real one, never laxer. Rows that one of them finds suspicious
are looked at by ``check_sample``, which decides and says what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sextant.samples.sample import (
    ANSWER_TYPES,
    CAPABILITIES,
    DIFFICULTIES,
    LETTERS,
    SCHEMA,
    UNITS,
    Sample,
)
from sextant.samples.validate import IMAGE_MARK, SPLITS, check_sample

Mask = NDArray[np.bool_]

_CLOSED = {
    "capability": CAPABILITIES,
    "split": SPLITS,
    "answer_type": ANSWER_TYPES,
    "difficulty": DIFFICULTIES,
}
_FILLED = ("task", "source", "scene_id", "question", "answer", "license", "generator")

_PLAIN_NUMBER = r"^[+-]?[0-9]{1,200}(\.[0-9]{1,200})?$"

_BAD_PATH = r"[\\:\x00]|^/|(^|/)\.{0,2}(/|$)"
_NAMED_EXTERNAL = r"^external/[a-z0-9][a-z0-9_.-]{0,63}/"


def table_problems(table: pa.Table, limit: int | None = None) -> Iterator[tuple[int, list[str]]]:
    """Yield the malformed rows of a table and what is wrong with each.

    Args:
        table: Of ``SCHEMA``.
        limit: Stop after so many malformed rows.
    """
    if not table.schema.equals(SCHEMA):
        raise ValueError("not a table of samples")
    table = table.combine_chunks()
    found = 0
    for row in np.flatnonzero(suspects(table)):
        problems = row_problems(table, int(row))
        if problems:
            yield int(row), problems
            found += 1
            if found == limit:
                return


def row_problems(table: pa.Table, row: int) -> list[str]:
    """Return what is wrong with one row."""
    try:
        (fields,) = table.slice(row, 1).to_pylist()
        return check_sample(Sample.from_row(fields))
    except UnicodeDecodeError:
        return ["a text is not UTF-8"]
    except (TypeError, ValueError) as error:
        return [f"not a sample: {error}"]


def suspects(table: pa.Table) -> Mask:
    """Return which rows of a table of ``SCHEMA`` need a closer look; all that are wrong do."""
    try:
        table.validate(full=True)
    except pa.ArrowInvalid:  # a text that is not UTF-8, or offsets that lie
        return np.ones(len(table), dtype=bool)
    column = {name: _one(table[name]) for name in table.column_names}
    bad = np.zeros(len(table), dtype=bool)
    for field in SCHEMA:
        if not field.nullable and column[field.name].null_count:
            bad |= _mask(pc.is_null(column[field.name]))
    bad |= ~_matches(column["id"], "^[0-9a-f]{16}$")
    for name, known in _CLOSED.items():
        bad |= ~_mask(pc.is_in(column[name], value_set=pa.array(known)))
    for name in _FILLED:
        bad |= ~_matches(column[name], r"[!-~]|\pL|\pN")
    bad |= _image_suspects(column)
    bad |= _answer_suspects(column)
    return bad | _json_suspects(column)


def _image_suspects(column: dict[str, pa.Array]) -> Mask:
    images, frames = column["images"], column["frame_ids"]
    shown = _lengths(images)
    marks = pc.fill_null(pc.count_substring(column["question"], IMAGE_MARK), -1)
    bad: Mask = np.asarray(marks) != shown
    named = _lengths(frames)
    bad |= (named != 0) & (named != shown)
    paths = pc.list_flatten(images)
    odd = _matches(paths, _BAD_PATH)
    odd |= _mask(pc.starts_with(paths, "external/")) & ~_matches(paths, _NAMED_EXTERNAL)
    _blame(bad, images, odd | _mask(pc.is_null(paths)))
    _blame(bad, frames, _mask(pc.is_null(pc.list_flatten(frames))))
    texts = pc.list_flatten(column["options"])
    _blame(bad, column["options"], _mask(pc.match_substring(texts, IMAGE_MARK)) | _null(texts))
    for name in ("answer", "rationale", "turns"):
        bad |= _mask(pc.match_substring(column[name], IMAGE_MARK))
    return bad


def _answer_suspects(column: dict[str, pa.Array]) -> Mask:
    value, unit = column["value"], column["unit"]
    bad = ~(_null(value) | _mask(pc.is_finite(value)))
    bad |= ~_null(unit) & (_null(value) | ~_mask(pc.is_in(unit, value_set=pa.array(UNITS))))
    kind = column["answer_type"]
    choice = _mask(pc.equal(kind, "choice"))
    bad |= choice & (_null(column["options"]) | _null(column["answer_index"]))
    bad |= ~choice & ~(_null(column["options"]) & _null(column["answer_index"]))
    number = _mask(pc.equal(kind, "number"))
    if number.any():
        bad |= number & ~_matches(column["answer"], _PLAIN_NUMBER)
    boolean = _mask(pc.equal(kind, "boolean"))
    if boolean.any():
        bad |= boolean & ~_matches(column["answer"], "^(?i:yes|no)$")
    bad |= _mask(pc.equal(kind, "json"))
    rows = np.flatnonzero(choice & ~bad)
    if len(rows):
        taken = pa.array(rows)
        options = column["options"].take(taken).to_pylist()
        indices = column["answer_index"].take(taken).to_pylist()
        answers = column["answer"].take(taken).to_pylist()
        for row, texts, index, answer in zip(rows, options, indices, answers, strict=True):
            if not _is_choice(texts, index, answer):
                bad[row] = True
    return bad


def _is_choice(texts: list[str], index: int, answer: str) -> bool:
    if not 2 <= len(texts) <= len(LETTERS) or not 0 <= index < len(texts):
        return False
    if answer != LETTERS[index] and answer != texts[index]:
        return False
    read = {text.strip().casefold() for text in texts}
    return len(read) == len(texts) and "" not in read


def _json_suspects(column: dict[str, pa.Array]) -> Mask:
    bad = np.zeros(len(column["id"]), dtype=bool)
    evidence = column["evidence"].to_pylist()
    for row, text in enumerate(evidence):
        if text == "{}":
            continue
        try:
            bad[row] = not isinstance(orjson.loads(text), dict)
        except (orjson.JSONDecodeError, TypeError):
            bad[row] = True
    # Turns are rare and their rule is long: the real one sees them all.
    return bad | ~_null(column["turns"])


def _one(column: pa.ChunkedArray) -> pa.Array:
    chunks = column.combine_chunks()
    return chunks if isinstance(chunks, pa.Array) else pa.concat_arrays(chunks.chunks)


def _mask(values: Any) -> Mask:
    found: Mask = np.asarray(pc.fill_null(values, False), dtype=bool)
    return found


def _null(values: pa.Array) -> Mask:
    return _mask(pc.is_null(values))


def _matches(values: pa.Array, pattern: str) -> Mask:
    return _mask(pc.match_substring_regex(values, pattern))


def _lengths(lists: pa.Array) -> NDArray[np.int64]:
    return np.asarray(pc.fill_null(pc.list_value_length(lists), -1), dtype=np.int64)


def _blame(bad: Mask, lists: pa.Array, items: Mask) -> None:
    """Mark the rows whose items are marked."""
    if items.any():
        bad[np.asarray(pc.list_parent_indices(lists))[items]] = True
