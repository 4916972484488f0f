"""Which wrong words are offered next to the true one, so that no word is a safe bet.

Directions are not equally frequent as truths: cameras seldom rise, and things seldom lie straight
behind each other. Offered evenly, the rare words would nearly always be wrong. Here a set of words
is drawn so that, given the set, each of its words is right equally often (conditional Poisson
sampling: a set's weight is the product of its words' odds, and the odds are solved for so that a
word is in as many sets as its share of the truths asks for).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

ROUNDS = 300
MOST = 0.97
"""No word is in more than this share of the sets, or the others would leave it no alternative."""


def matched_others(
    label: str, shares: Mapping[str, float], count: int, rng: np.random.Generator
) -> list[str]:
    """Draw wrong words for a true one.

    Args:
        label: The true word, a key of ``shares``.
        shares: How often each word is the truth, all above 0; they need not sum to 1.
        count: How many wrong words, fewer than there are words.
        rng: Seeded generator of this sample.
    """
    words = tuple(shares)
    sets, weights = _sets(tuple(shares.values()), count + 1)
    own = words.index(label)
    holding = [k for k, members in enumerate(sets) if own in members]
    edges = np.cumsum(weights[holding])
    place = int(np.searchsorted(edges, rng.random() * edges[-1], side="right"))
    chosen = sets[holding[min(place, len(holding) - 1)]]
    return [words[i] for i in chosen if i != own]


@lru_cache(maxsize=64)
def _sets(
    shares: tuple[float, ...], size: int
) -> tuple[list[tuple[int, ...]], NDArray[np.float64]]:
    """Return all sets of ``size`` words and their weights, which sum to 1."""
    sets = list(itertools.combinations(range(len(shares)), size))
    holds = np.zeros((len(sets), len(shares)))
    for k, members in enumerate(sets):
        holds[k, list(members)] = 1.0
    wanted = np.minimum(size * np.array(shares) / math.fsum(shares), MOST)
    odds = np.ones(len(shares))
    weights = np.full(len(sets), 1.0 / len(sets))
    for _ in range(ROUNDS):
        weights = np.prod(np.where(holds > 0, odds, 1.0), axis=1)
        weights /= weights.sum()
        odds *= wanted / (weights @ holds)
        odds /= odds.max()
    return sets, weights
