"""Surfaces as dense points, and the smallest distance between two of them by brute force."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
SPACING_M = 0.03


def cover(triangles: Floats, spacing: float = SPACING_M) -> tuple[Floats, Floats]:
    """Points on triangles, corners and edges included, at most ``spacing`` apart.

    Args:
        triangles: (m, 3, 3) corners in metres.
        spacing: In metres.

    Returns:
        points: (n, 3) points.
        areas: (n,) area that each stands for.
    """
    edges = np.roll(triangles, -1, axis=1) - triangles
    turn = np.linalg.norm(edges, axis=2).argmax(axis=1)
    order = (turn[:, None] + np.arange(3)) % 3
    a, b, c = np.take_along_axis(triangles, order[:, :, None], axis=1).transpose(1, 0, 2)
    base = np.linalg.norm(b - a, axis=1)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    along = np.maximum(1, np.ceil(base / spacing)).astype(int)
    across = np.maximum(1, np.ceil(2 * area / np.maximum(base, 1e-12) / spacing)).astype(int)
    points, areas = [], []
    for n, m in sorted(set(zip(along.tolist(), across.tolist(), strict=True))):
        pick = (along == n) & (across == m)
        s, t = (g.ravel() for g in np.meshgrid(np.linspace(0, 1, n + 1), np.linspace(0, 1, m + 1)))
        A, B, C = (p[pick][:, None, :] for p in (a, b, c))
        # Rows get narrower towards C, and their points stand for less.
        share = (1 - t) / (1 - t).sum()
        areas.append((area[pick][:, None] * share).ravel())
        s, t = s[None, :, None], t[None, :, None]
        points.append((A + t * (C - A) + s * (1 - t) * (B - A)).reshape(-1, 3))
    return np.concatenate(points), np.concatenate(areas)


def box_triangles(corners: Floats) -> Floats:
    """(12, 3, 3) triangles of a box from its (8, 3) corners, the last coordinate running first."""
    quads = ((0, 1, 3, 2), (4, 5, 7, 6), (0, 1, 5, 4), (2, 3, 7, 6), (0, 2, 6, 4), (1, 3, 7, 5))
    return np.asarray(corners[[t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))]])


def closest(a: cKDTree, b: cKDTree) -> float:
    """Smallest distance between two clouds."""
    few, many = sorted((a, b), key=lambda tree: tree.n)
    # Some points give a first distance, and only points that are nearer to the box around the
    # other cloud can undercut it.
    found = float(many.query(few.data[:: 1 + few.n // 64])[0].min())
    outside = np.maximum(np.maximum(many.mins - few.data, few.data - many.maxes), 0)
    near = few.data[np.einsum("ij,ij->i", outside, outside) < found**2]
    if len(near):
        found = min(found, float(many.query(near, distance_upper_bound=found)[0].min()))
    return found
