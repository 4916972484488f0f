"""mm.height_above_floor: how high an object's underside or top is above the floor."""

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

TEMPLATES = {
    "underside": (
        "How high above the floor is the underside of {a}, in meters?",
        "At what height above the floor, in meters, does {a} begin?",
        "How many meters lie between the floor and the lowest point of {a}?",
        "What is the height of the bottom of {a} above the floor, in meters?",
        "Estimate how far, in meters, the lowest part of {a} is above the floor.",
        "In meters, how far above the floor is the bottom edge of {a}?",
        "A box is pushed along the floor to right below {a}. How many meters high may it be, at "
        "most, to stay under the lowest point of {a}?",
        "Measured straight up from the floor, at how many meters do you reach the height of the "
        "bottom of {a}?",
        "Drop a plumb line from the lowest point of {a} to floor level. How many meters long is "
        "it?",
        "Give the vertical distance in meters between floor level and the lower end of {a}.",
        "Going upward from the floor, after how many meters does {a} start?",
        "Someone wants to know how high the lower end of {a} is. State its height above the floor "
        "in meters.",
        "By how many meters is the bottom of {a} raised above the floor of the room?",
    ),
    "top": (
        "How high above the floor is the top of {a}, in meters?",
        "Up to what height above the floor, in meters, does {a} reach?",
        "How many meters lie between the floor and the highest point of {a}?",
        "What is the height of the top edge of {a} above the floor, in meters?",
        "Estimate how far, in meters, the uppermost part of {a} is above the floor.",
        "In meters, how far above the floor does {a} end at the top?",
        "Measured straight up from the floor, at how many meters do you reach the height of the "
        "top of {a}?",
        "To look just over the top of {a}, how many meters above the floor would your eyes have to "
        "be?",
        "Drop a plumb line from the highest point of {a} to floor level. How many meters long is "
        "it?",
        "Give the vertical distance in meters between floor level and the upper end of {a}.",
        "Going upward from the floor, after how many meters have you left all of {a} below you?",
        "Someone wants to know how high the upper end of {a} is. State its height above the floor "
        "in meters.",
        "A shelf is to be mounted level with the top of {a}. How many meters above the floor must "
        "it be?",
    ),
}


class HeightAboveFloorMargins(Margins):
    """Thresholds of mm.height_above_floor."""

    min_height_m: float = Field(0.05, description="lower ones count as on the floor")
    min_in_frame: float = Field(MIN_IN_FRAME, description="share inside some frame that shows it")


class HeightAboveFloor(Task):
    """How high the lower or upper end of an object is."""

    id = "mm.height_above_floor"
    needs = frozenset({"objects", "metric", "floor"})
    forms = ("number", "number", "choice")
    margins_model = HeightAboveFloorMargins
    margins: HeightAboveFloorMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = TEMPLATES

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Single objects, underside or top."""
        for shot in shots(ctx, rng):
            pool = subjects(ctx, ctx.view(shot.frames))
            for k in rng.permutation(len(pool))[: shot.candidates].tolist():
                side = ("underside", "top")[int(rng.integers(2))]
                yield Ask((pool[k],), shot.frames, {"side": side})

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """z of the box's lower or upper end less the floor's, at least ``min_height_m``."""
        (a,) = ask.objects
        called = point_out(ctx, ask)
        if isinstance(called, Drop):
            return called
        floor_z_m = ctx.scene.room.floor_z_m
        if floor_z_m is None:
            return Drop("height of the floor is not known")
        if best_in_frame(ctx, ask.frames, a) < self.margins.min_in_frame:
            return Drop("too little of the object is inside any frame")
        box = ctx.object(a).box
        end = box.minimum if ask.detail["side"] == "underside" else box.maximum
        height_m = float(end[2]) - floor_z_m
        minimum = self.margins.min_height_m
        if height_m < minimum:
            return Drop("height is below the threshold")
        return Fact(
            ask,
            quantity=f"{ask.detail['side']}_height_m",
            value=height_m,
            unit="m",
            margin=height_m / minimum - 1.0 if minimum > 0 else 1.0,
            thresholds=self.margins.model_dump(),
            detail={"floor_z_m": floor_z_m},
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
        """Height of the centre, then of the end asked about."""
        (a,) = fact.ask.objects
        side = fact.ask.detail["side"]
        center_m = float(ctx.object(a).box.center[2]) - fact.detail["floor_z_m"]
        return [
            f"The center of the {names[a]} is {center_m:.2f} m above the floor.",
            f"Its {side} is {fact.value:.2f} m above the floor.",
        ]


TASK = HeightAboveFloor
