"""One verdict of a reply that may put forward several answers."""

from __future__ import annotations

import re
from collections.abc import Callable

from sextant.evaluation.extraction._option_texts import lowered
from sextant.evaluation.extraction._reply import Part, answer_parts
from sextant.evaluation.extraction.found import Found

EMPTY = Found("empty")

_CORRECTS = re.compile(
    r"(?<![a-z])(?:so|therefore|thus|hence|final|finally|conclu\w+|wait|actually|no|sorry|"
    r"correction|corrected|rather|oops|hmm+|mistake\w*|wrong|reconsider\w*|revis\w+|instead|"
    r"recount\w*|re-?check\w*)(?![a-z])"
)
LOOK_BACK = 2_000
"""So many characters between two answers are searched for words that correct the first."""


def verdict_on(reply: str, decide: Callable[[str], Found]) -> Found:
    """Return what the answer parts of a reply agree on, or the last one if it corrects the others.

    Args:
        reply: As the model gave it.
        decide: What a part's text comes to, spans relative to it.
    """
    parts = answer_parts(reply)
    if parts is None:
        return EMPTY
    found = [_shifted(decide(part.text), part) for part in parts]
    if len(found) == 1:
        return found[0]
    said = [f for f in found if f.status != "empty"] or found[-1:]
    if all(f.status == said[0].status and same(f.value, said[0].value) for f in said):
        return said[-1]
    between = lowered(reply[parts[-2].start + len(parts[-2].text) : parts[-1].start])
    if found[-1].status == "answered" and _CORRECTS.search(between[-LOOK_BACK:]):
        return found[-1]
    return Found("ambiguous")


def same(a: object, b: object) -> bool:
    """Return whether two answers are one, numbers up to rounding."""
    if isinstance(a, float) and isinstance(b, float):
        return abs(a - b) <= 1e-9 * max(abs(a), abs(b))
    return a == b


def _shifted(found: Found, part: Part) -> Found:
    if found.span is None:
        return found
    return Found(found.status, found.value, part.span(*found.span))
