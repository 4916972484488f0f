"""What one event shows: its camera, its depth, and the ids in its picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError
from sextant.geometry.axes import pose_from_unity, rotation_from_unity_euler
from sextant.scenes import Camera, Frame
from sextant.scenes.checks import project_pose
from sextant.sources.ai2thor.metadata import number, vector
from sextant.sources.depth_maps import check_unit
from sextant.sources.images import read_rgb
from sextant.sources.npy import read_npy


def read_view(path: Path, metadata: Mapping[str, Any], values: Mapping[str, int]) -> Frame:
    """Return the frame of an event; its picture, depth and ids stay unread.

    Args:
        path: The event's JSON, beside which its arrays lie.
        metadata: What it holds.
        values: The instance value of each objectId.

    Raises:
        InputError: If there is no camera in it.
    """
    where = str(path)
    agent = metadata["agent"]
    position = vector(metadata.get("cameraPosition"), f"{where}: cameraPosition")
    yaw = vector(agent.get("rotation"), f"{where}: agent.rotation")[1]
    horizon = number(agent.get("cameraHorizon"), f"{where}: agent.cameraHorizon")
    turned = rotation_from_unity_euler([horizon, yaw, 0.0])
    pose, _ = project_pose(pose_from_unity(turned, position), where=where)
    width, height, fov = (
        number(metadata.get(name), f"{where}: {name}")
        for name in ("screenWidth", "screenHeight", "fov")
    )
    if not (0 < fov < 180 and 0 < width < 1e5 and 0 < height < 1e5):
        raise ConventionError(
            "no camera of such a size", where=where, got=f"{width} {height} {fov}"
        )
    focal = height / 2 / math.tan(math.radians(fov) / 2)
    camera = Camera(int(width), int(height), focal, focal, width / 2, height / 2)
    depth, ids = path.with_suffix(".depth.npy"), path.with_suffix(".instances.png")
    colors = _colors(metadata.get("colors"), values)
    return Frame(
        id=path.stem,
        camera=camera,
        T_world_camera=pose,
        read_rgb=partial(read_rgb, path.with_suffix(".png"), (camera.width, camera.height)),
        read_depth=partial(read_depth, depth, camera) if depth.is_file() else None,
        read_instances=partial(read_instances, ids, colors, camera)
        if colors and ids.is_file()
        else None,
    )


def read_depth(path: Path, camera: Camera) -> NDArray[np.float32]:
    """Return (H, W) z-depth in metres, NaN = invalid.

    Raises:
        CorruptInput, ConventionError: If it is no plain array of the camera's size in metres.
    """
    stored = read_npy(path, "f", (camera.height, camera.width))
    with np.errstate(over="ignore", invalid="ignore"):
        depth = stored.astype(np.float32)
        depth[~(np.isfinite(depth) & (depth > 0))] = np.nan
    check_unit(depth, path, "the simulator gives metres")
    return depth


def read_instances(
    path: Path, colors: tuple[tuple[int, int], ...], camera: Camera
) -> NDArray[np.int32]:
    """Return (H, W) int32 instance values of a colour-coded picture.

    Args:
        path: The picture.
        colors: Pairs of 256^2 r + 256 g + b and the value that stands for it.
        camera: Whose size it must have.
    """
    rgb = read_rgb(path, (camera.width, camera.height)).astype(np.int32)
    codes = (rgb[..., 0] << 16) + (rgb[..., 1] << 8) + rgb[..., 2]
    values = np.zeros(codes.shape, dtype=np.int32)
    for code, value in colors:
        values[codes == code] = value
    return values


def _colors(entries: Any, values: Mapping[str, int]) -> tuple[tuple[int, int], ...]:
    found = []
    for entry in entries if isinstance(entries, list) else ():
        name = entry.get("name") if isinstance(entry, Mapping) else None
        color = entry.get("color") if isinstance(entry, Mapping) else None
        if not isinstance(name, str) or name not in values:
            continue
        if not isinstance(color, Sequence) or len(color) != 3:
            continue
        if all(isinstance(c, int) and 0 <= c <= 255 for c in color):
            found.append(((color[0] << 16) + (color[1] << 8) + color[2], values[name]))
    return tuple(found)
