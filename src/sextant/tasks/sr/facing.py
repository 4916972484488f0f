"""sr.facing: how the fronts of two objects are turned, and which side of one faces the other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.geometry.directions import FOUR_SECTORS, heading, sector, wrap
from sextant.questions.answers import Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.heuristics import object_cue, relation_guesses
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task, sampled_pairs
from sextant.scenes import SceneObject
from sextant.tasks.mm._subjects import point_out, subjects
from sextant.tasks.sr._facing_phrasings import RELATION, SIDE

RELATIONS = {
    "same": "the same direction",
    "crossing": "a direction at about a right angle",
    "opposite": "the opposite direction",
}
SIDES = {
    "front": "its front", "back": "its back", "left": "its left side", "right": "its right side",
}  # fmt: skip
BORDERS_DEG = (45.0, 135.0)
"""Up to the first angle two fronts face the same way, beyond the second opposite ways."""

_FRONT_IS_UNCLEAR = frozenset(
    {
        "backpack", "bag", "basin", "bed", "curtain", "desk", "door", "guitar", "handbag",
        "luggage", "pillow", "radiator", "rug", "shelf", "shoe", "sink", "suitcase", "table",
        "window",
    }
)  # fmt: skip
"""A source may define their front, but two people who look at them may not agree on it."""


class FacingMargins(Margins):
    """Thresholds of sr.facing."""

    border_deg: float = Field(15.0, description="distance of the angle from a border")
    min_corners: int = Field(6, description="corners of B (of 8) that lie in its sector")
    min_distance_m: float = Field(0.2, description="gap between A and B, so that there is a side")


class Facing(Task):
    """Same, crossing or opposite fronts; or the side of A that B is at."""

    id = "sr.facing"
    needs = frozenset({"objects", "fronts", "metric"})
    forms = ("choice",)
    balanced = True
    margins_model = FacingMargins
    margins: FacingMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {"relation": RELATION, "side": SIDE}

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Pairs with two fronts, and pairs of which the first has one, by turns."""
        for shot in shots(ctx, rng):
            pool = subjects(ctx, ctx.view(shot.frames))
            facing = tuple(i for i in pool if has_clear_front(ctx.object(i)))
            # Few per shot, so that many pictures get their turn.
            rounds = 2 if shot.frames else 400
            pairs = list(sampled_pairs(facing, rng, rounds))
            for _ in range(rounds):
                if pairs:
                    yield Ask(pairs.pop(), shot.frames, {"variant": "relation"})
                if facing and len(pool) > 1:
                    a = facing[int(rng.integers(len(facing)))]
                    others = [i for i in pool if i != a]
                    b = others[int(rng.integers(len(others)))]
                    yield Ask((a, b), shot.frames, {"variant": "side"})

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The angle between the fronts, or from the front of A to B."""
        called = point_out(ctx, ask)
        if isinstance(called, Drop):
            return called
        if not has_clear_front(ctx.object(ask.objects[0])):
            return Drop("object has no front that is known and clear")
        if ask.detail["variant"] == "side":
            return self._measure_side(ctx, ask)
        if not has_clear_front(ctx.object(ask.objects[1])):
            return Drop("object has no front that is known and clear")
        ahead_a, ahead_b = (_ahead_rad(ctx.object(i)) for i in ask.objects)
        angle_deg = abs(math.degrees(wrap(ahead_b - ahead_a)))
        slack_deg = min(abs(angle_deg - border) for border in BORDERS_DEG)
        if slack_deg < self.margins.border_deg:
            return Drop("direction is too close to a border")
        label = tuple(RELATIONS)[sum(angle_deg > border for border in BORDERS_DEG)]
        return self._fact(ask, "angle_between_fronts_deg", label, angle_deg, slack_deg)

    def _measure_side(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        a, b = (ctx.object(i) for i in ask.objects)
        if ctx.distance_m(a.id, b.id) < self.margins.min_distance_m:
            return Drop("objects are closer than the threshold")
        ahead = _ahead_rad(a)

        def angle_of(point: np.ndarray) -> float:
            return wrap(heading(point - a.box.center) - ahead)

        angle_rad = angle_of(b.box.center)
        label, slack_rad = sector(angle_rad, FOUR_SECTORS)
        slack_deg = math.degrees(slack_rad)
        if slack_deg < self.margins.border_deg:
            return Drop("direction is too close to a border")
        agreeing = sum(sector(angle_of(c), FOUR_SECTORS).name == label for c in b.box.corners)
        if agreeing < self.margins.min_corners:
            return Drop("object reaches into another sector")
        # What stands before one end of a long sofa is at 60 degrees from its middle, and yet it is
        # the front that faces it: B has to lie beyond the side's own plane.
        turned = ahead + FOUR_SECTORS.index(label) * math.pi / 2
        outwards = np.array([math.cos(turned), math.sin(turned)])
        reach = max(float(c[:2] @ outwards) for c in a.box.corners)
        if min(float(c[:2] @ outwards) for c in b.box.corners) < reach:
            return Drop("object is not all beyond one side")
        return self._fact(
            ask, "direction_from_front_deg", label, math.degrees(angle_rad), slack_deg
        )

    def _fact(
        self, ask: Ask, quantity: str, label: str, angle_deg: float, slack_deg: float
    ) -> Fact:
        return Fact(
            ask,
            quantity=quantity,
            label=label,
            margin=slack_deg / self.margins.border_deg - 1.0 if self.margins.border_deg else 1.0,
            thresholds=self.margins.model_dump(),
            reference_frame=f"object:{ask.objects[0]}",
            detail={"angle_deg": angle_deg},
            steps=2,
            balance=f"{ask.detail['variant']}:{label}",
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """Three relations, or four sides."""
        assert fact.label is not None
        called = point_out(ctx, fact.ask)
        if isinstance(called, Drop):
            return called
        a, b = fact.ask.objects
        variant = str(fact.ask.detail["variant"])
        text, template = self.phrase(ctx, variant, rng, a=called.the(a), b=called.the(b))
        words = RELATIONS if variant == "relation" else SIDES
        choice = Choice(tuple(words.values()), list(words).index(fact.label))
        guesses = {}
        if variant == "side":
            seen_a, seen_b = (object_cue(ctx, fact.ask.frames, i) for i in (a, b))
            guesses = relation_guesses(choice.options, seen_b, seen_a)
        return Draft(text, choice, template, called.pictures, called.names, guesses=guesses)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The angle, and what it counts as."""
        a, b = (names[i] for i in fact.ask.objects)
        angle = fact.detail["angle_deg"]
        if fact.ask.detail["variant"] == "relation":
            return [
                f"Seen from above, the fronts of the {a} and the {b} point {angle:.0f} degrees "
                "apart.",
                "Up to 45 degrees is the same direction, from 135 degrees on the opposite one.",
            ]
        side = "left" if angle > 0 else "right"
        return [
            f"The way the {a} faces counts as front, and left and right are those of somebody who "
            "faces that way.",
            f"The {b} lies {abs(angle):.0f} degrees to the {side} of that direction.",
        ]


def has_clear_front(thing: SceneObject) -> bool:
    """Tell whether an object has a front that two people would agree on.

    Doubtful are those of beds, tables, or doors, whatever their source says.
    """
    last = thing.category.rpartition(" ")[2]
    return thing.front_world is not None and last not in _FRONT_IS_UNCLEAR


def _ahead_rad(thing: SceneObject) -> float:
    assert thing.front_world is not None  # has_clear_front was asked
    return heading(thing.front_world)


TASK = Facing
