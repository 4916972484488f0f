"""Lenses as transforms.json writes them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.errors import ConventionError, CorruptInput
from sextant.sources.documents import shown
from sextant.sources.images import image_size
from sextant.sources.nerfstudio.fields import read_number
from sextant.sources.stored_lens import StoredLens

MAX_SIDE = 65_536
_STRAIGHT = ("PINHOLE", "SIMPLE_PINHOLE")
_BENT = ("OPENCV", "SIMPLE_RADIAL", "RADIAL")


def read_lens(fields: Mapping[str, Any], picture: Path, where: str) -> StoredLens:
    """Return the lens of one frame; its own fields stand before those of the file."""
    size = image_size(picture) if "w" not in fields or "h" not in fields else None
    width = size[0] if size is not None else int(read_number(fields, "w", where))
    height = size[1] if size is not None else int(read_number(fields, "h", where))
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise ConventionError("unusable size of a picture", where=where, got=f"{width}x{height}")
    fx = _focal(fields, "x", width, where)
    fy = _focal(fields, "y", height, where) if _has_focal(fields, "y") else fx
    cx = read_number(fields, "cx", where, width / 2)
    cy = read_number(fields, "cy", where, height / 2)
    k1, k2, k3, k4, p1, p2 = _distortion(fields, where)
    model = fields.get("camera_model", "OPENCV")
    if model == "OPENCV_FISHEYE":
        kind: tuple[str, tuple[float, ...]] = ("fisheye", (k1, k2, k3, k4))
    elif model in _STRAIGHT:
        kind = ("pinhole", ())
    elif model in _BENT:
        kind = ("opencv", (k1, k2, k3, k4, 0.0, 0.0, p1, p2))
    else:
        raise ConventionError(
            "unknown camera model", where=where,
            expected=", ".join((*_STRAIGHT, *_BENT, "OPENCV_FISHEYE")), got=shown(model),
        )  # fmt: skip
    try:
        return StoredLens(width, height, fx, fy, cx, cy, *kind)
    except ConventionError as error:
        raise ConventionError(
            error.what, where=where, expected=error.expected, got=error.got, hint=error.hint
        ) from error


def _has_focal(fields: Mapping[str, Any], axis: str) -> bool:
    return f"fl_{axis}" in fields or f"camera_angle_{axis}" in fields


def _focal(fields: Mapping[str, Any], axis: str, side: int, where: str) -> float:
    if f"fl_{axis}" in fields:
        return read_number(fields, f"fl_{axis}", where)
    if not _has_focal(fields, axis):
        raise CorruptInput(
            "no focal length", where=where, expected=f"fl_{axis} or camera_angle_{axis}, here or "
            "at the top of the file",
        )  # fmt: skip
    angle = read_number(fields, f"camera_angle_{axis}", where)
    if not 0 < angle < math.pi:
        raise ConventionError("angle of view is no angle", where=where, got=angle)
    return side / 2 / math.tan(angle / 2)


def _distortion(fields: Mapping[str, Any], where: str) -> tuple[float, ...]:
    listed = fields.get("distortion_params")
    if listed is None:
        return tuple(
            read_number(fields, k, where, 0.0) for k in ("k1", "k2", "k3", "k4", "p1", "p2")
        )
    try:
        numbers = tuple(float(x) for x in listed)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptInput("distortion_params are no numbers", where=where, got=error) from error
    if len(numbers) != 6:
        raise CorruptInput(
            "distortion_params must be k1 k2 k3 k4 p1 p2", where=where, got=len(numbers)
        )
    return numbers
