"""Numbers in a text, with their units, and how neighbours belong together."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass, replace

from sextant.evaluation.extraction._number_words import (
    MULTIPLIER,
    NUMBER_WORD,
    TIMES,
    number_words_at,
    part_behind,
)
from sextant.evaluation.extraction._option_texts import lowered
from sextant.evaluation.extraction._units import Unit, unit_at

MAX_DIGITS = 30
"""Longer runs of digits are no answer."""

_VULGAR = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
_POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_NUMBER = re.compile(
    rf"(?=[-+−.\\{_VULGAR}\d])"  # where none can begin is found out first
    r"(?<![A-WYZa-wyz0-9_\\.,/:#])(?P<sign>(?<![\w)\]%])[-+−])?(?:"
    r"\\[dt]?frac ?\{ ?(?P<up>\d+) ?\} ?\{ ?(?P<down>\d+) ?\}"
    rf"|(?P<before>\d+)? ?(?P<vulgar>[{_VULGAR}])"
    r"|(?:(?P<whole>\d+)(?: |-| and ))?(?P<top>\d+) ?/ ?(?P<bottom>\d+)(?![\d/])"
    r"|(?P<grouped>\d{1,3}(?:,\d{3})++(?:\.\d+)?)(?!\d|,\d)"
    r"|(?P<spaced>\d{1,3}(?:[ ’']\d{3})++(?:[.,]\d+)?)(?!\d|[ ,]\d)"
    r"|(?P<continental>\d{1,3}(?:\.\d{3})++,\d+)(?!\d)"
    r"|(?P<comma>\d++,\d++)(?!,\d|\.\d)"
    r"|(?P<plain>\d++(?:\.\d++)?|\.\d++)(?:[eE](?P<exponent>[-+−]?\d{1,6})(?![A-Za-z0-9.]))?"
    r")(?: ?(?:[×x*·]|\\times) ?10 ?(?:\^ ?\{? ?(?P<ten>[-+−]?\d{1,4}) ?\}?|"
    r"(?P<super>[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4})))?"
)
_POWER_OF_TEN = re.compile(
    r"(?<![\w.])10 ?\^ ?\{? ?([-−]?\d{1,3}) ?\}?(?![\d])|(?<![\w.])10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4})"
)
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
_BOUND = re.compile(
    r"(?:\b(?:at least|at most|less than|more than|fewer than|greater than|larger than|"
    r"smaller than|over|under|"
    r"up to|no more than|no less than|not more than|maximum of|minimum of|within|below|"
    r"above|exceed(?:s|ing)?|beyond)|[<>≤≥])"
    r" ?(?:about |around |approximately |roughly )?$",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"(?:\bnot|n't|\brather than|\binstead of)(?: be)?(?: (?:about|exactly|just|simply|only))? ?$",
    re.IGNORECASE,
)
_QUALIFIES = re.compile(
    r"(?:[<>≤≥]|(?:not|n't|than|of|be|about|exactly|just|simply|only|least|most|over|under|"
    r"to|within|"
    r"below|above|exceeds?|exceeding|beyond|around|approximately|roughly)) ?$",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"\b(?:between|from|anywhere between|range of|ranging from) ?$", re.IGNORECASE
)
_RANGE = re.compile(r" ?(?:-|–|—|−|~|to|or|up to|\.{2,3}|…|through) ?", re.IGNORECASE)
_TOLERANCE = re.compile(
    r",? ?(?:±|\+/-|\+-|\\pm|plus or minus|give or take|with(?:in)? (?:an? )?(?:error|"
    r"margin) of) ?",
    re.I,
)
_PRODUCT = re.compile(r" ?(?:[x×*·+÷]|\\times|by|times|plus|multiplied by) ?", re.IGNORECASE)
_COMPOUND = re.compile(r",? ?(?:and )?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text.

    Attributes:
        start, end: Where, its unit included.
        value: As written; None where it is too long to be a number.
        unit: None where none is written.
        unclear: A range or a bound instead of a value.
        factor_of_product: One of several factors of a product, or terms of a sum.
        denied: The text says that it is not this one.
    """

    start: int
    end: int
    value: float | None
    unit: Unit | None
    unclear: bool = False
    factor_of_product: bool = False
    denied: bool = False


def quantities_in(text: str) -> list[Quantity]:
    """Return the numbers of a text without markup, in order."""
    found: list[Quantity] = []
    powers = {m.start(): m for m in _POWER_OF_TEN.finditer(text)} if "10" in text else {}
    at, mark = 0, 0
    for match in _NUMBER.finditer(text):
        if match.start() < at:
            continue
        if _is_list_mark(text, match, mark):
            mark += 1
            continue
        power = powers.get(match.start())
        quantity = _power(text, power) if power is not None else _digits(text, match)
        if quantity is not None:
            found.append(quantity)
            at = quantity.end
    found += _spoken(text, found)
    found.sort(key=lambda q: q.start)
    return _related(text, found)


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


def _power(text: str, match: re.Match[str]) -> Quantity:
    exponent = int((match.group(1) or match.group(2)).translate(_POWERS).replace("−", "-"))
    return _with_unit(text, match.start(), match.end(), _finite(1.0, exponent))


