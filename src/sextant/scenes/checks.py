"""What no scene may hold: non-finite numbers, non-rotations, boxes without volume, odd names."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.transforms import (
    PROJECTABLE_TOLERANCE,
    ROTATION_TOLERANCE,
    nearest_rotation,
    rotation_error,
)

MAX_COORDINATE_M = 1e5
"""Beyond 100 km a coordinate is not a room in metres but a unit mistake."""

MAX_SIZE_M = 1e3
"""An object longer than a kilometre is a unit mistake."""


MIN_SIZE_M = 1e-6
"""A side thinner than a micrometre is lost in a coordinate's rounding: a box without volume."""


def check_pose(
    T: NDArray[np.float64], *, where: str, tolerance: float = ROTATION_TOLERANCE
) -> None:
    """Refuse a (4, 4) pose that is not finite or whose rotation is off by more than a tolerance."""
    if T.shape != (4, 4):
        raise ConventionError("a pose must be a 4x4 matrix", where=where, got=T.shape)
    if not np.all(np.isfinite(T)):
        raise ConventionError(
            "pose holds NaN or infinity",
            where=where,
            hint="trackers write such poses where they were lost: the reader should drop the frame",
        )
    if np.abs(T[3] - (0.0, 0.0, 0.0, 1.0)).max() > ROTATION_TOLERANCE:
        raise ConventionError("last row of a pose must be 0 0 0 1", where=where, got=T[3].tolist())
    R = T[:3, :3]
    error = rotation_error(R)
    if error > tolerance:
        raise ConventionError(
            "pose is not a rotation",
            where=where,
            expected=f"R^T R = I and det R = +1 to {tolerance:g}",
            got=f"off by {error:.3g}" + (f" (det {np.linalg.det(R):.4f})" if error < 1e6 else ""),
            hint="a mirrored or scaled matrix means another convention than camera-to-world OpenCV",
        )
    if np.abs(T[:3, 3]).max() > MAX_COORDINATE_M:
        raise ConventionError(
            "camera is further than 100 km from the origin",
            where=where,
            got=T[:3, 3].tolist(),
            hint="is the pose in millimetres?",
        )


def project_pose(T: NDArray[np.float64], *, where: str) -> tuple[NDArray[np.float64], bool]:
    """Return the pose with an exact rotation, and whether it had to be projected.

    A reader calls this at its door: rotations off by at most 1e-3 are projected to the nearest
    rotation (7-Scenes is off by 4e-4); anything worse is refused.
    """
    if T.shape != (4, 4) or not np.all(np.isfinite(T)):
        check_pose(T, where=where)
    error = rotation_error(T[:3, :3])
    if ROTATION_TOLERANCE < error <= PROJECTABLE_TOLERANCE:
        fixed = T.copy()
        fixed[:3, :3] = nearest_rotation(T[:3, :3])
        check_pose(fixed, where=where)
        return fixed, True
    check_pose(T, where=where, tolerance=PROJECTABLE_TOLERANCE)
    return T, False


def check_box(box: OrientedBox, *, where: str) -> None:
    """Refuse a box that is not finite, has a side <= 0, or whose axes are no rotation."""
    if not (np.all(np.isfinite(box.center)) and np.all(np.isfinite(box.size_m))):
        raise ConventionError(
            "box holds NaN or infinity",
            where=where,
            hint="unlabelled instances are often stored so; the reader should drop them",
        )
    if not np.all(box.size_m > 0):
        raise ConventionError(
            "box has a side that is not positive",
            where=where,
            expected="full side lengths > 0 m",
            got=box.size_m.tolist(),
        )
    if box.size_m.min() < MIN_SIZE_M:
        raise ConventionError(
            "box has a side thinner than a micrometre",
            where=where,
            expected=f"full side lengths >= {MIN_SIZE_M:g} m",
            got=box.size_m.tolist(),
            hint="flat things need a thickness; a millimetre will do",
        )
    if box.size_m.max() > MAX_SIZE_M or np.abs(box.center).max() > MAX_COORDINATE_M:
        raise ConventionError(
            "box is too large or too far away to be in metres",
            where=where,
            got=f"centre {box.center.tolist()}, size {box.size_m.tolist()}",
            hint="is it in millimetres?",
        )
    error = rotation_error(box.R_world_box)
    if error > ROTATION_TOLERANCE:
        raise ConventionError("box axes are not a rotation", where=where, got=f"off by {error:.3g}")


def check_name(name: str, kind: str, *, where: str) -> None:
    """Refuse an id or the like that is blank or that UTF-8, and so no parquet file, can hold."""
    if not name.strip():
        raise ConventionError(f"{kind} must not be empty", where=where)
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise ConventionError(
            f"{kind} holds a lone surrogate, which UTF-8 cannot write",
            where=where,
            got=ascii(name)[:80],
            hint="file names that are not UTF-8 come out so; the reader should rename them",
        ) from None


def check_points(points: NDArray[np.float64], columns: int, kind: str, *, where: str) -> None:
    """Refuse points that are not a finite (n, ``columns``) array."""
    if points.ndim != 2 or points.shape[1] != columns:
        raise ConventionError(f"{kind} must be (n, {columns})", where=where, got=points.shape)
    if not np.all(np.isfinite(points)):
        raise ConventionError(f"{kind} hold NaN or infinity", where=where)
    if points.size and np.abs(points).max() > MAX_COORDINATE_M:
        raise ConventionError(
            f"{kind} are further than 100 km from the origin",
            where=where,
            got=float(np.abs(points).max()),
            hint="are they in millimetres?",
        )
