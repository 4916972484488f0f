"""VLMEvalKit's prediction tables: .tsv, .csv, .json, .xlsx with ``index`` and ``prediction``.

Read at commit e8e78f05: ``vlmeval/smp/file.py`` (``dump``, ``load``, ``_prediction_table``). The
harness writes the benchmark's own table without its images and with the replies; it scores with
pandas, which makes NaN of texts such as ``None`` and ``N/A``. Here a cell is its text.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from sextant.errors import CorruptInput, InputError
from sextant.evaluation.predictions.cells import Cell
from sextant.evaluation.predictions.jsonl import (
    REPLIES,
    TABLE_TRUTHS,
    Reader,
    id_fields,
    jsonl_format,
)
from sextant.evaluation.predictions.notes import Notes
from sextant.evaluation.predictions.prediction import IDS, Prediction, id_of, text_of
from sextant.evaluation.predictions.streams import MAX_LINE, binary, not_utf8, whole
from sextant.evaluation.predictions.workbook import read_sheet


def read_delimited(
    path: Path, delimiter: str, notes: Notes, part: str = ""
) -> Iterator[Prediction]:
    """Yield the predictions of a .tsv or .csv file.

    Raises:
        InputError: If the columns are not there, with those that are.
        CorruptInput: If it is not UTF-8 or a quote is never closed.
    """
    with binary(path) as stream:
        rows = csv.reader(_decoded(stream, path), delimiter=delimiter, strict=True)
        # The module's limit is one for the process; 128 KiB are too few for a chain of thought.
        before = csv.field_size_limit(MAX_LINE)
        try:
            columns: _Columns | None = None
            for row in rows:
                if columns is None:
                    columns = _Columns([Cell(name) for name in row], path, part)
                elif row:
                    found = columns.prediction([Cell(text or None) for text in row],
                                               rows.line_num, notes)  # fmt: skip
                    if found is not None:
                        yield found
        except csv.Error as error:
            raise CorruptInput(
                "the table is damaged", where=f"{path}: line {rows.line_num}", got=error,
                expected="quotes in pairs, quotes inside of quoted cells doubled",
            ) from error  # fmt: skip
        finally:
            csv.field_size_limit(before)


def _decoded(stream: BinaryIO, path: Path) -> Iterator[str]:
    """Decode line by line; a cell may go over several."""
    number = 0
    while line := stream.readline(MAX_LINE + 1):
        number += 1
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise not_utf8(f"{path}: line {number}", error) from error


def read_xlsx(path: Path, notes: Notes, part: str = "") -> Iterator[Prediction]:
    """Yield the predictions of a workbook's first sheet.

    Raises:
        InputError: If the columns are not there, or it is no workbook.
    """
    columns: _Columns | None = None
    for number, row in read_sheet(path, notes):
        if columns is None:
            columns = _Columns(row, path, part)
        elif (found := columns.prediction(row, number, notes)) is not None:
            yield found


class _Columns:
    """Where in a row the fields of a prediction stand."""

    def __init__(self, header: Sequence[Cell], path: Path, part: str) -> None:
        names = [(cell.text or "").strip() for cell in header]
        where = {name: k for k, name in reversed(list(enumerate(names)))}
        ids = [name for name in IDS if name in where]
        replies = [name for name in REPLIES if name in where]
        doubled = sorted({n for n in names if names.count(n) > 1 and n in (*IDS, *REPLIES)})
        if not ids or not replies or doubled:
            raise InputError(
                "the columns are not those of a prediction table", where=path,
                expected="index and prediction, each once",
                got=", ".join(names[:30]) or "none",
                hint="is it the file of judged scores, or the benchmark itself?",
            )  # fmt: skip
        self._ids, self._reply, self._part = [where[name] for name in ids], where[replies[0]], part
        self._truth = next((where[name] for name in TABLE_TRUTHS if name in where), None)

    def prediction(self, row: Sequence[Cell], number: int, notes: Notes) -> Prediction | None:
        """Return a row's prediction; None, and a note, if it has no id."""
        try:
            ids = id_fields([_id(row[k]) if k < len(row) else "" for k in self._ids], self._part)
        except KeyError:
            if any(cell.text for cell in row):
                notes.add("broken_rows", f"row {number} has no id")
            return None
        name = ids[0]
        reply = row[self._reply] if self._reply < len(row) else Cell(None)
        truth = None
        if self._truth is not None and self._truth < len(row):
            truth = row[self._truth].text
        error = None
        if reply.text is None:
            notes.add("blank_cells", name)
            error = "the cell is blank"
        elif reply.at_limit:
            notes.add("truncated_cells", name)
            if "<think" in reply.text and "</think" not in reply.text:
                notes.add("cut_off", name)
                reply, error = Cell(None), "cut off by the spreadsheet before the reasoning ends"
        return Prediction(ids, reply.text, error, truth=truth, where=number)


def _id(cell: Cell) -> str:
    """Return a cell's id; numeric 12.0 and 1.2E1 are 12."""
    text = cell.text or ""
    if not cell.numeric:
        return text
    try:
        return id_of(float(text)) or text
    except ValueError:
        return text


def read_json(path: Path, notes: Notes, part: str = "") -> Iterator[Prediction]:
    """Yield the predictions of a .json file.

    It may be a list of records, a mapping of columns, ``{"columns", "data"}``, lmms-eval's old
    ``{"logs": [...]}``, or a plain mapping of ids to replies.

    Raises:
        InputError: If it is nothing of that.
    """
    try:
        stored = json.loads(whole(path))
    except (ValueError, RecursionError) as error:
        raise CorruptInput("not a JSON file", where=path, got=error) from error
    reader: Reader | None = None
    for number, record in enumerate(_records(stored, path), 1):
        if not isinstance(record, dict):
            notes.add("broken_rows", f"entry {number}")
            continue
        if reader is None:
            reader = jsonl_format(record, f"{path}: entry {number}", part)[1]
        try:
            found = reader(record, number, notes)
        except KeyError:
            notes.add("broken_rows", f"entry {number}")
            continue
        if found is not None:
            yield found


def _records(stored: Any, path: Path) -> Iterator[Any]:
    if isinstance(stored, dict) and isinstance(stored.get("logs"), list):
        stored = stored["logs"]
    if isinstance(stored, list):
        yield from stored
        return
    if isinstance(stored, dict) and isinstance(stored.get("data"), list) and "columns" in stored:
        yield from (
            dict(zip(stored["columns"], row, strict=False)) if isinstance(row, list) else row
            for row in stored["data"]
        )
        return
    if isinstance(stored, dict) and stored:
        columns = _column_lists(stored)
        if columns is not None:
            names = list(columns)
            yield from (
                dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)
            )
            return
        if all(value is None or isinstance(value, str | int | float) for value in stored.values()):
            yield from ({"id": name, "reply": text_of(value)} for name, value in stored.items())
            return
    raise InputError(
        "not a table of predictions", where=path,
        expected="a list of records with index and prediction, or a mapping of ids to replies",
        got=type(stored).__name__ if not isinstance(stored, dict)
        else "a mapping with " + ", ".join(sorted(map(str, stored))[:10]),
    )  # fmt: skip


def _column_lists(stored: Mapping[str, Any]) -> dict[str, list] | None:
    """Return a mapping of equally long columns; None if it is none.

    pandas' ``to_json`` makes mappings of row numbers to values of them.
    """
    columns = {
        name: list(value.values()) if isinstance(value, dict) else value
        for name, value in stored.items()
    }
    if not all(isinstance(value, list) for value in columns.values()):
        return None
    return columns if len({len(value) for value in columns.values()}) == 1 else None
