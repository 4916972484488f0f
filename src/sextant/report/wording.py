"""Numbers of the evidence in words: margins, thresholds, units."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sextant.report.markup import NO_BREAK, clean, number

CAPABILITY_NAMES: Mapping[str, str] = {
    "MM": "Metric measurement",
    "SR": "Spatial relations",
    "MR": "Mental reconstruction",
    "PT": "Perspective-taking",
    "CR": "Comprehensive reasoning",
    "GENERAL": "General",
}

UNIT_SIGNS: Mapping[str, str] = {"m2": "m²", "deg": "°", "count": "", "no unit": ""}

_SUFFIXES: Mapping[str, str] = {
    "_m2": "m²",
    "_cm": "cm",
    "_m": "m",
    "_deg": "°",
    "_px": "px",
    "_s": "s",
}


def with_unit(value: float, unit: str | None, digits: int = 6) -> str:
    """Write a value with its unit's sign.

    >>> with_unit(1.5, "m"), with_unit(30.0, "deg"), with_unit(4.0, "count")
    ('1.5\\xa0m', '30°', '4')
    """
    sign = clean(UNIT_SIGNS.get(unit or "", unit or ""), 20)
    return number(value, digits) + ("" if sign in ("", "°") else NO_BREAK) + sign


def quantity_words(name: object) -> str:
    """Turn a field name into words, with the unit of its suffix.

    >>> quantity_words("surface_distance_m"), quantity_words("yaw_deg"), quantity_words("sector")
    ('surface distance (m)', 'yaw (°)', 'sector')
    """
    text, unit = _split_unit(clean(name, 120))
    return f"{text} ({unit})" if unit else text


def margin_words(margin: Any) -> str | None:
    """Say how far a fact lies inside its tightest threshold, as a part of that threshold.

    >>> margin_words(0.25), margin_words(0), margin_words("?")
    ('inside the tightest threshold by 25 % of it', 'exactly at its threshold', None)
    >>> margin_words(3.0)
    'inside the tightest threshold by 3 times as much'
    """
    if isinstance(margin, bool) or not isinstance(margin, int | float):
        return None
    if not math.isfinite(margin):
        return "no threshold comes near it" if margin > 0 else f"{number(margin)} (not a margin)"
    if margin < 0:
        return f"{-100 * margin:.0f} % short of its threshold"
    if margin == 0:
        return "exactly at its threshold"
    if margin >= 2:
        return f"inside the tightest threshold by {number(margin, 2)} times as much"
    return f"inside the tightest threshold by {100 * margin:.0f} % of it"


def threshold_words(thresholds: Any) -> str | None:
    """List the thresholds that a fact passed.

    >>> threshold_words({"min_gap_m": 0.15, "min_ratio": 1.2})
    'min gap 0.15\\xa0m; min ratio 1.2'
    """
    if not isinstance(thresholds, dict) or not thresholds:
        return None
    parts = []
    for key, value in list(thresholds.items())[:12]:
        text, unit = _split_unit(clean(key, 60))
        shown = (
            number(float(value))
            if isinstance(value, int | float) and not isinstance(value, bool)
            else clean(value, 60)
        )
        parts.append(f"{text} {shown}{'' if unit in ('', '°') else NO_BREAK}{unit}")
    return "; ".join(parts)


def _split_unit(name: str) -> tuple[str, str]:
    for suffix, unit in _SUFFIXES.items():
        if name.endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)].replace("_", " "), unit
    return name.replace("_", " "), ""
