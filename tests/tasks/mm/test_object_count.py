from __future__ import annotations

import pytest

from sextant.questions.facts import Ask, Drop, Fact
from sextant.tasks.mm.object_count import ObjectCount


def row_of(build, count: int, category: str = "chair"):
    return [build.object(f"{category}_{k:02}", (k, 5, 0.5), (0.4, 0.4, 1)) for k in range(count)]


def ask_all(things, frames=(), category="chair"):
    ids = tuple(sorted(o.id for o in things if o.category == category))
    return Ask(ids, frames, {"category": category})


def test_truth_is_the_number_of_instances(build):
    task = ObjectCount()
    ctx = build.context(build.scene([*row_of(build, 3), *row_of(build, 2, "lamp")]))
    asks = list(task.propose(ctx, build.rng()))
    facts = {a.detail["category"]: task.measure(ctx, a) for a in asks}
    assert {c: f.value for c, f in facts.items()} == {"chair": 3.0, "lamp": 2.0}
    build.check_texts(task, ctx, facts["chair"], number=r"(?i)how many|number|count")
    answer = task.compose(ctx, facts["chair"], "number", build.rng()).answer
    assert answer.text == "3"


@pytest.mark.parametrize(("count", "kept"), [(1, False), (2, True), (20, True), (21, False)])
def test_margins(build, count, kept):
    things = row_of(build, count)
    outcome = ObjectCount().measure(build.context(build.scene(things)), ask_all(things))
    assert isinstance(outcome, Fact) == kept
    if not kept:
        assert outcome == Drop("count is outside the thresholds")


def test_incomplete_or_confusable_categories_are_refused(build):
    things = row_of(build, 3)
    partial = build.scene(things, complete_categories=frozenset({"lamp"}))
    refused = ObjectCount().measure(build.context(partial), ask_all(things))
    assert refused == Drop("category is not completely labelled")
    office = build.object("office_chair", (9, 9, 1), (1, 1, 1))
    refused = ObjectCount().measure(build.context(build.scene([*things, office])), ask_all(things))
    assert refused == Drop("another category may be called the same")
    refused = ObjectCount().measure(
        build.context(build.scene(things)), Ask(("chair_00", "chair_01"), (), {"category": "chair"})
    )
    assert refused == Drop("not all instances of the category are counted")


def test_every_instance_must_be_shown(build):
    things = row_of(build, 3)
    eyes = [build.look_at((x, 0, 1), (x, 5, 0.5)) for x in (0.8, 1.0, 1.2)]
    ctx, task = build.context(build.scene(things, eyes)), ObjectCount()
    clip = ("f0", "f1", "f2")
    fact = task.measure(ctx, ask_all(things, clip))
    assert isinstance(fact, Fact)
    assert "3 first seen in picture 1" in task.explain(ctx, fact, {})[0]
    far = build.object("chair_99", (1, -8, 0.5), (0.4, 0.4, 1))
    ctx = build.context(build.scene([*things, far], eyes))
    refused = task.measure(ctx, ask_all([*things, far], clip))
    assert refused == Drop("not every instance is well visible")
