"""Units that numbers come with."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from sextant.errors import InputError


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit.

    Attributes:
        kind: ``length``, ``area``, ``angle``; ``percent``; ``other`` for what never fits (mass,
            time, volume, speed); ``noun`` for a word that is no unit ("3 chairs").
        factor: To metres, square metres or degrees.
    """

    kind: str
    factor: float = 1.0


_LENGTHS = {
    0.001: "mm millimeter millimeters millimetre millimetres",
    0.01: "cm cms centimeter centimeters centimetre centimetres",
    0.1: "dm decimeter decimeters decimetre decimetres",
    1.0: "m meter meters metre metres mtr mtrs",
    1000.0: "km kilometer kilometers kilometre kilometres",
    0.0254: "in inch inches",
    0.3048: "ft foot feet",
    0.9144: "yd yds yard yards",
    1609.344: "mile miles",
}
_OTHERS = (
    "kg kgs kilogram kilograms g gram grams lb lbs pound pounds oz ton tons tonne tonnes s "
    "sec secs "
    "second seconds ms min mins minute minutes h hr hrs hour hours day days week weeks "
    "month months "
    "year years px pixel pixels w watt watts v volts celsius fahrenheit kelvin usd dollar "
    "dollars eur "
    "euro euros l liter liters litre litres ml gallon gallons mph kmh kph fps hz db kb mb gb mp"
)
_LENGTH_OF = {name: factor for factor, names in _LENGTHS.items() for name in names.split()}
_WORDS: dict[str, Unit] = {
    **{name: Unit("other") for name in _OTHERS.split()},
    **{name: Unit("length", factor) for name, factor in _LENGTH_OF.items()},
    **{name: Unit("angle") for name in ("deg", "degs", "degree", "degrees")},
    **{name: Unit("angle", 180 / math.pi) for name in ("rad", "rads", "radian", "radians")},
    **{name: Unit("percent") for name in ("percent", "pct", "percentage")},
    **{name: Unit("area") for name in ("sqm", "qm")},
    **{name: Unit("area", 0.3048**2) for name in ("sqft",)},
    **{name: Unit("area", 10_000.0) for name in ("ha", "hectare", "hectares")},
    **{name: Unit("area", 4046.8564224) for name in ("acre", "acres")},
}
_ASKED: dict[str, Unit] = {
    **{name: unit for name, unit in _WORDS.items() if unit.kind in ("length", "angle", "area")},
    **{f"{name}2": Unit("area", factor**2) for name, factor in _LENGTH_OF.items()},
    "count": Unit("count"),
}

_UNIT = re.compile(
    r"[ -]?(?P<prefix>(?:square|sq)\.?[ -]?|cubic[ -]?|cu\.? )?"
    r"(?P<word>[A-Za-z]+)"
    r"(?P<power> ?(?:²|\^ ?\{? ?2 ?\}?|\*\*2)|2(?![\d.])| squared\b| ?(?:³|\^ ?\{? ?3 ?\}?)|"
    r"3(?![\d.])| cubed\b)?"
    r"(?P<rate> ?/ ?[a-z]+| per [a-z]+)?",
    re.IGNORECASE,
)
_SIGNS = re.compile(
    r" ?(?:(?P<percent>%|per ?cent\b)|(?P<heat>° ?[CF]\b|℃|℉)|(?P<degree>°|º)|(?P<money>[$€£]))"
)
_NO_NOUN = frozenset(
    "a about above across also altogether an and apart approx approximately are as at away based "
    "because before behind below between but by count deep from given high i if in inside into is "
    "it its long most of off on only or out over per roughly since so tall that the then there "
    "these this those thus to total under unit units up was were when where which while wide width "
    "with without x y z therefore times here now plus minus".split()
)
_PREPOSITION = re.compile(
    r" (?!and\b|or\b|by\b|x\b|wide\b|long\b|tall\b|high\b|deep\b|away\b|apart\b)[A-Za-z]"
)


def asked_unit(name: str | None) -> Unit | None:
    """Return the unit that is asked for, None for whatever is written.

    Raises:
        InputError: If it is not known.
    """
    if name is None:
        return None
    plain = name.strip().lower().replace("²", "2").replace("^", "")
    if plain not in _ASKED:
        raise InputError(
            "no such unit",
            expected="m, cm, m2, deg, count, another length or area, or None",
            got=repr(name[:40]),
        )
    return _ASKED[plain]


def unit_at(text: str, at: int) -> tuple[Unit | None, int]:
    """Return the unit that begins at a position and where it ends, (None, at) without one."""
    sign = _SIGNS.match(text, at)
    if sign is not None:
        kind = {"percent": "percent", "degree": "angle"}.get(str(sign.lastgroup), "other")
        return Unit(kind), sign.end()
    match = _UNIT.match(text, at)
    if match is None:
        return None, at
    word = match.group("word").lower()
    end = match.end("word")
    unit = _WORDS.get(word)
    if word in ("in", "m", "min", "h", "s", "g", "l", "v", "w") and unit is not None:
        if word == "in" and not match.group("prefix") and _PREPOSITION.match(text, end):
            return None, at
    if unit is None or (text[end : end + 1].isdigit() and match.group("power") is None):
        attached = text[at : at + 1] not in (" ", "-")
        if attached or word in _NO_NOUN:
            return None, at
        return Unit("noun"), at
    prefix, power = (match.group("prefix") or "").lower(), match.group("power") or ""
    if (
        match.group("rate")
        or prefix.startswith("cu")
        or "3" in power
        or "³" in power
        or "cubed" in power
    ):
        return Unit("other"), match.end()
    if prefix or power:
        if unit.kind != "length":
            return Unit("other"), match.end()
        return Unit("area", unit.factor**2), max(end, match.end("power"))
    return unit, end
