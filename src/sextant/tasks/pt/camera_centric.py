"""pt.camera_centric: where is, seen from the first camera, what only the second picture shows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.geometry.directions import heading, sector, wrap
from sextant.questions.answers import Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.heuristics import object_cue, relation_guesses
from sextant.questions.task import Draft, Task
from sextant.tasks.pt._camera_centric_phrasings import (
    DIRECTION,
    HEIGHT,
    MINDCUBE_DIRECTION,
    MMSI_DIRECTION,
    VIEWSPATIAL_DIRECTION,
)
from sextant.tasks.pt._offered import matched_others
from sextant.tasks.pt._relative_pose import PairMargins, check_pair, propose_pairs
from sextant.tasks.pt._turns import in_turns

SHARES = {
    "front": 0.10, "front-left": 0.17, "left": 0.165, "back-left": 0.08,
    "back": 0.07, "back-right": 0.08, "right": 0.165, "front-right": 0.17,
}  # fmt: skip
"""How often each sector is the truth in simulated rooms."""

HEIGHT_SHARE = 0.2
"""So many candidates ask about the height, the others about the direction."""


class CameraCentricMargins(PairMargins):
    """Thresholds of pt.camera_centric."""

    border_deg: float = Field(10.0, description="distance of the angle from a sector's border")
    min_corners: int = Field(6, description="corners of the object (of 8) that lie in its sector")
    min_away_m: float = Field(0.5, description="camera to the object's centre in the floor plane")
    min_height_m: float = Field(0.1, description="all of the object above or below by so much")


class CameraCentric(Task):
    """The sector around the first camera, or the height against it, of an object it cannot see."""

    id = "pt.camera_centric"
    needs = frozenset({"objects", "frames", "many_frames", "metric"})
    forms = ("choice",)
    balanced = True
    margins_model = CameraCentricMargins
    margins: CameraCentricMargins
    templates: ClassVar = {"direction": DIRECTION, "height": HEIGHT}
    styles: ClassVar = {
        "viewspatial": {"direction": VIEWSPATIAL_DIRECTION},
        "mmsi": {"direction": MMSI_DIRECTION},
        "mindcube": {"direction": MINDCUBE_DIRECTION},
    }

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Overlapping pairs of pictures and a named object that only the second one shows."""
        return in_turns(self, ctx, self._drawn(ctx, rng), rng)

    def _drawn(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        for ask in propose_pairs(ctx, rng, self.margins):
            first, second = ask.frames
            present, shown = ctx.view((first,)).present, ctx.view((second,)).shown
            new = [i for i in ctx.view(ask.frames).names if i in shown and i not in present]
            for k in rng.permutation(len(new))[:2]:
                about = "height" if rng.random() < HEIGHT_SHARE else "direction"
                yield Ask((new[int(k)],), ask.frames, {"about": about})

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The angle from the first heading to the object in the floor plane, or its height."""
        problem = check_pair(ctx, ask, self.margins)
        if problem is not None:
            return problem
        first, second = ask.frames
        (c,) = ask.objects
        if c not in ctx.view((second,)).shown or c not in ctx.view(ask.frames).names:
            return Drop("object is not shown or its name is ambiguous")
        if c in ctx.view((first,)).present:
            return Drop("first picture shows the object too")
        eye, box = ctx.frame(first).center_world, ctx.object(c).box
        away_m = float(np.linalg.norm((box.center - eye)[:2]))
        if away_m < self.margins.min_away_m:
            return Drop("object is too close to the camera")
        ahead = heading(ctx.frame(first).forward_world)
        angle_rad = wrap(heading(box.center - eye) - ahead)
        heights = box.corners[:, 2] - eye[2]
        if ask.detail["about"] == "height":
            gap_m = float(max(heights.min(), -heights.max()))
            if gap_m < self.margins.min_height_m:
                return Drop("object is about as high as the camera")
            label, slack = "above" if heights.min() > 0 else "below", gap_m
            margin = gap_m / self.margins.min_height_m - 1.0
        else:
            label, slack = sector(angle_rad)
            margin = math.degrees(slack) / self.margins.border_deg - 1.0
            if margin < 0:
                return Drop("direction is too close to a border")
            headings = (heading(corner - eye) - ahead for corner in box.corners)
            if sum(sector(h).name == label for h in headings) < self.margins.min_corners:
                return Drop("object reaches into another sector")
        return Fact(
            ask,
            quantity=f"{ask.detail['about']}_from_first_camera",
            label=label,
            margin=margin,
            thresholds=self.margins.model_dump(),
            reference_frame=f"camera:{first}",
            detail={
                "angle_deg": math.degrees(angle_rad),
                "away_m": away_m,
                "low_m": float(heights.min()),
                "high_m": float(heights.max()),
            },
            steps=3,
            balance=f"{ask.detail['about']}:{label}",
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The true sector and three others; or above and below."""
        about, (c,) = str(fact.ask.detail["about"]), fact.ask.objects
        names = {c: ctx.view(fact.ask.frames).names[c]}
        if about == "height":
            choice = Choice(("above", "below"), int(fact.label == "below"))
        else:
            others = matched_others(str(fact.label), SHARES, 3, rng)
            choice = Choice((str(fact.label), *others), 0)
        text, template = self.phrase(ctx, about, rng, c=f"the {names[c]}")
        cue = object_cue(ctx, fact.ask.frames[1:], c)
        guesses = relation_guesses(choice.options, cue, None)
        return Draft(text, choice, template, names=names, guesses=guesses)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """Angle and distance in the floor plane, or the heights."""
        name, detail = names[fact.ask.objects[0]], fact.detail
        if fact.ask.detail["about"] == "height":
            low, high = detail["low_m"], detail["high_m"]
            return [
                f"Measured from the height of the first camera, the {name} reaches from "
                f"{low:+.2f} m to {high:+.2f} m."
            ]
        angle = detail["angle_deg"]
        side = "left" if angle > 0 else "right"
        return [
            "The overlap of the two views tells where the second camera is.",
            f"Seen from above, the {name} is {detail['away_m']:.2f} m from the first camera, "
            f"{abs(angle):.0f} degrees to the {side} of its viewing direction.",
        ]


TASK = CameraCentric
