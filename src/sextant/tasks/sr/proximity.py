"""sr.proximity: whether two objects are side by side or far apart, by their own measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.geometry.polygons import convex_overlap_area, footprint
from sextant.questions.answers import Boolean, Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task, sampled_pairs
from sextant.scenes import SceneObject
from sextant.tasks.mm._subjects import subjects
from sextant.tasks.sr._calling import call, draw_letters
from sextant.tasks.sr._proximity_phrasings import CHOICE, FAR, NEAR

OPTIONS = ("next to each other", "far apart")


class ProximityMargins(Margins):
    """Thresholds of sr.proximity."""

    max_near: float = Field(0.5, description="gap over mean extent of what is side by side")
    min_far: float = Field(2.0, description="gap over mean extent of what is far apart")
    max_stacked: float = Field(0.1, description="share of a footprint under or over the other")


class Proximity(Task):
    """Near or far, by the gap over the mean of the two longest sides."""

    id = "sr.proximity"
    needs = frozenset({"objects"})
    forms = ("boolean", "choice")
    balanced = True
    margins_model = ProximityMargins
    margins: ProximityMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "choice": CHOICE,
        "boolean_near": NEAR,
        "boolean_far": FAR,
    }

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Pairs of objects."""
        for shot in shots(ctx, rng):
            pool = subjects(ctx, ctx.view(shot.frames))
            if len(pool) > 1:
                for a, b in sampled_pairs(pool, rng, min(400, 2 * shot.candidates)):
                    yield Ask((a, b), shot.frames, draw_letters(shot.frames, 2, rng))

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """d(A, B) over the mean of both longest sides, clear of the middle ground.

        Things above one another are neither beside each other nor apart, so a near pair shares a
        range of heights and has footprints that hardly overlap.
        """
        called = call(ctx, ask)
        if isinstance(called, Drop):
            return called
        a, b = (ctx.object(i) for i in ask.objects)
        extent_m = (max(a.box.size_m.tolist()) + max(b.box.size_m.tolist())) / 2
        gap_m = ctx.distance_m(a.id, b.id)
        ratio, m = gap_m / extent_m, self.margins
        if m.max_near <= ratio <= m.min_far:
            return Drop("objects are neither near nor far")
        if ratio < m.max_near and _stacked(a, b, m.max_stacked):
            return Drop("objects are above one another")
        near = ratio < m.max_near
        return Fact(
            ask,
            quantity="gap_over_extent",
            label="near" if near else "far",
            margin=1.0 - ratio / m.max_near if near else ratio / m.min_far - 1.0,
            thresholds=m.model_dump(),
            geometry=ctx.geometry_of(a.id, b.id),
            detail={"gap_m": gap_m, "mean_extent_m": extent_m, "ratio": ratio},
            steps=2,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """A yes/no about one of the two, or both as options."""
        called = call(ctx, fact.ask)
        if isinstance(called, Drop):
            return called
        a, b = (called.the(i) for i in fact.ask.objects)
        if form == "boolean":
            asked = ("near", "far")[int(rng.integers(2))]
            text, template = self.phrase(ctx, f"boolean_{asked}", rng, a=a, b=b)
            truth = Boolean(asked == fact.label)
            return Draft(text, truth, template, called.pictures, called.names)
        text, template = self.phrase(ctx, "choice", rng, a=a, b=b)
        choice = Choice(OPTIONS, ("near", "far").index(fact.label or ""))
        return Draft(text, choice, template, called.pictures, called.names)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """Gap, mean extent and their ratio."""
        a, b = fact.ask.objects
        d = fact.detail
        unit = "m" if ctx.scene.is_metric else "units"
        return [
            f"Between the {names[a]} and the {names[b]} there are {d['gap_m']:.2f} {unit}, and "
            f"their longest sides measure {d['mean_extent_m']:.2f} {unit} on average.",
            f"The gap is {d['ratio']:.2f} times that.",
        ]


def _stacked(a: SceneObject, b: SceneObject, max_share: float) -> bool:
    low_a, high_a = a.box.minimum.tolist(), a.box.maximum.tolist()
    low_b, high_b = b.box.minimum.tolist(), b.box.maximum.tolist()
    if low_a[2] >= high_b[2] or low_b[2] >= high_a[2]:
        return True
    if any(low_a[k] >= high_b[k] or low_b[k] >= high_a[k] for k in (0, 1)):
        return False
    one, two = footprint(a.box), footprint(b.box)
    smaller = min(convex_overlap_area(one, one), convex_overlap_area(two, two))
    return convex_overlap_area(one, two) > max_share * smaller


TASK = Proximity
