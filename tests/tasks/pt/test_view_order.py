"""pt.view_order: a walk along a corridor of boxes, and a turn on the spot."""

from __future__ import annotations

import numpy as np
import pytest

from sextant.questions.facts import Ask, Drop
from sextant.tasks.pt.view_order import ViewOrder


def unit(heading_deg):
    h = np.deg2rad(heading_deg)
    return np.array([np.cos(h), np.sin(h), 0.0])


def walk(build, places, headings=None, **more):
    """Cameras at ``places`` metres along +y, or turned by ``headings`` from +y."""
    walls = [
        build.object(f"wall_{k}", 6.0 * unit(angle) + [0, 2, 1.5], [3.4, 0.1, 3.0],
                     category="wall", yaw_deg=angle + 90)
        for k, angle in enumerate(range(0, 360, 30))
    ]  # fmt: skip
    cameras = []
    for y, turn in zip(places, headings or [0.0] * len(places), strict=True):
        eye = np.array([0.0, y, 1.5])
        cameras.append(build.look_at(eye, eye + unit(90 + turn)))
    return build.scene(walls, cameras, **more)


def measure(build, frames, *args, **kwargs):
    return ViewOrder().measure(build.context(walk(build, *args, **kwargs)), Ask((), frames))


SHUFFLED = ("f0", "f2", "f3", "f1")


def test_order_by_distance(build):
    fact = measure(build, SHUFFLED, [0.0, 0.6, 1.2, 1.8])
    assert fact.detail["order"] == [3, 1, 2]
    assert fact.detail["by"] == "distance"
    assert fact.margin == pytest.approx(0.2)


@pytest.mark.parametrize("sign", [1, -1])
def test_order_by_turn(build, sign):
    fact = measure(build, SHUFFLED, [0.0] * 4, [0, 30 * sign, 55 * sign, 85 * sign])
    assert fact.detail["order"] == [3, 1, 2]
    assert fact.detail["by"] == "turn"
    assert fact.margin == pytest.approx(0.25)


STEADY = "walk is not steady enough to tell the order"


@pytest.mark.parametrize(
    ("places", "headings", "reason"),
    [([0, 0.51, 1.02, 1.53], None, None), ([0, 0.49, 1.02, 1.53], None, STEADY),
     ([0, 0.6, 0.45, 1.2], None, STEADY), ([0] * 4, [0, 21, 42, 63], None),
     ([0] * 4, [0, 19, 42, 63], STEADY), ([0] * 4, [0, 25, 0, 25], STEADY),
     ([0] * 4, [0, 25, 160, 190], "pictures that follow each other overlap too little")],
)  # fmt: skip
def test_margins(build, places, headings, reason):
    assert getattr(measure(build, SHUFFLED, places, headings), "reason", None) == reason


def test_coming_back_between_two_pictures_is_noticed(build):
    frames = ("f0", "f1", "f3", "f4")
    assert measure(build, frames, [0, 0.6, 0.6, 1.2, 1.8]).detail["order"] == [1, 2, 3]
    assert measure(build, frames, [0, 0.6, 0.4, 1.2, 1.8]).reason == STEADY


def test_refusals(build):
    places = [0.0, 0.6, 1.2, 1.8]
    assert measure(build, ("f1", "f0", "f2", "f3"), places).reason == (
        "first picture is not the earliest"
    )
    assert measure(build, ("f0", "f2", "f1"), places).reason == "too few or too many pictures"
    untimed = measure(build, SHUFFLED, places, timestamps=False)
    assert untimed.reason == "pictures are not all of the walk"


def test_mirror_and_scale_leave_the_order(build):
    scene = walk(build, [0.0] * 4, [0, 30, 55, 85])
    for other in (build.transformed(scene, mirror=True), build.transformed(scene, scale=2.0)):
        fact = ViewOrder().measure(build.context(other), Ask((), SHUFFLED))
        assert fact.detail["order"] == [3, 1, 2]
    assert fact.detail["turned_deg"] == pytest.approx([0, 30, 55, 85])


def test_texts_and_options(build):
    task, ctx = ViewOrder(), build.context(walk(build, [0.0, 0.6, 1.2, 1.8]))
    fact = task.measure(ctx, Ask((), SHUFFLED))
    build.check_texts(task, ctx, fact, templates=12, choice="First picture: <image>")
    for draft in build.compositions(task, ctx, fact, "choice", 10):
        assert draft.text.count("<image>") == 4
        assert len(set(draft.answer.options)) == 4
        right = draft.answer.options[draft.answer.correct]
        assert right == "Picture 3, Picture 1, Picture 2"


def test_candidates(build):
    ctx = build.context(walk(build, [0.3 * k for k in range(12)]))
    task = ViewOrder()
    asks = list(task.propose(ctx, build.rng()))
    kept = [a for a in asks if not isinstance(task.measure(ctx, a), Drop)]
    assert {len(a.frames) for a in kept} == {4, 5}
    # Shuffled: the order shown says nothing.
    assert len({tuple(task.measure(ctx, a).detail["order"]) for a in kept}) > 4
