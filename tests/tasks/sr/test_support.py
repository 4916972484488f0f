from __future__ import annotations

import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.tasks.sr.support import Support

OTHERS = ("bed", "sofa", "tv")


def room(build, *things):
    """A table of 0.8 m height at the origin, and three things far away."""
    table = build.object("table", (0, 0, 0.4), (1, 1, 0.8))
    rest = [build.object(n, (5 + 2 * k, 5, 0.5), (1, 1, 1)) for k, n in enumerate(OTHERS)]
    return build.context(build.scene([table, *things, *rest]))


def lamp(build, x=0.0, bottom=0.8):
    return build.object("lamp", (x, 0, bottom + 0.2), (0.2, 0.2, 0.4))


def ask(variant, asked, right):
    return Ask((asked, "bed", right, "sofa"), (), {"variant": variant})


def test_truth_of_standing_on(build):
    ctx, task = room(build, lamp(build)), Support()
    below = task.measure(ctx, ask("stands_on", "lamp", "table"))
    above = task.measure(ctx, ask("is_on", "table", "lamp"))
    assert (below.label, above.label) == ("table", "lamp")
    for fact in (below, above):
        build.check_texts(task, ctx, fact)
        assert task.compose(ctx, fact, "text", build.rng()).answer.text == fact.label


# The lamp is 0.2 m wide and the table ends at x = 0.5: at x = 0.48, 60 % of it is above the table.
@pytest.mark.parametrize(
    ("x", "bottom", "kept"),
    [(0.475, 0.8, True), (0.485, 0.8, False), (0, 0.829, True), (0, 0.831, False),
     (0, 0.771, True), (0, 0.769, False)],
)  # fmt: skip
def test_margins_of_standing_on(build, x, bottom, kept):
    ctx = room(build, lamp(build, x, bottom))
    outcome = Support().measure(ctx, ask("stands_on", "lamp", "table"))
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("not exactly one option is held")


# A cup 0.2 m high in a box 0.5 m high that stands on the floor: sunk by s, s / 0.2 of it is inside.
@pytest.mark.parametrize(("sunk_m", "kept"), [(0.185, True), (0.175, False)])
def test_margin_of_being_inside(build, sunk_m, kept):
    box = build.object("box", (3, 0, 0.25), (0.6, 0.6, 0.5))
    cup = build.object("cup", (3, 0, 0.5 - sunk_m + 0.1), (0.1, 0.1, 0.2))
    ctx, task = room(build, box, cup), Support()
    outcome = task.measure(ctx, ask("is_inside", "box", "cup"))
    assert isinstance(outcome, Fact) == kept
    if kept:
        assert outcome.label == "cup"
        build.check_texts(task, ctx, outcome)


def test_containment_comes_first_and_tables_hold_nothing_inside(build):
    shelf = build.object("bookshelf", (3, 0, 1), (1, 0.4, 2))
    board = build.object("tray", (3, 0, 0.98), (0.9, 0.35, 0.02))
    vase = build.object("vase", (3, 0, 1.14), (0.1, 0.1, 0.3))
    stool = build.object("stool", (0, 0, 0.2), (0.4, 0.4, 0.4))
    ctx, task = room(build, shelf, board, vase, stool), Support()
    assert task.measure(ctx, ask("is_inside", "bookshelf", "vase")).label == "vase"
    assert task.measure(ctx, ask("stands_on", "vase", "tray")) == Drop(
        "object is inside another one"
    )
    assert task.measure(ctx, ask("is_inside", "table", "stool")) == Drop(
        "object is not of a kind that holds things inside"
    )


def test_wrong_options_are_clear_and_text_needs_a_single_answer(build):
    near = build.object("radio", (0.59, 0, 0.9), (0.02, 0.2, 0.2))
    ctx, task = room(build, lamp(build), near), Support()
    outcome = task.measure(ctx, Ask(("table", "bed", "lamp", "radio"), (), {"variant": "is_on"}))
    assert outcome == Drop("a wrong option is too near")
    ctx = room(build, lamp(build), build.object("cup", (0.3, 0.3, 0.85), (0.1, 0.1, 0.1)))
    fact = task.measure(ctx, ask("is_on", "table", "lamp"))
    assert isinstance(fact, Fact)
    assert task.compose(ctx, fact, "text", build.rng()) == Drop(
        "several objects would be right answers"
    )


def test_proposals_hold_what_is_asked(build):
    ctx, task = room(build, lamp(build)), Support()
    asks = [a for k in range(6) for a in task.propose(ctx, build.rng(k))]
    assert asks
    assert all(isinstance(task.measure(ctx, a), Fact) for a in asks)


def test_wrong_options_hold_or_are_held_elsewhere(build):
    cup = build.object("cup", (7, 5, 1.05), (0.1, 0.1, 0.1))  # on the sofa
    clock = build.object("alarm_clock", (5, 5, 1.05), (0.1, 0.1, 0.1))  # on the bed
    painting = build.object("painting", (9, 0, 1.5), (0.3, 0.05, 0.3))
    ctx, task = room(build, lamp(build), cup, clock, painting), Support()
    asks = [a for k in range(12) for a in task.propose(ctx, build.rng(k))]
    assert {a.detail["variant"] for a in asks} == {"stands_on", "is_on"}
    for asked in asks:
        holding = asked.detail["variant"] == "stands_on"
        allowed = {"table", "sofa", "bed"} if holding else {"lamp", "cup", "alarm_clock"}
        assert set(asked.objects[1:]) <= allowed
    offered = [o for a in asks for o in a.objects[1:]]
    right = [task.measure(ctx, a).label for a in asks]
    assert {o for o in offered if o not in right} == set()


def test_nameless_questions_are_choices_of_letters(build):
    cup = build.object("cup", (2, 3.5, 0.55), (0.3, 0.3, 0.3), mesh=True)
    stool = build.object("stool", (2, 3.5, 0.2), (0.5, 0.5, 0.4), mesh=True)
    desk = build.object("desk", (0, 3.5, 0.4), (0.8, 0.5, 0.8), mesh=True)
    bed = build.object("bed", (-2, 3.5, 0.3), (1, 0.5, 0.6), mesh=True)
    scene = build.scene([cup, stool, desk, bed], [build.look_at((0, -1, 1.2), (0, 3.5, 0.4))])
    ctx, task = build.context(scene), Support()
    asked = Ask(("cup", "desk", "stool", "bed"), ("f0",), {"variant": "stands_on"})
    fact = task.measure(ctx, Ask(asked.objects, asked.frames, {**asked.detail, "letters": "SPQR"}))
    assert fact.label == "stool"
    for form in ("choice", "text"):
        draft = task.compose(ctx, fact, form, build.rng())
        assert draft.answer.options == ("object marked P", "object marked Q", "object marked R")
        assert draft.answer.correct == 1
        assert "object marked S" in draft.text


def test_parts_of_furniture_carry_nothing_and_stand_on_nothing(build):
    drawers = [
        build.object(f"{name}_drawer", (3, 0, z), (0.6, 0.6, 0.4))
        for name, z in (("lower", 0.2), ("upper", 0.6))
    ]
    ctx = room(build, *drawers)
    outcome = Support().measure(ctx, ask("stands_on", "upper_drawer", "lower_drawer"))
    assert outcome == Drop("not exactly one option is held")
