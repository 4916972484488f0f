"""The endless stream of samples that a run draws from, as a pure function of the place in it.

An epoch holds ``weight`` times the rows of each entry, and of an entry with a ``share`` so many
that they are this part of the epoch; where all entries have shares, an epoch is as long as all
their rows together. Within an epoch samples of all entries are shuffled into each other. Each entry
goes through all its rows, in an order of its own, before one comes again, across epochs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sextant.errors import RecipeError
from sextant.training.order import shuffled
from sextant.training.recipe import Curriculum, DataEntry

DIFFICULTIES = ("easy", "medium", "hard")
"""In the order of a curriculum; what has no difficulty is spread evenly over all."""


@dataclass(frozen=True, slots=True, eq=False)
class Stratum:
    """Rows that are drawn from as one.

    Attributes:
        entry: Index of the data entry.
        rows: Usable rows of it, ascending.
        difficulty: Index into ``DIFFICULTIES``, -1 = unknown.
        quota: How many an epoch draws.
    """

    entry: int
    rows: NDArray[np.int64]
    difficulty: int
    quota: int


@dataclass(frozen=True, slots=True)
class _Block:
    """Consecutive draws of one stratum in one part of an epoch."""

    stratum: int
    first: int
    count: int


class Mixture:
    """All strata, and the order in which they are drawn from.

    Args:
        strata: See ``strata_of``.
        curriculum: Order of the first epochs.
        seed: Of everything that is shuffled.
    """

    def __init__(self, strata: Sequence[Stratum], curriculum: Curriculum, seed: int) -> None:
        self.strata = tuple(strata)
        self.seed = seed
        self.epoch_size = sum(s.quota for s in self.strata)
        self._staged_epochs = curriculum.epochs if curriculum.order == "easy_first" else 0
        self._shuffled = (tuple(_Block(i, 0, s.quota) for i, s in enumerate(self.strata)),)
        self._staged = _stages(self.strata) if self._staged_epochs else self._shuffled

    def draw(self, places: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the entries and rows at some places of the stream.

        Args:
            places: (m,) numbers from 0, ascending or not; place p is of epoch p // epoch_size.
        """
        at = np.atleast_1d(np.asarray(places, dtype=np.int64))
        entries, rows = np.empty_like(at), np.empty_like(at)
        epochs = at // self.epoch_size
        for epoch in np.unique(epochs):
            chosen = epochs == epoch
            entries[chosen], rows[chosen] = self._draw(int(epoch), at[chosen] % self.epoch_size)
        return entries, rows

    def _draw(self, epoch: int, places: NDArray[np.int64]) -> tuple[NDArray, NDArray]:
        stages = self._staged if epoch < self._staged_epochs else self._shuffled
        entries, rows = np.empty_like(places), np.empty_like(places)
        start = 0
        for number, blocks in enumerate(stages):
            size = sum(block.count for block in blocks)
            inside = np.flatnonzero((places >= start) & (places < start + size))
            if len(inside):
                slots = shuffled(places[inside] - start, size, self.seed, "slots", epoch, number)
                self._fill(epoch, blocks, slots, inside, entries, rows)
            start += size
        return entries, rows

    def _fill(
        self, epoch: int, blocks: tuple[_Block, ...], slots: NDArray[np.int64],
        inside: NDArray[np.intp], entries: NDArray[np.int64], rows: NDArray[np.int64],
    ) -> None:  # fmt: skip
        start = 0
        for block in blocks:
            mine = (slots >= start) & (slots < start + block.count)
            if mine.any():
                stratum = self.strata[block.stratum]
                draws = epoch * stratum.quota + block.first + slots[mine] - start
                entries[inside[mine]] = stratum.entry
                rows[inside[mine]] = self._rows(block.stratum, draws)
            start += block.count

    def _rows(self, number: int, draws: NDArray[np.int64]) -> NDArray[np.int64]:
        held = self.strata[number].rows
        passes = draws // len(held)
        found = np.empty_like(draws)
        for one in np.unique(passes):
            chosen = passes == one
            places = draws[chosen] % len(held)
            found[chosen] = held[shuffled(places, len(held), self.seed, "rows", number, int(one))]
        return found


def strata_of(
    entries: Sequence[DataEntry],
    rows: Sequence[Sequence[tuple[int, NDArray[np.int64]]]],
) -> tuple[Stratum, ...]:
    """Return what each entry contributes to an epoch.

    Args:
        entries: Of the recipe.
        rows: For each entry its usable rows, by difficulty: (index or -1, rows).

    Raises:
        RecipeError: If an entry has no usable row, or so small a weight that it contributes none.
    """
    counts = [sum(len(held) for _, held in parts) for parts in rows]
    for entry, count in zip(entries, counts, strict=True):
        if not count:
            raise RecipeError("nothing of this data can be learned from", where=entry.path)
    found = []
    for index, (entry, quota) in enumerate(zip(entries, _quotas(entries, counts), strict=True)):
        if quota < 1:
            raise RecipeError(
                "an entry contributes no sample to an epoch", where=entry.path,
                got=f"share {entry.share}" if entry.share is not None else f"weight {entry.weight}",
            )  # fmt: skip
        held = [part for part in rows[index] if len(part[1])]
        parts = _split(quota, [len(r) for _, r in held])
        found += [
            Stratum(index, r, difficulty, part)
            for (difficulty, r), part in zip(held, parts, strict=True)
            if part
        ]
    return tuple(found)


def _quotas(entries: Sequence[DataEntry], counts: Sequence[int]) -> list[int]:
    shared = sum(e.share for e in entries if e.share is not None)
    weighted = [
        round(entry.weight * count)
        for entry, count in zip(entries, counts, strict=True)
        if entry.share is None
    ]
    whole = sum(weighted) / (1 - shared) if weighted else float(sum(counts))
    rest = iter(weighted)
    return [next(rest) if e.share is None else round(e.share * whole) for e in entries]


def _stages(strata: Sequence[Stratum]) -> tuple[tuple[_Block, ...], ...]:
    """Return the blocks of each stage of a curriculum; no draw is in two of them."""
    sizes = [sum(s.quota for s in strata if s.difficulty == d) for d in range(len(DIFFICULTIES))]
    if not sum(sizes):
        return (tuple(_Block(i, 0, s.quota) for i, s in enumerate(strata)),)
    stages: list[list[_Block]] = [[] for _ in sizes]
    for number, stratum in enumerate(strata):
        if stratum.difficulty >= 0:
            stages[stratum.difficulty].append(_Block(number, 0, stratum.quota))
            continue
        first = 0
        for stage, part in zip(stages, _split(stratum.quota, sizes), strict=True):
            if part:
                stage.append(_Block(number, first, part))
            first += part
    return tuple(tuple(stage) for stage in stages if stage)


def _split(total: int, sizes: Sequence[int]) -> list[int]:
    """Divide a whole number in proportion to sizes, exactly (largest remainders)."""
    whole = sum(sizes)
    parts = [total * size // whole for size in sizes]
    rest = sorted(range(len(sizes)), key=lambda i: (-(total * sizes[i] % whole), i))
    for i in rest[: total - sum(parts)]:
        parts[i] += 1
    return parts
