"""mm.object_count: how many instances of a category there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.questions.answers import Number, write_number
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.naming import confusable, is_askable, plural
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task
from sextant.tasks.mm._subjects import countable

TEMPLATES = (
    "How many {things} are there in the scene?",
    "How many {things} can be counted in the scene?",
    "Count the {things} in the scene. How many are there?",
    "What is the total number of {things} in the scene?",
    "How many different {things} does the scene contain?",
    "In total, how many {things} does the scene hold?",
    "Counting each one once, how many {things} are in the scene?",
    "If you walked through the scene and counted the {things}, what number would you get?",
    "Give the number of {things} in the scene.",
    "State how many {things} there are in the scene.",
    "An inventory of this place is made. How many {things} does it list?",
    "Some of the {things} may come into view more than once. How many are there in all?",
    "Going through the scene from one end to the other, how many {things} do you come across?",
    "Work out how many separate {things} this place has.",
)
VSIBENCH = (
    "How many {things} are in this room?",
    "How many {things} are there in the room shown?",
)


class ObjectCountMargins(Margins):
    """Thresholds of mm.object_count."""

    min_count: int = Field(2, ge=1, description="fewer instances are not asked about")
    max_count: int = Field(20, ge=1, description="more instances are not asked about")


class ObjectCount(Task):
    """How many objects of one category a scene holds, all of them shown."""

    id = "mm.object_count"
    needs = frozenset({"objects", "complete"})
    forms = ("number",)
    margins_model = ObjectCountMargins
    margins: ObjectCountMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {"count": TEMPLATES}
    styles: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
        "vsibench": {"count": VSIBENCH}
    }

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Every category with more than one instance, in random order, for every clip."""
        members: dict[str, list[str]] = {}
        for o in ctx.objects:
            members.setdefault(o.category, []).append(o.id)
        names = sorted(name for name, ids in members.items() if len(ids) > 1)
        for shot in shots(ctx, rng, single=False):
            for k in rng.permutation(len(names)).tolist():
                name = names[k]
                yield Ask(tuple(sorted(members[name])), shot.frames, {"category": name})

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """All instances of a completely labelled category, each of them shown."""
        category = str(ask.detail["category"])
        everything = ctx.scene.objects
        if not is_askable(category) or not countable(category):
            return Drop("category cannot be counted in words")
        if not ctx.scene.counts_are_complete(category):
            return Drop("category is not completely labelled")
        if set(ask.objects) != {o.id for o in everything if o.category == category}:
            return Drop("not all instances of the category are counted")
        count = len(ask.objects)
        low, high = self.margins.min_count, self.margins.max_count
        if not low <= count <= high:
            return Drop("count is outside the thresholds")
        view = ctx.view(ask.frames)
        if not set(ask.objects) <= set(view.shown):
            return Drop("not every instance is well visible")
        others = {ctx.categories[i] for i in view.present} - {category}
        if any(confusable(category, other) for other in others):
            return Drop("another category may be called the same")
        return Fact(
            ask,
            quantity="instances",
            value=float(count),
            unit="count",
            thresholds={"min_count": float(low), "max_count": float(high)},
            geometry="box",
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """A whole number."""
        assert fact.value is not None
        things = plural(str(fact.ask.detail["category"]))
        text, template = self.phrase(ctx, "count", rng, things=things)
        names = dict.fromkeys(fact.ask.objects, str(fact.ask.detail["category"]))
        return Draft(text, Number(write_number(fact.value, "count")), template, names=names)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """Where each instance is first well seen, and the sum."""
        things = plural(str(fact.ask.detail["category"]))
        count = len(fact.ask.objects)
        if not fact.ask.frames:
            return [f"The scene holds {count} {things}, each counted once."]
        view = ctx.view(fact.ask.frames)
        seen = ctx.shown_table[view.rows][:, [ctx.column(i) for i in fact.ask.objects]]
        new = Counter(seen.argmax(axis=0).tolist())
        found = ", ".join(f"{n} first seen in picture {k + 1}" for k, n in sorted(new.items()))
        return [f"Counting each of the {things} where it first comes into view: {found}."]


TASK = ObjectCount
