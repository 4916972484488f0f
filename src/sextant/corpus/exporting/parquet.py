"""Rows into parquet files whose row groups and sizes are bounded, so that any number fits.

A column has one type from the first row on: readers that guess it from the beginning of a file, as
``load_dataset`` does with JSON, fail where the first ten megabytes show no picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

GROUP_ROWS = 1000
"""Few enough that a reader of one picture does not decode hundreds of megabytes."""

GROUP_BYTES = 64 << 20


class ParquetFile:
    """One file being written; use it as a context.

    Args:
        path: Where to.
        schema: Its columns.
        group_rows: Rows of a row group, at most.
        packed: Leaf columns of bytes that are compressed already, e.g. pictures. They are stored as
            they are, and each once in a row group, however many rows show it.

    Attributes:
        rows: Number of rows so far.
        nbytes: Their bytes in memory, those that wait included.
    """

    def __init__(
        self,
        path: Path,
        schema: pa.Schema,
        *,
        group_rows: int = GROUP_ROWS,
        packed: Sequence[str] = (),
    ) -> None:
        self.rows = 0
        self.nbytes = 0
        self._schema = schema
        self._group_rows = group_rows
        self._waiting: list[dict[str, Any]] = []
        self._waiting_bytes = 0
        codecs = {leaf: "NONE" if leaf in packed else "ZSTD" for leaf in leaves(schema)}
        self._writer = pq.ParquetWriter(
            path, schema, compression=codecs, version="2.6", write_page_checksum=True,
            dictionary_pagesize_limit=2 * GROUP_BYTES if packed else 1 << 20,
        )  # fmt: skip

    def __enter__(self) -> ParquetFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._flush()
        self._writer.close()

    def append(self, row: dict[str, Any], nbytes: int) -> None:
        """Add a row.

        Args:
            row: By column.
            nbytes: About how large it is.
        """
        self._waiting.append(row)
        self._waiting_bytes += nbytes
        self.rows += 1
        self.nbytes += nbytes
        if len(self._waiting) >= self._group_rows or self._waiting_bytes >= GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_pylist(self._waiting, schema=self._schema))
            self._waiting, self._waiting_bytes = [], 0


def leaves(schema: pa.Schema) -> list[str]:
    """Return the columns that parquet stores, by their paths.

    >>> leaves(pa.schema([("a", pa.list_(pa.struct([("b", pa.int8()), ("c", pa.string())])))]))
    ['a.list.element.b', 'a.list.element.c']
    """
    return [path for field in schema for path in _leaves(field.name, field.type)]


def _leaves(path: str, kind: pa.DataType) -> list[str]:
    if pa.types.is_list(kind):
        return _leaves(f"{path}.list.element", kind.value_type)
    if pa.types.is_struct(kind):
        return [leaf for field in kind for leaf in _leaves(f"{path}.{field.name}", field.type)]
    return [path]


def text_bytes(texts: list[str]) -> int:
    """Return about how large texts are."""
    return sum(map(len, texts))
