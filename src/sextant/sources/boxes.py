"""Boxes as datasets write them: rows or columns as axes, half lengths, points instead of a box."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sextant.errors import ConventionError, CorruptInput
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.rotations import rotation_from_euler
from sextant.geometry.transforms import (
    PROJECTABLE_TOLERANCE,
    ROTATION_TOLERANCE,
    nearest_rotation,
    rotation_error,
)
from sextant.scenes.checks import check_box

Array = NDArray[np.float64]

MIN_SIDE_M = 1e-3
"""What a flat thing is given: a picture's plane or a mesh's face has no thickness of its own."""


def checked_box(
    center: ArrayLike,
    size_m: ArrayLike,
    R_world_box: ArrayLike,
    where: str,
    tolerance: float = PROJECTABLE_TOLERANCE,
) -> tuple[OrientedBox, bool]:
    """Return a box in the package's conventions, and whether its axes had to be projected.

    A box is its own mirror image, so axes of determinant -1 name the same solid as with one of
    them turned round.

    Args:
        center: (3,) metres.
        size_m: (3,) full side lengths in metres.
        R_world_box: (3, 3) whose columns are the box axes.
        where: The record, for messages.
        tolerance: How far the axes may be off a rotation. More than the default is for axes that
            are no computed rotation but were drawn by hand, with corners not quite square.

    Raises:
        ConventionError: If it is not finite, has a side <= 0, or the axes are no rotation.
    """
    R = np.array(R_world_box, dtype=np.float64)
    if R.shape == (3, 3) and np.abs(R).max() < 2 and np.cross(R[0], R[1]) @ R[2] < 0:
        R[:, 2] = -R[:, 2]
    off = ROTATION_TOLERANCE < rotation_error(R) <= tolerance
    box = OrientedBox(
        np.array(center, dtype=np.float64),
        np.array(size_m, dtype=np.float64),
        nearest_rotation(R) if off else R,
    )
    check_box(box, where=where)
    return box, off


def box_of_rows(entry: Any, where: str) -> tuple[OrientedBox, bool]:
    """Return the box of ``{centroid, axesLengths, normalizedAxes}``, as many tools write it.

    ``axesLengths`` are full lengths; the ROWS of the 3x3 ``normalizedAxes`` are the axes (checked
    against VSI-Bench's ``min`` and ``max``: the transposed reading is off by up to 1.8 m).

    Raises:
        CorruptInput: If a field is missing or holds no numbers.
        ConventionError: As ``checked_box``.
    """
    axes = vector(entry, "normalizedAxes", 9, where).reshape(3, 3)
    center, size_m = vector(entry, "centroid", 3, where), vector(entry, "axesLengths", 3, where)
    return checked_box(center, size_m, axes.T, where)


def box_of_nine(numbers: ArrayLike, where: str) -> tuple[OrientedBox, bool]:
    """Return the box of centre, size and Euler angles as EmbodiedScan and its kin write it.

    The angles are radians about z, x and y and make Rz Rx Ry (open3d's "zxy"); scipy's lower-case
    ``"zxy"`` is the product the other way round, and differs as soon as a box is tilted.

    Raises:
        CorruptInput: If it is not nine numbers.
        ConventionError: As ``checked_box``; a negative size is refused.
    """
    try:
        nine = np.array(numbers, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptInput("box holds no numbers", where=where, got=repr(error)[:100]) from error
    if nine.shape != (9,):
        raise CorruptInput("box is not nine numbers", where=where, got=f"shape {nine.shape}")
    if not np.all(np.isfinite(nine)):
        raise ConventionError("box holds NaN or infinity", where=where)
    return checked_box(nine[:3], nine[3:6], rotation_from_euler(nine[6:], "zxy"), where)


def box_of_points(points_world: Array, where: str) -> OrientedBox:
    """Return the axis-aligned box of (n, 3) points; flat sides are widened to a millimetre.

    Raises:
        ConventionError: If there are no points, or they are not finite.
    """
    if len(points_world) == 0:
        raise ConventionError("object has no points", where=where)
    low, high = points_world.min(axis=0), points_world.max(axis=0)
    size_m = np.maximum(high - low, MIN_SIDE_M)
    box = OrientedBox((low + high) / 2, size_m, np.eye(3))
    check_box(box, where=where)
    return box


def vector(entry: Any, field: str, length: int, where: str) -> Array:
    """Return the numbers of a JSON object's field as (length,) float64.

    Raises:
        CorruptInput: If the field is missing or is not that many numbers.
    """
    if not isinstance(entry, Mapping):
        raise CorruptInput("box is no JSON object", where=where, got=type(entry).__name__)
    try:
        numbers = np.array([float(x) for x in entry[field]], dtype=np.float64)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise CorruptInput(f"box has no usable {field}", where=where, got=repr(error)) from error
    if numbers.shape != (length,):
        raise CorruptInput(f"box has a wrong {field}", where=where, got=f"{numbers.size} numbers")
    return numbers
