"""pt.point_correspondence and pt.object_correspondence: boxes seen from two places."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sextant.geometry.boxes import OrientedBox
from sextant.questions.facts import Ask, Drop
from sextant.questions.pictures import FramePicture
from sextant.tasks.pt.object_correspondence import ObjectCorrespondence
from sextant.tasks.pt.point_correspondence import PointCorrespondence
from sextant.visibility.samples import box_mesh

PAIR = ("f0", "f1")
FOCAL, CENTER = 120.0, (80.0, 60.0)


def two_views(build):
    """Four boxes about 3 m ahead along +y, seen from x = -0.4 and x = +0.6."""
    spots = {"chair_0": (-1.1, 1.2), "chair_1": (-0.3, 1.7), "sofa_0": (0.5, 1.2),
             "vase_0": (1.2, 1.8)}  # fmt: skip
    objects = [
        build.object(name, [x, 3.0, z], [0.5, 0.5, 0.5], category=name[:-2])
        for name, (x, z) in spots.items()
    ]
    # A wall behind them that belongs to no object: its places differ from 10 cm apart on.
    wall = box_mesh(OrientedBox.axis_aligned([-4.0, 4.0, -1.0], [4.0, 4.1, 4.0]))
    eyes = [(-0.4, 0.0, 1.5), (0.6, 0.0, 1.5)]
    cameras = [build.look_at(e, [0.0, 3.0, 1.5]) for e in eyes]
    return build.scene(objects, cameras, shell=wall)


def test_proposed_points_are_the_same_place_by_hand(build):
    """Reproject every proposed point with plain arithmetic and look where it lands."""
    ctx, task = build.context(two_views(build)), PointCorrespondence()
    asks = list(task.propose(ctx, np.random.default_rng(0)))
    facts = [task.measure(ctx, a) for a in asks]
    kept = [f for f in facts if not isinstance(f, Drop)]
    assert len(kept) >= 2
    for fact in kept:
        first, second = (ctx.frame(f) for f in fact.ask.frames)
        u, v = fact.ask.detail["point"]
        z = float(first.read_depth()[int(v), int(u)])
        inside = np.array([(u - CENTER[0]) / FOCAL * z, (v - CENTER[1]) / FOCAL * z, z, 1.0])
        x, y, z2, _ = np.linalg.inv(second.T_world_camera) @ first.T_world_camera @ inside
        there = np.array([x / z2 * FOCAL + CENTER[0], y / z2 * FOCAL + CENTER[1]])
        right = np.array(fact.ask.detail["candidates"][fact.detail["right"]])
        assert np.abs(there - right).max() <= 0.5 + 1e-9
        ids = second.read_instances()
        mine = ids[int(right[1]), int(right[0])]
        for k, (a, b) in enumerate(fact.ask.detail["candidates"]):
            if k != fact.detail["right"]:
                assert ids[int(b), int(a)] != mine or mine == 0
                assert np.hypot(a - right[0], b - right[1]) >= 0.05 * 160


def test_a_moved_point_is_noticed(build):
    ctx, task = build.context(two_views(build)), PointCorrespondence()
    ask = next(iter(task.propose(ctx, np.random.default_rng(0))))
    point = ask.detail["point"]
    moved = {**ask.detail, "point": [point[0] + 3, point[1]]}
    assert isinstance(task.measure(ctx, dataclasses.replace(ask, detail=moved)), Drop)


def test_marks_are_drawn_and_the_right_option_is_the_right_point(build):
    ctx, task = build.context(two_views(build)), PointCorrespondence()
    ask = next(iter(task.propose(ctx, np.random.default_rng(0))))
    fact = task.measure(ctx, ask)
    (draft, *_) = build.compositions(task, ctx, fact, "choice", 5)
    one, two = draft.pictures
    assert isinstance(one, FramePicture)
    assert [m.letter for m in one.marks] == ["P"]
    assert [m.letter for m in two.marks] == list("QRST")
    said = draft.answer.options[draft.answer.correct]
    mark = next(m for m in two.marks if f"point {m.letter}" == said)
    assert list(mark.dot) == fact.ask.detail["candidates"][fact.detail["right"]]
    build.check_texts(task, ctx, fact)


def test_object_is_the_same_instance_and_namesakes_are_offered(build):
    ctx, task = build.context(two_views(build)), ObjectCorrespondence()
    ask = Ask(("chair_0", "chair_1", "sofa_0", "vase_0"), PAIR)
    fact = task.measure(ctx, ask)
    assert fact.detail["namesakes"] == 1
    (draft, *_) = build.compositions(task, ctx, fact, "choice", 5)
    said = draft.answer.options[draft.answer.correct]
    second = draft.pictures[1]
    mark = next(m for m in second.marks if f"object {m.letter}" == said)
    # The box of chair_0 in the second picture, from its corners by hand.
    T = np.linalg.inv(ctx.frame("f1").T_world_camera)
    corners = ctx.object("chair_0").box.corners @ T[:3, :3].T + T[:3, 3]
    u = corners[:, 0] / corners[:, 2] * FOCAL + CENTER[0]
    assert mark.box[0] == pytest.approx(u.min(), abs=1.5)
    assert mark.box[2] == pytest.approx(u.max(), abs=1.5)
    build.check_texts(task, ctx, fact)


def test_namesakes_come_first(build):
    ctx, task = build.context(two_views(build)), ObjectCorrespondence()
    asks = list(task.propose(ctx, np.random.default_rng(1)))
    assert asks
    for ask in asks:
        if ask.objects[0].startswith("chair"):
            assert ask.objects[1].startswith("chair")


def test_views_that_hardly_differ_are_dropped(build):
    scene = two_views(build)
    same = build.scene(scene.objects, [scene.frames[0].T_world_camera] * 2)
    ask = Ask(("chair_0", "chair_1", "sofa_0", "vase_0"), PAIR)
    fact = ObjectCorrespondence().measure(build.context(same), ask)
    assert fact.reason == "views are too alike"
