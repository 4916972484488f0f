"""cr.rearrangement: two captures of a room in which a box went from left to right."""

from __future__ import annotations

import json

import pytest

from sextant.errors import InputError
from sextant.questions.answers import Choice, Text
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop
from sextant.questions.pictures import FramePicture
from sextant.questions.recipe import GenerateRecipe
from sextant.tasks.cr._captures import is_movable
from sextant.tasks.cr.rearrangement import Rearrangement

STILL = {"vase": (-0.4, 3.0), "stool": (0.5, 3.2), "suitcase": (0.1, 2.5)}


def capture(build, box_x, *, prefix="", small=1.0, still=None, **more):
    objects = [
        build.object(f"{prefix}{n}_0", [x, y, 0.2], [0.3, 0.3, 0.4], category=n)
        for n, (x, y) in (still or STILL).items()
    ]
    size = [0.3 * small, 0.3 * small, 0.3 * small]
    objects.append(build.object(f"{prefix}box_0", [box_x, 3.0, 0.15], size, category="box"))
    cameras = [build.look_at([x, 0, 1.5], [0, 3, 0.2]) for x in (-0.4, 0.0, 0.4)]
    return build.scene(objects, cameras, **more)


def captures(build, way_m=2.0, **before):
    then = capture(build, -1.0, prefix="old_", id="before", **before)
    pairs = {o.id.removeprefix("old_"): o.id for o in then.objects}
    now = capture(build, -1.0 + way_m, rescan_of="before", rescan_objects=pairs)
    return SceneContext(now, GenerateRecipe(), 0, {"before": then}.__getitem__)


def ask(first="box_0", *others, frames=("f0", "f2"), before=("f1", "f2")):
    others = others or ("vase_0", "stool_0", "suitcase_0")
    return Ask((first, *others), frames, {"before_frames": list(before)})


def test_the_box_went_two_metres(build):
    fact = Rearrangement().measure(captures(build), ask())
    assert fact.label == "box_0"
    assert fact.detail["moved_m"] == pytest.approx([2.0, 0, 0, 0])
    assert fact.detail["alone"]


@pytest.mark.parametrize(("way_m", "kept"), [(0.29, False), (0.31, True)])
def test_how_far_it_must_have_gone(build, way_m, kept):
    assert isinstance(Rearrangement().measure(captures(build, way_m), ask()), Drop) is not kept


@pytest.mark.parametrize(("shift_m", "kept"), [(0.04, True), (0.06, False)])
def test_the_others_stayed(build, shift_m, kept):
    ctx = captures(build, still={**STILL, "vase": (-0.4 + shift_m, 3.0)})
    assert isinstance(Rearrangement().measure(ctx, ask()), Drop) is not kept


def test_another_moved_thing_leaves_only_the_choice(build):
    ctx = captures(build, still={**STILL, "vase": (-0.4, 3.8)})
    task = Rearrangement()
    fact = task.measure(ctx, ask("box_0", "stool_0", "suitcase_0"))
    assert not fact.detail["alone"]
    assert isinstance(task.compose(ctx, fact, "text", build.rng()).answer, Choice)


def test_an_object_must_be_in_both_captures(build):
    still = {k: v for k, v in STILL.items() if k != "vase"}
    fact = Rearrangement().measure(captures(build, still=still), ask())
    assert fact.reason == "object is not in both captures"


def test_what_moved_must_be_large_enough(build):
    # At 3.3 m and a focal length of 120 a side of 0.06 m is 2.2 pixels wide: below 0.2 % of 19,200.
    fact = Rearrangement().measure(captures(build, small=0.2), ask())
    assert isinstance(fact, Drop)


@pytest.mark.parametrize("scale", [2.0])
def test_scale_doubles_the_way(build, scale):
    ctx = captures(build)
    then = build.transformed(ctx.before.scene, scale=scale, id="before")
    now = build.transformed(
        ctx.scene, scale=scale, rescan_of="before", rescan_objects=ctx.scene.rescan_objects
    )
    larger = SceneContext(now, GenerateRecipe(), 0, {"before": then}.__getitem__)
    assert Rearrangement().measure(larger, ask()).detail["moved_m"][0] == pytest.approx(4.0)


def test_without_an_earlier_capture_nothing_is_asked(build):
    def gone(scene_id):
        raise InputError("no such scene", where=scene_id)

    task = Rearrangement()
    for opener in (None, gone):
        ctx = SceneContext(captures(build).scene, GenerateRecipe(), 0, opener)
        assert list(task.propose(ctx, build.rng())) == []
        assert task.measure(ctx, ask()).reason == "earlier capture cannot be read"


def test_proposals_hold_and_show_both_captures(build):
    ctx, task = captures(build), Rearrangement()
    asks = list(task.propose(ctx, build.rng()))
    assert asks
    for one in asks:
        one = Ask(one.objects, one.frames, json.loads(json.dumps(one.detail)))
        fact = task.measure(ctx, one)
        assert fact.label == "box_0"
        draft = task.compose(ctx, fact, "choice", build.rng())
        assert draft.text.count("<image>") == len(draft.pictures)
        earlier = [p.earlier for p in draft.pictures if isinstance(p, FramePicture)]
        assert earlier == sorted(earlier, reverse=True)
        assert sum(earlier) == len(one.detail["before_frames"])
        assert draft.answer.options[draft.answer.correct] == "box"


def test_open_question(build):
    ctx, task = captures(build), Rearrangement()
    draft = task.compose(ctx, task.measure(ctx, ask()), "text", build.rng())
    assert draft.answer == Text("box")


def test_movable_kinds():
    assert [is_movable(c) for c in ("office chair", "table lamp", "ceiling lamp", "bed")] == [
        True, True, False, False,
    ]  # fmt: skip


def test_texts(build):
    task, ctx = Rearrangement(), captures(build)
    build.check_texts(
        task, ctx, task.measure(ctx, ask()), templates=12, choice="[Ww]hich|One|Whose"
    )
