"""Fields of transforms.json: numbers, and files of the capture's folder."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.sources.documents import resolve_inside, shown


def named_file(
    record: Mapping[str, Any],
    field: str,
    folder: Path,
    where: str,
    endings: tuple[str, ...] = ("",),
) -> Path | None:
    """Return the file that a field names, inside the folder; None if there is no such field."""
    name = record.get(field)
    if name is None:
        return None
    if not isinstance(name, str):
        raise CorruptInput(f"{field} is no text", where=where)
    for ending in endings[:-1]:
        try:
            return resolve_inside(folder, name + ending, where)
        except MissingInput:
            continue
    return resolve_inside(folder, name + endings[-1], where)


def read_number(
    fields: Mapping[str, Any], name: str, where: object, default: float | None = None
) -> float:
    """Return a field that holds a finite number, or what stands for it where it is missing.

    Raises:
        CorruptInput: If it is no number, or missing without a default.
        ConventionError: If it is not finite.
    """
    value = fields.get(name, default)
    try:
        if isinstance(value, bool) or value is None:
            raise TypeError(type(value).__name__)
        number = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptInput(f"no usable {name}", where=where, got=shown(value)) from error
    if not math.isfinite(number):
        raise ConventionError(f"{name} must be finite", where=where, got=number)
    return number
