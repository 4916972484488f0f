"""The floor plane as the first picture's camera sees it: right and ahead, in metres."""

from __future__ import annotations

import math

from sextant.geometry.directions import heading
from sextant.scenes import Frame


class ViewFrame:
    """Maps world points to (right, ahead) of a camera, seen from above.

    The origin is the camera, +y its heading in the floor plane. This is the frame of every map
    that is asked about: the first picture is taken from its origin, looking up the map.
    """

    def __init__(self, frame: Frame) -> None:
        self._x, self._y = (float(c) for c in frame.center_world[:2])
        angle = heading(frame.forward_world)
        self._cos, self._sin = math.cos(angle), math.sin(angle)

    def place(self, point_world: object) -> tuple[float, float]:
        """Return (right, ahead) in metres of a (2+,) world point."""
        x = float(point_world[0]) - self._x  # type: ignore[index]
        y = float(point_world[1]) - self._y  # type: ignore[index]
        return (x * self._sin - y * self._cos, x * self._cos + y * self._sin)
