"""Runs of one benchmark against each other."""

from __future__ import annotations

from collections.abc import Sequence

from sextant.report.evaluation.runs import Run
from sextant.report.markup import Markup


def comparison_tables(runs: Sequence[Run]) -> Markup | None:
    """List the paired differences; None with less than two runs."""
    return None
