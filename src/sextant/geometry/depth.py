"""Depth that is not z-depth in metres yet."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sextant.geometry.projection import depth_to_points

Array = NDArray[np.float64]


def ray_lengths(K: Array, width: int, height: int) -> Array:
    """Return the (H, W) length of every pixel's ray up to z = 1.

    The distance to the camera centre over this is the z-depth.
    """
    return np.asarray(np.linalg.norm(depth_to_points(K, np.ones((height, width))), axis=-1))


def z_from_ray(distance_m: NDArray[np.floating], K: Array) -> Array:
    """Return the (H, W) z-depth of a map of distances to the camera centre; NaN stays NaN."""
    height, width = distance_m.shape
    return np.asarray(distance_m / ray_lengths(K, width, height), dtype=np.float64)


def unrotate_bits(stored: NDArray[np.uint16], right: int = 3) -> NDArray[np.uint16]:
    """Return values whose 16 bits were rotated to the left by ``right``, as SUN RGB-D does.

    SUN RGB-D's toolbox reads ``(d >> 3) | (d << 13)`` (read3dPoints.m).
    """
    return np.asarray((stored >> right) | (stored << (16 - right)), dtype=np.uint16)


def rotate_bits(values: ArrayLike, left: int = 3) -> NDArray[np.uint16]:
    """Return the (...) values with their 16 bits rotated to the left: the inverse."""
    v = np.asarray(values, dtype=np.uint16)
    return np.asarray((v << left) | (v >> (16 - left)), dtype=np.uint16)
