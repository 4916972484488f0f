"""Scores in columns: what every table, interval, comparison and plot is made from.

A million rows take some 100 MB. Rows of failed requests are kept, with status ``failed``: they are
neither right nor wrong, and no mean counts them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sextant.errors import CorruptInput, InputError
from sextant.evaluation.benchmark import Scored
from sextant.evaluation.extraction.found import STATUSES
from sextant.evaluation.items import Item
from sextant.execution.atomic import atomic_path
from sextant.samples.sample import LETTERS

ROW_STATUSES = ("failed", *STATUSES)

_STATUS_CODES = {status: code for code, status in enumerate(ROW_STATUSES)}
_FAILED = Scored(0.0, "empty", weight=0.0)
"""Stands for a row without a reply."""

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


class _Coder:
    """Numbers names as they come."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}
        self.codes = array("i")

    def add(self, name: str) -> None:
        self.codes.append(self.known.setdefault(name, len(self.known)))

    def done(self) -> Codes:
        return Codes(tuple(self.known), np.frombuffer(self.codes, dtype=np.int32))


class _Asked:
    """Columns of what was asked, which are the same under all profiles."""

    def __init__(self, groups: Sequence[str]) -> None:
        self._ids: dict[str, None] = {}
        self._tasks, self._clusters = _Coder(), _Coder()
        self._groups = {name: _Coder() for name in groups}
        self._truth = array("d")
        self._options = array("B")
        self._correct = array("h")

    def add(self, item: Item, row_id: str | None, groups: Mapping[str, str] | None) -> None:
        name = row_id or item.id
        if name in self._ids:
            raise InputError("two rows have the same id", got=name)
        self._ids[name] = None
        self._tasks.add(item.task)
        self._clusters.add(item.cluster or item.id)
        known = item.groups if groups is None else {**item.groups, **groups}
        for key, coder in self._groups.items():
            coder.add(known.get(key, ""))
        self._truth.append(_number(item.value))
        options = item.options
        self._options.append(min(255, len(options)) if options else 0)
        self._correct.append(letter_index(item.answer) if options else -1)

    def done(self) -> dict[str, Any]:
        return {
            "ids": tuple(self._ids),
            "tasks": self._tasks.done(),
            "clusters": self._clusters.done(),
            "groups": {name: coder.done() for name, coder in self._groups.items()},
            "truth": np.frombuffer(self._truth, dtype=np.float64),
            "options": np.frombuffer(self._options, dtype=np.uint8),
            "correct": np.frombuffer(self._correct, dtype=np.int16),
        }


class _Given:
    """Columns of what replies are worth under one profile."""

    def __init__(self) -> None:
        self._points, self._weights, self._predicted = array("d"), array("d"), array("d")
        self._status = array("B")
        self._chosen = array("h")

    def add(self, item: Item, scored: Scored | None) -> None:
        if scored is None:
            scored = _FAILED
        self._points.append(scored.points)
        self._weights.append(scored.weight)
        value = scored.value
        self._predicted.append(value if type(value) is float else _number(value))
        self._status.append(0 if scored is _FAILED else _STATUS_CODES[scored.status])
        self._chosen.append(letter_index(value) if item.options else -1)

    def done(self) -> dict[str, Any]:
        return {
            "points": np.frombuffer(self._points, dtype=np.float64),
            "weights": np.frombuffer(self._weights, dtype=np.float64),
            "predicted": np.frombuffer(self._predicted, dtype=np.float64),
            "status": np.frombuffer(self._status, dtype=np.uint8),
            "chosen": np.frombuffer(self._chosen, dtype=np.int16),
        }


class ScoreTableBuilder:
    """Collects rows one by one.

    Args:
        groups: Names of the groups that rows have; a row without one has "".
    """

    def __init__(self, groups: Sequence[str] = ()) -> None:
        self._asked, self._given = _Asked(groups), _Given()

    def add(
        self,
        item: Item,
        scored: Scored | None,
        *,
        row_id: str | None = None,
        groups: Mapping[str, str] | None = None,
    ) -> None:
        """Add a row; ``scored`` None = the request failed.

        Args:
            item: What was asked; of a variant, with the options in the order shown.
            scored: What the reply is worth.
            row_id: Of the request; the item's own id if not given.
            groups: On top of the item's own.

        Raises:
            InputError: If a row of that id was added before.
        """
        self._asked.add(item, row_id, groups)
        self._given.add(item, scored)

    def done(self) -> ScoreTable:
        """Return the table; nothing can be added any more."""
        return ScoreTable(**self._asked.done(), **self._given.done())


class ProfileTablesBuilder:
    """Collects rows that are scored under several profiles; what was asked is kept once.

    Args:
        profiles: Their names.
        groups: As of ``ScoreTableBuilder``.
    """

    def __init__(self, profiles: Sequence[str], groups: Sequence[str] = ()) -> None:
        self._asked = _Asked(groups)
        self._given = {profile: _Given() for profile in profiles}

    def add(
        self, item: Item, scored: Mapping[str, Scored] | None, *, row_id: str | None = None
    ) -> None:
        """Add a row; ``scored`` has all profiles, None = the request failed.

        Raises:
            InputError: If a row of that id was added before.
        """
        self._asked.add(item, row_id, None)
        for profile, given in self._given.items():
            given.add(item, None if scored is None else scored[profile])

    def done(self) -> dict[str, ScoreTable]:
        """Return the table of every profile; nothing can be added any more."""
        asked = self._asked.done()
        return {p: ScoreTable(**asked, **given.done()) for p, given in self._given.items()}


def _number(value: object) -> float:
    """Return a number as a float, an infinity where it is too large for one; NaN for the rest."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return float("nan")
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def letter_index(value: object) -> int:
    """Return the index of an option letter, -1 for anything else."""
    return LETTERS.find(value) if isinstance(value, str) and len(value) == 1 else -1


def group_names(items: Iterable[Item]) -> tuple[str, ...]:
    """Return all names of groups that items have, sorted."""
    return tuple(sorted({name for item in items for name in item.groups}))
