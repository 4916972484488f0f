"""Which samples a step learns from, and in which rows on which process.

A step is exactly ``global_batch`` samples, and they are a pure function of (seed, step): neither
the number of processes nor the length of rows changes them, and a run goes on from nothing but the
number of its next step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.training.packs import Pack
from sextant.training.recipe import Weighting


@dataclass(frozen=True, slots=True, eq=False)
class StepPlan:
    """One optimiser step.

    Attributes:
        step: From 0.
        epoch: Of its first sample, from 0.
        entries, rows: (samples,) int64: which data entry each is of, and which of its chosen rows
            (a place of ``IndexedSet``).
        tokens: (samples,) int64: lengths.
        supervised: (samples,) int64: tokens that are predicted.
        weights: (samples,) float64: what each counts in the loss, all its tokens together.
        rounds: ``rounds[i][rank]`` is the row of a process in round i; ``Pack.samples`` are places
            in the arrays above.
    """

    step: int
    epoch: int
    entries: NDArray[np.int64]
    rows: NDArray[np.int64]
    tokens: NDArray[np.int64]
    supervised: NDArray[np.int64]
    weights: NDArray[np.float64]
    rounds: tuple[tuple[Pack, ...], ...]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def weight(self) -> float:
        """What the step's summed loss is divided by, unless a picture turns out to be broken."""
        return float(self.weights.sum())

    def of_rank(self, rank: int) -> tuple[Pack, ...]:
        """Return the rows of a process, round by round."""
        return tuple(packs[rank] for packs in self.rounds)


def sample_weights(kind: Weighting, supervised: Sequence[int] | NDArray) -> NDArray[np.float64]:
    """Return what samples count in the loss; a token counts that, over the sample's tokens.

    ``token``: each token 1; ``sample``: each sample 1; ``sqrt``: each sample the square root of its
    tokens, as InternVL's ``loss_reduction square`` (1 / sqrt(n) per token).
    """
    counts = np.asarray(supervised, dtype=np.float64)
    if kind == "token":
        return counts
    return np.ones_like(counts) if kind == "sample" else np.sqrt(counts)
