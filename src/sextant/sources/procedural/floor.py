"""The floor one can walk on: clearances, the largest free piece, and ways through it."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.sources.procedural.layout import Layout

Array = NDArray[np.float64]

CELL_M = 0.1
WALK_CLEARANCE_M = 0.3
LENS_HEIGHTS_M = (0.6, 2.4)
"""What reaches into this band of heights may come close to a lens."""


@dataclass(frozen=True, slots=True, eq=False)
class FreeFloor:
    """A grid of how far every floor cell is from the nearest obstacle.

    Attributes:
        origin: (2,) centre of cell (0, 0) in metres.
        clearance_m: (nx, ny) distance to furniture and walls; 0 or less where something stands.
        lens_m: (nx, ny) distance to walls and to what is as high as a camera; tables do not count.
        walkable: (nx, ny) whether the cell is in the largest piece of floor one can walk on.
    """

    origin: Array
    clearance_m: Array
    lens_m: Array
    walkable: NDArray[np.bool_]

    def point(self, cell: tuple[int, int]) -> Array:
        """Return the (2,) centre of a cell."""
        return np.asarray(self.origin + CELL_M * np.array(cell, dtype=np.float64))

    def points_where(self, cells: NDArray[np.bool_]) -> Array:
        """Return the (n, 2) centres of the cells of an (nx, ny) mask."""
        return np.asarray(np.argwhere(cells) * CELL_M + self.origin)

    def room_at(self, points: Array) -> tuple[Array, Array]:
        """Return clearance and lens clearance, (n,) each, at (n, 2) points; 0 off the grid."""
        ij = np.rint((points - self.origin) / CELL_M).astype(np.int64)
        size = np.array(self.clearance_m.shape)
        inside = np.all((ij >= 0) & (ij < size), axis=-1)
        i, j = np.clip(ij, 0, size - 1).T
        return (
            np.where(inside, self.clearance_m[i, j], 0.0),
            np.where(inside, self.lens_m[i, j], 0.0),
        )


def free_floor(layout: Layout) -> FreeFloor:
    """Measure the clearance of the floor around everything but rugs and ceiling lamps."""
    outline = layout.room.outline
    low, high = outline.min(axis=0), outline.max(axis=0)
    nx, ny = (int(v) + 1 for v in np.ceil((high - low) / CELL_M))
    grid = (
        np.stack(np.meshgrid(np.arange(nx), np.arange(ny), indexing="ij"), axis=-1) * CELL_M + low
    )
    inside = np.zeros((nx, ny), dtype=bool)
    distance = np.full((nx, ny), np.inf)
    for a, b in layout.edges:
        t = np.clip(((grid - a) @ (b - a)) / float((b - a) @ (b - a)), 0.0, 1.0)
        distance = np.minimum(distance, np.linalg.norm(grid - a - t[..., None] * (b - a), axis=-1))
        crosses = (a[1] > grid[..., 1]) != (b[1] > grid[..., 1])
        if a[1] != b[1]:
            at = a[0] + (grid[..., 1] - a[1]) * (b[0] - a[0]) / (b[1] - a[1])
            inside ^= crosses & (grid[..., 0] < at)
    lens = distance.copy()
    for p in layout.items:
        if p.category == "rug":
            continue
        c, s = math.cos(p.yaw_rad), math.sin(p.yaw_rad)
        local = np.abs((grid - (p.x, p.y)) @ np.array([[c, -s], [s, c]])) - p.model.size_m[:2] / 2
        outside = np.linalg.norm(np.maximum(local, 0.0), axis=-1)
        apart = outside + np.minimum(local.max(axis=-1), 0.0)
        if p.support != "ceiling":
            distance = np.minimum(distance, apart)
        if p.z < LENS_HEIGHTS_M[1] and p.z + float(p.model.size_m[2]) > LENS_HEIGHTS_M[0]:
            lens = np.minimum(lens, apart)
    distance[~inside] = 0.0
    lens[~inside] = 0.0
    return FreeFloor(low, distance, lens, largest_piece(distance > WALK_CLEARANCE_M))


def largest_piece(free: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the largest piece, connected by sides, of an (nx, ny) mask."""
    label = np.zeros(free.shape, dtype=np.int64)
    sizes = [0]
    for start in zip(*(v.tolist() for v in np.nonzero(free)), strict=True):
        if label[start]:
            continue
        sizes.append(0)
        number = len(sizes) - 1
        label[start] = number
        stack = [start]
        while stack:
            i, j = stack.pop()
            sizes[number] += 1
            for n in ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)):
                if (
                    0 <= n[0] < free.shape[0]
                    and 0 <= n[1] < free.shape[1]
                    and free[n]
                    and not label[n]
                ):
                    label[n] = number
                    stack.append(n)
    return np.asarray((label == int(np.argmax(sizes))) & (label > 0))


def door_is_reachable(layout: Layout, floor: FreeFloor) -> bool:
    """Tell whether one can walk from the largest free piece of floor to every door."""
    cells = np.argwhere(floor.walkable) * CELL_M + floor.origin
    if len(cells) < 60:
        return False
    for p in layout.items:
        if p.category == "door":
            before = np.array(p.point(0.0, -0.55))
            if float(np.min(np.linalg.norm(cells - before, axis=1))) > 0.35:
                return False
    return True


def shortest(
    free: NDArray[np.bool_], clearance_m: Array, start: tuple[int, int], goal: tuple[int, int]
) -> list[tuple[int, int]]:
    """Return the cells of a short way that keeps away from things (Dijkstra, eight neighbours).

    Args:
        free: (nx, ny) cells one may step on.
        clearance_m: (nx, ny) distance to things; narrow cells cost more.
        start: First cell.
        goal: Last cell.
    """
    cost = {start: 0.0}
    parent: dict[tuple[int, int], tuple[int, int]] = {}
    heap = [(0.0, start)]
    steps = [(i, j, math.hypot(i, j)) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
    nx, ny = free.shape
    while heap:
        c, cell = heapq.heappop(heap)
        if cell == goal:
            break
        if c > cost[cell]:
            continue
        for i, j, length in steps:
            n = cell[0] + i, cell[1] + j
            if not (0 <= n[0] < nx and 0 <= n[1] < ny) or not free[n]:
                continue
            new = c + length * (1.0 + 0.3 / float(clearance_m[n]))
            if new < cost.get(n, math.inf):
                cost[n] = new
                parent[n] = cell
                heapq.heappush(heap, (new, n))
    route = [goal]
    while route[-1] != start:
        if route[-1] not in parent:  # diagonal steps only join cells that sides join, so: never
            return [start]
        route.append(parent[route[-1]])
    return route[::-1]
