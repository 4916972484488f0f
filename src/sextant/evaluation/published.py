"""Scores that others published, to stand beside one's own; always marked as published.

They were not measured with this package, and protocols differ in frames, prompts and extraction:
a few points between a published row and an own one say nothing (``docs`` of EASI calls a
difference of up to 2.5 points agreement).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from sextant.errors import CorruptInput

FORMAT = 1
MAIN_TABLE = "easi-8"
"""The table that lists whole models; the others vary one thing of one model."""


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One published number.

    Attributes:
        benchmark: Name as in ``evaluation.benchmarks``.
        model: As its publishers call it.
        percent: As printed, one decimal.
        table: Name of the table it stands in.
        setting: What the table varies, e.g. ``32 frames``; "" in the main table.
        group: Division of the table, e.g. ``proprietary``; "" where there is none.
        trust: How we know it: a key of ``trust_marks()``.
        source: Title of the publication.
        protocol: How it was measured, as far as it is known.
        note: Remark about the row; "" where there is none.
    """

    benchmark: str
    model: str
    percent: float
    table: str
    setting: str
    group: str
    trust: str
    source: str
    protocol: str
    note: str

    @property
    def score(self) -> float:
        """The score as a fraction, as everywhere inside."""
        return self.percent / 100

    @property
    def label(self) -> str:
        """Model and setting in one text."""
        return f"{self.model}, {self.setting}" if self.setting else self.model


def published_rows(benchmark: str, table: str | None = None) -> tuple[PublishedRow, ...]:
    """Return the published scores of a benchmark in the order of their tables.

    Args:
        benchmark: Its name; one without published scores gives an empty tuple.
        table: Only rows of this table, e.g. ``easi-8``; None = all.
    """
    return tuple(
        row
        for row in _stored()
        if row.benchmark == benchmark and (table is None or row.table == table)
    )


def published_benchmarks() -> tuple[str, ...]:
    """Return the benchmarks that have published scores here, sorted."""
    return tuple(sorted({row.benchmark for row in _stored()}))


def published_notes() -> Mapping[str, str]:
    """Return the remark of each table that has one, by the table's name."""
    return {t["name"]: t["note"] for t in _document()["tables"] if t.get("note")}


def trust_marks() -> Mapping[str, str]:
    """Return what the marks of ``PublishedRow.trust`` mean."""
    return dict(_document()["trust"])


def parse_published(document: Any) -> tuple[PublishedRow, ...]:
    """Read and check a document of published tables.

    Raises:
        CorruptInput: If a table or a row is not what it should be, naming it.
    """
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise CorruptInput(
            "not a document of published tables",
            where="published.json",
            expected=f"an object with format {FORMAT}",
            got=document.get("format") if isinstance(document, dict) else type(document).__name__,
        )
    rows: list[PublishedRow] = []
    for table in document.get("tables", ()):
        rows.extend(_rows_of(table, document))
    seen: set[tuple[str, str, str, str]] = set()
    for row in rows:
        key = (row.table, row.benchmark, row.model, row.setting)
        if key in seen:
            raise CorruptInput("a published row stands twice", where="published.json", got=key)
        seen.add(key)
    return tuple(rows)


def _rows_of(table: Mapping[str, Any], document: Mapping[str, Any]) -> list[PublishedRow]:
    name, columns = table["name"], table["columns"]
    where = f"published.json: {name}"
    if table["source"] not in document["sources"]:
        raise CorruptInput("unknown source", where=where, got=table["source"])
    rows = []
    for stored in table["rows"]:
        here = f"{where}: {stored['model']}"
        trust = stored.get("trust", table["trust"])
        if trust not in document["trust"]:
            raise CorruptInput("unknown mark of trust", where=here, got=trust)
        if len(stored["scores"]) != len(columns):
            raise CorruptInput(
                "a row is not as long as its table is wide",
                where=here,
                expected=len(columns),
                got=len(stored["scores"]),
            )
        for benchmark, percent in zip(columns, stored["scores"], strict=True):
            if percent is None:
                continue
            if isinstance(percent, bool) or not isinstance(percent, int | float):
                raise CorruptInput("a score is not a number", where=here, got=percent)
            if not (math.isfinite(percent) and 0 <= percent <= 100):
                raise CorruptInput(
                    "a score is no percentage", where=here, expected="0 to 100", got=percent
                )
            rows.append(
                PublishedRow(
                    benchmark=benchmark,
                    model=stored["model"],
                    percent=float(percent),
                    table=name,
                    setting=stored.get("setting", ""),
                    group=stored.get("group", ""),
                    trust=trust,
                    source=document["sources"][table["source"]]["title"],
                    protocol=table["protocol"],
                    note=stored.get("note", ""),
                )
            )
    return rows


@cache
def _document() -> Any:
    text = resources.files("sextant.evaluation").joinpath("published.json").read_text("utf-8")
    return json.loads(text)


@cache
def _stored() -> tuple[PublishedRow, ...]:
    return parse_published(_document())
