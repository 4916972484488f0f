"""The vertical of a room from its depth maps, for captures whose world is the first camera.

7-Scenes was tracked by KinectFusion, whose world frame is the first camera: x right, y down,
z forward, tilted as far as the camera was held downwards (27 degrees in the kitchen). The floor,
the table tops and the walls say where up is: most surface normals of a room are parallel or
perpendicular to the vertical.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sextant.geometry.projection import depth_to_points
from sextant.geometry.transforms import transform_points

Array = NDArray[np.float64]

MAX_TILT_RAD = math.radians(50.0)
"""Furthest that a first camera's own vertical may be from the true one."""

_STEP = 4
_REACH = 3
"""Normals on every 4th pixel, from differences over 2 * 3 * 4 pixels: over shorter ones a sensor
that steps by a centimetre at three metres gives normals that are mostly noise."""

_MAX_BEND = 0.01
_WINDOW_RAD = math.radians(5.0)
_MIN_SUPPORT = 0.04
_CANDIDATES = 400


@dataclass(frozen=True, slots=True)
class Vertical:
    """An estimated vertical.

    Attributes:
        up_world: (3,) unit vector in the capture's own world.
        support: Share of the surface normals within 5 degrees of it (floor, tops, ceiling).
    """

    up_world: Array
    support: float


def surface_normals(K: Array, depth_m: NDArray[np.floating], T_world_camera: Array) -> Array:
    """Return (n, 3) unit surface normals in the world from a (H, W) depth map in metres.

    Places where the two sides of a pixel do not lie on one plane with it (edges, corners) are
    left out.
    """
    points = transform_points(T_world_camera, depth_to_points(K, depth_m)[::_STEP, ::_STEP])
    if min(points.shape[:2]) <= 2 * _REACH:
        return np.zeros((0, 3))
    r = _REACH
    middle = points[r:-r, r:-r]
    up, down = points[: -2 * r, r:-r], points[2 * r :, r:-r]
    left, right = points[r:-r, : -2 * r], points[r:-r, 2 * r :]
    normal = np.cross(right - left, down - up)
    length = np.linalg.norm(normal, axis=-1)
    distance = np.linalg.norm(middle - T_world_camera[:3, 3], axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        normal /= length[..., None]
        # Off the plane only: on a slanted plane the middle of two points is not the pixel's point.
        bend = [
            np.abs(np.einsum("ijk,ijk->ij", (p + q) / 2 - middle, normal))
            for p, q in ((up, down), (left, right))
        ]
        good = (length > 0) & (np.maximum(*bend) < _MAX_BEND * distance)
    return np.asarray(normal[good])


def estimate_vertical(normals: Array, nominal_up: ArrayLike) -> Vertical | None:
    """Return the vertical that makes most normals parallel or perpendicular to itself.

    Args:
        normals: (n, 3) unit vectors in the world; their sign does not matter.
        nominal_up: (3,) unit vector within 50 degrees of which the vertical is sought.

    Returns:
        None if fewer than 4 % of the normals agree, or too few normals are known.
    """
    nominal = np.asarray(nominal_up, dtype=np.float64)
    if len(normals) < 500:
        return None
    # An even subsample keeps this quick and, unlike a drawn one, the same every time.
    sample = normals[:: max(1, len(normals) // 20_000)]
    signed = sample * np.where(sample @ nominal < 0, -1.0, 1.0)[:, None]
    near = signed[signed @ nominal > math.cos(MAX_TILT_RAD)]
    if len(near) == 0:
        return None
    candidates = near[:: max(1, len(near) // _CANDIDATES)]
    cosines = np.abs(candidates @ signed.T)
    parallel = (cosines > math.cos(_WINDOW_RAD)).mean(axis=1)
    perpendicular = (cosines < math.sin(_WINDOW_RAD)).mean(axis=1)
    # Walls confirm a vertical; alone they would not fix it, so they count less.
    up = candidates[int(np.argmax(parallel + 0.5 * perpendicular))]
    for _ in range(20):
        cosine = signed @ up
        level = signed[cosine > math.cos(_WINDOW_RAD)]
        upright = signed[np.abs(cosine) < math.sin(_WINDOW_RAD)]
        # argmax over unit u of sum (n.u)^2 over level minus over upright surfaces
        spread = level.T @ level - upright.T @ upright
        turned = np.linalg.eigh(spread)[1][:, 2]
        up = turned if turned @ nominal > 0 else -turned
    support = float((signed @ up > math.cos(_WINDOW_RAD)).mean())
    if support < _MIN_SUPPORT or up @ nominal < math.cos(MAX_TILT_RAD):
        return None
    return Vertical(np.asarray(up), support)


def upright_rotation(up_world: ArrayLike, forward_world: ArrayLike) -> Array:
    """Return the (3, 3) rotation into a Z-up world whose +Y is the level part of ``forward``.

    Args:
        up_world: (3,) unit vertical in the old world.
        forward_world: (3,) direction in the old world, not parallel to ``up_world``.
    """
    z = np.asarray(up_world, dtype=np.float64)
    y = np.asarray(forward_world, dtype=np.float64)
    y = y - (y @ z) * z
    y /= np.linalg.norm(y)
    return np.stack([np.cross(y, z), y, z])
