"""Rows of parquet files, a few at a time; heavy columns are read one row group at a time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sextant.errors import CorruptInput, MissingInput, SextantError

_BATCH = 256
_HEAVY_BATCH = 16
_BUFFER = 1024 * 1024  # read as much at a time, not the whole column

MAX_KEPT_BYTES = 1024**3
"""Of one column of pictures; the row groups of the supported benchmarks are smaller."""

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
    """One column of one file, decoded row group by row group.

    The batches of one row group are kept as they were decoded, since pictures are asked for in any
    order; of a group too large for that, those decoded last are.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name
        self._lock = threading.Lock()
        self._first = self._end = 0  # rows of the group
        self._batches: OrderedDict[int, tuple[list[Any], int]] = OrderedDict()
        self._next = 0  # number of the batch that is decoded next
        self._kept = 0
        self._stream: Iterator[pa.RecordBatch] | None = None
        self._file: pq.ParquetFile | None = None

    def read(self, row: int) -> Any:
        with self._lock:
            try:
                if not self._first <= row < self._end:
                    self._open(row)
                number, place = divmod(row - self._first, _HEAVY_BATCH)
                if number not in self._batches and number < self._next:
                    self._open(row)
                while number not in self._batches:
                    self._decode()
                return self._batches[number][0][place]
            except (*_FAILURES, IndexError, StopIteration) as error:
                raise _unreadable(self._path, error) from error

    def _open(self, row: int) -> None:
        """Begin the row group that holds a row."""
        if self._file is not None:
            self._file.close()
        self._batches.clear()
        self._first = self._end = 0
        self._file = file = pq.ParquetFile(self._path, buffer_size=_BUFFER)
        first = 0
        for group in range(file.metadata.num_row_groups):
            end = first + file.metadata.row_group(group).num_rows
            if row < end:
                column = [self._name]
                self._stream = file.iter_batches(_HEAVY_BATCH, row_groups=[group], columns=column)
                self._first, self._end, self._next, self._kept = first, end, 0, 0
                return
            first = end
        raise IndexError(f"row {row} is not there any more")

    def _decode(self) -> None:
        assert self._stream is not None
        column = next(self._stream).column(0)
        # Python's values take what they hold; decoded buffers have room for twice as much.
        self._batches[self._next] = column.to_pylist(), column.nbytes
        self._next += 1
        self._kept += column.nbytes
        while self._kept > MAX_KEPT_BYTES and len(self._batches) > 1:
            self._kept -= self._batches.popitem(last=False)[1][1]


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
