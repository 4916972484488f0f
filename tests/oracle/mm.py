"""Oracles of metric measurement."""

from __future__ import annotations

import json

import numpy as np
from judging import (
    Problems,
    ask,
    asked,
    frames,
    general,
    judge_number,
    judge_words,
    said,
)
from marks import dotted
from world import World

from sextant.samples import Sample

SURFACE_TOLERANCE_M = 0.012
"""Clouds with points 3 cm apart give distances that are this much too large at most, where the
distance is 0.2 m or more."""


def check_object_size(world: World, sample: Sample) -> Problems:
    """The longest side of the box."""
    (a,) = asked(sample)
    own = 100.0 * float(max(world.objects[a].box.size_m))
    return general(world, sample) + _whole(world, sample, a) + judge_number(sample, own, 0.01)


def check_object_extent(world: World, sample: Sample) -> Problems:
    """Vertical, longer or shorter side of an upright box; the text says which."""
    (a,) = asked(sample)
    side = ask(sample)["side"]
    own = world.sides(a)[("height", "longer", "shorter").index(side)]
    words = {
        "height": r"(?<!its )height(?! not)|\btall\b|\bhigh\b|vertical|bottom to top|lowest and",
        "longer": r"longer|greater|larger",
        "shorter": r"shorter|smaller|lesser",
    }
    problems = judge_words(sample, side, words)
    if world.tilt_deg(a) >= 10:
        problems.append("box is tilted")
    return (
        general(world, sample)
        + _whole(world, sample, a)
        + problems
        + judge_number(sample, own, 1e-3)
    )


def check_object_distance(world: World, sample: Sample) -> Problems:
    """Smallest distance of two dense clouds."""
    own = world.distance(*asked(sample))
    problems = [] if own >= 0.2 - 1e-6 else [f"only {own:.3f} m apart"]
    if sample.value is not None and sample.value > own + 2e-4:
        problems.append(f"two surface points are {own:.4f} m apart, less than {sample.value:.4f}")
    return general(world, sample) + problems + judge_number(sample, own, SURFACE_TOLERANCE_M)


def check_camera_distance(world: World, sample: Sample) -> Problems:
    """The nearest pixel that shows the object, lifted into space."""
    (a,), (frame,) = asked(sample), frames(sample)
    own = world.nearest_visible(frame, a)
    problems = [] if 0.19 < own < 10.1 else [f"distance {own:.2f} m is outside 0.2 to 10 m"]
    return general(world, sample) + problems + judge_number(sample, own, 0.01)


def check_point_depth(world: World, sample: Sample) -> Problems:
    """Depth picture at the mark."""
    (frame,) = frames(sample)
    u, v = ask(sample)["u"], ask(sample)["v"]
    own = float(world.depth(frame)[int(v), int(u)])
    return (
        general(world, sample)
        + flat(world, frame, u, v)
        + dots(world, sample, [(0, u, v)])
        + judge_number(sample, own, 1e-3)
    )


def check_point_distance(world: World, sample: Sample) -> Problems:
    """Both marks lifted into space."""
    views, points = frames(sample), ask(sample)["points"]
    places = [views[0], views[-1]]
    p, q = (world.lift(f, *uv) for f, uv in zip(places, points, strict=True))
    own = float(np.linalg.norm(p - q))
    problems = [] if own >= 0.199 else [f"only {own:.3f} m apart"]
    for frame, (u, v) in zip(places, points, strict=True):
        problems += flat(world, frame, u, v)
    marks = [(0 if k == 0 else len(views) - 1, u, v) for k, (u, v) in enumerate(points)]
    problems += dots(world, sample, marks)
    return general(world, sample) + problems + judge_number(sample, own, 1e-3)


def check_height_above_floor(world: World, sample: Sample) -> Problems:
    """Lower or upper end of the box, and of the cloud, above the floor."""
    (a,) = asked(sample)
    side, floor = ask(sample)["side"], world.scene.room.floor_z_m or 0.0
    z = world.cloud(a)[:, 2]
    own, surface = (
        (world.bottom(a), float(z.min())) if side == "underside" else (world.top(a), float(z.max()))
    )
    words = {
        "underside": r"underside|bottom|lowest|lower end|\bbegin\b|\bstart\b",
        "top": r"\btop\b|highest|upper|@ reach\b|below you",
    }
    problems = judge_words(sample, side, words)
    if own - floor < 0.05:
        problems.append("height is below 5 cm")
    if abs(surface - own) > 0.03:
        problems.append(f"surface ends at {surface:.3f} m, box at {own:.3f} m")
    return (
        general(world, sample)
        + _whole(world, sample, a)
        + problems
        + judge_number(sample, own - floor, 1e-3)
    )


