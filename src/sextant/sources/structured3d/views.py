"""One view of a room: its camera, its depth, and what its pixels show."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput
from sextant.geometry.transforms import rigid
from sextant.scenes import Camera
from sextant.scenes.checks import project_pose
from sextant.sources.depth_maps import metres
from sextant.sources.documents import read_text
from sextant.sources.images import decoded, opened, read_uint16
from sextant.sources.structured3d.layout import FARTHEST_MM, MM

Array = NDArray[np.float64]

BACKGROUND = 65535

PALETTE = (
    (0, 0, 0), (174, 199, 232), (152, 223, 138), (31, 119, 180), (255, 187, 120), (188, 189, 34),
    (140, 86, 75), (255, 152, 150), (214, 39, 40), (197, 176, 213), (148, 103, 189),
    (196, 156, 148), (23, 190, 207), (178, 76, 76), (247, 182, 210), (66, 188, 102),
    (219, 219, 141), (140, 57, 197), (202, 185, 52), (51, 176, 203), (200, 54, 131), (92, 193, 61),
    (78, 71, 183), (172, 114, 82), (255, 127, 14), (91, 163, 138), (153, 98, 156), (140, 153, 101),
    (158, 218, 229), (100, 125, 154), (178, 127, 135), (120, 185, 128), (146, 111, 194),
    (44, 160, 44), (112, 128, 144), (96, 207, 209), (227, 119, 194), (213, 92, 176),
    (94, 106, 211), (82, 84, 163), (100, 85, 144),
)  # fmt: skip
"""Colours of NYU40's classes 0 to 40 in ScanNet's pictures."""


def read_depth(path: Path, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return (H, W) float32 z-depth in metres, NaN = invalid."""
    return metres(read_uint16(path, size), MM, path)


def read_instances(path: Path, size: tuple[int, int]) -> NDArray[np.int32]:
    """Return (H, W) int32 box ID + 1, 0 = background."""
    ids = read_uint16(path, size).astype(np.int32)
    return np.where(ids == BACKGROUND, 0, ids + 1).astype(np.int32)


def read_classes(path: Path, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return (H, W) NYU40 class ids of a semantic.png, stored as ids or as colours; 0 = unknown."""
    with opened(path) as image:
        if image.size != size:
            raise ConventionError(
                "labels have another size than the picture", where=path, expected=size,
                got=image.size,
            )  # fmt: skip
        if image.mode == "L":
            ids = np.array(decoded(image, path, None), dtype=np.uint8)
            return np.where(ids < len(PALETTE), ids, 0).astype(np.uint8)
        rgb = np.array(decoded(image, path, "RGB"), dtype=np.uint32)
    packed = (rgb[..., 0] << 16) | (rgb[..., 1] << 8) | rgb[..., 2]
    keys, ids = _colours()
    at = np.searchsorted(keys, packed).clip(0, len(keys) - 1)
    return np.where(keys[at] == packed, ids[at], 0).astype(np.uint8)


def read_pose(path: Path, size: tuple[int, int]) -> tuple[Camera, Array]:
    """Return the camera and T_world_camera of a camera_pose.txt.

    Raises:
        CorruptInput: If it holds no eleven or twelve numbers.
        ConventionError: If directions or angles cannot be.
    """
    try:
        numbers = np.array([float(w) for w in read_text(path, max_bytes=4096).split()])
    except ValueError as error:
        raise CorruptInput("pose holds no numbers", where=path, got=error) from error
    if numbers.size not in (11, 12) or not np.abs(numbers).max() < FARTHEST_MM:
        raise CorruptInput("pose is not twelve finite numbers", where=path, got=numbers.size)
    eye, forward, up, half = numbers[:3] * MM, numbers[3:6], numbers[6:9], numbers[9:11]
    lengths = np.linalg.norm(forward), np.linalg.norm(up)
    if min(lengths) < 1e-6 or not np.all((half > 1e-6) & (half < np.pi / 2)):
        raise ConventionError(
            "pose has no direction or no angle of view", where=path,
            expected="half angles between 0 and pi/2", got=numbers[3:].tolist(),
        )  # fmt: skip
    z, up = forward / lengths[0], up / lengths[1]
    if abs(float(z @ up)) > 0.02:
        raise ConventionError(
            "up is not across the viewing direction", where=path, got=f"cosine {float(z @ up):.3f}"
        )
    x = np.cross(z, up)
    x /= np.linalg.norm(x)
    T, _ = project_pose(rigid(np.stack([x, np.cross(z, x), z], axis=1), eye), where=str(path))
    cx, cy = size[0] / 2, size[1] / 2
    fx, fy = cx / np.tan(half[0]), cy / np.tan(half[1])
    return Camera(*size, float(fx), float(fy), cx, cy), T


@lru_cache(maxsize=1)
def _colours() -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    packed = np.array([(r << 16) | (g << 8) | b for r, g, b in PALETTE], dtype=np.uint32)
    order = np.argsort(packed)
    return packed[order], order.astype(np.uint8)
