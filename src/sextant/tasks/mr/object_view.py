"""mr.object_view: which picture shows an object from the opposite side, or from its left or right.

Left and right are those of the first picture: the side of the object at the left in it is what a
camera sees that went a quarter of the way round, clockwise seen from above.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
from pydantic import Field

from sextant.geometry.directions import wrap
from sextant.questions.answers import Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.task import Draft, Task
from sextant.tasks.mr._around import AroundMargins, apart_deg, azimuth_deg, azimuths_by_object
from sextant.tasks.mr._object_view_phrasings import STYLES, TEMPLATES

TARGETS_DEG: Mapping[str, float] = {"left": -90.0, "right": 90.0, "opposite": 180.0}
"""How far round the object, counterclockwise from above, the camera must have gone."""
OTHERS = 3
TRIES = 400


class ObjectViewMargins(AroundMargins):
    """Thresholds of mr.object_view."""

    max_off_deg: float = Field(20.0, description="azimuth of the right picture off the target")
    min_wrong_deg: float = Field(45.0, description="azimuth of the wrong pictures off the target")
    min_varied_deg: float = Field(
        30.0,
        description="some wrong picture is this far from the first, or the right one stands out",
    )


class ObjectView(Task):
    """One of several pictures is taken from the side asked about."""

    id = "mr.object_view"
    needs = frozenset({"objects", "frames", "many_frames", "metric"})
    forms = ("choice",)
    balanced = True
    margins_model = ObjectViewMargins
    margins: ObjectViewMargins
    templates = TEMPLATES
    styles = STYLES

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """An object that many pictures show, one of them to start from, and pictures to choose."""
        around = {
            i: seen for i, seen in azimuths_by_object(ctx, self.margins).items() if len(seen) >= 4
        }
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
            azimuth = azimuth_deg(ctx, frame, object_id, self.margins)
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
        side = str(fact.label)
        fields = {"a": f"the {names[object_id]}"}
        if side != "opposite":
            fields["side"] = side
        text, template = self.phrase(ctx, side, rng, **fields)
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
    frames: list[str], azimuths_deg: Mapping[str, float], first: str, least_deg: float
) -> list[str]:
    """Return ``OTHERS`` frames, taken from as many different sides as there are.

    Pictures that look like the first one, or like each other, would leave the right one standing
    out; they fill up only what is left.
    """
    taken = [first]
    for at_least_deg in (least_deg, 0.0):
        for frame in frames:
            near = min(apart_deg(azimuths_deg[frame], azimuths_deg[f]) for f in taken)
            if len(taken) <= OTHERS and frame not in taken and near >= at_least_deg:
                taken.append(frame)
    return taken[1:]


def _off_deg(first_deg: float, other_deg: float, side: str) -> float:
    """Return by how much a camera's azimuth misses the side asked about, in degrees."""
    return apart_deg(other_deg, first_deg + TARGETS_DEG[side])


TASK = ObjectView
