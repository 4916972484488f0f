"""A picture turned by quarters, with intrinsics and camera axes that go with it.

Sensors are mounted turned, and phones are held so. A turn of the raster is a turn of the camera
about its optical axis: pose and intrinsics change, z-depth does not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def turn_raster(raster: NDArray, quarters: int) -> NDArray:
    """Return an (H, W, ...) raster turned counterclockwise by ``quarters`` quarter turns."""
    return np.ascontiguousarray(np.rot90(raster, quarters % 4))


def turn_intrinsics(K: Array, width: int, height: int, quarters: int) -> tuple[Array, int, int]:
    """Return (K, width, height) of a picture turned counterclockwise.

    A quarter turn takes the pixel (u, v) to (v, width - u), with pixel centres at halves.

    Args:
        K: (3, 3) pinhole intrinsics in pixels.
        width: Of the picture before the turn.
        height: Of the picture before the turn.
        quarters: Number of quarter turns, of any sign.
    """
    for _ in range(quarters % 4):
        K = np.array([[K[1, 1], 0.0, K[1, 2]], [0.0, K[0, 0], width - K[0, 2]], [0.0, 0.0, 1.0]])
        width, height = height, width
    return K, width, height


def turn_axes(quarters: int) -> Array:
    """Return the (3, 3) R_stored_turned: axes of the turned camera in those of the stored one.

    T_world_turned = T_world_stored with its rotation multiplied by this from the right.
    """
    quarter = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    return np.asarray(np.linalg.matrix_power(quarter, quarters % 4))


def upright_quarters(R_world_camera: Array) -> int:
    """Return the quarter turns that bring the picture's up closest to the world's.

    Args:
        R_world_camera: (3, 3) rotation of the stored camera (or the mean of many).
    """
    # The world's up in the picture plane, right and up positive.
    right, up = float(R_world_camera[2, 0]), -float(R_world_camera[2, 1])
    turned_by = np.arctan2(right, up)  # clockwise angle of the world's up from the picture's up
    return int(np.rint(turned_by / (np.pi / 2))) % 4
