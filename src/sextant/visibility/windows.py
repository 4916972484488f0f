"""The pixel window that a box can cover, also when the box straddles the camera's near plane."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sextant.geometry.boxes import EDGE_CORNERS
from sextant.geometry.transforms import invert, transform_points
from sextant.scenes import Frame

NEAR_M = 0.02
"""Nothing nearer than this (z) is seen; the rasteriser's own default."""


class Window(NamedTuple):
    """Pixel columns ``u0 <= u < u1`` and rows ``v0 <= v < v1``."""

    u0: int
    v0: int
    u1: int
    v1: int


def box_window(frame: Frame, corners_world: NDArray[np.float64]) -> Window | None:
    """Return the smallest window around the part of a box in front of the near plane.

    Args:
        frame: Camera and pose.
        corners_world: (8, 3) in the order of ``CORNER_SIGNS``, metres.

    Returns:
        The window clipped to the image, or None if the box lies outside the view.
    """
    camera = frame.camera
    corners = transform_points(invert(frame.T_world_camera), corners_world)
    z = corners[:, 2]
    front = z >= NEAR_M
    if not front.any():
        return None
    points = corners[front]
    if not front.all():
        # The silhouette of the clipped solid is spanned by what is left of its edges.
        a, b = corners[EDGE_CORNERS[:, 0]], corners[EDGE_CORNERS[:, 1]]
        crossing = (a[:, 2] >= NEAR_M) != (b[:, 2] >= NEAR_M)
        a, b = a[crossing], b[crossing]
        t = (NEAR_M - a[:, 2]) / (b[:, 2] - a[:, 2])
        points = np.concatenate([points, a + t[:, None] * (b - a)])
        points[:, 2] = np.maximum(points[:, 2], NEAR_M)
    u = camera.fx * points[:, 0] / points[:, 2] + camera.cx
    v = camera.fy * points[:, 1] / points[:, 2] + camera.cy
    u0, v0 = max(0, math.floor(u.min())), max(0, math.floor(v.min()))
    u1, v1 = min(camera.width, math.ceil(u.max())), min(camera.height, math.ceil(v.max()))
    return Window(u0, v0, u1, v1) if u0 < u1 and v0 < v1 else None
