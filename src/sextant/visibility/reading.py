"""What is read of a frame: picture, depth and masks, checked against the camera's size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, MissingInput
from sextant.scenes import Frame, Scene
from sextant.visibility.labels import slots_of_values


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


def read_rgb(frame: Frame) -> NDArray[np.uint8]:
    """Read a frame's (H, W, 3) uint8 picture, refused if it is none or not of the camera's size."""
    picture = None if frame.read_rgb is None else frame.read_rgb()
    if picture is None:
        raise MissingInput("frame has no picture", where=f"frame {frame.id}")
    expected = (frame.camera.height, frame.camera.width, 3)
    if picture.shape != expected or picture.dtype != np.uint8:
        raise ConventionError(
            "picture is not what the frame's camera says",
            where=f"frame {frame.id}",
            expected=f"{expected} uint8",
            got=f"{picture.shape} {picture.dtype}",
            hint="the reader must scale the intrinsics or the picture",
        )
    return picture


def read_depth(frame: Frame) -> NDArray[np.float32] | None:
    """Read a frame's (H, W) depth in metres, refused if it has not the camera's size."""
    depth = None if frame.read_depth is None else frame.read_depth()
    if depth is None:
        return None
    _check_size(frame, depth, "depth")
    # One layout, writable: numba compiles a kernel anew for every other kind of array.
    return np.require(depth, dtype=np.float32, requirements=["C", "W"])


def read_instances(frame: Frame) -> NDArray[np.int32] | None:
    """Read a frame's (H, W) instance values, refused if they have not the camera's size."""
    values = None if frame.read_instances is None else frame.read_instances()
    if values is None:
        return None
    _check_size(frame, values, "instance")
    return np.ascontiguousarray(values)


def read_slots(frame: Frame, scene: Scene) -> NDArray[np.int32] | None:
    """Read a frame's masks as (H, W) object indices, -1 = no object; None if it has none."""
    values = read_instances(frame)
    return None if values is None else slots_of_values(scene, values)


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
