"""Noise instead of pictures: uniform and independent per pixel and channel.

Unlike grey it gives an image encoder something to chew on. Large pictures get noise in cells of
several pixels, so that their files, which noise makes incompressible, stay below some 3 MB.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sextant.evaluation.stress._painted import Painted
from sextant.execution.seeds import generator_of

MAX_CELLS = 1_000_000


def paint(height: int, width: int, of: tuple[str | int, ...]) -> NDArray[np.uint8]:
    """Return (height, width, 3) pixels of noise that depends on ``of`` and the size only."""
    cell = max(1, math.ceil(math.sqrt(height * width / MAX_CELLS)))
    rows, columns = -(-height // cell), -(-width // cell)
    noise = generator_of(*of).integers(0, 256, (rows, columns, 3), dtype=np.uint8)
    return np.ascontiguousarray(noise.repeat(cell, axis=0).repeat(cell, axis=1)[:height, :width])


STRESS = Painted("noise", paint=paint)
