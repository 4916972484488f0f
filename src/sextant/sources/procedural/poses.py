"""A camera's place in a room: position, heading and how far it looks down."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.geometry.transforms import look_at

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A camera pose in the room's axes.

    Attributes:
        id: Frame name.
        T_room_camera: (4, 4) pose, OpenCV axes.
        timestamp_s: Time on the walk; None for free views.
    """

    id: str
    T_room_camera: Array
    timestamp_s: float | None


def pose(eye: Array, heading_rad: float, down_rad: float) -> Array:
    """Return the (4, 4) T_room_camera of an upright camera.

    Args:
        eye: (3,) metres in the room's axes.
        heading_rad: Direction of view from above, counterclockwise from +x.
        down_rad: How far the optical axis points below the horizon.
    """
    c = math.cos(down_rad)
    ahead = np.array([c * math.cos(heading_rad), c * math.sin(heading_rad), -math.sin(down_rad)])
    return look_at(eye, eye + ahead)
