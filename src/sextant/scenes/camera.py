"""The pinhole camera. Readers rectify lens distortion at their own door."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError


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
        if not all(math.isfinite(f) and f > 0 for f in (self.fx, self.fy)):
            raise ConventionError(
                "focal length must be finite and positive",
                expected="fx, fy > 0 px",
                got=f"fx={self.fx}, fy={self.fy}",
                hint="check the intrinsics file: a zero focal length often means the wrong column",
            )
        if not (math.isfinite(self.cx) and math.isfinite(self.cy)):
            raise ConventionError(
                "principal point must be finite", got=f"cx={self.cx}, cy={self.cy}"
            )

    @property
    def K(self) -> NDArray[np.float64]:
        """(3, 3) intrinsic matrix in pixels."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])
