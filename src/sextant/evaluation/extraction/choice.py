"""The strict rule for letters."""

from __future__ import annotations

from sextant.evaluation.extraction.found import Found
from sextant.evaluation.extraction.options import Options


def strict_choice(reply: str, options: Options) -> Found:
    """Return the letter that a reply gives beyond doubt."""
    raise NotImplementedError
