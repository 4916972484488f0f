"""Which questions a corpus asks twice, and which of its pictures are copies of one another.

Questions are compared only where they show the same pictures. Equal texts with another answer are
reported as contradictions, which are worse than repetition. Of equal or nearly equal questions the
first in the corpus stays.

Templates make resemblance alone useless: "how far is the lamp" and "how far is the sofa" share most
of a long text and are two questions. Near duplicates are those where, besides, one text has all
words and options of the other: something was added, nothing exchanged. Where the same pictures come
in another order, another answer makes another question ("which of the pictures ...").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sextant.corpus.question_prints import SHINGLE, Shingles, adds_only, resemblance, shingles
from sextant.corpus.row_prints import prints_of
from sextant.execution.engines import Workers
from sextant.samples.store import CorpusStore

RESEMBLANCE = 0.8
"""Share of common shingles from which two texts are nearly the same."""

MAX_IN_MEMORY = 500_000
"""Rows whose shingles are held at once when candidates are compared."""

SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("of", pa.string(), nullable=False),
        pa.field("task", pa.string(), nullable=False),
        pa.field("how", pa.string(), nullable=False),
        pa.field("resemblance", pa.float64(), nullable=False),
        pa.field("same_answer", pa.bool_(), nullable=False),
    ]
)
"""One row per question that repeats an earlier one: ``how`` is ``exact`` or ``near``."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Rows (by position in the corpus) that repeat an earlier row.

    Attributes:
        row, of: Positions; ``of`` < ``row``.
        near: Whether only nearly the same.
        resemblance: 1 for exact ones.
        same_answer: Whether the answers agree.
    """

    row: NDArray[np.int64]
    of: NDArray[np.int64]
    near: NDArray[np.bool_]
    resemblance: NDArray[np.float64]
    same_answer: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.row)


def repeated_questions(
    store: CorpusStore, *, least: float = RESEMBLANCE, workers: Workers = 1
) -> Pairs:
    """Return every question that an earlier one with the same pictures says already.

    Memory: some 130 bytes per row, and the shingles of ``MAX_IN_MEMORY`` rows.

    Args:
        store: The corpus.
        least: Resemblance of near duplicates; above 1 only exact ones are looked for.
        workers: Number of processes, or workers of Ray, that read the rows; what they return is
            compared in this process.
    """
    prints = prints_of(store, near=least <= 1, workers=workers)
    text, shown, order_of, answer = prints.text, prints.shown, prints.order, prints.answer
    rows = np.arange(len(text))
    order = np.lexsort((rows, text, shown))
    again = np.zeros(len(order), dtype=bool)
    again[1:] = (text[order][1:] == text[order][:-1]) & (shown[order][1:] == shown[order][:-1])
    first = np.maximum.accumulate(np.where(again, 0, np.arange(len(order))))
    row, of = order[again], order[first[again]]
    kept = np.sort(order[~again])
    pairs = _candidates(prints.bands[kept], kept, shown)
    near = _near(store, pairs, least)
    n_row, n_of = near[:, 0].astype(np.int64), near[:, 1].astype(np.int64)
    row, of = np.concatenate([row, n_row]), np.concatenate([of, n_of])
    flags = np.arange(len(row)) >= len(row) - len(near)
    alike = np.concatenate([np.ones(len(row) - len(near)), near[:, 2]])
    same = answer[row] == answer[of]
    meant = np.nonzero(same | (order_of[row] == order_of[of]))[0]
    at = meant[np.argsort(row[meant], kind="stable")]
    return Pairs(row[at], of[at], flags[at], alike[at], same[at])


def table_of(store: CorpusStore, pairs: Pairs) -> pa.Table:
    """Return the pairs with ids, ``SCHEMA``."""
    named = store.table(("id", "task")).combine_chunks()
    return pa.Table.from_arrays(
        [
            named["id"].take(pairs.row), named["id"].take(pairs.of), named["task"].take(pairs.row),
            pa.array(np.where(pairs.near, "near", "exact").tolist(), pa.string()),
            pa.array(pairs.resemblance), pa.array(pairs.same_answer),
        ],
        schema=SCHEMA,
    )  # fmt: skip


def _near(store: CorpusStore, pairs: NDArray[np.int64], least: float) -> NDArray[np.float64]:
    """Return (M, 3) of the candidates that are near: row, the earlier row, resemblance."""
    found: dict[int, tuple[int, float]] = {}
    for some in _in_parts(pairs):
        needed = np.unique(some)
        sets_of: dict[int, NDArray[np.uint64]] = {}
        words_of: dict[int, NDArray[np.uint64]] = {}
        for width, held in ((SHINGLE, sets_of), (1, words_of)):
            for rows, sets in _chosen(store, needed, width):
                held.update((int(row), sets.of(k)) for k, row in enumerate(rows))
        for of, row in some.tolist():
            alike = resemblance(sets_of[of], sets_of[row])
            like = alike >= least and adds_only(words_of[of], words_of[row])
            if like and (row not in found or of < found[row][0]):
                found[row] = (of, alike)
    return np.array([(row, *found[row]) for row in sorted(found)]).reshape(-1, 3)


def _chosen(
    store: CorpusStore, rows: NDArray[np.int64], width: int = SHINGLE
) -> Iterator[tuple[NDArray[np.int64], Shingles]]:
    """Yield some rows' shingles, batch by batch; ``rows`` ascend."""
    start = 0
    for batch in store.batches(("question", "options")):
        low, high = np.searchsorted(rows, (start, start + len(batch)))
        if high > low:
            some = batch.take(pa.array(rows[low:high] - start))
            yield rows[low:high], shingles(some["question"], some["options"], width)
        start += len(batch)


def _candidates(
    keys: NDArray[np.uint32], kept: NDArray[np.int64], shown: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """Return pairs (earlier, later) that share a band: each row with its run's first and its last.

    A run of n equal keys gives 2 n pairs, not n squared.
    """
    found = [np.empty((0, 2), np.int64)]
    for band in keys.T:
        order = np.argsort(band, kind="stable")
        same = band[order][1:] == band[order][:-1]
        same &= shown[kept[order]][1:] == shown[kept[order]][:-1]
        new = np.concatenate([[True], ~same])[: len(order)]
        head = np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
        later = np.nonzero(~new)[0]
        rows = kept[order]
        found.append(np.stack([rows[later - 1], rows[later]], axis=1))
        found.append(np.stack([rows[head[later]], rows[later]], axis=1))
    return np.unique(np.concatenate(found), axis=0)


def _in_parts(pairs: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    step = MAX_IN_MEMORY // 2
    for start in range(0, len(pairs), step):
        yield pairs[start : start + step]
