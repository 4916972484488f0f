"""sr.proximity: whether two objects are side by side or far apart, by their own measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from pydantic import Field

from sextant.geometry.polygons import convex_overlap_area, footprint
from sextant.questions.answers import Boolean, Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.references import refer
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task, pick_template, sampled_pairs
from sextant.scenes import SceneObject
from sextant.tasks.mm._subjects import point_out, subjects

CHOICE_TEMPLATES = (
    "Compared with their own size, are {a} and {b} next to each other or far apart?",
    "Measured by how large the two are, how close is {a} to {b}?",
    "Which describes the placement of {a} and {b} better, relative to their size?",
    "For objects of their size, do {a} and {b} stand next to each other or far from each other?",
    "How would you describe the gap between {a} and {b}, given how large they are?",
    "Taking the size of {a} and {b} as the measure, how are the two placed?",
    "Are {a} and {b} neighbors, or is there a wide space between them for their size?",
    "Judging by their dimensions, is {a} right beside {b} or far away from it?",
)
BOOLEAN_TEMPLATES = {
    "near": (
        "Are {a} and {b} next to each other?",
        "Is {a} right next to {b}?",
        "Do {a} and {b} stand side by side, with little space between them?",
        "Is {a} placed close beside {b}?",
        "Would you say that {a} and {b} are direct neighbors in this place?",
        "Is there only a small gap between {a} and {b}, compared with their size?",
        "Is {a} located immediately beside {b}?",
        "Are {a} and {b} close together for objects of their size?",
    ),
    "far": (
        "Are {a} and {b} far apart?",
        "Is {a} far away from {b}, compared with their size?",
        "Is there a wide space between {a} and {b}?",
        "Would you say that {a} is placed far from {b}?",
        "Do {a} and {b} stand a long way from each other for objects of their size?",
        "Is {a} located well away from {b}?",
        "Are {a} and {b} separated by much more than their own size?",
        "Is the gap between {a} and {b} large compared with the objects themselves?",
    ),
}
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

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Pairs of objects."""
        for shot in shots(ctx, rng):
            pool = subjects(ctx, ctx.view(shot.frames))
            if len(pool) > 1:
                for a, b in sampled_pairs(pool, rng, min(400, 2 * shot.candidates)):
                    yield Ask((a, b), shot.frames)

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """d(A, B) over the mean of both longest sides, clear of the middle ground.

        Things above one another are neither beside each other nor apart, so a near pair shares a
        range of heights and has footprints that hardly overlap.
        """
        called = point_out(ctx, ask)
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
        called = refer(ctx, ctx.view(fact.ask.frames), fact.ask.objects)
        if isinstance(called, Drop):
            return called
        a, b = (called.the(i) for i in fact.ask.objects)
        if form == "boolean":
            asked = ("near", "far")[int(rng.integers(2))]
            text, template = pick_template(BOOLEAN_TEMPLATES[asked], f"boolean_{asked}", rng)
            truth = Boolean(asked == fact.label)
            return Draft(text.format(a=a, b=b), truth, template, called.pictures, called.names)
        text, template = pick_template(CHOICE_TEMPLATES, "choice", rng)
        choice = Choice(OPTIONS, ("near", "far").index(fact.label or ""))
        return Draft(text.format(a=a, b=b), choice, template, called.pictures, called.names)

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
