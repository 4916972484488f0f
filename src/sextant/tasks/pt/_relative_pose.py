"""How two cameras stand to each other, in the terms the camera-motion families share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sextant.geometry.directions import heading, wrap
from sextant.geometry.transforms import invert
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop
from sextant.questions.shots import view_pairs
from sextant.questions.task import Margins

STEEP_RAD = math.radians(60.0)
"""A camera that looks up or down more steeply has no clear heading in the floor plane."""


class PairMargins(Margins):
    """What every question about two views needs: that they can be told to belong together."""

    min_overlap: float = Field(0.15, description="overlap of the two views")


@dataclass(frozen=True, slots=True, eq=False)
class RelativePose:
    """The second camera as seen from the first.

    Attributes:
        translation_m: (3,) position of camera 2 in camera-1 axes (right, down, forward), metres.
        yaw_rad: Turn of the heading about world up, positive to the left.
        pitch_rad: Change of the elevation of the viewing direction, positive upwards.
        rotation_rad: Angle of the whole rotation.
    """

    translation_m: NDArray[np.float64]
    yaw_rad: float
    pitch_rad: float
    rotation_rad: float


def relative_pose(ctx: SceneContext, frames: tuple[str, ...]) -> RelativePose:
    """Return the pose T_camera1_camera2 of the second of two frames in the first."""
    first, second = ctx.frame(frames[0]), ctx.frame(frames[1])
    T_camera1_camera2 = invert(first.T_world_camera) @ second.T_world_camera
    cosine = (np.trace(T_camera1_camera2[:3, :3]) - 1.0) / 2.0
    return RelativePose(
        T_camera1_camera2[:3, 3],
        wrap(heading(second.forward_world) - heading(first.forward_world)),
        _elevation(second.forward_world) - _elevation(first.forward_world),
        math.acos(max(-1.0, min(1.0, float(cosine)))),
    )


def _elevation(forward: NDArray[np.float64]) -> float:
    return math.asin(max(-1.0, min(1.0, float(forward[2]))))


def propose_pairs(ctx: SceneContext, rng: np.random.Generator, margins: PairMargins
                  ) -> Iterator[Ask]:  # fmt: skip
    """Yield pairs of pictures that overlap enough."""
    for pair in view_pairs(ctx, rng, min_overlap=margins.min_overlap):
        yield Ask((), pair)


def check_pair(ctx: SceneContext, ask: Ask, margins: PairMargins) -> Drop | None:
    """Return why a pair must not be asked about, or None."""
    if len(set(ask.frames)) != 2:
        return Drop("not two different pictures")
    rows = [ctx.row(f) for f in ask.frames]
    if float(ctx.pairs.overlap[rows[0], rows[1]]) < margins.min_overlap:
        return Drop("views overlap too little")
    if any(abs(_elevation(ctx.frame(f).forward_world)) > STEEP_RAD for f in ask.frames):
        return Drop("camera looks too steeply up or down")
    return None
