"""mr.multiview_count: how many different things of a kind a few views show together."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.questions.answers import Choice, Number, write_number
from sextant.questions.context import SceneContext
from sextant.questions.distractors import count_choice
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.naming import confusable, is_askable, plural
from sextant.questions.task import Draft, Margins, Task

TRIES = 240
FEW = 4


class MultiviewCountMargins(Margins):
    """Thresholds of mr.multiview_count."""

    min_count: int = Field(1, description="fewer are not asked about")
    max_count: int = Field(12, description="more are not asked about")
    max_views: int = Field(4, description="most pictures shown")


class MultiviewCount(Task):
    """Instances over all views, at least one of which is seen twice."""

    id = "mr.multiview_count"
    needs = frozenset({"objects", "frames", "many_frames", "complete"})
    forms = ("number", "choice")
    balanced = True
    margins_model = MultiviewCountMargins
    margins: MultiviewCountMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "count": (
            "How many different {things} do these views show together?",
            "Count the {things} in the room that can be seen in these pictures, each one only "
            "once.",
            "The pictures overlap. How many distinct {things} appear in them?",
            "Taking all views together, what is the number of different {things}?",
            "The same things turn up in more than one picture. How many {things} are there in all?",
            "How many individual {things} can be seen across these images?",
            "Without counting the same one twice, how many {things} do the pictures show?",
            "What is the total number of different {things} in these views?",
            "All the pictures were taken in one room. Work out how many {things} are visible in "
            "at least one of them.",
            "A visitor takes these pictures and puts a sticker on every one of the {things} in "
            "them. How many stickers are needed?",
            "Match the views with each other, then say how many {things} they show between them.",
            "Make a list of the {things} in the pictures, with one line for each. How many lines "
            "does it have?",
            "Somebody counts {things}, but never one that an earlier picture has shown already. "
            "What number do they reach after the last picture?",
            "How many {things} come to light if you look through all of the pictures?",
        )
    }
    styles: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
        "spar": {
            "count": (
                "Considering all the given views, how many {things} can be observed? Those seen "
                "in several views count once.",
                "Across these images of one scene, what is the total number of {things}, each "
                "counted once?",
            )
        },
        "vsibench": {
            "count": ("How many different {things} are shown in these frames of one room?",)
        },
    }

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Small sets of views and a category of which each shows one; rare numbers come as often.

        Most sets show one or two of a kind. The numbers take turns, so that the commonest is no
        better a guess than any other.
        """
        ids = ctx.singles
        most = min(self.margins.max_views, len(ids))
        if most < 2:
            return
        shown = {f: ctx.view((f,)).shown for f in ids}
        every = Counter(ctx.categories.values())
        kinds_of_several = {c for c, n in every.items() if n > 1}
        by_count: dict[int, list[Ask]] = {}
        for _ in range(TRIES):
            size = int(rng.integers(2, most + 1))
            frames = tuple(ids[int(k)] for k in sorted(rng.choice(len(ids), size, replace=False)))
            counts: dict[str, set[str]] = {}
            in_every = set(ctx.categories.values())
            for frame in frames:
                in_every &= {ctx.categories[i] for i in shown[frame]}
                for object_id in shown[frame]:
                    counts.setdefault(ctx.categories[object_id], set()).add(object_id)
            for category in sorted(in_every & kinds_of_several):
                ask = Ask(tuple(sorted(counts[category])), frames, {"category": category})
                by_count.setdefault(len(ask.objects), []).append(ask)
        queues = [
            iter([asks[int(k)] for k in rng.permutation(len(asks))])
            for _, asks in sorted(by_count.items(), reverse=True)
        ]
        for turn in itertools.zip_longest(*queues):
            yield from (ask for ask in turn if ask is not None)

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """All instances that can be seen at all are well shown, and one is shown twice."""
        category = str(ask.detail["category"])
        if not is_askable(category) or not ctx.scene.counts_are_complete(category):
            return Drop("category is not completely labelled")
        if sum(c == category for c in ctx.categories.values()) < 2:
            return Drop("only one of its kind in the room")  # nobody would expect two beds
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
            steps=2 + (len(visible) > 3),
            balance=str(len(visible)),
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """A whole number, or four neighbouring ones."""
        assert fact.value is not None
        category = str(fact.ask.detail["category"])
        text, template = self.phrase(ctx, "count", rng, things=plural(category))
        names = dict.fromkeys(fact.ask.objects, category)
        if form == "number":
            return Draft(text, Number(write_number(fact.value, "count")), template, names=names)
        return Draft(text, _options(round(fact.value), rng), template, names=names)

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


def _options(count: int, rng: np.random.Generator) -> Choice:
    """Return four neighbouring numbers.

    Up to four they are always 1 to 4: with a window that follows the number, the smallest of the
    options would be right far more often than the others.
    """
    if count <= FEW:
        return Choice(tuple(str(k) for k in range(1, FEW + 1)), count - 1)
    return count_choice(count, rng)


TASK = MultiviewCount
