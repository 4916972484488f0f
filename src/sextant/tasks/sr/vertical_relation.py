"""sr.vertical_relation: which of two objects is higher up in the world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from pydantic import Field

from sextant.questions.answers import Boolean, Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.references import refer
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task, pick_template, sampled_pairs
from sextant.tasks.mm._subjects import common_geometry, point_out, subjects

CHOICE_TEMPLATES = (
    "Which is {higher}, measured from the floor, {a} or {b}?",
    "In the real scene, which one is located {higher} above the ground: {a} or {b}?",
    "{a} or {b}: which of the two is placed {higher}?",
    "Comparing heights above the floor, which object is {higher}, {a} or {b}?",
    "Of {a} and {b}, which is at the {higher} level?",
    "Which of these two is mounted or standing {higher}: {a} or {b}?",
    "Think of how far each object is above the floor. Which one is {higher}, {a} or {b}?",
    "If water slowly filled the room, which would it reach {order}, {a} or {b}?",
)
BOOLEAN_TEMPLATES = (
    "Is {a} {higher} than {b}, seen as a whole?",
    "Is all of {a} at a {higher} level than {b}?",
    "In the real scene, is {a} located {higher} than {b}?",
    "Would you say {a} is placed {higher} than {b}?",
    "Measured from the floor, is {a} {higher} than {b}?",
    "Comparing their heights above the ground, is {a} {higher} than {b}?",
    "Does {a} sit at a {higher} height in the room than {b}?",
    "Regardless of their sideways position, is {a} {higher} in the room than {b}?",
)
HIGHER = {"above": "higher", "below": "lower"}
OPPOSITE = {"above": "below", "below": "above"}
# Rising water comes to the lower one first.
ORDER = {"above": "last", "below": "first"}


class VerticalRelationMargins(Margins):
    """Thresholds of sr.vertical_relation."""

    min_gap_m: float = Field(0.1, description="between the vertical extents")


class VerticalRelation(Task):
    """Whether A is entirely higher or entirely lower than B."""

    id = "sr.vertical_relation"
    needs = frozenset({"objects", "metric"})
    forms = ("choice", "boolean")
    balanced = True
    margins_model = VerticalRelationMargins
    margins: VerticalRelationMargins

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Ordered pairs of objects."""
        for shot in shots(ctx, rng):
            pool = subjects(ctx, ctx.view(shot.frames))
            if len(pool) > 1:
                for a, b in sampled_pairs(pool, rng, min(400, 2 * shot.candidates)):
                    yield Ask((a, b), shot.frames)

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Vertical extents at least ``min_gap_m`` apart."""
        called = point_out(ctx, ask)
        if isinstance(called, Drop):
            return called
        a, b = (ctx.object(i).box for i in ask.objects)
        low_a, high_a = float(a.minimum[2]), float(a.maximum[2])
        low_b, high_b = float(b.minimum[2]), float(b.maximum[2])
        gap_m = max(low_a - high_b, low_b - high_a)
        minimum = self.margins.min_gap_m
        if gap_m < minimum:
            return Drop("vertical extents are not apart enough")
        return Fact(
            ask,
            quantity="vertical_order",
            label="above" if low_a > high_b else "below",
            margin=gap_m / minimum - 1.0 if minimum > 0 else 1.0,
            thresholds={"min_gap_m": minimum},
            geometry=common_geometry(ctx, ask.objects),
            detail={"gap_m": gap_m, "extents_m": [[low_a, high_a], [low_b, high_b]]},
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The higher (lower) one of two, or a yes/no."""
        assert fact.label is not None
        called = refer(ctx, ctx.view(fact.ask.frames), fact.ask.objects)
        if isinstance(called, Drop):
            return called
        a, b = fact.ask.objects
        asked = ("above", "below")[int(rng.integers(2))]
        if form == "boolean":
            text, template = pick_template(BOOLEAN_TEMPLATES, f"boolean_{HIGHER[asked]}", rng)
            text = text.format(a=called.the(a), b=called.the(b), higher=HIGHER[asked])
            truth = Boolean(asked == fact.label)
            return Draft(text, truth, template, called.pictures, called.names)
        text, template = pick_template(CHOICE_TEMPLATES, f"choice_{HIGHER[asked]}", rng)
        text = text.format(
            a=called.the(a), b=called.the(b), higher=HIGHER[asked], order=ORDER[asked]
        )
        choice = Choice((called.names[a], called.names[b]), int(asked != fact.label))
        return Draft(text, choice, template, called.pictures, called.names)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """Both vertical extents and the gap."""
        a, b = fact.ask.objects
        floor_m = ctx.scene.room.floor_z_m or 0.0
        (low_a, high_a), (low_b, high_b) = fact.detail["extents_m"]
        return [
            f"The {names[a]} reaches from {low_a - floor_m:.2f} m to {high_a - floor_m:.2f} m in "
            f"height, the {names[b]} from {low_b - floor_m:.2f} m to {high_b - floor_m:.2f} m.",
            f"So the {names[a]} is {fact.detail['gap_m']:.2f} m {fact.label} the {names[b]}.",
        ]


TASK = VerticalRelation
