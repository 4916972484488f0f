"""sr.filtered_count: how many of a kind are left of, closer than or higher than something."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.questions.answers import Choice, Number, write_number
from sextant.questions.context import SceneContext
from sextant.questions.distractors import count_choice
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.heuristics import (
    HORIZONTAL,
    KEYS,
    PIXELS,
    VERTICAL,
    object_cue,
)
from sextant.questions.naming import confusable, is_askable, plural
from sextant.questions.references import References, refer
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Task
from sextant.tasks.mm._subjects import countable, subjects
from sextant.tasks.sr._filtered_count_phrasings import COUNT, SAID, WHERE
from sextant.tasks.sr._gaps import GapMargins

# Which heuristic's scale each relation is read off, and whether its near end is asked for.
READ_OFF = {
    "left": ((HORIZONTAL, True),), "right": ((HORIZONTAL, False),),
    "closer": ((VERTICAL, True), (PIXELS, True)), "farther": ((VERTICAL, False), (PIXELS, False)),
    "higher": ((VERTICAL, False),), "lower": ((VERTICAL, True),),
}  # fmt: skip


class FilteredCountMargins(GapMargins):
    """Thresholds of sr.filtered_count."""

    min_image_gap: float = Field(0.05, description="sideways, as a share of the picture's width")
    min_height_gap_m: float = Field(0.1, description="between vertical extents")
    min_visible_ratio: float = Field(0.5, description="v of every counted instance")
    min_pixel_share: float = Field(0.001, description="of the picture, of every counted instance")
    min_instances: int = Field(2, description="fewer in the picture are not asked about")
    max_instances: int = Field(10, description="more in the picture are not asked about")


class FilteredCount(Task):
    """Instances of a category in one picture that have a relation to an anchor."""

    id = "sr.filtered_count"
    needs = frozenset({"objects", "frames", "complete", "metric"})
    forms = ("choice", "number")
    balanced = True
    margins_model = FilteredCountMargins
    margins: FilteredCountMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = dict.fromkeys(WHERE, COUNT)
    by_definition = frozenset({HORIZONTAL})

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """A category of which a picture shows several, an anchor beside it, and a relation."""
        relations = tuple(WHERE)
        for shot in shots(ctx, rng, video=False):
            view = ctx.view(shot.frames)
            pool = subjects(ctx, view)
            counts: dict[str, int] = {}
            for i in pool:
                counts[ctx.categories[i]] = counts.get(ctx.categories[i], 0) + 1
            several = sorted(c for c, n in counts.items() if n >= self.margins.min_instances)
            for _ in range(2 * shot.candidates if several else 0):
                category = several[int(rng.integers(len(several)))]
                anchors = [i for i in pool if ctx.categories[i] != category]
                if not anchors:
                    continue
                anchor = anchors[int(rng.integers(len(anchors)))]
                members = sorted(i for i in view.present if ctx.categories[i] == category)
                variant = relations[int(rng.integers(len(relations)))]
                detail = {"variant": variant, "category": category}
                yield Ask((anchor, *members), shot.frames, detail)

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Every instance in the picture is well shown and clearly on one side of the border."""
        variant, category = str(ask.detail["variant"]), str(ask.detail["category"])
        view = ctx.view(ask.frames)
        anchor, *members = ask.objects
        fault = self._fault(ctx, ask, category)
        if fault is not None:
            return Drop(fault)
        if isinstance(refer(ctx, view, (anchor,)), Drop):
            return Drop("anchor cannot be called by a name or mark")
        slacks: list[float] = []
        inside: list[bool] = []
        for member in members:
            found = self._side(ctx, ask.frames[0], variant, anchor, member)
            if isinstance(found, Drop):
                return found
            inside.append(found[0])
            slacks.append(found[1])
        if min(slacks) < 0:
            return Drop("an instance is too close to the border")
        count = sum(inside)
        by_boxes = variant in ("higher", "lower")
        return Fact(
            ask,
            quantity=f"instances_{variant}",
            value=float(count),
            unit="count",
            label=None,
            margin=min(slacks),
            thresholds=self.margins.model_dump(),
            reference_frame="world" if by_boxes else f"camera:{ask.frames[0]}",
            geometry="box" if by_boxes else "masks",
            detail={"inside": inside},
            steps=2,
            balance=f"count:{count}",
        )

    def _fault(self, ctx: SceneContext, ask: Ask, category: str) -> str | None:
        """Return why the instances of the category cannot be counted in the picture."""
        anchor, *members = ask.objects
        view = ctx.view(ask.frames)
        if not (is_askable(category) and countable(category)):
            return "category cannot be counted in words"
        if not ctx.scene.counts_are_complete(category):
            return "category is not completely labelled"
        if sorted(i for i in view.present if ctx.categories[i] == category) != sorted(members):
            return "not all instances in the picture are considered"
        if not {anchor, *members} <= set(view.shown):
            return "an instance is only glimpsed"
        # To count is to find each one: more must be seen than suffices to recognise a named thing.
        row, columns = view.rows[0], [ctx.column(i) for i in members]
        share = ctx.visibility.pixel_count[row, columns] / ctx.visibility.image_pixels[row]
        ratio = ctx.visibility.visible_ratio[row, columns]
        if min(ratio) < self.margins.min_visible_ratio or min(share) < self.margins.min_pixel_share:
            return "an instance is only glimpsed"
        others = {ctx.categories[i] for i in view.present} - {category}
        if any(confusable(category, o) or confusable(o, category) for o in others):
            return "another category may be called the same"
        if not self.margins.min_instances <= len(members) <= self.margins.max_instances:
            return "count is outside the thresholds"
        return None

    def _side(
        self, ctx: SceneContext, frame: str, variant: str, anchor: str, member: str
    ) -> tuple[bool, float] | Drop:
        """Return whether a member has the relation, and how far it is from the border.

        The distance is a fraction of the margin beyond the margin; negative = too close.
        """
        m = self.margins
        if variant in ("closer", "farther"):
            if not ctx.sees_surfaces(frame):
                return Drop("only boxes are known, not what is visible of them")
            near_m = [ctx.visibility.view(frame, i).nearest_m for i in (member, anchor)]
            if not all(math.isfinite(d) for d in near_m):
                return Drop("distance of a visible surface is unknown")
            return (near_m[0] < near_m[1]) == (variant == "closer"), m.slack(*sorted(near_m))
        if variant in ("left", "right"):
            (low, high), (start, end) = (_columns(ctx, frame, i) for i in (member, anchor))
            least, is_first = m.min_image_gap * ctx.frame(frame).camera.width, variant == "left"
        else:
            (low, high), (start, end) = (_heights(ctx, i) for i in (member, anchor))
            least, is_first = m.min_height_gap_m, variant == "lower"
        gap = max(start - high, low - end)
        return (high < start) == is_first, gap / least - 1.0 if least > 0 else gap

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """A whole number, or four neighbouring ones."""
        assert fact.value is not None
        variant, category = str(fact.ask.detail["variant"]), str(fact.ask.detail["category"])
        anchor, count = fact.ask.objects[0], round(fact.value)
        called = refer(ctx, ctx.view(fact.ask.frames), (anchor,))
        if isinstance(called, Drop):
            return called
        a = called.the(anchor)
        text, template = self.phrase(
            ctx, variant, rng, things=plural(category), a=a,
            where=WHERE[variant].format(x=a), where_it=WHERE[variant].format(x="it"),
        )  # fmt: skip
        names = {**dict.fromkeys(fact.ask.objects, category), **called.names}
        if form == "number":
            number = Number(write_number(fact.value, "count"))
            return Draft(text, number, template, called.pictures, names)
        # Of 0 to 3, each can be right; a window around the count would favour its lower end.
        few = Choice(("0", "1", "2", "3"), count) if count <= 3 else None
        choice = few or count_choice(count, rng)
        return self._with_guesses(ctx, fact, called, Draft(text, choice, template, names=names))

    def _with_guesses(
        self, ctx: SceneContext, fact: Fact, called: References, draft: Draft
    ) -> Draft:
        assert isinstance(draft.answer, Choice)
        anchor, *members = fact.ask.objects
        cues = [object_cue(ctx, fact.ask.frames, i) for i in (anchor, *members)]
        guesses: dict[str, int] = {}
        seen = [c for c in cues if c is not None]
        for name, near in READ_OFF[str(fact.ask.detail["variant"])]:
            values = [KEYS[name](c) for c in seen]
            said = str(sum((v < values[0]) == near for v in values[1:]))
            if len(seen) == len(cues) and said in draft.answer.options:
                guesses[name] = draft.answer.options.index(said)
        return Draft(
            draft.text, draft.answer, draft.template, called.pictures, draft.names, guesses=guesses
        )

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """All instances in the picture, and those that count."""
        things = plural(str(fact.ask.detail["category"]))
        said = SAID[str(fact.ask.detail["variant"])]
        inside: list[bool] = fact.detail["inside"]
        return [
            f"The picture shows {len(inside)} {things}.",
            f"Compared one by one with the {names[fact.ask.objects[0]]}, {sum(inside)} of them "
            f"turn out to be {said} it and {len(inside) - sum(inside)} not.",
        ]


def _columns(ctx: SceneContext, frame: str, object_id: str) -> tuple[float, float]:
    box = ctx.visibility.view(frame, object_id).box2d
    return float(box[0]), float(box[2])


def _heights(ctx: SceneContext, object_id: str) -> tuple[float, float]:
    box = ctx.object(object_id).box
    return float(box.minimum[2]), float(box.maximum[2])


TASK = FilteredCount
