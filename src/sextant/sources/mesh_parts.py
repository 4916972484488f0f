"""Pieces of one labelled mesh: an object's triangles with no vertices but theirs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sextant.scenes import Mesh

Array = NDArray[np.float64]


def part(vertices: Array, faces: NDArray[np.int32]) -> Mesh | None:
    """Return (m, 3) triangles of (n, 3) vertices as a mesh of their own; None if there are none."""
    if len(faces) == 0:
        return None
    used, renumbered = np.unique(faces, return_inverse=True)
    return Mesh(vertices[used], renumbered.reshape(-1, 3).astype(np.int32))


def owners_of_faces(owner: NDArray[np.int64], faces: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the (m,) owner of triangles whose corners all have the same one, else -1.

    Args:
        owner: (n,) owner of every vertex, -1 = none.
        faces: (m, 3) vertex indices.
    """
    corners = owner[faces].reshape(-1, 3)
    return np.asarray(np.where((corners == corners[:, :1]).all(axis=1), corners[:, 0], -1))
