"""Straight legs over free floor between landmarks, and the turns between them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import shapely

from sextant.geometry.directions import signed_angle
from sextant.questions.context import SceneContext

WALKER_RADIUS_M = 0.2
"""Half the width of the free strip a leg needs."""

LANDMARK_MAX_SIDE_M = 1.3
"""A larger thing has no one place where one stands when one has reached it."""

LANDMARK_MAX_BOTTOM_M = 0.1
"""One walks up to what stands on the floor, not to what lies on a table."""

OBSTACLE_MIN_TOP_M = 0.1
OBSTACLE_MAX_BOTTOM_M = 1.5
"""What stands between 0.1 and 1.5 m above the floor is walked around; a rug is not."""

TURNS = ("turn left", "turn right", "turn back")
QUARTER_RAD = math.pi / 4


@dataclass(frozen=True, slots=True, eq=False)
class FloorPlan:
    """Obstacles and landmarks of a scene in the floor plane.

    Attributes:
        free: The floor's polygon, or None where it is not known.
        footprints: Object id to the convex footprint of what one has to walk around.
        landmarks: Ids of objects one can walk up to.
        centers: Object id to (2,) centre.
        tree: Index of the footprints, in their order.
        floor_z: Height of the floor in metres.
    """

    free: shapely.Polygon | None
    footprints: dict[str, shapely.Polygon]
    landmarks: frozenset[str]
    centers: dict[str, np.ndarray]
    tree: shapely.STRtree
    floor_z: float = 0.0


def floor_plan(ctx: SceneContext) -> FloorPlan:
    """Read the floor plan off the boxes; a missing floor height is that of the lowest box."""
    objects = ctx.scene.objects
    room = ctx.scene.room
    lows = {o.id: float(o.box.minimum[2]) for o in objects}
    floor_z = room.floor_z_m if room.floor_z_m is not None else min(lows.values(), default=0.0)
    footprints, landmarks, centers = {}, set(), {}
    for o in objects:
        top, bottom = float(o.box.maximum[2]) - floor_z, lows[o.id] - floor_z
        hull = shapely.convex_hull(shapely.MultiPoint(o.box.corners[:, :2]))
        centers[o.id] = o.box.center[:2]
        if top > OBSTACLE_MIN_TOP_M and bottom < OBSTACLE_MAX_BOTTOM_M:
            footprints[o.id] = hull
            upright = [k for k in range(3) if k != o.box.vertical_axis]
            small = float(o.box.size_m[upright].max()) <= LANDMARK_MAX_SIDE_M
            if small and bottom <= LANDMARK_MAX_BOTTOM_M:
                landmarks.add(o.id)
    # What stands in a shelf or under a table has no place of its own on the floor.
    tree, keys, marks = shapely.STRtree(list(footprints.values())), [*footprints], sorted(landmarks)
    points = [shapely.Point(centers[i]) for i in marks]
    inside, around = tree.query(points, predicate="within") if points else ([], [])
    landmarks -= {marks[k] for k, j in zip(inside, around, strict=True) if keys[j] != marks[k]}
    free = None if room.floor_polygon is None else shapely.Polygon(room.floor_polygon)
    return FloorPlan(free, footprints, frozenset(landmarks), centers, tree, floor_z)


_PLANS: WeakKeyDictionary[SceneContext, FloorPlan] = WeakKeyDictionary()


def plan_of(ctx: SceneContext) -> FloorPlan:
    """Return the floor plan of a scene, read once."""
    if ctx not in _PLANS:
        _PLANS[ctx] = floor_plan(ctx)
    return _PLANS[ctx]


def leg_is_free(plan: FloorPlan, a: str, b: str) -> bool:
    """Tell whether one can walk straight from one landmark to another.

    What stands on or under the two ends is theirs (a box under the table walked up to).
    """
    line = shapely.LineString([plan.centers[a], plan.centers[b]])
    if plan.free is not None and not plan.free.covers(line):
        return False
    strip = line.buffer(WALKER_RADIUS_M)
    ends = shapely.union_all([plan.footprints[a], plan.footprints[b]])
    met = plan.tree.query(strip, predicate="intersects")
    return all(plan.tree.geometries[k].intersects(ends) for k in met)


def stop_point(plan: FloorPlan, a: str, b: str) -> np.ndarray:
    """Return the (2,) point where one coming from ``a`` stands when ``b`` is reached."""
    start, end = plan.centers[a], plan.centers[b]
    line = shapely.LineString([start, end])
    outside = line.difference(plan.footprints[b].buffer(WALKER_RADIUS_M))
    if outside.is_empty:
        return start
    return np.asarray(outside.geoms[0].coords[-1] if hasattr(outside, "geoms") else
                      outside.coords[-1])  # fmt: skip


def turn_rad(came_from: np.ndarray, here: np.ndarray, target: np.ndarray) -> float:
    """Return the turn, positive to the left, of one who came from a point and goes to another."""
    return float(signed_angle(here, 2.0 * here - came_from, target))


def name_turn(angle_rad: float) -> tuple[str | None, float]:
    """Name a turn by its quarter, and say how far it is from the quarter's border.

    None for going on straight ahead, which is no turn.
    """
    size = abs(angle_rad)
    margin = min(abs(size - QUARTER_RAD), abs(size - 3 * QUARTER_RAD))
    if size < QUARTER_RAD:
        return None, margin
    if size > 3 * QUARTER_RAD:
        return "turn back", margin
    return ("turn left" if angle_rad > 0 else "turn right"), margin
