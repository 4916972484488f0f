"""Simulated rooms with few and small pictures, whose arrays are drawn once and for all."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sextant.scenes import Camera, Frame, Scene
from sextant.sources.procedural import open_source
from sextant.sources.source import SourceOptions
from sextant.visibility.surfaces import lay_out

WIDTH, HEIGHT = 320, 240
SEED = 7


@cache
def small_room(scene_id: str, frame_ids: tuple[str, ...]) -> Scene:
    """Open a simulated room with the given frames only, at half their size.

    Depth and masks come from the z-buffer of the room's own surfaces; the pictures themselves are
    black, for no family looks at colours.
    """
    scene = open_source(None, SourceOptions(seed=SEED)).open(scene_id)
    surfaces = lay_out(scene)
    values = np.array([0, *(o.instance_value for o in scene.objects), 0], dtype=np.int32)
    frames = []
    for frame in (f for f in scene.frames if f.id in frame_ids):
        c = frame.camera
        camera = Camera(
            WIDTH, HEIGHT, c.fx * WIDTH / c.width, c.fy * HEIGHT / c.height, c.cx * WIDTH / c.width,
            c.cy * HEIGHT / c.height,
        )  # fmt: skip
        drawn = surfaces.raster(dataclasses.replace(frame, camera=camera))
        frames.append(
            with_arrays(frame, camera, frame.T_world_camera, drawn.depth_m, values[drawn.values])
        )
    return dataclasses.replace(scene, frames=tuple(frames))


def with_arrays(
    frame: Frame,
    camera: Camera,
    T_world_camera: NDArray[np.float64],
    depth_m: NDArray[np.float32],
    instances: NDArray[np.int32],
) -> Frame:
    """Return the frame with another camera and pose, and readers that give these arrays."""
    black = np.zeros((camera.height, camera.width, 3), dtype=np.uint8)

    def reader(array: NDArray) -> Callable[[], NDArray]:
        return lambda: array

    return dataclasses.replace(
        frame, camera=camera, T_world_camera=T_world_camera, read_rgb=reader(black),
        read_depth=reader(np.ascontiguousarray(depth_m)),
        read_instances=reader(np.ascontiguousarray(instances)),
    )  # fmt: skip
