"""Stored 16-bit depth as metres, with a look at whether the unit can be right."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError

PLAUSIBLE_MEDIAN_M = (0.05, 100.0)
"""A median depth outside of this is no room in metres but a wrong unit."""

_UNITS_M = (1e-9, 1e3)
"""Of one stored step: outside, the median could not be plausible, and float32 overflows."""

_LOOKED_AT = 20_000
"""Pixels that the median is taken over: the unit is wrong by powers of ten, not by percents."""


def metres(
    raw: NDArray[np.uint16], unit_m: float, where: object, invalid: tuple[int, ...] = (0,)
) -> NDArray[np.float32]:
    """Return (H, W) float32 metres of (H, W) stored steps, NaN where a value means "nothing".

    Args:
        raw: Stored values.
        unit_m: Metres of one stored step.
        where: The file, for messages.
        invalid: Stored values that mean nothing was measured.

    Raises:
        ConventionError: If the unit cannot be, or the median is outside 0.05..100 m.
    """
    if not _UNITS_M[0] < unit_m < _UNITS_M[1]:
        raise ConventionError("depth in an impossible unit", where=where, got=f"{unit_m:g} m")
    depth_m: NDArray[np.float32] = _table(unit_m, invalid)[raw]
    check_unit(depth_m, where, f"one stored step is {unit_m:g} m")
    return depth_m


def check_unit(depth_m: NDArray[np.floating], where: object, read_as: str) -> None:
    """Refuse a depth map whose median cannot be metres; an empty one passes.

    Args:
        depth_m: (H, W) metres, NaN = invalid.
        where: The file, for messages.
        read_as: What the values were taken for, for messages.
    """
    flat = depth_m.ravel()
    flat = flat[:: max(1, flat.size // _LOOKED_AT)]
    flat = flat[np.isfinite(flat)]
    median = float(np.median(flat)) if flat.size else math.nan
    low, high = PLAUSIBLE_MEDIAN_M
    if flat.size and not low <= median <= high:
        raise ConventionError(
            "depth in the wrong unit?",
            where=where,
            expected=f"median valid depth {low}..{high} m if {read_as}",
            got=f"{median:.4g} m",
            hint="another release of the dataset, or depth that a tool has rescaled",
        )


@lru_cache(maxsize=8)
def _table(unit_m: float, invalid: tuple[int, ...]) -> NDArray[np.float32]:
    table = np.arange(65536, dtype=np.float32) * np.float32(unit_m)
    table[list(invalid)] = np.nan
    table.flags.writeable = False
    return table
