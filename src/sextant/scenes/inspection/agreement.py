"""How well frames see the same surfaces, and whether another reading of the files would do better.

Every reading is tried on the same frames: poses inverted, OpenGL cameras, depth along the ray,
depth in another unit. The one under which the frames agree names the mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.geometry.axes import pose_from_opengl
from sextant.geometry.depth import ray_lengths, z_from_ray
from sextant.geometry.projection import backproject
from sextant.geometry.rotations import rotation_from_axis_angle
from sextant.geometry.transforms import invert, rigid, transform_points
from sextant.scenes.inspection.views import View, partners, reread, sample_depth, warp

Array = NDArray[np.float64]

TOLERANCE = 0.02
"""Relative depth difference within which two frames saw the same surface."""

REACH_M = 0.35
"""A frame farther off than this is not brought back, only seen to disagree."""


CLEARLY = 0.1
"""By how much larger a share of points another reading must bring to agreement."""

SETTLED = 0.7
"""Share of the points that must lie on another frame's surfaces once they are brought there."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Frames held against each other.

    Attributes:
        same: (n,) share of each view's points that its partners have at the same depth; NaN for a
            view that shares nothing with another.
        before: (n,) share of points, hidden ones aside, that float before what a partner saw.
        median_m: Median |depth difference| where a partner did not see something nearer.
        pairs: How many pairs were compared.
    """

    same: Array
    before: Array
    median_m: float
    pairs: int

    @property
    def score(self) -> float:
        """Median share of points on which the frames agree; 0 if nothing could be compared."""
        known = self.same[np.isfinite(self.same)]
        return float(np.median(known)) if len(known) else 0.0


def agreement(views: Sequence[View]) -> Agreement:
    """Hold each view against those that it shares most with."""
    same, before, off = np.full(len(views), np.nan), np.full(len(views), np.nan), []
    pairs = 0
    for k, others in enumerate(partners(views)):
        here = [w for w in (warp(views[k], views[o]) for o in others) if len(w.there_m) >= 30]
        if not here:
            continue
        pairs += len(here)
        beyond = np.concatenate([w.beyond for w in here])
        agree, float_ = np.abs(beyond) < TOLERANCE, beyond <= -TOLERANCE
        same[k] = agree.mean()
        before[k] = float_.sum() / max(1, agree.sum() + float_.sum())
        near = np.concatenate([(w.points[:, 2] - w.there_m) for w in here])
        off.append(np.abs(near[beyond < 0.1]))
    gathered = np.concatenate(off) if off else np.zeros(0)
    median_m = float(np.median(gathered)) if len(gathered) else float("nan")
    return Agreement(same, before, median_m, pairs)


def _as_read(v: View) -> View:
    return v


def _inverted(v: View) -> View:
    return reread(v, invert(v.T_world_camera))


def _opengl(v: View) -> View:
    return reread(v, pose_from_opengl(v.T_world_camera))


def _inverted_opengl(v: View) -> View:
    return reread(v, pose_from_opengl(invert(v.T_world_camera)))


def _opengl_inverted(v: View) -> View:
    return reread(v, invert(pose_from_opengl(v.T_world_camera)))


def _ray(v: View) -> View:
    return reread(v, v.T_world_camera, z_from_ray(v.depth_m, v.camera.K))


def _not_ray(v: View) -> View:
    lengths = ray_lengths(v.camera.K, v.camera.width, v.camera.height)
    return reread(v, v.T_world_camera, v.depth_m * lengths)


def _scaled(factor: float) -> Callable[[View], View]:
    return lambda v: reread(v, v.T_world_camera, v.depth_m * factor)


READINGS: dict[str, tuple[str, Callable[[View], View]]] = {
    "the poses are world-to-camera": ("poses", _inverted),
    "the cameras are OpenGL (y up, z backward)": ("poses", _opengl),
    "the poses are world-to-camera of OpenGL cameras": ("poses", _inverted_opengl),
    "the cameras' axes were turned before the inversion": ("poses", _opengl_inverted),
    "depth is the distance to the camera, not z": ("depth", _ray),
    "depth is z already and was taken for a distance": ("depth", _not_ray),
} | {
    f"depth times {factor:g} is in the unit of the poses": ("units", _scaled(factor))
    for factor in (0.001, 0.01, 0.1, 0.2, 0.25, 0.4, 2.5, 4.0, 5.0, 10.0, 100.0, 1000.0)
}
"""Mistakes that readers make, by what would be true; the view as it should have been read."""


def better_reading(views: Sequence[View], now: Agreement) -> tuple[str, str, Agreement] | None:
    """Return the reading under which the frames agree clearly better, or None.

    Returns:
        kind, name, agreement: Of the best reading.
    """
    if now.score + CLEARLY > 1.0:
        return None  # no share of points is large enough to be clearly better
    best: tuple[str, str, Agreement] | None = None
    for name, (kind, reading) in READINGS.items():
        other = agreement([reading(v) for v in views])
        # A reading that leaves few frames to compare agrees by chance.
        if other.pairs >= max(2, now.pairs // 3) and (best is None or other.score > best[2].score):
            best = (kind, name, other)
    if best is None or best[2].score < max(now.score + CLEARLY, 0.35):
        return None
    # Without a clear fault, as of a camera that never moved, what was read stands.
    return best if (1 - best[2].score) < 0.75 * (1 - now.score) else None


def displacement_m(a: View, b: View) -> float | None:
    """Return how far a view's points must be moved to lie on another's surfaces, or None.

    Point-to-plane alignment from where the two poses put them, in robust steps. Directions that the
    shared surfaces do not fix (along a lone wall) count as right.
    """
    seen = warp(a, b)
    T = np.eye(4)
    start = seen.points
    settled = 0.0
    for _ in range(8):
        step = _step(transform_points(T, start), b)
        if step is None:
            return None
        T, settled = step[0] @ T, step[1]
    # What does not come to lie on the other's surfaces was not theirs to begin with.
    if settled < SETTLED:
        return None
    moved = transform_points(T, start) - start
    return float(np.sqrt((moved**2).sum(axis=1).mean()))


def _step(points: Array, b: View) -> tuple[Array, float] | None:
    """Return the next motion of (n, 3) points and the share that lay on the surfaces before it."""
    K = b.camera.K
    uv = np.stack(
        [K[0, 0] * points[:, 0] / points[:, 2] + K[0, 2],
         K[1, 1] * points[:, 1] / points[:, 2] + K[1, 2]], axis=-1,
    )  # fmt: skip
    inside = (
        (points[:, 2] > 0)
        & (uv[:, 0] > 2) & (uv[:, 0] < b.camera.width - 2)
        & (uv[:, 1] > 2) & (uv[:, 1] < b.camera.height - 2)
    )  # fmt: skip
    p, uv = points[inside], uv[inside]
    surface, normal = _surface(b, uv)
    error = np.einsum("ij,ij->i", normal, p - surface)
    with np.errstate(invalid="ignore"):
        good = np.isfinite(error) & (np.linalg.norm(p - surface, axis=1) < REACH_M)
    if good.sum() < 60:
        return None
    p, normal, error = p[good], normal[good], error[good]
    middle = p.mean(axis=0)
    J = np.concatenate([np.cross(p - middle, normal), normal], axis=1)
    scale = max(0.005, 1.5 * float(np.median(np.abs(error))))
    weight = 1.0 / (1.0 + (error / scale) ** 2)
    H = (J * weight[:, None]).T @ J
    damping = np.diag([1e-3 * max(1e-9, H[i, i]) + 2e-3 * weight.sum() for i in range(6)])
    twist = -np.linalg.solve(H + damping, (J * weight[:, None]).T @ error)
    w, t = twist[:3], twist[3:]
    angle = float(np.linalg.norm(w))
    if angle > 0.5 or float(np.linalg.norm(t)) > 2 * REACH_M:
        return None
    R = rotation_from_axis_angle(w)
    lying = np.abs(error) < 0.01 + 0.005 * p[:, 2]
    return rigid(R, middle + t - R @ middle), float(lying.mean())


def _surface(b: View, uv: Array) -> tuple[Array, Array]:
    """Return (n, 3) points and unit normals of a view's surface at (n, 2) places; NaN at edges."""
    K = b.camera.K
    reach = max(1.0, b.camera.width / 160)
    around = [
        backproject(K, uv + offset, sample_depth(b.depth_m, uv + offset))
        for offset in np.array([[0, 0], [-1, 0], [1, 0], [0, -1], [0, 1]]) * reach
    ]
    normal = np.cross(around[2] - around[1], around[4] - around[3])
    with np.errstate(invalid="ignore", divide="ignore"):
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        bent = [
            np.abs(np.einsum("ij,ij->i", (around[i] + around[i + 1]) / 2 - around[0], normal))
            for i in (1, 3)
        ]
        flat = np.maximum(*bent) < 0.01 * around[0][:, 2]
    return around[0], np.where(flat[:, None], normal, np.nan)


def displacements_m(views: Sequence[View]) -> Array:
    """Return (n,) metres by which each view is off from all its partners; NaN if unknown.

    The smallest over the partners: a good frame beside a bad one has good partners as well, and a
    drift that comes back only after a walk round the room does not make its frames useless.
    """
    off = np.full(len(views), np.nan)
    needed = min(2, len(views) - 1)
    for k, others in enumerate(partners(views)):
        found = [d for d in (displacement_m(views[k], views[o]) for o in others) if d is not None]
        if len(found) >= needed:
            off[k] = min(found)
    return off
