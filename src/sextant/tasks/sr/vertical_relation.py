"""sr.vertical_relation: which of two objects is higher up in the world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.geometry.boxes import OrientedBox
from sextant.questions.answers import Boolean, Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.heuristics import VERTICAL, object_cue
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task, sampled_pairs
from sextant.tasks.mm._subjects import common_geometry, subjects
from sextant.tasks.sr._calling import call, draw_letters
from sextant.tasks.sr._guesses import pair_guesses
from sextant.tasks.sr._vertical_relation_phrasings import BOOLEAN, CHOICE

HIGHER = {"above": "higher", "below": "lower"}
# Rising water comes to the lower one first.
ORDER = {"above": "last", "below": "first"}
PAIRS_PER_SHOT = 80


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
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **{f"choice_{word}": CHOICE for word in HIGHER.values()},
        **{f"boolean_{word}": BOOLEAN for word in HIGHER.values()},
    }

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Ordered pairs of objects; the higher one is seen lower in half of them where it can be.

        Higher in the room is mostly higher in the picture. Pairs in which it is not are rare, so
        that all of a shot are taken, and about as many of the others.
        """
        for shot in shots(ctx, rng):
            pool = subjects(ctx, ctx.view(shot.frames))
            if len(pool) < 2:
                continue
            if not shot.frames:
                for a, b in sampled_pairs(pool, rng):
                    yield Ask((a, b))
                continue
            seen = {i: object_cue(ctx, shot.frames, i) for i in pool}
            usual: list[tuple[str, str]] = []
            unusual: list[tuple[str, str]] = []
            for a, b in sampled_pairs(pool, rng, PAIRS_PER_SHOT):
                gap_m = _gap_m(ctx.object(a).box, ctx.object(b).box)
                one, other = seen[a], seen[b]
                if gap_m < self.margins.min_gap_m or one is None or other is None:
                    continue
                a_is_higher = ctx.object(a).box.center[2] > ctx.object(b).box.center[2]
                (usual if (one.v < other.v) == a_is_higher else unusual).append((a, b))
            few = unusual[: shot.candidates]
            for a, b in (*few, *usual[: max(1, len(few))]):
                yield Ask((a, b), shot.frames, draw_letters(shot.frames, 2, rng))

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Vertical extents at least ``min_gap_m`` apart."""
        called = call(ctx, ask)
        if isinstance(called, Drop):
            return called
        a, b = (ctx.object(i).box for i in ask.objects)
        low_a, high_a = float(a.minimum[2]), float(a.maximum[2])
        low_b, high_b = float(b.minimum[2]), float(b.maximum[2])
        gap_m = _gap_m(a, b)
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
        called = call(ctx, fact.ask)
        if isinstance(called, Drop):
            return called
        a, b = fact.ask.objects
        asked = ("above", "below")[int(rng.integers(2))]
        word = HIGHER[asked]
        text, template = self.phrase(
            ctx, f"{form}_{word}", rng,
            a=called.the(a), b=called.the(b), higher=word, order=ORDER[asked],
        )  # fmt: skip
        lean = -1 if asked == "above" else 1
        if form == "boolean":
            truth = Boolean(asked == fact.label)
            guesses = pair_guesses(ctx, fact.ask.frames, a, b, lean, (VERTICAL,))
            return Draft(text, truth, template, called.pictures, called.names, guesses=guesses)
        choice = Choice((called.names[a], called.names[b]), int(asked != fact.label))
        return Draft(text, choice, template, called.pictures, called.names, lean=lean)

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


def _gap_m(a: OrientedBox, b: OrientedBox) -> float:
    """Return the gap between the vertical extents; negative where they overlap."""
    return float(max(a.minimum[2] - b.maximum[2], b.minimum[2] - a.maximum[2]))


TASK = VerticalRelation
