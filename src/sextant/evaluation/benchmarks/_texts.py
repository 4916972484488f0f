"""Free answers: when a text in a reply is the stored one."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from sextant.errors import ConventionError
from sextant.evaluation.benchmark import Scored
from sextant.evaluation.benchmarks._scoring import scored
from sextant.evaluation.extraction import find_text
from sextant.evaluation.items import Item
from sextant.evaluation.literals import text_list

MAX_CHARS = 2_000
"""A longer answer is no short text."""

_ARTICLE = re.compile(r"\b(?:the|an?)\b")
_OPENING = re.compile(
    r"\s*(?:i(?:'d| would) say|i (?:think|believe)|it(?:'s| is)|this is|that(?:'s| is))"
    r"(?:\s+(?:that\s+)?(?:it(?:'s| is)))?\s+",
    re.IGNORECASE,
)
_NO_WORD = re.compile(r"[^\w.+\-/ ]+")
_BETWEEN = re.compile(
    r"\s*(?:,\s*and\b|,\s*then\b|,|;|\n|\u2192|->|>|\band\s+then\b|\band\b|\bthen\b)\s*"
)
_NUMBER = re.compile(r"[-+]?(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})(?:[eE][-+]?\d{1,3})?")


def score_text(item: Item, reply: str) -> Scored:
    """Score a text that must be the stored answer, or one of them if it spells a list.

    Case, articles, punctuation and white space do not matter; numbers are compared as numbers. A
    stored answer of several parts, ``chair, lamp, bed``, must come in the same order.
    """
    found = find_text(reply)
    text = found.value if isinstance(found.value, str) else ""
    right = bool(text) and any(same_text(text, answer) for answer in _answers(item.answer))
    return scored(found, float(right))


def same_text(said: str, stored: str) -> bool:
    """Tell whether two short texts say the same.

    >>> same_text("The Lamp.", "lamp"), same_text("chair, then bed", "bed, chair")
    (True, False)
    """
    if len(said) > MAX_CHARS:
        return False
    if _plain(said) == _plain(stored):
        return True
    opening = _OPENING.match(said)
    if opening is not None and _plain(said[opening.end() :]) == _plain(stored):
        return True
    a, b = _value(said), _value(stored)
    if a is not None and b is not None:
        return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9)
    parts = _parts(stored)
    return len(parts) > 1 and _parts(said) == parts


def _answers(stored: str) -> Sequence[str]:
    if not stored.startswith("["):
        return (stored,)
    try:
        return text_list(stored, "answer")
    except ConventionError:
        return (stored,)


def _plain(text: str) -> str:
    words = _NO_WORD.sub(" ", _ARTICLE.sub(" ", text.casefold()))
    return " ".join(words.split()).strip(" .-")


def _parts(text: str) -> list[str]:
    parts = [_plain(part) for part in _BETWEEN.split(text.casefold().strip())]
    return [part for part in parts if part]


def _value(text: str) -> float | None:
    bare = text.strip().rstrip(".").replace(",", "")
    return float(bare) if _NUMBER.fullmatch(bare) else None
