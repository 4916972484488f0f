from __future__ import annotations

import numpy as np
import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.scenes import Camera, Mesh, Room
from sextant.tasks.mm.room_area import RoomArea, RoomAreaMargins

# 5 m by 4 m less a corner of 2 m by 1 m.
L_SHAPE = np.array([[0, 0], [5, 0], [5, 3], [3, 3], [3, 4], [0, 4]], dtype=np.float64)


def measured(build, room, **more):
    scene = build.scene([build.object("bed", (1, 1, 0.3), (1, 1, 0.6))], room=room, **more)
    ctx = build.context(scene)
    return scene, ctx, RoomArea().measure(ctx, Ask())


def test_truth_of_an_outline_is_fourfold_at_double_size(build):
    scene, ctx, fact = measured(build, Room(floor_polygon=L_SHAPE))
    assert fact.value == pytest.approx(18.0)
    build.check_texts(RoomArea(), ctx, fact, number="square meter|floor")
    for mirror, scale, expected in ((False, 2.0, 72.0), (True, 1.0, 18.0)):
        ctx = build.context(build.transformed(scene, mirror=mirror, scale=scale))
        assert RoomArea().measure(ctx, Ask()).value == pytest.approx(expected)


def test_stated_area_comes_first(build):
    _, ctx, fact = measured(build, Room(L_SHAPE, None, 17.5, "bedroom"))
    assert fact.value == 17.5
    texts = {d.text for d in build.compositions(RoomArea(), ctx, fact, "number")}
    assert all("bedroom" in t for t in texts)


@pytest.mark.parametrize(("area_m2", "kept"), [(1.01, True), (0.99, False)])
def test_margin(build, area_m2, kept):
    _, _, outcome = measured(build, Room(area_m2=area_m2))
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("floor area is not that of a room")


def test_only_the_whole_walk_shows_the_room(build):
    bed = build.object("bed", (1, 1, 0.3), (1, 1, 0.6))
    eyes = [build.look_at((x, -3, 1), (1, 1, 0.5)) for x in (0, 1, 2, 3)]
    ctx = build.context(build.scene([bed], eyes, room=Room(area_m2=20.0)))
    whole = ("f0", "f1", "f2", "f3")
    assert [a.frames for a in RoomArea().propose(ctx, build.rng())] == [whole]
    assert isinstance(RoomArea().measure(ctx, Ask((), whole)), Fact)
    assert RoomArea().measure(ctx, Ask((), whole[:3])) == Drop("frames are not the whole walk")


def shell_of(outline, floor_z_m, height_m=2.5):
    """Floor and walls over a counterclockwise outline; a star about its first corner."""
    n = len(outline)
    low = np.column_stack([outline, np.full(n, floor_z_m)])
    corners = np.concatenate([low, low + np.array([0, 0, height_m])])
    floor = [[0, k, k + 1] for k in range(1, n - 1)]
    walls = [[k, (k + 1) % n, n + k] for k in range(n)]
    walls += [[(k + 1) % n, n + (k + 1) % n, n + k] for k in range(n)]
    return Mesh(corners, np.array(floor + walls))


def walked(build, outline, spots, floor_z_m=-0.5, scale=1.0, room=None):
    """Twelve pictures that look around and down from each spot in turn."""
    shell = shell_of(np.asarray(outline, dtype=np.float64) * scale, floor_z_m * scale)
    eyes = []
    for k in range(12):
        x, y = spots[k % len(spots)]
        angle = 2 * np.pi * k / 12
        eye = np.array([x, y, floor_z_m + 1.6])
        target = eye + np.array([np.cos(angle), np.sin(angle), -0.55])
        eyes.append(build.look_at(eye * scale, target * scale))
    lens = Camera(320, 240, 160.0, 160.0, 160.0, 120.0)
    scene = build.scene(
        (), eyes, shell=shell, camera=lens, room=room or Room(floor_z_m=floor_z_m * scale)
    )
    return scene, build.context(scene)


RECTANGLE = [[0, 0], [4, 0], [4, 3], [0, 3]]
SPOTS = ((1, 0.8), (3, 2.2))


@pytest.mark.parametrize(("scale", "expected"), [(1.0, 12.0), (1.5, 27.0)])
def test_floor_that_the_walk_shows_is_measured(build, scale, expected):
    scene, ctx = walked(build, RECTANGLE, SPOTS, scale=scale)
    assert RoomArea().missing(scene) == ()
    (ask,) = RoomArea().propose(ctx, build.rng())
    fact = RoomArea().measure(ctx, ask)
    assert isinstance(fact, Fact)
    assert fact.geometry == "points"
    assert fact.value == pytest.approx(expected, rel=0.03)
    assert 0 < fact.margin <= 1
    build.check_texts(RoomArea(), ctx, fact, 12)
    again = RoomArea().measure(build.context(scene), ask)
    assert again == fact


def test_part_of_a_floor_is_refused(build):
    # The hall is 12 m long; from one end of it the far end is out of the depth's reach.
    _, ctx = walked(build, [[0, 0], [12, 0], [12, 3], [0, 3]], ((1, 0.8), (2, 2.2)))
    refused = RoomArea().measure(ctx, Ask((), ctx.videos[0]))
    assert refused == Drop("the pictures show only a part of the floor")


def test_floor_is_not_guessed_without_depth_or_floor_height(build):
    scene, ctx = walked(build, RECTANGLE, SPOTS, room=Room(kind="hall"))
    assert RoomArea().missing(scene) == ("room",)
    refused = RoomArea().measure(ctx, Ask((), ctx.videos[0]))
    assert refused == Drop("floor area is not known")


@pytest.mark.parametrize(("margin", "kept"), [(-0.01, True), (0.01, False)])
@pytest.mark.parametrize("name", ["filled", "walled"])
def test_margins_of_a_seen_floor(build, margin, kept, name):
    _, ctx = walked(build, RECTANGLE, SPOTS)
    whole = ctx.videos[0]
    found = RoomArea().measure(ctx, Ask((), whole)).detail[name]
    limits = {"min_filled": 0.5, "min_walled": 0.5, f"min_{name}": found + margin}
    task = RoomArea(RoomAreaMargins.model_construct(**limits))
    assert isinstance(task.measure(ctx, Ask((), whole)), Fact) == kept
