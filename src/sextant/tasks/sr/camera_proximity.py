"""sr.camera_proximity: which of several objects or marked points is nearest to the camera."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.questions.answers import Choice, read_as
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.heuristics import point_cue
from sextant.questions.marks import MARK_LETTERS, Mark
from sextant.questions.pictures import FramePicture
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Task
from sextant.tasks.mm._points import PointMargins, draw_pixel, locate
from sextant.tasks.mm._subjects import subjects
from sextant.tasks.sr._calling import call, draw_letters
from sextant.tasks.sr._camera_proximity_phrasings import (
    OBJECTS,
    POINTS,
    SPAR_OBJECTS,
    SPAR_POINTS,
    WORDS,
)
from sextant.tasks.sr._gaps import GapMargins


class CameraProximityMargins(GapMargins, PointMargins):
    """Thresholds of sr.camera_proximity."""

    min_mark_gap: float = Field(0.08, description="between marks, as a share of the width")


class CameraProximity(Task):
    """The nearest or farthest of two to four objects or points of one picture."""

    id = "sr.camera_proximity"
    needs = frozenset({"frames", "metric", "subjects"})
    forms = ("choice",)
    margins_model = CameraProximityMargins
    margins: CameraProximityMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **{f"objects_{v}": OBJECTS for v in WORDS},
        **{f"points_{v}": POINTS for v in WORDS},
    }
    styles: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
        "spar": {
            **{f"objects_{v}": SPAR_OBJECTS for v in WORDS},
            **{f"points_{v}": SPAR_POINTS for v in WORDS},
        }
    }

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Groups of objects and, where there is depth, of points, by turns."""
        variants, turn = tuple(WORDS), int(rng.integers(2))
        for shot in shots(ctx, rng, video=False):
            pool = subjects(ctx, ctx.view(shot.frames))
            size = 2 + int(rng.integers(3))
            if len(pool) >= 2:
                picks = rng.permutation(len(pool))[: max(2, min(size, len(pool)))].tolist()
                group = tuple(pool[k] for k in picks)
                letters = draw_letters(shot.frames, len(group), rng)
                yield Ask(group, shot.frames, {"variant": variants[turn], **letters})
                turn = 1 - turn
            if ctx.frame(shot.frames[0]).read_depth is not None:
                drawn = [draw_pixel(ctx, shot.frames[0], rng, self.margins) for _ in range(size)]
                points = [list(p) for p in drawn if p is not None]
                if len(points) >= 2:
                    yield Ask((), shot.frames, {"variant": variants[turn], "points": points})
                    turn = 1 - turn

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Distances from the camera centre; the extreme one apart from all others."""
        points = ask.detail.get("points")
        found = self._of_objects(ctx, ask) if points is None else self._of_points(ctx, ask)
        if isinstance(found, Drop):
            return found
        distances_m, names = found
        if not 2 <= len(names) <= 4:
            return Drop("there must be two to four options")
        ordered = sorted(distances_m)
        if ask.detail["variant"] == "nearest":
            best, slack = ordered[0], self.margins.slack(ordered[0], ordered[1])
        else:
            best, slack = ordered[-1], self.margins.slack(ordered[-2], ordered[-1])
        if slack < 0:
            return Drop("two options are about equally far")
        frame = ask.frames[0]
        by_boxes = points is None and ctx.visibility.method[ctx.row(frame)] == "boxes"
        return Fact(
            ask,
            quantity="camera_distance_m",
            value=best,
            unit="m",
            label=names[distances_m.index(best)],
            margin=slack,
            thresholds=self.margins.model_dump(),
            reference_frame=f"camera:{frame}",
            geometry="box" if by_boxes else "depth",
            detail={"distances_m": distances_m, "options": names},
        )

    def _of_objects(self, ctx: SceneContext, ask: Ask) -> tuple[list[float], list[str]] | Drop:
        called = call(ctx, ask)
        if isinstance(called, Drop):
            return called
        if not ctx.sees_surfaces(ask.frames[0]):
            return Drop("only boxes are known, not what is visible of them")
        distances_m = [ctx.visibility.view(ask.frames[0], o).nearest_m for o in ask.objects]
        if not all(math.isfinite(d) for d in distances_m):
            return Drop("distance of a visible surface is unknown")
        return distances_m, list(ask.objects)

    def _of_points(self, ctx: SceneContext, ask: Ask) -> tuple[list[float], list[str]] | Drop:
        (frame,) = ask.frames
        distances_m: list[float] = []
        pixels = [(float(u), float(v)) for u, v in ask.detail["points"]]
        apart_px = self.margins.min_mark_gap * ctx.frame(frame).camera.width
        for k, (u, v) in enumerate(pixels):
            point = locate(ctx, frame, u, v, self.margins)
            if isinstance(point, Drop):
                return point
            if any(math.hypot(u - x, v - y) < apart_px for x, y in pixels[:k]):
                return Drop("marks are too close together")
            distances_m.append(point.ray_m)
        return distances_m, list(MARK_LETTERS[: len(pixels)])

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The options are the objects' names, or the letters of the points."""
        variant = str(fact.ask.detail["variant"])
        keys: list[str] = fact.detail["options"]
        correct = keys.index(fact.label or "")
        lean = 1 if variant == "nearest" else -1
        if not fact.ask.objects:
            return self._compose_points(ctx, fact, variant, lean, rng)
        called = call(ctx, fact.ask)
        if isinstance(called, Drop):
            return called
        said = [called.the(o) for o in keys]
        text, template = self.phrase(
            ctx, f"objects_{variant}", rng,
            options=read_as(said, "or"), all=read_as(said), **WORDS[variant],
        )  # fmt: skip
        choice = Choice(tuple(called.names[o] for o in keys), correct)
        return Draft(text, choice, template, called.pictures, called.names, lean=lean)

    def _compose_points(
        self, ctx: SceneContext, fact: Fact, variant: str, lean: int, rng: np.random.Generator
    ) -> Draft:
        (frame,), keys = fact.ask.frames, fact.detail["options"]
        text, template = self.phrase(
            ctx, f"points_{variant}", rng,
            options=read_as(keys, "or"), all=read_as(keys), **WORDS[variant],
        )  # fmt: skip
        dots = [(float(u), float(v)) for u, v in fact.ask.detail["points"]]
        marks = tuple(Mark(k, dot=dot) for k, dot in zip(keys, dots, strict=True))
        choice = Choice(tuple(f"point {k}" for k in keys), keys.index(fact.label))
        cues = tuple(point_cue(ctx, frame, dot) for dot in dots)
        return Draft(text, choice, template, (FramePicture(frame, marks),), cues=cues, lean=lean)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """All camera distances, then the extreme one."""
        parts = [
            f"{'the ' + names[k] if fact.ask.objects else 'point ' + k} {d:.2f} m"
            for k, d in zip(fact.detail["options"], fact.detail["distances_m"], strict=True)
        ]
        return [
            f"Distances from the camera: {read_as(parts)}.",
            f"The {WORDS[fact.ask.detail['variant']]['distance']} is {fact.value:.2f} m.",
        ]


TASK = CameraProximity
