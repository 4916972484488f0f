"""pt.camera_displacement: how far the camera moved between two pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.questions.context import SceneContext
from sextant.questions.distractors import number_or_choice
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.task import Draft, Task
from sextant.tasks.pt._camera_phrasings import SHIFT, SPAR_SHIFT
from sextant.tasks.pt._relative_pose import PairMargins, check_pair, propose_pairs, relative_pose


class CameraDisplacementMargins(PairMargins):
    """Thresholds of pt.camera_displacement."""

    min_shift_m: float = Field(0.2, description="shorter movements are not asked about")


class CameraDisplacement(Task):
    """Distance between two camera centres."""

    id = "pt.camera_displacement"
    needs = frozenset({"frames", "many_frames", "metric"})
    forms = ("number", "number", "choice")
    margins_model = CameraDisplacementMargins
    margins: CameraDisplacementMargins
    templates: ClassVar = {"shift": SHIFT}
    styles: ClassVar = {"spar": {"shift": SPAR_SHIFT}}

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Overlapping pairs of pictures."""
        return propose_pairs(ctx, rng, self.margins)

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The norm of the translation."""
        problem = check_pair(ctx, ask, self.margins)
        if problem is not None:
            return problem
        shift_m = float(np.linalg.norm(relative_pose(ctx, ask.frames).translation_m))
        if shift_m < self.margins.min_shift_m:
            return Drop("camera hardly moved")
        return Fact(
            ask,
            quantity="camera_displacement_m",
            value=shift_m,
            unit="m",
            margin=shift_m / self.margins.min_shift_m - 1.0,
            thresholds=self.margins.model_dump(),
            geometry="pose",
            steps=2,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """Metres with one decimal, or four options."""
        assert fact.value is not None
        text, template = self.phrase(ctx, "shift", rng)
        answer = number_or_choice(fact, form, rng)
        if isinstance(answer, Drop):
            return answer
        return Draft(text, answer, template)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The translation along the first camera's axes."""
        x, y, z = relative_pose(ctx, fact.ask.frames).translation_m
        return [
            f"Seen from the first camera the second stands {x:+.2f} m to the right, {-y:+.2f} m up "
            f"and {z:+.2f} m ahead: {fact.value:.2f} m away."
        ]


TASK = CameraDisplacement
