"""What a capture's owner may say beside files that have no field for it: ``sextant.json``.

Structure from motion knows neither metres nor gravity, and no capture format has a licence field.
A file ``sextant.json`` in the scene's folder says so, all of it optional:

    {"scale_m": 0.42, "up": [0, 0, 1], "licence": "CC BY 4.0", "split": "train",
     "frames_per_second": 2}

``scale_m`` is the length in metres of one unit of the files' world; ``up`` is the vertical in that
world, as a vector or one of "x", "y", "z", "-x", "-y", "-z".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError
from sextant.sources.documents import read_json_object, shown

Array = NDArray[np.float64]

NAME = "sextant.json"

_FIELDS = ("scale_m", "up", "licence", "split", "frames_per_second")
_AXES = {s + a: (1 - 2 * (s == "-")) * np.eye(3)[i] for s in ("", "-") for i, a in enumerate("xyz")}


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What ``sextant.json`` says; None where it says nothing.

    Attributes:
        scale_m: Metres of one unit of the files' world.
        up: (3,) unit vertical in the files' world.
        licence: Terms of the capture.
        split: "train", "val" or "test".
        frames_per_second: Rate of the frames in the order of their names.
    """

    scale_m: float | None = None
    up: Array | None = None
    licence: str | None = None
    split: str | None = None
    frames_per_second: float | None = None


def read_sidecar(folder: Path) -> Sidecar:
    """Read ``sextant.json`` of a scene's folder; without the file nothing is said.

    Raises:
        CorruptInput: If it is no JSON object.
        ConventionError: If a field is unknown or cannot be meant.
    """
    path = folder / NAME
    if not path.is_file():
        return Sidecar()
    document = read_json_object(path)
    unknown = sorted(set(document) - set(_FIELDS))
    if unknown:
        raise ConventionError(
            "unknown field", where=path, expected=", ".join(_FIELDS), got=", ".join(unknown)[:200]
        )
    split = document.get("split")
    if split is not None and split not in ("train", "val", "test"):
        raise ConventionError("unknown split", where=path, got=shown(split))
    licence = document.get("licence")
    if licence is not None and not (isinstance(licence, str) and licence.strip()):
        raise ConventionError("licence must be a text", where=path, got=shown(licence))
    return Sidecar(
        scale_m=_positive(document, "scale_m", path),
        up=_direction(document.get("up"), path),
        licence=licence,
        split=split,
        frames_per_second=_positive(document, "frames_per_second", path),
    )


def _positive(document: dict[str, Any], field: str, path: Path) -> float | None:
    value = document.get(field)
    if value is None:
        return None
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not good or not 0 < value < math.inf:
        raise ConventionError(f"{field} must be a positive number", where=path, got=shown(value))
    return float(value)


def _direction(value: Any, path: Path) -> Array | None:
    if value is None:
        return None
    if isinstance(value, str) and value in _AXES:
        return np.asarray(_AXES[value], dtype=np.float64)
    good = isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 3
    if good and all(isinstance(x, int | float) and abs(x) < 1e6 for x in value):
        up = np.array(value, dtype=np.float64)
        length = float(np.linalg.norm(up))
        if 1e-6 < length < 1e6:
            return np.asarray(up / length)
    raise ConventionError(
        "up must be a direction", where=path, expected="[x, y, z] or one of " + ", ".join(_AXES),
        got=shown(value),
    )  # fmt: skip
