"""pt.compass_direction: one direction of the room is given a compass name; where is C then."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from shapely.geometry import Polygon

from sextant.geometry.directions import heading, sector, wrap
from sextant.questions.answers import Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task, sampled_groups
from sextant.tasks.pt._compass_phrasings import MMSI_OBJECT, MMSI_ROOM, OBJECT, ROOM
from sextant.tasks.pt._offered import matched_others
from sextant.tasks.pt._turns import in_turns

COMPASS: Mapping[int, tuple[str, ...]] = {
    4: ("north", "west", "south", "east"),
    8: ("north", "northwest", "west", "southwest", "south", "southeast", "east", "northeast"),
}
"""Compass points in the order of growing angle: west is to the left of north, seen from above."""

FEW = 8
"""Up to this many named objects every group of three is asked about in all variants."""

VARIANTS = ("room4", "object4", "object8")
"""What the direction starts from, and the number of sectors. The middle of a room is known less
exactly than a thing, so it gets four only."""

SHARES: Mapping[str, Mapping[str, float]] = {
    "room4": {"0": 0.22, "1": 0.26, "2": 0.26, "3": 0.26},
    "object4": {"0": 0.25, "1": 0.28, "2": 0.19, "3": 0.28},
    "object8": {"0": 0.17, "1": 0.14, "2": 0.14, "3": 0.1, "4": 0.07, "5": 0.1, "6": 0.14,
                "7": 0.14},
}  # fmt: skip
"""How often C lies so many sectors counterclockwise of the given direction, in simulated rooms."""


class CompassDirectionMargins(Margins):
    """Thresholds of pt.compass_direction."""

    border_deg: float = Field(10.0, description="distance of C's angle from a sector's border")
    min_corners: int = Field(6, description="corners of C (of 8) that lie in its sector")
    min_distance_m: float = Field(0.3, description="smallest gap between any two of them")
    max_distance_m: float = Field(5.0, description="largest gap between B and A, B and C")
    min_from_middle_m: float = Field(1.0, description="A and C from the middle of the room")
    min_convexity: float = Field(0.95, description="floor area over that of its convex hull")


class CompassDirection(Task):
    """The angle between two directions from one place, told by compass points."""

    id = "pt.compass_direction"
    needs = frozenset({"objects", "metric", "video"})
    forms = ("choice",)
    balanced = True
    margins_model = CompassDirectionMargins
    margins: CompassDirectionMargins
    templates: ClassVar = {"room4": ROOM, "object4": OBJECT, "object8": OBJECT}
    styles: ClassVar = {
        "mmsi": {"room4": MMSI_ROOM, "object4": MMSI_OBJECT, "object8": MMSI_OBJECT}
    }

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Named objects, a place the directions start from, and a compass point for the first."""
        return in_turns(self, ctx, self._drawn(ctx, rng), rng)

    def _drawn(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        for shot in shots(ctx, rng, single=False):
            named = tuple(ctx.view(shot.frames).names)
            # Only the whole walk shows where the middle of the room is.
            whole = not shot.frames or shot.frames == ctx.videos[0]
            variants = VARIANTS if whole else VARIANTS[1:]
            # Of few things there are few groups: each is asked about in every way.
            ways = len(variants) if len(named) <= FEW else 1
            for group in sampled_groups(named, 3, rng, min(400, 3 * shot.candidates)):
                for way in rng.permutation(len(variants))[:ways]:
                    variant = variants[int(way)]
                    points = COMPASS[_count(variant)]
                    given = points[int(rng.integers(len(points)))]
                    objects = group[1:] if variant == "room4" else group
                    yield Ask(objects, shot.frames, {"variant": variant, "given": given})

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The sector of C's centre, counted from the direction of A, if C's corners agree."""
        names = ctx.view(ask.frames).names
        if len(set(ask.objects)) < len(ask.objects) or any(i not in names for i in ask.objects):
            return Drop("object is not shown or its name is ambiguous")
        variant, given = str(ask.detail["variant"]), str(ask.detail["given"])
        a, c = ask.objects[-2:]
        if ctx.distance_m(a, c) < self.margins.min_distance_m:
            return Drop("two objects are too close or too far apart")
        origin = self._middle(ctx, ask) if variant == "room4" else self._object(ctx, ask)
        if isinstance(origin, Drop):
            return origin
        first, target = ctx.object(a).box, ctx.object(c).box
        start = heading(first.center[:2] - origin)
        points = COMPASS[_count(variant)]
        angle_rad = wrap(heading(target.center[:2] - origin) - start)
        label, slack_rad = sector(angle_rad, points)
        slack_deg = math.degrees(slack_rad)
        if slack_deg < self.margins.border_deg:
            return Drop("direction is too close to a border")
        headings = (heading(corner[:2] - origin) - start for corner in target.corners)
        if sum(sector(h, points).name == label for h in headings) < self.margins.min_corners:
            return Drop("object reaches into another sector")
        turn = points.index(label)
        return Fact(
            ask,
            quantity="compass_direction_deg",
            label=points[(points.index(given) + turn) % len(points)],
            margin=slack_deg / self.margins.border_deg - 1.0,
            thresholds=self.margins.model_dump(),
            reference_frame="floor" if variant == "room4" else f"object:{ask.objects[0]}->{a}",
            geometry="polygon" if variant == "room4" else "box",
            detail={
                "angle_deg": math.degrees(angle_rad), "turn": turn, "origin": origin.tolist()
            },
            steps=3,
            balance=f"{variant}:{turn}",
        )  # fmt: skip

    def _object(self, ctx: SceneContext, ask: Ask) -> NDArray[np.float64] | Drop:
        """Return the centre (2,) of B, if A and C are well away from it."""
        low, high = self.margins.min_distance_m, self.margins.max_distance_m
        b, *others = ask.objects
        origin = ctx.object(b).box.center[:2]
        for other in others:
            between = float(np.linalg.norm(ctx.object(other).box.center[:2] - origin))
            if not low <= ctx.distance_m(b, other) <= high or between < low:
                return Drop("two objects are too close or too far apart")
        return np.asarray(origin)

    def _middle(self, ctx: SceneContext, ask: Ask) -> NDArray[np.float64] | Drop:
        """Return the centroid (2,) of the floor, if the room has a clear middle."""
        if ctx.scene.room.floor_polygon is None:
            return Drop("outline of the room is not known")
        if ask.frames and ask.frames != ctx.videos[0]:
            return Drop("pictures do not show the whole room")
        floor = Polygon(ctx.scene.room.floor_polygon)
        if floor.area < self.margins.min_convexity * floor.convex_hull.area:
            return Drop("room has no clear middle")
        middle = np.array([floor.centroid.x, floor.centroid.y])
        for i in ask.objects:
            away = float(np.linalg.norm(ctx.object(i).box.center[:2] - middle))
            if away < self.margins.min_from_middle_m:
                return Drop("object is too close to the middle of the room")
        return middle

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The true compass point and two (of four) or three (of eight) others."""
        variant, given = str(fact.ask.detail["variant"]), str(fact.ask.detail["given"])
        points = COMPASS[_count(variant)]
        start, turn = points.index(given), int(fact.detail["turn"])
        others = matched_others(str(turn), SHARES[variant], 2 if len(points) == 4 else 3, rng)
        turns = [turn, *(int(k) for k in others)]
        options = tuple(points[(start + k) % len(points)] for k in turns)
        view = ctx.view(fact.ask.frames)
        names = {i: view.names[i] for i in fact.ask.objects}
        fields = {"a": fact.ask.objects[-2], "b": fact.ask.objects[0], "c": fact.ask.objects[-1]}
        said = {k: f"the {names[i]}" for k, i in fields.items()}
        text, template = self.phrase(ctx, variant, rng, given=given, **said)
        return Draft(text, Choice(options, 0), template, names=names)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The angle between the two directions."""
        a, c = (names[i] for i in fact.ask.objects[-2:])
        of_room = fact.ask.detail["variant"] == "room4"
        origin = "middle of the room" if of_room else names[fact.ask.objects[0]]
        angle = fact.detail["angle_deg"]
        way = "counterclockwise, as from north to west," if angle > 0 else (
            "clockwise, as from north to east,"
        )  # fmt: skip
        return [
            f"The direction from the {origin} to the {a} is called {fact.ask.detail['given']}.",
            f"Seen from above, the {c} lies {abs(angle):.0f} degrees {way} of that direction.",
        ]


def _count(variant: str) -> int:
    return int(variant[-1])


TASK = CompassDirection
