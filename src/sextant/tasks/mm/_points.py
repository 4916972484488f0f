"""Marked points: pixels whose depth is known and the same all around."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sextant.geometry.projection import backproject
from sextant.geometry.transforms import transform_points
from sextant.questions.context import SceneContext
from sextant.questions.facts import Drop
from sextant.questions.task import Margins

PATCH = 5
"""Side in pixels of the neighbourhood that must be flat: a mark may be read a pixel or two off."""

DRAWS = 12
"""Pixels tried for one point; pictures without that much depth are left."""


class PointMargins(Margins):
    """Thresholds of marked points."""

    max_spread: float = Field(0.02, description="spread of the depth in 5x5 pixels, as a share")
    min_border: float = Field(
        0.05, description="least distance to the picture's border, as a share"
    )


class Point(NamedTuple):
    """A pixel with its depth.

    Attributes:
        frame: Frame id.
        u, v: Pixel coordinates, a pixel's centre.
        depth_m: z-depth in metres.
        spread: Largest less smallest depth in the patch, over ``depth_m``.
        ray_m: Distance from the camera centre in metres.
        world: (3,) world coordinates in metres.
    """

    frame: str
    u: float
    v: float
    depth_m: float
    spread: float
    ray_m: float
    world: NDArray[np.float64]


def locate(
    ctx: SceneContext, frame_id: str, u: float, v: float, margins: PointMargins
) -> Point | Drop:
    """Return what the depth map says of a pixel, or why it must not be marked."""
    depth_m = ctx.depth_m(frame_id)
    if depth_m is None:
        return Drop("picture has no depth")
    height, width = depth_m.shape
    column, row = int(u), int(v)
    across, down = margins.min_border * width, margins.min_border * height
    if not (across <= u <= width - across and down <= v <= height - down):
        return Drop("point is too near the border of the picture")
    half = PATCH // 2
    if not (half <= column < width - half and half <= row < height - half):
        return Drop("point is too near the border of the picture")
    if not ctx.is_solid(frame_id, row, column):
        return Drop("point is on glass or a mirror")
    patch = depth_m[row - half : row + half + 1, column - half : column + half + 1]
    z = float(depth_m[row, column])
    low, high = float(patch.min()), float(patch.max())
    if not (np.isfinite(low) and np.isfinite(high) and low > 0):
        return Drop("depth around the point is not known")
    spread = (high - low) / z
    if spread >= margins.max_spread:
        return Drop("surface around the point is not flat")
    frame = ctx.frame(frame_id)
    inside = backproject(frame.camera.K, np.array([u, v]), z)
    world = transform_points(frame.T_world_camera, inside)
    return Point(frame_id, u, v, z, spread, float(np.linalg.norm(inside)), world)


def draw_pixel(
    ctx: SceneContext, frame_id: str, rng: np.random.Generator, margins: PointMargins
) -> tuple[float, float] | None:
    """Return the centre (u, v) of a random pixel that ``locate`` takes; None if none was found."""
    camera = ctx.frame(frame_id).camera
    for _ in range(DRAWS):
        x, y = rng.uniform(margins.min_border, 1.0 - margins.min_border, size=2).tolist()
        u, v = int(x * camera.width) + 0.5, int(y * camera.height) + 0.5
        if isinstance(locate(ctx, frame_id, u, v, margins), Point):
            return u, v
    return None


def flatness(margins: PointMargins, *points: Point) -> float:
    """Return how far the least flat point is inside the threshold, as a fraction of it."""
    if margins.max_spread <= 0:
        return 0.0
    return 1.0 - max(p.spread for p in points) / margins.max_spread
