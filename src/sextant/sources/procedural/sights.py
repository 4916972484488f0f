"""What a camera would see from a place in every direction, and how good each picture would be.

The room is drawn once per place, coarsely, onto the four sides of a cube around the eye. Every
candidate direction then only looks its pixels up on those sides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.geometry.raster import rasterize
from sextant.geometry.transforms import rigid, transform_points, yaw_rotation
from sextant.sources.procedural.layout import Layout
from sextant.sources.procedural.poses import pose
from sextant.sources.procedural.rooms import Shell

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

HEADINGS = 40
DOWN_DEG = (7.0, 13.0, 19.0)
"""Headings are 9 degrees apart; candidate c looks along heading c // 3 and down by DOWN_DEG[c % 3].
"""

COLUMNS, ROWS = 48, 36
LEAST_PIXELS = 5
"""A thing counts as seen with so many of the 1728 pixels: 900 pixels of a picture of 640x480."""

SIDE_PX = 32
SIDE_ABOVE, SIDE_BELOW = 0.8, 2.2
"""A side of the cube is 2 focal lengths wide and reaches so many above and below the horizon."""

BACKGROUND = frozenset({"rug", "door", "window", "curtain", "radiator", "ceiling lamp"})
"""What pictures are not taken for; it counts half."""

CLUSTER_M = 0.06


@dataclass(frozen=True, slots=True, eq=False)
class Panorama:
    """What every candidate direction at one place sees.

    Attributes:
        eye: (3,) metres in the room's axes.
        worth: (c, n) 0 to 1 per candidate and object: how well it is shown; 0 = not seen.
        score: (c,) how good the picture is; about the number of different things in it.
        poor: (c,) whether one thing fills the picture, something is too near, or too little is
            seen.
    """

    eye: Array
    worth: Array
    score: Array
    poor: NDArray[np.bool_]

    def best(self, among: NDArray[np.bool_] | None = None, bonus: Array | None = None) -> int:
        """Return the best candidate of a (c,) mask, with a (c,) bonus on the scores."""
        score = self.score if bonus is None else self.score + bonus
        return int(np.argmax(score if among is None else np.where(among, score, -np.inf)))


class Sights:
    """A room ready to be looked at from anywhere."""

    def __init__(self, layout: Layout, shell: Shell, focal: float, first_heading: float) -> None:
        """Coarsen the room and prepare the candidates.

        Args:
            layout: What stands where.
            shell: Floor, walls and ceiling.
            focal: Focal length over the picture's width.
            first_heading: Heading of candidate 0 in radians.
        """
        self.first_heading = first_heading
        self.count = len(layout.items)
        names = sorted({p.category for p in layout.items})
        self._kind = np.zeros((self.count, len(names)))
        self.weight = np.ones(self.count)
        self._is_person = np.array([float(p.model.is_person) for p in layout.items])
        for i, p in enumerate(layout.items):
            self._kind[i, names.index(p.category)] = 1.0
            if p.category in BACKGROUND:
                self.weight[i] = 0.5
        self._vertices, self._faces, self._values = _coarse(layout, shell)
        self._lookup, self._length = _lookup(focal)
        edge = np.ones((ROWS, COLUMNS), dtype=bool)
        edge[1:-1, 1:-1] = False
        self._edge = edge.ravel()

    def heading(self, candidate: int) -> float:
        """Return the heading of a candidate in radians."""
        turn = 2 * math.pi * (candidate // len(DOWN_DEG)) / HEADINGS
        return self.first_heading + turn

    def down(self, candidate: int) -> float:
        """Return how far a candidate looks down in radians."""
        return math.radians(DOWN_DEG[candidate % len(DOWN_DEG)])

    def turned(self, candidate: int) -> NDArray[np.int64]:
        """Return by how many headings, (c,) 0 to 20, each candidate is turned from one."""
        steps = np.arange(HEADINGS * len(DOWN_DEG)) // len(DOWN_DEG) - candidate // len(DOWN_DEG)
        steps = np.abs(steps)
        return np.minimum(steps, HEADINGS - steps)

    def level_with(self, candidate: int) -> NDArray[np.bool_]:
        """Return which candidates, (c,), look down as far as one does."""
        tilts = len(DOWN_DEG)
        return np.asarray(np.arange(HEADINGS * tilts) % tilts == candidate % tilts)

    def at(self, eye: Array) -> Panorama:
        """Look around at a (3,) place in the room's axes."""
        K = np.array(
            [[SIDE_PX, 0.0, SIDE_PX], [0.0, SIDE_PX, SIDE_ABOVE * SIDE_PX], [0.0, 0.0, 1.0]]
        )
        high = round((SIDE_ABOVE + SIDE_BELOW) * SIDE_PX)
        sides = [
            rasterize(
                self._vertices, self._faces, self._values, K,
                pose(eye, self.first_heading + side * math.pi / 2, 0.0), 2 * SIDE_PX, high,
            )
            for side in range(4)
        ]  # fmt: skip
        values = np.concatenate([s.values.ravel() for s in sides])[self._lookup]
        away = np.concatenate([s.depth_m.ravel() for s in sides])[self._lookup] * self._length
        candidates = len(values)
        slots = self.count + 1
        keys = values + slots * np.arange(candidates, dtype=np.int32)[:, None]
        total = candidates * slots
        pixels = np.bincount(keys.ravel(), minlength=total).reshape(candidates, slots)
        cut = np.bincount(keys[:, self._edge].ravel(), minlength=total).reshape(candidates, slots)
        seen = pixels[:, 1:] >= LEAST_PIXELS
        worth = seen * np.clip(np.sqrt(pixels[:, 1:] / 25.0), 0.45, 1.0)
        worth = worth * np.where(cut[:, 1:] > 0, 0.6, 1.0) * self.weight
        share = pixels / (ROWS * COLUMNS)
        largest = share[:, 1:].max(axis=1)
        near = (away < 0.6).mean(axis=1)
        score = np.sqrt(worth @ self._kind).sum(axis=1)  # a fourth chair says less than the first
        score -= 12.0 * np.maximum(largest - 0.3, 0.0) + 8.0 * np.maximum(share[:, 0] - 0.6, 0.0)
        score -= 20.0 * np.maximum(near - 0.05, 0.0)
        score -= 15.0 * (share[:, 1:] * (cut[:, 1:] > 0)) @ self._is_person  # heads cut off
        poor = (largest > 0.45) | ((away < 0.47).mean(axis=1) > 0.12) | (seen.sum(axis=1) < 3)
        return Panorama(eye, worth, score - 10.0 * poor, poor)


