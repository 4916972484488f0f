"""Wrong options that are wrong by a margin and still plausible."""

from __future__ import annotations

import math

import numpy as np

from sextant.questions.answers import Choice, Number, write_number
from sextant.questions.facts import Drop, Fact

MIN_RATIO = 1.25
"""Neighbouring numeric options differ by at least this factor (VLM-3R uses 20 % spacing)."""


def numeric_choice(
    value: float,
    unit: str,
    rng: np.random.Generator,
    *,
    count: int = 4,
    decimals: int | None = None,
    suffix: str | None = None,
    min_step: float = 0.0,
) -> Choice | None:
    """Return numeric options spread log-uniformly around the truth.

    The truth's rank among the options is drawn evenly first, so that "the middle one" is no
    shortcut; then every option lies at a random factor of 1.25–1.9 from its neighbour.

    Args:
        value: The truth, positive, in ``unit``.
        unit: Unit of the written options.
        rng: Seeded generator of this sample.
        count: Number of options.
        decimals: As ``write_number``.
        suffix: Text after the number; None = the unit's own sign.
        min_step: Smallest absolute difference between neighbours (1 for counts).

    Returns:
        The options in growing order with the right one marked; None if rounding would make two of
        them equal.
    """
    sign = {"m": " m", "cm": " cm", "m2": " m²", "deg": "°", "count": ""}[unit]
    tail = sign if suffix is None else suffix
    rank = int(rng.integers(count))
    values = [value]
    for _ in range(rank):
        factor = float(np.exp(rng.uniform(math.log(MIN_RATIO), math.log(1.9))))
        values.insert(0, min(values[0] / factor, values[0] - min_step))
    for _ in range(count - 1 - rank):
        factor = float(np.exp(rng.uniform(math.log(MIN_RATIO), math.log(1.9))))
        values.append(max(values[-1] * factor, values[-1] + min_step))
    texts = tuple(write_number(v, unit, decimals) + tail for v in values)
    if len(set(texts)) < count or values[0] <= 0 or float(texts[0].removesuffix(tail)) == 0.0:
        return None
    return Choice(texts, rank)


def number_or_choice(
    fact: Fact, form: str, rng: np.random.Generator, *, decimals: int | None = None
) -> Number | Choice | Drop:
    """Write a fact's value as a number, or among four options, as the form says."""
    assert fact.value is not None
    assert fact.unit is not None
    if form == "number":
        return Number(write_number(fact.value, fact.unit, decimals))
    choice = numeric_choice(fact.value, fact.unit, rng, decimals=decimals)
    return Drop("options would round to the same number") if choice is None else choice


def count_choice(value: int, rng: np.random.Generator, *, count: int = 4, low: int = 1) -> Choice:
    """Return neighbouring whole numbers as options; the truth's rank is drawn evenly."""
    rank = int(rng.integers(min(count, value - low + 1)))
    first = value - rank
    return Choice(tuple(str(first + k) for k in range(count)), rank)
