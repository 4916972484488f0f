"""mm.point_distance: the distance between two marked points, in one picture or in two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.questions.context import SceneContext
from sextant.questions.distractors import number_or_choice
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.marks import MARK_LETTERS, Mark
from sextant.questions.pictures import FramePicture
from sextant.questions.shots import shots, view_pairs
from sextant.questions.task import Draft, Task
from sextant.tasks.mm._points import PointMargins, draw_pixel, flatness, locate

TEMPLATES = {
    "one_picture": (
        "How far apart are the points marked {p} and {q} in the real scene, in meters?",
        "What is the straight-line distance in meters between point {p} and point {q}?",
        "Estimate the distance in space between the marked points {p} and {q} in meters.",
        "How many meters of string would it take to join the surface at {p} with the surface at "
        "{q} in a straight line?",
        "In meters, how far is mark {p} from mark {q} in the real scene?",
        "What is the 3D distance, in meters, between the spots marked {p} and {q}?",
        "Measured straight through space, how many meters lie between {p} and {q}?",
        "Two points are marked, {p} and {q}. How many meters are they apart in the scene?",
        "If a laser measured from the surface at {p} straight to the surface at {q}, how many "
        "meters would it show?",
        "The dots {p} and {q} lie on surfaces of this scene. Give their distance from each other "
        "in meters.",
        "Work out where {p} and {q} are in the room. How many meters separate the two points?",
        "How long, in meters, is the straight line through the air that connects {p} and {q}?",
        "State the Euclidean distance in meters between the two marked points of the scene, {p} "
        "and {q}.",
    ),
    "two_pictures": (
        "Point {p} is marked in the first picture and point {q} in the second. How far apart are "
        "they in the scene, in meters?",
        "What is the straight-line distance in meters between point {p} of the first picture and "
        "point {q} of the second?",
        "The two pictures show the same place. Estimate how many meters lie between {p} (first "
        "picture) and {q} (second picture).",
        "In meters, how far is the spot marked {p} in picture 1 from the spot marked {q} in "
        "picture 2?",
        "How many meters of string would join {p} in the first picture with {q} in the second?",
        "Both pictures are of one scene. What is the 3D distance in meters from {p} in the first "
        "to {q} in the second?",
        "Measured straight through space, how many meters is {p} (picture 1) away from {q} "
        "(picture 2)?",
        "Mark {p} is in the first view, mark {q} in the second. What distance in meters separates "
        "the two points in the scene?",
        "Find in the second picture's view of the scene where {p} of the first picture would be. "
        "How many meters is that from {q}?",
        "Someone holds one end of a tape measure at {p} of the first view and the other at {q} of "
        "the second. How many meters does it show?",
        "Combine both views of the scene: how far is the surface at {p} (first view) from the "
        "surface at {q} (second view), in meters?",
        "State the Euclidean distance in meters between the scene points {p} (picture 1) and {q} "
        "(picture 2).",
        "How long, in meters, is the straight line that leads from {p}, seen in the first picture, "
        "to {q}, seen in the second?",
    ),
}
SPAR = {
    "one_picture": (
        "What is the real-world distance in meters between point {p} and point {q} of the image?",
        "Estimate the distance in 3D between the surfaces at point {p} and point {q}, in meters.",
    ),
    "two_pictures": (
        "What is the real-world distance in meters between point {p} in the first image and point "
        "{q} in the second image?",
        "Using both images of the scene, estimate the distance in 3D between point {p} (first "
        "image) and point {q} (second image), in meters.",
    ),
}
PAIR_MIN_OVERLAP = 0.2
"""Views of a pair share enough that one can be placed by the other."""


class PointDistanceMargins(PointMargins):
    """Thresholds of mm.point_distance."""

    min_distance_m: float = Field(0.2, description="nearer points are not asked about")


class PointDistance(Task):
    """How far apart two points of the scene's surfaces are."""

    id = "mm.point_distance"
    needs = frozenset({"frames", "depth", "metric"})
    forms = ("number", "number", "choice")
    margins_model = PointDistanceMargins
    margins: PointDistanceMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = TEMPLATES
    styles: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {"spar": SPAR}

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Two points of one picture and one point in each of two, by turns."""
        singles = ((s.frames[0],) * 2 for s in shots(ctx, rng, video=False))
        pairs = view_pairs(ctx, rng, min_overlap=PAIR_MIN_OVERLAP)
        for single in singles:
            for first, second in filter(None, (single, next(pairs, None))):
                drawn = [draw_pixel(ctx, f, rng, self.margins) for f in (first, second)]
                if any(pixel is None for pixel in drawn):
                    continue
                frames = (first,) if first == second else (first, second)
                yield Ask((), frames, {"points": [list(pixel) for pixel in drawn if pixel]})

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Euclidean distance of the two points in the world, at least ``min_distance_m``."""
        pixels = ask.detail["points"]
        points = []
        for frame, (u, v) in zip((ask.frames[0], ask.frames[-1]), pixels, strict=True):
            point = locate(ctx, frame, float(u), float(v), self.margins)
            if isinstance(point, Drop):
                return point
            points.append(point)
        p, q = points
        distance_m = float(np.linalg.norm(p.world - q.world))
        minimum = self.margins.min_distance_m
        if distance_m < minimum:
            return Drop("points are closer than the threshold")
        return Fact(
            ask,
            quantity="point_distance_m",
            value=distance_m,
            unit="m",
            margin=min(distance_m / minimum - 1.0, flatness(self.margins, p, q)),
            thresholds=self.margins.model_dump(),
            geometry="depth",
            detail={
                "depths_m": [p.depth_m, q.depth_m],
                "offset_m": (q.world - p.world).tolist(),
                "points_world": [p.world.tolist(), q.world.tolist()],
            },
            steps=len(ask.frames),
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """A number in metres with one decimal, or four options; the points are dots."""
        assert fact.value is not None
        frames = fact.ask.frames
        marks = [
            Mark(letter, dot=(float(u), float(v)))
            for letter, (u, v) in zip(MARK_LETTERS, fact.ask.detail["points"], strict=False)
        ]
        if len(frames) == 1:
            pictures: tuple[FramePicture, ...] = (FramePicture(frames[0], tuple(marks)),)
        else:
            pictures = tuple(FramePicture(f, (m,)) for f, m in zip(frames, marks, strict=True))
        variant = "one_picture" if len(frames) == 1 else "two_pictures"
        text, template = self.phrase(ctx, variant, rng, p=marks[0].letter, q=marks[1].letter)
        answer = number_or_choice(fact, form, rng)
        if isinstance(answer, Drop):
            return answer
        return Draft(text, answer, template, pictures)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The depths, the offsets, and their length."""
        first, second = fact.detail["depths_m"]
        x, y, z = fact.detail["offset_m"]
        return [
            f"Point P lies at a depth of {first:.2f} m and point Q at {second:.2f} m.",
            f"In the scene they are {np.hypot(x, y):.2f} m apart across the floor and "
            f"{abs(z):.2f} m in height, which makes {fact.value:.2f} m in a straight line.",
        ]


TASK = PointDistance
