"""mr.hidden_object: a vase behind a wardrobe."""

from __future__ import annotations

import numpy as np
import pytest

from sextant.questions.facts import Ask, Drop
from sextant.tasks.mr.hidden_object import HiddenObject, HiddenObjectMargins

FRAMES = ("f0", "f1")


def room(build, vase_x=0.0, second_eye=(3.5, 1.0, 1.2)):
    """Camera 1 looks along +y at the wardrobe; the vase stands 1.2 m behind it."""
    objects = [
        build.object("wardrobe_0", [0, 2.5, 1.0], [1.2, 0.5, 2.0], category="wardrobe"),
        build.object("vase_0", [vase_x, 4.0, 0.4], [0.4, 0.4, 0.8], category="vase"),
        build.object("sofa_0", [-1.9, 4.2, 0.4], [0.8, 0.8, 0.8], category="sofa"),
        build.object("clock_0", [1.9, 4.6, 0.8], [0.5, 0.5, 0.6], category="clock"),
    ]
    cameras = [
        build.look_at([0, -1.0, 1.2], [0, 4.0, 0.8]),
        build.look_at(second_eye, [-0.4, 4.1, 0.6]),
    ]
    return build.scene(objects, cameras)


ASK = Ask(("wardrobe_0", "vase_0", "sofa_0", "clock_0"), FRAMES)


def test_the_vase_is_hidden(build):
    ctx, task = build.context(room(build)), HiddenObject()
    fact = task.measure(ctx, ASK)
    assert fact.label == "vase_0"
    assert fact.detail["blocked_share"] == pytest.approx(1.0)
    (draft, *_) = build.compositions(task, ctx, fact, "choice", 3)
    assert draft.answer.options[draft.answer.correct] == "vase"
    assert draft.lean == -1
    build.check_texts(task, ctx, fact, templates=12)


def test_it_is_proposed(build):
    ctx, task = build.context(room(build)), HiddenObject()
    asks = list(task.propose(ctx, np.random.default_rng(0)))
    assert any(a.objects[:2] == ("wardrobe_0", "vase_0") and a.frames == FRAMES for a in asks)


def test_what_the_first_view_shows_is_not_hidden(build):
    fact = HiddenObject().measure(build.context(room(build, vase_x=0.9)), ASK)
    assert fact == Drop("object is not hidden within the first view")


def test_the_second_view_must_show_it(build):
    ctx = build.context(room(build, second_eye=(0.3, -1.0, 1.2)))
    assert isinstance(HiddenObject().measure(ctx, ASK), Drop)


def test_swapped_views_are_no_question(build):
    ctx = build.context(room(build))
    assert isinstance(HiddenObject().measure(ctx, Ask(ASK.objects, FRAMES[::-1])), Drop)


def test_a_wrong_option_must_not_be_behind_it_too(build):
    scene = room(build)
    second = build.object("stool_0", [0.2, 4.8, 0.3], [0.3, 0.3, 0.5], category="stool")
    cameras = [f.T_world_camera for f in scene.frames]
    ctx = build.context(build.scene([*scene.objects, second], cameras))
    fact = HiddenObject().measure(ctx, Ask((*ASK.objects[:3], "stool_0"), FRAMES))
    assert isinstance(fact, Drop)


@pytest.mark.parametrize(("ratio", "kept"), [(1.4, True), (1.3, False)])
def test_wrong_options_are_of_about_the_same_size(build, ratio, kept):
    # The vase's longest side is 0.8 m, the clock's 0.6 m.
    task = HiddenObject(HiddenObjectMargins(max_size_ratio=ratio))
    fact = task.measure(build.context(room(build)), ASK)
    assert (fact == Drop("a wrong option is of quite another size")) is not kept
