"""mm.object_size: the longest side of an object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.questions.context import SceneContext
from sextant.questions.distractors import number_or_choice
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.references import refer
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task
from sextant.tasks.mm._subjects import MIN_IN_FRAME, best_in_frame, point_out, subjects

TEMPLATES = (
    "What is the length of the longest dimension (length, width or height) of {a}, in centimeters?",
    "How long is the longest side of {a} in centimeters?",
    "Of its length, width and height, how many centimeters does the largest measure for {a}?",
    "Estimate the longest dimension of {a} in centimeters.",
    "In centimeters, how much does {a} measure along its longest side?",
    "If you put a tape measure along the longest side of {a}, how many centimeters would it show?",
    "Taking the largest of length, width and height, how big is {a} in centimeters?",
    "What is the size of {a} along its longest direction, in centimeters?",
    "How many centimeters long is the longest edge of the box that tightly encloses {a}?",
    "Someone wants to know how long a box must be to hold {a}. How many centimeters is the longest "
    "of its three dimensions?",
    "State the maximum dimension of {a}, be it length, width or height, in centimeters.",
    "Judge how large {a} is: what is its longest side, in centimeters?",
    "Looking at length, width and height of {a}, give the greatest of the three in centimeters.",
    "{a} has a length, a width and a height. How many centimeters is the longest of them?",
)
VSIBENCH = (
    "What is the length of the longest dimension (length, width, or height) of {a}, measured in "
    "centimeters?",
)


class ObjectSizeMargins(Margins):
    """Thresholds of mm.object_size."""

    min_in_frame: float = Field(MIN_IN_FRAME, description="share inside some frame that shows it")


class ObjectSize(Task):
    """How long an object's longest side is."""

    id = "mm.object_size"
    needs = frozenset({"objects", "metric"})
    forms = ("number", "number", "choice")
    margins_model = ObjectSizeMargins
    margins: ObjectSizeMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {"size": TEMPLATES}
    styles: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {"vsibench": {"size": VSIBENCH}}

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Single objects in random order, alternately from clips and single pictures."""
        for shot in shots(ctx, rng):
            pool = subjects(ctx, ctx.view(shot.frames))
            for k in rng.permutation(len(pool))[: shot.candidates].tolist():
                yield Ask((pool[k],), shot.frames)

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The longest box side in centimetres, of an object with w ≥ ``min_in_frame``."""
        (a,) = ask.objects
        called = point_out(ctx, ask)
        if isinstance(called, Drop):
            return called
        minimum = self.margins.min_in_frame
        in_frame = best_in_frame(ctx, ask.frames, a)
        if in_frame < minimum:
            return Drop("too little of the object is inside any frame")
        sides_cm = [100.0 * side for side in ctx.object(a).box.size_m.tolist()]
        longest_cm = max(sides_cm)
        if longest_cm < 1.0:
            return Drop("size would be written as zero")
        return Fact(
            ask,
            quantity="longest_side_cm",
            value=longest_cm,
            unit="cm",
            margin=in_frame / minimum - 1.0 if minimum > 0 else 1.0,
            thresholds={"min_in_frame": minimum},
            detail={"sides_cm": sides_cm, "in_frame_ratio": in_frame},
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """A whole number of centimetres, or four options."""
        assert fact.value is not None
        called = refer(ctx, ctx.view(fact.ask.frames), fact.ask.objects)
        if isinstance(called, Drop):
            return called
        text, template = self.phrase(ctx, "size", rng, a=called.the(fact.ask.objects[0]))
        answer = number_or_choice(fact, form, rng)
        if isinstance(answer, Drop):
            return answer
        return Draft(text, answer, template, called.pictures, called.names)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The three sides, then the longest."""
        first, second, third = fact.detail["sides_cm"]
        return [
            f"The box around the {names[fact.ask.objects[0]]} measures {first:.0f} cm by "
            f"{second:.0f} cm by {third:.0f} cm.",
            f"Its longest side is {fact.value:.0f} cm.",
        ]


TASK = ObjectSize
