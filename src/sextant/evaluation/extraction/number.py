"""The strict rule for numbers."""

from __future__ import annotations

from sextant.evaluation.extraction.found import Found


def strict_number(reply: str, unit: str | None = None) -> Found:
    """Return the number that a reply gives beyond doubt."""
    raise NotImplementedError
