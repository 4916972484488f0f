"""mr.around_object: from one of several views round A, what is left of, right of or behind A.

The direction is that from A to the thing asked about, against the line from the camera of the
view through A: 0 is straight on, that is, behind A. What is asked about cannot be seen in that
view; another view shows it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from pydantic import Field

from sextant.questions.answers import Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.task import Draft, Task
from sextant.tasks.mr._around import (
    AroundMargins,
    Place,
    apart_deg,
    azimuth_deg,
    azimuths_by_object,
    is_unseen,
    off_axis_deg,
    place_of,
)
from sextant.tasks.mr._around_object_phrasings import STYLES, TEMPLATES

SIDES: Mapping[str, str] = {"left": "left", "right": "right", "behind": "front"}
"""Each side and the sector it is; "front" of the line from the camera through A is behind A."""
OTHERS = 3
TRIES = 400


class AroundObjectMargins(AroundMargins):
    """Thresholds of mr.around_object."""

    min_apart_deg: float = Field(60.0, description="angle between the views round the object")
    border_deg: float = Field(10.0, description="distance of a direction from a sector's border")
    min_corners: int = Field(6, description="corners of the right object inside the sector")
    max_wrong_corners: int = Field(2, description="corners of a wrong option inside the sector")
    min_distance_m: float = Field(0.5, description="between the centres, in the floor plane")
    max_distance_m: float = Field(5.0, description="between the centres, in the floor plane")
    max_off_axis_deg: float = Field(25.0, description="object off the line of sight it is faced by")
    min_shared: int = Field(3, description="objects that two views must share to be put together")


class AroundObject(Task):
    """Exactly one of the options lies in the asked sector of A; none of them is in that view."""

    id = "mr.around_object"
    needs = frozenset({"objects", "frames", "many_frames", "metric"})
    forms = ("choice",)
    balanced = True
    margins_model = AroundObjectMargins
    margins: AroundObjectMargins
    templates = TEMPLATES
    styles = STYLES

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Two to four views round an object, one to look from, a side, and unseen objects."""
        around = azimuths_by_object(ctx, self.margins)
        ids = sorted(
            # "The person's left" would be the person's own.
            i
            for i, seen in around.items()
            if len(seen) >= 2 and not ctx.object(i).is_person
        )
        for _ in range(TRIES if ids else 0):
            anchor = ids[int(rng.integers(len(ids)))]
            frames = self._spread(around[anchor], 2 + int(rng.integers(3)), rng)
            if len(frames) < 2:
                continue
            first = int(rng.integers(len(frames)))
            if off_axis_deg(ctx, frames[first], anchor) > self.margins.max_off_axis_deg:
                continue
            names = ctx.view(frames).names
            unseen = [i for i in sorted(names) if i != anchor and is_unseen(ctx, frames[first], i)]
            if anchor not in names or len(unseen) < 3:
                continue
            places = {i: place_of(ctx, anchor, frames[first], i) for i in unseen}
            for side in [tuple(SIDES)[int(k)] for k in rng.permutation(len(SIDES))]:
                right = [i for i, place in places.items() if self._lies(place, side)]
                wrong = [i for i, place in places.items() if self._is_clear_of(place, side)]
                if not right or len(wrong) < 2:
                    continue
                target = right[int(rng.integers(len(right)))]
                drawn = [wrong[int(k)] for k in rng.permutation(len(wrong))[:OTHERS]]
                yield Ask((anchor, target, *drawn), frames, {"view": first, "side": side})
                break

    def _spread(
        self, azimuths_deg: Mapping[str, float], count: int, rng: np.random.Generator
    ) -> tuple[str, ...]:
        """Return up to ``count`` random frames, each far enough round from the others."""
        taken: list[str] = []
        frames = sorted(azimuths_deg)
        for k in rng.permutation(len(frames)):
            a = azimuths_deg[frames[int(k)]]
            if len(taken) < count and all(
                apart_deg(a, azimuths_deg[f]) >= self.margins.min_apart_deg for f in taken
            ):
                taken.append(frames[int(k)])
        return tuple(taken)

    def _lies(self, place: Place, side: str) -> bool:
        """Tell whether something is clearly on a side."""
        rules = self.margins
        return (
            place.sector == SIDES[side]
            and place.slack_deg >= rules.border_deg
            and place.corners.count(SIDES[side]) >= rules.min_corners
            and rules.min_distance_m <= place.distance_m <= rules.max_distance_m
        )

    def _is_clear_of(self, place: Place, side: str) -> bool:
        """Tell whether something is clearly not on a side."""
        rules = self.margins
        return (
            place.sector != SIDES[side]
            and place.slack_deg >= rules.border_deg
            and place.corners.count(SIDES[side]) <= rules.max_wrong_corners
            and place.distance_m >= rules.min_distance_m
        )

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The target is clearly in the sector, the other options clearly are not."""
        anchor, target, *others = ask.objects
        index, side = int(ask.detail["view"]), str(ask.detail["side"])
        first = ask.frames[index]
        names = ctx.view(ask.frames).names
        if any(i not in names for i in ask.objects):
            return Drop("object is not shown or its name is ambiguous")
        if len(others) < 2:
            return Drop("too few objects to choose from")
        azimuths = []
        for frame in ask.frames:
            if anchor not in ctx.view((frame,)).shown:
                return Drop("object is not well visible in a picture")
            azimuth = azimuth_deg(ctx, frame, anchor, self.margins)
            if isinstance(azimuth, Drop):
                return azimuth
            azimuths.append(azimuth)
        if off_axis_deg(ctx, first, anchor) > self.margins.max_off_axis_deg:
            return Drop("camera does not look at the object")
        apart = min(apart_deg(p, q) for p, q in itertools.combinations(azimuths, 2))
        if apart < self.margins.min_apart_deg:
            return Drop("two views are taken from about the same side")
        if not all(is_unseen(ctx, first, i) for i in (target, *others)):
            return Drop("the view shows an option")
        if side != "behind" and ctx.visibility.view(first, target).in_frame_ratio > 0:
            return Drop("object is not outside the view")
        if not self._connected(ctx, ask.frames, index, target):
            return Drop("views share too little to be put together")
        places = {i: place_of(ctx, anchor, first, i) for i in (target, *others)}
        if not self._lies(places[target], side):
            return Drop("object is not clearly on that side")
        if not all(self._is_clear_of(places[i], side) for i in others):
            return Drop("a wrong option lies near that side too")
        slack = places[target].slack_deg
        return Fact(
            ask,
            quantity="direction_deg",
            label=target,
            margin=min(slack / self.margins.border_deg, apart / self.margins.min_apart_deg) - 1.0,
            thresholds=self.margins.model_dump(),
            reference_frame=f"camera:{first}",
            detail={"angles_deg": {i: place.angle_deg for i, place in places.items()}},
            steps=3,
            balance=side,
        )

    def _connected(
        self, ctx: SceneContext, frames: tuple[str, ...], first: int, target: str
    ) -> bool:
        """Tell whether views that share enough lead on to one that shows the target."""
        present = [ctx.view((f,)).present for f in frames]
        reached, edge = {first}, [first]
        while edge:
            k = edge.pop()
            for m in range(len(frames)):
                if m not in reached and len(present[k] & present[m]) >= self.margins.min_shared:
                    reached.add(m)
                    edge.append(m)
        return any(target in ctx.view((frames[k],)).shown for k in reached)

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The numbered pictures, then the question; the options are unseen objects."""
        view = ctx.view(fact.ask.frames)
        names = {i: view.names[i] for i in fact.ask.objects}
        side, number = str(fact.ask.detail["side"]), int(fact.ask.detail["view"]) + 1
        fields: dict[str, Any] = {"a": f"the {names[fact.ask.objects[0]]}", "n": number}
        if side != "behind":
            fields["side"] = side
        text, template = self.phrase(ctx, side, rng, **fields)
        listed = "\n".join(f"Picture {k}: <image>" for k in range(1, len(fact.ask.frames) + 1))
        options = tuple(names[i] for i in fact.ask.objects[1:])
        return Draft(
            f"{listed}\n{text}",
            Choice(options, 0),
            template,
            names=names,
            lean=1 if side == "left" else -1,
        )

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The direction of every option from A."""
        anchor = fact.ask.objects[0]
        number = int(fact.ask.detail["view"]) + 1
        lines = [
            f"Seen from above, the line from the camera of picture {number} through the "
            f"{names[anchor]} points straight on, behind the {names[anchor]}."
        ]
        for object_id, angle in fact.detail["angles_deg"].items():
            hand = "left" if angle > 0 else "right"
            lines.append(
                f"From the {names[anchor]}, the {names[object_id]} lies {abs(angle):.0f}° to the "
                f"{hand} of that line."
            )
        return lines


TASK = AroundObject
