"""Where something is as told by the front of another thing: what objects and people share."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.geometry.directions import EIGHT_SECTORS, FOUR_SECTORS, heading, sector, wrap
from sextant.questions.answers import Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.heuristics import object_cue, relation_guesses
from sextant.questions.references import refer
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task
from sextant.tasks.pt._offered import matched_others
from sextant.tasks.pt._turns import in_turns

SECTORS: Mapping[int, tuple[str, ...]] = {4: FOUR_SECTORS, 8: EIGHT_SECTORS}

FRONT_IS_UNCLEAR = frozenset(
    {"backpack", "bag", "bed", "door", "handbag", "luggage", "pillow", "rug", "suitcase", "table"}
)
"""Things whose front a source may define but two people looking at them may not agree on."""


class OwnFrontMargins(Margins):
    """Thresholds of directions that an object's own front gives."""

    border_deg: float = Field(10.0, description="distance of the angle from a sector's border")
    min_corners: int = Field(6, description="corners of the target (of 8) that lie in its sector")
    min_distance_m: float = Field(0.2, description="gap between the two, so that there is a side")


class OwnFrontDirection(Task):
    """The sector around an anchor, counted from its front, that holds a target.

    Class attributes:
        anchors_are_people: Whether the anchor is a person or a thing.
        shares: How often each sector is the truth in simulated rooms, by the number of sectors.
    """

    needs = frozenset({"objects", "frames", "fronts", "metric"})
    forms = ("choice",)
    balanced = True
    margins_model = OwnFrontMargins
    margins: OwnFrontMargins
    anchors_are_people: ClassVar[bool]
    shares: ClassVar[Mapping[int, Mapping[str, float]]]

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """An anchor with a front and another object, asked about in four or eight sectors."""
        return in_turns(self, ctx, self._drawn(ctx, rng), rng, window=30)

    def _drawn(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        for shot in shots(ctx, rng):
            view = ctx.view(shot.frames)
            # Marks can single out namesakes, but only in a single picture.
            pool = view.shown if len(shot.frames) == 1 else tuple(view.names)
            anchors = [i for i in pool if self._faces(ctx, i)]
            pairs = [(a, b) for a in anchors for b in pool if b != a]
            for k in rng.permutation(len(pairs))[: 2 * shot.candidates]:
                yield Ask(pairs[int(k)], shot.frames, {"sectors": (4, 8)[int(rng.integers(2))]})

    def _faces(self, ctx: SceneContext, object_id: str) -> bool:
        thing = ctx.object(object_id)
        if thing.front_world is None or thing.is_person != self.anchors_are_people:
            return False
        return thing.category not in FRONT_IS_UNCLEAR

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The sector of the target's centre, if most of its corners lie there too."""
        a, b = ask.objects
        if a == b or not self._faces(ctx, a):
            return Drop("anchor has no known front of the kind asked about")
        if not {a, b} <= set(ctx.view(ask.frames).shown):
            return Drop("object is not well visible")
        anchor, box = ctx.object(a), ctx.object(b).box
        assert anchor.front_world is not None
        ahead, names = heading(anchor.front_world), SECTORS[int(ask.detail["sectors"])]

        def angle_of(point: np.ndarray) -> float:
            return wrap(heading(point - anchor.box.center) - ahead)

        angle_rad = angle_of(box.center)
        label, slack_rad = sector(angle_rad, names)
        slack_deg = math.degrees(slack_rad)
        if slack_deg < self.margins.border_deg:
            return Drop("direction is too close to a border")
        agreeing = sum(sector(angle_of(c), names).name == label for c in box.corners)
        if agreeing < self.margins.min_corners:
            return Drop("object reaches into another sector")
        # Last, because between surfaces it costs most.
        distance_m = ctx.distance_m(a, b)
        if distance_m < self.margins.min_distance_m:
            return Drop("objects are closer than the threshold")
        return Fact(
            ask,
            quantity="direction_from_front_deg",
            label=label,
            margin=slack_deg / self.margins.border_deg - 1.0,
            thresholds=self.margins.model_dump(),
            reference_frame=f"object:{a}",
            balance=f"{ask.detail['sectors']}:{label}",
            detail={"angle_deg": math.degrees(angle_rad), "distance_m": distance_m},
            steps=2,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The true sector and, of four, two others; of eight, three others."""
        a, b = fact.ask.objects
        named = refer(ctx, ctx.view(fact.ask.frames), (a, b))
        if isinstance(named, Drop):
            return named
        count = int(fact.ask.detail["sectors"])
        drawn = matched_others(str(fact.label), self.shares[count], count // 4 + 1, rng)
        text, template = self.phrase(ctx, f"sectors{count}", rng, a=named.the(a), b=named.the(b))
        choice = Choice((str(fact.label), *drawn), 0)
        frames = fact.ask.frames
        # Two things have one order in one picture; in a video they have several.
        guesses = {}
        if len(frames) == 1:
            cues = [object_cue(ctx, frames, i) for i in (b, a)]
            guesses = relation_guesses(choice.options, *cues)
        return Draft(text, choice, template, named.pictures, named.names, guesses=guesses)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The angle from the front, and the side it is on."""
        a, b = (names[i] for i in fact.ask.objects)
        angle = fact.detail["angle_deg"]
        side = "left" if angle > 0 else "right"
        return [
            f"The way the {a} faces counts as front, and left and right are those of somebody who "
            "faces that way.",
            f"The {b} lies {abs(angle):.0f} degrees to the {side} of that direction.",
        ]
