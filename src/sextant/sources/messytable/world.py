"""What the labels do not state of their world, measured: its vertical and its unit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError
from sextant.geometry.projection import project
from sextant.geometry.transforms import invert, transform_points
from sextant.sources.messytable.views import View
from sextant.sources.upright import mean_up

Array = NDArray[np.float64]

SNAP_COSINE = float(np.cos(np.radians(10.0)))
MAX_OFF = 0.05
"""Median distance of triangulated centres from their boxes, in picture widths."""

METRES = (0.15, 8.0)
MILLIMETRES = (600.0, 8000.0)
"""Median distance between two cameras around a table, in either unit; centimetres and anything
else fall between or outside."""

MIN_POINTS = 4


def find_centres(views: list[View], where: str, notes: dict[str, str]) -> Array:
    """Return (n, 3) triangulated centres; refuse poses that do not bring the boxes together."""
    seen: dict[str, list[tuple[View, Array]]] = {}
    for view in views:
        for thing in view.instances:
            left, top, right, bottom = thing.box
            middle = np.array([(left + right) / 2, (top + bottom) / 2])
            seen.setdefault(thing.id, []).append((view, middle))
    centres: list[Array] = []
    off: list[float] = []
    for rays in seen.values():
        if len(rays) < 3:
            continue
        origins = np.array([v.T_reference_camera[:3, 3] for v, _ in rays])
        directions = np.array([_ray(v, uv) for v, uv in rays])
        try:
            point = triangulate(origins, directions)
        except ConventionError:
            continue
        for view, uv in rays:
            camera_point = transform_points(invert(view.T_reference_camera), point)
            found, _ = project(view.camera.K, camera_point)
            behind = not np.all(np.isfinite(found))
            off.append(np.inf if behind else float(np.linalg.norm(found - uv)) / view.camera.width)
        centres.append(point)
    if len(centres) < MIN_POINTS:
        notes["poses"] = "unchecked: fewer than four things are seen by three cameras"
        return np.zeros((0, 3))
    median = float(np.median(off))
    if median > MAX_OFF:
        raise ConventionError(
            "cameras and boxes contradict each other", where=where,
            expected=f"rays that meet within {MAX_OFF:.0%} of a picture's width",
            got=f"{median:.0%}" if np.isfinite(median) else "things behind the cameras",
            hint="extrinsics are x y z and Euler angles of the camera-to-reference transform",
        )  # fmt: skip
    return np.array(centres)


def _ray(view: View, uv: Array) -> Array:
    c = view.camera
    ray = np.array([(uv[0] - c.cx) / c.fx, (uv[1] - c.cy) / c.fy, 1.0])
    return np.asarray(view.T_reference_camera[:3, :3] @ (ray / np.linalg.norm(ray)))


def triangulate(origins: Array, directions: Array) -> Array:
    """Return the (3,) point nearest to (n, 3) rays of unit (n, 3) directions, n >= 2.

    Raises:
        ConventionError: If the rays are parallel.
    """
    off = np.eye(3) - directions[:, :, None] * directions[:, None, :]
    M = off.sum(axis=0)
    if np.linalg.cond(M) > 1e8:
        raise ConventionError("rays are parallel")
    return np.asarray(np.linalg.solve(M, np.einsum("nij,nj->i", off, origins)))


def find_vertical(centres: Array, poses: list[Array], notes: dict[str, str]) -> Array:
    """Return the (3,) normal of the table towards the cameras, or the cameras' mean up."""
    if len(centres) >= MIN_POINTS:
        middle = centres.mean(axis=0)
        _, spread, axes = np.linalg.svd(centres - middle, full_matrices=False)
        normal = axes[2]
        heights = np.array([(T[:3, 3] - middle) @ normal for T in poses])
        if np.median(heights) < 0:
            normal, heights = -normal, -heights
        if spread[2] < 0.5 * spread[1] and np.mean(heights > 0) >= 0.8:
            axis = int(np.argmax(np.abs(normal)))
            if abs(float(normal[axis])) > SNAP_COSINE:
                sign = "-" if normal[axis] < 0 else ""
                notes["up"] = f"{sign}{'xyz'[axis]} of the reference, by the table"
                return np.asarray(np.sign(normal[axis]) * np.eye(3)[axis])
            notes["up"] = "guessed: the plane through what stands on the table"
            return np.asarray(normal)
    notes["up"] = "guessed: the mean of the cameras' up directions"
    return mean_up(poses)


def find_scale(poses: list[Array], notes: dict[str, str]) -> tuple[float, bool]:
    """Return metres of one unit, and whether it can be told by the distances of the cameras."""
    places = np.array([T[:3, 3] for T in poses])
    pairs = np.triu_indices(len(places), 1)
    apart = np.linalg.norm(places[pairs[0]] - places[pairs[1]], axis=1)
    median = float(np.median(apart)) if len(apart) else 0.0
    if METRES[0] <= median <= METRES[1]:
        return 1.0, True
    if MILLIMETRES[0] <= median <= MILLIMETRES[1]:
        notes["unit"] = "millimetres, by the distances of the cameras"
        return 0.001, True
    notes["scale"] = f"unknown: cameras are {median:.3g} units apart"
    return 1.0, False
