"""What the score is made of, as the stress tests part it."""

from __future__ import annotations

from collections.abc import Sequence

from sextant.report.evaluation.runs import Run
from sextant.report.markup import Markup


def verdict_table(runs: Sequence[Run]) -> Markup | None:
    """List the parts of the score; None where no run has a verdict."""
    return None
