"""A capture's own world turned to Z up, and scaled to metres where its owner knows the scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError
from sextant.geometry.transforms import rigid
from sextant.sources.seven_scenes.gravity import upright_rotation

Array = NDArray[np.float64]

MIN_AGREEMENT = 0.3
"""Length of the mean of the cameras' up directions below which they say nothing of the vertical."""


def mean_up(poses: Sequence[Array]) -> Array:
    """Return the (3,) unit mean of the cameras' own up directions, in the poses' world.

    Args:
        poses: (4, 4) camera-to-world, OpenCV cameras.

    Raises:
        ConventionError: If the cameras point all ways, so that the mean says nothing.
    """
    total = np.mean([-T[:3, 1] for T in poses], axis=0)
    length = float(np.linalg.norm(total))
    if length < MIN_AGREEMENT:
        raise ConventionError(
            "the cameras do not tell where up is",
            expected=f"up directions whose mean is at least {MIN_AGREEMENT:g} long",
            got=f"{length:.2f}",
            hint='say it in sextant.json: {"up": [x, y, z]}',
        )
    return np.asarray(total / length)


def turn_to_z_up(up: Array, forward: Array) -> Array:
    """Return the (4, 4) rotation that turns ``up`` to +Z.

    An axis of the world is turned by quarters, so that what was along the axes stays so; for any
    other vertical the first camera's level direction becomes +Y.
    """
    axis = int(np.argmax(np.abs(up)))
    if abs(up[axis]) > 1 - 1e-12:
        level = np.roll(np.eye(3), 1, axis=0)[axis]
        return rigid(upright_rotation(up, level), np.zeros(3))
    if abs(float(forward @ up)) > 0.99:
        forward = np.eye(3)[int(np.argmin(np.abs(up)))]
    return rigid(upright_rotation(up, forward), np.zeros(3))


def moved(T: Array, T_world_files: Array, scale_m: float) -> Array:
    """Return a (4, 4) pose of the files' world in ours: scaled to metres, then turned."""
    scaled = T.copy()
    with np.errstate(over="ignore", invalid="ignore"):  # infinity is refused where it is checked
        scaled[:3, 3] *= scale_m
        return np.asarray(T_world_files @ scaled)
