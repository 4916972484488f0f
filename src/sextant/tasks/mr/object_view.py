"""mr.object_view: which picture shows an object from the opposite side, or from its left or right.

Left and right are those of the first picture: the side of the object at the left in it is what a
camera sees that went a quarter of the way round, clockwise seen from above.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
from pydantic import Field

from sextant.geometry.directions import heading, wrap
from sextant.questions.answers import Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.task import Draft, Margins, Task, pick_template

OPPOSITE_TEMPLATES = (
    "Which of the numbered pictures shows {a} from the side opposite to that of the first picture?",
    "The first picture shows {a} from one side. Which numbered picture was taken from the other "
    "side?",
    "Walk half way round {a}, starting from the first picture. Which picture do you see?",
    "In which numbered picture is {a} seen from the direction opposite to the first one?",
    "Which picture shows the side of {a} that faces away from the camera of the first picture?",
    "If the first picture looks at {a} from one direction, which of the others looks at it from "
    "the reverse direction?",
    "Find the picture taken from beyond {a}, looking back towards where the first one was taken.",
    "With {a} in the middle between two cameras, which numbered picture faces the first one?",
)
SIDE_TEMPLATES = (
    "Which of the numbered pictures shows {a} from the side that is at its {side} in the first "
    "picture?",
    "Starting from the first picture, you walk to the {side} until you have gone a quarter of the "
    "way round {a}. Which picture do you see?",
    "Seen as in the first picture, {a} has a {side} side. Which numbered picture was taken from "
    "there?",
    "Which numbered picture looks at {a} from the {side}, as {side} is in the first picture?",
    "Somebody stands to the {side} of {a} as the first picture shows it, and looks at it. Which "
    "picture is theirs?",
    "In which numbered picture is {a} seen from the direction that is {side} in the first picture?",
    "The first picture shows {a}. Which of the others was taken from the {side} of it, seen from "
    "the first camera?",
    "Move round {a} by ninety degrees to the {side} of the first viewpoint. Which picture fits?",
)
TARGETS_DEG: Mapping[str, float] = {"left": -90.0, "right": 90.0, "opposite": 180.0}
"""How far round the object, counterclockwise from above, the camera must have gone."""
OTHERS = 3
TRIES = 400


class ObjectViewMargins(Margins):
    """Thresholds of mr.object_view."""

    max_off_deg: float = Field(20.0, description="azimuth of the right picture off the target")
    min_wrong_deg: float = Field(45.0, description="azimuth of the wrong pictures off the target")
    min_varied_deg: float = Field(
        30.0,
        description="some wrong picture is this far from the first, or the right one stands out",
    )
    min_in_frame: float = Field(0.6, description="share of the object inside every picture")
    min_away_m: float = Field(0.5, description="camera to centre in the floor plane")
    max_elevation_deg: float = Field(50.0, description="steepest view down on the object")


class ObjectView(Task):
    """One of several pictures is taken from the side asked about."""

    id = "mr.object_view"
    needs = frozenset({"objects", "frames", "many_frames", "metric"})
    forms = ("choice",)
    balanced = True
    margins_model = ObjectViewMargins
    margins: ObjectViewMargins

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """An object that many pictures show, one of them to start from, and pictures to choose."""
        around = self._azimuths_by_object(ctx)
        ids = sorted(around)
        if not ids:
            return
        for _ in range(TRIES):
            object_id = ids[int(rng.integers(len(ids)))]
            seen = around[object_id]
            frames = sorted(seen)
            first = frames[int(rng.integers(len(frames)))]
            side = tuple(TARGETS_DEG)[int(rng.integers(len(TARGETS_DEG)))]
            off = {f: _off_deg(seen[first], seen[f], side) for f in frames if f != first}
            right = [f for f, d in off.items() if d <= self.margins.max_off_deg]
            wrong = [f for f, d in off.items() if d >= self.margins.min_wrong_deg]
            if not right or len(wrong) < 2:
                continue
            drawn = [right[int(rng.integers(len(right)))]]
            shuffled = [wrong[int(k)] for k in rng.permutation(len(wrong))]
            drawn += _varied(shuffled, seen, first, self.margins.min_varied_deg)
            # Shuffled here: the pictures are numbered in this order.
            order = [drawn[int(k)] for k in rng.permutation(len(drawn))]
            yield Ask((object_id,), (first, *order), {"side": side})

    def _azimuths_by_object(self, ctx: SceneContext) -> dict[str, dict[str, float]]:
        """Return for every object the frames that show it well, with their azimuths in degrees."""
        found: dict[str, dict[str, float]] = {}
        for frame in ctx.singles:
            for object_id in ctx.view((frame,)).names:
                azimuth = self._azimuth_deg(ctx, frame, object_id)
                if not isinstance(azimuth, Drop):
                    found.setdefault(object_id, {})[frame] = azimuth
        return {i: seen for i, seen in found.items() if len(seen) >= 4}

    def _azimuth_deg(self, ctx: SceneContext, frame_id: str, object_id: str) -> float | Drop:
        """Return where round the object a camera stands, or why its picture cannot be used."""
        if ctx.visibility.view(frame_id, object_id).in_frame_ratio < self.margins.min_in_frame:
            return Drop("object is cut off by the border of a picture")
        away = ctx.frame(frame_id).center_world - ctx.object(object_id).box.center
        floor_m = math.hypot(float(away[0]), float(away[1]))
        if floor_m < self.margins.min_away_m:
            return Drop("camera is too close to the object")
        if math.degrees(math.atan2(abs(float(away[2])), floor_m)) > self.margins.max_elevation_deg:
            return Drop("camera looks too steeply at the object")
        return math.degrees(heading(away))

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Exactly one picture lies at the target azimuth, all others far from it."""
        (object_id,) = ask.objects
        side = str(ask.detail["side"])
        if len(ask.frames) < 4 or len(set(ask.frames)) < len(ask.frames):
            return Drop("too few pictures to choose from")
        if object_id not in ctx.view(ask.frames).names:
            return Drop("object is not shown or its name is ambiguous")
        azimuths = []
        for frame in ask.frames:
            if object_id not in ctx.view((frame,)).shown:
                return Drop("object is not well visible in a picture")
            azimuth = self._azimuth_deg(ctx, frame, object_id)
            if isinstance(azimuth, Drop):
                return azimuth
            azimuths.append(azimuth)
        off = [_off_deg(azimuths[0], a, side) for a in azimuths[1:]]
        right = int(np.argmin(off))
        if off[right] > self.margins.max_off_deg:
            return Drop("no picture is taken from the side asked about")
        wrong = min(d for k, d in enumerate(off) if k != right)
        if wrong < self.margins.min_wrong_deg:
            return Drop("a wrong picture is taken from about the same side")
        turned = [math.degrees(wrap(math.radians(a - azimuths[0]))) for a in azimuths[1:]]
        if max(abs(t) for k, t in enumerate(turned) if k != right) < self.margins.min_varied_deg:
            return Drop("all wrong pictures look like the first one")
        return Fact(
            ask,
            quantity="azimuth_off_target_deg",
            label=side,
            margin=min(
                wrong / self.margins.min_wrong_deg - 1.0,
                1.0 - off[right] / self.margins.max_off_deg,
            ),
            thresholds=self.margins.model_dump(),
            reference_frame=f"camera:{ask.frames[0]}",
            geometry="pose",
            detail={"right": right, "turned_deg": turned},
            steps=3,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The first picture, then the numbered ones."""
        (object_id,) = fact.ask.objects
        names = {object_id: ctx.view(fact.ask.frames).names[object_id]}
        variant = "opposite" if fact.label == "opposite" else "side"
        templates = OPPOSITE_TEMPLATES if variant == "opposite" else SIDE_TEMPLATES
        text, template = pick_template(templates, variant, rng)
        text = text.format(a=f"the {names[object_id]}", side=fact.label)
        options = tuple(f"Picture {k}" for k in range(1, len(fact.ask.frames)))
        listed = "\n".join(f"{option}: <image>" for option in options)
        return Draft(
            f"First picture: <image>\n{listed}\n{text}",
            Choice(options, fact.detail["right"], keep_order=True),
            template,
            names=names,
        )

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """How far round the object every picture was taken."""
        (object_id,) = fact.ask.objects
        lines = [
            f"Round the {names[object_id]}, seen from above and counted from the first camera:"
        ]
        for k, turned in enumerate(fact.detail["turned_deg"], start=1):
            side = "right" if turned > 0 else "left"
            lines.append(f"picture {k} was taken {abs(turned):.0f}° to the {side};")
        half_way = fact.label == "opposite"
        return [*lines, f"asked for is {'180°' if half_way else f'90° to the {fact.label}'}."]


def _varied(
    frames: list[str], azimuths_deg: Mapping[str, float], first: str, apart_deg: float
) -> list[str]:
    """Return ``OTHERS`` frames, taken from as many different sides as there are.

    Pictures that look like the first one, or like each other, would leave the right one standing
    out; they fill up only what is left.
    """
    taken = [first]
    for at_least_deg in (apart_deg, 0.0):
        for frame in frames:
            steps = [math.radians(azimuths_deg[frame] - azimuths_deg[f]) for f in taken]
            near = min(abs(math.degrees(wrap(s))) for s in steps)
            if len(taken) <= OTHERS and frame not in taken and near >= at_least_deg:
                taken.append(frame)
    return taken[1:]


def _off_deg(first_deg: float, other_deg: float, side: str) -> float:
    """Return by how much a camera's azimuth misses the side asked about, in degrees."""
    miss = math.radians(other_deg - first_deg - TARGETS_DEG[side])
    return abs(math.degrees(wrap(miss)))


TASK = ObjectView
