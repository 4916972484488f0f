"""VLMEvalKit's numbers: ``can_match_na``, the last number behind the last ``</think>``.

VLMEvalKit@e8e78f05 ``vlmeval/dataset/utils/spatial_bench/matching_func.py``. Words up to twenty
become digits first, so "twenty-one" is "20-1", whose last number is -1.
"""

from __future__ import annotations

import ast
import math
import re
import warnings

from sextant.evaluation.extraction.found import Found
from sextant.evaluation.extraction.peers._verdict import EMPTY
from sextant.evaluation.extraction.peers.vlmevalkit_letters import (
    INVISIBLE,
    after_think,
    answer_contents,
)

MAX_LIST = 10_000
"""Longer lists are not parsed; the original parses whatever comes."""

_NUMBER = r"[-+]?(?:\d*\.\d+|\d+)(?:[eE][-+]?\d+)?"
_ANY = re.compile(_NUMBER)
_TAGGED = re.compile(rf"\s*+({_NUMBER})(?:[^\d<][^<]*+)?<\s*+/\s*+answer\s*+>", re.IGNORECASE)
_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
).split()
_DIGITS = {word: str(value) for value, word in enumerate(_WORDS)}
_WORD = re.compile(rf"\b({'|'.join(_WORDS)})\b", re.IGNORECASE)


def can_match_na(reply: str, unit: str | None = None) -> Found:
    """Return the number in ``<answer>``, else the last one behind the thinking, else the last."""
    bare = reply.strip()
    if bare.startswith("[") and bare.endswith("]"):
        first = _first_entry(reply)
        if first is None:
            return EMPTY
        bare = first
    text = _WORD.sub(
        lambda m: _DIGITS.get(m.group().lower(), m.group()), INVISIBLE.sub("", bare.strip())
    )
    for start in answer_contents(text):
        match = _TAGGED.match(text, start)
        if match is not None:
            return _number(match.group(1))
    numbers = _ANY.findall(after_think(text)) or _ANY.findall(text)
    return _number(numbers[-1]) if numbers else EMPTY


def _first_entry(reply: str) -> str | None:
    if len(reply) > MAX_LIST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            entries = ast.literal_eval(reply)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return str(entries[0]) if isinstance(entries, list) and entries else reply


def _number(text: str) -> Found:
    try:
        value = float(text)
    except ValueError:
        return EMPTY
    return Found("answered", value) if math.isfinite(value) else Found("refused")
