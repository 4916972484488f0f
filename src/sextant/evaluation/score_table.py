"""Scores in columns: what every table, interval, comparison and plot is made from.

A million rows take some 100 MB. Rows of failed requests are kept, with status ``failed``: they are
neither right nor wrong, and no mean counts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sextant.errors import CorruptInput
from sextant.evaluation.extraction.found import STATUSES
from sextant.execution.atomic import atomic_path

ROW_STATUSES = ("failed", *STATUSES)

GROUP = "group:"
"""Prefix of the columns that hold groups in a stored table."""

_NUMBERS = {
    "points": pa.float64(), "weights": pa.float64(), "status": pa.uint8(), "options": pa.uint8(),
    "chosen": pa.int16(), "correct": pa.int16(), "predicted": pa.float64(), "truth": pa.float64(),
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """A column of names: ``names[codes[i]]`` is row i's.

    Attributes:
        names: Each once, in order of first appearance.
        codes: (n,) int32.
    """

    names: tuple[str, ...]
    codes: NDArray[np.int32]

    def values(self) -> list[str]:
        """Return the name of every row."""
        return [self.names[k] for k in self.codes.tolist()]


@dataclass(frozen=True, slots=True, eq=False)
class ScoreTable:
    """Scored rows.

    Attributes:
        ids: Unique; of the request (``item`` or ``item#variant``).
        tasks, clusters: Of every row; a row without a cluster is a cluster of its own.
        groups: Further divisions, e.g. ``capability``, ``source``, ``base`` (what a variant is of).
        points, weights: (n,) float64; a mean is sum(points) / sum(weights).
        status: (n,) uint8, index into ``ROW_STATUSES``.
        options: (n,) uint8, number of options; 0 where the answer is free.
        chosen, correct: (n,) int16, index of the letter; -1 where there is none.
        predicted, truth: (n,) float64, numbers; NaN where there is none.
    """

    ids: tuple[str, ...]
    tasks: Codes
    clusters: Codes
    groups: Mapping[str, Codes]
    points: NDArray[np.float64]
    weights: NDArray[np.float64]
    status: NDArray[np.uint8]
    options: NDArray[np.uint8]
    chosen: NDArray[np.int16]
    correct: NDArray[np.int16]
    predicted: NDArray[np.float64]
    truth: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def counted(self) -> NDArray[np.bool_]:
        """(n,) which rows have an answer at all, i.e. did not fail."""
        return np.not_equal(self.status, 0)

    def take(self, keep: NDArray[np.bool_] | NDArray[np.intp]) -> ScoreTable:
        """Return some rows, by a mask or by indices."""
        rows = np.arange(len(self), dtype=np.intp)[keep]
        return ScoreTable(
            ids=tuple(self.ids[k] for k in rows.tolist()),
            tasks=_taken(self.tasks, rows),
            clusters=_taken(self.clusters, rows),
            groups={name: _taken(codes, rows) for name, codes in self.groups.items()},
            **{name: getattr(self, name)[rows] for name in _NUMBERS},
        )

    def write(self, path: Path) -> None:
        """Store as parquet, all or nothing."""
        columns = {"id": pa.array(self.ids, pa.string())}
        named = {"task": self.tasks, "cluster": self.clusters}
        named |= {GROUP + name: codes for name, codes in sorted(self.groups.items())}
        for name, codes in named.items():
            names = pa.array(codes.names, pa.string())
            columns[name] = pa.DictionaryArray.from_arrays(codes.codes, names)
        for name, kind in _NUMBERS.items():
            columns[name] = pa.array(getattr(self, name), kind)
        with atomic_path(path) as temporary:
            pq.write_table(pa.table(columns), temporary, compression="zstd")

    @classmethod
    def read(cls, path: Path) -> ScoreTable:
        """Read what ``write`` stored.

        Raises:
            CorruptInput: If it is no such table, with the column that is wrong.
        """
        try:
            table = pq.read_table(path)
            ids = tuple(_column(table, "id", pa.string(), path).to_pylist())
            codes = {
                name: _codes(_column(table, name, None, path), path, name)
                for name in table.column_names
                if name in ("task", "cluster") or name.startswith(GROUP)
            }
            numbers = {
                name: _column(table, name, kind, path).to_numpy(zero_copy_only=False)
                for name, kind in _NUMBERS.items()
            }
            found = cls(
                ids=ids,
                tasks=codes.pop("task"),
                clusters=codes.pop("cluster"),
                groups={name.removeprefix(GROUP): c for name, c in codes.items()},
                **numbers,
            )
        except (pa.ArrowException, OSError, KeyError) as error:
            raise CorruptInput("not a table of scores", where=path, got=error) from error
        if len(set(ids)) != len(ids):
            raise CorruptInput("two rows have the same id", where=f"{path}: column id")
        if (found.status >= len(ROW_STATUSES)).any():
            raise CorruptInput(
                "unknown status", where=f"{path}: column status", got=int(found.status.max())
            )
        return found


def _column(table: pa.Table, name: str, kind: pa.DataType | None, path: Path) -> pa.Array:
    """Return a column in one piece, of this type and without holes."""
    column = table[name].combine_chunks()
    where = f"{path}: column {name}"
    if kind is not None and column.type != kind:
        raise CorruptInput("of another type", where=where, expected=kind, got=column.type)
    if column.null_count:
        raise CorruptInput("a value is missing", where=where)
    return column


def _codes(column: pa.Array, path: Path, name: str) -> Codes:
    """Read a column of names, stored as a dictionary or plainly."""
    coded = column.dictionary_encode()
    if coded.dictionary.null_count or not pa.types.is_string(coded.dictionary.type):
        raise CorruptInput("a name is missing or no text", where=f"{path}: column {name}")
    indices = coded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    return Codes(tuple(coded.dictionary.to_pylist()), indices)


def _taken(codes: Codes, rows: NDArray[np.intp]) -> Codes:
    """Keep the names that are left, in order of first appearance."""
    kept = codes.codes[rows]
    present, first, inverse = np.unique(kept, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.argsort(order).astype(np.int32)
    return Codes(tuple(codes.names[k] for k in present[order].tolist()), rank[inverse.ravel()])
