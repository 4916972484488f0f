from __future__ import annotations

import numpy as np
import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.scenes import Room
from sextant.tasks.mm.room_area import RoomArea

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
