"""Rows of text tables: JSON Lines and delimited files, read as a stream, with byte offsets.

Rows are yielded as (where, fields or error); a heavy column is a tuple (function, characters).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, Any

from sextant.errors import CorruptInput, MissingInput, SextantError

MAX_CELL_CHARS = 256 * 1024 * 1024
"""The largest cell: a list of base64 pictures. Also the largest line of a JSON Lines file."""

RowOrError = tuple[str, dict[str, Any] | SextantError]


def check_file(path: Path, max_bytes: int | None = None) -> None:
    """Refuse what is no regular file, or larger than ``max_bytes``.

    Raises:
        MissingInput: If it is not there.
        CorruptInput: If it is too large.
    """
    if not path.is_file():
        raise MissingInput("file is not there", where=path)
    size = path.stat().st_size
    if max_bytes is not None and size > max_bytes:
        raise CorruptInput(
            "file is too large", where=path, expected=f"<= {max_bytes} bytes", got=size
        )


def parse(text: str, where: object) -> Any:
    """Decode one JSON document.

    Raises:
        CorruptInput: If it is no JSON, or nested too deeply to be data.
    """
    try:
        return decoded(text)
    except (ValueError, RecursionError) as error:
        raise CorruptInput("not valid JSON", where=where, got=str(error)[:200]) from error


def decoded(text: str) -> Any:
    """Return what ``json.loads`` does, sooner for a text without blanks around it.

    Raises:
        ValueError, RecursionError: As it does.
    """
    try:
        value, end = _DECODER.raw_decode(text)
    except ValueError:
        end = -1  # blanks in front, or no JSON: said by json.loads
    return value if end == len(text) else json.loads(text)


_DECODER = json.JSONDecoder()


def json_line_rows(path: Path, heavy: frozenset[str]) -> Iterator[RowOrError]:
    """Yield the objects of a JSON Lines file; blank lines are skipped."""
    name = str(path)
    with _opened(path) as file:
        for number, offset, line in _lines(file, path):
            where = f"{name}: line {number}"
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
                if not text:
                    continue
                record = parse(text, where)
            except UnicodeDecodeError as error:
                yield where, CorruptInput("line is not UTF-8", where=where, got=error)
                continue
            except CorruptInput as error:
                yield where, error
                continue
            if not isinstance(record, dict):
                yield where, CorruptInput("not a record", where=where, got=type(record).__name__)
                continue
            if heavy:
                for cell in heavy & record.keys():
                    record[cell] = (_JsonCell(path, offset, cell, where).read, None)
            yield where, record


def delimited_rows(
    path: Path, delimiter: str, columns: Collection[str], heavy: frozenset[str]
) -> Iterator[RowOrError]:
    """Yield the rows of a table with a header, quoted as pandas writes it.

    Raises:
        MissingInput: If the header lacks a column.
        CorruptInput: If there is no header, or the text cannot be split into cells.
    """
    csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL_CHARS))
    with _opened(path) as file:
        source = _Decoded(file, path)
        reader = csv.reader(source, delimiter=delimiter)
        header = next(_safely(reader, path), None)
        if not header or not any(header):
            raise CorruptInput("table is empty", where=path, expected="a header line")
        absent = sorted(set(columns) - set(header))
        if absent:
            raise MissingInput(
                "columns are missing: " + ", ".join(absent), where=path,
                expected=", ".join(sorted(columns)), got=", ".join(header)[:400],
            )  # fmt: skip
        start, line = source.next_offset, reader.line_num + 1
        for cells in _safely(reader, path):
            where = f"{path}: line {line}"
            if len(cells) == len(header):
                fields: dict[str, Any] = dict(zip(header, cells, strict=True))
                for name in heavy & fields.keys():
                    size = len(fields[name])
                    at = _DelimitedCell(path, start, delimiter, header.index(name), where)
                    fields[name] = (at.read, size)
                yield where, fields
            elif cells:
                yield where, CorruptInput(
                    "row has the wrong number of cells", where=where, expected=len(header),
                    got=len(cells),
                )  # fmt: skip
            start, line = source.next_offset, reader.line_num + 1


def _safely(reader: Iterator[list[str]], path: Path) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise CorruptInput(
            "table cannot be split into cells", where=path, got=error,
            hint=f"a cell may have {MAX_CELL_CHARS} characters",
        ) from error  # fmt: skip


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise CorruptInput("file cannot be read", where=path, got=error) from error


def _lines(file: IO[bytes], path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Yield (number from 1, byte offset, line)."""
    offset = number = 0
    # One byte more than allowed is read, so that a longer line is noticed and not cut.
    while line := file.readline(MAX_CELL_CHARS + 1):
        number += 1
        if len(line) > MAX_CELL_CHARS:
            raise CorruptInput(
                "line is too long", where=f"{path}: line {number}",
                expected=f"<= {MAX_CELL_CHARS} bytes",
            )  # fmt: skip
        yield number, offset, line
        offset += len(line)


class _Decoded:
    """Lines as text for ``csv``, with the offset of the next one.

    ``csv`` draws a line only when it needs it, so between two rows ``next_offset`` is where the
    next row begins.
    """

    def __init__(self, file: IO[bytes], path: Path, offset: int = 0) -> None:
        self._lines = _lines(file, path)
        self._path, self._base = path, offset
        self.next_offset = offset

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, offset, line = next(self._lines)
        self.next_offset = self._base + offset + len(line)
        try:
            first = number == 1 and self._base == 0
            return line.decode("utf-8-sig" if first else "utf-8")
        except UnicodeDecodeError as error:
            raise CorruptInput(
                "table is not UTF-8", where=f"{self._path}: line {number}", got=error
            ) from error


class _JsonCell:
    def __init__(self, path: Path, offset: int, name: str, where: str) -> None:
        self._path, self._offset, self._name, self._where = path, offset, name, where

    def read(self) -> Any:
        with _opened(self._path) as file:
            file.seek(self._offset)
            line = file.readline(MAX_CELL_CHARS + 1)
        try:
            return json.loads(line.decode("utf-8-sig"))[self._name]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise _changed(self._where) from error


class _DelimitedCell:
    def __init__(self, path: Path, offset: int, delimiter: str, index: int, where: str) -> None:
        self._path, self._offset, self._where = path, offset, where
        self._delimiter, self._index = delimiter, index

    def read(self) -> str:
        with _opened(self._path) as file:
            file.seek(self._offset)
            source = _Decoded(file, self._path, self._offset)
            try:
                return next(csv.reader(source, delimiter=self._delimiter))[self._index]
            except (csv.Error, StopIteration, IndexError, CorruptInput) as error:
                raise _changed(self._where) from error


def _changed(where: str) -> CorruptInput:
    return CorruptInput(
        "row is not what it was when the file was listed", where=where,
        hint="the file was changed during the run: start the run again",
    )  # fmt: skip
