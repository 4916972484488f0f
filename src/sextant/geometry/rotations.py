"""Rotations as datasets write them: axis-angle, Euler angles, quaternions with the scalar last."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sextant.geometry.transforms import rotation_from_quaternion

Array = NDArray[np.float64]

MAX_ANGLE_RAD = 1e9


def rotation_from_axis_angle(axis_angle_rad: ArrayLike) -> Array:
    """Return the (3, 3) rotation about a (3,) axis by its length in radians (Rodrigues).

    NaN for angles that are not finite or of more than 1e9 radians, which are of no direction.
    """
    v = np.asarray(axis_angle_rad, dtype=np.float64)
    if not np.abs(v).max() < MAX_ANGLE_RAD:
        return np.full((3, 3), np.nan)
    angle = float(np.linalg.norm(v))
    if angle < 1e-12:
        # The formula's limit; an angle this small is not one that a file can mean.
        return np.eye(3) + _cross(v)
    W = _cross(v / angle)
    return np.asarray(np.eye(3) + math.sin(angle) * W + (1.0 - math.cos(angle)) * (W @ W))


def axis_angle_from_rotation(R: ArrayLike) -> Array:
    """Return the (3,) axis times angle in radians, in 0..pi, of a (3, 3) rotation."""
    R = np.asarray(R, dtype=np.float64)
    sine = np.array([R[2, 1] - R[1, 2], R[0, 2] - R[2, 0], R[1, 0] - R[0, 1]]) / 2.0
    length = float(np.linalg.norm(sine))
    cosine = (float(np.trace(R)) - 1.0) / 2.0
    angle = math.atan2(length, cosine)
    if length > 1e-6:
        return np.asarray(sine / length * angle)
    if cosine > 0:
        return np.asarray(sine)
    # Half a turn: the axis is the eigenvector of 1, the best conditioned column of R + I.
    M = (R + np.eye(3)) / 2.0
    column = M[:, int(np.argmax(np.diag(M)))]
    return np.asarray(column / np.linalg.norm(column) * angle)


def rotation_from_xyzw(xyzw: ArrayLike) -> Array:
    """Return the (3, 3) rotation of a (4,) quaternion whose scalar comes last; it is normalised."""
    q = np.asarray(xyzw, dtype=np.float64)
    return rotation_from_quaternion(q[[3, 0, 1, 2]])


def rotation_from_euler(angles_rad: ArrayLike, order: str) -> Array:
    """Return the (3, 3) rotation of intrinsic Euler angles; NaN as ``rotation_from_axis_angle``.

    ``order`` names the axes as the product is written: ``"zxy"`` is Rz(a) Rx(b) Ry(c), which is
    what EmbodiedScan stores for boxes. scipy writes the same as ``"ZXY"``; its lower-case ``"zxy"``
    is the product the other way round, equal only while two of the angles are 0.

    Args:
        angles_rad: (3,) in the order of ``order``.
        order: Three of the letters x, y, z.
    """
    R = np.eye(3)
    for angle, axis in zip(np.asarray(angles_rad, dtype=np.float64), order, strict=True):
        unit = np.zeros(3)
        unit["xyz".index(axis)] = float(angle)
        R = R @ rotation_from_axis_angle(unit)
    return R


def _cross(v: Array) -> Array:
    return np.array([[0.0, -v[2], v[1]], [v[2], 0.0, -v[0]], [-v[1], v[0], 0.0]])
