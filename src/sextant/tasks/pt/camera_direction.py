"""pt.camera_direction: which way the camera moved between two pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
from pydantic import Field

from sextant.questions.answers import Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.task import Draft, Task, pick_template
from sextant.tasks.pt._relative_pose import PairMargins, check_pair, propose_pairs, relative_pose
from sextant.tasks.pt._turns import in_turns

TEMPLATES = (
    "Two pictures were taken one after the other. In which direction did the camera move from the "
    "first to the second?",
    "Between the first and the second image, which way did the camera move?",
    "Compare the two views. Relative to its orientation in the first image, in what direction did "
    "the camera travel?",
    "Seen from the first view, in which direction was the second picture taken?",
    "The photographer took the first picture, moved, and took the second. Which way did they go, "
    "seen from the first view?",
    "How did the camera's position change from image 1 to image 2?",
    "Judging by both pictures, which movement brought the camera from the first to the second "
    "viewpoint?",
    "Taking the first image's viewing direction as forward, where did the camera move to?",
    "What best describes the camera's translation from view 1 to view 2, in the axes of view 1?",
)
AXES = (("left", "right"), ("up", "down"), ("backward", "forward"))
"""Names of the negative and positive direction of camera x, y, z (right, down, forward)."""


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
        """The true direction, its opposite, and two others."""
        opposite = next(o for a in AXES for s, o in (a, a[::-1]) if s == fact.label)
        others = [w for a in AXES for w in a if w not in (fact.label, opposite)]
        drawn = [others[int(i)] for i in rng.permutation(len(others))[:2]]
        text, template = pick_template(TEMPLATES, "direction", rng)
        return Draft(text, Choice((str(fact.label), opposite, *drawn), 0), template)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The translation along the first camera's axes."""
        x, y, z = fact.detail["translation_m"]
        return [
            f"In the first camera's axes the second stands {x:+.2f} m to the right, {-y:+.2f} m up "
            f"and {z:+.2f} m ahead.",
            f"The largest of these is the movement {fact.label}.",
        ]


TASK = CameraDirection
