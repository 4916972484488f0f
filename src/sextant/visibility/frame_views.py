"""The visibility of all objects in one frame, by the best evidence it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sextant.scenes import Frame, Scene
from sextant.visibility.alone import draw_alone
from sextant.visibility.labels import label_by_depth, split_surface
from sextant.visibility.pixels import PixelStatistics, pixel_statistics
from sextant.visibility.reading import read_depth, read_slots
from sextant.visibility.silhouettes import (
    Silhouette,
    chord_ratio,
    put_on_boxes,
    silhouette_ratio,
    split_box,
)
from sextant.visibility.surfaces import SceneSurfaces, boxes_in_camera
from sextant.visibility.windows import Window, box_window


class FrameView(NamedTuple):
    """One frame's row of the table.

    Attributes:
        method: "masks", "mesh", "depth" or "boxes".
        ratio: (O,) float32 visible ratios.
        statistics: Pixel counts, 2D boxes and nearest distances.
    """

    method: str
    ratio: NDArray[np.float32]
    statistics: PixelStatistics


class _Seen(NamedTuple):
    """A frame on its way: its geometry laid out, its pixels labelled."""

    frame: Frame
    scene: Scene
    surfaces: SceneSurfaces
    boxes_camera: NDArray[np.float64]
    windows: Sequence[Window | None]
    slots: NDArray[np.int32]
    depth_m: NDArray[np.float32]


def view_frame(frame: Frame, scene: Scene, surfaces: SceneSurfaces) -> FrameView:
    """Compute one frame's row, reading its arrays once."""
    boxes_camera = boxes_in_camera(surfaces, frame)
    slots = read_slots(frame, scene)
    if slots is None and surfaces.all_meshes:
        return _from_raster(frame, surfaces, boxes_camera, "mesh")
    depth_m = read_depth(frame)
    if slots is None and depth_m is None:
        return _from_raster(frame, surfaces, boxes_camera, "boxes")
    windows = [box_window(frame, corners) for corners in surfaces.corners_world]
    if slots is None:
        assert depth_m is not None
        labels = label_by_depth(frame, scene, surfaces, windows, depth_m, boxes_camera)
        seen = _Seen(frame, scene, surfaces, boxes_camera, windows, labels.slots, depth_m)
        statistics = pixel_statistics(frame, labels.slots, depth_m, boxes_camera)
        return FrameView("depth", _ratios(seen, statistics, labels.silhouettes), statistics)
    if depth_m is not None:
        middle_m = entry_m = depth_m
    elif surfaces.all_meshes:
        middle_m = entry_m = surfaces.raster(frame).depth_m
    else:
        middle_m = put_on_boxes(frame, slots, boxes_camera, share=0.5)
        entry_m = put_on_boxes(frame, slots, boxes_camera, share=0.0)
    seen = _Seen(frame, scene, surfaces, boxes_camera, windows, slots, middle_m)
    statistics = pixel_statistics(frame, slots, entry_m, boxes_camera)
    ratio = _ratios(seen, statistics, _compare_points(seen, statistics))
    if surfaces.has_mesh.any():
        with_mesh = _share(statistics.pixel_count, surfaces.pixels_alone(frame))
        ratio = np.where(surfaces.has_mesh, with_mesh, ratio)
    return FrameView("masks", ratio, statistics)


def _from_raster(
    frame: Frame, surfaces: SceneSurfaces, boxes_camera: NDArray[np.float64], method: str
) -> FrameView:
    drawn = surfaces.raster(frame)
    slots = drawn.values - 1
    slots[slots == len(surfaces.has_mesh)] = -1  # the shell
    statistics = pixel_statistics(frame, slots, drawn.depth_m, boxes_camera)
    ratio = _share(statistics.pixel_count, surfaces.pixels_alone(frame))
    return FrameView(method, ratio, statistics)


def _share(own: NDArray[np.int32], alone: NDArray[np.int64]) -> NDArray[np.float32]:
    # Real masks may reach a pixel beyond the mesh they were made from.
    whole = np.maximum(np.maximum(own, alone), 1)
    return np.asarray(own / whole, dtype=np.float32)


def _ratios(
    seen: _Seen, statistics: PixelStatistics, known: Sequence[Silhouette | None]
) -> NDArray[np.float32]:
    """Return (O,) ratios from silhouettes: the known ones, else those of the boxes."""
    surfaces = seen.surfaces
    ratio = np.zeros(len(seen.windows), dtype=np.float32)
    counts = statistics.pixel_count
    for slot in np.flatnonzero(counts).tolist():
        own, window, silhouette = int(counts[slot]), seen.windows[slot], known[slot]
        if silhouette is not None:
            ratio[slot] = silhouette_ratio(own, silhouette)
        elif surfaces.has_mesh[slot]:
            continue  # its mesh standing alone tells exactly; the caller has that
        elif window is not None:
            chords = split_box(
                seen.frame, window, slot, seen.slots, seen.depth_m, seen.boxes_camera,
                surfaces.volumes_m3,
            )  # fmt: skip
            ratio[slot] = chord_ratio(own, chords)
        else:
            ratio[slot] = 1.0  # a mask wholly outside its own box: nothing is known to hide it
    return ratio


def _compare_points(seen: _Seen, statistics: PixelStatistics) -> list[Silhouette | None]:
    """Divide the silhouettes of the visible objects that bring points; None for the others."""
    found: list[Silhouette | None] = [None] * len(seen.windows)
    for slot in np.flatnonzero(seen.surfaces.has_points & (statistics.pixel_count > 0)).tolist():
        window = seen.windows[slot]
        if window is not None:
            rows, cols = slice(window.v0, window.v1), slice(window.u0, window.u1)
            seen_m = seen.depth_m[rows, cols]
            alone = draw_alone(seen.frame, seen.scene.objects[slot], window, seen_m)
            found[slot] = split_surface(seen.slots[rows, cols] == slot, seen_m, alone)
    return found
