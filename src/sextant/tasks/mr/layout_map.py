"""mr.layout_map: which bird's-eye map fits the pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.questions.answers import Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.maps import draw_map
from sextant.questions.pictures import DrawnPicture, FramePicture, Picture
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task, sampled_groups
from sextant.questions.view_frame import ViewFrame

EXPLANATION = (
    "In every map the red triangle is the camera of the first picture, looking up the map."
)
MAPS = 4
TURNS = ("mirror", "mirror", "90", "180", "270")
"""Mirrored maps are the harder ones: nothing lies behind the camera that was before it."""
Place = tuple[float, float]


class LayoutMapMargins(Margins):
    """Thresholds of mr.layout_map."""

    min_wrong_m: float = Field(0.7, description="a wrong map misplaces an object by this at least")
    min_spread_m: float = Field(0.8, description="smallest distance between two named objects")


class LayoutMap(Task):
    """The true map, one with two objects swapped, and both of them mirrored or turned alike."""

    id = "mr.layout_map"
    needs = frozenset({"objects", "frames", "video", "metric"})
    forms = ("choice",)
    margins_model = LayoutMapMargins
    margins: LayoutMapMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "map": (
            "Which of the four maps shows the room from above as it is in the pictures?",
            "Only one of these bird's-eye maps fits the pictures. Which one?",
            "Seen from above, how are the named objects arranged? Choose the right map.",
            "Compare the pictures with the maps: which map is right?",
            "Which top-down map matches the scene in the pictures?",
            "Pick the map that puts every named object where it really stands.",
            "Three of the maps are wrong. Which one agrees with the pictures?",
            "If you looked down from the ceiling, which of the maps would you see?",
            "Somebody walks through the room and sketches where the named things are. Which sketch "
            "is correct?",
            "Build a map of the room in your mind from the pictures. Which of the drawn maps is "
            "it?",
            "Which map would lead you from the first camera to each of the named objects?",
            "Check left and right, near and far from the first camera: which map has all objects "
            "in their places?",
            "Find the map on which all the dots lie where the pictures say they should.",
            "A robot has mapped these objects while taking the pictures. Which map did it make, "
            "if it made no mistake?",
        )
    }
    styles: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
        "spar": {
            "map": (
                "Several images of one scene and four bird's-eye maps are given. Which map "
                "represents the positions of the objects correctly?",
            )
        },
    }

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Four to six named objects, a turn and a pair to swap."""
        for shot in shots(ctx, rng, single=False):
            named = tuple(ctx.view(shot.frames).names)
            size = min(len(named), int(rng.integers(4, 7)))
            if size < 4:
                continue
            for group in sampled_groups(named, size, rng, limit=6 * shot.candidates):
                swap = sorted(int(k) for k in rng.choice(size, size=2, replace=False))
                turn = TURNS[int(rng.integers(len(TURNS)))]
                yield Ask(group, shot.frames, {"swap": swap, "turn": turn})

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Every wrong map is wrong by ``min_wrong_m`` somewhere, and they differ alike."""
        names = ctx.view(ask.frames).names
        if any(i not in names for i in ask.objects):
            return Drop("object is not shown or its name is ambiguous")
        view = ViewFrame(ctx.frame(ask.frames[0]))
        truth = [view.place(ctx.object(i).box.center) for i in ask.objects]
        nearest = min(math.dist(p, q) for k, p in enumerate(truth) for q in truth[:k])
        if nearest < self.margins.min_spread_m:
            return Drop("two objects stand too close to each other for a map")
        turn = str(ask.detail["turn"])
        if turn not in TURNS:
            return Drop("puzzle is not valid")
        maps = [truth, *_wrong_maps(truth, ask.detail["swap"], turn)]
        apart = min(
            max(math.dist(p, q) for p, q in zip(a, b, strict=True))
            for k, a in enumerate(maps)
            for b in maps[:k]
        )
        if apart < self.margins.min_wrong_m:
            return Drop("two maps are too alike")
        return Fact(
            ask,
            quantity="map_positions_m",
            margin=apart / self.margins.min_wrong_m - 1.0,
            thresholds=self.margins.model_dump(),
            reference_frame=f"camera:{ask.frames[0]}",
            detail={"maps": maps},
            steps=3,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The pictures, then four maps; which number is the true one is drawn."""
        view = ctx.view(fact.ask.frames)
        names = {i: view.names[i] for i in fact.ask.objects}
        maps: list[list[Place]] = fact.detail["maps"]
        middle_m, reach_m = _square(maps)
        order = [int(k) for k in rng.permutation(MAPS)]
        drawn = []
        for number, k in enumerate(order, start=1):
            places = tuple(zip(names.values(), maps[k], strict=True))
            png = draw_map(places, f"Map {number}", middle_m, reach_m)
            if png is None:
                return Drop("a name on a map could be that of another dot")
            drawn.append(DrawnPicture(png, f"map {number}"))
        pictures: tuple[Picture, ...] = (*(FramePicture(f) for f in fact.ask.frames), *drawn)
        text, template = self.phrase(ctx, "map", rng)
        images = "<image>\n" * len(fact.ask.frames)
        listed = "\n".join(f"Map {k}: <image>" for k in range(1, MAPS + 1))
        options = tuple(f"Map {k}" for k in range(1, MAPS + 1))
        return Draft(
            f"Pictures of a room:\n{images}{listed}\n{EXPLANATION} {text}",
            Choice(options, order.index(0), keep_order=True),
            template,
            pictures,
            names,
        )

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """Where each object is from the first camera."""
        lines = []
        for object_id, (x, y) in zip(fact.ask.objects, fact.detail["maps"][0], strict=True):
            side, depth = ("right" if x > 0 else "left"), ("ahead of" if y > 0 else "behind")
            lines.append(
                f"The {names[object_id]} is {abs(x):.1f} m to the {side} and {abs(y):.1f} m "
                f"{depth} the first camera."
            )
        return lines


def _square(maps: list[list[Place]]) -> tuple[Place, float]:
    """Return centre and half side of the square that holds the camera and every map's places."""
    xs, ys = ([0.0, *(p[k] for m in maps for p in m)] for k in (0, 1))
    reach = max(max(xs) - min(xs), max(ys) - min(ys)) / 2
    return ((max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2), 1.03 * reach


def _wrong_maps(truth: list[Place], swap: list[int], turn: str) -> list[list[Place]]:
    """Return the map turned, with two objects swapped, and both.

    Each of the four has one that is turned against it and one with two objects swapped: from the
    maps alone none of them can be told to be what the others were made from.
    """
    swapped = list(truth)
    i, j = swap
    swapped[i], swapped[j] = swapped[j], swapped[i]
    return [_turned(truth, turn), swapped, _turned(swapped, turn)]


def _turned(places: list[Place], turn: str) -> list[Place]:
    """Return the places mirrored left to right, or turned about their middle."""
    if turn == "mirror":
        return [(-x, y) for x, y in places]
    mx = sum(x for x, _ in places) / len(places)
    my = sum(y for _, y in places) / len(places)
    c, s = {"90": (0.0, 1.0), "180": (-1.0, 0.0), "270": (0.0, -1.0)}[turn]
    return [(mx + c * (x - mx) - s * (y - my), my + s * (x - mx) + c * (y - my)) for x, y in places]


TASK = LayoutMap
