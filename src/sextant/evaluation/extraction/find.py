"""What callers call: from anything that may stand in a table of predictions to what was found."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sextant.evaluation.extraction.found import Found
from sextant.evaluation.extraction.options import Options, as_options
from sextant.evaluation.extraction.rules import choice_rule, number_rule


def find_choice(
    reply: object,
    options: int | Sequence[str] | Options,
    profile: str = "strict",
    rule: str | None = None,
) -> Found:
    """Return the letter that a reply gives, by a named rule.

    Args:
        reply: Text; None and NaN count as empty, other things as their text.
        options: Texts, texts with letters, bare letters, or their number; see ``as_options``.
        profile: ``strict``, ``official``, ``vlmevalkit`` or ``lmms-eval``, which without a
            benchmark are VSI-Bench's, ``can_match_option`` and lmms-eval's VSI-Bench.
        rule: A name of ``RULES``, e.g. ``lmms-eval/site_bench``; wins over ``profile``.

    Raises:
        InputError: For an unknown rule or impossible options.
    """
    chosen = choice_rule(rule or profile)
    return chosen(as_text(reply), as_options(options))


def find_number(
    reply: object, unit: str | None = None, profile: str = "strict", rule: str | None = None
) -> Found:
    """Return the number that a reply gives, by a named rule.

    Args:
        reply: Text; None and NaN count as empty, other things as their text.
        unit: What the number shall be in: ``m``, ``cm``, ``m2``, ``deg``, ``count``; None = as
            written. Only ``strict`` converts.
        profile: As in ``find_choice``.
        rule: A name of ``NUMBER_RULES``, e.g. ``lmms-eval/spar_bench_mv``; wins over ``profile``.

    Raises:
        InputError: For an unknown rule or unit.
    """
    chosen = number_rule(rule or profile)
    return chosen(as_text(reply), unit)


def extract_choice(
    reply: object, options: int | Sequence[str] | Options, profile: str = "strict"
) -> str | None:
    """Return the upper-case letter that a reply gives, None if it gives none.

    >>> extract_choice("<think>A or B?</think> **B. table**", ["chair", "table"])
    'B'
    """
    value = find_choice(reply, options, profile).value
    return value if isinstance(value, str) else None


def extract_number(reply: object, unit: str | None = None, profile: str = "strict") -> float | None:
    """Return the number that a reply gives, None if it gives none.

    >>> extract_number("about 1,200 cm", "m")
    12.0
    """
    value = find_number(reply, unit, profile).value
    return value if isinstance(value, float) else None


def as_text(reply: object) -> str:
    """Return a reply as text; None and NaN, an empty cell of a table, are the empty one."""
    if isinstance(reply, str):
        return reply
    if reply is None or (isinstance(reply, float) and math.isnan(reply)):
        return ""
    return str(reply)
