"""Pictures of the glasses and of GoPros, and masks on them, as an upright pinhole sees them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.errors import ConventionError
from sextant.scenes import Camera
from sextant.sources.aria import R_SENSOR_UPRIGHT
from sextant.sources.egoexo4d.mps import Eye
from sextant.sources.resampling import Rectifier
from sextant.sources.stored_lens import StoredLens, map_onto, straighten
from sextant.sources.video import read_frame


def read_ego(video: Path, index: int, eye: Eye, camera: Camera) -> NDArray[np.uint8]:
    """Return a frame of the glasses as an upright pinhole sees it, (H, W, 3) uint8."""
    # The file is upright; the lens speaks of the sensor, a quarter turn counterclockwise of it.
    image = read_frame(video, index).transpose(Image.Transpose.ROTATE_90)
    if image.width != image.height:
        raise ConventionError("picture of the glasses is not square", where=video, got=image.size)
    if image.width >= 2 * camera.width:
        image = image.reduce(image.width // camera.width)
    stored = np.array(image.convert("RGB"), dtype=np.uint8)
    return _ego_rectifier(eye.lens(image.width), camera).bilinear(stored)


def read_exo(video: Path, index: int, lens: StoredLens) -> NDArray[np.uint8]:
    """Return a frame of a GoPro as a pinhole sees it, (H, W, 3) uint8."""
    image = read_frame(video, index)
    if image.size != (lens.width, lens.height):
        raise ConventionError("video has another size", where=video, got=image.size)
    return straighten(image.convert("RGB"), lens)


def ego_mask_onto(eye: Eye, camera: Camera, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an (h, w) mask on the glasses' upright picture as the frame's pinhole sees it."""
    if mask.shape[0] != mask.shape[1]:
        raise ConventionError("mask of the glasses is not square", got=mask.shape)
    lens = eye.lens(mask.shape[1])
    return _ego_rectifier(lens, camera).nearest(np.rot90(mask))


def exo_mask_onto(lens: StoredLens, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an (h, w) mask on a GoPro's picture, of whatever size, as the pinhole sees it."""
    return map_onto(mask, lens)


@lru_cache(maxsize=4)
def _ego_rectifier(lens: StoredLens, camera: Camera) -> Rectifier:
    return Rectifier(lens, lens.width, lens.height, camera, R_SENSOR_UPRIGHT)
