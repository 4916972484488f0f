"""mr.multiview_count: three chairs in two overlapping views."""

from __future__ import annotations

import numpy as np
import pytest

from sextant.questions.facts import Ask, Drop
from sextant.tasks.mr.multiview_count import MultiviewCount

FRAMES = ("f0", "f1")


def room(build, xs=(-1.4, 0.0, 1.4), second_x=1.4, extra=(), **more):
    """Chairs 3 m ahead; view 1 is centred on the left pair, view 2 on the right one."""
    chairs = [
        build.object(f"chair_{k}", [x, 3.0, 0.9], [0.5, 0.5, 0.9], category="chair")
        for k, x in enumerate(xs)
    ]
    cameras = [build.look_at([x, 0, 1.2], [x, 3.0, 0.9]) for x in (-1.0, second_x - 0.4)]
    return build.context(build.scene([*chairs, *extra], cameras, **more))


def ask(n=3):
    return Ask(tuple(f"chair_{k}" for k in range(n)), FRAMES, {"category": "chair"})


def test_each_counts_once(build):
    fact = MultiviewCount().measure(room(build), ask())
    assert fact.value == 3.0
    assert sum(fact.detail["per_view"]) > 3


def test_one_that_is_seen_again_counts_once(build):
    ctx, task = room(build, xs=(0.0, 9.0), second_x=0.8), MultiviewCount()
    fact = task.measure(ctx, ask(1))
    assert (fact.value, fact.detail["per_view"]) == (1.0, [1, 1])
    alone = task.measure(room(build, xs=(0.0,), second_x=0.8), ask(1))
    assert alone == Drop("only one of its kind in the room")
    # The options do not follow the number.
    options = {d.answer.options for d in build.compositions(task, ctx, fact, "choice", 20)}
    assert options == {("1", "2", "3", "4")}


def test_one_must_be_seen_twice(build):
    fact = MultiviewCount().measure(room(build, xs=(-1.4, 3.0), second_x=3.4), ask(2))
    assert fact == Drop("no instance is seen twice")


def test_an_instance_left_out_is_noticed(build):
    assert MultiviewCount().measure(room(build), ask(2)) == Drop("an instance is only glimpsed")


def test_kinds_of_chairs_make_the_word_unclear(build):
    office = build.object("office_chair_0", [0.5, 4.0, 1.0], [0.5, 0.5, 1.0],
                          category="office chair")  # fmt: skip
    fact = MultiviewCount().measure(room(build, extra=[office]), ask())
    assert fact == Drop("another category may be called the same")


def test_incomplete_labels_are_not_counted(build):
    fact = MultiviewCount().measure(room(build, complete_categories=frozenset()), ask())
    assert fact == Drop("category is not completely labelled")


@pytest.mark.parametrize("seed", range(3))
def test_proposals_name_every_instance_shown(build, seed):
    ctx, task = room(build), MultiviewCount()
    asks = list(task.propose(ctx, np.random.default_rng(seed)))
    assert asks
    for proposed in asks:
        assert set(proposed.objects) <= {"chair_0", "chair_1", "chair_2"}
        assert proposed.detail["category"] == "chair"


def test_numbers_take_turns(build):
    extra = [
        build.object(f"stool_{k}", [x, 2.0, 0.2], [0.4, 0.4, 0.4], category="stool")
        for k, x in enumerate((0.0, 9.0))
    ]
    ctx, task = room(build, extra=extra), MultiviewCount()
    counts = [len(a.objects) for a in task.propose(ctx, np.random.default_rng(0))]
    assert set(counts[:2]) == {1, 3}, "the rare number comes at once"
    fact = task.measure(ctx, ask())
    assert fact.balance == "3"


def test_texts(build):
    ctx, task = room(build), MultiviewCount()
    build.check_texts(
        task, ctx, task.measure(ctx, ask()), templates=12, number="chairs", choice="chairs"
    )
