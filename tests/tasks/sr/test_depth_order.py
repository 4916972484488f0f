from __future__ import annotations

import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.tasks.sr.depth_order import DepthOrder

IDS = ("bed", "tv", "sofa")


def rows_at(build, fronts_m, **more):
    """Posts side by side whose front faces are so far ahead of the camera, nearly on its axis."""
    posts = [
        build.object(name, (0.3 * (k - 1), front + 0.1, 1.0), (0.2, 0.2, 0.4), mesh=True)
        for k, (name, front) in enumerate(zip(IDS, fronts_m, strict=True))
    ]
    return build.scene(posts, [build.look_at((0, 0, 1), (0, 1, 1))], **more)


def ask(variant):
    return Ask(IDS, ("f0",), {"variant": variant})


def test_truth_in_both_directions_and_forms(build):
    task = DepthOrder()
    scene = rows_at(build, (3.0, 4.0, 2.0))
    for other in (
        scene,
        build.transformed(scene, scale=2.0),
        build.transformed(scene, mirror=True),
    ):
        ctx = build.context(other)
        near, far = (task.measure(ctx, ask(v)) for v in ("near_to_far", "far_to_near"))
        assert (near.label, far.label) == ("sofa,bed,tv", "tv,bed,sofa")
        for fact in (near, far):
            build.check_texts(task, ctx, fact, text="commas", choice="nearest")
        assert task.compose(ctx, near, "text", build.rng()).answer.text == "sofa, bed, tv"
        choice = task.compose(ctx, far, "choice", build.rng()).answer
        assert choice.options[choice.correct] == "tv, bed, sofa"
        assert len(set(choice.options)) == 4
        assert all(sorted(o.split(", ")) == sorted(IDS) for o in choice.options)


@pytest.mark.parametrize(
    ("fronts_m", "kept"), [((3.0, 4.0, 2.65), True), ((3.0, 4.0, 2.75), False)]
)
def test_margins(build, fronts_m, kept):
    # Off the axis by 0.2 m, the nearest points are sqrt(front^2 + 0.2^2) away: 3.007 and
    # 2.658 (apart 0.349 > 0.301) or 2.757 (apart 0.25 < 0.301).
    outcome = DepthOrder().measure(build.context(rows_at(build, fronts_m)), ask("near_to_far"))
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("two objects are about equally far")


def test_proposals_are_groups_of_one_picture(build):
    ctx = build.context(rows_at(build, (3.0, 4.0, 2.0)))
    asks = list(DepthOrder().propose(ctx, build.rng()))
    assert asks
    assert all(sorted(a.objects) == sorted(IDS) and a.frames == ("f0",) for a in asks)
