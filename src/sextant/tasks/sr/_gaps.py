"""When distances differ enough that nobody can argue about their order."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from pydantic import Field

from sextant.questions.task import Margins


class GapMargins(Margins):
    """How far apart two distances must be to be told apart."""

    min_gap_m: float = Field(0.15, description="smallest difference in metres")
    min_gap_share: float = Field(0.10, description="the same as a share of the longer distance")

    def as_thresholds(self) -> dict[str, float]:
        """Return the values as evidence stores them."""
        return {"min_gap_m": self.min_gap_m, "min_gap_share": self.min_gap_share}

    def slack(self, near: float, far: float) -> float:
        """Return by what fraction of the needed gap two distances are apart beyond it.

        Negative where they are too close; ``near`` must not be the longer one.
        """
        needed = max(self.min_gap_m, self.min_gap_share * far)
        return (far - near) / needed - 1.0 if needed > 0 else 1.0

    def least_slack(self, distances_m: Sequence[float]) -> float:
        """Return the smallest ``slack`` over all pairs of distances.

        Neighbours in sorted order suffice: any other pair needs the same gap as the pair of its
        longer distance and the neighbour below, and lies further apart.
        """
        ordered = sorted(distances_m)
        return min(self.slack(a, b) for a, b in itertools.pairwise(ordered))
