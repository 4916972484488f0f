"""Rows of conversations, as lines of JSON or as one JSON array."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson

from sextant.corpus.exporting.rows import ExportRow
from sextant.samples.sample import Sample

_BUFFER = 1 << 20

_REST = tuple(f.name for f in fields(Sample) if f.name != "images")


def conversations(texts: list[str]) -> list[dict[str, str]]:
    """Return turns as LLaVA, ShareGPT and SenseNova-SI write them.

    >>> conversations(["Which?", "A"])
    [{'from': 'human', 'value': 'Which?'}, {'from': 'gpt', 'value': 'A'}]
    """
    return [{"from": "gpt" if i % 2 else "human", "value": text} for i, text in enumerate(texts)]


def messages(texts: list[str]) -> list[dict[str, str]]:
    """Return turns as OpenAI writes them, with ``<image>`` in the texts."""
    return [
        {"role": "assistant" if i % 2 else "user", "content": text} for i, text in enumerate(texts)
    ]


def other_columns(sample: Sample) -> dict[str, Any]:
    """Return all columns but the images, which the row names itself."""
    return {name: getattr(sample, name) for name in _REST}


def with_sample(row: dict[str, Any], source: ExportRow, full: bool) -> dict[str, Any]:
    """Return the row with the key ``sextant`` that ``sextant import`` reads back, if asked for."""
    if full and source.sample is not None:
        row["sextant"] = other_columns(source.sample)
    return row


def write_lines(
    path: Path, rows: Iterable[ExportRow], shape: Callable[[ExportRow], dict[str, Any]]
) -> int:
    """Write one JSON object a line, UTF-8; return how many."""
    count = 0
    option = orjson.OPT_APPEND_NEWLINE
    with path.open("wb", buffering=_BUFFER) as file:
        for row in rows:
            file.write(orjson.dumps(shape(row), option=option))
            count += 1
    return count


def write_array(
    path: Path, rows: Iterable[ExportRow], shape: Callable[[ExportRow], dict[str, Any]]
) -> int:
    """Write one JSON array, an object a line; return how many."""
    count = 0
    with path.open("wb", buffering=_BUFFER) as file:
        file.write(b"[")
        for row in rows:
            file.write(b",\n" if count else b"\n")
            file.write(orjson.dumps(shape(row)))
            count += 1
        file.write(b"\n]\n")
    return count
