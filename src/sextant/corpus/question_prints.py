"""Questions as numbers: which read the same, and which read nearly the same.

Texts are compared as words: Unicode NFKC, lower case, without punctuation and ``<image>`` marks.
The options count as a set, so that shuffling them makes no other question. Hashes of 64 bits are
made by compiled loops over Arrow's buffers, some million rows a minute on a core.

Near duplicates: MinHash (Broder, "On the Resemblance and Containment of Documents", 1997) over
shingles of three words, in 8 bands of 3 (Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets",
section 3.4): two rows of resemblance 0.8 share a band with probability 0.997. Resemblance is then
computed exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit
from numpy.typing import NDArray

SHINGLE = 3
BANDS, ROWS = 8, 3

TEXT_COLUMNS = ("question", "options")

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True, eq=False)
class Shingles:
    """The sets of shingles of some rows.

    Attributes:
        values: All of them, row after row, each row's sorted and distinct.
        starts: (N + 1,) where each row's begin.
    """

    values: NDArray[np.uint64]
    starts: NDArray[np.int64]

    def of(self, row: int) -> NDArray[np.uint64]:
        """Return the set of one row."""
        return self.values[self.starts[row] : self.starts[row + 1]]


def text_keys(question: pa.Array, options: pa.Array) -> NDArray[np.uint64]:
    """Return (N,) numbers that are equal where question and options read the same.

    Args:
        question: (N,) strings.
        options: (N,) lists of strings; null where there are none.
    """
    keys = _mixed(_word_hashes(_plain(question)))
    return keys + _sums(options, np.uint64(1))


def set_keys(lists: pa.Array) -> NDArray[np.uint64]:
    """Return (N,) numbers that are equal where lists hold the same strings, in any order.

    An empty list is 0.
    """
    flat = lists.flatten()
    data, offsets = _buffers(flat)
    return _segment_sums(_mixed(_byte_hashes(data, offsets)), _list_starts(lists))


def sequence_keys(lists: pa.Array) -> NDArray[np.uint64]:
    """Return (N,) numbers that are equal where lists hold the same strings in the same order."""
    items = _mixed(_byte_hashes(*_buffers(lists.flatten())))
    keys: NDArray[np.uint64] = _sequence_hashes(items, _list_starts(lists))
    return keys


def string_keys(strings: pa.Array) -> NDArray[np.uint64]:
    """Return (N,) numbers that are equal where strings are, to the byte."""
    return _mixed(_byte_hashes(*_buffers(strings)))


def word_keys(texts: pa.Array) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return a number per word, text after text, and (N + 1,) where each text's words begin."""
    words, starts = _words(*_buffers(_plain(texts)))
    return words, starts


def shingles(question: pa.Array, options: pa.Array, width: int = SHINGLE) -> Shingles:
    """Return the shingles of ``width`` words of questions, and one for each option."""
    words, starts = _words(*_buffers(_plain(question)))
    own = _mixed(_word_hashes(_plain(options.flatten())))
    values, ends = _shingle_sets(words, starts, own, _list_starts(options), width)
    return Shingles(values, ends)


