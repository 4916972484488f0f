"""mm.point_depth and mm.point_distance on a wall and a post before the camera."""

from __future__ import annotations

import math

import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.tasks.mm.point_depth import PointDepth
from sextant.tasks.mm.point_distance import PointDistance

# Pictures are 160 x 120 px with 120 px focal length and the centre at (80, 60). The wall's face
# stands 4 m ahead of the camera; the post's face, 0.4 m wide, 2 m ahead.


def scene_of(build, second_eye=(1.0, 0, 1), **more):
    wall = build.object("wall", (0, 4.1, 1), (10, 0.2, 10))
    post = build.object("post", (0, 2.1, 1), (0.4, 0.2, 6))
    eyes = [build.look_at((0, 0, 1), (0, 1, 1)),
            build.look_at(second_eye, (second_eye[0], 1, 1))]  # fmt: skip
    return build.scene([wall, post], eyes, **more)


def depth_ask(u, v):
    return Ask((), ("f0",), {"u": u, "v": v})


def test_depth_is_along_the_axis_and_doubles_with_the_scene(build):
    task = PointDepth()
    scene = scene_of(build)
    for other, factor in ((scene, 1), (build.transformed(scene, scale=2.0), 2)):
        ctx = build.context(other)
        fact = task.measure(ctx, depth_ask(130.5, 60.5))
        assert fact.value == pytest.approx(4.0 * factor, rel=1e-6)
        # 50.5 px off the centre and half a pixel down.
        ray = 4.0 * factor * math.sqrt(1 + (50.5 / 120) ** 2 + (0.5 / 120) ** 2)
        assert fact.detail["ray_m"] == pytest.approx(ray, rel=1e-6)
        assert task.measure(ctx, depth_ask(80.5, 60.5)).value == pytest.approx(2.0 * factor)
        build.check_texts(task, ctx, fact, number="meter", choice="meter")
        mark = task.compose(ctx, fact, "number", build.rng()).pictures[0].marks[0]
        assert (mark.letter, mark.dot) == ("P", (130.5, 60.5))


@pytest.mark.parametrize(
    ("u", "v", "reason"),
    [(8.5, 60.5, None), (7.5, 60.5, "point is too near the border of the picture"),
     (130.5, 6.5, None), (130.5, 5.5, "point is too near the border of the picture"),
     (151.5, 60.5, None), (152.5, 60.5, "point is too near the border of the picture"),
     # The post ends at 80 + 120 * 0.2 / 2 = 92 px: a patch of 5 pixels is clear of it from 94.5 on.
     (94.5, 60.5, None), (93.5, 60.5, "surface around the point is not flat")],
)  # fmt: skip
def test_depth_margins(build, u, v, reason):
    outcome = PointDepth().measure(build.context(scene_of(build)), depth_ask(u, v))
    assert isinstance(outcome, Fact) if reason is None else outcome == Drop(reason)


# A wall turned by the angle t about the vertical: its depth changes by tan(t) per metre sideways,
# which over 4 pixels is 4 / 120 * tan(t) of the depth.
@pytest.mark.parametrize(("share", "kept"), [(0.0195, True), (0.0205, False)])
def test_depth_spread_is_the_slope_of_the_surface(build, share, kept):
    angle = math.degrees(math.atan(share * 120 / 4))
    wall = build.object("wall", (0, 4, 1), (8, 0.01, 8), yaw_deg=angle)
    ctx = build.context(build.scene([wall], [build.look_at((0, 0, 1), (0, 1, 1))]))
    outcome = PointDepth().measure(ctx, depth_ask(80.5, 60.5))
    assert isinstance(outcome, Fact) == kept


def test_distance_in_one_picture(build):
    task = PointDistance()
    scene = scene_of(build)
    ask = Ask((), ("f0",), {"points": [[80.5, 60.5], [130.5, 60.5]]})
    # Half a pixel right at 2 m, and 50.5 px right at 4 m; the same half pixel down at both.
    across = 50.5 / 120 * 4 - 0.5 / 120 * 2
    expected = math.sqrt(across**2 + 2.0**2 + (0.5 / 120 * 2) ** 2)
    for other, factor in ((scene, 1), (build.transformed(scene, scale=2.0), 2)):
        ctx = build.context(other)
        fact = task.measure(ctx, ask)
        assert fact.value == pytest.approx(expected * factor, rel=1e-6)
        build.check_texts(task, ctx, fact, number="meter", choice="meter")


def test_distance_between_two_pictures(build):
    task, ctx = PointDistance(), build.context(scene_of(build))
    # The second camera stands 1 m to the right. Both pixels are 50.5 px right of the centre, on the
    # wall: the points are 1 m apart.
    ask = Ask((), ("f0", "f1"), {"points": [[130.5, 60.5], [130.5, 60.5]]})
    fact = task.measure(ctx, ask)
    assert fact.value == pytest.approx(1.0, rel=1e-6)
    build.check_texts(task, ctx, fact, number="meter")
    draft = task.compose(ctx, fact, "number", build.rng())
    assert [(p.frame_id, p.marks[0].letter) for p in draft.pictures] == [("f0", "P"), ("f1", "Q")]


# On the wall n pixels are n / 30 m: six are 0.2 m.
@pytest.mark.parametrize(("pixels", "kept"), [(7, True), (5, False)])
def test_distance_margin(build, pixels, kept):
    ask = Ask((), ("f0",), {"points": [[120.5, 60.5], [120.5 + pixels, 60.5]]})
    outcome = PointDistance().measure(build.context(scene_of(build)), ask)
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("points are closer than the threshold")


@pytest.mark.parametrize("family", [PointDepth, PointDistance])
def test_proposals_can_be_measured_where_there_is_depth_and_no_object(build, family):
    scene = scene_of(build)
    bare = type(scene)("bare", "test", "train", "CC0", frames=scene.frames)
    ctx, task = build.context(bare), family()
    assert task.missing(bare) == ()
    asks = list(task.propose(ctx, build.rng(3)))
    assert asks
    good = [a for a in asks if isinstance(task.measure(ctx, a), Fact)]
    assert good
    assert {len(a.frames) for a in asks} == ({1} if family is PointDepth else {1, 2})
