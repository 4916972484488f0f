"""How quantities that stand side by side belong together."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from sextant.evaluation.extraction._places import holds_any
from sextant.evaluation.extraction._units import Unit

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
_JUDGING = (
    "not", "n't", "rather than", "instead of", "least", "most", "than", "over", "under", "up to",
    "m of", "within", "below", "above", "exceed", "beyond", "<", ">",
)  # fmt: skip
"""In ASCII, a match of ``_BOUND`` or ``_DENIED`` holds one of these."""

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
MAX_JOINT = 32
"""Words that join two quantities have fewer characters."""

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


def related(text: str, found: list[Quantity]) -> list[Quantity]:
    """Join what is one quantity, and mark what is none by itself."""
    merged: list[Quantity] = []
    for q in found:
        q = _judged(text, q)
        if not merged:
            merged.append(q)
            continue
        last = merged[-1]
        gap = text[last.end : q.start]
        if len(gap) > MAX_JOINT and len(gap.strip(" ,\t\n\r\f\v")) > MAX_JOINT:
            merged.append(q)
        elif _TOLERANCE.fullmatch(gap):
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
    before = text[low : q.start]
    if before.isascii():  # beyond that, other characters have the lower case of ASCII letters
        before = before.lower()
        if not holds_any(before, _JUDGING):
            return q
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
