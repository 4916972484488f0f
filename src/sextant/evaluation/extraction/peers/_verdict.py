"""From what another harness extracts to what we report."""

from __future__ import annotations

from sextant.evaluation.extraction.found import Found
from sextant.evaluation.extraction.options import Options

EMPTY = Found("empty")


def letter(found: str | None, options: Options, span: tuple[int, int] | None = None) -> Found:
    """Return a letter as found, or ``empty`` if it is none of the options."""
    if found and found in options.letters:
        return Found("answered", found, span)
    return EMPTY
