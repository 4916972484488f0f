"""Outlines of rooms in the first camera's frame: seen walls, and other rooms that might be it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from sextant.geometry.polygons import is_simple, signed_area
from sextant.geometry.projection import inside_image, project
from sextant.geometry.transforms import invert, transform_points
from sextant.questions.context import SceneContext

Array = NDArray[np.float64]

STATION_M = 0.25
"""Walls are looked for at points this far apart."""
HEIGHTS_M = (0.3, 1.2, 2.0)
"""A stretch of wall is seen if it is at any of these heights above the floor."""
EYE_M = 1.5
"""Height of the camera above a floor of unknown height."""
MIN_WALL_M = 0.6
"""Shortest wall of the other room."""
RIGHT_ANGLE_COS = 0.1

TURNS = ("mirror", "90", "180", "270")


def seen_walls(ctx: SceneContext, frames: Sequence[str], outline: Array) -> NDArray[np.bool_]:
    """Return (frames, stations) whether a picture's field of view holds a stretch of wall.

    Lines of sight are cut by walls alone: furniture hides walls only in part, and a wall goes on
    behind it.
    """
    stations = _stations(outline)
    shape = shapely.Polygon(outline)
    shapely.prepare(shape)
    floor_z = ctx.scene.room.floor_z_m
    seen = np.zeros((len(frames), len(stations)), dtype=np.bool_)
    for k, frame_id in enumerate(frames):
        frame = ctx.frame(frame_id)
        eye = frame.center_world
        base = float(eye[2]) - EYE_M if floor_z is None else floor_z
        for height in HEIGHTS_M:
            points = np.column_stack([stations, np.full(len(stations), base + height)])
            uv, z = project(frame.camera.K, transform_points(invert(frame.T_world_camera), points))
            seen[k] |= inside_image(uv, frame.camera.width, frame.camera.height) & (z > 0)
        # The last centimetres are left out: the station itself lies on the border.
        ends = eye[:2] + 0.98 * (stations - eye[:2])
        lines = shapely.linestrings(np.stack([np.broadcast_to(eye[:2], ends.shape), ends], axis=1))
        seen[k] &= shapely.covers(shape, lines)
    return seen


def _stations(outline: Array) -> Array:
    """Return (n, 2) points along the outline."""
    points = []
    for p, q in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        count = max(1, round(float(np.linalg.norm(q - p)) / STATION_M))
        shares = (np.arange(count) + 0.5) / count
        points.append(p + shares[:, None] * (q - p))
    return np.concatenate(points)


def turned(outline: Array, turn: str) -> Array:
    """Return the outline mirrored left to right, or turned about the camera at the origin."""
    if turn == "mirror":
        return (outline * [-1.0, 1.0])[::-1].copy()
    angle = math.radians(float(turn))
    c, s = round(math.cos(angle)), round(math.sin(angle))
    return np.asarray(outline @ np.array([[c, s], [-s, c]], dtype=np.float64))


def altered(outline: Array, rng: np.random.Generator) -> Array | None:
    """Return another room: a wall moved, a corner cut off, or a cut-off corner filled up.

    Args:
        outline: (n, 2), counterclockwise.
        rng: Seeded generator.

    Returns:
        The other outline, rounded to centimetres; None if this draw makes no room.
    """
    kind = ("wall", "wall", "corner")[int(rng.integers(3))]
    k = int(rng.integers(len(outline)))
    other = _with_wall_moved(outline, k, rng) if kind == "wall" else _with_corner(outline, k, rng)
    if other is None:
        return None
    other = np.round(other, 2)
    if np.linalg.norm(np.roll(other, -1, axis=0) - other, axis=1).min() < MIN_WALL_M:
        return None  # a step that small is no wall that anybody builds, or sees
    return other if is_simple(other) and signed_area(other) > 0 else None


def _with_wall_moved(outline: Array, k: int, rng: np.random.Generator) -> Array | None:
    """Move wall k (from corner k to the next) in or out, if its neighbours meet it squarely."""
    n = len(outline)
    before, p, q, after = (outline[(k + d) % n] for d in (-1, 0, 1, 2))
    if not (_is_square(before, p, q) and _is_square(p, q, after)):
        return None
    along = (q - p) / np.linalg.norm(q - p)
    outward = np.array([along[1], -along[0]])
    step = float(rng.uniform(0.8, 1.8)) * (1.0 if rng.random() < 0.5 else -1.0)
    other = outline.copy()
    other[k] = p + step * outward
    other[(k + 1) % n] = q + step * outward
    return other


def _with_corner(outline: Array, k: int, rng: np.random.Generator) -> Array | None:
    """Cut a square corner off, or fill up one that was cut off."""
    n = len(outline)
    p, corner, q = (outline[(k + d) % n] for d in (-1, 0, 1))
    if not _is_square(p, corner, q):
        return None
    to_p, to_q = p - corner, q - corner
    cross = float(-to_p[0] * to_q[1] + to_p[1] * to_q[0])
    if cross > 0:  # stands out: cut it off
        one, two = (float(s) for s in rng.uniform(0.35, 0.6, size=2))
        new = [corner + one * to_p, corner + one * to_p + two * to_q, corner + two * to_q]
        rolled = np.roll(outline, -k, axis=0)[1:]
        return np.concatenate([np.array(new), rolled])
    # Stands in: both neighbours and the corner give way to the one opposite.
    if n < 6:
        return None
    rolled = np.roll(outline, 1 - k, axis=0)[3:]
    return np.concatenate([np.array([p + q - corner]), rolled])


def _is_square(p: Array, corner: Array, q: Array) -> bool:
    a, b = p - corner, q - corner
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return norm > 0 and abs(float(a @ b)) <= RIGHT_ANGLE_COS * norm
