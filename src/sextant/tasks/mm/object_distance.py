"""mm.object_distance: the distance between two objects, surface to surface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.questions.context import SceneContext
from sextant.questions.distractors import number_or_choice
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task, sampled_pairs

TEMPLATES = (
    "What is the distance between {a} and {b}, in meters, measured from their closest points?",
    "Measuring from the closest point of each object, how far apart are {a} and {b} (in meters)?",
    "How many meters separate {a} from {b} at their nearest points?",
    "{a} and {b}: what is the shortest distance between them in meters?",
    "Estimate the gap between {a} and {b} in meters, closest point to closest point.",
    "If you stretched a string from {a} to {b} between their nearest points, how long would it "
    "be in meters?",
    "In meters, how far is {a} from {b} at the closest?",
    "Taking the closest points of the two, what distance in meters lies between {a} and {b}?",
    "What is the smallest distance, in meters, from {a} to {b}?",
    "How long is the shortest straight line from {a} to {b}, in meters?",
    "Consider the part of {a} that is nearest to {b}, and the part of {b} that is nearest to {a}. "
    "How many meters are they apart?",
    "A fly takes the shortest straight way from {a} to {b}. How many meters does it cover?",
    "State how many meters of free space lie between {a} and {b} where they come closest.",
    "How wide is the gap between the surfaces of {a} and {b} at its narrowest, in meters?",
)
VSIBENCH = (
    "Measuring from the closest point of each object, what is the distance between {a} and {b} "
    "(in meters)?",
    "Measuring from the closest point of each object, what is the direct distance between {a} and "
    "{b} (in meters)?",
)
SPAR = (
    "Two objects are given: {a} and {b}. What is the distance between their closest points, in "
    "meters?",
    "Estimate the real-world distance in meters between {a} and {b}, judged by the closest points "
    "of the two objects.",
)


class ObjectDistanceMargins(Margins):
    """Thresholds of mm.object_distance."""

    min_distance_m: float = Field(0.2, description="closer pairs are not asked about")


class ObjectDistance(Task):
    """How far apart two named objects are."""

    id = "mm.object_distance"
    needs = frozenset({"objects", "metric"})
    forms = ("number", "number", "choice")
    margins_model = ObjectDistanceMargins
    margins: ObjectDistanceMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {"distance": TEMPLATES}
    styles: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
        "vsibench": {"distance": VSIBENCH},
        "spar": {"distance": SPAR},
    }

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Pairs of named objects, alternately from clips and from single pictures."""
        for shot in shots(ctx, rng):
            named = tuple(ctx.view(shot.frames).names)
            for a, b in sampled_pairs(named, rng, shot.candidates):
                yield Ask((a, b), shot.frames)

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """d(A, B) of taxonomy.md, at least ``min_distance_m``."""
        a, b = ask.objects
        names = ctx.view(ask.frames).names
        if a not in names or b not in names:
            return Drop("object is not shown or its name is ambiguous")
        distance_m = ctx.distance_m(a, b)
        minimum = self.margins.min_distance_m
        if distance_m < minimum:
            return Drop("objects are closer than the threshold")
        return Fact(
            ask,
            quantity="surface_distance_m",
            value=distance_m,
            unit="m",
            margin=distance_m / minimum - 1.0,
            thresholds={"min_distance_m": minimum},
            geometry=ctx.geometry_of(a, b),
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """A number in metres with one decimal, or four options."""
        assert fact.value is not None
        a, b = fact.ask.objects
        names = {i: ctx.view(fact.ask.frames).names[i] for i in (a, b)}
        text, template = self.phrase(ctx, "distance", rng, a=f"the {names[a]}", b=f"the {names[b]}")
        answer = number_or_choice(fact, form, rng)
        if isinstance(answer, Drop):
            return answer
        return Draft(text, answer, template, names=names)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """Centre distance first, then the surfaces."""
        a, b = fact.ask.objects
        gap = np.linalg.norm(ctx.object(a).box.center - ctx.object(b).box.center)
        return [
            f"The centers of the {names[a]} and the {names[b]} are {gap:.2f} m apart.",
            f"Taking off how far both reach towards each other leaves {fact.value:.2f} m between "
            "their closest points.",
        ]


TASK = ObjectDistance
