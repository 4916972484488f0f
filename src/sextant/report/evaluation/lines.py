"""A line of a table: a score with its interval, and the rates that stand next to every score."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sextant.report.markup import clean

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """A score and what it rests on.

    Attributes:
        name: Of the headline, task or group.
        n: Rows, those of failed requests included.
        counted: Rows that the score is over.
        score: A fraction; None if there is none.
        low, high: Ends of the 95 % interval.
        extraction: Share of the counted rows in whose reply no answer was found.
        refusals: Share of the counted rows whose reply refused.
        failed: Share of all rows whose request failed.
        chance: What guessing would score; None where nobody can say.
        adjusted: The score adjusted for chance.
    """

    name: str
    n: int | None = None
    counted: int | None = None
    score: float | None = None
    low: float | None = None
    high: float | None = None
    extraction: float | None = None
    refusals: float | None = None
    failed: float | None = None
    chance: float | None = None
    adjusted: float | None = None


def real(value: Any) -> float | None:
    """Return a stored number; None for anything that is not a finite one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def whole(value: Any) -> int | None:
    """Return a stored count; None for anything else."""
    found = real(value)
    return int(found) if found is not None and found >= 0 else None


def section(value: Any) -> Json:
    """Return a stored object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def entries(value: Any, most: int = 100_000) -> list[Json]:
    """Return the objects of a stored list."""
    return [e for e in value[:most] if isinstance(e, dict)] if isinstance(value, list) else []


def ends(value: Any) -> tuple[float | None, float | None]:
    """Return the ends of a stored interval."""
    if isinstance(value, list | tuple) and len(value) == 2:
        low, high = real(value[0]), real(value[1])
        if low is not None and high is not None:
            return low, high
    return None, None


def texts(value: Any, most: int = 26) -> list[str]:
    """Return the texts of a stored list of texts; none of anything else."""
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value[:most]):
        return []
    return [clean(text, 60) for text in value[:most]]


def reals(value: Any, most: int = 26) -> list[float]:
    """Return the numbers of a stored list of numbers; none of anything else."""
    found = [real(v) for v in value[:most]] if isinstance(value, list) else []
    known = [v for v in found if v is not None]
    return known if len(known) == len(found) else []


def strings(value: Any, most: int = 26) -> list[str]:
    """Return the texts among the entries of a stored list, for people to read."""
    if not isinstance(value, list):
        return []
    return [clean(text, 600) for text in value[:most] if isinstance(text, str)]
