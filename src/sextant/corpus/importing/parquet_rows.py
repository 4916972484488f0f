"""Rows of Parquet files, a few at a time: their pictures may be many times what fits in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sextant.errors import CorruptInput

ROWS = 64
"""Rows that are Python values at one time."""

_BUFFER = 2**20


def row_count(path: Path) -> int:
    """Return how many rows a file has.

    Raises:
        CorruptInput: If it is no Parquet file.
    """
    with _opened(path) as file:
        return int(file.metadata.num_rows)


def cut_rows(path: Path, size: int, stop: int | None = None) -> list[tuple[int, int, int]]:
    """Return pieces of a file, cut where its row groups begin.

    Args:
        path: The file.
        size: Bytes of a piece, unless a row group is larger.
        stop: So many rows; None = all.

    Returns:
        First row, the row after the last, and bytes of each.
    """
    found: list[tuple[int, int, int]] = []
    begin = row = held = 0
    with _opened(path) as file:
        total = file.metadata.num_rows
        for group in range(file.metadata.num_row_groups):
            part = file.metadata.row_group(group)
            row += part.num_rows
            held += part.total_byte_size
            if held >= size:
                found.append((begin, row, held))
                begin, held = row, 0
    if begin < row:
        found.append((begin, row, held))
    last = total if stop is None else min(stop, total)
    return [(a, min(b, last), length) for a, b, length in found if a < last]


Row = dict[str, Any] | UnicodeDecodeError


def rows_of(path: Path, start: int, stop: int) -> Iterator[tuple[int, Row]]:
    """Yield the number and the values of rows; ``start`` is where a row group begins.

    The values of a row whose text is no UTF-8 are the error.
    """
    with _opened(path) as file:
        groups, begin = [], 0
        for group in range(file.metadata.num_row_groups):
            if start <= begin < stop:
                groups.append(group)
            begin += file.metadata.row_group(group).num_rows
        number = start
        try:
            for batch in file.iter_batches(batch_size=ROWS, row_groups=groups):
                for row in _values(batch):
                    if number >= stop:
                        return
                    yield number, row
                    number += 1
        except (pa.ArrowException, OSError) as error:
            raise CorruptInput(
                "a file of the set cannot be read", where=f"{path}, row {number}", got=error
            ) from error


def _values(batch: pa.RecordBatch) -> Iterator[Row]:
    try:
        yield from batch.to_pylist()
    except UnicodeDecodeError:
        for row in range(batch.num_rows):
            try:
                yield from batch.slice(row, 1).to_pylist()
            except UnicodeDecodeError as error:
                yield error


def _opened(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise CorruptInput("a file of the set is no Parquet", where=path, got=error) from error
