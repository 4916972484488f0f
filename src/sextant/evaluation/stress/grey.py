"""Grey pictures: the model sees that there are so many pictures of that size, and nothing else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sextant.evaluation.stress._painted import Painted

LEVELS = {"mid": 128, "black": 0, "white": 255}
"""By setting, of 0..255."""


def paint(height: int, width: int, of: tuple[str | int, ...]) -> NDArray[np.uint8]:
    """Return (height, width, 3) pixels of one grey."""
    return np.full((height, width, 3), LEVELS[str(of[2])], dtype=np.uint8)


STRESS = Painted("grey", ("mid",), tuple(LEVELS), paint=paint)
