"""Boxes held against what the frames saw: empty air, nothing near, half or double lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.geometry.boxes import OrientedBox
from sextant.geometry.projection import backproject, inside_image, project
from sextant.geometry.transforms import invert, transform_points
from sextant.scenes.inspection.views import View, sample_depth
from sextant.scenes.objects import SceneObject

Array = NDArray[np.float64]

MARGIN_M = 0.03
"""Surfaces may lie so far outside of their box: sensors and annotators are no better."""

SMALL_M = 0.08
"""Boxes with no longer side are not judged by points: frames sample them too thinly."""

SIDED_M = 0.15
"""Boxes with no longer side are smaller than the spaces between points."""

_GRID = (np.mgrid[0:5, 0:5, 0:5].reshape(3, -1).T + 0.5) / 5 - 0.5
_SIDE = np.concatenate([_GRID * 0.9, np.zeros((1, 3))])
_OUTSIDE_M = 1.0
_ENOUGH = 20
_PIXELS = 40_000


@dataclass(frozen=True, slots=True)
class BoxFacts:
    """What the frames say of the boxes of a scene.

    Attributes:
        judged: Boxes that at least one frame could see into or onto.
        empty: Ids of boxes that frames look through everywhere: they float, or the thing is gone.
        outside: Ids of boxes more than a metre outside of everything that was observed.
        touched: Share of the judged boxes with an observed point in them.
        sided: Boxes with enough points around them to see where their sides are.
        against_doubled: Median of how many times more points lie at a box's sides than at the sides
            of a box twice as long: 2 to 4 for right boxes, under 0.6 for half lengths.
        halved_against: The same of a box half as long against the box: under 0.7 for right boxes,
            1.6 to 4 for double lengths.
        own_inside: Median over objects of the share of their own pixels inside their box; None
            without instance maps.
    """

    judged: int
    empty: tuple[str, ...]
    outside: tuple[str, ...]
    touched: float
    sided: int
    against_doubled: float
    halved_against: float
    own_inside: float | None


def box_facts(objects: Sequence[SceneObject], views: Sequence[View]) -> BoxFacts:
    """Hold boxes against the depth (and ids, where there are any) of the views."""
    cloud = np.concatenate([transform_points(v.T_world_camera, v.points_camera) for v in views])
    centres = np.array([v.T_world_camera[:3, 3] for v in views])
    # A few stray pixels behind a window must not widen what was observed.
    low, high = np.percentile(cloud, 0.2, axis=0), np.percentile(cloud, 99.8, axis=0)
    low, high = np.minimum(low, centres.min(axis=0)), np.maximum(high, centres.max(axis=0))
    judged, empty, outside, touched = 0, [], [], 0
    sides = []
    for o in objects:
        if np.any(o.box.maximum < low - _OUTSIDE_M) or np.any(o.box.minimum > high + _OUTSIDE_M):
            outside.append(o.id)
            continue
        if o.box.size_m.max() < SMALL_M:
            continue
        density = _at_sides(o.box, cloud)
        if density is not None:
            sides.append(density)
        inside = bool(o.box.contains(cloud, MARGIN_M).any())
        through, met, seen = _looked_at(o.box, views)
        if not inside and seen < _ENOUGH:
            continue
        judged += 1
        touched += inside
        through_most = met == 0 and through > len(_SIDE) // 2
        if not inside and through_most and not any(_meets(o.box, v) for v in views):
            empty.append(o.id)
    half, whole, double = np.array(sides).T if sides else np.ones((3, 1))
    return BoxFacts(
        judged,
        tuple(empty),
        tuple(outside),
        touched / judged if judged else 0.0,
        len(sides),
        float(np.median(whole / double)),
        float(np.median(half / whole)),
        _own_inside(objects, views),
    )


def _at_sides(box: OrientedBox, cloud: Array) -> tuple[float, float, float] | None:
    """Return how many points lie at the sides of a box half, once and twice as long, by area.

    What frames see of a thing lies at its box's sides, or a little within; what stands around it is
    thinner there. None if there are too few points to tell.
    """
    if box.size_m.max() < SIDED_M:
        return None
    reach = np.abs(box.to_box(cloud) / (box.size_m / 2)).max(axis=1)
    half, whole, double = (
        int(((reach > low) & (reach <= high)).sum())
        for low, high in ((0.35, 0.55), (0.8, 1.08), (1.6, 2.1))
    )
    if half + whole + double < _ENOUGH:
        return None
    return half * 4 + 1.0, whole + 1.0, double / 4 + 1.0


def _looked_at(box: OrientedBox, views: Sequence[View]) -> tuple[int, int, int]:
    """Return at how many places in the box a frame looks through, meets something, or looks at all.

    A place that is hidden behind something is not looked at.
    """
    places = (_SIDE * box.size_m) @ box.R_world_box.T + box.center
    through = np.zeros(len(places), dtype=bool)
    met = np.zeros(len(places), dtype=bool)
    for view in views:
        uv, z = project(view.camera.K, transform_points(invert(view.T_world_camera), places))
        inside = inside_image(uv, view.camera.width, view.camera.height)
        there = np.full(len(places), np.nan)
        there[inside] = sample_depth(view.depth_m, uv[inside])
        slack = MARGIN_M + 0.02 * z
        with np.errstate(invalid="ignore"):
            through |= there > z + slack
            met |= np.abs(there - z) <= slack
    return int((through & ~met).sum()), int(met.sum()), int((through | met).sum())


def _meets(box: OrientedBox, view: View) -> bool:
    """Tell whether any pixel of a view's depth map lies in the box: legs of chairs are thin."""
    lens = view.camera
    uv, _ = project(lens.K, transform_points(invert(view.T_world_camera), box.corners))
    if not np.all(np.isfinite(uv)):
        return False
    low = np.clip(np.floor(uv.min(axis=0)), 0, [lens.width, lens.height]).astype(int)
    high = np.clip(np.ceil(uv.max(axis=0)), 0, [lens.width, lens.height]).astype(int)
    step = max(1, int(np.sqrt(np.prod(np.maximum(high - low, 1)) / _PIXELS)))
    v, u = np.mgrid[low[1] : high[1] : step, low[0] : high[0] : step]
    depth_m = view.depth_m[v, u]
    points = backproject(lens.K, np.stack([u + 0.5, v + 0.5], axis=-1), depth_m)
    world = transform_points(view.T_world_camera, points[np.isfinite(depth_m)])
    return bool(box.contains(world, MARGIN_M).any())


def _own_inside(objects: Sequence[SceneObject], views: Sequence[View]) -> float | None:
    """Return the median share of an object's own pixels that lie in its box; None without ids."""
    valued = {o.instance_value: o for o in objects if o.instance_value}
    points: dict[int, list[Array]] = {}
    for view in views:
        if view.ids is None or not valued:
            continue
        rows, columns = view.uv[:, 1].astype(int), view.uv[:, 0].astype(int)
        values = view.ids[rows, columns]
        world = transform_points(view.T_world_camera, view.points_camera)
        for value in np.unique(values):
            if int(value) in valued:
                points.setdefault(int(value), []).append(world[values == value])
    inside = []
    for value, parts in points.items():
        own, box = np.concatenate(parts), valued[value].box
        if len(own) >= _ENOUGH and box.size_m.max() >= SMALL_M:
            inside.append(box.contains(own, MARGIN_M).mean())
    return float(np.median(inside)) if inside else None
