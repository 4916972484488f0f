"""Where the camera goes: a walk through the free floor and free views of the furniture."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from sextant.geometry.transforms import look_at
from sextant.sources.procedural.layout import Layout

Array = NDArray[np.float64]

CELL_M = 0.1
WALK_CLEARANCE_M = 0.3
VIEW_CLEARANCE_M = 0.33
STEP_S = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A camera pose in the room's axes.

    Attributes:
        id: Frame name.
        T_room_camera: (4, 4) pose, OpenCV axes.
        timestamp_s: Time on the walk; None for free views.
    """

    id: str
    T_room_camera: Array
    timestamp_s: float | None


@dataclass(frozen=True, slots=True, eq=False)
class FreeFloor:
    """A grid of how far every floor cell is from the nearest obstacle.

    Attributes:
        origin: (2,) centre of cell (0, 0) in metres.
        clearance_m: (nx, ny) distance to furniture and walls; 0 or less where something stands.
        walkable: (nx, ny) whether the cell is in the largest piece of floor one can walk on.
    """

    origin: Array
    clearance_m: Array
    walkable: NDArray[np.bool_]

    def point(self, cell: tuple[int, int]) -> Array:
        """Return the (2,) centre of a cell."""
        return np.asarray(self.origin + CELL_M * np.array(cell, dtype=np.float64))

    def clearance_at(self, xy: Array) -> float:
        """Return the clearance of the cell that holds a (2,) point."""
        i, j = (int(v) for v in np.rint((xy - self.origin) / CELL_M))
        nx, ny = self.clearance_m.shape
        return float(self.clearance_m[i, j]) if 0 <= i < nx and 0 <= j < ny else 0.0


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
    for p in layout.items:
        if p.category == "rug" or p.support == "ceiling":
            continue
        c, s = math.cos(p.yaw_rad), math.sin(p.yaw_rad)
        local = np.abs((grid - (p.x, p.y)) @ np.array([[c, -s], [s, c]])) - p.model.size_m[:2] / 2
        outside = np.linalg.norm(np.maximum(local, 0.0), axis=-1)
        distance = np.minimum(distance, outside + np.minimum(local.max(axis=-1), 0.0))
    distance[~inside] = 0.0
    return FreeFloor(low, distance, _largest_piece(distance > WALK_CLEARANCE_M))


def _largest_piece(free: NDArray[np.bool_]) -> NDArray[np.bool_]:
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


def views(layout: Layout, floor: FreeFloor, rng: Generator) -> list[View]:
    """Return the walk's views and the free views, in this order."""
    return [*_walk(layout, floor, rng), *_free(layout, floor, rng)]


def _walk(layout: Layout, floor: FreeFloor, rng: Generator) -> list[View]:
    path = _path(layout, floor)
    count = int(rng.integers(16, 25))
    step = np.linalg.norm(np.diff(path, axis=0), axis=1)
    length = np.concatenate([[0.0], np.cumsum(step)])
    at = np.linspace(0.0, float(length[-1]), count)
    x, y = (np.interp(at, length, path[:, k]) for k in (0, 1))
    ahead = np.minimum(at + 0.6, length[-1])
    behind = np.maximum(at - 0.6, 0.0)
    dx, dy = (
        np.interp(ahead, length, path[:, k]) - np.interp(behind, length, path[:, k]) for k in (0, 1)
    )
    heading = np.unwrap(np.arctan2(dy, dx))
    phase, sweep = float(rng.uniform(0, 2 * math.pi)), math.radians(float(rng.uniform(35, 55)))
    turns = float(rng.uniform(1.5, 2.5))
    heading = heading + sweep * np.sin(phase + 2 * math.pi * turns * np.arange(count) / count)
    height = float(rng.uniform(1.35, 1.7))
    pitch = math.radians(float(rng.uniform(9, 17)))
    out = []
    for i in range(count):
        tilt = pitch + math.radians(2.5) * math.sin(0.9 * i + phase)
        out.append(
            View(
                f"walk_{i:04d}",
                _pose(x[i], y[i], height + 0.015 * math.sin(1.7 * i), float(heading[i]), tilt),
                i * STEP_S,
            )
        )
    return out


def _pose(x: float, y: float, z: float, heading_rad: float, down_rad: float) -> Array:
    eye = np.array([x, y, z])
    c = math.cos(down_rad)
    ahead = np.array([c * math.cos(heading_rad), c * math.sin(heading_rad), -math.sin(down_rad)])
    return look_at(eye, eye + ahead)


