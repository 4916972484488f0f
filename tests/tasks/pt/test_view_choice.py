"""pt.view_choice: a stool to stand at, a lamp to look at, and cameras at known poses."""

from __future__ import annotations

import numpy as np
import pytest

from sextant.questions.facts import Ask, Drop
from sextant.tasks.pt.view_choice import ViewChoice

STOOL, LAMP = np.array([0.0, 0.0, 0.2]), np.array([0.0, 3.0, 0.8])
IDS = ("stool_0", "lamp_0")


def camera(build, x, y, heading_deg, z=1.5):
    h = np.deg2rad(heading_deg)
    eye = np.array([x, y, z])
    return build.look_at(eye, eye + np.array([np.cos(h), np.sin(h), -0.25]))


def views(build, right=(0.0, 0.0, 90.0), others=(), stool_m=0.4):
    """Frame 0 is an overview from the south; then the right one, and wrong ones."""
    objects = [
        build.object("stool_0", STOOL, [0.4, 0.4, stool_m], category="stool"),
        build.object("lamp_0", LAMP, [0.4, 0.4, 1.6], category="lamp"),
    ]
    default = [(2.0, 0.0, 125.0), (-2.0, 0.0, 55.0), (0.0, 0.0, 200.0)]
    poses = [(0.0, -3.0, 90.0), right, *(others or default)]
    return build.scene(objects, [camera(build, *p) for p in poses])


def ask(count=5, overviews=1):
    return Ask(IDS, tuple(f"f{k}" for k in range(count)), {"overviews": overviews})


def measure(build, right=(0.0, 0.0, 90.0), others=(), **kwargs):
    scene = views(build, right, others, **kwargs)
    return ViewChoice().measure(build.context(scene), ask(len(scene.frames)))


def test_truth(build):
    fact = measure(build, (0.1, 0.1, 93.0))
    assert fact.detail["right"] == 0
    assert fact.detail["off_m"][0] == pytest.approx(np.hypot(0.1, 0.1))
    assert fact.detail["off_deg"][0] == pytest.approx(3.0)
    assert fact.detail["off_m"][1] == pytest.approx(2.0)
    assert fact.detail["off_deg"][3] == pytest.approx(110.0)


NONE_FITS = "not exactly one picture fits the place and the direction"


@pytest.mark.parametrize(
    ("right", "reason"),
    [((0.39, 0.0, 90.0), None), ((0.41, 0.0, 90.0), NONE_FITS), ((0.0, -0.39, 90.0), None),
     ((0.0, 0.0, 104.5), None), ((0.0, 0.0, 75.5), None), ((0.0, 0.0, 105.5), NONE_FITS)],
)  # fmt: skip
def test_the_right_picture_is_near_and_turned_right(build, right, reason):
    assert getattr(measure(build, right), "reason", None) == reason


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [((1.01, 0.0, 90.0), None), ((0.99, 0.0, 90.0), NONE_FITS), ((0.1, 0.0, 136.0), None),
     ((0.1, 0.0, 134.0), NONE_FITS), ((0.1, 0.0, 92.0), NONE_FITS)],
)  # fmt: skip
def test_the_wrong_pictures_are_clearly_off(build, wrong, reason):
    fact = measure(build, others=[(2.0, 0.0, 125.0), wrong])
    assert getattr(fact, "reason", None) == reason


def test_refusals(build):
    only = measure(build, others=[(2.0, 0.0, 0.0), (0.0, 0.0, 270.0)])
    assert only.reason == "only the right picture shows what is faced"
    scene = views(build)
    turned = build.context(
        build.scene(scene.objects, [camera(build, 0, -3, 270), *(f.T_world_camera
                                                                 for f in scene.frames[1:])])
    )  # fmt: skip
    fact = ViewChoice().measure(turned, ask())
    assert isinstance(fact, Drop)
    twice = Ask(IDS, ("f0", "f1", "f1", "f2"), {"overviews": 1})
    assert ViewChoice().measure(build.context(scene), twice).reason == (
        "too few pictures to choose from"
    )
    same = Ask(("lamp_0", "lamp_0"), ask().frames, {"overviews": 1})
    assert isinstance(ViewChoice().measure(build.context(scene), same), Drop)


def test_nobody_stands_at_what_hangs_high(build):
    high = [build.object("stool_0", [0, 0, 1.2], [0.3, 0.3, 0.3], category="stool"),
            views(build).objects[0]]  # fmt: skip
    scene = build.scene(high, [f.T_world_camera for f in views(build).frames])
    assert ViewChoice().measure(build.context(scene), ask()).reason == (
        "nobody stands at something that hangs that high"
    )


def test_mirror_and_scale(build):
    scene = views(build, (0.1, 0.05, 95.0))
    mirrored = ViewChoice().measure(build.context(build.transformed(scene, mirror=True)), ask())
    assert mirrored.detail["right"] == 0
    assert mirrored.detail["off_deg"][0] == pytest.approx(5.0)
    larger = ViewChoice().measure(build.context(build.transformed(scene, scale=2.0)), ask())
    assert larger.detail["off_m"][0] == pytest.approx(2 * np.hypot(0.1, 0.05))


def test_candidates_and_texts(build):
    task, ctx = ViewChoice(), build.context(views(build))
    asks = list(task.propose(ctx, build.rng()))
    kept = [a for a in asks if not isinstance(task.measure(ctx, a), Drop)]
    assert kept
    assert all(a.objects == IDS for a in kept)
    fact = task.measure(ctx, kept[0])
    build.check_texts(task, ctx, fact, templates=12, choice="stool.*lamp|lamp.*stool")
    (draft, *_) = build.compositions(task, ctx, fact, "choice", 3)
    assert kept[0].frames[1 + draft.answer.correct] == "f1"
    assert draft.text.count("<image>") == len(kept[0].frames)
    assert draft.cues is not None
    assert len(draft.cues) == len(draft.answer.options)
