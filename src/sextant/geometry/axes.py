"""The axes other systems use for worlds and cameras, in ours (Z up, right-handed; OpenCV camera).

A reader converts once, at its own door. Every name says what goes in; what comes out is always the
package's convention.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sextant.geometry.transforms import invert, rigid

Array = NDArray[np.float64]

R_ZUP_YUP: Array = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""Turns a right-handed Y-up world into the Z-up world: x stays, y becomes z, z becomes -y."""

R_OPENGL_OPENCV: Array = np.diag([1.0, -1.0, -1.0])
"""OpenCV camera axes (y down, z forward) in OpenGL camera axes (y up, z backward)."""

R_PYTORCH3D_OPENCV: Array = np.diag([-1.0, -1.0, 1.0])
"""OpenCV camera axes in PyTorch3D camera axes (x left, y up, z forward)."""

M_ZUP_UNITY: Array = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
"""Maps Unity's left-handed Y-up world to ours: x stays, y (up) and z (forward) change places.

Its determinant is -1: it is a mirror, as every map between worlds of different handedness.
"""


def pose_from_opengl(T_world_opengl: Array) -> Array:
    """Return T_world_camera of a (4, 4) camera-to-world pose whose camera is y up, z backward."""
    T = T_world_opengl.copy()
    T[:3, :3] = T[:3, :3] @ R_OPENGL_OPENCV
    return T


def pose_from_yup(T_yup_camera: Array) -> Array:
    """Return a (4, 4) pose of a right-handed Y-up world in the Z-up world; the camera stays."""
    return np.asarray(rigid(R_ZUP_YUP, np.zeros(3)) @ T_yup_camera)


def pose_from_pytorch3d(R: ArrayLike, T: ArrayLike) -> Array:
    """Return T_world_camera of PyTorch3D extrinsics.

    PyTorch3D multiplies row vectors, X_camera = X_world R + T, and its camera has x to the left and
    y up (``PerspectiveCameras``, "world to view"). The world keeps its axes.

    Args:
        R: (3, 3) as stored.
        T: (3,) as stored.
    """
    T_pytorch3d_world = rigid(np.asarray(R, dtype=np.float64).T, T)
    return np.asarray(invert(T_pytorch3d_world) @ rigid(R_PYTORCH3D_OPENCV, np.zeros(3)))


def points_from_unity(points_unity: ArrayLike) -> Array:
    """Return (..., 3) points of a left-handed Y-up world in ours."""
    return np.asarray(np.asarray(points_unity, dtype=np.float64) @ M_ZUP_UNITY.T)


def rotation_from_unity_euler(degrees_xyz: ArrayLike) -> Array:
    """Return the (3, 3) matrix of Unity's Euler angles, in Unity's own left-handed axes.

    Unity turns about z, then x, then y; a positive turn about y is clockwise seen from above.
    """
    x, y, z = (math.radians(float(a)) for a in np.asarray(degrees_xyz, dtype=np.float64))
    cx, sx, cy, sy, cz, sz = (
        math.cos(x), math.sin(x), math.cos(y), math.sin(y), math.cos(z), math.sin(z)
    )  # fmt: skip
    Rx = np.array([[1.0, 0.0, 0.0], [0.0, cx, -sx], [0.0, sx, cx]])
    Ry = np.array([[cy, 0.0, sy], [0.0, 1.0, 0.0], [-sy, 0.0, cy]])
    Rz = np.array([[cz, -sz, 0.0], [sz, cz, 0.0], [0.0, 0.0, 1.0]])
    return np.asarray(Ry @ Rx @ Rz)


def pose_from_unity(R_unity: Array, position_unity: ArrayLike) -> Array:
    """Return T_world_camera of a Unity camera, which has x right, y up, z forward.

    Args:
        R_unity: (3, 3) rotation in Unity's axes, see ``rotation_from_unity_euler``.
        position_unity: (3,) metres in Unity's world.
    """
    R = M_ZUP_UNITY @ R_unity @ np.diag([1.0, -1.0, 1.0])
    return rigid(R, points_from_unity(position_unity))


def box_axes_from_unity(R_unity: Array, size_unity_m: ArrayLike) -> tuple[Array, Array]:
    """Return (R_world_box, size_m) of a box given in Unity's axes.

    The box's own y and z axes change places as the world's do, so the sizes do as well, and the
    rotation keeps its determinant of +1.
    """
    size = np.asarray(size_unity_m, dtype=np.float64)
    return M_ZUP_UNITY @ R_unity @ M_ZUP_UNITY, size[[0, 2, 1]]
