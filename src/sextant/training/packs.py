"""Samples of one step into rows of limited length, and rows to processes.

All processes run the same number of rounds, one row each, because they meet in the collectives of
every layer; a round lasts as long as its longest row. So the number of rounds is the smallest
possible, the rows are as even as they can be for it, and rows of one round are alike.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass

from sextant.errors import RecipeError


@dataclass(frozen=True, slots=True)
class Pack:
    """A row.

    Attributes:
        samples: Places within the step, ascending; empty for a row that only keeps a process in
            the collectives and weighs nothing.
        tokens: Of all its samples.
    """

    samples: tuple[int, ...]
    tokens: int


def packed(lengths: Sequence[int], budget: int) -> tuple[Pack, ...]:
    """Put samples into rows: longest first, each where the least room is left.

    Args:
        lengths: Tokens of each sample, at least 1.
        budget: Most tokens of a row.

    Returns:
        Rows in the order in which they were begun; at most 11/9 of the fewest possible, and 6/9
        (Dosa 2007, for first-fit decreasing; best-fit decreasing has the same bound).

    Raises:
        RecipeError: If a sample is longer than a row.
    """
    if any(not 0 < length <= budget for length in lengths):
        raise RecipeError(
            "a sample is longer than a row", expected=f"1..{budget} tokens", got=max(lengths)
        )
    rows: list[list[int]] = []
    # (room left, row), ascending: the first that is large enough is the fullest that fits.
    room: list[tuple[int, int]] = []
    for place in _longest_first(lengths):
        at = bisect_left(room, (lengths[place], -1))
        if at == len(room):
            left, row = budget, len(rows)
            rows.append([])
        else:
            left, row = room.pop(at)
        rows[row].append(place)
        insort(room, (left - lengths[place], row))
    return tuple(_pack(row, lengths) for row in rows)


def rounds(lengths: Sequence[int], budget: int, ranks: int) -> tuple[tuple[Pack, ...], ...]:
    """Assign all samples of a step to processes.

    Args:
        lengths: Tokens of each sample.
        budget: Most tokens of a row.
        ranks: Number of processes.

    Returns:
        For each round the rows of ranks 0, 1, ...

    Raises:
        RecipeError: If a sample is longer than a row, or there is no process.
    """
    if ranks < 1:
        raise RecipeError("at least one process is needed", got=ranks)
    rows = packed(lengths, budget)
    wanted = -(-len(rows) // ranks) * ranks
    if len(rows) < wanted:
        # There is room to spare: as many rows as there are places, all of about the same length.
        rows = _evened(lengths, budget, wanted) or rows
    ordered = sorted(rows, key=lambda pack: (-pack.tokens, pack.samples))
    ordered += [Pack((), 0)] * (wanted - len(ordered))
    found = []
    for number, start in enumerate(range(0, wanted, ranks)):
        row = ordered[start : start + ranks]
        # The longest of a round goes to the rank that had the shortest of the round before.
        found.append(tuple(row if number % 2 == 0 else reversed(row)))
    return tuple(found)


def _evened(lengths: Sequence[int], budget: int, count: int) -> tuple[Pack, ...] | None:
    """Put samples into ``count`` rows, longest first, each into the emptiest; None if none fits."""
    rows: list[list[int]] = [[] for _ in range(count)]
    load = [(0, row) for row in range(count)]
    for place in _longest_first(lengths):
        tokens, row = heapq.heappop(load)
        if tokens + lengths[place] > budget:
            return None
        rows[row].append(place)
        heapq.heappush(load, (tokens + lengths[place], row))
    return tuple(_pack(row, lengths) for row in rows)


def _longest_first(lengths: Sequence[int]) -> list[int]:
    return sorted(range(len(lengths)), key=lambda place: (-lengths[place], place))


def _pack(row: list[int], lengths: Sequence[int]) -> Pack:
    return Pack(tuple(sorted(row)), sum(lengths[place] for place in row))
