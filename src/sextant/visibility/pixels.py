"""One pass over an image gives every object's pixels, bounding box and nearest point."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sextant.geometry.kernels import kernel
from sextant.scenes import Frame

NEAR_MARGIN_M = 0.05
"""A nearest point is believed only this close to the object's box: sensor depth smears at edges."""


class PixelStatistics(NamedTuple):
    """Per object (slot) of one frame.

    Attributes:
        pixel_count: (O,) int32 pixels.
        box2d: (O, 4) float32 outer pixel edges u_min, v_min, u_max, v_max; NaN where there is none.
        nearest_m: (O,) float32 Euclidean metres; NaN where no pixel of the object has a depth.
    """

    pixel_count: NDArray[np.int32]
    box2d: NDArray[np.float32]
    nearest_m: NDArray[np.float32]


def pixel_statistics(
    frame: Frame,
    slots: NDArray[np.int32],
    depth_m: NDArray[np.float32],
    boxes_camera: NDArray[np.float64],
) -> PixelStatistics:
    """Gather counts, bounding boxes and nearest distances of all objects in one pass.

    The nearest point is taken among the pixels whose 3D point lies within the object's box (+5 cm);
    only if there is none of them, among all its pixels.

    Args:
        frame: Its camera lifts pixels to rays.
        slots: (H, W) object index per pixel, -1 = no object.
        depth_m: (H, W) z-depth, NaN = invalid; (0, 0) if there is none.
        boxes_camera: (O, 15) per object: centre (3), half sizes (3), row-major R_box_camera (9).
    """
    c = frame.camera
    count, edges, nearest = _gather(slots, depth_m, boxes_camera, c.fx, c.fy, c.cx, c.cy)
    box2d = edges.astype(np.float32)
    box2d[count == 0] = np.nan
    distance = np.where(np.isfinite(nearest[:, 0]), nearest[:, 0], nearest[:, 1])
    distance[~np.isfinite(distance)] = np.nan
    return PixelStatistics(count, box2d, distance.astype(np.float32))


@kernel
def _gather(slots, depth, boxes, fx, fy, cx, cy):  # type: ignore[no-untyped-def]
    height, width = slots.shape
    n = boxes.shape[0]
    count = np.zeros(n, np.int32)
    edges = np.zeros((n, 4), np.int32)
    nearest = np.full((n, 2), np.inf)
    has_depth = depth.shape[0] > 0
    for row in range(height):
        y = (row + 0.5 - cy) / fy
        for col in range(width):
            o = slots[row, col]
            if o < 0:
                continue
            if count[o] == 0:
                edges[o, 0], edges[o, 1] = col, row
                edges[o, 2], edges[o, 3] = col + 1, row + 1
            else:
                edges[o, 0] = min(edges[o, 0], col)
                edges[o, 2] = max(edges[o, 2], col + 1)
                edges[o, 3] = row + 1
            count[o] += 1
            if not has_depth:
                continue
            z = depth[row, col]
            if not z > 0.0:
                continue
            x = (col + 0.5 - cx) / fx
            square = z * z * (1.0 + x * x + y * y)
            if square < nearest[o, 1]:
                nearest[o, 1] = square
            if square >= nearest[o, 0]:
                continue  # most pixels end here, before the box test
            dx, dy, dz = x * z - boxes[o, 0], y * z - boxes[o, 1], z - boxes[o, 2]
            inside = True
            for k in range(3):
                along = (
                    boxes[o, 6 + 3 * k] * dx + boxes[o, 7 + 3 * k] * dy + boxes[o, 8 + 3 * k] * dz
                )
                if abs(along) > boxes[o, 3 + k] + NEAR_MARGIN_M:
                    inside = False
                    break
            if inside:
                nearest[o, 0] = square
    return count, edges, np.sqrt(nearest)
