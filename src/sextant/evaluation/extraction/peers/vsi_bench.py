"""VSI-Bench: the first token.

Official: thinking-in-space@51e089c3 ``lmms_eval/tasks/vsibench/utils.py`` (``fuzzy_matching``,
``to_float``). lmms-eval@75571cfe ``lmms_eval/tasks/vsibench/utils.py`` has the same rule for
letters and ``extract_number`` for numbers: the first digits or the first run of number words.
"""

from __future__ import annotations

import math
import re

from sextant.evaluation.extraction.found import Found
from sextant.evaluation.extraction.options import Options
from sextant.evaluation.extraction.peers._verdict import EMPTY, letter

_WORD = re.compile(r"[a-z]+")
_DIGITS = re.compile(r"-?\d+(?:\.\d+)?")
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_VALUES = {word: value for value, word in enumerate(_SMALL.split())}
_VALUES |= {word: 10 * value for value, word in enumerate(_TENS.split(), start=2)}
_VALUES |= {"hundred": 100, "thousand": 1000}


def first_token_letter(reply: str, options: Options) -> Found:
    """Return the text before the first blank, without trailing full stops, if it is a letter."""
    token, span = _first_token(reply)
    return letter(next((c for c in options.letters if c.lower() == token.lower()), None),
                  options, span)  # fmt: skip


def first_token_number(reply: str, unit: str | None = None) -> Found:
    """Return the first token if Python's ``float`` takes it."""
    token, span = _first_token(reply)
    try:
        value = float(token)
    except ValueError:
        return EMPTY
    # Upstream goes on with nan and inf and gives no point for them.
    return Found("answered", value, span) if math.isfinite(value) else Found("refused", None, span)


def first_number(reply: str, unit: str | None = None) -> Found:
    """Return the first number in digits, or the first run of number words if it comes earlier."""
    text = reply.lower()
    placed = len(text) == len(reply)  # "İ" becomes two characters, and positions move
    digits = _DIGITS.search(text)
    words: list[re.Match[str]] = []
    for match in _WORD.finditer(text):
        if match.group() in _VALUES:
            words.append(match)
        elif words and match.group() != "and":
            break
        elif digits is not None and not words and match.start() > digits.start():
            break
    if digits is not None and (not words or digits.start() < words[0].start()):
        value = float(digits.group())
        if not math.isfinite(value):
            return Found("refused")
        return Found("answered", value, digits.span() if placed else None)
    if not words:
        return EMPTY
    span = (words[0].start(), words[-1].end()) if placed else None
    value = _spoken([match.group() for match in words])
    return Found("answered", value, span) if math.isfinite(value) else Found("refused", None, span)


def _first_token(reply: str) -> tuple[str, tuple[int, int]]:
    end = reply.find(" ")
    token = reply if end < 0 else reply[:end]
    bare = token.rstrip(".")
    start = len(bare) - len(bare.lstrip())
    bare = bare.strip()
    return bare, (start, start + len(bare))


def _spoken(words: list[str]) -> float:
    total = current = 0.0
    for word in words:
        value = _VALUES[word]
        if value == 100:
            current = max(current, 1.0) * 100
        elif value == 1000:
            total += max(current, 1.0) * 1000
            current = 0.0
        else:
            current += value
    return total + current  # infinite for a megabyte of "hundred", where upstream breaks
