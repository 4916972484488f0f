"""A walk through the room: a smooth path, and a gaze that looks ahead and turns towards things."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from sextant.sources.procedural.floor import FreeFloor, largest_piece, shortest
from sextant.sources.procedural.layout import Layout
from sextant.sources.procedural.poses import View, pose
from sextant.sources.procedural.sights import DOWN_DEG, HEADINGS, Panorama, Sights

Array = NDArray[np.float64]

STEP_S = 0.5
LENS_CLEARANCES_M = (0.46, 0.41, 0.37)
LEAST_FRAMES, MOST_FRAMES = 16, 24
SHORTEST_M, LONGEST_M = 4.2, 10.8
TURN_STEPS = 3
"""Three headings, 27 degrees, is the most a gaze turns from frame to frame."""

AHEAD_WEIGHT = 1.2
COVERAGE_ROUNDS = 12
WORST = -4.0
"""A poor picture costs no more than this: now and then a gaze must cross a bare wall."""

ENOUGH = 4.5
"""Beyond this score a picture is good, and showing something new matters more."""


def walk_views(layout: Layout, floor: FreeFloor, sights: Sights, rng: Generator) -> list[View]:
    """Return the 16 to 24 views of a walk that starts at the door, half a second apart.

    Args:
        layout: What stands where, in the room's axes.
        floor: Where one can walk.
        sights: The room to look around in.
        rng: Chooses step length, eye height and sway.
    """
    path = _path(layout, floor)
    step = np.linalg.norm(np.diff(path, axis=0), axis=1)
    length = np.concatenate([[0.0], np.cumsum(step)])
    total = min(float(length[-1]), LONGEST_M)
    count = round(total / float(rng.uniform(0.27, 0.4))) + 1
    count = min(max(count, LEAST_FRAMES), MOST_FRAMES)
    at = np.linspace(0.0, total, count)
    height = float(rng.uniform(1.38, 1.65))
    phase = float(rng.uniform(0, 2 * math.pi))
    x, y = (np.interp(at, length, path[:, k]) for k in (0, 1))
    eyes = np.stack([x, y, height + 0.015 * np.sin(1.7 * np.arange(count) + phase)], axis=1)
    before, after = np.maximum(at - 0.4, 0.0), np.minimum(at + 0.6, total)
    dx, dy = (
        np.interp(after, length, path[:, k]) - np.interp(before, length, path[:, k]) for k in (0, 1)
    )
    looks = [sights.at(eye) for eye in eyes]
    heading, down = _gaze(sights, looks, np.arctan2(dy, dx))
    return [
        View(f"walk_{i:04d}", pose(eyes[i], float(heading[i]), float(down[i])), i * STEP_S)
        for i in range(count)
    ]


def _gaze(sights: Sights, looks: list[Panorama], ahead: Array) -> tuple[Array, Array]:
    # The best sequence of directions by dynamic programming; then again and again with one more
    # glance at what no frame has shown, as long as the gaze can turn from glance to glance.
    grid = np.arange(HEADINGS) * (2 * math.pi / HEADINGS) + sights.first_heading
    worth = np.stack([v.worth for v in looks])
    score = np.stack([v.score for v in looks])
    score = np.maximum(score, WORST)
    score = np.where(score < ENOUGH, score, ENOUGH + 0.15 * (score - ENOUGH))
    score = score + AHEAD_WEIGHT * np.repeat(
        np.cos(grid[None, :] - ahead[:, None]), len(DOWN_DEG), axis=1
    )
    bonus = np.zeros_like(score)
    reachable = np.ones(score.shape, dtype=bool)
    best: tuple[float, list[int]] | None = None
    for _ in range(COVERAGE_ROUNDS):
        chosen = _sequence(score + bonus)
        frames = np.arange(len(chosen))
        seen = worth[frames, chosen].max(axis=0) > 0
        value = 60.0 * float(seen.mean()) + float(score[frames, chosen].mean())
        if best is None or value > best[0]:
            best = value, chosen
        new = worth @ (~seen).astype(np.float64)
        wish = np.where(reachable & (new > 0.0), new + 0.05 * score, -np.inf)
        i, c = (int(v) for v in np.unravel_index(int(np.argmax(wish)), wish.shape))
        if not math.isfinite(float(wish[i, c])):
            break
        bonus[i, sights.turned(c) == 0] += 20.0
        bonus[i, c] += 5.0
        reachable &= sights.turned(c) <= TURN_STEPS * np.abs(frames - i)[:, None]
    assert best is not None
    heading = np.unwrap(np.array([sights.heading(c) for c in best[1]]))
    return _softened(heading), _softened(np.array([sights.down(c) for c in best[1]]))


def _moves() -> tuple[NDArray[np.int64], Array]:
    # (c, m) from which candidates each can be reached in one frame, c where from none, and (m,)
    # what each of the m moves costs. Turning costs a little, so that the gaze does not waver.
    tilts = len(DOWN_DEG)
    headings, downs = np.divmod(np.arange(HEADINGS * tilts), tilts)
    origins, costs = [], []
    for turn in range(-TURN_STEPS, TURN_STEPS + 1):
        for tilt in (-1, 0, 1):
            down = downs - tilt
            origin = (headings - turn) % HEADINGS * tilts + down
            origins.append(np.where((down >= 0) & (down < tilts), origin, len(headings)))
            costs.append(0.06 * turn * turn + 0.2 * abs(tilt))
    return np.stack(origins, axis=1), np.array(costs)


_ORIGINS, _COSTS = _moves()


def _sequence(reward: Array) -> list[int]:
    # The candidates, one per frame, with the greatest sum of a (frames, c) reward.
    value = reward[0]
    back = []
    rows = np.arange(reward.shape[1])
    for gain in reward[1:]:
        options = np.append(value, -np.inf)[_ORIGINS] - _COSTS
        move = np.argmax(options, axis=1)
        back.append(_ORIGINS[rows, move])
        value = options[rows, move] + gain
    chosen = [int(np.argmax(value))]
    for origin in reversed(back):
        chosen.append(int(origin[chosen[-1]]))
    return chosen[::-1]


def _softened(angles: Array) -> Array:
    padded = np.concatenate([angles[:1], angles, angles[-1:]])
    return np.asarray(0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:])


def _path(layout: Layout, floor: FreeFloor) -> Array:
    # From the door to distant corners of the free floor, nearest first, by ways that keep away
    # from things; then rounded off as far as the clearance allows.
    for lens_m in LENS_CLEARANCES_M:
        free = largest_piece(floor.walkable & (floor.lens_m > lens_m))
        if int(free.sum()) > max(30.0, 0.75 * float(floor.walkable.sum())):
            break
    if int(free.sum()) < 10:
        free = floor.walkable
    clearance = np.minimum(floor.clearance_m, floor.lens_m - 0.1)
    cells = np.argwhere(free)
    points = floor.points_where(free)
    start = points.mean(axis=0)
    for p in layout.items:
        if p.category == "door":
            start = np.array(p.point(0.0, -0.6))
            break
    stops = [int(np.argmin(np.linalg.norm(points - start, axis=1)))]
    far = np.linalg.norm(points - points[stops[0]], axis=1)
    roomy = np.minimum(clearance[tuple(cells.T)], 0.9)
    for _ in range(5):
        stops.append(int(np.argmax(far * (0.1 + roomy))))
        far = np.minimum(far, np.linalg.norm(points - points[stops[-1]], axis=1))
    here = (int(cells[stops[0]][0]), int(cells[stops[0]][1]))
    route = [here]
    left = [(int(cells[s][0]), int(cells[s][1])) for s in stops[1:]]
    while left and 0.1 * len(route) < LONGEST_M:
        here = route[-1]
        nearest = min(left, key=lambda c: (math.dist(here, c), c))
        left.remove(nearest)
        route.extend(shortest(free, clearance, here, nearest)[1:])
    path = np.array([floor.point(c) for c in route])
    if len(path) < 2:
        path = np.vstack([path, path + np.array([0.01, 0.0])])
    for _ in range(30):
        smooth = path.copy()
        smooth[1:-1] = 0.25 * path[:-2] + 0.5 * path[1:-1] + 0.25 * path[2:]
        lower, lens = floor.room_at(smooth)
        was_lower, was_lens = floor.room_at(path)
        ok = (lower > np.minimum(0.3, was_lower)) & (lens > np.minimum(lens_m, was_lens))
        path = np.where(ok[:, None], smooth, path)
    while len(path) < 400 and _length(path) < SHORTEST_M:  # a small room: back the way one came
        path = np.vstack([path, path[-2::-1]])
    return path


def _length(path: Array) -> float:
    return float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
