from __future__ import annotations

import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.tasks.sr.camera_proximity import CameraProximity

IDS = ("bed", "tv", "sofa")


def rows_at(build, fronts_m):
    """Posts whose front faces are so far ahead, centred 0.8 m left, on, and right of the axis."""
    posts = [
        build.object(name, (0.8 * (k - 1), front + 0.1, 1.0), (0.4, 0.2, 0.8), mesh=True)
        for k, (name, front) in enumerate(zip(IDS, fronts_m, strict=True))
    ]
    return build.scene(posts, [build.look_at((0, 0, 1), (0, 1, 1))])


def ask(variant, **detail):
    objects = () if detail else IDS
    return Ask(objects, ("f0",), {"variant": variant, **detail})


@pytest.mark.parametrize(("variant", "label"), [("nearest", "sofa"), ("farthest", "tv")])
def test_truth_of_objects(build, variant, label):
    task = CameraProximity()
    scene = rows_at(build, (3.0, 4.0, 2.0))
    for other in (
        scene, build.transformed(scene, mirror=True), build.transformed(scene, scale=2.0)
    ):  # fmt: skip
        ctx = build.context(other)
        fact = task.measure(ctx, ask(variant))
        assert fact.label == label
        build.check_texts(task, ctx, fact)
        choice = task.compose(ctx, fact, "choice", build.rng()).answer
        assert choice.options[choice.correct] == label


# The posts' inner edges are 0.6 m off the axis: 3 m ahead that is 3.059 m from the camera, so the
# middle one needs to be 0.306 m nearer.
@pytest.mark.parametrize(("middle_m", "kept"), [(2.74, True), (2.77, False)])
def test_margin(build, middle_m, kept):
    outcome = CameraProximity().measure(
        build.context(rows_at(build, (3.0, middle_m, 3.5))), ask("nearest")
    )
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("two options are about equally far")


def test_truth_and_margins_of_points(build):
    task, ctx = CameraProximity(), build.context(rows_at(build, (3.0, 4.0, 2.0)))
    # Columns of the posts' middles: 80 - 120 * 0.8 / 3 = 48, 80, and 80 + 120 * 0.8 / 2 = 128.
    points = [[48.5, 60.5], [80.5, 60.5], [128.5, 60.5]]
    near, far = (task.measure(ctx, ask(v, points=points)) for v in ("nearest", "farthest"))
    assert (near.label, far.label) == ("R", "Q")
    for fact in (near, far):
        build.check_texts(task, ctx, fact)
    draft = task.compose(ctx, near, "choice", build.rng())
    assert draft.answer.options == ("point P", "point Q", "point R")
    assert [m.letter for m in draft.pictures[0].marks] == ["P", "Q", "R"]
    close = task.measure(ctx, ask("nearest", points=[[80.5, 52.5], [80.5, 64.5], points[2]]))
    assert close == Drop("marks are too close together")
    equal = task.measure(ctx, ask("nearest", points=[[80.5, 52.5], [80.5, 65.5]]))
    assert equal == Drop("two options are about equally far")


def test_proposals_hold_objects_and_points(build):
    ctx = build.context(rows_at(build, (3.0, 4.0, 2.0)))
    asks = list(CameraProximity().propose(ctx, build.rng()))
    assert any(a.objects for a in asks)
    bare = ctx.scene.__class__("bare", "test", "train", "CC0", frames=ctx.scene.frames)
    asks = [
        a for k in range(9) for a in CameraProximity().propose(build.context(bare), build.rng(k))
    ]
    assert asks
    assert not any(a.objects for a in asks)
