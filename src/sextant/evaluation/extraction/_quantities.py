"""Numbers in a text, with their units."""

from __future__ import annotations

import re
from dataclasses import replace

from sextant.evaluation.extraction._number_words import (
    MULTIPLIER,
    NUMBER_WORD,
    TIMES,
    may_speak,
    number_words_at,
    part_behind,
)
from sextant.evaluation.extraction._numerals import (
    POWER_OF_TEN,
    numbers_in,
    power_of,
    value_of,
)
from sextant.evaluation.extraction._option_texts import lowered
from sextant.evaluation.extraction._relations import Quantity, related
from sextant.evaluation.extraction._units import Unit, unit_at

_BAD_END = re.compile(r"[.:/]\d|(?:st|nd|rd|th)\b|[A-Za-z]", re.IGNORECASE)
_NAMES = frozenset(
    "object image frame step scene figure fig option item view picture photo room id no index "
    "label box point marker camera question line row column part section table video region "
    "instance page version method approach case type level chair".split()
)
"""Words that a number behind them is a name with, as in "object 2"."""

_MINUS = ("minus ", "negative ")
_LISTS = re.compile(r"(?:^|\n) ?$")
_TIMES_NUMBER = re.compile(r"[xX] ?\d")
_SECOND = re.compile(r"\n ?2[.)] ")
_LIST_END = re.compile(r"[.)] [^\W\d_]|[.)] ?\n")
_PRONOUN_BEFORE = re.compile(
    r"\b(?:the|this|that|which|each|every|any|no|another|first|second|last|other|same|"
    r"at|some|by)(?: [a-z]+)? $",
    re.I,
)
_OF = re.compile(
    r" (?:of|by|another|side|on|can|is|is|in the|that|which|who|thing|could|may|end|way|hand)\b",
    re.IGNORECASE,
)
_ONE_UNIT = re.compile(
    r"(?<![A-Za-z0-9'-])an? (?=(?:m|met(?:er|re)|foot|yard|inch|kilomet(?:er|re)|"
    r"centimet(?:er|re))(?![A-Za-z]))",
    re.I,
)


def quantities_in(text: str) -> list[Quantity]:
    """Return the numbers of a text without markup, in order."""
    found: list[Quantity] = []
    powers = {}
    if "10" in text and ("^" in text or not text.isascii()):
        powers = {m.start(): m for m in POWER_OF_TEN.finditer(text)}
    at, mark = 0, 0
    for match in numbers_in(text):
        if match.start() < at:
            continue
        if _is_list_mark(text, match, mark):
            mark += 1
            continue
        power = powers.get(match.start())
        quantity = (
            _with_unit(text, *power.span(), power_of(power))
            if power is not None
            else _digits(text, match)
        )
        if quantity is not None:
            found.append(quantity)
            at = quantity.end
    found += _spoken(text, found)
    found.sort(key=lambda q: q.start)
    return related(text, found)


def _is_list_mark(text: str, match: re.Match[str], last: int) -> bool:
    """Return whether a number counts the items of a list: it comes next, and 1 before a 2."""
    if match.group("plain") != str(last + 1) or not _LIST_END.match(text, match.end()):
        return False
    if not _LISTS.search(text, max(0, match.start() - 2), match.start()):
        return False
    return last > 0 or _SECOND.search(text, match.end()) is not None


def _is_name(text: str, start: int) -> bool:
    """Return whether what stands before a number makes a name of it."""
    before = text[max(0, start - 16) : start]
    if before[-1:] not in (" ", "-", "#", "."):
        return False
    bare = before.rstrip(" -")
    if bare[-1:] == "#":
        return True
    word = bare.rstrip(".")
    head = word.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return word[len(head) :].lower() in _NAMES


def _is_adjective(text: str, end: int, quantity: Quantity) -> bool:
    """Return whether a number is part of a word, as in "two-seater"."""
    return text[end : end + 1] == "-" and quantity.unit is not None and quantity.unit.kind == "noun"


def _digits(text: str, match: re.Match[str]) -> Quantity | None:
    start, end = match.span()
    before = text[start - 1 : start]
    if before in ("x", "X") and not text[max(0, start - 3) : start - 1].strip()[-1:].isdigit():
        return None
    if not match.group("sign") and _is_name(text, start):
        return None
    listed = text[end : end + 1] == "," and text[end + 1 : end + 2].isdigit()
    value = value_of(match)
    if before == " " and text[max(0, start - 9) : start].lower().endswith(_MINUS):
        value = None if value is None else -value
    times = MULTIPLIER.match(text, end)
    if times is not None and value is not None:
        value, end = value * TIMES[times.group(1).lower()], times.end()
    quantity = _with_unit(text, start, end, value)
    if _is_adjective(text, end, quantity):
        return None
    bad = _BAD_END.match(text, end)
    if bad is not None and quantity.end == end and not _TIMES_NUMBER.match(text, end):
        return None
    # A dash may be a bullet or a sign.
    dashed = before in ("–", "—") and not text[max(0, start - 2) : start - 1].strip()
    return replace(quantity, unclear=True) if listed or dashed else quantity


def _with_unit(text: str, start: int, end: int, value: float | None) -> Quantity:
    part, behind = part_behind(text, end)
    if part and value is not None:
        value, end = value + part, behind
    mark = text[end : end + 1]
    if mark in ("'", '"') and text[end - 1 : end].isdigit() and text[start - 1 : start] != mark:
        double = mark == '"' or text[end : end + 2] == "''"
        unit: Unit | None = Unit("length", 0.0254 if double else 0.3048)
        stop = end + (2 if double and mark == "'" else 1)
    else:
        unit, stop = unit_at(text, end)
    if unit is not None and unit.kind == "length" and value is not None:
        part, behind = part_behind(text, stop)
        if part:
            value, stop = value + part, behind
    return Quantity(start, max(end, stop), value, unit)


def _spoken(text: str, found: list[Quantity]) -> list[Quantity]:
    lower = lowered(text)
    if not may_speak(lower):
        return []
    taken = bytearray(len(text) + 1)
    for q in found:
        taken[q.start : q.end] = b"\1" * (q.end - q.start)
    spoken: list[Quantity] = []
    at = 0
    for match in NUMBER_WORD.finditer(lower):
        start = match.start()
        if start < at or taken[start]:
            continue
        number = number_words_at(text, start)
        if number is None:
            if _ONE_UNIT.match(text, start):
                quantity = _with_unit(text, start, match.end(), 1.0)
                spoken.append(quantity)
                at = quantity.end
            continue
        value, end = number
        if match.group() == "one" and end == match.end():
            if _OF.match(text, end) or _PRONOUN_BEFORE.search(text, max(0, start - 24), start):
                continue
        if _is_name(text, start):
            continue
        if text[max(0, start - 9) : start].lower().endswith(_MINUS):
            value = -value
        quantity = _with_unit(text, start, end, value)
        if not _is_adjective(text, end, quantity):
            spoken.append(quantity)
            at = quantity.end
    return spoken