def band_keys(sets: Shingles, salt: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """Return (N, 8) band keys; ``salt`` (N,) keeps apart what must not be compared."""
    keys: NDArray[np.uint32] = _band_keys(sets.values, sets.starts, salt)
    return keys


def resemblance(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> float:
    """Return the Jaccard similarity of two sets of shingles."""
    both = len(np.intersect1d(a, b, assume_unique=True))
    return both / max(1, len(a) + len(b) - both)


def adds_only(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> bool:
    """Tell whether one of two sets holds the other."""
    return len(np.intersect1d(a, b, assume_unique=True)) == min(len(a), len(b))


def _plain(texts: pa.Array) -> pa.Array:
    texts = pc.replace_substring(pc.fill_null(texts, ""), "<image>", " ")
    if len(texts) and pc.any(pc.invert(pc.string_is_ascii(texts))).as_py():
        texts = pc.utf8_lower(pc.utf8_normalize(texts, form="NFKC"))
    return texts


def _sums(options: pa.Array, factor: np.uint64) -> NDArray[np.uint64]:
    hashes = _mixed(_word_hashes(_plain(options.flatten())) + factor)
    return _segment_sums(hashes, _list_starts(options))


def _list_starts(lists: pa.Array) -> NDArray[np.int64]:
    """Return where each list begins in ``flatten()``, which leaves null lists out."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    starts = np.zeros(len(lists) + 1, dtype=np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts


def _buffers(texts: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    texts = pc.fill_null(texts, "").cast(pa.large_string())
    _, offsets, data = texts.buffers()
    if not len(texts):
        return np.empty(0, np.uint8), np.zeros(1, np.int64)
    places = np.frombuffer(offsets, dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
    bytes_ = np.empty(0, np.uint8) if data is None else np.frombuffer(data, dtype=np.uint8)
    return bytes_, places


def _word_hashes(texts: pa.Array) -> NDArray[np.uint64]:
    words, starts = _words(*_buffers(texts))
    hashes: NDArray[np.uint64] = _sequence_hashes(words, starts)
    return hashes


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Finish a hash as splitmix64 does (Steele, Lea, Flood, OOPSLA 2014)."""
    x = x + _GOLDEN
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = x ^ (x >> np.uint64(31))
    return mixed


def _segment_sums(values: NDArray[np.uint64], starts: NDArray[np.int64]) -> NDArray[np.uint64]:
    running = np.zeros(len(values) + 1, dtype=np.uint64)
    np.cumsum(values, out=running[1:])
    return running[starts[1:]] - running[starts[:-1]]


@njit(cache=True)  # type: ignore[untyped-decorator]
def _mix(x: Any) -> Any:  # pragma: no cover - compiled
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@njit(cache=True)  # type: ignore[untyped-decorator]
def _byte_hashes(data: Any, offsets: Any) -> Any:  # pragma: no cover - compiled
    hashes = np.empty(len(offsets) - 1, dtype=np.uint64)
    for row in range(len(hashes)):
        h = np.uint64(0xCBF29CE484222325)
        for at in range(offsets[row], offsets[row + 1]):
            h = (h ^ np.uint64(data[at])) * np.uint64(0x100000001B3)
        hashes[row] = h
    return hashes


@njit(cache=True)  # type: ignore[untyped-decorator]
def _words(data: Any, offsets: Any) -> Any:  # pragma: no cover - compiled
    """Return a hash per word, and where each text's words begin."""
    rows = len(offsets) - 1
    starts = np.zeros(rows + 1, dtype=np.int64)
    total = 0
    for pass_ in range(2):
        words = np.empty(total if pass_ else 0, dtype=np.uint64)
        count = 0
        for row in range(rows):
            starts[row] = count
            inside = False
            h = np.uint64(0)
            for at in range(offsets[row], offsets[row + 1]):
                c = data[at]
                if 65 <= c <= 90:
                    c += np.uint8(32)
                # A point between digits is part of a number.
                point = (
                    c == 46 and inside and 48 <= data[at - 1] <= 57
                    and at + 1 < offsets[row + 1] and 48 <= data[at + 1] <= 57
                )  # fmt: skip
                if point or c >= 128 or 97 <= c <= 122 or 48 <= c <= 57:
                    if not inside:
                        inside = True
                        h = np.uint64(0xCBF29CE484222325)
                    h = (h ^ np.uint64(c)) * np.uint64(0x100000001B3)
                elif inside:
                    inside = False
                    if pass_:
                        words[count] = h
                    count += 1
            if inside:
                if pass_:
                    words[count] = h
                count += 1
        starts[rows] = count
        total = count
    return words, starts


@njit(cache=True)  # type: ignore[untyped-decorator]
def _sequence_hashes(words: Any, starts: Any) -> Any:  # pragma: no cover - compiled
    hashes = np.empty(len(starts) - 1, dtype=np.uint64)
    for row in range(len(hashes)):
        h = np.uint64(7)
        for at in range(starts[row], starts[row + 1]):
            h = _mix(h ^ words[at]) * np.uint64(0x100000001B3)
        hashes[row] = h
    return hashes


@njit(cache=True)  # type: ignore[untyped-decorator]
def _shingle_sets(
    words: Any, starts: Any, own: Any, own_starts: Any, width: int
) -> Any:  # pragma: no cover - compiled
    rows = len(starts) - 1
    values = np.empty(len(words) + rows + len(own), dtype=np.uint64)
    ends = np.zeros(rows + 1, dtype=np.int64)
    count = 0
    for row in range(rows):
        first = count
        last = max(starts[row] + 1, starts[row + 1] - width + 1)
        for at in range(starts[row], last):
            h = np.uint64(11)
            for k in range(at, min(at + width, starts[row + 1])):
                h = _mix(h ^ words[k]) * np.uint64(0x100000001B3)
            values[count] = h
            count += 1
        for at in range(own_starts[row], own_starts[row + 1]):
            values[count] = own[at]
            count += 1
        distinct = np.unique(values[first:count])
        values[first : first + len(distinct)] = distinct
        count = first + len(distinct)
        ends[row + 1] = count
    return values[:count], ends


@njit(cache=True)  # type: ignore[untyped-decorator]
def _band_keys(values: Any, starts: Any, salt: Any) -> Any:  # pragma: no cover - compiled
    keys = np.empty((len(starts) - 1, 8), dtype=np.uint32)
    for row in range(len(keys)):
        for band in range(8):
            key = salt[row]
            for k in range(3):
                seed = _mix(np.uint64(band * 3 + k + 1))
                least = np.uint64(0xFFFFFFFFFFFFFFFF)
                for at in range(starts[row], starts[row + 1]):
                    least = min(least, _mix(values[at] ^ seed))
                key = _mix(key ^ least)
            keys[row, band] = np.uint32(key >> np.uint64(32))
    return keys
