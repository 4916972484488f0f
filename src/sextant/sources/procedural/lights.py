"""The light in a room: ceiling lamps, windows and a low sun, each with its shadow maps."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.geometry.raster import rasterize
from sextant.geometry.transforms import look_at, rigid
from sextant.scenes import SceneObject

Array = NDArray[np.float64]

MAP_SIZE = 384
"""Side of a shadow map in pixels."""

SUN_DISTANCE_M = 40.0
LAMP_COLOR = (2.5, 2.3, 1.95)
SKY_COLOR = (2.6, 2.9, 3.4)
SUN_COLOR = (2.2, 1.9, 1.5)


@dataclass(frozen=True, slots=True, eq=False)
class Lights:
    """Lights as the shading kernel takes them.

    Attributes:
        rows: (l, 13) position, RGB, first map, number of maps, facing (0 = all round), 1 if it
            falls off with the square of distance, blur radius in map pixels.
        maps: (s, size, size) float32 z-depth seen from the light; NaN where nothing is.
        views: (s, 12) of each map its position, its x and y axes times the focal length in pixels,
            and its z axis, in the world.
        ambient: (6,) RGB of ambient light from above and from below.
    """

    rows: Array
    maps: NDArray[np.float32]
    views: Array
    ambient: Array


def lights_of(
    objects: list[SceneObject], vertices: Array, faces: NDArray[np.int32],
    values: NDArray[np.int32], bounce: tuple[float, float, float],
) -> Lights:  # fmt: skip
    """Place the lights and draw their shadow maps.

    Args:
        objects: Of the scene; lamps and windows shine.
        vertices: (n, 3) world, metres.
        faces: (m, 3).
        values: (m,) instance value per face, 0 for the shell.
        bounce: Linear RGB of the floor, which tints the light from below.
    """
    rows: list[list[float]] = []
    poses: list[Array] = []
    focal: list[float] = []
    shows: list[NDArray[np.bool_]] = []
    lamps = [o for o in objects if o.category == "ceiling lamp"]
    windows = [o for o in objects if o.category == "window"]
    not_lamps = ~np.isin(values, [o.instance_value for o in lamps])
    dim = 1.0 / math.sqrt(max(1, len(lamps)))
    for o in lamps:
        position = o.box.center - (0.0, 0.0, float(o.box.size_m[2]) * 0.35)
        color = [dim * c for c in LAMP_COLOR]
        rows.append([*position, *color, len(poses), 5, 0, 0, 0, 1, 3.0])
        sides = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)]
        poses += [look_at(position, position + np.array([x, y, 0.0])) for x, y in sides]
        poses.append(rigid(np.array([[1.0, 0, 0], [0, -1.0, 0], [0, 0, -1.0]]), position))
        focal += [MAP_SIZE / 2] * 5
        shows += [not_lamps] * 5
    for index, o in enumerate(windows):
        inward = -o.box.R_world_box[:, 1]
        position = o.box.center - 0.35 * inward
        # The wall and the window itself stand between: only what is in the room casts a shadow.
        inside = (values > 0) & (values != o.instance_value)
        share = float(o.box.size_m[0]) / math.sqrt(len(windows))
        rows.append([*position, *(share * c for c in SKY_COLOR), len(poses), 1, *inward, 1, 7.0])
        poses.append(look_at(position, position + inward + (0.0, 0.0, -0.25)))
        focal.append(MAP_SIZE / 2 / math.tan(math.radians(62)))
        shows.append(inside)
        if index == 0:
            rows.append([0.0] * 13)
            _sun(o, inward, rows[-1], poses, focal)
            shows.append(inside)
    size = MAP_SIZE
    maps = np.full((max(1, len(poses)), size, size), np.nan, dtype=np.float32)
    for i, (T, f) in enumerate(zip(poses, focal, strict=True)):
        K = np.array([[f, 0.0, size / 2], [0.0, f, size / 2], [0.0, 0.0, 1.0]])
        chosen = np.ascontiguousarray(faces[shows[i]])
        maps[i] = rasterize(vertices, chosen, np.ones(len(chosen)), K, T, size, size, 0.05).depth_m
    above = np.array([0.34, 0.345, 0.36]) * (1.0 if windows else 1.15)
    below = np.array([0.2, 0.19, 0.18]) + 0.12 * np.array(bounce)
    return Lights(
        np.array(rows).reshape(-1, 13),
        maps,
        np.array(
            [
                [*T[:3, 3], *(f * T[:3, 0]), *(f * T[:3, 1]), *T[:3, 2]]
                for T, f in zip(poses, focal, strict=True)
            ]
        ).reshape(-1, 12),
        np.concatenate([above, below]),
    )


def _sun(
    window: SceneObject, inward: Array, row: list[float], poses: list[Array], focal: list[float]
) -> None:
    # The map frames just the panes, so that whatever it does not see is in the wall's shadow.
    side = window.box.R_world_box[:, 0]
    direction = inward + 0.35 * side + np.array([0.0, 0.0, -0.75])
    direction /= np.linalg.norm(direction)
    position = window.box.center - SUN_DISTANCE_M * direction
    row[:] = [*position, *SUN_COLOR, len(poses), 1, 0, 0, 0, 0, 2.0]
    poses.append(look_at(position, window.box.center))
    width = 0.8 * float(window.box.size_m[0]) * abs(float(side @ poses[-1][:3, 0]))
    focal.append(MAP_SIZE * SUN_DISTANCE_M / width)
