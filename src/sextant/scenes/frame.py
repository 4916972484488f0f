"""One picture of a scene: camera, pose, and arrays that are read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sextant.scenes.camera import Camera
from sextant.scenes.checks import check_name, check_pose
from sextant.scenes.sightings import Sighting


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A posed picture.

    Attributes:
        id: The source's own frame name, unique in the scene.
        camera: Intrinsics of image, depth and instance map alike.
        T_world_camera: (4, 4) camera-to-world, OpenCV axes, metres.
        timestamp_s: Seconds on the capture's clock; None for free views outside any walk.
        read_rgb: Returns (H, W, 3) uint8, or None if the source has no pictures.
        read_depth: Returns (H, W) float32 z-depth in metres, NaN = invalid; or None.
        read_instances: Returns (H, W) int32 instance values (``SceneObject.instance_value``),
            0 = nothing known; or None.
        read_landmarks: Returns (n,) int64 ids of points or things of the scene that the picture
            shows, for sources that know what pictures share but have no dense depth; or None.
        read_sightings: Returns where the picture shows which of ``Scene.things``, by their id; None
            if nobody has looked.
    """

    id: str
    camera: Camera
    T_world_camera: NDArray[np.float64]
    timestamp_s: float | None = None
    read_rgb: Callable[[], NDArray[np.uint8]] | None = field(default=None, repr=False)
    read_depth: Callable[[], NDArray[np.float32]] | None = field(default=None, repr=False)
    read_instances: Callable[[], NDArray[np.int32]] | None = field(default=None, repr=False)
    read_landmarks: Callable[[], NDArray[np.int64]] | None = field(default=None, repr=False)
    read_sightings: Callable[[], Mapping[str, Sighting]] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        check_name(self.id, "frame id", where=f"frame {self.id!a}")
        check_pose(self.T_world_camera, where=f"frame {self.id}")

    @property
    def center_world(self) -> NDArray[np.float64]:
        """(3,) camera centre in metres."""
        return self.T_world_camera[:3, 3]

    @property
    def forward_world(self) -> NDArray[np.float64]:
        """(3,) unit viewing direction."""
        return self.T_world_camera[:3, 2]
