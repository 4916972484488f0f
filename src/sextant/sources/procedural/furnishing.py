"""What stands in which room: one program per kind of room."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator

from sextant.sources.procedural.dressing import (
    ceiling_lamps,
    floor_things,
    on_walls,
    openings,
    small_things,
)
from sextant.sources.procedural.layout import Layout
from sextant.sources.procedural.placed import WALL_GAP_M, facing_wall, rectangle
from sextant.sources.procedural.rooms import EmptyRoom


def furnish(room: EmptyRoom, rng: Generator) -> Layout:
    """Furnish an empty room."""
    layout = Layout(room, rng)
    openings(layout)
    programs = {
        "living room": _living,
        "bedroom": _bedroom,
        "kitchen": _kitchen,
        "office": _office,
        "bathroom": _bathroom,
        "studio": _studio,
    }
    programs[room.kind](layout)
    on_walls(layout)
    ceiling_lamps(layout)
    floor_things(layout)
    small_things(layout)
    return layout


def _living(layout: Layout) -> None:
    rng = layout.rng
    sofa = layout.at_wall("sofa", front_m=1.0)
    if sofa is not None:
        _sitting_group(layout, sofa)
    for _ in range(int(rng.integers(1, 3))):
        layout.at_wall("bookshelf", front_m=0.35)
    if rng.random() < 0.7:
        layout.at_wall("armchair", front_m=0.4)
    if float(np.ptp(layout.room.outline, axis=0).prod()) > 22.0:
        _dining(layout)
    if rng.random() < 0.3:
        layout.at_wall("piano", front_m=0.6)
    if rng.random() < 0.5:
        layout.at_wall("dresser", front_m=0.4)


def _sitting_group(layout: Layout, sofa: int) -> None:
    rng = layout.rng
    rug = layout.in_front(sofa, "rug", 0.12, False) if rng.random() < 0.7 else None
    if rug is not None:
        table = layout.on_rug(rug, "coffee table", sofa)
    else:
        table = layout.in_front(sofa, "coffee table", float(rng.uniform(0.35, 0.5)), False)
    for side in (-1, 1):
        if rng.random() < 0.5:
            layout.beside(sofa, "side table" if rng.random() < 0.6 else "floor lamp", side, 0.06)
    anchor = table if table is not None else sofa
    p = layout.items[anchor]
    category, model = layout.make("tv stand")
    # The television stands against the wall the sofa looks at, as nearly opposite as may be.
    spot = facing_wall(layout.edges, layout.items[sofa], model)
    stand = None
    if spot is not None:
        stand = layout.put(category, model, *spot)
    if stand is None:
        stand = layout.at_wall((category, model), front_m=0.5)
    if stand is not None:
        layout.on_top(stand, "tv", 0.0, (0.0, 0.2))
        q = layout.items[stand]
        x, y = q.point(0.0, -0.6)
        layout.keep_free(rectangle(x, y, 1.2, 0.5, q.yaw_rad), stand)
    if rng.random() < 0.6:
        side = -1 if rng.random() < 0.5 else 1
        x = side * (float(p.model.size_m[0]) / 2 + 0.85)
        category, model = layout.make("armchair")
        spot_xy = p.point(x, -0.1)
        layout.put(category, model, *spot_xy, p.yaw_rad - side * (math.pi / 2 - 0.35))


def _dining(layout: Layout) -> None:
    rng = layout.rng
    table = layout.on_floor("dining table", tries=60, aligned=True)
    if table is None:
        return
    p = layout.items[table]
    w, d = float(p.model.size_m[0]), float(p.model.size_m[1])
    round_top = abs(w - d) < 0.01
    seats: list[tuple[float, float, float]] = []
    if round_top:
        count = int(rng.integers(2, 5))
        start = float(rng.uniform(0, math.pi / 2))
        for i in range(count):
            a = start + 2 * math.pi * i / count
            reach = w / 2 + 0.31 + 0.2 * abs(math.sin(2 * (a)))
            seats.append((reach * math.cos(a), reach * math.sin(a), a - math.pi / 2))
    else:
        per_side = 2 if w > 1.3 else 1
        for i in range(per_side):
            x = 0.0 if per_side == 1 else (-0.25 + 0.5 * i) * w
            seats += [(x, -d / 2 - 0.3, math.pi), (x, d / 2 + 0.3, 0.0)]
        if rng.random() < 0.5:
            seats += [(-w / 2 - 0.3, 0.0, math.pi / 2), (w / 2 + 0.3, 0.0, -math.pi / 2)]
    state = rng.bit_generator.state
    for x, y, yaw in seats:
        after = rng.bit_generator.state
        rng.bit_generator.state = state
        category, model = layout.make("chair")
        rng.bit_generator.state = after
        turned = yaw + float(rng.normal(0, 0.06))
        layout.put(category, model, *p.point(x, y), p.yaw_rad + turned, margin_m=0.002)


def _bedroom(layout: Layout) -> None:
    rng = layout.rng
    bed = layout.at_wall("bed", front_m=0.5, tries=80)
    if bed is not None:
        state = rng.bit_generator.state
        for side in (-1, 1):
            rng.bit_generator.state = state
            stand = layout.beside(bed, "nightstand", side, 0.05)
            if stand is not None and (side > 0 or rng.random() < 0.8):
                layout.on_top(stand, "table lamp", None, (0.0, 0.6))
        if rng.random() < 0.5:
            layout.in_front(bed, "rug" if rng.random() < 0.6 else "bench", 0.06, False)
    layout.at_wall("wardrobe", front_m=0.6)
    if rng.random() < 0.75:
        layout.at_wall("dresser", front_m=0.45)
    if rng.random() < 0.55:
        _workplace(layout)
    if rng.random() < 0.4:
        layout.at_wall("armchair", front_m=0.3)
    if rng.random() < 0.5:
        layout.at_wall("bookshelf", front_m=0.35)


def _workplace(layout: Layout) -> None:
    rng = layout.rng
    desk = layout.at_wall("desk", front_m=0.85)
    if desk is None:
        return
    p = layout.items[desk]
    category, model = layout.make("office chair" if rng.random() < 0.85 else "chair")
    x, y = p.point(float(rng.uniform(-0.1, 0.1)), -float(p.model.size_m[1]) / 2 - 0.42)
    layout.put(
        category, model, x, y, p.yaw_rad + math.pi + float(rng.normal(0, 0.15)), guest_of=desk
    )
    if rng.random() < 0.65:
        screens = 2 if float(p.model.size_m[0]) > 1.4 and rng.random() < 0.5 else 1
        for i in range(screens):
            layout.on_top(desk, "monitor", 0.0, (0.0 if screens == 1 else -0.75 + 1.5 * i, 0.7))
        layout.on_top(desk, "keyboard", 0.0, (0.0, -0.5))
        layout.on_top(desk, "computer mouse", 0.0, (0.48, -0.5))
    else:
        layout.on_top(desk, "laptop", 0.0, (0.0, -0.1))
    if rng.random() < 0.5:
        layout.on_top(desk, "table lamp", None, (-0.95, 0.8))


def _office(layout: Layout) -> None:
    rng = layout.rng
    for _ in range(int(rng.integers(1, 4))):
        _workplace(layout)
    for _ in range(int(rng.integers(1, 3))):
        layout.at_wall("bookshelf", front_m=0.4)
    if rng.random() < 0.6:
        stand = layout.at_wall("dresser", front_m=0.4)
        if stand is not None:
            layout.on_top(stand, "printer", 0.0)
    if rng.random() < 0.5:
        layout.at_wall("sofa" if rng.random() < 0.4 else "armchair", front_m=0.5)
    if rng.random() < 0.4:
        _dining(layout)


def _kitchen(layout: Layout) -> None:
    rng = layout.rng
    _kitchen_row(layout)
    _dining(layout)
    if rng.random() < 0.4:
        layout.at_wall("washing machine", front_m=0.6)
    if rng.random() < 0.35:
        layout.at_wall("bench", front_m=0.3)
    if rng.random() < 0.4:
        layout.at_wall("bookshelf", front_m=0.35)


def _kitchen_row(layout: Layout) -> None:
    # Units side by side along one wall: the first finds its place, the others follow to the right.
    rng = layout.rng
    order = ["kitchen sink", "kitchen cabinet", "stove", "kitchen cabinet", "refrigerator"]
    if rng.random() < 0.5:
        order = order[::-1]
    start = layout.at_wall("kitchen sink", front_m=0.8, tries=80)
    if start is None:
        return
    rest = [n for n in order if n != "kitchen sink"]
    ends = {-1: start, 1: start}
    for name in rest:
        first = -1 if rng.random() < 0.5 else 1
        for side in (first, -first):
            index = layout.beside(ends[side], name, side, 0.012)
            if index is not None:
                ends[side] = index
                break
        else:
            layout.at_wall(name, front_m=0.7)


def _bathroom(layout: Layout) -> None:
    rng = layout.rng
    if rng.random() < 0.85:
        layout.at_wall("bathtub", front_m=0.4, tries=80)
    layout.at_wall("toilet", front_m=0.5, tries=80)
    sink = layout.at_wall("bathroom sink", front_m=0.6, tries=80)
    if sink is not None:
        p = layout.items[sink]
        category, model = layout.make("mirror")
        y = float(p.model.size_m[1] - model.size_m[1]) / 2 + WALL_GAP_M
        layout.put(category, model, *p.point(0.0, y), p.yaw_rad, 1.2, "wall", margin_m=0.0)
    if rng.random() < 0.7:
        layout.at_wall("washing machine", front_m=0.5)
    for _ in range(int(rng.integers(1, 4))):
        layout.at_wall("towel", z=float(rng.uniform(0.95, 1.1)), gap_m=0.0)


def _studio(layout: Layout) -> None:
    rng = layout.rng
    _kitchen_row(layout)
    sofa = layout.at_wall("sofa", front_m=1.0)
    if sofa is not None:
        _sitting_group(layout, sofa)
    bed = layout.at_wall("bed", front_m=0.4)
    if bed is not None:
        layout.beside(bed, "nightstand", 1 if rng.random() < 0.5 else -1, 0.05)
    _dining(layout)
    if rng.random() < 0.5:
        _workplace(layout)
    layout.at_wall("wardrobe" if rng.random() < 0.5 else "bookshelf", front_m=0.5)
