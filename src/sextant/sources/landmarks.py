"""Which points of a sparse cloud a picture shows: what two pictures share, without depth maps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sextant.geometry.projection import inside_image, project
from sextant.geometry.transforms import invert, transform_points
from sextant.scenes import Camera

Array = NDArray[np.float64]

MAX_POINTS = 6000
"""An even choice of so many points is enough to say what two pictures share."""

_CELLS = (24, 18)
_BEHIND = 1.25
"""In a cell of the picture, points further than this times the nearest are taken as hidden."""


def thinned(points: Array) -> Array:
    """Return at most ``MAX_POINTS`` of (n, 3) points, evenly chosen."""
    step = -(-len(points) // MAX_POINTS) if len(points) else 1
    return np.ascontiguousarray(points[::step])


def shown_points(points_world: Array, camera: Camera, T_world_camera: Array) -> NDArray[np.int64]:
    """Return the ascending indices of the (n, 3) points that a picture shows.

    What hides them is known only by the other points: of those that fall into one of 24x18 cells,
    the ones well behind the nearest are left out.
    """
    uv, z = project(camera.K, transform_points(invert(T_world_camera), points_world))
    inside = np.flatnonzero(inside_image(uv, camera.width, camera.height))
    columns = (uv[inside, 0] / camera.width * _CELLS[0]).astype(np.intp)
    rows = (uv[inside, 1] / camera.height * _CELLS[1]).astype(np.intp)
    cells = rows * _CELLS[0] + columns
    nearest = np.full(_CELLS[0] * _CELLS[1], np.inf)
    np.minimum.at(nearest, cells, z[inside])
    shown = inside[z[inside] <= _BEHIND * nearest[cells]]
    return np.asarray(shown, dtype=np.int64)


def known_ids(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return ids that a reader already has: a landmark reader that can be sent elsewhere."""
    return ids
