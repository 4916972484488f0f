"""The first pass: of every row of the inputs its cell, scene, id and split, as arrays.

A cell is one combination of values of all dimensions; there are thousands of them, not millions.
Memory: 21 bytes a row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sextant.corpus.id_lists import packed_ids
from sextant.corpus.mixing.recipe import MixInput
from sextant.samples.layout import part_name, read_batches
from sextant.samples.sample import SCHEMA
from sextant.samples.store import CorpusStore
from sextant.samples.validate import SPLITS

_COLUMNS = (
    "id", "capability", "task", "source", "scene_id", "split", "difficulty", "answer_type",
    "rationale",
)  # fmt: skip
_KEYS = ("capability", "task", "source", "difficulty", "answer_type")

BATCH = 65536


@dataclass(slots=True)
class Opened:
    """An input, opened.

    Attributes:
        given: What the recipe says of it.
        store: Its corpus.
        rows: Number of rows of each of its tables.
    """

    given: MixInput
    store: CorpusStore
    rows: list[int]

    @classmethod
    def of(cls, given: MixInput) -> Opened:
        """Open the corpus of an input; raises what ``CorpusStore.open`` raises."""
        store = CorpusStore.open(Path(given.corpus or ""))
        return cls(given, store, [int(facts["qa"]["rows"]) for facts in store.manifest["shards"]])

    def part(self, index: int) -> Path:
        """Return the path of a table."""
        return self.store.root / "qa" / part_name(index)


@dataclass(slots=True)
class RowIndex:
    """Arrays of one entry a row, in the order of inputs, tables and rows.

    Attributes:
        cells: Values of every cell, in the order of ``DIMENSIONS``.
        cell: Number of each row's cell; -1 where the recipe does not take the row.
        ids, scenes: Hashes.
        split: Index in ``SPLITS``.
    """

    cells: list[tuple[str, ...]]
    cell: NDArray[np.int32]
    ids: NDArray[np.uint64]
    scenes: NDArray[np.uint64]
    split: NDArray[np.int8]


@dataclass(slots=True)
class _Cells:
    numbers: dict[tuple[str, ...], int] = field(default_factory=dict)

    def number(self, values: tuple[str, ...]) -> int:
        return self.numbers.setdefault(values, len(self.numbers))


def index_rows(
    inputs: Sequence[Opened], on_table: Callable[[int], object] = lambda rows: None
) -> RowIndex:
    """Read the columns that decide, in constant memory beside the arrays.

    Args:
        inputs: In order.
        on_table: Told the number of rows of each table that was read.

    Raises:
        CorruptInput, MissingInput: If a table is damaged.
    """
    total = sum(sum(opened.rows) for opened in inputs)
    cell = np.empty(total, dtype=np.int32)
    ids = np.empty(total, dtype=np.uint64)
    scenes = np.empty(total, dtype=np.uint64)
    split = np.empty(total, dtype=np.int8)
    cells, at = _Cells(), 0
    for opened in inputs:
        for number, rows in enumerate(opened.rows):
            for batch in read_batches(opened.part(number), SCHEMA, columns=_COLUMNS, batch=BATCH):
                here = slice(at, at + len(batch))
                cell[here] = _cells_of(opened.given, batch, cells)
                ids[here] = packed_ids(batch.column("id"))
                scenes[here] = hashed(batch.column("scene_id"))
                known = pc.index_in(batch.column("split"), value_set=pa.array(SPLITS))
                split[here] = np.asarray(pc.fill_null(known, 2)).astype(np.int8)
                at += len(batch)
            on_table(rows)
    names = sorted(cells.numbers)
    order = np.array([cells.numbers[name] for name in names], dtype=np.int64)
    places = np.empty(len(names) + 1, dtype=np.int32)
    places[order] = np.arange(len(names))
    places[-1] = -1  # what -1 picks
    return RowIndex(names, places[cell], ids, scenes, split)


def hashed(names: pa.Array) -> NDArray[np.uint64]:
    """Return a hash of every text of a column."""
    coded = names.dictionary_encode()
    hashes = np.array([scene_hash(name) for name in coded.dictionary.to_pylist()], dtype=np.uint64)
    found: NDArray[np.uint64] = hashes[np.asarray(coded.indices)]
    return found


def scene_hash(name: str) -> int:
    """Return 64 bits that stand for a scene, whatever set names it."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little")


def _cells_of(given: MixInput, batch: pa.RecordBatch, cells: _Cells) -> NDArray[np.int32]:
    codes = np.zeros(len(batch), dtype=np.int64)
    values: list[list[str]] = []
    for name in _KEYS:
        coded = batch.column(name).dictionary_encode()
        values.append(coded.dictionary.to_pylist())
        codes = codes * len(values[-1]) + np.asarray(coded.indices)
    codes = codes * 2 + np.asarray(pc.is_valid(batch.column("rationale"))).astype(np.int64)
    found, places = np.unique(codes, return_inverse=True)
    numbers = np.empty(len(found), dtype=np.int32)
    for i, code in enumerate(found.tolist()):
        code, given_rationale = divmod(code, 2)
        picked: list[str] = []
        for names in reversed(values):
            code, place = divmod(code, len(names))
            picked.append(names[place])
        capability, task, source, difficulty, answer = reversed(picked)
        taken = (not given.capabilities or capability in given.capabilities) and (
            not given.tasks or task in given.tasks
        )
        key = (given.group or given.name, given.name, capability, task, source, difficulty, answer,
               "given" if given_rationale else "none")  # fmt: skip
        numbers[i] = cells.number(key) if taken else -1
    return numbers[places]
