from __future__ import annotations

import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.tasks.mm.object_size import ObjectSize

ASK = Ask(("sofa",))


def test_truth_is_the_longest_side_whatever_its_direction(build):
    task = ObjectSize()
    scene = build.scene([build.object("sofa", (3, 1, 0.4), (0.9, 2.1, 0.8), yaw_deg=33)])
    for other, expected in ((scene, 210.0), (build.transformed(scene, scale=2.0), 420.0)):
        fact = task.measure(build.context(other), ASK)
        assert isinstance(fact, Fact)
        assert fact.value == pytest.approx(expected)
        assert fact.unit == "cm"
        build.check_texts(task, build.context(other), fact, number="centimeter")
        assert task.compose(build.context(other), fact, "number", build.rng()).answer.text == str(
            int(expected)
        )


# Camera at (0, 0, 1) looking along +y, focal length 120 px, 160 px wide: the picture ends where
# |x| = 2/3 y. A thin board at y = 3 from x = 2 - s to x = 2 - s + 1 has the share s inside.
@pytest.mark.parametrize(("share", "kept"), [(0.55, True), (0.45, False)])
def test_margin_of_the_share_in_frame(build, share, kept):
    board = build.object("sofa", (2 - share + 0.5, 3, 1), (1, 0.002, 0.4))
    scene = build.scene([board], [build.look_at((0, 0, 1), (0, 3, 1))])
    outcome = ObjectSize().measure(build.context(scene), Ask(("sofa",), ("f0",)))
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("too little of the object is inside any frame")


def test_same_names_are_marked_in_one_picture_and_refused_in_a_video(build):
    chairs = [build.object(f"chair_{k}", (k - 0.5, 4, 1), (0.6, 0.6, 1)) for k in (0, 1)]
    eyes = [build.look_at((x, 0, 1), (0, 4, 1)) for x in (-0.5, 0, 0.5)]
    ctx, task = build.context(build.scene(chairs, eyes)), ObjectSize()
    fact = task.measure(ctx, Ask(("chair_1",), ("f1",)))
    assert isinstance(fact, Fact)
    draft = task.compose(ctx, fact, "number", build.rng())
    assert "the chair marked P" in draft.text
    assert draft.pictures[0].marks[0].letter == "P"
    refused = task.measure(ctx, Ask(("chair_1",), ("f0", "f1", "f2")))
    assert refused == Drop("name is ambiguous in the frames shown")


def test_hidden_object_is_refused(build):
    things = [build.object("sofa", (0, 6, 1), (0.5, 0.5, 0.5)),
              build.object("shelf", (0, 3, 1), (2, 0.2, 2))]  # fmt: skip
    scene = build.scene(things, [build.look_at((0, 0, 1), (0, 3, 1))])
    outcome = ObjectSize().measure(build.context(scene), Ask(("sofa",), ("f0",)))
    assert outcome == Drop("object is not well visible")
