"""Stopping a run that has gone wrong: a loss that is no number, or that leaps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

WINDOW = 64
"""Steps whose median a loss is held against."""

ENOUGH = 8
"""Steps before which nothing counts as a leap."""


class LossWatch:
    """Remembers the last losses.

    Args:
        spike: A loss of more than so many times their median is a leap; None = none is.
        recent: Losses of the steps before, oldest first.
    """

    def __init__(self, spike: float | None, recent: Sequence[float] = ()) -> None:
        self._spike = spike
        self.recent = list(recent)[-WINDOW:]

    def problem(self, loss: float, gradient_norm: float) -> str | None:
        """Say what is wrong with a step, before its gradient is applied; None if nothing is."""
        if not math.isfinite(loss):
            return f"the loss is {loss}"
        if not math.isfinite(gradient_norm):
            return f"the norm of the gradient is {gradient_norm}"
        if self._spike is not None and len(self.recent) >= ENOUGH:
            usual = median(self.recent)
            if loss > self._spike * usual:
                return (
                    f"the loss leaps to {loss:.4g}, {loss / usual:.1f} times the median of the "
                    f"last {len(self.recent)} steps (recipe: spike {self._spike:g})"
                )
        return None

    def note(self, loss: float) -> None:
        """Remember the loss of a step that was applied."""
        self.recent = [*self.recent, loss][-WINDOW:]
