"""pt.camera_rotation: which way and how far the camera turned between two pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
from pydantic import Field

from sextant.questions.answers import Choice, Number, write_number
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.task import Draft, Task, pick_template
from sextant.tasks.pt._relative_pose import PairMargins, check_pair, propose_pairs, relative_pose

NUMBER_TEMPLATES = (
    "By how many degrees did the camera turn to the {side} between the first and the second image?",
    "From view 1 to view 2 the camera turned to the {side}. By how many degrees?",
    "How far, in degrees, was the camera rotated to the {side} from the first picture to the "
    "second?",
    "The second picture was taken after turning to the {side}. Estimate the turn in degrees.",
    "Compare both images: what is the angle in degrees by which the view swung to the {side}?",
    "Through what angle, in degrees, did the viewing direction turn {side} from image 1 to image "
    "2?",
    "Estimate how many degrees the camera panned to the {side} between the two pictures.",
    "What is the size, in degrees, of the camera's turn to the {side} from the first view to the "
    "second?",
)
TILT_TEMPLATES = (
    "By how many degrees was the camera tilted {side} between the first and the second image?",
    "From view 1 to view 2 the camera tilted {side}. By how many degrees?",
    "How far, in degrees, did the camera pitch {side} from the first picture to the second?",
    "The second picture was taken after tilting the camera {side}. Estimate the tilt in degrees.",
    "Compare both images: by what angle in degrees did the view swing {side}?",
    "Through what angle, in degrees, did the viewing direction move {side} between the pictures?",
    "Estimate how many degrees the camera was turned {side} between the two pictures.",
    "What is the size, in degrees, of the camera's tilt {side} from the first view to the second?",
)
CHOICE_TEMPLATES = (
    "Which way and how far did the camera turn between the first and the second image?",
    "What rotation leads from the first view's direction to the second's?",
    "How did the camera turn from view 1 to view 2?",
    "Between the two pictures the camera turned. Which description fits?",
    "Compare the images: how was the camera rotated from the first to the second?",
    "From the first picture to the second, which turn did the camera make?",
    "Which turn of the camera explains the change from image 1 to image 2?",
    "Choose the rotation that the camera made between the first picture and the second.",
)
BIN_DEG = 30
"""Width of the answer bins; the first starts at the smallest turn asked about."""


class CameraRotationMargins(PairMargins):
    """Thresholds of pt.camera_rotation."""

    min_overlap: float = Field(0.1, description="overlap of the two views")
    min_turn_deg: float = Field(15.0, description="smallest turn asked about")
    max_other_deg: float = Field(15.0, description="largest turn about the other axis")
    border_deg: float = Field(5.0, description="distance of the turn from a bin's border")


class CameraRotation(Task):
    """Yaw about world up, or pitch where the camera did not turn sideways."""

    id = "pt.camera_rotation"
    needs = frozenset({"frames", "many_frames"})
    forms = ("number", "choice")
    balanced = True
    margins_model = CameraRotationMargins
    margins: CameraRotationMargins

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Overlapping pairs of pictures."""
        return propose_pairs(ctx, rng, self.margins)

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The turn about one axis; the other must stay small, so that one answer says it all."""
        problem = check_pair(ctx, ask, self.margins)
        if problem is not None:
            return problem
        pose = relative_pose(ctx, ask.frames)
        yaw, pitch = math.degrees(pose.yaw_rad), math.degrees(pose.pitch_rad)
        about_up = abs(yaw) >= abs(pitch)
        turn, other = (yaw, pitch) if about_up else (pitch, yaw)
        if abs(turn) < self.margins.min_turn_deg:
            return Drop("camera hardly turned")
        if abs(other) > self.margins.max_other_deg or abs(other) > abs(turn) / 2:
            return Drop("camera turned about two axes")
        words = ("left", "right") if about_up else ("up", "down")
        return Fact(
            ask,
            quantity="camera_yaw_deg" if about_up else "camera_pitch_deg",
            value=abs(turn),
            unit="deg",
            label=words[int(turn < 0)],
            margin=abs(turn) / self.margins.min_turn_deg - 1.0,
            thresholds=self.margins.model_dump(),
            reference_frame=f"camera:{ask.frames[0]}",
            geometry="pose",
            detail={"yaw_deg": yaw, "pitch_deg": pitch},
            steps=2,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """Degrees, or one of four turns made of a direction and a bin of 30 degrees."""
        assert fact.value is not None
        assert fact.label is not None
        if form == "number":
            sideways = fact.label in ("left", "right")
            templates = NUMBER_TEMPLATES if sideways else TILT_TEMPLATES
            text, template = pick_template(templates, "turn" if sideways else "tilt", rng)
            text = text.format(side=fact.label)
            return Draft(text, Number(write_number(fact.value, "deg")), template)
        start = int(self.margins.min_turn_deg)
        index = int((fact.value - start) // BIN_DEG)
        inside = (fact.value - start) % BIN_DEG
        if min(inside, BIN_DEG - inside) < self.margins.border_deg and not (
            index == 0 and inside < BIN_DEG / 2  # nothing smaller is ever asked about
        ):
            return Drop("turn is too close to a bin's border")
        opposite = {"left": "right", "right": "left", "up": "down", "down": "up"}[fact.label]
        neighbour = index - 1 if index > 0 and rng.integers(2) else index + 1
        turns = [(fact.label, index), (opposite, index), (fact.label, neighbour),
                 (opposite, neighbour)]  # fmt: skip
        options = tuple(_describe(word, start + k * BIN_DEG) for word, k in turns)
        text, template = pick_template(CHOICE_TEMPLATES, "choice", rng)
        return Draft(text, Choice(options, 0), template)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The turn in degrees."""
        if fact.label in ("left", "right"):
            return [f"The viewing direction swings {fact.value:.0f} degrees to the {fact.label}."]
        return [f"The viewing direction tilts {fact.value:.0f} degrees {fact.label}."]


def _describe(word: str, low_deg: int) -> str:
    side = f"to the {word}" if word in ("left", "right") else word
    return f"{side} by {low_deg}-{low_deg + BIN_DEG} degrees"


TASK = CameraRotation
