"""A record of a set as a Python object, or the reason why it is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from sextant.corpus.importing.parquet_rows import Row
from sextant.corpus.importing.pieces import MAX_RECORD, Raw
from sextant.corpus.importing.set_rows import BrokenRow


def _text_size(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(_text_size(v) for v in value.values())
    return sum(_text_size(v) for v in value) if isinstance(value, list) else 0


def blank(raw: Raw) -> bool:
    """Return whether a line holds nothing."""
    return isinstance(raw.data, bytes) and not raw.data.strip()


def parsed(data: bytes | Row | None, columns: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """Return the object that a record is.

    Args:
        data: Its bytes, or a row of a table.
        columns: Our name of a key, and the record's.

    Raises:
        BrokenRow: If it is too long, no JSON, or no object.
    """
    if data is None or (isinstance(data, dict) and _text_size(data) > MAX_RECORD):
        raise BrokenRow("the record is too long")
    if isinstance(data, UnicodeDecodeError):
        raise BrokenRow("a text is no UTF-8", data)
    try:
        record = data if isinstance(data, dict) else orjson.loads(data)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise BrokenRow("not JSON", str(error)) from None
    if not isinstance(record, dict):
        raise BrokenRow("not an object", type(record).__name__)
    for ours, theirs in columns:
        if theirs not in record:
            raise BrokenRow("a column that was named is missing", theirs)
        record[ours] = record.pop(theirs)
    return record
