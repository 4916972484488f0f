"""Random piles of unit blocks whose every column is in view."""

from __future__ import annotations

import numpy as np

from sextant.questions.blocks import Heights, least_visible_top


def random_pile(
    rng: np.random.Generator,
    *,
    rows: int,
    columns: int,
    blocks: int,
    max_height: int,
    min_visible: float,
) -> Heights | None:
    """Return a pile of exactly so many blocks, set down one by one where nothing gets hidden.

    Args:
        rng: Seeded generator.
        rows: Cells from back to front.
        columns: Cells from left to right.
        blocks: Number of blocks.
        max_height: Tallest column.
        min_visible: Least share of every cell's top (or floor) that stays in view.

    Returns:
        The pile; None if the next block found no place.
    """
    heights = np.zeros((rows, columns), dtype=np.int64)
    # Some piles lean into the back left corner, where much is buried; others lie scattered.
    lean = float(rng.uniform(0.0, 1.2))
    r, c = np.indices((rows, columns))
    weights = np.exp(-lean * (r + c)) * rng.uniform(0.3, 1.0, size=(rows, columns))
    for _ in range(blocks):
        free = np.flatnonzero((heights < max_height).ravel())
        placed = False
        while len(free) and not placed:
            share = weights.ravel()[free]
            k = int(rng.choice(free, p=share / share.sum()))
            heights.ravel()[k] += 1
            placed = least_visible_top(as_heights(heights)) >= min_visible
            if not placed:
                heights.ravel()[k] -= 1
                free = free[free != k]
        if not placed:
            return None
    return as_heights(heights)


def as_heights(array: np.ndarray) -> Heights:
    """Return an integer array as a height map."""
    return tuple(tuple(int(h) for h in row) for row in array)