def _path(layout: Layout, floor: FreeFloor) -> Array:
    # From the door to the four most distant corners of the free floor, by paths that keep away
    # from things; then rounded off as far as the clearance allows.
    cells = np.argwhere(floor.walkable)
    points = cells * CELL_M + floor.origin
    start = points.mean(axis=0)
    for p in layout.items:
        if p.category == "door":
            start = np.array(p.point(0.0, -0.6))
            break
    stops = [int(np.argmin(np.linalg.norm(points - start, axis=1)))]
    far = np.linalg.norm(points - points[stops[0]], axis=1)
    roomy = np.minimum(floor.clearance_m[tuple(cells.T)], 0.7)
    for _ in range(4):
        stops.append(int(np.argmax(far * (0.6 + roomy))))
        far = np.minimum(far, np.linalg.norm(points - points[stops[-1]], axis=1))
    route = [tuple(int(v) for v in cells[stops[0]])]
    left = [tuple(int(v) for v in cells[s]) for s in stops[1:]]
    while left:
        here = np.array(route[-1])
        nearest = min(left, key=lambda c: (float(np.linalg.norm(here - np.array(c))), c))
        left.remove(nearest)
        route.extend(_shortest(floor, (route[-1][0], route[-1][1]), (nearest[0], nearest[1]))[1:])
    path = np.array([floor.point((c[0], c[1])) for c in route])
    for _ in range(30):
        smooth = path.copy()
        smooth[1:-1] = 0.25 * path[:-2] + 0.5 * path[1:-1] + 0.25 * path[2:]
        ok = np.array([floor.clearance_at(q) > WALK_CLEARANCE_M for q in smooth])
        path = np.where(ok[:, None], smooth, path)
    return path if len(path) > 1 else np.vstack([path, path + np.array([0.01, 0.0])])


def _shortest(
    floor: FreeFloor, start: tuple[int, int], goal: tuple[int, int]
) -> list[tuple[int, int]]:
    # Dijkstra with eight neighbours; narrow cells cost more.
    cost = {start: 0.0}
    parent: dict[tuple[int, int], tuple[int, int]] = {}
    heap = [(0.0, start)]
    steps = [(i, j, math.hypot(i, j)) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
    nx, ny = floor.walkable.shape
    while heap:
        c, cell = heapq.heappop(heap)
        if cell == goal:
            break
        if c > cost[cell]:
            continue
        for i, j, length in steps:
            n = cell[0] + i, cell[1] + j
            if not (0 <= n[0] < nx and 0 <= n[1] < ny) or not floor.walkable[n]:
                continue
            new = c + length * (1.0 + 0.3 / float(floor.clearance_m[n]))
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


def _free(layout: Layout, floor: FreeFloor, rng: Generator) -> list[View]:
    spots = np.argwhere(floor.clearance_m > VIEW_CLEARANCE_M) * CELL_M + floor.origin
    out: list[Array] = []
    # Overviews from the corners of the free floor towards the middle.
    middle = spots.mean(axis=0)
    far = np.linalg.norm(spots - middle, axis=1)
    for _ in range(4):
        k = int(np.argmax(far))
        eye = np.array([*spots[k], float(rng.uniform(1.5, 2.0))])
        aim = middle + 0.25 * (middle - spots[k]) + rng.normal(0, 0.2, 2)
        out.append(_look(eye, np.array([*aim, 0.7])))
        far = np.minimum(far, 0.9 * np.linalg.norm(spots - spots[k], axis=1))
    # Pairs of views of one piece of furniture from directions at least 60 degrees apart.
    targets = [
        p
        for p in layout.items
        if p.support == "floor"
        and 0.12 < float(np.prod(p.model.size_m))
        and p.category not in ("rug", "door")
    ]
    order = [targets[int(i)] for i in rng.permutation(len(targets))] if targets else []
    wanted = 4 + 2 * int(rng.integers(2, 5))
    for p in order:
        if len(out) >= wanted:
            break
        offset = spots - (p.x, p.y)
        distance = np.linalg.norm(offset, axis=1)
        reach = 0.5 * float(np.linalg.norm(p.model.size_m[:2]))
        fit = np.nonzero((distance > reach + 0.7) & (distance < reach + 2.6))[0]
        if len(fit) < 2:
            continue
        first = int(fit[int(rng.integers(len(fit)))])
        bearing = np.arctan2(offset[fit, 1], offset[fit, 0]) - math.atan2(
            offset[first, 1], offset[first, 0]
        )
        apart = np.abs((bearing + math.pi) % (2 * math.pi) - math.pi)
        others = fit[apart > math.radians(62)]
        if len(others) == 0:
            continue
        second = int(others[int(rng.integers(len(others)))])
        for k in (first, second):
            eye = np.array([*spots[k], float(rng.uniform(1.05, 1.9))])
            out.append(_look(eye, np.array([p.x, p.y, p.z + 0.5 * float(p.model.size_m[2])])))
    while len(out) < 8:
        k = int(rng.integers(len(spots)))
        eye = np.array([*spots[k], float(rng.uniform(1.2, 1.9))])
        away = (
            float(rng.uniform(-math.pi, math.pi))
            if far[k] < 0.5
            else math.atan2(*(middle - spots[k])[::-1])
        )
        out.append(_pose(float(eye[0]), float(eye[1]), float(eye[2]), away, math.radians(12)))
    return [View(f"free_{i:04d}", T, None) for i, T in enumerate(out)]


def _look(eye: Array, target: Array) -> Array:
    # Never steeper than 35 degrees down or 10 up, so that views stay upright pictures of a room.
    flat = max(float(np.linalg.norm(target[:2] - eye[:2])), 1e-3)
    drop = min(
        max(float(eye[2] - target[2]) / flat, math.tan(math.radians(-10))),
        math.tan(math.radians(35)),
    )
    aim = np.array([target[0], target[1], eye[2] - drop * flat])
    return look_at(eye, aim)
