"""pt.camera_position: where the second camera stands as seen from the first."""

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
from sextant.questions.task import Draft, Task
from sextant.tasks.pt._camera_phrasings import MINDCUBE_POSITION, MMSI_POSITION, POSITION
from sextant.tasks.pt._offered import matched_others
from sextant.tasks.pt._relative_pose import PairMargins, check_pair, propose_pairs
from sextant.tasks.pt._turns import in_turns

SHARES = {
    "front": 0.13, "front-left": 0.135, "left": 0.135, "back-left": 0.115,
    "back": 0.1, "back-right": 0.115, "right": 0.135, "front-right": 0.135,
}  # fmt: skip
"""How often each sector is the truth in simulated rooms."""


class CameraPositionMargins(PairMargins):
    """Thresholds of pt.camera_position."""

    border_deg: float = Field(10.0, description="distance of the angle from a sector's border")
    min_shift_m: float = Field(0.5, description="shorter movements on the floor plan are left out")


class CameraPosition(Task):
    """The sector of the first camera's floor plan in which the second stands."""

    id = "pt.camera_position"
    needs = frozenset({"frames", "many_frames", "metric"})
    forms = ("choice",)
    balanced = True
    margins_model = CameraPositionMargins
    margins: CameraPositionMargins
    templates: ClassVar = {"position": POSITION}
    styles: ClassVar = {
        "mmsi": {"position": MMSI_POSITION}, "mindcube": {"position": MINDCUBE_POSITION}
    }  # fmt: skip

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Overlapping pairs of pictures."""
        return in_turns(self, ctx, propose_pairs(ctx, rng, self.margins), rng)

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The angle from the first heading to the second camera, in the floor plane."""
        problem = check_pair(ctx, ask, self.margins)
        if problem is not None:
            return problem
        first, second = (ctx.frame(f) for f in ask.frames)
        shift = second.center_world - first.center_world
        shift_m = math.hypot(float(shift[0]), float(shift[1]))
        if shift_m < self.margins.min_shift_m:
            return Drop("camera hardly moved")
        angle_rad = wrap(heading(shift) - heading(first.forward_world))
        name, slack_rad = sector(angle_rad)
        slack_deg = math.degrees(slack_rad)
        if slack_deg < self.margins.border_deg:
            return Drop("direction is too close to a border")
        return Fact(
            ask,
            quantity="camera_bearing_deg",
            label=name,
            margin=min(slack_deg / self.margins.border_deg, shift_m / self.margins.min_shift_m) - 1,
            thresholds=self.margins.model_dump(),
            reference_frame=f"camera:{ask.frames[0]}",
            geometry="pose",
            detail={"angle_deg": math.degrees(angle_rad), "shift_m": shift_m},
            steps=2,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The true sector and three others."""
        drawn = matched_others(str(fact.label), SHARES, 3, rng)
        text, template = self.phrase(ctx, "position", rng)
        return Draft(text, Choice((str(fact.label), *drawn), 0), template)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The bearing and how far away it is."""
        angle = fact.detail["angle_deg"]
        side = "left" if angle > 0 else "right"
        return [
            f"Seen from above, the second camera stands {fact.detail['shift_m']:.2f} m from the "
            f"first, {abs(angle):.0f} degrees to the {side} of the first viewing direction."
        ]


TASK = CameraPosition
