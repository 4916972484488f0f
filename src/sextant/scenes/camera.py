"""The pinhole camera. Readers rectify lens distortion at their own door."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError

MAX_PIXELS = 64_000_000
"""An 8K frame has 33 million; a damaged header asks for arrays of any size."""

MIN_FOCAL, MAX_LENGTH = 1e-6, 1e9
"""Pixels of focal lengths and of the principal point: what lies beyond overflows in arithmetic."""


@dataclass(frozen=True, slots=True)
class Camera:
    """Pinhole intrinsics.

    Attributes:
        width, height: Image size in pixels.
        fx, fy: Focal lengths in pixels.
        cx, cy: Principal point in pixels; the centre of the top-left pixel is (0.5, 0.5).
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    def __post_init__(self) -> None:
        if self.width <= 0 or self.height <= 0:
            raise ConventionError(
                "image size must be positive", expected="> 0", got=f"{self.width}x{self.height}"
            )
        if self.width * self.height > MAX_PIXELS:
            raise ConventionError(
                "image has too many pixels",
                expected=f"at most {MAX_PIXELS}",
                got=f"{self.width}x{self.height}",
            )
        if not all(MIN_FOCAL < f < MAX_LENGTH for f in (self.fx, self.fy)):
            raise ConventionError(
                "focal length must be finite and positive",
                expected=f"{MIN_FOCAL:g} < fx, fy < {MAX_LENGTH:g} px",
                got=f"fx={self.fx}, fy={self.fy}",
                hint="check the intrinsics file: a zero focal length often means the wrong column",
            )
        if not (abs(self.cx) < MAX_LENGTH and abs(self.cy) < MAX_LENGTH):
            raise ConventionError(
                "principal point must be finite",
                expected=f"|cx|, |cy| < {MAX_LENGTH:g} px",
                got=f"cx={self.cx}, cy={self.cy}",
            )

    @property
    def K(self) -> NDArray[np.float64]:
        """(3, 3) intrinsic matrix in pixels."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])
