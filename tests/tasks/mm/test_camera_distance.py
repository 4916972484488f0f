from __future__ import annotations

import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.tasks.mm.camera_distance import CameraDistance


def seen_from(build, distance_m: float):
    # The front face of the cube stands at y = distance, straight ahead of the camera.
    cube = build.object("lamp", (0, distance_m + 0.25, 1), (0.5, 0.5, 0.5), mesh=True)
    return build.scene([cube], [build.look_at((0, 0, 1), (0, 1, 1))])


def test_truth_is_the_front_face_and_doubles_with_the_scene(build):
    task, ask = CameraDistance(), Ask(("lamp",), ("f0",))
    scene = seen_from(build, 2.5)
    for other, expected in ((scene, 2.5), (build.transformed(scene, scale=2.0), 5.0)):
        ctx = build.context(other)
        fact = task.measure(ctx, ask)
        assert isinstance(fact, Fact)
        assert fact.value == pytest.approx(expected, rel=1e-3)
        build.check_texts(task, ctx, fact, number="meter", choice="meter")


@pytest.mark.parametrize(
    ("distance_m", "reason"),
    [(0.205, None), (0.19, "object is nearer than the threshold"),
     (9.9, None), (10.1, "object is farther than the threshold")],
)  # fmt: skip
def test_margins(build, distance_m, reason):
    outcome = CameraDistance().measure(
        build.context(seen_from(build, distance_m)), Ask(("lamp",), ("f0",))
    )
    assert isinstance(outcome, Fact) if reason is None else outcome == Drop(reason)


def test_proposals_are_single_pictures(build):
    ctx = build.context(seen_from(build, 2.5))
    asks = list(CameraDistance().propose(ctx, build.rng()))
    assert {a.objects for a in asks} == {("lamp",)}
    assert {a.frames for a in asks} == {("f0",)}
