"""What the benchmarks' scorers share: a letter found by a rule is right or wrong.

lmms-eval takes ``<think>`` and ``<analysis>`` blocks out of every reply before a task scores it, so
its rules get replies without them here, whatever the benchmark: the loop that calls
``process_results`` does it (lmms-eval@75571cfe ``lmms_eval/evaluator.py``, "Strip reasoning tags
before scoring"), with the default of ``--reasoning_tags`` (``lmms_eval/__main__.py``). A task's own
``reasoning_tags`` would win; only ``multi_crit`` has one, which is no benchmark here. The authors'
scripts and VLMEvalKit hand their rules the whole reply.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import cast

from sextant.errors import RecipeError
from sextant.evaluation.benchmark import Scored
from sextant.evaluation.extraction import find_choice, find_number
from sextant.evaluation.extraction.found import Found
from sextant.evaluation.extraction.peers.lmms_reasoning import without_reasoning
from sextant.evaluation.items import Item
from sextant.evaluation.metrics import MraRule, mean_relative_accuracy

STRICT = "strict"

SHORT = 96
"""What is found in replies of at most so many characters is kept: they are often the same."""


def score_choice(item: Item, reply: str, rule: str | None = None) -> Scored:
    """Score a choice; ``rule`` None = our own rule, which refuses to guess."""
    found = found_choice(item, reply, rule)
    return scored(found, float(found.value is not None and found.value == item.answer))


def found_choice(item: Item, reply: str, rule: str | None = None) -> Found:
    """Return the letter in a reply; ``rule`` None = our own rule."""
    assert item.options is not None  # a choice has options
    find = _letter_in if len(reply) > SHORT else _letter_in_short
    return find(reply, item.options, rule or STRICT)


def _letter_in(reply: str, options: tuple[str, ...], rule: str) -> Found:
    text = harness_reply(reply, rule)
    return _in_reply(find_choice(text, options, rule=rule), text, reply)


_letter_in_short = lru_cache(maxsize=16_384)(_letter_in)


def score_number(item: Item, reply: str, rule: str | None = None) -> Scored:
    """Score a number by mean relative accuracy; ``rule`` None = ours, which converts units."""
    assert item.value is not None  # a number has a true value
    find = _number_in if len(reply) > SHORT else _number_in_short
    found = find(reply, item.unit, rule or STRICT)
    value = found.value if isinstance(found.value, float) else None
    harness = cast(MraRule, (rule or STRICT).partition("/")[0])
    return scored(found, mean_relative_accuracy(value, item.value, harness))


def _number_in(reply: str, unit: str | None, rule: str) -> Found:
    text = harness_reply(reply, rule)
    return _in_reply(find_number(text, unit, rule=rule), text, reply)


_number_in_short = lru_cache(maxsize=16_384)(_number_in)


def harness_reply(reply: str, rule: str | None) -> str:
    """Return what a harness lets its rule see of a reply."""
    return without_reasoning(reply) if rule and rule.startswith("lmms-eval") else reply


def _in_reply(found: Found, text: str, reply: str) -> Found:
    """Return what was found with its place in the whole reply; None if it is in pieces."""
    if found.span is None or text == reply:
        return found
    offset = reply.rfind(text)
    span = (found.span[0] + offset, found.span[1] + offset) if offset >= 0 else None
    return Found(found.status, found.value, span)


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
