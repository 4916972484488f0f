"""Pinhole projection in OpenCV axes; the centre of the top-left pixel is (0.5, 0.5)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def project(K: Array, points_camera: ArrayLike) -> tuple[Array, Array]:
    """Project camera-frame points.

    Args:
        K: (3, 3) pinhole intrinsics in pixels.
        points_camera: (..., 3) metres.

    Returns:
        uv: (..., 2) pixel coordinates; NaN where the point is not in front of the camera.
        depth_m: (...,) z-depth in metres.
    """
    points = np.asarray(points_camera, dtype=np.float64)
    depth_m = points[..., 2]
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        u = K[0, 0] * points[..., 0] / depth_m + K[0, 2]
        v = K[1, 1] * points[..., 1] / depth_m + K[1, 2]
    uv = np.stack([u, v], axis=-1)
    uv[depth_m <= 0] = np.nan
    return uv, depth_m


def backproject(K: Array, uv: ArrayLike, depth_m: ArrayLike) -> Array:
    """Lift (..., 2) pixel coordinates with (...,) z-depth in metres to (..., 3) camera points."""
    uv = np.asarray(uv, dtype=np.float64)
    z = np.asarray(depth_m, dtype=np.float64)
    return np.stack(
        [(uv[..., 0] - K[0, 2]) / K[0, 0] * z, (uv[..., 1] - K[1, 2]) / K[1, 1] * z, z], axis=-1
    )


def depth_to_points(K: Array, depth_m: NDArray[np.floating]) -> Array:
    """Lift a (H, W) z-depth map in metres to (H, W, 3) camera points; NaN stays NaN."""
    height, width = depth_m.shape
    v, u = np.mgrid[0:height, 0:width]
    return backproject(K, np.stack([u + 0.5, v + 0.5], axis=-1), depth_m)


def inside_image(uv: Array, width: int, height: int) -> NDArray[np.bool_]:
    """Tell for (..., 2) pixel coordinates whether they fall on the image; NaN does not."""
    with np.errstate(invalid="ignore"):
        inside: NDArray[np.bool_] = (
            (uv[..., 0] >= 0) & (uv[..., 0] < width) & (uv[..., 1] >= 0) & (uv[..., 1] < height)
        )
    return inside
