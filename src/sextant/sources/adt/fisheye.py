"""Fisheye624 and its rectification to an upright pinhole.

Project Aria's pixel convention puts the centre of the top-left pixel at (0, 0); ours puts it at
(0.5, 0.5). Its RGB sensor is mounted a quarter turn off: the right of the stored picture is the
floor. Both are undone here, so that nothing behind this module knows of either.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError
from sextant.geometry.lenses import fisheye624
from sextant.scenes import Camera
from sextant.sources.aria import R_SENSOR_UPRIGHT
from sextant.sources.resampling import Rectifier

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Fisheye624:
    """Aria's radial-tangential-thin-prism fisheye.

    Attributes:
        width, height: Size of the stored picture in pixels.
        parameters: (15,) f, cu, cv, k0..k5, p0, p1, s0..s3 as Aria's calibration lists them.
        valid_radius: Pixels around the principal point within which the lens model holds.
    """

    width: int
    height: int
    parameters: tuple[float, ...]
    valid_radius: float

    def __post_init__(self) -> None:
        good = len(self.parameters) == 15 and np.all(np.isfinite(self.parameters))
        if not good or self.parameters[0] <= 0:
            raise ConventionError(
                "unusable fisheye parameters",
                expected="15 finite numbers, the first (focal length) positive",
                got=self.parameters,
            )

    def project(self, rays: Array) -> Array:
        """Project (..., 3) sensor-frame directions with z > 0 to (..., 2) Aria pixels."""
        return fisheye624(rays, self.parameters)

    @property
    def pinhole(self) -> Camera:
        """The upright pinhole of rectified pictures: half the size, half the focal length."""
        width, height = self.height // 2, self.width // 2
        f = self.parameters[0] / 2
        return Camera(width, height, f, f, width / 2, height / 2)

    @cached_property
    def rectifier(self) -> Rectifier:
        """The map onto the upright pinhole; nothing is shown beyond ``valid_radius``."""
        return Rectifier(self._seen, self.width, self.height, self.pinhole, R_SENSOR_UPRIGHT)

    def _seen(self, rays: Array) -> Array:
        """Project as ``project``, the top-left pixel's centre at halves; NaN beyond the lens."""
        uv = self.project(rays)
        off_axis = np.hypot(uv[..., 0] - self.parameters[1], uv[..., 1] - self.parameters[2])
        return np.where((off_axis <= self.valid_radius)[..., None], uv + 0.5, np.nan)
