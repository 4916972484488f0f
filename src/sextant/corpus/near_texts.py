"""Texts that say nearly what a known one says: all known ones that share a MinHash band, compared.

Nearly means what it does among a corpus's own questions (``duplicates``): most shingles in common,
and one text has all words and options of the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from sextant.corpus.duplicates import RESEMBLANCE
from sextant.corpus.question_prints import BANDS, SHINGLE, Shingles, band_keys, shingles, text_keys


@dataclass(frozen=True, slots=True, eq=False)
class NearMatches:
    """Which rows of a batch say nearly what is known.

    Attributes:
        row: (M,) rows of the batch, ascending.
        key: (M,) ``text_keys`` of what is known.
        resemblance: (M,) share of common shingles, below 1 or of other words.
    """

    row: NDArray[np.int64]
    key: NDArray[np.uint64]
    resemblance: NDArray[np.float64]


class NearTexts:
    """Known texts, to be looked up; some 500 bytes each.

    Args:
        questions: Their texts.
        options: Their options; None where there are none.
    """

    def __init__(self, questions: Sequence[str], options: Sequence[Sequence[str] | None]) -> None:
        asked = pa.array(questions, pa.string())
        listed = pa.array(options, pa.list_(pa.string()))
        keys, first = np.unique(text_keys(asked, listed), return_index=True)
        asked, listed = asked.take(pa.array(first)), listed.take(pa.array(first))
        self._keys = keys
        self._sets, self._words = _sets(asked, listed)
        bands = band_keys(self._sets, np.zeros(len(keys), np.uint64))
        self._members = np.argsort(bands, axis=0, kind="stable").T.astype(np.int32)
        self._bands = np.take_along_axis(bands.T, self._members, axis=1)

    def __len__(self) -> int:
        return len(self._keys)

    def near(self, questions: pa.Array, options: pa.Array) -> NearMatches:
        """Return the known texts that rows are near to, without those that they are equal to.

        Args:
            questions: (N,) strings.
            options: (N,) lists of strings; null where there are none.
        """
        keys, first, place = np.unique(
            text_keys(questions, options), return_index=True, return_inverse=True
        )
        asked, listed = questions.take(pa.array(first)), options.take(pa.array(first))
        sets, words = _sets(asked, listed)
        bands = band_keys(sets, np.zeros(len(keys), np.uint64))
        text, item, alike = _compared(
            bands, keys, sets.values, sets.starts, words.values, words.starts,
            self._bands, self._members, self._keys, self._sets.values, self._sets.starts,
            self._words.values, self._words.starts, RESEMBLANCE,
        )  # fmt: skip
        # Texts that a batch repeats were compared once: back to its rows.
        starts = np.searchsorted(text, np.arange(len(keys) + 1))
        counts = (starts[1:] - starts[:-1])[place]
        row = np.repeat(np.arange(len(place)), counts)
        within = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        at = np.repeat(starts[:-1][place], counts) + within
        return NearMatches(row, self._keys[item[at]], alike[at])


def _sets(questions: pa.Array, options: pa.Array) -> tuple[Shingles, Shingles]:
    return shingles(questions, options, SHINGLE), shingles(questions, options, 1)


@njit(cache=True)  # type: ignore[untyped-decorator]
def _common(a: Any, b: Any) -> Any:  # pragma: no cover - compiled
    """Return how many values two ascending arrays of distinct ones share."""
    i, j, count = 0, 0, 0
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            count += 1
            i += 1
            j += 1
        elif a[i] < b[j]:
            i += 1
        else:
            j += 1
    return count


@njit(cache=True)  # type: ignore[untyped-decorator]
def _compared(
    q_bands: Any, q_keys: Any, q_sets: Any, q_starts: Any, q_words: Any, q_ends: Any,
    bands: Any, members: Any, keys: Any, sets: Any, starts: Any, words: Any, ends: Any,
    least: float,
) -> Any:  # pragma: no cover - compiled  # fmt: skip
    """Return (query, item, resemblance) of all near pairs, by query, then item."""
    seen = np.full(len(keys), -1, dtype=np.int64)
    size, count = 64, 0
    row, item, alike = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size)
    for q in range(len(q_keys)):
        begun = count
        mine, own = q_sets[q_starts[q] : q_starts[q + 1]], q_words[q_ends[q] : q_ends[q + 1]]
        for b in range(BANDS):
            at = np.searchsorted(bands[b], q_bands[q, b])
            while at < len(keys) and bands[b, at] == q_bands[q, b]:
                i = members[b, at]
                at += 1
                if seen[i] == q or keys[i] == q_keys[q]:
                    continue
                seen[i] = q
                theirs = words[ends[i] : ends[i + 1]]
                if _common(own, theirs) != min(len(own), len(theirs)):
                    continue
                other = sets[starts[i] : starts[i + 1]]
                both = _common(mine, other)
                share = both / max(1, len(mine) + len(other) - both)
                if share < least:
                    continue
                if count == size:
                    size *= 2
                    row, old = np.empty(size, np.int64), row
                    row[:count] = old
                    item, old = np.empty(size, np.int64), item
                    item[:count] = old
                    alike, last = np.empty(size), alike
                    alike[:count] = last
                row[count], item[count], alike[count] = q, i, share
                count += 1
        order = np.argsort(item[begun:count])
        item[begun:count] = item[begun:count][order]
        alike[begun:count] = alike[begun:count][order]
    return row[:count], item[:count], alike[:count]
