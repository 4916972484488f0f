"""A question's scene from above: room, footprints, the objects asked about, the cameras shown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sextant.report.labels import LabelPlacer, text_width
from sextant.report.markup import Markup, clean, el, number
from sextant.report.scene_rows import Footprint, Point, SceneRow, Viewpoint

WIDTH = 340.0
MARGIN = 20.0
STRIP = 26.0
"""Height of the strip below the map that holds the scale bar, so that it covers nothing."""

MAX_ASPECT = 0.85
"""Height of the tallest map over its width."""

FONT = 11.0

BACKGROUND = frozenset({"wall", "floor", "ceiling", "room", "structure", "environment"})
"""Categories that would cover the map; drawn only when asked about."""


@dataclass(frozen=True, slots=True)
class Highlight:
    """An object that the question is about: its label, and whether it is the right option."""

    label: str
    right: bool = False


@dataclass(frozen=True, slots=True)
class Projector:
    """Metres to picture units; +y is up on the page."""

    left_m: float
    top_m: float
    scale: float
    offset_x: float
    offset_y: float

    def __call__(self, point: Point) -> Point:
        """Return the place of a point of the floor plane."""
        return (
            self.offset_x + (point[0] - self.left_m) * self.scale,
            self.offset_y + (self.top_m - point[1]) * self.scale,
        )


def draw_map(
    scene: SceneRow, asked: Mapping[str, Highlight], frames: Sequence[str]
) -> Markup | None:
    """Draw the map, or return None where the scene has nothing to draw.

    Args:
        scene: The scene of the question.
        asked: Objects to highlight, by id.
        frames: Frame ids in prompt order; camera n is numbered as image n.
    """
    by_id = {camera.id: camera for camera in scene.cameras}
    cameras = [(n, by_id[f]) for n, f in enumerate(frames, start=1) if f in by_id]
    wanted = [o for o in scene.objects if o.id in asked]
    others = [
        o
        for o in scene.objects
        if o.id not in asked and o.category.strip().lower() not in BACKGROUND
    ]
    extent = [*scene.room, *(c.center for _, c in cameras)]
    extent += [point for entry in wanted for point in entry.outline]
    if not scene.room:
        extent += [point for entry in others for point in entry.outline]
    if len(extent) < 2:
        return None
    project, height = _projector(extent)
    placer = LabelPlacer((2.0, 2.0, WIDTH - 2.0, height - STRIP))
    floor = scene.floor_z_m
    layers = [
        _polygon(scene.room, project, "room", "the room's floor") if scene.room else None,
        *(
            _polygon(o.outline, project, "thing", _describe(o, floor))
            for o in sorted(others, key=lambda o: (o.bottom_m, o.id))
        ),
        *(_asked(o, asked[o.id], project, floor) for o in wanted),
        *(_cone(n, c, project, len(cameras), floor) for n, c in cameras),
        *_camera_numbers(cameras, project, placer),
        *_names(wanted, asked, project, placer),
        *_scale_bar(project.scale, height, scene.is_metric),
    ]
    label = (
        f"The scene from above with {len(wanted)} objects asked about and {len(cameras)} cameras"
    )
    return el(
        "svg",
        *layers,
        viewBox=f"0 0 {WIDTH:g} {height:.0f}",
        role="img",
        aria_label=label,
        class_="map",
    )


def _projector(points: Sequence[Point]) -> tuple[Projector, float]:
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    wide, high = max(max(xs) - min(xs), 0.5), max(max(ys) - min(ys), 0.5)
    inner = WIDTH - 2 * MARGIN
    scale = min(inner / wide, MAX_ASPECT * inner / high)
    body = max(high * scale, 0.45 * inner)
    project = Projector(
        min(xs),
        max(ys),
        scale,
        MARGIN + (inner - wide * scale) / 2,
        MARGIN + (body - high * scale) / 2,
    )
    return project, body + 2 * MARGIN + STRIP


def _points(outline: Sequence[Point], project: Projector) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in map(project, outline))


def _polygon(outline: Sequence[Point], project: Projector, class_: str, title: str) -> Markup:
    return el("polygon", el("title", title), points=_points(outline, project), class_=class_)


def _describe(thing: Footprint, floor_z_m: float | None) -> str:
    a, b, c = (f"{side:.2f}" for side in thing.size_m)
    ground, over = (0.0, "z") if floor_z_m is None else (floor_z_m, "height above the floor")
    return (
        f"{clean(thing.category, 80)} ({clean(thing.id, 60)})\n{a} × {b} × {c} m\n"
        f"{over} {thing.bottom_m - ground:.2f} to {thing.top_m - ground:.2f} m"
    )


def _asked(
    thing: Footprint, mark: Highlight, project: Projector, floor_z_m: float | None
) -> Markup:
    x, y = project(thing.center)
    shapes = [
        _polygon(
            thing.outline,
            project,
            "asked right" if mark.right else "asked",
            _describe(thing, floor_z_m),
        ),
        el("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=2, class_="center"),
    ]
    if thing.front is not None:
        reach = _front_reach(thing, project)
        shapes.append(_arrow(x, y, thing.front[0], -thing.front[1], reach))
    return el("g", *shapes)


def _front_reach(thing: Footprint, project: Projector) -> float:
    return 0.5 * max(thing.size_m[0], thing.size_m[1]) * project.scale + 8


def _arrow(x: float, y: float, dx: float, dy: float, reach: float) -> Markup:
    tip_x, tip_y = x + dx * reach, y + dy * reach
    wings = [
        (tip_x - 5 * dx - side * 3 * dy, tip_y - 5 * dy + side * 3 * dx) for side in (-1.0, 1.0)
    ]
    d = f"M{x:.1f} {y:.1f}L{tip_x:.1f} {tip_y:.1f}"
    d += "".join(f"M{wx:.1f} {wy:.1f}L{tip_x:.1f} {tip_y:.1f}" for wx, wy in wings)
    return el("path", el("title", "front of the object"), d=d, class_="front")


def _cone(
    n: int, camera: Viewpoint, project: Projector, cameras: int, floor_z_m: float | None
) -> Markup:
    x, y = project(camera.center)
    size = 30.0 if cameras <= 6 else 19.0
    height = camera.height_m - (floor_z_m or 0.0)
    above = "above the floor" if floor_z_m is not None else "above z = 0"
    title = el("title", f"camera of image {n} ({clean(camera.id, 60)})\n{height:.2f} m {above}")
    dot = el("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=2.6)
    flat = math.hypot(*camera.heading)
    if flat < 0.15:  # It looks straight up or down: from above it has no direction.
        return el("g", title, dot, class_="camera")
    angle = math.atan2(-camera.heading[1], camera.heading[0])
    ends = [
        (x + size * math.cos(angle + turn), y + size * math.sin(angle + turn))
        for turn in (-0.48, 0.48)
    ]
    d = f"M{x:.1f} {y:.1f}" + "".join(f"L{ex:.1f} {ey:.1f}" for ex, ey in ends) + "Z"
    return el("g", title, el("path", d=d), dot, class_="camera")


def _camera_numbers(
    cameras: Sequence[tuple[int, Viewpoint]], project: Projector, placer: LabelPlacer
) -> list[Markup]:
    for _, camera in cameras:
        x, y = project(camera.center)
        placer.reserve((x - 3, y - 3, x + 3, y + 3))
    numbers = []
    font = 10.0 if len(cameras) <= 6 else 8.5
    for n, camera in cameras:
        x, y = project(camera.center)
        dx, dy = camera.heading[0], -camera.heading[1]
        reach = 19.0 if len(cameras) <= 6 else 13.0
        spots = [(x + dx * reach, y + dy * reach), (x - dx * 10, y - dy * 10)]
        spots += [(x - dy * 10, y + dx * 10), (x + dy * 10, y - dx * 10)]
        spots += [(x + dx * 1.9 * reach, y + dy * 1.9 * reach), (x, y + 11), (x, y - 11)]
        place = placer.place(spots, text_width(str(n), font), font)
        numbers.append(_text(str(n), place, "number small" if font < 10 else "number", font))
    return numbers


def _names(
    wanted: Sequence[Footprint],
    asked: Mapping[str, Highlight],
    project: Projector,
    placer: LabelPlacer,
) -> list[Markup]:
    for thing in wanted:
        x, y = project(thing.center)
        placer.reserve((x - 3, y - 3, x + 3, y + 3))
        if thing.front is not None:
            reach = _front_reach(thing, project)
            x, y = x + thing.front[0] * reach, y - thing.front[1] * reach
            placer.reserve((x - 6, y - 6, x + 6, y + 6))
    names = []
    for thing in wanted:
        label = asked[thing.id].label
        label = label if len(label) <= 30 else label[:29] + "…"
        x, y = project(thing.center)
        corners = [project(point) for point in thing.outline]
        left, right = min(c[0] for c in corners), max(c[0] for c in corners)
        top, bottom = min(c[1] for c in corners), max(c[1] for c in corners)
        width = text_width(label, FONT)
        spots = [(x, top - 8), (x, bottom + 8)]
        spots += [(right + width / 2 + 3, y), (left - width / 2 - 3, y), (x, y - 8), (x, y + 8)]
        spots += [(x + dx * width * 0.6, y + dy) for dx in (-1, 1) for dy in (-20.0, 20.0)]
        place = placer.place(spots, width, FONT + 1)
        class_ = "name right" if asked[thing.id].right else "name"
        names.append(_text(label, place, class_, FONT))
    return names


def _text(text: str, place: Point, class_: str, font: float) -> Markup:
    return el("text", text, x=f"{place[0]:.1f}", y=f"{place[1] + 0.35 * font:.1f}", class_=class_)


def _scale_bar(scale: float, height: float, is_metric: bool) -> list[Markup]:
    step = 1.0
    while step * scale < 18:
        step *= 10
    if step * scale > 250:
        step = 0.1
    x, y, length = 12.0, height - 10.0, step * scale
    ticks = f"M{x} {y - 4}V{y}H{x + length:.1f}V{y - 4}"
    label = f"{number(step)} m" if is_metric else f"{number(step)} unit (scale not metric)"
    arrow_x = WIDTH - 16
    return [
        el("path", d=ticks, class_="scale"),
        el("text", label, x=f"{x + length + 6:.1f}", y=f"{y:.1f}", class_="legend"),
        _arrow(arrow_x, y + 2, 0.0, -1.0, 18.0),
        el("text", "+y", x=arrow_x - 20, y=f"{y:.1f}", class_="legend"),
    ]
