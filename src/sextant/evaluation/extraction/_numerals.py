"""Numbers that are written in digits."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator

from sextant.evaluation.extraction._places import matches_at

MAX_DIGITS = 30
"""Longer runs of digits are no answer."""

_VULGAR = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
_POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
NUMBER = re.compile(
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
_NUMBER_START = re.compile(rf"[-+−.\\{_VULGAR}\d](?<![A-WYZa-wyz0-9_\\.,/:#].)")
POWER_OF_TEN = re.compile(
    r"(?<![\w.])10 ?\^ ?\{? ?([-−]?\d{1,3}) ?\}?(?![\d])|(?<![\w.])10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4})"
)


def numbers_in(text: str) -> Iterator[re.Match[str]]:
    """Yield the matches of ``NUMBER``."""
    return matches_at(NUMBER, text, [m.start() for m in _NUMBER_START.finditer(text)])


def value_of(match: re.Match[str]) -> float | None:
    """Return what a match of ``NUMBER`` is worth; None if it is infinite or has too many digits."""
    whole = match.group()
    if len(whole) > MAX_DIGITS and sum(map(str.isdigit, whole)) > MAX_DIGITS:
        return None
    if match.group("plain") == whole:  # most are neither signed nor grouped
        return float(whole)
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


def power_of(match: re.Match[str]) -> float | None:
    """Return what a match of ``POWER_OF_TEN`` is worth."""
    return _finite(
        1.0, int((match.group(1) or match.group(2)).translate(_POWERS).replace("−", "-"))
    )
