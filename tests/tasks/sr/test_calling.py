"""Objects known by their marks alone, and what heuristics say of two objects."""

from __future__ import annotations

import json
import re

import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.marks import MARK_LETTERS
from sextant.tasks.sr._calling import call, draw_letters
from sextant.tasks.sr._guesses import pair_guesses
from sextant.tasks.sr.camera_proximity import CameraProximity
from sextant.tasks.sr.depth_order import DepthOrder
from sextant.tasks.sr.proximity import Proximity
from sextant.tasks.sr.size_comparison import SizeComparison
from sextant.tasks.sr.vertical_relation import VerticalRelation

IDS = ("bed", "tv", "sofa")


def scene(build, *more):
    """A low near bed on the left, a high far tv in the middle, a sofa between on the right."""
    return build.scene(
        [build.object("bed", (-0.8, 2.5, 0.5), (0.5, 0.3, 0.5), mesh=True),
         build.object("tv", (0, 4.0, 1.6), (0.8, 0.3, 0.6), mesh=True),
         build.object("sofa", (1.0, 3.2, 0.8), (0.4, 0.3, 0.3), mesh=True), *more],
        [build.look_at((0, 0, 1), (0, 1, 1))],
    )  # fmt: skip


def test_letters_are_drawn_for_half_of_the_single_pictures(build):
    drawn = [draw_letters(("f0",), 3, build.rng(k)) for k in range(200)]
    nameless = [d["letters"] for d in drawn if d]
    assert 70 < len(nameless) < 130
    assert {"".join(sorted(x)) for x in nameless} == {MARK_LETTERS[:3]}
    assert len(set(nameless)) == 6
    assert draw_letters(("f0", "f1"), 3, build.rng()) == draw_letters((), 3, build.rng()) == {}


def test_marks_stand_where_the_objects_are(build):
    ctx = build.context(scene(build))
    called = call(ctx, Ask(IDS, ("f0",), {"letters": "QRP"}))
    assert [called.names[i] for i in IDS] == [f"object marked {k}" for k in "QRP"]
    (picture,) = called.pictures
    assert [m.letter for m in picture.marks] == ["P", "Q", "R"]
    box = {m.letter: m.box for m in picture.marks}["Q"]
    assert box == tuple(ctx.visibility.view("f0", "bed").box2d.tolist())


def test_marks_that_would_not_single_out(build):
    frame = build.object("rack", (0, 1.5, 1.0), (0.05, 0.05, 1.4), R=None, mesh=True)
    twin = build.object("box", (-0.8, 2.3, 0.5), (0.5, 0.05, 0.3), mesh=True)
    ctx = build.context(scene(build, frame, twin))
    on_one = call(ctx, Ask(("bed", "box"), ("f0",), {"letters": "PQ"}))
    assert on_one in (Drop("marked boxes lie on one another"),
                      Drop("object fills too little of its box"))  # fmt: skip
    unseen = call(ctx, Ask(("bed", "bed"), ("f0",), {"letters": "PQ"}))
    assert unseen == Drop("an object is asked about twice")


@pytest.mark.parametrize(
    ("task", "objects", "detail"),
    [
        (CameraProximity(), IDS, {"variant": "nearest"}),
        (DepthOrder(), IDS, {"variant": "far_to_near"}),
        (VerticalRelation(), ("bed", "tv"), {}),
        (SizeComparison(), ("bed", "tv"), {"compare": "length", "more": True}),
        (Proximity(), ("bed", "tv"), {}),
    ],
)
def test_no_family_says_a_name_in_a_nameless_question(build, task, objects, detail):
    ctx = build.context(scene(build))
    named = task.measure(ctx, Ask(objects, ("f0",), detail))
    letters = {"letters": "RQP"[: len(objects)]}
    ask = Ask(objects, ("f0",), json.loads(json.dumps({**detail, **letters})))
    fact = task.measure(ctx, ask)
    if isinstance(named, Drop):
        assert named == fact
        return
    assert isinstance(fact, Fact)
    assert (fact.label, fact.value) == (named.label, named.value)
    build.check_texts(task, ctx, fact, templates=12)
    for form in dict.fromkeys(task.forms):
        for draft in build.compositions(task, ctx, fact, form, 30):
            said = f"{draft.text} {getattr(draft.answer, 'options', '')}"
            assert not re.search(r"\b(bed|tv|sofa)\b", said), said
            assert len(draft.pictures) == 1


def test_pair_guesses_follow_the_lean(build):
    ctx = build.context(scene(build))
    # The bed is seen lower and larger than the sofa.
    assert pair_guesses(ctx, ("f0",), "bed", "sofa", 1) == {
        "vertical_position": True, "pixel_size": True,
    }  # fmt: skip
    assert pair_guesses(ctx, ("f0",), "sofa", "bed", 1) == {
        "vertical_position": False, "pixel_size": False,
    }  # fmt: skip
    assert pair_guesses(ctx, ("f0",), "bed", "sofa", -1, ("vertical_position",)) == {
        "vertical_position": False
    }
    assert pair_guesses(ctx, (), "bed", "sofa", 1) == {}
