"""What the benchmarks' scorers share: a letter found by a rule is right or wrong."""

from __future__ import annotations

from collections.abc import Sequence

from sextant.errors import RecipeError
from sextant.evaluation.benchmark import Scored
from sextant.evaluation.extraction import find_choice
from sextant.evaluation.extraction.found import Found
from sextant.evaluation.items import Item

STRICT = "strict"


def score_choice(item: Item, reply: str, rule: str | None = None) -> Scored:
    """Score a choice; ``rule`` None = our own rule, which refuses to guess."""
    assert item.options is not None  # a choice has options
    if rule is None:
        found = find_choice(reply, item.options, profile=STRICT)
    else:
        found = find_choice(reply, item.options, rule=rule)
    return scored(found, float(found.value is not None and found.value == item.answer))


def scored(found: Found, points: float) -> Scored:
    """Return what was found with the points it is worth."""
    return Scored(points, found.status, found.value, found.span)


def check_profile(profile: str, offered: Sequence[str], benchmark: str) -> None:
    """Refuse a profile that a benchmark does not have.

    Raises:
        RecipeError: With those it has.
    """
    if profile not in offered:
        raise RecipeError(f"{benchmark} has no profile {profile!r}", expected=", ".join(offered))