def _digits(text: str, match: re.Match[str]) -> Quantity | None:
    start, end = match.span()
    before = text[start - 1 : start]
    if before in ("x", "X") and not text[max(0, start - 3) : start - 1].strip()[-1:].isdigit():
        return None
    if not match.group("sign") and _is_name(text, start):
        return None
    listed = text[end : end + 1] == "," and text[end + 1 : end + 2].isdigit()
    value = _value(match)
    if text[max(0, start - 9) : start].lower().endswith(_MINUS) and value is not None:
        value = -value
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


def _value(match: re.Match[str]) -> float | None:
    if sum(map(str.isdigit, match.group())) > MAX_DIGITS:
        return None
    group = match.groupdict()
    sign = -1.0 if group["sign"] in ("-", "−") else 1.0
    try:
        if group["up"] is not None:
            value = int(group["up"]) / int(group["down"])
        elif group["vulgar"] is not None:
            value = int(group["before"] or 0) + unicodedata.numeric(group["vulgar"])
        elif group["top"] is not None:
            value = int(group["whole"] or 0) + int(group["top"]) / int(group["bottom"])
        elif group["comma"] is not None:
            value = float(group["comma"].replace(",", "."))
        elif group["continental"] is not None:
            value = float(group["continental"].replace(".", "").replace(",", "."))
        else:
            spaced = group["spaced"] and group["spaced"].replace(",", ".")
            plain = group["grouped"] or spaced or group["plain"]
            value = float(re.sub(r"[ ,’']", "", plain))
    except (ZeroDivisionError, ValueError):
        return None
    for name in ("exponent", "ten", "super"):
        if group[name] is not None:
            power = _finite(value, int(group[name].translate(_POWERS).replace("−", "-")))
            return None if power is None else sign * power
    return sign * value if math.isfinite(value) else None


def _finite(value: float, exponent: int) -> float | None:
    try:
        result = (
            float(f"{value!r}e{exponent}") if "e" not in repr(value) else value * 10.0**exponent
        )
    except (OverflowError, ValueError):
        return None
    return result if math.isfinite(result) else None


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
    taken = bytearray(len(text) + 1)
    for q in found:
        taken[q.start : q.end] = b"\1" * (q.end - q.start)
    spoken: list[Quantity] = []
    at = 0
    for match in NUMBER_WORD.finditer(lowered(text)):
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


def _related(text: str, found: list[Quantity]) -> list[Quantity]:
    """Join what is one quantity, and mark what is none by itself."""
    merged: list[Quantity] = []
    for q in found:
        q = _judged(text, q)
        if not merged:
            merged.append(q)
            continue
        last = merged[-1]
        gap = text[last.end : q.start]
        if _TOLERANCE.fullmatch(gap):
            unit = last.unit or (q.unit if q.unit is None or q.unit.kind != "noun" else None)
            merged[-1] = replace(last, end=q.end, unit=unit)
        elif _is_compound(last, q) and _COMPOUND.fullmatch(gap):
            merged[-1] = _compound(last, q)
        elif _is_restated(last, q) and gap.strip(" ,") in ("or", "or about", "i.e.", "/", "="):
            merged.append(q)
        elif _RANGE.fullmatch(gap) or (
            gap.lower().strip() in ("and", "&")
            and _BETWEEN.search(text, max(0, last.start - 20), last.start)
        ):
            merged[-1] = replace(
                last, end=q.end, unit=last.unit or q.unit, unclear=not _is_same(last, q)
            )
        elif gap == " " and q.unit is None and last.unit is not None and last.unit.kind == "length":
            merged[-1] = replace(last, end=q.end, unclear=True)  # "1 m 80", "6 feet 2"
        elif _PRODUCT.fullmatch(gap):
            merged[-1] = replace(last, factor_of_product=True)
            merged.append(replace(q, factor_of_product=True))
        else:
            merged.append(q)
    return merged


def _judged(text: str, q: Quantity) -> Quantity:
    low = max(0, q.start - 32)
    if not _QUALIFIES.search(text, max(0, q.start - 14), q.start):
        return q
    if _DENIED.search(text, low, q.start):
        return replace(q, denied=True)
    return replace(q, unclear=True) if _BOUND.search(text, low, q.start) else q


def _is_same(first: Quantity, second: Quantity) -> bool:
    """Return whether two quantities say the same, as 2.5 m and 250 cm."""
    if first.value is None or second.value is None:
        return False
    if first.unit is None or second.unit is None or first.unit.kind != second.unit.kind:
        return first.value == second.value and first.unit == second.unit
    ratio = first.unit.factor / second.unit.factor
    return math.isclose(first.value * ratio, second.value, rel_tol=1e-9)


def _is_restated(first: Quantity, second: Quantity) -> bool:
    """Return whether two quantities of one kind are written in different units."""
    if first.unit is None or second.unit is None:
        return False
    return first.unit.kind == second.unit.kind and first.unit.factor != second.unit.factor


def _is_compound(first: Quantity, second: Quantity) -> bool:
    """Return whether two quantities are one, as 5 m 20 cm or 5 ft 11 in."""
    if first.unit is None or second.unit is None or first.value is None or second.value is None:
        return False
    if first.unit.kind != "length" or second.unit.kind != "length" or second.value < 0:
        return False
    return (
        second.unit.factor < first.unit.factor
        and second.value * second.unit.factor < first.unit.factor
    )


def _compound(first: Quantity, second: Quantity) -> Quantity:
    if first.unit is None or second.unit is None or first.value is None or second.value is None:
        return first
    more = second.value * second.unit.factor / first.unit.factor
    value = first.value - more if first.value < 0 else first.value + more
    return replace(first, end=second.end, value=value)
