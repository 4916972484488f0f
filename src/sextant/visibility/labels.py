"""Which object each pixel shows: from masks, from a z-buffer, or from depth alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sextant.geometry.kernels import kernel
from sextant.scenes import Frame, Scene
from sextant.visibility.alone import Alone, draw_alone
from sextant.visibility.silhouettes import Silhouette
from sextant.visibility.surfaces import SceneSurfaces
from sextant.visibility.windows import Window

BOX_MARGIN_M = 0.01
"""A depth pixel shows a box-only object if its point lies within the box grown by this."""


class Labels(NamedTuple):
    """What depth alone tells of a frame.

    Attributes:
        slots: (H, W) int32 object index per pixel, -1 = no object.
        silhouettes: Per object with a surface, how its silhouette divides up; None for the others.
    """

    slots: NDArray[np.int32]
    silhouettes: list[Silhouette | None]


def slots_of_values(scene: Scene, values: NDArray[np.int32]) -> NDArray[np.int32]:
    """Translate a (H, W) instance map to object indices; -1 where the value is no object's."""
    known = {o.instance_value: i for i, o in enumerate(scene.objects) if o.instance_value}
    if not known:
        return np.full(values.shape, -1, dtype=np.int32)
    keys = np.array(sorted(known), dtype=np.int64)
    slots = np.array([known[int(k)] for k in keys], dtype=np.int32)
    low, high = int(keys[0]), int(keys[-1])
    if high - low > 1 << 22:  # hashed values: too wide for a table
        at = np.minimum(np.searchsorted(keys, values), len(keys) - 1)
        return np.where(keys[at] == values, slots[at], -1).astype(np.int32)
    table = np.full(high - low + 3, -1, dtype=np.int32)
    table[keys - low + 1] = slots
    return np.asarray(table[np.clip(values, low - 1, high + 1) - (low - 1)])


def label_by_depth(
    frame: Frame,
    scene: Scene,
    surfaces: SceneSurfaces,
    windows: Sequence[Window | None],
    depth_m: NDArray[np.float32],
    boxes_camera: NDArray[np.float64],
) -> Labels:
    """Label pixels by comparing depth with surfaces, or with boxes where there is no surface.

    Boxes are painted from large to small, so that a nested thing wins over what holds it, then
    surfaces, which are the better evidence. Where two surfaces touch, the smaller box wins.

    Args:
        frame: Camera and pose.
        scene: Its objects, in the order of the slots.
        surfaces: Their layout.
        windows: Per object, the pixels it can cover.
        depth_m: (H, W) z-depth in metres, NaN = invalid.
        boxes_camera: (O, 15) boxes in the camera frame.
    """
    c = frame.camera
    slots = np.full(depth_m.shape, -1, dtype=np.int32)
    silhouettes: list[Silhouette | None] = [None] * len(windows)
    by_size = sorted(
        range(len(windows)), key=lambda i: (-surfaces.volumes_m3[i], scene.objects[i].id)
    )
    with_surface = surfaces.has_mesh | surfaces.has_points
    for slot in by_size:
        window = windows[slot]
        if window is not None and not with_surface[slot]:
            _paint_box(
                slots, depth_m, *window, slot, boxes_camera[slot], c.fx, c.fy, c.cx, c.cy,
                BOX_MARGIN_M,
            )  # fmt: skip
    for slot in by_size:
        window = windows[slot]
        if window is not None and with_surface[slot]:
            rows, cols = slice(window.v0, window.v1), slice(window.u0, window.u1)
            seen_m = depth_m[rows, cols]
            alone = draw_alone(frame, scene.objects[slot], window, seen_m)
            slots[rows, cols][alone.matches] = slot
            silhouettes[slot] = split_surface(alone.matches, seen_m, alone)
    return Labels(slots, silhouettes)


def split_surface(own: NDArray[np.bool_], seen_m: NDArray[np.float32], alone: Alone) -> Silhouette:
    """Sort the pixels of a surface's silhouette.

    Args:
        own: (h, w) pixels of the window that show the object.
        seen_m: (h, w) depth of the frame there.
        alone: The object drawn in the same window.
    """
    other = np.isfinite(alone.depth_m) & np.isfinite(seen_m) & ~own
    with np.errstate(invalid="ignore"):
        nearer = seen_m < alone.depth_m - alone.tolerance_m
    # Seen past the surface: it is not there, however it was scanned; not an occlusion.
    return Silhouette(int(own.sum()), int((other & nearer).sum()), int((other & ~nearer).sum()))


@kernel
def _paint_box(slots, depth, u0, v0, u1, v1, slot, box, fx, fy, cx, cy, margin):  # type: ignore[no-untyped-def]
    for row in range(v0, v1):
        y = (row + 0.5 - cy) / fy
        for col in range(u0, u1):
            z = depth[row, col]
            if not z > 0.0:
                continue
            x = (col + 0.5 - cx) / fx
            dx, dy, dz = x * z - box[0], y * z - box[1], z - box[2]
            inside = True
            for k in range(3):
                along = box[6 + 3 * k] * dx + box[7 + 3 * k] * dy + box[8 + 3 * k] * dz
                if abs(along) > box[3 + k] + margin:
                    inside = False
                    break
            if inside:
                slots[row, col] = slot
