"""How numbers are written, the same on the page, in Markdown and in LaTeX."""

from __future__ import annotations

import math

MINUS = "\u2212"


def known(value: float | None) -> bool:
    """Tell whether there is a number at all."""
    return value is not None and math.isfinite(value)


def points(share: float | None, digits: int = 1) -> str:
    """Write a fraction in percent, without the sign; an en dash where there is none.

    >>> points(0.6344), points(None), points(float("nan")), points(-0.0341)
    ('63.4', '–', '–', '−3.4')
    """
    if share is None or not math.isfinite(share):
        return "–"
    text = f"{100 * share:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def interval(low: float | None, high: float | None) -> str:
    """Write an interval of fractions in percent; nothing where there is none.

    >>> interval(0.61, 0.655), interval(None, 0.5)
    ('[61.0, 65.5]', '')
    """
    return f"[{points(low)}, {points(high)}]" if known(low) and known(high) else ""


def rate(share: float | None) -> str:
    """Write a rate in percent with enough digits that a rare event does not read as none.

    >>> rate(0.0), rate(0.0004), rate(0.031), rate(None)
    ('0', '0.04', '3.1', '–')
    """
    if share is None or not math.isfinite(share):
        return "–"
    if share == 0:
        return "0"
    return f"{100 * share:.1f}" if share >= 0.001 else f"{100 * share:.1g}"


def signed(difference: float | None, digits: int = 1) -> str:
    """Write a difference of fractions in points, always with its sign.

    >>> signed(0.034), signed(-0.2), signed(0.00001), signed(None)
    ('+3.4', '−20.0', '0.0', '–')
    """
    text = points(difference, digits)
    if text == "–" or text.startswith(MINUS) or float(text) == 0:
        return text
    return f"+{text}"


def p_value(p: float | None) -> str:
    """Write a p-value; never as zero.

    >>> p_value(0.0312), p_value(0.5), p_value(0.00002), p_value(None)
    ('0.031', '0.50', '< 0.001', '–')
    """
    if p is None or not math.isfinite(p):
        return "–"
    if p < 0.001:
        return "< 0.001"
    return f"{p:.2f}" if p >= 0.1 else f"{p:.3f}"


def count(value: float | None) -> str:
    """Write a whole number with its thousands separated.

    >>> count(5130), count(None)
    ('5,130', '–')
    """
    return "–" if value is None or not math.isfinite(value) else f"{int(value):,}"
