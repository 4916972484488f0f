"""Columns about the rows of a set: computed once in pieces, on all cores, and memory-mapped.

A table is a folder of ``<column>.npy`` and ``table.json``, which appears when it is whole. Until
then the pieces that are done stand beside it, so that a broken-off computation goes on.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import CorruptInput, MissingInput, SextantError
from sextant.execution.atomic import atomic_folder, make_folder, write_bytes, write_text
from sextant.execution.pool import run_shards

Columns = dict[str, NDArray[Any]]

Progress = Callable[[str, int, int], None]
"""Called with what is done, how many rows of it are, and how many there are."""

PIECE = 2048
"""Rows that are computed and stored as one."""

_FACTS = "table.json"


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A finished table.

    Attributes:
        folder: Where it lies.
        rows: Number of rows; columns may be longer, where rows have several values.
        digest: 32 hex digits of all columns.
        columns: Memory-mapped, read-only.
    """

    folder: Path
    rows: int
    digest: str
    columns: Mapping[str, NDArray[Any]] = field(repr=False)

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.columns[name]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Computes and stores a piece; crosses process boundaries."""

    folder: Path
    rows: int
    work: Callable[[int, int], Columns]

    def __call__(self, index: int) -> int:
        start, stop = index * PIECE, min(self.rows, (index + 1) * PIECE)
        from io import BytesIO

        columns, buffer = self.work(start, stop), BytesIO()
        np.savez(buffer, **columns)  # type: ignore[arg-type]
        write_bytes(_piece_path(self.folder, index), buffer.getbuffer(), durable=False)
        return stop - start


def build_table(
    folder: Path,
    rows: int,
    work: Callable[[int, int], Columns],
    *,
    workers: int = 1,
    what: str = "rows",
    progress: Progress | None = None,
    stale: Callable[[Table], NDArray[np.int64]] | None = None,
) -> Table:
    """Return a table, computed where it is not there yet.

    Args:
        folder: Its folder; the name must stand for everything that its content depends on.
        rows: Number of rows, may be 0.
        work: Returns the columns of rows ``start`` to ``stop``; with several workers it is pickled.
        workers: Processes.
        what: What is done, for ``progress``.
        progress: Told after every piece.
        stale: Returns rows of a finished table that may have become different; they are computed
            anew, and the table with them if they have.

    Raises:
        OutputError: If it cannot be written.
        CorruptInput: If a finished table was damaged.
        SextantError: If the workers of a piece died again and again.
    """
    if (folder / _FACTS).is_file():
        table = open_table(folder)
        if stale is None or not _has_changed(table, work, stale(table)):
            return table
        shutil.rmtree(folder)
    pieces = folder.with_name(folder.name + ".pieces")
    make_folder(pieces)
    count = -(-rows // PIECE)
    missing = [i for i in range(count) if not _piece_path(pieces, i).is_file()]
    done = rows - sum(min(rows, (i + 1) * PIECE) - i * PIECE for i in missing)

    def note(_index: int, finished: int) -> None:
        nonlocal done
        done += finished
        if progress is not None:
            progress(what, done, rows)

    failed = run_shards(missing, _Piece(pieces, rows, work), workers=workers, on_done=note)
    if failed:
        raise SextantError(
            f"{what}: workers died again and again", got=failed[0].reason,
            where=f"rows {failed[0].index * PIECE} and following",
        )  # fmt: skip
    empty = work(0, 0)
    with atomic_folder(folder) as temporary:
        digest = blake2b(digest_size=16)
        for name in sorted(empty):
            column = _joined(pieces, count, name, empty[name])
            digest.update(f"{name} {column.dtype.str} {len(column)}\n".encode())
            digest.update(np.ascontiguousarray(column).data)
            np.save(temporary / f"{name}.npy", column)
        facts = {"rows": rows, "columns": sorted(empty), "digest": digest.hexdigest()}
        write_text(temporary / _FACTS, json.dumps(facts) + "\n")
    shutil.rmtree(pieces, ignore_errors=True)
    return open_table(folder)


def open_table(folder: Path) -> Table:
    """Open a finished table.

    Raises:
        MissingInput: If there is none.
        CorruptInput: If it was damaged.
    """
    try:
        facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
        columns = {
            name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
            for name in facts["columns"]
        }
        return Table(folder, int(facts["rows"]), str(facts["digest"]), columns)
    except FileNotFoundError as error:
        raise MissingInput(
            "data have not been prepared", where=folder,
            hint="the first process prepares them before the others open them",
        ) from error  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise CorruptInput(
            "prepared data cannot be read", where=folder, got=error,
            hint="delete this folder: it is made anew",
        ) from error  # fmt: skip


def _has_changed(
    table: Table, work: Callable[[int, int], Columns], rows: NDArray[np.int64]
) -> bool:
    per_row = [name for name, column in table.columns.items() if len(column) == table.rows]
    for row in rows:
        fresh = work(int(row), int(row) + 1)
        if any(fresh[name][0] != table[name][row] for name in per_row if len(fresh[name]) == 1):
            return True
    return False


def _piece_path(folder: Path, index: int) -> Path:
    return folder / f"piece-{index:07d}.npz"


def _joined(folder: Path, count: int, name: str, empty: NDArray[Any]) -> NDArray[Any]:
    parts = [empty]
    for index in range(count):
        path = _piece_path(folder, index)
        try:
            with np.load(path, allow_pickle=False) as piece:
                parts.append(piece[name])
        except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
            raise CorruptInput(
                "a piece of prepared data is damaged", where=path, got=error,
                hint="delete this folder: it is made anew",
            ) from error  # fmt: skip
    return np.concatenate(parts)
