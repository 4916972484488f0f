"""mm.point_depth: the depth at a marked point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np

from sextant.questions.context import SceneContext
from sextant.questions.distractors import number_or_choice
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.marks import MARK_LETTERS, Mark
from sextant.questions.pictures import FramePicture
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Task
from sextant.tasks.mm._points import PointMargins, draw_pixel, flatness, locate

TEMPLATES = (
    "What is the depth at the point marked {p}, in meters, measured along the camera's viewing "
    "direction?",
    "How many meters in front of the camera does the surface at point {p} lie, measured along the "
    "viewing direction?",
    "Estimate the depth of point {p} in meters (distance along the optical axis).",
    "At the marked point {p}, how deep is the scene in meters, counted along the optical axis?",
    "What z-depth, in meters, would a depth camera report at the point marked {p}?",
    "In meters, how far is the marked point {p} in front of the camera, measured along "
    "its viewing direction?",
    "How far away is the surface under mark {p}, in meters of depth along the optical axis?",
    "Give the depth in meters of the spot marked {p}, measured straight ahead from the camera.",
    "A depth map of this picture holds the z-depth of every pixel. What value, in meters, does it "
    "have at {p}?",
    "Imagine a plane through the spot at {p}, parallel to the image plane. How many meters ahead "
    "of the camera is it?",
    "The mark {p} lies on some surface. What is that surface's z-depth there, in meters?",
    "Counting only the distance along the direction in which the camera looks, how many meters "
    "away is point {p}?",
    "Find the dot labeled {p} and state its depth along the optical axis in meters.",
    "What is the z coordinate of point {p} in meters, in camera axes whose z points forward?",
)
SPAR = (
    "What is the depth of the surface at point {p} relative to the observer, in meters, taking the "
    "camera as the observer and depth along its viewing direction?",
    "Estimate the depth in meters at point {p} of the image (z axis of the camera, from the "
    "camera to the point).",
)


class PointDepth(Task):
    """How deep the scene is at one pixel."""

    id = "mm.point_depth"
    needs = frozenset({"frames", "depth", "metric"})
    forms = ("number", "number", "choice")
    margins_model = PointMargins
    margins: PointMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {"depth": TEMPLATES}
    styles: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {"spar": {"depth": SPAR}}

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """A random point of known, flat depth in each picture, in random order."""
        for shot in shots(ctx, rng, video=False):
            pixel = draw_pixel(ctx, shot.frames[0], rng, self.margins)
            if pixel is not None:
                yield Ask((), shot.frames, {"u": pixel[0], "v": pixel[1]})

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """z-depth at the pixel, where the 5x5 pixels around it are flat."""
        (frame,) = ask.frames
        point = locate(ctx, frame, float(ask.detail["u"]), float(ask.detail["v"]), self.margins)
        if isinstance(point, Drop):
            return point
        return Fact(
            ask,
            quantity="depth_m",
            value=point.depth_m,
            unit="m",
            margin=flatness(self.margins, point),
            thresholds=self.margins.model_dump(),
            reference_frame=f"camera:{frame}",
            geometry="depth",
            detail={"ray_m": point.ray_m, "spread": point.spread},
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """A number in metres with one decimal, or four options; the point is a dot."""
        assert fact.value is not None
        letter = MARK_LETTERS[0]
        mark = Mark(letter, dot=(float(fact.ask.detail["u"]), float(fact.ask.detail["v"])))
        pictures = (FramePicture(fact.ask.frames[0], (mark,)),)
        text, template = self.phrase(ctx, "depth", rng, p=letter)
        answer = number_or_choice(fact, form, rng)
        if isinstance(answer, Drop):
            return answer
        return Draft(text, answer, template, pictures)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """Distance along the ray, and what of it is along the axis."""
        return [
            f"The surface at the mark is {fact.detail['ray_m']:.2f} m away from the camera.",
            f"Along the viewing direction that is {fact.value:.2f} m.",
        ]


TASK = PointDepth
