"""Gaps between things that face each other on the floor, and level tops, judged by boxes."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from sextant.geometry.boxes import OrientedBox
from sextant.geometry.polygons import convex_overlap_area, footprint, polygon_area
from sextant.questions.context import SceneContext
from sextant.scenes import SceneObject

UPRIGHT_RAD = math.radians(10.0)
PARALLEL_RAD = math.radians(10.0)
"""Two faces that bound a gap are at most so far from parallel."""

MIN_FACING_M = 0.3
"""The two faces are side by side over at least this length."""

MAX_GAP_M = 3.0
STANDING_MAX_BOTTOM_M = 0.1
BOUNDING_MIN_TOP_M = 0.3
"""What bounds a gap stands on the floor and is no shoe."""

MAX_TOP_M = 1.4
"""Higher tops are above the eyes of whoever took the pictures."""

LEVEL_M = 0.03
MIN_LEVEL_SHARE = 0.85
"""A top is level if surfaces that look up cover so much of the footprint, this close to the top."""

_TOPS = frozenset(
    {
        "bench", "box", "cabinet", "chest", "counter", "countertop", "cupboard", "desk", "dresser",
        "fridge", "microwave", "nightstand", "ottoman", "refrigerator", "sideboard", "stand",
        "stool", "suitcase", "table", "wardrobe", "machine", "bookshelf", "bookcase", "crate",
    }
)  # fmt: skip

# What is built in or hangs, and what has no upright pose of its own.
_NOT_MOVED = frozenset(
    {
        "air conditioner", "apple", "ball", "bathroom sink", "bathtub", "blinds", "broom",
        "carpet", "ceiling fan", "ceiling lamp", "ceiling light", "chandelier", "clock",
        "curtain", "door", "fireplace", "guitar", "kitchen sink", "light", "mat", "mirror",
        "orange", "painting", "pendant lamp", "person", "picture", "poster", "radiator",
        "rug", "sink", "toilet", "towel", "wall shelf", "whiteboard", "window",
    }
)  # fmt: skip

# "cabinet door" is a part of a cabinet, "wall clock" hangs; "desk clock" stands.
_FIXED_ENDS = frozenset(
    {
        "artwork", "bathtub", "blinds", "cooktop", "curtain", "door", "drawer", "faucet",
        "fireplace", "hook", "mirror", "outlet", "painting", "pegboard", "picture", "poster",
        "radiator", "rug", "sign", "sink", "switch", "thermostat", "toilet", "window",
    }
)  # fmt: skip
_FIXED_STARTS = frozenset({"built", "ceiling", "wall"})


class Gap(NamedTuple):
    """Free floor between two faces.

    Attributes:
        width_m: From face to face, at the narrowest place.
        middle: (2,) centre of the strip between the faces.
        across: (2,) unit vector from face to face.
        length_m: How long the faces are side by side.
    """

    width_m: float
    middle: NDArray[np.float64]
    across: NDArray[np.float64]
    length_m: float

    def strip(self, length_m: float) -> NDArray[np.float64]:
        """Return the (4, 2) counterclockwise corners of the strip, at least ``length_m`` long."""
        along = np.array([-self.across[1], self.across[0]])
        u = self.across * self.width_m / 2
        v = along * max(self.length_m, length_m) / 2
        return np.array([self.middle - u - v, self.middle + u - v, self.middle + u + v,
                         self.middle - u + v])  # fmt: skip


def can_be_moved(o: SceneObject) -> bool:
    """Tell whether one may ask where else a thing would fit."""
    return not o.is_person and not _is_fixed(o.category) and o.box.tilt_rad <= UPRIGHT_RAD


def _is_fixed(category: str) -> bool:
    """Tell by its name whether a thing is part of the house or of another thing.

    >>> [_is_fixed(c) for c in ("cabinet door", "wall clock", "desk clock", "door mat")]
    [True, True, False, False]
    """
    words = category.replace("-", " ").split(" ")
    return category in _NOT_MOVED or words[-1] in _FIXED_ENDS or words[0] in _FIXED_STARTS


def horizontal_sides(box: OrientedBox) -> tuple[float, float]:
    """Return the longer and the shorter horizontal side of an upright box."""
    sides = [float(box.size_m[k]) for k in range(3) if k != box.vertical_axis]
    return max(sides), min(sides)


def floor_z(ctx: SceneContext) -> float:
    """Return the height of the floor; where it is not known, that of the lowest box."""
    known = ctx.scene.room.floor_z_m
    if known is not None:
        return known
    return min((float(o.box.minimum[2]) for o in ctx.scene.objects), default=0.0)


def bounds_gaps(ctx: SceneContext, o: SceneObject) -> bool:
    """Tell whether an object stands on the floor, upright and high enough to bound a gap."""
    z = floor_z(ctx)
    return (
        o.box.tilt_rad <= UPRIGHT_RAD
        and float(o.box.minimum[2]) - z <= STANDING_MAX_BOTTOM_M
        and float(o.box.maximum[2]) - z >= BOUNDING_MIN_TOP_M
        and not o.is_person
    )


def gap_between(b: OrientedBox, c: OrientedBox) -> Gap | None:
    """Return the gap between two upright boxes that face each other with nearly parallel sides."""
    for k in range(3):
        if k == b.vertical_axis:
            continue
        n = b.R_world_box[:2, k] / np.linalg.norm(b.R_world_box[:2, k])
        turns = [float(abs(c.R_world_box[:2, j] @ n)) for j in range(3) if j != c.vertical_axis]
        if max(turns) < math.cos(PARALLEL_RAD):
            continue
        t = np.array([-n[1], n[0]])
        bn, cn, bt, ct = (x.corners[:, :2] @ v for v in (n, t) for x in (b, c))
        if cn.min() < bn.max():
            n, bn, cn = -n, -bn, -cn
        width = float(cn.min() - bn.max())
        low, high = max(bt.min(), ct.min()), min(bt.max(), ct.max())
        if 0.0 < width <= MAX_GAP_M and high - low >= MIN_FACING_M:
            middle = n * (bn.max() + width / 2) + t * (low + high) / 2
            return Gap(width, middle, n, float(high - low))
    return None


def what_is_in(ctx: SceneContext, strip: NDArray[np.float64], top_m: float) -> list[str]:
    """Return the ids of what stands in or reaches into a strip below a height over the floor."""
    z = floor_z(ctx)
    found = []
    for o in ctx.scene.objects:
        low, high = o.box.minimum, o.box.maximum
        if low[2] - z >= top_m or high[2] - z <= 0.05:
            continue
        if np.any(high[:2] <= strip.min(axis=0)) or np.any(low[:2] >= strip.max(axis=0)):
            continue
        if convex_overlap_area(footprint(o.box), strip) > 1e-4:
            found.append(o.id)
    return found


def is_on_floor(ctx: SceneContext, strip: NDArray[np.float64]) -> bool:
    """Tell whether a strip lies inside the room; True where its outline is not known."""
    polygon = ctx.scene.room.floor_polygon
    return polygon is None or shapely.Polygon(polygon).buffer(0.01).covers(shapely.Polygon(strip))


def has_level_top(ctx: SceneContext, o: SceneObject) -> bool:
    """Tell whether things can be put on an object's top, all over it, and eyes can see it."""
    if float(o.box.maximum[2]) - floor_z(ctx) > MAX_TOP_M:
        return False
    if o.box.tilt_rad > UPRIGHT_RAD or o.category.rpartition(" ")[2] not in _TOPS:
        return False
    if o.mesh is None:
        return True
    triangles = o.mesh.triangles_world
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    high = triangles[:, :, 2].min(axis=1) >= float(o.box.maximum[2]) - LEVEL_M
    area = float(np.maximum(normals[high, 2], 0.0).sum()) / 2
    return area >= MIN_LEVEL_SHARE * polygon_area(footprint(o.box))


def hangs_over(ctx: SceneContext, b: SceneObject, height_m: float) -> bool:
    """Tell whether something is over an object's top without standing on it, below a height."""
    top = float(b.box.maximum[2])
    for o in ctx.scene.objects:
        low = float(o.box.minimum[2])
        if o.id == b.id or not top + LEVEL_M < low < top + height_m:
            continue
        if convex_overlap_area(footprint(o.box), footprint(b.box)) > 1e-4:
            return True
    return False
