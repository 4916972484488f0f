"""Free views: overviews, furniture from two sides, small movements, and views from furniture."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from sextant.sources.procedural.floor import FreeFloor
from sextant.sources.procedural.layout import Layout
from sextant.sources.procedural.poses import View, pose
from sextant.sources.procedural.sights import BACKGROUND, Panorama, Sights
from sextant.sources.procedural.standing_views import standing

Array = NDArray[np.float64]

PLACES = 22
OVERVIEWS = 3
PAIRS = 2
NEARBY_M = 0.8
LENS_CLEARANCE_M = 0.42
BETWEEN_SIDES_RAD = math.radians(62.0)
Shot = tuple[Panorama, int]


def free_views(layout: Layout, floor: FreeFloor, sights: Sights, rng: Generator) -> list[View]:
    """Return 8 to 15 views that belong to no walk.

    The first are overviews; then pairs that show one piece of furniture from directions at least
    60 degrees apart, pairs with a small shift of the camera, and pairs that only turn it; last up
    to three from the place of one piece of furniture towards another.

    Args:
        layout: What stands where, in the room's axes.
        floor: Where there is room for a camera.
        sights: The room to look around in.
        rng: Chooses heights, shifts and which furniture is shown from two sides.
    """
    spots = _spots(floor)
    looks = [
        sights.at(np.array([*spots[k], float(rng.uniform(1.15, 1.95))]))
        for k in _spread(spots, PLACES)
    ]
    shots = _overviews(sights, looks, OVERVIEWS, [])
    bases = list(shots)
    for _ in range(PAIRS):
        shots += _two_sides(layout, sights, looks, shots, rng)
    shots += _shifted(floor, sights, bases, 2, rng)
    shots += _turned(sights, bases[::-1], int(rng.integers(1, 3)), shots)
    if len(shots) < 8:
        shots += _overviews(sights, looks, 8 - len(shots), shots)
    shots += standing(layout, floor, sights, rng)
    return [
        View(f"free_{i:04d}", pose(look.eye, sights.heading(c), sights.down(c)), None)
        for i, (look, c) in enumerate(shots)
    ]


def _spots(floor: FreeFloor) -> Array:
    for least in (LENS_CLEARANCE_M, 0.36):
        cells = (floor.clearance_m > 0.3) & (floor.lens_m > least)
        if int(cells.sum()) >= 20:
            return floor.points_where(cells)
    return floor.points_where(floor.walkable)


def _spread(spots: Array, count: int) -> list[int]:
    # Farthest point sampling: the corners come first.
    far = np.linalg.norm(spots - spots.mean(axis=0), axis=1)
    chosen: list[int] = []
    for _ in range(min(count, len(spots))):
        chosen.append(int(np.argmax(far)))
        away = np.linalg.norm(spots - spots[chosen[-1]], axis=1)
        far = np.minimum(far, away) if len(chosen) > 1 else away
    return chosen


def _alike(sights: Sights, look: Panorama, shots: list[Shot]) -> Array:
    # (c,) what a candidate loses because a picture already taken shows nearly the same.
    loss = np.zeros(len(look.score))
    for other, c in shots:
        if math.dist(look.eye, other.eye) < NEARBY_M:
            loss = np.maximum(loss, np.where(sights.turned(c) <= 4, 6.0, 0.0))
        if other is look:
            loss[sights.turned(c) <= 1] = math.inf
    return loss


def _overviews(sights: Sights, looks: list[Panorama], count: int, shots: list[Shot]) -> list[Shot]:
    # Greedy: the best picture, with a premium on what the pictures so far do not show.
    out: list[Shot] = []
    for _ in range(count):
        seen = np.zeros(sights.count, dtype=bool)
        for look, c in shots + out:
            seen |= look.worth[c] > 0
        best: tuple[float, Panorama, int] | None = None
        for look in looks:
            bonus = look.worth @ (~seen).astype(np.float64) - _alike(sights, look, shots + out)
            c = look.best(bonus=bonus)
            value = float(look.score[c] + bonus[c])
            if best is None or value > best[0]:
                best = value, look, c
        assert best is not None
        out.append((best[1], best[2]))
    return out


def _two_sides(
    layout: Layout, sights: Sights, looks: list[Panorama], shots: list[Shot], rng: Generator
) -> list[Shot]:
    # The piece of furniture and the two places that give the best pair of pictures.
    eyes = np.array([look.eye for look in looks])
    loss = [_alike(sights, look, shots) for look in looks]
    found: tuple[float, list[Shot]] = -math.inf, []
    for t, p in enumerate(layout.items):
        volume = float(np.prod(p.model.size_m))
        if p.support != "floor" or p.category in BACKGROUND or volume < 0.05:
            continue
        best = [
            look.best(bonus=4.0 * look.worth[:, t] - less)
            for look, less in zip(looks, loss, strict=True)
        ]
        value = np.array(
            [
                look.score[c] - less[c] if look.worth[c, t] >= 0.59 else -math.inf
                for look, c, less in zip(looks, best, loss, strict=True)
            ]
        )
        bearing = np.arctan2(eyes[:, 1] - p.y, eyes[:, 0] - p.x)
        apart = np.abs((bearing[:, None] - bearing + math.pi) % (2 * math.pi) - math.pi)
        # The worse of the two pictures counts most.
        both = np.minimum(value[:, None], value) + 0.3 * np.maximum(value[:, None], value)
        both = np.where(apart > BETWEEN_SIDES_RAD, both, -math.inf)
        i, j = (int(v) for v in np.unravel_index(int(np.argmax(both)), both.shape))
        worth = float(both[i, j]) + float(rng.uniform(0.0, 2.0))
        if worth > found[0]:
            found = worth, [(looks[i], best[i]), (looks[j], best[j])]
    return found[1]


def _shifted(
    floor: FreeFloor, sights: Sights, bases: list[Shot], count: int, rng: Generator
) -> list[Shot]:
    # A step to the side or forwards or back, with at most 9 degrees of turning.
    out: list[Shot] = []
    for look, c in bases:
        if len(out) >= count:
            break
        heading = sights.heading(c)
        found: list[tuple[float, Shot]] = []
        for turn in (math.pi / 2, -math.pi / 2, 0.0, math.pi):
            reach = float(rng.uniform(0.35, 0.75))
            way = heading + turn
            spot = look.eye[:2] + reach * np.array([math.cos(way), math.sin(way)])
            lower, lens = floor.room_at(spot[None])
            if lower[0] < 0.2 or lens[0] < LENS_CLEARANCE_M:
                continue
            there = sights.at(np.array([*spot, look.eye[2]]))
            same_tilt = sights.level_with(c)
            k = there.best(same_tilt & (sights.turned(c) <= 1))
            found.append((float(there.score[k]), (there, k)))
        if found:
            out.append(max(found, key=lambda f: f[0])[1])
    return out


def _turned(sights: Sights, bases: list[Shot], count: int, shots: list[Shot]) -> list[Shot]:
    # The same place, 27 to 54 degrees further round.
    out: list[Shot] = []
    for look, c in bases:
        if len(out) >= count:
            break
        turned = sights.turned(c)
        same_tilt = sights.level_with(c)
        allowed = same_tilt & (turned >= 3) & (turned <= 6)
        for other, d in shots + out:
            if other is look:
                allowed &= sights.turned(d) > 1
        k = look.best(allowed)
        if allowed[k] and not look.poor[k]:
            out.append((look, k))
    return out
