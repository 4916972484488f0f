"""Which part of a reply its answer was read from, where the run did not store it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sextant.errors import InputError
from sextant.evaluation.extraction import NUMBER_RULES, RULES, find_choice, find_number
from sextant.report.evaluation.chosen import Answer
from sextant.report.evaluation.excerpts import Span, valid_span
from sextant.samples.sample import LETTERS

MAX_REPLY = 200_000
"""A longer reply is not read again for the sake of a mark."""

UNITS = (None, "m", "cm", "m2", "deg")
"""What a number may have been asked in; the one that was gives the stored value."""


def find_span(answer: Answer, reply: str) -> Span | None:
    """Read a reply again by the run's rule; None unless that finds what the score rests on.

    A benchmark may do more to a reply than its rule of extraction does, so a mark is only made
    where both agree.
    """
    if len(reply) > MAX_REPLY or not reply:
        return None
    table, row = answer.table, answer.row
    names = _rules(answer.run.rules or "strict", answer.run.benchmark)
    letter = int(table.chosen[row])
    try:
        if letter >= 0:
            return _letter(reply, answer, LETTERS[letter : letter + 1], names)
        return _number(reply, float(table.predicted[row]), names)
    except InputError:  # Options that cannot be: the run's own reader has said so already.
        return None


def _rules(profile: str, benchmark: str) -> list[str]:
    """Return names that the rule may have, the most special first."""
    named = [n for n in {*RULES, *NUMBER_RULES} if n.startswith(f"{profile}/")]
    fit = [n for n in named if benchmark.startswith(n.partition("/")[2])]
    return [*sorted(fit, key=lambda n: (-len(n), n)), profile]


def _letter(reply: str, answer: Answer, letter: str, names: Sequence[str]) -> Span | None:
    options = answer.stored.get("options")
    if not isinstance(options, list) or not all(isinstance(o, str) for o in options):
        return None
    for rule in names:
        if rule in RULES:
            found = find_choice(reply, options, rule=rule)
            if found.value == letter and found.span is not None:
                return valid_span(reply, found.span)
    return None


def _number(reply: str, predicted: float, names: Sequence[str]) -> Span | None:
    if math.isnan(predicted):
        return None
    for rule in names:
        for unit in UNITS if rule in NUMBER_RULES else ():
            found = find_number(reply, unit, rule=rule)
            if found.value == predicted and found.span is not None:
                return valid_span(reply, found.span)
    return None
