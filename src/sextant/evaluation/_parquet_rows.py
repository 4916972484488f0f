"""Rows of parquet files, a few at a time; heavy columns are read one row group at a time."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sextant.errors import CorruptInput, MissingInput, SextantError

_BATCH = 256

_FAILURES = (pa.ArrowException, OSError, ValueError)


def parquet_rows(
    path: Path, columns: Collection[str], heavy: frozenset[str]
) -> Iterator[tuple[str, dict[str, Any] | SextantError]]:
    """Yield (where, fields); a heavy column is a tuple (function, None).

    Raises:
        MissingInput: If the schema lacks a column.
        CorruptInput: If it is no parquet file, or a page of it is damaged.
    """
    try:
        file = pq.ParquetFile(path)
    except _FAILURES as error:
        raise _unreadable(path, error) from error
    with file:
        names = file.schema_arrow.names
        absent = sorted(set(columns) - set(names))
        if absent:
            raise MissingInput(
                "columns are missing: " + ", ".join(absent), where=path,
                expected=", ".join(sorted(columns)), got=", ".join(names)[:400],
            )  # fmt: skip
        light = [name for name in names if name not in heavy]
        cells = {name: _Column(path, name) for name in names if name in heavy}
        number = 0
        try:
            for batch in file.iter_batches(batch_size=_BATCH, columns=light):
                for fields in batch.to_pylist():
                    for name, column in cells.items():
                        fields[name] = (_At(column, number).read, None)
                    yield f"{path}: row {number}", fields
                    number += 1
        except _FAILURES as error:
            raise _unreadable(path, error) from error


class _Column:
    """One column of one file; the row group that was read last is kept."""

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name
        self._lock = threading.Lock()
        self._first = self._end = 0
        self._values: pa.ChunkedArray | None = None

    def read(self, row: int) -> Any:
        with self._lock:
            try:
                if self._values is None or not self._first <= row < self._end:
                    self._load(row)
                assert self._values is not None
                return self._values[row - self._first].as_py()
            except (*_FAILURES, IndexError) as error:
                raise _unreadable(self._path, error) from error

    def _load(self, row: int) -> None:
        with pq.ParquetFile(self._path) as file:
            first = 0
            for group in range(file.metadata.num_row_groups):
                end = first + file.metadata.row_group(group).num_rows
                if row < end:
                    table = file.read_row_group(group, columns=[self._name])
                    self._values, self._first, self._end = table[self._name], first, end
                    return
                first = end
        raise IndexError(f"row {row} is not there any more")


class _At:
    def __init__(self, column: _Column, row: int) -> None:
        self._column, self._row = column, row

    def read(self) -> Any:
        return self._column.read(self._row)


def _unreadable(path: Path, error: BaseException) -> CorruptInput:
    return CorruptInput(
        "parquet file cannot be read", where=path, got=str(error)[:300],
        hint="the file is truncated or damaged: fetch it again",
    )  # fmt: skip
