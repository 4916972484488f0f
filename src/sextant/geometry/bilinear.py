"""Bilinear interpolation of pictures, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def mix(
    stored: NDArray[np.uint8],
    first: NDArray[np.int32],
    part: NDArray[np.float32],
    valid: NDArray[np.bool_],
    mixed: NDArray[np.uint8],
) -> None:
    """Fill ``mixed`` with the weighted mean of four stored pixels each, in single precision.

    Args:
        stored: (h, w, 3).
        first: (H, W, 2) column and row of the upper left of the four; the others are to the right
            and below, or the same where the picture ends.
        part: (H, W, 2) weights in 0..1 of those to the right, and of those below.
        valid: (H, W); what is not is left as it is.
        mixed: (H, W, 3), changed in place.
    """
    one = np.float32(1)
    for i in range(valid.shape[0]):
        for j in range(valid.shape[1]):
            if not valid[i, j]:
                continue
            left, top = first[i, j, 0], first[i, j, 1]
            right = min(left + 1, stored.shape[1] - 1)
            below = min(top + 1, stored.shape[0] - 1)
            x, y = part[i, j, 0], part[i, j, 1]
            for c in range(3):
                upper = np.float32(stored[top, left, c]) * (one - x)
                upper += np.float32(stored[top, right, c]) * x
                lower = np.float32(stored[below, left, c]) * (one - x)
                lower += np.float32(stored[below, right, c]) * x
                mixed[i, j, c] = np.uint8(np.rint(upper * (one - y) + lower * y))
