"""mm.camera_distance: how far an object is from the camera."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.questions.context import SceneContext
from sextant.questions.distractors import number_or_choice
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.references import refer
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task
from sextant.tasks.mm._subjects import point_out, subjects

TEMPLATES = (
    "How far is {a} from the camera, in meters, measured to its nearest visible point?",
    "What is the distance in meters between the camera and the closest visible part of {a}?",
    "Measuring to the closest point that can be seen, how many meters away from the camera is {a}?",
    "Estimate the distance from the camera to the nearest visible point of {a} in meters.",
    "From the spot where this picture was taken, how many meters is it to the closest visible "
    "point of {a}?",
    "In meters, how long is the straight line from the camera to the nearest visible point of {a}?",
    "How many meters would a laser pointer held at the camera measure to the closest visible point "
    "of {a}?",
    "The photographer wants to know how far away {a} is at its nearest visible point. What is the "
    "distance in meters?",
    "What distance in meters separates the camera from {a}, taking the nearest point in view?",
    "Stretch a string from the lens to the nearest visible point of {a}. How many meters long is "
    "it?",
    "Judge how near {a} comes to the camera: give the distance to its closest visible point in "
    "meters.",
    "Of all points of {a} that are in view, one is closest to the camera. How many meters away is "
    "it?",
    "Where the visible surface of {a} is nearest to the camera, how many meters lie between the "
    "two?",
    "State the distance in meters from where the camera stands to the nearest visible point of "
    "{a}.",
)
SPAR = (
    "Taking the camera as the observer, what is the distance from the observer to the nearest "
    "visible point of {a}, in meters?",
    "Estimate the real-world distance in meters between the camera and {a}, judged by the closest "
    "visible point of the object.",
)


class CameraDistanceMargins(Margins):
    """Thresholds of mm.camera_distance."""

    min_distance_m: float = Field(0.2, description="nearer objects are not asked about")
    max_distance_m: float = Field(10.0, description="farther objects are not asked about")


class CameraDistance(Task):
    """How far the nearest visible point of an object is from the camera centre."""

    id = "mm.camera_distance"
    needs = frozenset({"objects", "metric", "frames"})
    forms = ("number", "number", "choice")
    margins_model = CameraDistanceMargins
    margins: CameraDistanceMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {"camera": TEMPLATES}
    styles: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {"spar": {"camera": SPAR}}

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Objects of single pictures, in random order."""
        for shot in shots(ctx, rng, video=False):
            pool = subjects(ctx, ctx.view(shot.frames))
            for k in rng.permutation(len(pool))[: shot.candidates].tolist():
                yield Ask((pool[k],), shot.frames)

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Camera centre to the nearest visible surface point, within the two thresholds."""
        (a,), (frame,) = ask.objects, ask.frames
        called = point_out(ctx, ask)
        if isinstance(called, Drop):
            return called
        if not ctx.sees_surfaces(frame):
            return Drop("only boxes are known, not what is visible of them")
        distance_m = ctx.visibility.view(frame, a).nearest_m
        low, high = self.margins.min_distance_m, self.margins.max_distance_m
        if not math.isfinite(distance_m):
            return Drop("distance of the visible surface is unknown")
        if distance_m < low:
            return Drop("object is nearer than the threshold")
        if distance_m > high:
            return Drop("object is farther than the threshold")
        return Fact(
            ask,
            quantity="camera_distance_m",
            value=distance_m,
            unit="m",
            margin=min(distance_m / low, high / distance_m) - 1.0,
            thresholds={"min_distance_m": low, "max_distance_m": high},
            reference_frame=f"camera:{frame}",
            geometry="box" if ctx.visibility.method[ctx.row(frame)] == "boxes" else "depth",
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """A number in metres with one decimal, or four options."""
        assert fact.value is not None
        called = refer(ctx, ctx.view(fact.ask.frames), fact.ask.objects)
        if isinstance(called, Drop):
            return called
        text, template = self.phrase(ctx, "camera", rng, a=called.the(fact.ask.objects[0]))
        answer = number_or_choice(fact, form, rng)
        if isinstance(answer, Drop):
            return answer
        return Draft(text, answer, template, called.pictures, called.names)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """Distance to the centre first, then to the surface."""
        (a,), (frame,) = fact.ask.objects, fact.ask.frames
        center = ctx.object(a).box.center - ctx.frame(frame).center_world
        return [
            f"The center of the {names[a]} is {float(np.linalg.norm(center)):.2f} m away from the "
            "camera.",
            f"The part of its surface that is seen begins {fact.value:.2f} m away.",
        ]


TASK = CameraDistance
