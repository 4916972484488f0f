"""What decoding hands to the loop: rows whose pictures are pixels."""

from __future__ import annotations

from dataclasses import dataclass

from sextant.models.family import Pixels, Rendered
from sextant.training.steps import StepPlan


@dataclass(frozen=True, slots=True, eq=False)
class ReadySample:
    """A sample that can be learned from.

    Attributes:
        place: Within the step; index into the arrays of its ``StepPlan``.
        id, capability, source: For reports.
        rendered: Ids, targets, slots.
        pixels: What the vision encoder is fed.
    """

    place: int
    id: str
    capability: str
    source: str
    rendered: Rendered
    pixels: Pixels


@dataclass(frozen=True, slots=True)
class BrokenSample:
    """A sample that cannot be learned from after all; nothing stands in for it.

    Attributes:
        place: Within the step.
        id: Of the example; "" where not even that could be read.
        reason: One line, with the file.
    """

    place: int
    id: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class ReadyPack:
    """A row of one process.

    Attributes:
        plan: Of its step.
        round: Which row of the process in this step.
        samples: In the order of the pack; may be empty.
        broken: Those of the pack that are missing from ``samples``.
        waited_s: How long the loop waited for it.
    """

    plan: StepPlan
    round: int
    samples: tuple[ReadySample, ...]
    broken: tuple[BrokenSample, ...]
    waited_s: float

    @property
    def weight(self) -> float:
        """What the row really counts in the loss: that of the samples that are there."""
        return float(sum(self.plan.weights[sample.place] for sample in self.samples))