def check_room_area(world: World, sample: Sample) -> Problems:
    """Count the squares of a fine grid whose middles lie in the floor polygon."""
    room = world.scene.room
    if room.floor_polygon is None:
        return general(world, sample) + judge_number(sample, float(room.area_m2 or 0.0), 1e-6)
    own = grid_area(room.floor_polygon)
    return general(world, sample) + judge_number(sample, own, 0.01 * own)


def check_object_count(world: World, sample: Sample) -> Problems:
    """Objects of the category in the scene, each of them in some shown picture."""
    category = ask(sample)["category"]
    there = sorted(o.id for o in world.scene.objects if o.category == category)
    problems = [] if sorted(asked(sample)) == there else ["not all instances are counted"]
    if not 2 <= len(there) <= 20:
        problems.append("count is outside 2 to 20")
    return general(world, sample) + problems + judge_number(sample, float(len(there)), 1e-9)


# ---- shared ------------------------------------------------------------------------------


def _whole(world: World, sample: Sample, object_id: str) -> Problems:
    """Enough of the object, roughly half of it, is inside some frame."""
    views = frames(sample)
    w = max((world.look(f, object_id)[1] for f in views), default=1.0)
    return [] if w >= 0.45 else [f"only {w:.0%} of {object_id} is inside any frame"]


def flat(world: World, frame: str, u: float, v: float) -> Problems:
    """Depths of the 5 x 5 pixels around a mark are alike."""
    row, column = int(v), int(u)
    patch = world.depth(frame)[row - 2 : row + 3, column - 2 : column + 3]
    if patch.shape != (5, 5) or not np.isfinite(patch).all():
        return [f"depth around ({u}, {v}) is not known"]
    spread = float(np.ptp(patch) / patch[2, 2])
    return [] if spread < 0.0201 else [f"depth around ({u}, {v}) spreads by {spread:.1%}"]


def dots(world: World, sample: Sample, marks: list[tuple[int, float, float]]) -> Problems:
    """Dots P, Q, ... are drawn where they are asked about, and the text names them."""
    problems = []
    for letter, (picture, u, v) in zip("PQRSTUVWXYZ", marks, strict=False):
        if dotted(world, sample, picture, u, v) != letter:
            problems.append(f"no dot {letter} at ({u}, {v}) of picture {picture}")
        told = sample.question + " ".join(sample.options or ())
        if f" {letter}" not in told and "mark" not in said(sample):
            problems.append(f"text does not name {letter}")
    return problems


def grid_area(polygon: np.ndarray, steps: int = 400) -> float:
    """Area of a polygon by counting grid squares, crossing rule."""
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    cell = (high - low) / steps
    line = (np.arange(steps) + 0.5) / steps
    x, y = np.meshgrid(low[0] + line * (high - low)[0], low[1] + line * (high - low)[1])
    return float(inside(polygon, x.ravel(), y.ravel()).sum() * cell[0] * cell[1])


def inside(polygon: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Which points lie in a polygon: a ray to the right crosses its edges an odd number of times.

    Args:
        polygon: (n, 2) corners.
        x, y: (m,) points.
    """
    odd = np.zeros(len(x), dtype=bool)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if y0 != y1:
            crosses = ((y0 <= y) != (y1 <= y)) & (x < x0 + (y - y0) / (y1 - y0) * (x1 - x0))
            odd ^= crosses
    return odd


def check_box3d(world: World, sample: Sample) -> Problems:
    """Rebuild the box's corners from the answer and the pose, and compare them with the box."""
    (a,), (frame,) = asked(sample), frames(sample)
    answer = json.loads(sample.answer)
    T = world.frames[frame].T_world_camera
    length, width, height = answer["size"]
    middle = T[:3, :3] @ np.array(answer["center"]) + T[:3, 3]
    yaw = world.yaw(frame) + np.radians(answer["yaw"])
    along = np.array([np.cos(yaw), np.sin(yaw), 0.0]) * length / 2
    across = np.array([-np.sin(yaw), np.cos(yaw), 0.0]) * width / 2
    up = np.array([0.0, 0.0, height / 2])
    corners = np.array(
        [
            middle + i * along + j * across + k * up
            for i in (-1, 1)
            for j in (-1, 1)
            for k in (-1, 1)
        ]
    )
    own = world.corners(a)
    off = np.linalg.norm(corners[:, None] - own[None], axis=2).min(axis=1)
    # Half a degree at the corner, a centimetre of rounding, and a little for a tilt.
    allowed = 0.02 + np.radians(0.6) * float(np.hypot(length, width)) / 2
    allowed += np.radians(world.tilt_deg(a)) * max(length, height)
    problems = [] if off.max() < allowed else [f"a corner is {off.max():.3f} m off"]
    if length + 0.005 < 1.24 * (width - 0.005):
        problems.append("footprint is nearly square")
    if not -90 < answer["yaw"] <= 90 or world.tilt_deg(a) >= 10:
        problems.append("yaw is not within (-90, 90], or box is tilted")
    return general(world, sample) + _whole(world, sample, a) + problems
