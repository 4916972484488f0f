"""pt.camera_rotation: which way and how far the camera turned between two pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.questions.answers import Choice, Number, write_number
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.task import Draft, Task
from sextant.tasks.pt._camera_phrasings import MMSI_WAY, SPAR_TURN, TILT, TURN, WAY
from sextant.tasks.pt._offered import matched_others
from sextant.tasks.pt._relative_pose import PairMargins, check_pair, propose_pairs, relative_pose
from sextant.tasks.pt._turns import in_turns

BIN_DEG = 30
"""Width of the answer bins; the first starts at the smallest turn asked about."""

BIN_SHARES = (0.28, 0.24, 0.26, 0.22)
"""How often a turn is in the first, second, ... bin in simulated rooms, once in turns."""


class CameraRotationMargins(PairMargins):
    """Thresholds of pt.camera_rotation."""

    min_overlap: float = Field(0.1, description="overlap of the two views")
    min_turn_deg: float = Field(15.0, description="smallest turn asked about")
    max_other_deg: float = Field(15.0, description="largest turn about the other axis")
    max_turn_deg: float = Field(170.0, description="beyond it the side could be either")
    border_deg: float = Field(5.0, description="distance of the turn from a bin's border")


class CameraRotation(Task):
    """Yaw about world up, or pitch where the camera did not turn sideways."""

    id = "pt.camera_rotation"
    needs = frozenset({"frames", "many_frames"})
    forms = ("number", "choice")
    balanced = True
    margins_model = CameraRotationMargins
    margins: CameraRotationMargins
    templates: ClassVar = {"turn": TURN, "tilt": TILT, "choice": WAY}
    styles: ClassVar = {"mmsi": {"choice": MMSI_WAY}, "spar": {"turn": SPAR_TURN}}

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Overlapping pairs of pictures."""
        return in_turns(self, ctx, propose_pairs(ctx, rng, self.margins), rng)

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
        if abs(turn) > self.margins.max_turn_deg:
            return Drop("camera turned nearly half round, to either side")
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
            balance=f"turn:{words[int(turn < 0)]} {self._bin(abs(turn))}",
        )

    def _bin(self, turn_deg: float) -> int:
        return int((turn_deg - int(self.margins.min_turn_deg)) // BIN_DEG)

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """Degrees, or one of three turns made of a direction and a bin of 30 degrees."""
        assert fact.value is not None
        assert fact.label is not None
        if form == "number":
            sideways = fact.label in ("left", "right")
            text, template = self.phrase(ctx, "turn" if sideways else "tilt", rng, side=fact.label)
            return Draft(text, Number(write_number(fact.value, "deg")), template)
        start, index = int(self.margins.min_turn_deg), self._bin(fact.value)
        inside = (fact.value - start) % BIN_DEG
        if min(inside, BIN_DEG - inside) < self.margins.border_deg and not (
            index == 0 and inside < BIN_DEG / 2  # nothing smaller is ever asked about
        ):
            return Drop("turn is too close to a bin's border")
        if index >= len(BIN_SHARES):
            return Drop("turn is larger than the bins reach")
        words = ("left", "right") if fact.label in ("left", "right") else ("up", "down")
        shares = {
            _describe(word, start + k * BIN_DEG): share
            for word in words
            for k, share in enumerate(BIN_SHARES)
        }
        right = _describe(fact.label, start + index * BIN_DEG)
        options = (right, *matched_others(right, shares, 2, rng))
        text, template = self.phrase(ctx, "choice", rng)
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
