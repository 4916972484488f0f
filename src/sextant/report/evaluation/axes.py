"""Axes: where a value lies between the ends of a plot, and which ticks a person expects there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sextant.report.evaluation.figures import MINUS
from sextant.report.markup import number

Tick = tuple[float, str]


@dataclass(frozen=True, slots=True)
class Axis:
    """A straight or logarithmic scale.

    Attributes:
        low, high: Its ends; both positive where it is logarithmic.
        log: Equal steps are equal ratios.
        ticks: (value, label) pairs within the ends.
        title: What it measures, with the unit.
    """

    low: float
    high: float
    log: bool = False
    ticks: tuple[Tick, ...] = ()
    title: str = ""

    def place(self, value: float) -> float:
        """Return the place of a value in percent of the length, cut off at the ends."""
        low, high = self.low, self.high
        if self.log:
            low, high = math.log(low), math.log(high)
            value = math.log(value) if value > 0 else low
        return min(max(100 * (value - low) / (high - low), 0.0), 100.0)


def linear_axis(values: Sequence[float], title: str = "", *, count: int = 5) -> Axis:
    """Return an axis with round ticks that spans the values and 0 if that is near."""
    finite = [v for v in values if math.isfinite(v)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    if 0 < low <= 0.4 * high:
        low = 0.0
    step = _round_step((high - low or abs(high) or 1.0) / count)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    if first == last:
        last += 1
    ticks = tuple((k * step, _told(round(k * step, 12))) for k in range(first, last + 1))
    return Axis(first * step, last * step, False, ticks, title)


def share_axis(values: Sequence[float], title: str = "") -> Axis:
    """Return an axis for fractions whose ticks are percents; from 0 (or below) to what is needed.

    Scores may be negative where they are adjusted for chance.
    """
    finite = [v for v in values if math.isfinite(v)]
    high = min(max([*finite, 0.1]), 1.0)
    low = min([*finite, 0.0])
    step = _round_step((high - low) / 5)
    last, first = math.ceil(high / step - 1e-9), math.floor(low / step + 1e-9)
    ticks = tuple((k * step, _told(round(100 * k * step, 9))) for k in range(first, last + 1))
    return Axis(first * step, last * step, False, ticks, title)


def log_axis(values: Sequence[float], title: str = "") -> Axis:
    """Return a logarithmic axis that spans the positive values, with ticks at 1, 2, 5 or 1 only."""
    positive = [v for v in values if math.isfinite(v) and v > 0]
    low, high = (min(positive), max(positive)) if positive else (0.1, 10.0)
    if high <= low * 1.0001:
        low, high = low / 2, high * 2
    low, high = low / 1.1, high * 1.1
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if math.log10(high / low) < 2.6 else (1,)
    spots = [s * 10.0**k for k in decades for s in steps]
    ticks = tuple((v, number(v, 3)) for v in spots if low <= v <= high)
    return Axis(low, high, True, ticks, title)


def given_axis(values: Sequence[float], title: str = "", *, log: bool = False) -> Axis:
    """Return an axis whose ticks are the values themselves, e.g. frame counts."""
    spots = sorted(set(values))
    low, high = spots[0], spots[-1]
    if low == high:
        low, high = (low / 2, high * 2) if log else (low - 1, high + 1)
    ticks = tuple((v, number(v, 3)) for v in spots)
    if log:
        return Axis(low / 1.15, high * 1.15, True, ticks, title)
    margin = 0.04 * (high - low)
    return Axis(low - margin, high + margin, False, ticks, title)


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= rough * 0.999)


def _told(value: float) -> str:
    return number(value).replace("-", MINUS)
