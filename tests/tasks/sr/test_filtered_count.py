from __future__ import annotations

import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.tasks.sr.filtered_count import FilteredCount

CHAIRS = ("chair_0", "chair_1", "chair_2")


def things(build, places, tv=(0.0, 3.0, 1.0)):
    """Plates of 0.2 m before a camera at height 1 that looks along +y (u = 80 + 120 x / y)."""
    size = (0.2, 0.001, 0.2)
    chairs = [
        build.object(i, p, size, category="chair", mesh=True)
        for i, p in zip(CHAIRS, places, strict=False)
    ]
    return [build.object("tv", tv, size, mesh=True), *chairs]


def view(build, places, *more, tv=(0.0, 3.0, 1.0), **fields):
    objects = [*things(build, places, tv), *more]
    return build.scene(objects, [build.look_at((0, 0, 1), (0, 1, 1))], **fields)


def ask(variant, count=3):
    return Ask(("tv", *CHAIRS[:count]), ("f0",), {"variant": variant, "category": "chair"})


# One far left, near and low; one left, far and high; one right, far and high.
PLACES = ((-1.0, 2.0, 0.5), (-1.0, 4.0, 1.6), (1.0, 4.5, 1.8))


@pytest.mark.parametrize(
    ("variant", "count"),
    [("left", 2), ("right", 1), ("closer", 1), ("farther", 2), ("higher", 2), ("lower", 1)],
)
def test_truth(build, variant, count):
    task, scene = FilteredCount(), view(build, PLACES)
    mirrored = {"left": 1, "right": 2}.get(variant, count)
    for other, right in (
        (scene, count), (build.transformed(scene, scale=2.0), count),
        (build.transformed(scene, mirror=True), mirrored),
    ):  # fmt: skip
        ctx = build.context(other)
        fact = task.measure(ctx, ask(variant))
        assert (fact.value, fact.balance) == (right, f"count:{right}")
        build.check_texts(task, ctx, fact, templates=12, number="chairs", choice="chairs")
        draft = task.compose(ctx, fact, "choice", build.rng())
        assert draft.answer.options == ("0", "1", "2", "3")
        assert draft.answer.correct == right
        assert task.compose(ctx, fact, "number", build.rng()).answer.text == str(right)


def test_heuristics_count_what_they_see(build):
    ctx, task = build.context(view(build, PLACES)), FilteredCount()
    for variant, wanted in (
        ("left", {"horizontal_order": 2}), ("closer", {"vertical_position": 1, "pixel_size": 1}),
        ("higher", {"vertical_position": 2}),
    ):  # fmt: skip
        draft = task.compose(ctx, task.measure(ctx, ask(variant)), "choice", build.rng())
        assert dict(draft.guesses) == wanted


# At 3 m a metre is 40 pixels and 5 % of the width 8 pixels: plates 0.2 m wide are free of each
# other by so much at 0.4 m between their middles.
@pytest.mark.parametrize(
    ("variant", "place", "kept"),
    [("left", (0.45, 3.0, 1.5), True), ("left", (0.35, 3.0, 1.5), False),
     ("higher", (0.5, 3.0, 1.31), True), ("higher", (0.5, 3.0, 1.29), False),
     ("closer", (0.3, 3.4, 1.0), True), ("closer", (0.3, 3.3, 1.0), False)],
)  # fmt: skip
def test_margins(build, variant, place, kept):
    clear = (-1.0, 2.0, 0.4)
    outcome = FilteredCount().measure(build.context(view(build, (clear, place))), ask(variant, 2))
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("an instance is too close to the border")


def test_every_instance_must_be_seen_well_and_labelled(build):
    task = FilteredCount()
    left_out = task.measure(build.context(view(build, PLACES)), ask("left", 2))
    assert left_out == Drop("not all instances in the picture are considered")
    # A wall hides 60 % of the first chair.
    wall = build.object("board", (-0.869, 1.9, 0.5), (0.2, 0.001, 0.6), mesh=True)
    hidden = task.measure(build.context(view(build, PLACES, wall)), ask("left"))
    assert hidden == Drop("an instance is only glimpsed")
    armchair = build.object("armchair", (0.8, 2.5, 0.4), (0.2, 0.001, 0.2), mesh=True)
    named_alike = task.measure(build.context(view(build, PLACES, armchair)), ask("left"))
    assert named_alike == Drop("another category may be called the same")
    unlabelled = view(build, PLACES, complete_categories=frozenset())
    assert task.measure(build.context(unlabelled), ask("left")) == Drop(
        "category is not completely labelled"
    )
    single = build.context(view(build, PLACES[:1]))
    assert task.measure(single, ask("left", 1)) == Drop("count is outside the thresholds")


def test_proposals_count_all_of_a_kind(build):
    ctx, task = build.context(view(build, PLACES)), FilteredCount()
    asks = list(task.propose(ctx, build.rng()))
    assert {a.detail["variant"] for a in asks} == set(task.templates)
    assert all(a.objects == ("tv", *CHAIRS) for a in asks)
