"""A seeded shuffle without a list: place k of a permutation of n, as a pure function.

Large n: a balanced Feistel network on the next even number of bits, walked until it lands below n
(Black and Rogaway, "Ciphers with arbitrary finite domains", 2002, the cycle-walking cipher). The
network permutes at most 4 n numbers, so fewer than four walks are needed on average. Small n, for
which few rounds on few bits are no good shuffle: a table of the generator's own.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sextant.execution.seeds import generator_of, seed_of

ROUNDS = 6

TABLE_UP_TO = 4096

_MULTIPLIERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
"""Of the finaliser of SplitMix64 (Steele, Lea, Flood 2014; variant 13 of Stafford)."""


def shuffled(places: ArrayLike, count: int, *parts: str | int) -> NDArray[np.int64]:
    """Return what stands at some places of a permutation of ``range(count)``.

    Args:
        places: (m,) numbers in [0, count).
        count: Length of the permutation.
        parts: What names the permutation: seed, epoch, ...

    Returns:
        (m,) int64, different for different places.

    Raises:
        IndexError: If a place is outside.
    """
    at = np.atleast_1d(np.asarray(places, dtype=np.int64))
    if at.size and (int(at.min()) < 0 or int(at.max()) >= count):
        raise IndexError(f"places {at.min()}..{at.max()} of a permutation of {count}")
    if count <= TABLE_UP_TO:
        return _table(count, parts)[at]
    half = ((count - 1).bit_length() + 1) // 2
    keys = _round_keys(count, parts)
    values = _network(at.astype(np.uint64), half, keys)
    while (outside := values >= count).any():
        values[outside] = _network(values[outside], half, keys)
    return values.astype(np.int64)


def _network(values: NDArray[np.uint64], half: int, keys: tuple[int, ...]) -> NDArray[np.uint64]:
    bits, mask = np.uint64(half), np.uint64((1 << half) - 1)
    left, right = values >> bits, values & mask
    for key in keys:
        left, right = right, left ^ (_mixed(right ^ np.uint64(key)) & mask)
    return (left << bits) | right


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    values = (values ^ (values >> np.uint64(30))) * _MULTIPLIERS[0]
    values = (values ^ (values >> np.uint64(27))) * _MULTIPLIERS[1]
    return values ^ (values >> np.uint64(31))


@lru_cache(maxsize=256)
def _round_keys(count: int, parts: tuple[str | int, ...]) -> tuple[int, ...]:
    return tuple(seed_of("shuffled", count, r, *parts) for r in range(ROUNDS))


@lru_cache(maxsize=256)
def _table(count: int, parts: tuple[str | int, ...]) -> NDArray[np.int64]:
    table = generator_of("shuffled", count, *parts).permutation(count)
    table.flags.writeable = False
    return table