def _coarse(layout: Layout, shell: Shell) -> tuple[Array, NDArray[np.int32], NDArray[np.int32]]:
    # Vertices of an object that share a cell of a grid become one: a tenth of the faces is left.
    vertices, faces = [shell.vertices], [shell.faces]
    values = [np.zeros(len(shell.faces), dtype=np.int32)]
    base = len(shell.vertices)
    for index, p in enumerate(layout.items):
        m = p.model
        cell = np.clip(m.size_m / 4, 0.004, CLUSTER_M)
        corner = np.array([*(m.size_m[:2] / 2), 0.0])
        ijk = np.rint((m.vertices + corner) / cell).astype(np.int64)
        key = (ijk[:, 0] << 40) + (ijk[:, 1] << 20) + ijk[:, 2]
        _, kept, new = np.unique(key, return_index=True, return_inverse=True)
        f = new.astype(np.int32)[m.faces]
        f = f[(f[:, 0] != f[:, 1]) & (f[:, 1] != f[:, 2]) & (f[:, 2] != f[:, 0])]
        T = rigid(yaw_rotation(p.yaw_rad), (p.x, p.y, p.z))
        vertices.append(transform_points(T, m.vertices[kept]))
        faces.append(f + np.int32(base))
        values.append(np.full(len(f), index + 1, dtype=np.int32))
        base += len(kept)
    return np.concatenate(vertices), np.concatenate(faces), np.concatenate(values)


def _lookup(focal: float) -> tuple[NDArray[np.int64], Array]:
    # (c, pixels) where on the four sides a candidate's pixel looks, and distance over depth there.
    f = focal * COLUMNS
    u, v = np.meshgrid(np.arange(COLUMNS) + 0.5, np.arange(ROWS) + 0.5)
    rays = np.stack([(u - COLUMNS / 2) / f, (v - ROWS / 2) / f, np.ones_like(u)], -1).reshape(-1, 3)
    directions = []
    for k in range(HEADINGS):
        for down in DOWN_DEG:
            R = pose(np.zeros(3), 2 * math.pi * k / HEADINGS, math.radians(down))[:3, :3]
            directions.append(rays @ R.T)
    d = np.array(directions)
    side = np.rint(np.arctan2(d[..., 1], d[..., 0]) / (math.pi / 2)).astype(np.int64) % 4
    c, s = np.cos(side * math.pi / 2), np.sin(side * math.pi / 2)
    ahead = c * d[..., 0] + s * d[..., 1]
    right = s * d[..., 0] - c * d[..., 1]
    high = round((SIDE_ABOVE + SIDE_BELOW) * SIDE_PX)
    column = np.clip(SIDE_PX * (1 + right / ahead), 0, 2 * SIDE_PX - 1).astype(np.int64)
    row = np.clip(SIDE_PX * (SIDE_ABOVE - d[..., 2] / ahead), 0, high - 1).astype(np.int64)
    return (side * high + row) * (2 * SIDE_PX) + column, np.linalg.norm(d, axis=-1) / ahead
