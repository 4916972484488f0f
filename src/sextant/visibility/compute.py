"""Visibility of all objects in all frames, by the best evidence that each frame has.

    instance masks                        "masks"   own pixels are the mask's
    no masks, every object has a mesh     "mesh"    own pixels are the z-buffer's
    no masks, depth                       "depth"   own pixels are where depth and geometry agree
    neither                               "boxes"   own pixels are the z-buffer's of boxes as solids

What an object would show if it stood alone is, in this order: the pixels its mesh covers; with
depth, what its points or its box's silhouette tell (:mod:`sextant.visibility.silhouettes`); else
the pixels its box covers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError
from sextant.scenes import Frame, Scene
from sextant.visibility.alone import depth_alone
from sextant.visibility.labels import label_by_depth, slots_of_values, split_surface
from sextant.visibility.pixels import PixelStatistics, pixel_statistics
from sextant.visibility.samples import in_frame_ratios
from sextant.visibility.silhouettes import (
    Silhouette,
    put_on_boxes,
    silhouette_ratio,
    split_silhouette,
)
from sextant.visibility.surfaces import SceneSurfaces, boxes_in_camera, lay_out
from sextant.visibility.table import VisibilityTable
from sextant.visibility.windows import Window, box_window


class _FrameView(NamedTuple):
    method: str
    ratio: NDArray[np.float32]
    statistics: PixelStatistics


def compute_visibility(scene: Scene, frame_ids: Sequence[str] | None = None) -> VisibilityTable:
    """Compute visible ratio, in-frame ratio, pixels, 2D box and nearest distance.

    Args:
        scene: Objects and frames; each frame's arrays are read once and dropped.
        frame_ids: Frames in the order wanted; None = all of the scene.

    Returns:
        The table, with all objects of the scene as columns in scene order.

    Raises:
        ConventionError: If a frame's depth or masks have another size than its camera says, or a
            frame id is not in the scene.
    """
    frames = frames_of(scene, frame_ids)
    surfaces = lay_out(scene)
    shape = (len(frames), len(scene.objects))
    ratio, inside = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    count, box2d = np.zeros(shape, np.int32), np.full((*shape, 4), np.nan, np.float32)
    nearest, methods = np.full(shape, np.nan, np.float32), []
    for f, frame in enumerate(frames):
        inside[f] = in_frame_ratios(frame, surfaces.samples_world)
        method, ratio[f], (count[f], box2d[f], nearest[f]) = _view(frame, scene, surfaces)
        methods.append(method)
    # What is seen is inside, though every sample may miss the corner that a few pixels show.
    inside[(count > 0) & (inside == 0)] = 1.0 / surfaces.samples_world.shape[1]
    return VisibilityTable(
        frame_ids=tuple(f.id for f in frames),
        object_ids=tuple(o.id for o in scene.objects),
        visible_ratio=ratio,
        in_frame_ratio=inside,
        pixel_count=count,
        box2d=box2d,
        nearest_m=nearest,
        image_pixels=np.array([f.camera.width * f.camera.height for f in frames], dtype=np.int64),
        method=np.array(methods, dtype="<U5"),
    )


def frames_of(scene: Scene, frame_ids: Sequence[str] | None) -> tuple[Frame, ...]:
    """Return the named frames of a scene, or all."""
    if frame_ids is None:
        return scene.frames
    unknown = [i for i in frame_ids if i not in scene.frame_by_id]
    if unknown:
        raise ConventionError(
            "frame is not in the scene", where=f"{scene.source}: scene {scene.id}", got=unknown[:5]
        )
    return tuple(scene.frame_by_id[i] for i in frame_ids)


def read_depth(frame: Frame) -> NDArray[np.float32] | None:
    """Read a frame's (H, W) depth in metres, refused if it has not the camera's size."""
    depth = None if frame.read_depth is None else frame.read_depth()
    if depth is None:
        return None
    _check_size(frame, depth, "depth")
    # One layout, writable: numba compiles a kernel anew for every other kind of array.
    return np.require(depth, dtype=np.float32, requirements=["C", "W"])


def _check_size(frame: Frame, array: NDArray, kind: str) -> None:
    expected = (frame.camera.height, frame.camera.width)
    if array.shape != expected:
        raise ConventionError(
            f"{kind} map has not the size of the frame's camera",
            where=f"frame {frame.id}",
            expected=expected,
            got=array.shape,
            hint="the reader must scale the intrinsics or resample the map (nearest)",
        )


def _read_masks(frame: Frame, scene: Scene) -> NDArray[np.int32] | None:
    values = None if frame.read_instances is None else frame.read_instances()
    if values is None:
        return None
    _check_size(frame, values, "instance")
    return slots_of_values(scene, values)


def _view(frame: Frame, scene: Scene, surfaces: SceneSurfaces) -> _FrameView:
    boxes_camera = boxes_in_camera(surfaces, frame)
    slots = _read_masks(frame, scene)
    if slots is None and surfaces.all_meshes:
        return _from_raster(frame, surfaces, boxes_camera, "mesh")
    depth_m = read_depth(frame)
    if slots is None and depth_m is None:
        return _from_raster(frame, surfaces, boxes_camera, "boxes")
    windows = [box_window(frame, corners) for corners in surfaces.corners_world]
    if slots is not None:
        if depth_m is None:
            depth_m = (
                surfaces.raster(frame).depth_m
                if surfaces.all_meshes
                else put_on_boxes(frame, slots, boxes_camera)
            )
        statistics = pixel_statistics(frame, slots, depth_m, boxes_camera)
        known = _compare_points(frame, scene, surfaces, windows, slots, depth_m, statistics)
        alone = surfaces.pixels_alone(frame) if surfaces.has_mesh.any() else None
        method = "masks"
    else:
        assert depth_m is not None
        slots, known = label_by_depth(frame, scene, surfaces, windows, depth_m, boxes_camera)
        statistics = pixel_statistics(frame, slots, depth_m, boxes_camera)
        alone, method = None, "depth"
    ratio = np.zeros(len(windows), dtype=np.float32)
    for slot in np.flatnonzero(statistics.pixel_count).tolist():
        own, window, silhouette = int(statistics.pixel_count[slot]), windows[slot], known[slot]
        if alone is not None and surfaces.has_mesh[slot]:
            ratio[slot] = own / max(own, int(alone[slot]))
            continue
        if silhouette is None and window is not None:
            silhouette = split_silhouette(
                frame, window, slot, slots, depth_m, boxes_camera, surfaces.volumes_m3
            )
        # A mask wholly outside its own box: nothing is known to hide it.
        ratio[slot] = 1.0 if silhouette is None else silhouette_ratio(own, silhouette)
    return _FrameView(method, ratio, statistics)


def _from_raster(
    frame: Frame, surfaces: SceneSurfaces, boxes_camera: NDArray[np.float64], method: str
) -> _FrameView:
    drawn = surfaces.raster(frame)
    slots = drawn.values - 1
    slots[slots == len(surfaces.has_mesh)] = -1  # the shell
    statistics = pixel_statistics(frame, slots, drawn.depth_m, boxes_camera)
    alone = np.maximum(surfaces.pixels_alone(frame), 1)
    return _FrameView(method, (statistics.pixel_count / alone).astype(np.float32), statistics)


def _compare_points(
    frame: Frame,
    scene: Scene,
    surfaces: SceneSurfaces,
    windows: Sequence[Window | None],
    slots: NDArray[np.int32],
    depth_m: NDArray[np.float32],
    statistics: PixelStatistics,
) -> list[Silhouette | None]:
    """Divide the silhouettes of the visible objects that bring points; None for the others."""
    found: list[Silhouette | None] = [None] * len(windows)
    for slot in np.flatnonzero(surfaces.has_points & (statistics.pixel_count > 0)).tolist():
        window = windows[slot]
        if window is not None:
            rows, cols = slice(window.v0, window.v1), slice(window.u0, window.u1)
            found[slot] = split_surface(
                slots[rows, cols] == slot,
                depth_m[rows, cols],
                depth_alone(frame, scene.objects[slot], window),
            )
    return found
