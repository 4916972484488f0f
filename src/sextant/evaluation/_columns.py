"""Columns from whatever callers have: lists with None, arrays, names."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import InputError


def floats(values: Any) -> NDArray[np.float64]:
    """Return an array of float64; None becomes NaN, an integer beyond its range an infinity.

    Raises:
        InputError: If something in it is no number.
    """
    try:
        return np.asarray(values, dtype=np.float64)
    except OverflowError:
        if isinstance(values, int):
            return np.asarray(np.inf if values > 0 else -np.inf)
        return np.stack([floats(value) for value in values])
    except (TypeError, ValueError) as error:
        raise InputError("not a number", expected="numbers, None or NaN", got=error) from error


def column(values: Any, name: str, length: int | None = None) -> NDArray[np.float64]:
    """Return ``floats`` of one dimension.

    Args:
        values: Numbers, None or NaN.
        name: What messages call it.
        length: How many there should be.

    Raises:
        InputError: If they are not numbers, not in a row, or not so many.
    """
    if not isinstance(values, np.ndarray | list | tuple) and isinstance(values, Iterable):
        values = list(values)
    found = floats(values)
    if found.ndim != 1 or (length is not None and len(found) != length):
        raise InputError(
            "columns of different lengths" if found.ndim == 1 else "not a column of numbers",
            where=name,
            expected="one dimension" if length is None else f"{length} numbers",
            got=f"shape {found.shape}",
        )
    return found


def labels(values: Any, name: str, length: int) -> NDArray[np.intp]:
    """Return the number of every row's label, 0, 1, ... in order of first appearance.

    Args:
        values: Hashable labels, or an array of them.
        name: What messages call it.
        length: How many there should be.

    Raises:
        InputError: If there are not so many, or one is NaN and so equal to nothing.
    """
    listed: list[Hashable] = values.tolist() if isinstance(values, np.ndarray) else list(values)
    if len(listed) != length:
        raise InputError(
            "columns of different lengths", where=name, expected=length, got=len(listed)
        )
    known: dict[Hashable, int] = {}
    numbers = [known.setdefault(value, len(known)) for value in listed]
    if any(value != value for value in known):
        raise InputError("NaN names no group", where=name)
    return np.asarray(numbers, dtype=np.intp)
