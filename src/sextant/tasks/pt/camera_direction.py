"""pt.camera_direction: which way the camera moved between two pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.questions.answers import Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.task import Draft, Task
from sextant.tasks.pt._camera_phrasings import DIRECTION, MMSI_DIRECTION, SPAR_DIRECTION
from sextant.tasks.pt._offered import matched_others
from sextant.tasks.pt._relative_pose import PairMargins, check_pair, propose_pairs, relative_pose
from sextant.tasks.pt._turns import in_turns

AXES = (("left", "right"), ("up", "down"), ("backward", "forward"))
"""Names of the negative and positive direction of camera x, y, z (right, down, forward)."""

SHARES = {
    "left": 0.23, "right": 0.23, "forward": 0.23, "backward": 0.23, "up": 0.04, "down": 0.04,
}  # fmt: skip
"""How often each direction is the truth in simulated rooms, where people carry the camera."""


class CameraDirectionMargins(PairMargins):
    """Thresholds of pt.camera_direction."""

    dominance: float = Field(2.0, description="how many times larger than along the other axes")
    min_shift_m: float = Field(0.2, description="smallest movement along the dominating axis")
    max_rotation_deg: float = Field(30.0, description="largest rotation between the views")


class CameraDirection(Task):
    """The dominating axis of the translation in camera-1 axes."""

    id = "pt.camera_direction"
    needs = frozenset({"frames", "many_frames", "metric"})
    forms = ("choice",)
    balanced = True
    margins_model = CameraDirectionMargins
    margins: CameraDirectionMargins
    templates: ClassVar = {"direction": DIRECTION}
    styles: ClassVar = {
        "mmsi": {"direction": MMSI_DIRECTION}, "spar": {"direction": SPAR_DIRECTION}
    }  # fmt: skip

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Overlapping pairs of pictures."""
        return in_turns(self, ctx, propose_pairs(ctx, rng, self.margins), rng)

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The axis that dominates the translation, if one does."""
        problem = check_pair(ctx, ask, self.margins)
        if problem is not None:
            return problem
        pose = relative_pose(ctx, ask.frames)
        if math.degrees(pose.rotation_rad) >= self.margins.max_rotation_deg:
            return Drop("camera turned too much")
        size_m = np.abs(pose.translation_m)
        axis = int(np.argmax(size_m))
        largest, rest = float(size_m[axis]), float(np.delete(size_m, axis).max())
        if largest < self.margins.min_shift_m:
            return Drop("camera hardly moved")
        if largest < self.margins.dominance * rest:
            return Drop("no direction dominates")
        slack = largest / max(rest, 1e-9) / self.margins.dominance
        return Fact(
            ask,
            quantity="camera_translation_direction",
            label=AXES[axis][int(pose.translation_m[axis] > 0)],
            margin=min(slack, largest / self.margins.min_shift_m) - 1.0,
            thresholds=self.margins.model_dump(),
            reference_frame=f"camera:{ask.frames[0]}",
            geometry="pose",
            detail={
                "translation_m": pose.translation_m.tolist(),
                "rotation_deg": math.degrees(pose.rotation_rad),
            },
            steps=2,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The true direction and three others, each word offered as often as it is right."""
        others = matched_others(str(fact.label), SHARES, 3, rng)
        text, template = self.phrase(ctx, "direction", rng)
        return Draft(text, Choice((str(fact.label), *others), 0), template)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The translation along the first camera's axes."""
        x, y, z = fact.detail["translation_m"]
        return [
            f"In the first camera's axes the second stands {x:+.2f} m to the right, {-y:+.2f} m up "
            f"and {z:+.2f} m ahead.",
            f"The largest of these is the movement {fact.label}.",
        ]


TASK = CameraDirection
