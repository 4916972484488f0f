"""The prints of every row of a corpus, worked out table by table on any engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sextant.corpus.question_prints import (
    BANDS,
    band_keys,
    sequence_keys,
    set_keys,
    shingles,
    string_keys,
    text_keys,
)
from sextant.execution.engines import Workers
from sextant.execution.gathering import gathered
from sextant.samples.layout import part_name, read_batches
from sextant.samples.sample import SCHEMA
from sextant.samples.store import CorpusStore

_COLUMNS = ("question", "options", "images", "answer", "answer_type", "answer_index")


@dataclass(frozen=True, slots=True, eq=False)
class RowPrints:
    """Of every row, numbers that are equal where what they stand for is.

    Attributes:
        text: (N,) of question and options.
        shown: (N,) of its pictures as a set.
        order: (N,) of its pictures as a sequence.
        answer: (N,) of its answer.
        bands: (N, 8) of its MinHash; (N, 0) where only equal texts are looked for.
    """

    text: NDArray[np.uint64]
    shown: NDArray[np.uint64]
    order: NDArray[np.uint64]
    answer: NDArray[np.uint64]
    bands: NDArray[np.uint32]


def prints_of(store: CorpusStore, *, near: bool = True, workers: Workers = 1) -> RowPrints:
    """Return the prints of all rows, in corpus order; 64 bytes a row.

    Args:
        store: The corpus.
        near: Whether MinHash bands are wanted, too.
        workers: Number of processes, or workers of Ray.
    """
    count = len(store.manifest["shards"])
    function = _TablePrints(str(store.root), near)
    return _joined(gathered(count, function, workers=workers, where=store.root), near)


@dataclass(frozen=True, slots=True)
class _TablePrints:
    """The shard function: the prints of one table; picklable."""

    root: str
    near: bool

    def __call__(self, index: int) -> RowPrints:
        """Read one table."""
        path = Path(self.root) / "qa" / part_name(index)
        batches = read_batches(path, SCHEMA, columns=_COLUMNS, batch=65536)
        return _joined([_prints(batch, self.near) for batch in batches], self.near)


def _prints(batch: pa.RecordBatch, near: bool) -> RowPrints:
    shown = set_keys(batch["images"])
    bands = np.empty((len(batch), 0), np.uint32)
    if near:
        bands = band_keys(shingles(batch["question"], batch["options"]), shown)
    return RowPrints(
        text_keys(batch["question"], batch["options"]), shown, sequence_keys(batch["images"]),
        string_keys(_answer_texts(batch)), bands,
    )  # fmt: skip


def _joined(parts: list[RowPrints], near: bool) -> RowPrints:
    none = np.empty(0, np.uint64)
    return RowPrints(
        np.concatenate([none, *(part.text for part in parts)]),
        np.concatenate([none, *(part.shown for part in parts)]),
        np.concatenate([none, *(part.order for part in parts)]),
        np.concatenate([none, *(part.answer for part in parts)]),
        np.concatenate(
            [np.empty((0, BANDS if near else 0), np.uint32), *(part.bands for part in parts)]
        ),
    )


def _answer_texts(batch: pa.RecordBatch) -> pa.Array:
    """Return answers as texts: of a choice the option, since its letter depends on their order."""
    said = batch["answer"].to_pylist()
    options, index = batch["options"].to_pylist(), batch["answer_index"].to_pylist()
    for k, (shown, at) in enumerate(zip(options, index, strict=True)):
        if shown is not None and at is not None and 0 <= at < len(shown):
            said[k] = shown[at]
    return pa.array([text.strip().lower() for text in said], pa.string())
