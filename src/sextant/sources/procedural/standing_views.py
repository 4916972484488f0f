"""Views from the place of one piece of furniture towards another."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from sextant.sources.procedural.floor import FreeFloor
from sextant.sources.procedural.layout import Layout
from sextant.sources.procedural.placed import Placed, wall_distance
from sextant.sources.procedural.sights import BACKGROUND, Panorama, Sights

Array = NDArray[np.float64]

STANDING = 3
STANDING_TRIES = 12
BESIDE_M = 0.3
OFF_RAD = math.radians(11.0)
"""A view from a thing is taken at most 0.3 m from its middle, and looks at most this far past
another one."""
LENS_FREE_M = 0.36


def standing(
    layout: Layout, floor: FreeFloor, sights: Sights, rng: Generator
) -> list[tuple[Panorama, int]]:
    """Return up to three places and the number of the direction looked in from each.

    They are over or beside different things that are low enough to look over, and look at others;
    both are alone of their kind, so that they can be named.

    Args:
        layout: What stands where, in the room's axes.
        floor: Where there is room to stand.
        sights: The room to look around in.
        rng: Chooses things and heights.
    """
    kinds = Counter(p.category for p in layout.items)
    alone = [kinds[p.category] == 1 and p.category not in BACKGROUND for p in layout.items]
    out: list[tuple[Panorama, int]] = []
    tries = 0
    for k in rng.permutation(len(layout.items)):
        p = layout.items[int(k)]
        if len(out) == STANDING or tries == STANDING_TRIES:
            break
        if not alone[int(k)] or p.support != "floor" or p.model.is_person:
            continue
        eye_m = float(rng.uniform(1.3, 1.8))
        spot = _beside(layout, floor, p, eye_m)
        if spot is None:
            continue
        tries += 1
        look = sights.at(np.array([*spot, eye_m]))
        headings = np.array([sights.heading(c) for c in range(len(look.score))])
        found: list[tuple[float, int]] = []
        for t, q in enumerate(layout.items):
            if not alone[t] or t == int(k) or math.dist((p.x, p.y), (q.x, q.y)) < 1.0:
                continue
            off = headings - math.atan2(q.y - p.y, q.x - p.x)
            allowed = np.abs((off + math.pi) % (2 * math.pi) - math.pi) <= OFF_RAD
            allowed &= (look.worth[:, t] >= 0.45) & ~look.poor
            c = look.best(allowed, bonus=2.0 * look.worth[:, t])
            if allowed[c]:
                found.append((float(look.score[c]) + float(rng.uniform(0.0, 2.0)), c))
        if found:
            out.append((look, max(found)[1]))
    return out


def _beside(layout: Layout, floor: FreeFloor, p: Placed, eye_m: float) -> Array | None:
    # (2,) the freest spot over or beside a thing where a lens has room; None if there is none.
    around = np.linspace(0.0, 2 * math.pi, 8, endpoint=False)
    ring = BESIDE_M * np.stack([np.cos(around), np.sin(around)], axis=-1)
    spots = np.array([p.x, p.y]) + np.concatenate([np.zeros((1, 2)), ring])
    free = [_lens_fits(layout, spot, eye_m) for spot in spots]
    if not any(free):
        return None
    clearance, _ = floor.room_at(spots)
    return np.asarray(spots[int(np.argmax(np.where(free, clearance, -np.inf)))])


def _lens_fits(layout: Layout, spot: Array, eye_m: float) -> bool:
    if wall_distance(layout.edges, float(spot[0]), float(spot[1])) < LENS_FREE_M + 0.05:
        return False
    for p in layout.items:
        if p.z > eye_m + LENS_FREE_M or p.z + float(p.model.size_m[2]) < eye_m - LENS_FREE_M:
            continue
        c, s = math.cos(p.yaw_rad), math.sin(p.yaw_rad)
        local = np.abs((spot - (p.x, p.y)) @ np.array([[c, -s], [s, c]])) - p.model.size_m[:2] / 2
        if float(np.linalg.norm(np.maximum(local, 0.0))) < LENS_FREE_M:
            return False
    return True
