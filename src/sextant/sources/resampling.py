"""Pictures and maps brought onto another camera of the same centre and direction.

Colour and depth sensors have different intrinsics, lenses bend, rasters are turned. A frame has one
camera for picture, depth and ids alike, so a reader brings all of them onto that one: pictures
bilinearly, depth and ids by the nearest pixel (the mean of two surfaces is none).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.errors import ConventionError
from sextant.geometry.lenses import Lens
from sextant.geometry.projection import depth_to_points
from sextant.geometry.quarter_turns import turn_axes, turn_intrinsics
from sextant.geometry.transforms import rigid
from sextant.scenes import Camera
from sextant.sources.images import check_size, decoded, opened

Array = NDArray[np.float64]

MAX_PIXELS = 8_000_000
"""Of a picture that is straightened: making the map takes a hundred bytes for each pixel."""

MAX_SCALE = 64.0
"""No two sensors of a frame differ more in resolution; a broken focal length does."""


def read_rgb_onto(
    source: Path | bytes, stored: Camera, wanted: Camera, where: object = None
) -> NDArray[np.uint8]:
    """Return a stored picture as another pinhole of the same pose sees it, (H, W, 3) uint8.

    The map between two pinholes is a scale and a shift per axis. A JPEG that is to become smaller
    is decoded at the next larger power of two of its size, which averages pixels and is faster than
    decoding it in full. Black where the stored picture ends.

    Args:
        source: The image file, or its bytes.
        stored: Intrinsics of the stored picture; its size is checked.
        wanted: Intrinsics of the result.
        where: Place of bytes, for messages.

    Raises:
        MissingInput, CorruptInput, ConventionError: As ``images.read_rgb``.
    """
    place = where if where is not None else source if isinstance(source, Path) else "image"
    with opened(source, where) as image:
        check_size(image, (stored.width, stored.height), place)
        if stored == wanted:
            return np.array(decoded(image, place, "RGB"), dtype=np.uint8)
        ax, bx, ay, by = _between(stored, wanted)
        wished = (max(1, int(stored.width / ax)), max(1, int(stored.height / ay)))
        image.draft("RGB", wished)
        # The shrink of a draft is exactly a power of two, also where the size is rounded up.
        shrink = 2 ** round(np.log2(stored.width / image.width))
        whole = decoded(image, place, "RGB")
        # Pillow's affine map speaks of pixel centres at halves, as we do.
        coefficients = (ax / shrink, 0.0, bx / shrink, 0.0, ay / shrink, by / shrink)
        moved = whole.transform(
            (wanted.width, wanted.height),
            Image.Transform.AFFINE,
            coefficients,
            Image.Resampling.BILINEAR,
        )
        return np.array(moved, dtype=np.uint8)


def nearest_onto(raster: NDArray, stored: Camera, wanted: Camera) -> NDArray:
    """Return an (H, W) map as another pinhole of the same pose sees it; 0 where it ends."""
    if stored == wanted:
        return raster
    columns, rows, seen = _nearest_indices(stored, wanted)
    taken = raster[np.ix_(rows, columns)]
    return taken if seen is None else np.where(seen, taken, raster.dtype.type(0))


@lru_cache(maxsize=16)
def _nearest_indices(
    stored: Camera, wanted: Camera
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_] | None]:
    ax, bx, ay, by = _between(stored, wanted)
    u = ax * (np.arange(wanted.width) + 0.5) + bx
    v = ay * (np.arange(wanted.height) + 0.5) + by
    columns, rows = np.floor(u).astype(np.intp), np.floor(v).astype(np.intp)
    in_u, in_v = (columns >= 0) & (columns < stored.width), (rows >= 0) & (rows < stored.height)
    seen = None if in_u.all() and in_v.all() else in_v[:, None] & in_u[None, :]
    return columns.clip(0, stored.width - 1), rows.clip(0, stored.height - 1), seen


def _between(stored: Camera, wanted: Camera) -> tuple[float, float, float, float]:
    """Return (ax, bx, ay, by): stored u = ax * wanted u + bx, and so for v."""
    ax, ay = stored.fx / wanted.fx, stored.fy / wanted.fy
    if not (1 / MAX_SCALE < ax < MAX_SCALE and 1 / MAX_SCALE < ay < MAX_SCALE):
        raise ConventionError(
            "the intrinsics of a frame's sensors do not fit each other",
            expected=f"focal lengths within a factor of {MAX_SCALE:g}",
            got=f"{stored.fx:g}, {stored.fy:g} and {wanted.fx:g}, {wanted.fy:g} px",
        )
    return ax, stored.cx - ax * wanted.cx, ay, stored.cy - ay * wanted.cy


def straightened(raster: NDArray, camera: Camera, shear: float) -> NDArray:
    """Return an (H, W, ...) raster of a camera with skew as the same camera without sees it.

    Stored u = wanted u + shear (v - cy). Pictures are interpolated along rows, maps take the
    nearest pixel; 0 (NaN for floats) where the stored raster ends.

    Args:
        raster: (H, W, 3) uint8 picture or (H, W) map.
        camera: Intrinsics without the skew.
        shear: Skew over the vertical focal length, K[0, 1] / K[1, 1].
    """
    height, width = raster.shape[:2]
    v = np.arange(height)[:, None] + 0.5
    u = np.arange(width)[None, :] + 0.5 + shear * (v - camera.cy)
    rows = np.broadcast_to(np.arange(height)[:, None], u.shape)
    seen = (u >= 0) & (u < width)
    if raster.ndim == 2:
        taken = raster[rows, np.floor(u).astype(np.intp).clip(0, width - 1)]
        nothing = np.nan if raster.dtype.kind == "f" else 0
        return np.asarray(np.where(seen, taken, raster.dtype.type(nothing)))
    left = np.floor(u - 0.5).astype(np.intp).clip(0, width - 2)
    part = (u - 0.5 - left).clip(0.0, 1.0)[..., None].astype(np.float32)
    mixed = np.rint(raster[rows, left] * (1 - part) + raster[rows, left + 1] * part)
    return np.where(seen[..., None], mixed, 0).astype(raster.dtype)


def turned_camera(camera: Camera, quarters: int) -> Camera:
    """Return the intrinsics of a picture turned counterclockwise by quarter turns."""
    K, width, height = turn_intrinsics(camera.K, camera.width, camera.height, quarters)
    return Camera(width, height, *(float(x) for x in (K[0, 0], K[1, 1], K[0, 2], K[1, 2])))


def turned_pose(T_world_camera: Array, quarters: int) -> Array:
    """Return the pose of a camera whose picture was turned counterclockwise by quarter turns."""
    return np.asarray(T_world_camera @ rigid(turn_axes(quarters), np.zeros(3)))


class Rectifier:
    """Makes pinhole rasters out of those of a bent lens; the map is computed once.

    Args:
        lens: Maps (..., 3) rays of the stored camera to (..., 2) pixels of the stored raster, the
            centre of the top-left pixel at (0.5, 0.5).
        width: Of the stored raster.
        height: Of the stored raster.
        pinhole: The camera wanted, of the same centre and direction.
        R_stored_pinhole: (3, 3) axes of the pinhole in those of the stored camera.
    """

    def __init__(
        self,
        lens: Lens,
        width: int,
        height: int,
        pinhole: Camera,
        R_stored_pinhole: Array | None = None,
    ) -> None:
        if pinhole.width * pinhole.height > MAX_PIXELS:
            raise ConventionError(
                "picture is too large to be straightened",
                expected=f"at most {MAX_PIXELS} pixels",
                got=f"{pinhole.width}x{pinhole.height}",
            )
        rays = depth_to_points(pinhole.K, np.ones((pinhole.height, pinhole.width)))
        if R_stored_pinhole is not None:
            rays = rays @ R_stored_pinhole.T
        with np.errstate(over="ignore", invalid="ignore"):  # where a lens bends beyond all measure
            uv = lens(rays)
            self.valid: NDArray[np.bool_] = (
                (rays[..., 2] > 0)
                & (uv[..., 0] >= 0) & (uv[..., 0] < width)
                & (uv[..., 1] >= 0) & (uv[..., 1] < height)
            )  # fmt: skip
        uv = np.where(self.valid[..., None], uv, 0.5)
        self.pinhole = pinhole
        self.size = (width, height)
        cells = np.floor(uv).astype(np.int32)
        self._cell = cells[..., 1] * np.int32(width) + cells[..., 0]
        centres = (uv - 0.5).clip(0, (width - 1, height - 1))
        first = np.floor(centres).clip(0, (max(0, width - 2), max(0, height - 2)))
        self._first = first.astype(np.int32)
        self._part = (centres - first).astype(np.float32)

    def nearest(self, stored: NDArray) -> NDArray:
        """Return a stored (h, w) map on the pinhole, 0 where the lens shows nothing.

        Raises:
            ConventionError: If the map has another size than the lens.
        """
        self._check(stored)
        taken: NDArray = np.ascontiguousarray(stored).reshape(-1)[self._cell]
        taken[~self.valid] = 0
        return taken

    def bilinear(self, stored: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a stored (h, w, 3) picture on the pinhole, black where the lens shows nothing.

        Raises:
            ConventionError: If the picture has another size than the lens.
        """
        self._check(stored)
        from sextant.geometry.bilinear import mix  # numba is not waited for by who reads facts only

        mixed = np.zeros((*self.valid.shape, 3), dtype=np.uint8)
        mix(np.ascontiguousarray(stored), self._first, self._part, self.valid, mixed)
        return mixed

    def _check(self, stored: NDArray) -> None:
        # Compiled code looks up pixels wherever it is told to: beyond the picture is other memory.
        if stored.shape[1::-1] != self.size:
            raise ConventionError(
                "picture has another size than its lens",
                expected=f"{self.size[0]}x{self.size[1]}",
                got=f"{stored.shape[1]}x{stored.shape[0]}",
            )
