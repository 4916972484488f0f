"""Lenses as reconstruction tools state them, and pinhole pictures of what they saw.

COLMAP, nerfstudio, ScanNet++ and Ego-Exo4D name the same few models; a ``StoredLens`` is one of
them with its numbers. A frame needs a pinhole, so ``LensView`` reads a stored picture or map onto
one: the same focal length and direction, at most ``MAX_SIDE`` pixels on the longer side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.errors import ConventionError
from sextant.geometry.lenses import brown_conrady, fisheye624, kannala_brandt
from sextant.scenes import Camera
from sextant.sources.images import check_size, decoded, opened
from sextant.sources.resampling import Rectifier, nearest_onto

Array = NDArray[np.float64]

MAX_SIDE = 1024
"""Pictures of bent lenses are averaged down to this before they are straightened: a wide picture
of 24 megapixels would take a gigabyte of map."""

MAX_PARAMETER = 1e9
"""Polynomials of larger ones overflow; those of rational models are in the hundreds."""

_COUNTS = {
    "pinhole": 0, "opencv": 8, "rational": 8, "fisheye": 4, "fov": 1, "thin_prism": 8, "aria": 12,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoredLens:
    """A camera with its distortion, pixel centres at halves.

    Attributes:
        width, height: Size of the stored picture in pixels.
        fx, fy, cx, cy: In pixels.
        model: "pinhole"; "opencv" (k1 k2 k3 k4 k5 k6 p1 p2, a polynomial of r^2); "rational"
            (k1 k2 p1 p2 k3 k4 k5 k6 of OpenCV's quotient); "fisheye" (k1..k4 of odd powers of the
            angle); "fov" (omega); "thin_prism" (k1 k2 p1 p2 k3 k4 sx1 sy1, on the angle); "aria"
            (k0..k5 p0 p1 s0..s3 of Fisheye624, fx = fy).
        params: Its numbers in that order.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    model: str = "pinhole"
    params: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        Camera(self.width, self.height, self.fx, self.fy, self.cx, self.cy)
        wanted = _COUNTS.get(self.model)
        if wanted is None or len(self.params) != wanted:
            raise ConventionError(
                "unknown lens model or wrong number of parameters",
                expected=f"{self.model} with {wanted}" if wanted is not None else sorted(_COUNTS),
                got=f"{self.model} with {len(self.params)}",
            )
        if not all(abs(p) < MAX_PARAMETER for p in self.params):
            raise ConventionError(
                "lens parameters must be finite", expected=f"< {MAX_PARAMETER:g}", got=self.params
            )

    @property
    def is_straight(self) -> bool:
        """Whether it is a pinhole, in name or because nothing is bent."""
        bent = self.model in ("fisheye", "thin_prism", "fov", "aria")
        return not bent and not any(self.params)

    @property
    def camera(self) -> Camera:
        """Its focal length and centre as a pinhole of the same size."""
        return Camera(self.width, self.height, self.fx, self.fy, self.cx, self.cy)

    @property
    def pinhole(self) -> Camera:
        """The camera of its frames: the same focal length, the size of ``reduced``."""
        return self.reduced.camera

    @property
    def shrink(self) -> int:
        """By how much pictures of a bent lens are averaged down, per side."""
        return 1 if self.is_straight else -(-max(self.width, self.height) // MAX_SIDE)

    @property
    def reduced(self) -> StoredLens:
        """The lens of its pictures averaged down by ``shrink``."""
        n = self.shrink
        width, height = -(-self.width // n), -(-self.height // n)
        return replace(
            self, width=width, height=height,
            fx=self.fx / n, fy=self.fy / n, cx=self.cx / n, cy=self.cy / n,
        )  # fmt: skip

    def resized(self, width: int, height: int) -> StoredLens:
        """Return the lens of the same picture stored at another size."""
        sx, sy = width / self.width, height / self.height
        return replace(
            self, width=width, height=height,
            fx=self.fx * sx, fy=self.fy * sy, cx=self.cx * sx, cy=self.cy * sy,
        )  # fmt: skip

    def __call__(self, rays: Array) -> Array:
        """Project (..., 3) OpenCV camera rays with z > 0 to (..., 2) pixels.

        Rays beyond the angle where a polynomial turns back are NaN: the lens does not show them.
        """
        xy = _distorted(self.model, self.params, rays)
        limit = _turning_angle(self.model, self.params)
        if math.isfinite(limit):
            angle = np.arctan2(np.hypot(rays[..., 0], rays[..., 1]), rays[..., 2])
            xy = np.where((angle < limit)[..., None], xy, np.nan)
        return np.stack([self.fx * xy[..., 0] + self.cx, self.fy * xy[..., 1] + self.cy], axis=-1)


def read_rgb(
    source: Path | bytes, lens: StoredLens, mask: Path | None = None, where: object = None
) -> NDArray[np.uint8]:
    """Return a stored picture as the lens's pinhole sees it, (H, W, 3) uint8.

    Args:
        source: The image file, or its bytes.
        lens: The stored picture's lens; its size is checked.
        mask: A picture of one channel whose zeros are not to be used: they become black.
        where: Place of bytes, for messages.

    Raises:
        MissingInput, CorruptInput, ConventionError: As ``images.read_rgb``.
    """
    place = where if where is not None else source if isinstance(source, Path) else "image"
    with opened(source, where) as image:
        check_size(image, (lens.width, lens.height), place)
        return straighten(decoded(image, place, "RGB"), lens, mask)


def straighten(image: Image.Image, lens: StoredLens, mask: Path | None = None) -> NDArray[np.uint8]:
    """Return an RGB picture in memory as the lens's pinhole sees it, (H, W, 3) uint8."""
    small = image.reduce(lens.shrink) if lens.shrink > 1 else image
    stored = np.array(small, dtype=np.uint8)
    rgb = stored if lens.is_straight else rectifier(lens.reduced).bilinear(stored)
    if mask is not None:
        rgb[~read_mask(mask, lens)] = 0
    return rgb


def read_mask(path: Path, lens: StoredLens) -> NDArray[np.bool_]:
    """Return (H, W) true where the pinhole's picture may be used (the stored mask is not 0)."""
    with opened(path) as image:
        check_size(image, (lens.width, lens.height), path)
        grey = decoded(image, path, "L")
        small = grey.reduce(lens.shrink) if lens.shrink > 1 else grey
        stored = np.array(small, dtype=np.uint8)
    return (stored if lens.is_straight else rectifier(lens.reduced).nearest(stored)) > 0


def map_onto(stored: NDArray, lens: StoredLens) -> NDArray:
    """Return an (h, w) map of any raster of the same view on the lens's pinhole, by nearest pixel.

    A depth map that is smaller than its picture is spread, not interpolated. 0 where it ends.
    """
    height, width = stored.shape
    own = lens.resized(width, height)
    if lens.is_straight:
        return nearest_onto(stored, own.camera, lens.pinhole)
    return _map_rectifier(own, lens.pinhole).nearest(stored)


@lru_cache(maxsize=4)
def rectifier(lens: StoredLens) -> Rectifier:
    """Return the map from a lens to its own pinhole, computed once."""
    return Rectifier(lens, lens.width, lens.height, lens.camera)


@lru_cache(maxsize=4)
def _map_rectifier(lens: StoredLens, pinhole: Camera) -> Rectifier:
    return Rectifier(lens, lens.width, lens.height, pinhole)


def _distorted(model: str, params: tuple[float, ...], rays: Array) -> Array:
    if model == "opencv":
        return brown_conrady(rays, params[:6], params[6:])
    if model == "rational":
        return _rational(params, rays)
    if model == "fisheye":
        return kannala_brandt(rays, params)
    if model == "fov":
        return _fov(params[0], rays)
    if model == "thin_prism":
        return _thin_prism(params, rays)
    if model == "aria":
        return fisheye624(rays, (1.0, 0.0, 0.0, *params))
    return np.asarray(rays[..., :2] / rays[..., 2:])


def _rational(params: tuple[float, ...], rays: Array) -> Array:
    """OpenCV's quotient of two polynomials (COLMAP's FULL_OPENCV)."""
    k1, k2, p1, p2, k3, k4, k5, k6 = params
    plain = np.asarray(rays[..., :2] / rays[..., 2:])
    square = (plain**2).sum(axis=-1, keepdims=True)
    bent = brown_conrady(rays, (k1, k2, k3), (0.0, 0.0))
    turned = brown_conrady(rays, (), (p1, p2)) - plain
    below = 1 + k4 * square + k5 * square**2 + k6 * square**3
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(bent / below + turned)


def _fov(omega: float, rays: Array) -> Array:
    """Devernay and Faugeras 2001: r_d = atan(2 r tan(omega / 2)) / omega."""
    plain = np.asarray(rays[..., :2] / rays[..., 2:])
    if abs(omega) < 1e-6:
        return plain
    r = np.linalg.norm(plain, axis=-1, keepdims=True)
    bent = np.arctan(2 * r * math.tan(omega / 2)) / omega
    return np.asarray(plain * np.where(r > 1e-12, bent / np.maximum(r, 1e-12), 1.0))


def _thin_prism(params: tuple[float, ...], rays: Array) -> Array:
    """COLMAP's THIN_PRISM_FISHEYE: an equidistant lens, then Brown's terms and a thin prism."""
    k1, k2, p1, p2, k3, k4, sx1, sy1 = params
    flat = kannala_brandt(rays, ())
    square = (flat**2).sum(axis=-1)
    ones = np.ones_like(square)
    bent = brown_conrady(
        np.stack([flat[..., 0], flat[..., 1], ones], axis=-1), (k1, k2, k3, k4), (p1, p2)
    )
    return np.asarray(bent + square[..., None] * np.array([sx1, sy1]))


@lru_cache(maxsize=64)
def _turning_angle(model: str, params: tuple[float, ...]) -> float:
    """Return the angle in radians from the axis at which the radial terms stop growing.

    Beyond it a polynomial folds the picture over itself, so that rays that the lens never saw
    would be given pixels near the middle.
    """
    if model == "pinhole" or not any(params):
        return math.inf
    angles = np.linspace(0.0, math.radians(89.0), 2048)
    rays = np.stack([np.sin(angles), np.zeros_like(angles), np.cos(angles)], axis=-1)
    radial = {"opencv": (*params[:6], 0.0, 0.0), "thin_prism": (*params[:2], 0.0, 0.0,
              *params[4:6], 0.0, 0.0), "aria": (*params[:6], *(0.0,) * 6),
              "rational": (*params[:2], 0.0, 0.0, *params[4:])}.get(model, params)  # fmt: skip
    with np.errstate(all="ignore"):
        r = _distorted(model, radial, rays)[:, 0]
        turned = np.flatnonzero(~(np.diff(r) > 0))
    return float(angles[turned[0]]) if turned.size else math.inf
