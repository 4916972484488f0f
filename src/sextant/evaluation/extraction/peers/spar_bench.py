"""SPAR-Bench: comparisons instead of an extraction.

SPAR@16798858 ``lmms-eval/lmms_eval/tasks/sparbench/utils.py`` and lmms-eval@75571cfe
``lmms_eval/tasks/sparbench/utils.py`` (``exact_match``, ``process_na``), which agree.
"""

from __future__ import annotations

import math
import re

from sextant.evaluation.extraction.found import Found
from sextant.evaluation.extraction.options import Options
from sextant.evaluation.extraction.peers._verdict import EMPTY, letter

_UNSIGNED = re.compile(r"(?<!\^)\d+\.\d+|(?<!\^)\d+")


def exact_match(reply: str, answer: str) -> bool:
    """Return whether a reply is right: equal, contained in the answer, or of the same first letter.

    So an empty reply is always right, "Answer: B" is right for A, and "(C)" is wrong for C.
    """
    predicted, target = reply.lower(), answer.lower()
    return predicted in target or predicted[0] == target


def first_character(reply: str, options: Options) -> Found:
    """Return the first character, which decides ``exact_match`` for any reply but an empty one."""
    return letter(next((c for c in options.letters if reply[:1].lower() == c.lower()), None),
                  options, (0, 1))  # fmt: skip


def first_unsigned(reply: str, unit: str | None = None) -> Found:
    """Return the first number, without its sign: tasks with one view."""
    match = _UNSIGNED.search(reply)
    return EMPTY if match is None else _number(match)


def last_unsigned(reply: str, unit: str | None = None) -> Found:
    """Return the last number, without its sign, -1 where there is none: tasks with many views."""
    match = None
    for match in _UNSIGNED.finditer(reply):  # noqa: B007
        pass
    return Found("empty", -1.0) if match is None else _number(match)


def _number(match: re.Match[str]) -> Found:
    try:
        # Upstream reads digits without a point as an integer, which has no upper end but
        # CPython's 4300 digits.
        value = float(match.group())
    except ValueError:
        return EMPTY
    if not math.isfinite(value):
        return Found("refused", None, match.span())
    return Found("answered", value, match.span())
