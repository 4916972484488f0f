"""Named subsets of a corpus, which training can weight and evaluation can report alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sextant.samples.sample import Sample

PICTURE_HEURISTICS = ("vertical_position", "pixel_size", "horizontal_order", "center_distance")
"""The heuristics that look at a picture; "first mentioned" looks at the text."""

HEURISTIC_NAMES = (*PICTURE_HEURISTICS, "first_mentioned")
"""Everything that ``evidence.heuristics`` may hold."""


def heuristic_hits(answer: str, evidence: Mapping[str, Any]) -> dict[str, float]:
    """Return, for every heuristic with an opinion, how far it is right.

    Args:
        answer: The stored answer: a letter, "yes" or "no".
        evidence: The row's evidence.

    Returns:
        1 where it gives the answer, 0 where it does not, 1/k where it names k options, the right
        one among them.
    """
    hits = {}
    for name, guess in evidence.get("heuristics", {}).items():
        if guess in ("yes", "no"):
            hits[name] = float(guess == answer)
        elif guess:
            hits[name] = float(answer in guess) / len(guess)
    return hits


def is_counter_heuristic(sample: Sample) -> bool:
    """Tell whether every picture heuristic that has an opinion is wrong, and at least one has."""
    hits = heuristic_hits(sample.answer, sample.evidence_dict())
    found = [hits[name] for name in PICTURE_HEURISTICS if name in hits]
    return bool(found) and not any(found)


def is_pro_heuristic(sample: Sample) -> bool:
    """Tell whether every picture heuristic that has an opinion is right, and at least one has."""
    hits = heuristic_hits(sample.answer, sample.evidence_dict())
    found = [hits[name] for name in PICTURE_HEURISTICS if name in hits]
    return bool(found) and all(hit == 1.0 for hit in found)


def has_no_pictures(sample: Sample) -> bool:
    """Tell whether a question comes without pictures, to be answered from a scene as text."""
    return not sample.images


SUBSETS: Mapping[str, Callable[[Sample], bool]] = {
    "counter_heuristic": is_counter_heuristic,
    "pro_heuristic": is_pro_heuristic,
    "no_pictures": has_no_pictures,
}
"""By name, as ``sextant export --subset`` takes them."""
