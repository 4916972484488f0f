"""mm.object_extent: height, width or depth of an object."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.geometry.boxes import OrientedBox
from sextant.questions.context import SceneContext
from sextant.questions.distractors import number_or_choice
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.references import refer
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task
from sextant.tasks.mm._extent_phrasings import EXTENT_TEMPLATES
from sextant.tasks.mm._subjects import MIN_IN_FRAME, best_in_frame, point_out, subjects

SAID = {
    "height": "height",
    "longer": "longer horizontal side",
    "shorter": "shorter horizontal side",
}
LEAST_WRITTEN_M = 0.05
"""Shorter sides would be written as 0.0 m."""


class ObjectExtentMargins(Margins):
    """Thresholds of mm.object_extent."""

    max_tilt_deg: float = Field(10.0, description="boxes tilted more have no clear height")
    min_in_frame: float = Field(MIN_IN_FRAME, description="share inside some frame that shows it")


class ObjectExtent(Task):
    """One of the three sides of an upright object."""

    id = "mm.object_extent"
    needs = frozenset({"objects", "metric"})
    forms = ("number", "number", "choice")
    margins_model = ObjectExtentMargins
    margins: ObjectExtentMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = EXTENT_TEMPLATES

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Single objects and one of their sides."""
        sides = tuple(SAID)
        for shot in shots(ctx, rng):
            pool = subjects(ctx, ctx.view(shot.frames))
            for k in rng.permutation(len(pool))[: shot.candidates].tolist():
                yield Ask((pool[k],), shot.frames, {"side": sides[int(rng.integers(3))]})

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The vertical, longer or shorter horizontal box side of an upright box."""
        (a,) = ask.objects
        called = point_out(ctx, ask)
        if isinstance(called, Drop):
            return called
        box = ctx.object(a).box
        tilt_deg, maximum_deg = math.degrees(box.tilt_rad), self.margins.max_tilt_deg
        if tilt_deg >= maximum_deg:
            return Drop("object is tilted")
        if best_in_frame(ctx, ask.frames, a) < self.margins.min_in_frame:
            return Drop("too little of the object is inside any frame")
        sides_m = upright_sides(box)
        value_m = sides_m[tuple(SAID).index(str(ask.detail["side"]))]
        if value_m < LEAST_WRITTEN_M:
            return Drop("size would be written as zero")
        return Fact(
            ask,
            quantity=f"{ask.detail['side']}_m",
            value=value_m,
            unit="m",
            margin=1.0 - tilt_deg / maximum_deg,
            thresholds=self.margins.model_dump(),
            detail={"sides_m": list(sides_m), "tilt_deg": tilt_deg},
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """A number in metres with one decimal, or four options."""
        assert fact.value is not None
        called = refer(ctx, ctx.view(fact.ask.frames), fact.ask.objects)
        if isinstance(called, Drop):
            return called
        side = str(fact.ask.detail["side"])
        text, template = self.phrase(ctx, side, rng, a=called.the(fact.ask.objects[0]))
        answer = number_or_choice(fact, form, rng)
        if isinstance(answer, Drop):
            return answer
        return Draft(text, answer, template, called.pictures, called.names)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """All three sides, then the one asked for."""
        height, longer, shorter = fact.detail["sides_m"]
        return [
            f"The {names[fact.ask.objects[0]]} is {height:.2f} m tall and covers {longer:.2f} m by "
            f"{shorter:.2f} m of the floor plan.",
            f"Its {SAID[fact.ask.detail['side']]} is {fact.value:.2f} m.",
        ]


def upright_sides(box: OrientedBox) -> tuple[float, float, float]:
    """Return vertical, longer and shorter horizontal side of a box in metres."""
    sides_m: list[float] = box.size_m.tolist()
    vertical_m = sides_m.pop(box.vertical_axis)
    return vertical_m, max(sides_m), min(sides_m)


TASK = ObjectExtent
