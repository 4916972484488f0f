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
from sextant.geometry.projection import depth_to_points
from sextant.scenes import Camera
from sextant.sources.aria import R_SENSOR_UPRIGHT

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
    def _map(self) -> tuple[Array, NDArray[np.bool_]]:
        """(H, W, 2) stored-picture position of every upright pixel, and where it is valid."""
        camera = self.pinhole
        rays = depth_to_points(camera.K, np.ones((camera.height, camera.width)))
        uv = self.project(rays @ R_SENSOR_UPRIGHT.T)
        off_axis = np.hypot(uv[..., 0] - self.parameters[1], uv[..., 1] - self.parameters[2])
        inside = (uv >= 0).all(axis=-1) & (uv <= (self.width - 1, self.height - 1)).all(axis=-1)
        return uv, inside & (off_axis <= self.valid_radius)

    @property
    def valid(self) -> NDArray[np.bool_]:
        """(H, W) upright pixels that the lens shows."""
        return self._map[1]

    def rectify_nearest(self, stored: NDArray) -> NDArray:
        """Return a stored (h, w) map on the upright pinhole, 0 where the lens shows nothing."""
        uv, valid = self._map
        column = np.rint(uv[..., 0]).clip(0, self.width - 1).astype(np.intp)
        row = np.rint(uv[..., 1]).clip(0, self.height - 1).astype(np.intp)
        return np.where(valid, stored[row, column], stored.dtype.type(0))

    def rectify_bilinear(self, stored: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a stored (h, w, 3) picture on the upright pinhole, black outside the lens."""
        uv, valid = self._map
        u = uv[..., 0].clip(0, self.width - 1)
        v = uv[..., 1].clip(0, self.height - 1)
        left = np.floor(u).clip(0, self.width - 2).astype(np.intp)
        top = np.floor(v).clip(0, self.height - 2).astype(np.intp)
        x = (u - left)[..., None].astype(np.float32)
        y = (v - top)[..., None].astype(np.float32)
        upper = stored[top, left] * (1 - x) + stored[top, left + 1] * x
        lower = stored[top + 1, left] * (1 - x) + stored[top + 1, left + 1] * x
        mixed = np.rint(upper * (1 - y) + lower * y)
        return np.where(valid[..., None], mixed, 0).astype(np.uint8)
