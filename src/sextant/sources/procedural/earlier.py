"""An earlier state of a room: one to three movable things stood elsewhere."""

from __future__ import annotations

import copy
import dataclasses
import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from sextant.scenes import Camera
from sextant.sources.procedural.layout import CONTACT_GAP_M, Layout
from sextant.sources.procedural.placed import Placed, rectangle
from sextant.sources.procedural.poses import View

Array = NDArray[np.float64]

MOVABLE = frozenset(
    {
        "armchair", "backpack", "ball", "bench", "book", "bottle", "bowl", "cardboard box",
        "chair", "fan", "floor lamp", "globe", "guitar", "kettle", "laptop", "laundry basket",
        "microwave", "mug", "office chair", "picture frame", "potted plant", "printer", "shoe",
        "side table", "speaker", "stool", "suitcase", "table lamp", "teddy bear", "trash can",
        "vase",
    }
)  # fmt: skip
"""What people carry about."""

HOW_MANY = (1, 2, 2, 3, 3, 3)
"""Moved things in a room, each as likely as the others."""

SEEN_OFTEN = 4
LEAST_MOVE_M = 0.5
"""Things stood at least this far away, on the floor plane."""

TRIES = 60
SPOTS = 6
"""Of so many free places the one that most pictures look at is taken."""

LENS_M = 0.35
"""A picture whose camera is nearer to where a thing stood is left out."""

NEAR_M, FAR_M = 0.8, 4.5
"""Within this range of depths a thing in a picture counts as looked at."""


def earlier_items(
    layout: Layout, views: Sequence[View], camera: Camera, rng: Generator
) -> list[Placed]:
    """Return the items of a layout, in its order, of which one to three stood elsewhere.

    Args:
        layout: The later state; it stays as it is.
        views: What pictures are taken of both states.
        camera: With which camera.
        rng: Chooses what stood elsewhere, and where.
    """
    before = copy.copy(layout)
    before.items, before.rng = list(layout.items), rng
    carriers = {p.support for p in layout.items if isinstance(p.support, int)}
    kinds = Counter(p.category for p in layout.items)
    movable = [
        i
        for i, p in enumerate(layout.items)
        if p.category in MOVABLE and i not in carriers and not p.inside and p.support != "wall"
    ]
    order = [movable[int(k)] for k in rng.permutation(len(movable))]
    # What has no double can be named, and what many pictures show is missed where it stood.
    double = {i: kinds[layout.items[i].category] > 1 for i in order}
    order.sort(key=lambda i: (double[i], _looks(layout.items[i], views, camera) < SEEN_OFTEN))
    wanted, moved = HOW_MANY[int(rng.integers(len(HOW_MANY)))], 0
    for i in order:
        if moved == wanted or i in carriers:
            continue
        p = layout.items[i]
        spots = (_on_floor if p.support == "floor" else _on_surfaces)(before, i, rng)
        if not spots:
            continue
        before.items[i] = new = max(spots, key=lambda s: _looks(s, views, camera))
        moved += 1
        if isinstance(new.support, int):
            carriers.add(new.support)
    return before.items


def still_valid(
    views: Sequence[View], later: Sequence[Placed], before: Sequence[Placed]
) -> list[View]:
    """Return the views whose camera keeps away from where things stood before."""
    moved = [q for p, q in zip(later, before, strict=True) if p is not q]
    return [v for v in views if all(_lens_is_clear(v, q) for q in moved)]


def _on_floor(layout: Layout, index: int, rng: Generator) -> list[Placed]:
    """Return free places on the floor for an item, away from where it stands."""
    p = layout.items[index]
    w, d, h = (float(v) for v in p.model.size_m)
    room = shapely.Polygon(layout.room.outline)
    low, high = layout.room.outline.min(axis=0), layout.room.outline.max(axis=0)
    found: list[Placed] = []
    for _ in range(TRIES):
        if len(found) == SPOTS:
            break
        x, y = (float(v) for v in rng.uniform(low, high))
        yaw = float(rng.uniform(-math.pi, math.pi))
        if math.dist((x, y), (p.x, p.y)) < LEAST_MOVE_M:
            continue
        corners = rectangle(x, y, w + 0.06, d + 0.06, yaw)
        if room.contains(shapely.Polygon(corners)) and layout.is_free(
            corners, CONTACT_GAP_M, CONTACT_GAP_M + h, without=(index,)
        ):
            found.append(dataclasses.replace(p, x=x, y=y, z=CONTACT_GAP_M, yaw_rad=yaw))
    return found


def _on_surfaces(layout: Layout, index: int, rng: Generator) -> list[Placed]:
    """Return free places on tables and the like for an item, away from where it stands."""
    p = layout.items[index]
    anchors = [
        i
        for i, q in enumerate(layout.items)
        if i != index and any(not s.inside for s in q.model.surfaces)
    ]
    found: list[Placed] = []
    trial = copy.copy(layout)
    for _ in range(TRIES):
        if len(found) == SPOTS or not anchors:
            break
        anchor = anchors[int(rng.integers(len(anchors)))]
        tops = [s for s in layout.items[anchor].model.surfaces if not s.inside]
        # Placed as a thing of its own: its old self is still there, but far enough away.
        trial.items = list(layout.items)
        new = trial.on_top(anchor, (p.category, p.model), tries=1, surface=tops[0])
        if (
            new is not None
            and math.dist((trial.items[new].x, trial.items[new].y), (p.x, p.y)) >= LEAST_MOVE_M
        ):
            found.append(trial.items[new])
    return found


def _looks(p: Placed, views: Sequence[View], camera: Camera) -> int:
    """Return how many pictures have a thing's middle well inside, walls or not."""
    middle = np.array([p.x, p.y, p.z + float(p.model.size_m[2]) / 2])
    count = 0
    for view in views:
        x, y, z = view.T_room_camera[:3, :3].T @ (middle - view.T_room_camera[:3, 3])
        inside = NEAR_M < z < FAR_M and (
            abs(x) / z < 0.85 * camera.cx / camera.fx and abs(y) / z < 0.85 * camera.cy / camera.fy
        )
        count += bool(inside)
    return count


def _lens_is_clear(view: View, p: Placed) -> bool:
    eye = view.T_room_camera[:3, 3]
    c, s = math.cos(p.yaw_rad), math.sin(p.yaw_rad)
    dx, dy = float(eye[0]) - p.x, float(eye[1]) - p.y
    half = p.model.size_m / 2
    apart = np.abs([c * dx + s * dy, c * dy - s * dx, float(eye[2]) - p.z - half[2]]) - half
    return float(np.linalg.norm(np.maximum(apart, 0.0))) > LENS_M
