"""pt.view_choice: which picture would be seen from the place of A, looking towards B."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar, NamedTuple

import numpy as np
from pydantic import Field

from sextant.geometry.directions import heading, wrap
from sextant.questions.answers import Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.heuristics import object_cue
from sextant.questions.task import Draft, Margins, Task
from sextant.tasks.pt._turns import in_turns
from sextant.tasks.pt._view_choice_phrasings import MINDCUBE, TEMPLATES, VIEWSPATIAL

OTHERS = 3
ROUNDS = 3
"""Every view from a thing towards another is proposed so often, with other pictures around it."""


class ViewChoiceMargins(Margins):
    """Thresholds of pt.view_choice."""

    max_off_m: float = Field(0.4, description="right camera from A's centre in the floor plane")
    max_off_deg: float = Field(15.0, description="right camera's heading off the way from A to B")
    min_wrong_m: float = Field(1.0, description="wrong cameras are so far from A, or")
    min_wrong_deg: float = Field(45.0, description="their heading is so far off that way")
    min_above_m: float = Field(0.7, description="right camera above the underside of A")
    min_apart_m: float = Field(1.0, description="A's centre from B's in the floor plane")


class _Off(NamedTuple):
    """How far a camera misses the place of A, and the heading from A to B."""

    metres: float
    degrees: float


class ViewChoice(Task):
    """The real picture nearest to the pose asked for, among pictures that are clearly off it."""

    id = "pt.view_choice"
    needs = frozenset({"objects", "frames", "many_frames", "metric"})
    forms = ("choice",)
    margins_model = ViewChoiceMargins
    margins: ViewChoiceMargins
    templates: ClassVar = {"view": TEMPLATES}
    styles: ClassVar = {"mindcube": {"view": MINDCUBE}, "viewspatial": {"view": VIEWSPATIAL}}

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """A view from A to B, one or two pictures that show both, and three other views."""
        return in_turns(self, ctx, self._drawn(ctx, rng), rng, window=30)

    def _drawn(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        views = self._views(ctx)
        for _ in range(ROUNDS):
            for k in rng.permutation(len(views)):
                a, b, right = views[int(k)]
                wrong = [f for f in ctx.singles if f != right and self._is_wrong(ctx, a, b, f)]
                wrong = [wrong[int(i)] for i in rng.permutation(len(wrong))]
                wrong.sort(key=lambda f, b=b: self._rank(ctx, b, f))  # type: ignore[misc]
                for clear in self._overviews(ctx, a, b, right, rng):
                    options = [right, *[f for f in wrong if f not in clear][:OTHERS]]
                    if not {a, b} <= set(ctx.view((*clear, *options)).names):
                        continue
                    order = [options[int(i)] for i in rng.permutation(len(options))]
                    yield Ask((a, b), (*clear, *order), {"overviews": len(clear)})
                    break

    def _views(self, ctx: SceneContext) -> list[tuple[str, str, str]]:
        """Return all (A, B, frame) in which a frame is the view from A to B."""
        found = []
        for frame in ctx.singles:
            eye = ctx.frame(frame).center_world[:2]
            near = [
                o.id
                for o in ctx.objects
                if float(np.linalg.norm(o.box.center[:2] - eye)) <= self.margins.max_off_m
                and self._is_low(ctx, o.id, frame)
            ]
            for a in near:
                for b in ctx.view((frame,)).names:
                    if b != a and self._is_right(ctx, a, b, frame):
                        found.append((a, b, frame))
        return found

    def _is_low(self, ctx: SceneContext, a: str, frame: str) -> bool:
        """Tell whether something is below the camera: nobody stands at a ceiling lamp."""
        low_m = float(ctx.object(a).box.corners[:, 2].min())
        return float(ctx.frame(frame).center_world[2]) - low_m >= self.margins.min_above_m

    def _rank(self, ctx: SceneContext, b: str, frame: str) -> int:
        """Return 0 for a picture that looks straight at B, 1 if it shows B, 2 if it does not.

        To look for B, or for B in the middle, must not be enough to find the right picture.
        """
        if b not in ctx.view((frame,)).shown:
            return 2
        camera = ctx.frame(frame)
        way = heading(ctx.object(b).box.center - camera.center_world)
        off_deg = abs(math.degrees(wrap(heading(camera.forward_world) - way)))
        return int(off_deg > self.margins.max_off_deg)

    def _off(self, ctx: SceneContext, a: str, b: str, frame: str) -> _Off:
        camera, start = ctx.frame(frame), ctx.object(a).box.center
        way = heading(ctx.object(b).box.center - start)
        return _Off(
            float(np.linalg.norm((camera.center_world - start)[:2])),
            abs(math.degrees(wrap(heading(camera.forward_world) - way))),
        )

    def _is_right(self, ctx: SceneContext, a: str, b: str, frame: str) -> bool:
        off = self._off(ctx, a, b, frame)
        return off.metres <= self.margins.max_off_m and off.degrees <= self.margins.max_off_deg

    def _is_wrong(self, ctx: SceneContext, a: str, b: str, frame: str) -> bool:
        off = self._off(ctx, a, b, frame)
        return off.metres >= self.margins.min_wrong_m or off.degrees >= self.margins.min_wrong_deg

    def _overviews(
        self, ctx: SceneContext, a: str, b: str, right: str, rng: np.random.Generator
    ) -> list[tuple[str, ...]]:
        """Return pictures that show A and B, then pairs that show one each, from elsewhere."""
        free = [f for f in ctx.singles if f != right and not self._is_near(ctx, a, f)]
        free = [free[int(k)] for k in rng.permutation(len(free))]
        shown = {f: {a, b} & set(ctx.view((f,)).shown) for f in free}
        found: list[tuple[str, ...]] = []
        found.extend([(f,) for f in free if len(shown[f]) == 2][:3])
        with_a = [f for f in free if shown[f] == {a}][:3]
        with_b = [f for f in free if shown[f] == {b}][:3]
        found.extend(zip(with_a, with_b, strict=False))
        return found

    def _is_near(self, ctx: SceneContext, a: str, frame: str) -> bool:
        away = ctx.frame(frame).center_world - ctx.object(a).box.center
        return float(np.linalg.norm(away[:2])) < self.margins.min_wrong_m

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Exactly one picture is taken at A towards B, and every other one is clearly not."""
        a, b = ask.objects
        count = int(ask.detail["overviews"])
        overviews, options = ask.frames[:count], ask.frames[count:]
        if len(set(ask.frames)) < len(ask.frames) or len(options) < 2:
            return Drop("too few pictures to choose from")
        if a == b or not {a, b} <= set(ctx.view(ask.frames).names):
            return Drop("object is not shown or its name is ambiguous")
        if not {a, b} <= set(ctx.view(overviews).shown):
            return Drop("pictures before the question do not show both")
        apart_m = float(np.linalg.norm((ctx.object(b).box.center - ctx.object(a).box.center)[:2]))
        if apart_m < self.margins.min_apart_m:
            return Drop("the two objects are too close to each other")
        right = [k for k, f in enumerate(options) if self._is_right(ctx, a, b, f)]
        wrong = [k for k, f in enumerate(options) if self._is_wrong(ctx, a, b, f)]
        if len(right) != 1 or len(wrong) != len(options) - 1:
            return Drop("not exactly one picture fits the place and the direction")
        if not self._is_low(ctx, a, options[right[0]]):
            return Drop("nobody stands at something that hangs that high")
        if b not in ctx.view((options[right[0]],)).shown:
            return Drop("what is faced is hidden in the right picture")
        if not any(b in ctx.view((options[k],)).shown for k in wrong):
            return Drop("only the right picture shows what is faced")
        off = [self._off(ctx, a, b, f) for f in options]
        best = off[right[0]]
        return Fact(
            ask,
            quantity="view_pose",
            margin=1.0
            - max(best.metres / self.margins.max_off_m, best.degrees / self.margins.max_off_deg),
            thresholds=self.margins.model_dump(),
            reference_frame=f"object:{a}->{b}",
            geometry="pose",
            detail={
                "right": right[0],
                "off_m": [o.metres for o in off],
                "off_deg": [o.degrees for o in off],
            },
            steps=3,
            balance=f"{len(options)}:{right[0]}",
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """What shows the room, then the numbered pictures."""
        a, b = fact.ask.objects
        count = int(fact.ask.detail["overviews"])
        view = ctx.view(fact.ask.frames)
        names = {i: view.names[i] for i in (a, b)}
        options = tuple(f"Picture {k}" for k in range(1, len(fact.ask.frames) - count + 1))
        listed = "\n".join(f"{option}: <image>" for option in options)
        shown = "The room: " + " ".join(["<image>"] * count)
        text, template = self.phrase(ctx, "view", rng, a=f"the {names[a]}", b=f"the {names[b]}")
        choice = Choice(options, int(fact.detail["right"]), keep_order=True)
        cues = tuple(object_cue(ctx, (f,), b) for f in fact.ask.frames[count:])
        return Draft(f"{shown}\n{listed}\n{text}", choice, template, names=names, cues=cues)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """How far every camera is from the place and the direction asked for."""
        a, b = (names[i] for i in fact.ask.objects)
        lines = [f"Asked for is a camera at the {a} that looks towards the {b}:"]
        pairs = zip(fact.detail["off_m"], fact.detail["off_deg"], strict=True)
        for k, (metres, degrees) in enumerate(pairs, start=1):
            lines.append(
                f"picture {k} was taken {metres:.2f} m from the {a} and looks {degrees:.0f}° past "
                "that direction;"
            )
        return [*lines, f"only picture {int(fact.detail['right']) + 1} fits both."]


TASK = ViewChoice
