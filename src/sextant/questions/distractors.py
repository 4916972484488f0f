"""Wrong options that are wrong by a margin and still plausible."""

from __future__ import annotations

import math

import numpy as np

from sextant.questions.answers import Choice, Number, write_number
from sextant.questions.facts import Drop, Fact

MIN_RATIO, MAX_RATIO = 1.25, 1.9
"""Neighbouring numeric options differ by a factor in between (VLM-3R uses 20 % spacing)."""

MIN_SAID_RATIO = 1.2
"""A wrong option as it is written, rounded, differs from the truth by this factor at least."""

CLEARLY = 3.0
"""It is also so many times as far from the truth as what is written for the truth itself."""

TYPICAL = {
    "camera_displacement_m": 1.4,
    "camera_distance_m": 2.4,
    "depth_m": 2.5,
    "point_distance_m": 1.8,
    "surface_distance_m": 1.6,
}
"""Medians of quantities that depend on the place and not on what the object is, indoors.

Sizes and heights are left out: who knows the category knows the number, and putting large things
last among the options would only add a second clue.
"""

TYPICAL_SPREAD = 0.5
"""Standard deviation of the logarithm of what options are centred on about the typical value."""


def numeric_choice(
    value: float,
    unit: str,
    rng: np.random.Generator,
    *,
    count: int = 4,
    decimals: int | None = None,
    suffix: str | None = None,
    min_step: float = 0.0,
    typical: float | None = None,
) -> Choice | None:
    """Return numeric options spread log-uniformly around the truth.

    The truth's rank among the options is drawn first, so that "the middle one" is no shortcut;
    then every option lies at a random factor of 1.25–1.9 from its neighbour. The rank is even
    overall; but where a typical value is known, the truths gather about it while even ranks would
    spread the wrong options to both sides of every truth, and the most ordinary number would be
    right in half of the questions. A truth above the typical value is therefore more often among
    the larger options and one below it among the smaller, so that the options as a whole are
    centred on the typical value whatever the truth.

    Args:
        value: The truth, positive, in ``unit``.
        unit: Unit of the written options.
        rng: Seeded generator of this sample.
        count: Number of options.
        decimals: As ``write_number``.
        suffix: Text after the number; None = the unit's own sign.
        min_step: Smallest absolute difference between neighbours (1 for counts).
        typical: Median of such truths, in ``unit``; None = the rank does not depend on the value.

    Returns:
        The options in growing order with the right one marked, with as many decimals as keep the
        wrong ones wrong once they are rounded; None if no writing does.
    """
    sign = {"m": " m", "cm": " cm", "m2": " m²", "deg": "°", "count": ""}[unit]
    tail = sign if suffix is None else suffix
    rank = int(rng.integers(count)) if typical is None else _rank(value / typical, count, rng)
    values = [value]
    for _ in range(rank):
        factor = float(np.exp(rng.uniform(math.log(MIN_RATIO), math.log(MAX_RATIO))))
        values.insert(0, min(values[0] / factor, values[0] - min_step))
    for _ in range(count - 1 - rank):
        factor = float(np.exp(rng.uniform(math.log(MIN_RATIO), math.log(MAX_RATIO))))
        values.append(max(values[-1] * factor, values[-1] + min_step))
    if values[0] <= 0:
        return None
    for finer in (decimals, *((2,) if decimals is None and unit in ("m", "m2") else ())):
        texts = tuple(write_number(v, unit, finer) + tail for v in values)
        said = [float(text.removesuffix(tail)) for text in texts]
        if len(set(texts)) == count and said[0] > 0.0 and _is_clear(value, said, rank):
            return Choice(texts, rank)
    return None


def _is_clear(value: float, said: list[float], rank: int) -> bool:
    """Tell whether rounding leaves every wrong option wrong by a margin.

    0.249 m, written 0.2, is no answer beside a wrong 0.3.
    """
    off = abs(said[rank] - value)
    return all(
        abs(other - value) >= CLEARLY * off and max(other / value, value / other) >= MIN_SAID_RATIO
        for k, other in enumerate(said)
        if k != rank
    )


def _rank(ratio: float, count: int, rng: np.random.Generator) -> int:
    """Draw the rank of a truth that is ``ratio`` times the typical value.

    If the options' centre is log-normal about the typical value, a truth of rank r lies (r less the
    middle rank) mean steps above the centre: Bayes' rule gives each rank's weight.
    """
    step = math.log(MIN_RATIO * MAX_RATIO) / 2
    centers = math.log(ratio) - step * (np.arange(count) - (count - 1) / 2)
    exponents = -0.5 * (centers / TYPICAL_SPREAD) ** 2
    weights = np.exp(exponents - exponents.max())
    return int(rng.choice(count, p=weights / weights.sum()))


def number_or_choice(
    fact: Fact, form: str, rng: np.random.Generator, *, decimals: int | None = None
) -> Number | Choice | Drop:
    """Write a fact's value as a number, or among four options, as the form says."""
    assert fact.value is not None
    assert fact.unit is not None
    if form == "number":
        return Number(write_number(fact.value, fact.unit, decimals))
    typical = TYPICAL.get(fact.quantity)
    choice = numeric_choice(fact.value, fact.unit, rng, decimals=decimals, typical=typical)
    return Drop("options would be too close once they are rounded") if choice is None else choice


def count_choice(value: int, rng: np.random.Generator, *, count: int = 4, low: int = 1) -> Choice:
    """Return neighbouring whole numbers as options; the truth's rank is drawn evenly."""
    rank = int(rng.integers(min(count, value - low + 1)))
    first = value - rank
    return Choice(tuple(str(first + k) for k in range(count)), rank)
