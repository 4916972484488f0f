"""Evenly spread surface points, the same at every call: they tell the share inside a frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sextant.geometry.boxes import OrientedBox
from sextant.geometry.kernels import kernel
from sextant.geometry.transforms import invert
from sextant.scenes import Frame, Mesh, SceneObject
from sextant.visibility.windows import NEAR_M

SAMPLES = 384
"""Points per object: a border through the object is then placed to about 1/SAMPLES of its area."""

# Roberts' R2 sequence: the most even additive recurrence in the plane, and it needs no generator.
_PLASTIC = 1.32471795724474602596
_R2 = np.array([1.0 / _PLASTIC, 1.0 / _PLASTIC**2])


def surface_samples(thing: SceneObject, n: int = SAMPLES) -> NDArray[np.float64]:
    """Return (n, 3) world points in metres, spread evenly over mesh, points or box surface."""
    if thing.mesh is not None:
        return mesh_samples(thing.mesh, n)
    points = thing.points_world
    if points is not None and len(points):
        return points[(np.arange(n) * len(points)) // n]
    return mesh_samples(box_mesh(thing.box), n)


def mesh_samples(mesh: Mesh, n: int) -> NDArray[np.float64]:
    """Return (n, 3) points: equal steps of area along the faces, R2 coordinates inside each."""
    triangles = mesh.triangles_world
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    total = np.cumsum(np.linalg.norm(np.cross(b - a, c - a), axis=1))
    face = np.searchsorted(total, (np.arange(n) + 0.5) / n * total[-1], side="right")
    face = np.minimum(face, len(triangles) - 1)
    r, s = np.modf(0.5 + np.arange(1, n + 1)[:, None] * _R2)[0].T
    fold = r + s > 1.0
    r, s = np.where(fold, 1.0 - r, r)[:, None], np.where(fold, 1.0 - s, s)[:, None]
    return np.asarray(a[face] + r * (b - a)[face] + s * (c - a)[face])


def box_mesh(box: OrientedBox) -> Mesh:
    """Return the 12 triangles of a box, counterclockwise seen from outside."""
    quads = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
    faces = [t for q in quads for t in ((q[0], q[1], q[2]), (q[0], q[2], q[3]))]
    return Mesh(box.corners, np.array(faces, dtype=np.int32))


def in_frame_ratios(frame: Frame, samples_world: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return (O,) share of each object's (O, n, 3) surface samples that project into the image."""
    c = frame.camera
    T = invert(frame.T_world_camera)
    counts = _count_inside(samples_world, T, c.fx, c.fy, c.cx, c.cy, c.width, c.height, NEAR_M)
    return np.asarray(counts / max(samples_world.shape[1], 1), dtype=np.float32)


@kernel
def _count_inside(samples, T, fx, fy, cx, cy, width, height, near):  # type: ignore[no-untyped-def]
    counts = np.zeros(samples.shape[0], np.int64)
    for o in range(samples.shape[0]):
        for i in range(samples.shape[1]):
            px, py, pz = samples[o, i, 0], samples[o, i, 1], samples[o, i, 2]
            z = T[2, 0] * px + T[2, 1] * py + T[2, 2] * pz + T[2, 3]
            if z < near:
                continue
            u = fx * (T[0, 0] * px + T[0, 1] * py + T[0, 2] * pz + T[0, 3]) / z + cx
            v = fy * (T[1, 0] * px + T[1, 1] * py + T[1, 2] * pz + T[1, 3]) / z + cy
            if 0.0 <= u < width and 0.0 <= v < height:
                counts[o] += 1
    return counts
