"""Which faces make up one surface, and where and how a viewing ray meets it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sextant.sources.procedural.lighting import LEAN


class Surfaces(NamedTuple):
    """The planes and curved skins that the faces of a scene make up.

    Faces of one plane, object and material share light and texture, so the shading compares one
    number instead of normals, values and materials.

    Attributes:
        of_face: (m,) int32 row of ``rows`` per face.
        rows: (s, 6) normal, row of the material, instance value, 1 if flat; a curved surface has
            the normals of its vertices.
    """

    of_face: NDArray[np.int32]
    rows: NDArray[np.float64]


def surfaces_of(
    vertices: NDArray[np.float64], normals: NDArray[np.float64], faces: NDArray[np.int32],
    materials: NDArray[np.int32], values: NDArray[np.int32],
) -> Surfaces:  # fmt: skip
    """Group faces that lie in one plane and faces of one curved skin, by object and material."""
    n = normals[faces[:, 0]]
    flat = (n == normals[faces[:, 1]]).all(axis=1) & (n == normals[faces[:, 2]]).all(axis=1)
    offset = (n * vertices[faces[:, 0]]).sum(axis=1)
    # Planes a rounding error apart may end up apart, which costs time but no looks.
    parts = np.column_stack([np.rint(512.0 * n), np.rint(500.0 * offset)]).astype(np.int64)
    parts[~flat] = 0
    key = np.zeros(len(faces), dtype=np.uint64)
    for part in (*parts.T, values, materials, flat):
        key = (key ^ part.astype(np.int64).view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(29)
    _, first, of_face = np.unique(key, return_index=True, return_inverse=True)
    rows = np.column_stack([n, materials, values, flat])[first]
    return Surfaces(of_face.astype(np.int32), np.ascontiguousarray(rows, dtype=np.float64))


@njit(**LEAN)
def ray(v, u, k, T):  # type: ignore[no-untyped-def]
    """Return the viewing ray of a sample, of z-depth one in the camera, and its inverse length."""
    y = (v + 0.5 - k[4]) * k[3]
    x = (u + 0.5 - k[2] - k[1] * y) * k[0]
    return (
        T[0, 0] * x + T[0, 1] * y + T[0, 2],
        T[1, 0] * x + T[1, 1] * y + T[1, 2],
        T[2, 0] * x + T[2, 1] * y + T[2, 2],
        1.0 / math.sqrt(x * x + y * y + 1.0),
    )


@njit(**LEAN)
def curved_normal(px, py, pz, face, vertices, normals, faces):  # type: ignore[no-untyped-def]
    """Interpolate the vertex normals at a point of a face."""
    a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
    ax, ay, az = vertices[a, 0], vertices[a, 1], vertices[a, 2]
    ex, ey, ez = vertices[b, 0] - ax, vertices[b, 1] - ay, vertices[b, 2] - az
    fx, fy, fz = vertices[c, 0] - ax, vertices[c, 1] - ay, vertices[c, 2] - az
    gx, gy, gz = px - ax, py - ay, pz - az
    d00 = ex * ex + ey * ey + ez * ez
    d01 = ex * fx + ey * fy + ez * fz
    d11 = fx * fx + fy * fy + fz * fz
    d20 = gx * ex + gy * ey + gz * ez
    d21 = gx * fx + gy * fy + gz * fz
    determinant = d00 * d11 - d01 * d01
    s = t = 0.0
    if determinant > 0.0:
        s = min(1.0, max(0.0, (d11 * d20 - d01 * d21) / determinant))
        t = min(1.0, max(0.0, (d00 * d21 - d01 * d20) / determinant))
    q = 1.0 - s - t
    x = q * normals[a, 0] + s * normals[b, 0] + t * normals[c, 0]
    y = q * normals[a, 1] + s * normals[b, 1] + t * normals[c, 1]
    z = q * normals[a, 2] + s * normals[b, 2] + t * normals[c, 2]
    scale = 1.0 / math.sqrt(x * x + y * y + z * z + 1e-12)
    return x * scale, y * scale, z * scale


@njit(**LEAN)
def alike(s, t, face, other, rows, normals, faces):  # type: ignore[no-untyped-def]
    """Tell whether two samples of a pixel may share their colour."""
    if face == other or (s == t and rows[s, 5] > 0.0):
        return True
    if rows[s, 3] != rows[t, 3] or rows[s, 4] != rows[t, 4]:
        return False
    p, q = faces[face, 0], faces[other, 0]
    dot = (
        normals[p, 0] * normals[q, 0]
        + normals[p, 1] * normals[q, 1]
        + normals[p, 2] * normals[q, 2]
    )
    return dot > 0.9
