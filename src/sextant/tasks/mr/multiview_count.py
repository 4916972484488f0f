"""mr.multiview_count: how many different things of a kind a few views show together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from pydantic import Field

from sextant.questions.answers import Number, write_number
from sextant.questions.context import SceneContext
from sextant.questions.distractors import count_choice
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.naming import confusable, is_askable, plural
from sextant.questions.task import Draft, Margins, Task, pick_template

TEMPLATES = (
    "How many different {things} do these views show together?",
    "Count the {things} in the room that can be seen in these pictures, each one only once.",
    "The pictures overlap. How many distinct {things} appear in them?",
    "Taking all views together, how many different {things} are there?",
    "Some {things} appear in more than one picture. How many are there in all?",
    "How many individual {things} can be seen across these images?",
    "Without counting the same one twice, how many {things} do the pictures show?",
    "What is the total number of different {things} in these views?",
)
TRIES = 120


class MultiviewCountMargins(Margins):
    """Thresholds of mr.multiview_count."""

    min_count: int = Field(2, description="fewer are not asked about")
    max_count: int = Field(12, description="more are not asked about")
    max_views: int = Field(4, description="most pictures shown")


class MultiviewCount(Task):
    """Instances over all views, at least one of which is seen twice."""

    id = "mr.multiview_count"
    needs = frozenset({"objects", "frames", "many_frames", "complete"})
    forms = ("number", "choice")
    margins_model = MultiviewCountMargins
    margins: MultiviewCountMargins

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Small sets of views and a category of which they show several."""
        ids = ctx.singles
        shown = {f: ctx.view((f,)).shown for f in ids}
        for _ in range(TRIES):
            size = int(rng.integers(2, self.margins.max_views + 1))
            if len(ids) < size:
                return
            frames = tuple(ids[int(k)] for k in sorted(rng.choice(len(ids), size, replace=False)))
            counts: dict[str, set[str]] = {}
            for frame in frames:
                for object_id in shown[frame]:
                    counts.setdefault(ctx.categories[object_id], set()).add(object_id)
            several = sorted(c for c, found in counts.items() if len(found) >= 2)
            if several:
                category = several[int(rng.integers(len(several)))]
                yield Ask(tuple(sorted(counts[category])), frames, {"category": category})

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """All instances that can be seen at all are well shown, and one is shown twice."""
        category = str(ask.detail["category"])
        if not is_askable(category) or not ctx.scene.counts_are_complete(category):
            return Drop("category is not completely labelled")
        view = ctx.view(ask.frames)
        visible = sorted(i for i in view.present if ctx.categories[i] == category)
        if visible != sorted(ask.objects):
            return Drop("an instance is only glimpsed")
        if not set(visible) <= set(view.shown):
            return Drop("an instance is only glimpsed")
        others = {ctx.categories[i] for i in view.present} - {category}
        if any(confusable(category, o) or confusable(o, category) for o in others):
            return Drop("another category may be called the same")
        if not self.margins.min_count <= len(visible) <= self.margins.max_count:
            return Drop("count is outside the thresholds")
        columns = [ctx.column(i) for i in visible]
        seen = ctx.shown_table[view.rows][:, columns]
        times = np.asarray(seen).sum(axis=0)
        if int(times.max()) < 2:
            return Drop("no instance is seen twice")
        if not np.asarray(seen).any(axis=1).all():
            return Drop("a view shows none of them")
        return Fact(
            ask,
            quantity="instances",
            value=float(len(visible)),
            unit="count",
            thresholds=self.margins.model_dump(),
            geometry="masks",
            detail={"per_view": np.asarray(seen).sum(axis=1).tolist()},
            steps=2,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """A whole number, or four neighbouring ones."""
        assert fact.value is not None
        category = str(fact.ask.detail["category"])
        text, template = pick_template(TEMPLATES, "count", rng)
        text = text.format(things=plural(category))
        names = dict.fromkeys(fact.ask.objects, category)
        if form == "number":
            return Draft(text, Number(write_number(fact.value, "count")), template, names=names)
        return Draft(text, count_choice(round(fact.value), rng), template, names=names)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The sum over the views, less what is seen again."""
        per_view: list[int] = fact.detail["per_view"]
        things = plural(str(fact.ask.detail["category"]))
        listed = ", ".join(f"{n} in picture {k}" for k, n in enumerate(per_view, start=1))
        again = sum(per_view) - len(fact.ask.objects)
        return [
            f"The pictures show {things} as follows: {listed}.",
            f"Sightings of one that was counted before: {again}.",
        ]  # fmt: skip


TASK = MultiviewCount
