"""Events of a scene on the disk, and numbers of their metadata."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput
from sextant.sources.documents import read_json_object, shown

Array = NDArray[np.float64]


def find_events(folder: Path) -> list[Path]:
    """Return the metadata of a folder's events: every JSON that has a picture, sorted."""
    return sorted(
        p
        for p in folder.glob("*.json")
        if p.name != "house.json" and p.with_suffix(".png").is_file()
    )


def read_metadata(path: Path) -> Mapping[str, Any]:
    """Return an event's metadata, which has an agent and a list of objects.

    Raises:
        InputError: If it is no JSON object, or has none.
    """
    document = read_json_object(path)
    if not isinstance(document.get("agent"), Mapping) or not isinstance(
        document.get("objects"), list
    ):
        raise CorruptInput("event has no agent or no objects", where=path)
    return document


def vector(value: Any, where: str) -> Array:
    """Return the (3,) vector of an object with x, y and z.

    Raises:
        CorruptInput: If it is none.
        ConventionError: If it is not finite.
    """
    if not isinstance(value, Mapping):
        raise CorruptInput("not x, y, z", where=where, got=type(value).__name__)
    return np.array([number(value.get(axis), f"{where}.{axis}") for axis in "xyz"])


def loose_vector(value: Mapping[str, Any]) -> Array:
    """Return the (3,) vector of what has x, y and z; what is no number is infinite."""
    return np.array(
        [float(v) if isinstance(v := value.get(a), (int, float)) else math.inf for a in "xyz"]
    )


def number(value: Any, where: str) -> float:
    """Return a finite number.

    Raises:
        CorruptInput: If it is none.
        ConventionError: If it is not finite.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise CorruptInput("not a number", where=where, got=shown(value, 40))
    if not math.isfinite(value):
        raise ConventionError("not finite", where=where)
    return float(value)
