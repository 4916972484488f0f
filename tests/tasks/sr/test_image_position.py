from __future__ import annotations

import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.tasks.sr.image_position import ImagePosition

IDS = ("bed", "sofa", "tv")


def at_pixels(build, centers, half_px=4):
    """Thin plates 3 m ahead (40 pixels a metre) around the given pixels of a 160 x 120 picture."""
    side = half_px / 20
    things = [
        build.object(n, ((u - 80) / 40, 3.0, 1.0 - (v - 60) / 40), (side, 0.001, side), mesh=True)
        for n, (u, v) in zip(IDS, centers, strict=False)
    ]
    return build.scene(things, [build.look_at((0, 0, 1), (0, 1, 1))])


def ask(variant, objects=IDS, **detail):
    return Ask(objects, ("f0",), {"variant": variant, **detail})


@pytest.mark.parametrize(
    ("variant", "label"),
    [("leftmost", "bed"), ("rightmost", "tv"), ("topmost", "sofa"), ("bottommost", "tv")],
)
def test_truth_of_the_outermost(build, variant, label):
    task, scene = ImagePosition(), at_pixels(build, [(30, 60), (80, 30), (130, 90)])
    mirrored = {"leftmost": "tv", "rightmost": "bed"}.get(variant, label)
    for other, right in (
        (scene, label), (build.transformed(scene, scale=2.0), label),
        (build.transformed(scene, mirror=True), mirrored),
    ):  # fmt: skip
        ctx = build.context(other)
        fact = task.measure(ctx, ask(variant))
        assert fact.label == right
        build.check_texts(task, ctx, fact, templates=12)
        choice = task.compose(ctx, fact, "choice", build.rng()).answer
        assert choice.options[choice.correct] == right


def test_letters_stand_for_the_objects(build):
    ctx, task = build.context(at_pixels(build, [(30, 60), (80, 30), (130, 90)])), ImagePosition()
    fact = task.measure(ctx, ask("leftmost", letters="RPQ"))
    draft = task.compose(ctx, fact, "choice", build.rng())
    assert draft.answer.options[draft.answer.correct] == "object marked R"
    assert [m.letter for m in draft.pictures[0].marks] == ["P", "Q", "R"]
    assert not any(name in draft.text for name in IDS)


# 5 % of 160 pixels are 8: plates 8 pixels wide are that far apart at centres 16 pixels apart.
@pytest.mark.parametrize(("u", "kept"), [(47, True), (45, False)])
def test_margin_counts_only_at_the_outermost(build, u, kept):
    ctx, task = build.context(at_pixels(build, [(30, 30), (u, 60), (u + 2, 90)])), ImagePosition()
    outcome = task.measure(ctx, ask("leftmost"))
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("image boxes are not apart enough")


def test_truth_and_margin_of_boxes(build):
    task, scene = ImagePosition(), at_pixels(build, [(30, 60), (80, 30), (130, 90)])
    for other in (scene, build.transformed(scene, mirror=True)):
        ctx = build.context(other)
        fact = task.measure(ctx, ask("box", ("sofa", "tv", "bed"), regions="QPR"))
        assert (fact.label, fact.balance.partition(" ")[0]) == ("Q", "region:top")
        build.check_texts(task, ctx, fact, templates=12)
        draft = task.compose(ctx, fact, "choice", build.rng())
        assert draft.answer.options[draft.answer.correct] == "region Q"
        mark = {m.letter: m for m in draft.pictures[0].marks}["Q"]
        assert (mark.box[1] + mark.box[3]) / 2 == pytest.approx(30, abs=1)
    ctx = build.context(at_pixels(build, [(30, 60), (44, 60), (130, 90)]))
    assert task.measure(ctx, ask("box", regions="PQR")) == Drop("image boxes are not apart enough")


@pytest.mark.parametrize(
    ("center", "letter"), [((30, 30), "S"), ((130, 30), "R"), ((30, 90), "Q"), ((130, 90), "P")]
)
def test_quarters(build, center, letter):
    ctx, task = build.context(at_pixels(build, [center])), ImagePosition()
    fact = task.measure(ctx, ask("quadrant", ("bed",), regions="SRQP"))
    assert fact.label == letter
    build.check_texts(task, ctx, fact, templates=12)


@pytest.mark.parametrize(("u", "kept"), [(70, True), (73, False), (80, False)])
def test_a_quarter_holds_all_of_it(build, u, kept):
    outcome = ImagePosition().measure(
        build.context(at_pixels(build, [(u, 30)])), ask("quadrant", ("bed",), regions="PQRS")
    )
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("object is not inside one region")


def test_proposals_of_all_kinds(build):
    ctx, task = build.context(at_pixels(build, [(30, 60), (80, 30), (130, 90)])), ImagePosition()
    asks = list(task.propose(ctx, build.rng()))
    kinds = {a.detail["variant"] for a in asks}
    assert kinds == {"leftmost", "rightmost", "topmost", "bottommost", "box", "quadrant"}
    assert any("letters" in a.detail for a in asks)
    assert sum(isinstance(task.measure(ctx, a), Fact) for a in asks) > 10
