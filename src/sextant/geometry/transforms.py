"""Rigid transforms as 4x4 arrays, rotations as 3x3 arrays, quaternions wxyz."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

ROTATION_TOLERANCE = 1e-6
"""How far R^T R may be from the identity, and det R from +1, inside the package."""

PROJECTABLE_TOLERANCE = 1e-3
"""How far a reader's rotation may be off before it is refused instead of projected."""


def rigid(rotation: ArrayLike, translation: ArrayLike) -> Array:
    """Return the 4x4 transform with the given (3, 3) rotation and (3,) translation in metres."""
    T = np.eye(4)
    T[:3, :3] = rotation
    T[:3, 3] = translation
    return T


def compose(T_a_b: Array, T_b_c: Array) -> Array:
    """Return T_a_c of two (4, 4) transforms as files state them; infinite where they overflow.

    For what is not checked yet: the check that follows refuses infinity by name.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(T_a_b @ T_b_c)


def invert(T: Array) -> Array:
    """Return the inverse of a rigid (4, 4) transform, using R^-1 = R^T."""
    R_inverse = T[:3, :3].T
    out = np.eye(4)
    out[:3, :3] = R_inverse
    with np.errstate(over="ignore", invalid="ignore"):  # infinity is refused where it is checked
        out[:3, 3] = -R_inverse @ T[:3, 3]
    return out


def transform_points(T: Array, points: ArrayLike) -> Array:
    """Map (..., 3) points by a (4, 4) rigid transform."""
    points = np.asarray(points, dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):  # infinity is refused where it is checked
        return np.asarray(points @ T[:3, :3].T + T[:3, 3])


def rotate_vectors(T: Array, vectors: ArrayLike) -> Array:
    """Turn (..., 3) directions by the rotation of a (4, 4) rigid transform."""
    return np.asarray(np.asarray(vectors, dtype=np.float64) @ T[:3, :3].T)


def rotation_error(R: ArrayLike) -> float:
    """Return max(|R^T R - I|, |det R - 1|); infinite if R is not finite or beyond 1e9."""
    R = np.asarray(R, dtype=np.float64)
    if R.shape != (3, 3) or not np.abs(R).max() < 1e9:
        return math.inf
    with np.errstate(all="ignore"):  # of a singular matrix the library divides by its own zero
        return float(max(np.abs(R.T @ R - np.eye(3)).max(), abs(np.linalg.det(R) - 1.0)))


def nearest_rotation(M: ArrayLike) -> Array:
    """Return the rotation nearest to a (3, 3) matrix in the Frobenius norm (Kabsch, via SVD)."""
    U, _, Vt = np.linalg.svd(np.asarray(M, dtype=np.float64))
    D = np.diag([1.0, 1.0, np.sign(np.linalg.det(U @ Vt))])
    return np.asarray(U @ D @ Vt)


def rotation_from_quaternion(wxyz: ArrayLike) -> Array:
    """Return the (3, 3) rotation of a (4,) quaternion in w, x, y, z order; it is normalised."""
    q = np.asarray(wxyz, dtype=np.float64)
    w, x, y, z = q / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def quaternion_from_rotation(R: ArrayLike) -> Array:
    """Return the unit quaternion (w, x, y, z), w >= 0, of a (3, 3) rotation (Shepperd 1978)."""
    R = np.asarray(R, dtype=np.float64)
    candidates = np.array(
        [R.trace(), R[0, 0] - R[1, 1] - R[2, 2], R[1, 1] - R[0, 0] - R[2, 2],
         R[2, 2] - R[0, 0] - R[1, 1]]
    )  # fmt: skip
    k = int(np.argmax(candidates))
    s = math.sqrt(max(0.0, 1.0 + candidates[k])) * 2.0
    if k == 0:
        q = [s / 4, (R[2, 1] - R[1, 2]) / s, (R[0, 2] - R[2, 0]) / s, (R[1, 0] - R[0, 1]) / s]
    elif k == 1:
        q = [(R[2, 1] - R[1, 2]) / s, s / 4, (R[0, 1] + R[1, 0]) / s, (R[0, 2] + R[2, 0]) / s]
    elif k == 2:
        q = [(R[0, 2] - R[2, 0]) / s, (R[0, 1] + R[1, 0]) / s, s / 4, (R[1, 2] + R[2, 1]) / s]
    else:
        q = [(R[1, 0] - R[0, 1]) / s, (R[0, 2] + R[2, 0]) / s, (R[1, 2] + R[2, 1]) / s, s / 4]
    out = np.array(q)
    return np.asarray(-out if out[0] < 0 else out)


def yaw_rotation(yaw_rad: float) -> Array:
    """Return the (3, 3) rotation by ``yaw_rad`` about world +Z, counterclockwise from above."""
    c, s = math.cos(yaw_rad), math.sin(yaw_rad)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def look_at(eye_world: ArrayLike, target_world: ArrayLike) -> Array:
    """Return T_world_camera of an upright OpenCV camera at ``eye_world`` facing a target.

    Args:
        eye_world: (3,) camera centre in metres.
        target_world: (3,) point on the optical axis; must not be straight above or below.
    """
    eye = np.asarray(eye_world, dtype=np.float64)
    z = np.asarray(target_world, dtype=np.float64) - eye
    z /= np.linalg.norm(z)
    x = np.cross(z, [0.0, 0.0, 1.0])
    norm = float(np.linalg.norm(x))
    if norm < 1e-9:
        raise ValueError("look_at: the viewing direction is vertical, so 'upright' is undefined")
    x /= norm
    return rigid(np.stack([x, np.cross(z, x), z], axis=1), eye)
