"""cr.multi_hop: two families joined, the first answer being the object of the second."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping

import numpy as np
from pydantic import Field

from sextant.questions.answers import Boolean, read_as
from sextant.questions.context import SceneContext
from sextant.questions.distractors import number_or_choice
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.heuristics import PIXELS, VERTICAL, Guess, object_cue
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task, sampled_groups
from sextant.tasks.cr._multi_hop_phrasings import TEMPLATES

HOPS = {"closest": "closest to", "farthest": "farthest from"}
UPRIGHT_RAD = math.radians(10.0)


class MultiHopMargins(Margins):
    """Thresholds of cr.multi_hop: those of the two families joined."""

    min_gap_m: float = Field(0.15, description="options' distances to the anchor are apart by this")
    min_gap_share: float = Field(0.10, description="or by this share of the larger, if more")
    min_height_ratio: float = Field(1.15, description="ratio of the compared heights")
    min_distance_m: float = Field(0.2, description="closer pairs are not asked about")


class MultiHop(Task):
    """Closest or farthest of three, then its height or its distance."""

    id = "cr.multi_hop"
    needs = frozenset({"objects", "metric"})
    forms = ("number", "choice")
    balanced = True
    margins_model = MultiHopMargins
    margins: MultiHopMargins
    templates = TEMPLATES

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """An anchor, three candidates and what the found one is compared with."""
        for shot in shots(ctx, rng):
            named = tuple(ctx.view(shot.frames).names)
            for group in sampled_groups(named, 5, rng, limit=min(200, 4 * shot.candidates)):
                hop = ("closest", "farthest")[int(rng.integers(2))]
                second = ("taller", "distance")[int(rng.integers(2))]
                yield Ask(group, shot.frames, {"hop": hop, "second": second})

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Both hops hold with their own margins."""
        anchor, *candidates, other = ask.objects
        names = ctx.view(ask.frames).names
        if any(i not in names for i in ask.objects):
            return Drop("object is not shown or its name is ambiguous")
        distances = [ctx.distance_m(anchor, c) for c in candidates]
        ordered = sorted(distances)
        slack = math.inf
        for low, high in itertools.pairwise(ordered):
            needed = max(self.margins.min_gap_m, self.margins.min_gap_share * high)
            if high - low < needed:
                return Drop("candidates are about equally far from the anchor")
            slack = min(slack, (high - low) / needed - 1.0)
        pick = min if ask.detail["hop"] == "closest" else max
        found = candidates[distances.index(pick(distances))]
        detail: dict[str, object] = {"distances_m": distances, "found": found}
        if ask.detail["second"] == "taller":
            return self._taller(ctx, ask, found, other, slack, detail)
        distance_m = ctx.distance_m(found, other)
        if distance_m < self.margins.min_distance_m:
            return Drop("objects are closer than the threshold")
        return Fact(
            ask,
            quantity="surface_distance_m",
            value=distance_m,
            unit="m",
            margin=min(slack, distance_m / self.margins.min_distance_m - 1.0),
            thresholds=self.margins.model_dump(),
            geometry=ctx.geometry_of(found, other),
            detail=detail,
            steps=3,
        )

    def _taller(
        self,
        ctx: SceneContext,
        ask: Ask,
        found: str,
        other: str,
        slack: float,
        detail: dict[str, object],
    ) -> Fact | Drop:
        heights = []
        for object_id in (found, other):
            box = ctx.object(object_id).box
            if box.tilt_rad > UPRIGHT_RAD:
                return Drop("box is tilted")
            heights.append(2.0 * float(box.half_extent_world[2]))
        ratio = max(heights) / min(heights)
        if ratio < self.margins.min_height_ratio:
            return Drop("heights are about equal")
        return Fact(
            ask,
            quantity="is_taller",
            label="yes" if heights[0] > heights[1] else "no",
            margin=min(slack, ratio / self.margins.min_height_ratio - 1.0),
            thresholds=self.margins.model_dump(),
            geometry=ctx.geometry_of(ask.objects[0], found),
            detail={**detail, "heights_m": heights},
            steps=3,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """Yes/no for heights; a number or four options for distances."""
        view = ctx.view(fact.ask.frames)
        names = {i: view.names[i] for i in fact.ask.objects}
        anchor, *candidates, other = (f"the {names[i]}" for i in fact.ask.objects)
        words = {
            "items": read_as(candidates),
            "hop": HOPS[fact.ask.detail["hop"]],
            "anchor": anchor,
            "other": other,
        }
        if fact.value is None:
            text, template = self.phrase(ctx, "taller", rng, **words)
            return Draft(
                text, Boolean(fact.label == "yes"), template, names=names,
                guesses=_taller_guesses(ctx, fact),
            )  # fmt: skip
        text, template = self.phrase(ctx, "distance", rng, **words)
        answer = number_or_choice(fact, form, rng)
        if isinstance(answer, Drop):
            return answer
        return Draft(text, answer, template, names=names)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The first hop's distances, then the second's quantity."""
        anchor, *candidates, other = fact.ask.objects
        found = fact.detail["found"]
        listed = read_as(
            [
                f"the {names[c]} {d:.2f} m"
                for c, d in zip(candidates, fact.detail["distances_m"], strict=True)
            ]
        )
        lines = [
            f"From the {names[anchor]}, {listed} away: the {names[found]} is "
            f"{HOPS[fact.ask.detail['hop']]} it."
        ]
        if fact.value is None:
            a, b = fact.detail["heights_m"]
            lines.append(f"The {names[found]} is {a:.2f} m tall, the {names[other]} {b:.2f} m.")
        else:
            lines.append(
                f"The {names[found]} and the {names[other]} are {fact.value:.2f} m apart at "
                "their closest points."
            )
        return lines


def _taller_guesses(ctx: SceneContext, fact: Fact) -> dict[str, Guess]:
    """What size and height in the pictures suggest about which of the compared two is taller."""
    frames = fact.ask.frames
    a, b = (object_cue(ctx, frames, i) for i in (fact.detail["found"], fact.ask.objects[-1]))
    if a is None or b is None:
        return {}
    return {PIXELS: a.pixels > b.pixels, VERTICAL: a.v < b.v}


TASK = MultiHop
