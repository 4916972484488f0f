"""All codes within a Hamming radius, exactly, without comparing every pair.

Multi-index hashing (Norouzi, Punjani, Fleet, "Fast Search in Hamming Space with Multi-Index
Hashing", CVPR 2012): codes are cut into m pieces of 16 bits with a table each. If two codes differ
in at most r = m a + b bits (b < m), then one of the first b + 1 pieces differs in at most a bits,
or one of the others in at most a - 1: looking up those few neighbours of each piece finds every
match.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

PIECE_BITS = 16
_BUCKETS = 1 << PIECE_BITS

MAX_PIECE_RADIUS = 3
"""697 neighbours of a piece; beyond that comparing everything is faster."""


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Which codes lie near which.

    Attributes:
        query, item: (M,) indices, sorted by query, then distance, then item.
        distance: (M,) differing bits.
        found: (Q,) matches of every query, also of those beyond ``keep``.
    """

    query: NDArray[np.int64]
    item: NDArray[np.int64]
    distance: NDArray[np.int64]
    found: NDArray[np.int64]


class HammingIndex:
    """Codes that can be looked up.

    Args:
        codes: (N, W) uint64; kept, not copied.
        radius: Differing bits up to which a lookup shall find a code.
    """

    def __init__(self, codes: NDArray[np.uint64], radius: int) -> None:
        codes = np.ascontiguousarray(codes, dtype="<u8")
        if codes.ndim != 2 or not codes.shape[1]:
            raise ValueError(f"codes are (N, W), not {codes.shape}")
        self.codes, self.radius = codes, radius
        pieces = codes.shape[1] * 64 // PIECE_BITS
        whole, rest = divmod(radius, pieces)
        radii = np.array([whole if k <= rest else whole - 1 for k in range(pieces)])
        if radius < 0 or whole > MAX_PIECE_RADIUS:
            raise ValueError(f"radius {radius} of {codes.shape[1] * 64} bits")
        ring = [[sum(1 << b for b in c) for c in combinations(range(PIECE_BITS), n)]
                for n in range(whole + 1)]  # fmt: skip
        self._flips = np.array([x for flips in ring for x in flips], dtype=np.uint16)
        ends = np.cumsum([0] + [len(flips) for flips in ring])
        self._flip_ends = ends[np.maximum(radii + 1, 0)].astype(np.int64)
        self._starts = np.zeros((pieces, _BUCKETS + 1), dtype=np.int64)
        self._members = np.zeros((pieces, len(codes)), dtype=np.int32)
        for k, piece in enumerate(_pieces(codes).T):
            np.cumsum(np.bincount(piece, minlength=_BUCKETS), out=self._starts[k, 1:])
            self._members[k] = np.argsort(piece, kind="stable")

    def earlier(self) -> Matches:
        """Return, of every code, the nearest of those before it within the radius, if any.

        Of several that are equally near it is the first.
        """
        return self._near(self.codes, keep=1, batch=65536, earlier=True)

    def near(self, queries: NDArray[np.uint64], *, keep: int = 8, batch: int = 65536) -> Matches:
        """Return the codes within the radius of each query, the ``keep`` nearest of each.

        Args:
            queries: (Q, W) uint64.
            keep: Matches listed per query; ties go to the lower item.
            batch: Queries at a time.
        """
        return self._near(queries, keep=keep, batch=batch, earlier=False)

    def _near(
        self, queries: NDArray[np.uint64], *, keep: int, batch: int, earlier: bool
    ) -> Matches:
        queries = np.ascontiguousarray(queries, dtype="<u8")
        parts: list[tuple[NDArray[Any], ...]] = []
        seen = np.full(len(self.codes), -1, dtype=np.int64)
        for start in range(0, len(queries), batch):
            some = queries[start : start + batch]
            item = np.empty((len(some), keep), dtype=np.int64)
            distance = np.empty((len(some), keep), dtype=np.int64)
            found = _look_up(
                some, _pieces(some), start, self.codes, self._starts, self._members,
                self._flips, self._flip_ends, self.radius, seen, item, distance, earlier,
            )  # fmt: skip
            listed = np.arange(keep) < found[:, None]
            rows = np.nonzero(listed)[0] + start
            parts.append((rows, item[listed], distance[listed], found))
        if not parts:
            none = np.empty(0, dtype=np.int64)
            return Matches(none, none, none, none)
        query, items, distances, counts = (np.concatenate(p) for p in zip(*parts, strict=True))
        return Matches(query, items, distances, counts)


def _pieces(codes: NDArray[np.uint64]) -> NDArray[np.uint16]:
    return codes.view("<u2").reshape(len(codes), codes.shape[1] * 4)


@njit(cache=True)  # type: ignore[untyped-decorator]
def _ones(x: Any) -> Any:  # pragma: no cover - compiled
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (x * np.uint64(0x0101010101010101)) >> np.uint64(56)


@njit(cache=True)  # type: ignore[untyped-decorator]
def _look_up(
    queries: Any, pieces: Any, first: int, codes: Any, starts: Any, members: Any, flips: Any,
    flip_ends: Any, radius: int, seen: Any, item: Any, distance: Any, earlier: bool,
) -> Any:  # pragma: no cover - compiled  # fmt: skip
    keep = item.shape[1]
    found = np.zeros(len(queries), dtype=np.int64)
    for q in range(len(queries)):
        stamp = first + q
        for k in range(pieces.shape[1]):
            piece = pieces[q, k]
            for f in range(flip_ends[k]):
                bucket = np.int64(piece ^ flips[f])
                for at in range(starts[k, bucket], starts[k, bucket + 1]):
                    i = members[k, at]
                    if seen[i] == stamp or (earlier and i >= stamp):
                        continue
                    seen[i] = stamp
                    d = np.int64(0)
                    for w in range(codes.shape[1]):
                        d += np.int64(_ones(queries[q, w] ^ codes[i, w]))
                        if d > radius:
                            break
                    if d > radius:
                        continue
                    n = min(found[q], keep)
                    found[q] += 1
                    # Insertion into the short list, ordered by distance, then item.
                    if n == keep and (distance[q, keep - 1], item[q, keep - 1]) <= (d, i):
                        continue
                    at_end = min(n, keep - 1)
                    while at_end > 0 and (distance[q, at_end - 1], item[q, at_end - 1]) > (d, i):
                        distance[q, at_end] = distance[q, at_end - 1]
                        item[q, at_end] = item[q, at_end - 1]
                        at_end -= 1
                    distance[q, at_end] = d
                    item[q, at_end] = i
    return found
