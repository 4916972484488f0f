"""Surfaces as dense points, and the smallest distance between two of them by brute force."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

Floats = NDArray[np.float64]
SPACING_M = 0.03


class Cells(NamedTuple):
    """A cloud sorted into cubes: a point of each, how far the others are from it, and all."""

    first: Floats
    radii: Floats
    points: list[Floats]


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


def cells_of(points: Floats, side_m: float = 0.12) -> Cells:
    """Sort (n, 3) points into cubes."""
    keys = np.floor(points / side_m).astype(np.int64) + 5_000
    order = np.argsort(flat := (keys[:, 0] * 10_000 + keys[:, 1]) * 10_000 + keys[:, 2])
    parts = np.split(points[order], np.flatnonzero(np.diff(flat[order])) + 1)
    # Neighbouring triangles share corners and edges.
    for k, p in enumerate(parts):
        if len(p) > 300:
            _, first = np.unique(np.round(p, 4), axis=0, return_index=True)
            parts[k] = p[first]
    radii = [float(np.sqrt(((p - p[0]) ** 2).sum(axis=1).max())) for p in parts]
    return Cells(np.stack([p[0] for p in parts]), np.array(radii), parts)


def closest(a: Cells, b: Cells, pairs: int = 300) -> float:
    """Smallest distance between two clouds, by the pairs of cubes that can hold it.

    Where more cubes come into question than are looked at, two faces are parallel, and it does
    not matter which of them are.
    """
    gaps = cdist(a.first, b.first)
    least = gaps - a.radii[:, None] - b.radii[None]
    best = float(gaps.min())
    fits = np.flatnonzero(least.ravel() < best)
    for k in fits[np.argsort(least.ravel()[fits])][:pairs]:
        i, j = divmod(int(k), len(b.radii))
        if least[i, j] >= best:
            break
        best = min(best, float(cdist(a.points[i], b.points[j]).min()))
    return best
