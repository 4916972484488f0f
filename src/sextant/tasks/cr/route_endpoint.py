"""cr.route_endpoint: what is in front of you, or on your left, after a walk told in words."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import shapely
from pydantic import Field

from sextant.geometry.directions import signed_angle
from sextant.questions.answers import Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task, sampled_groups, sentence
from sextant.tasks.cr._route_endpoint_phrasings import STYLES, TEMPLATES, WHERE
from sextant.tasks.cr._routes import (
    FloorPlan,
    leg_is_free,
    name_turn,
    plan_of,
    stop_point,
    turn_rad,
)

LOOKS_RAD = {"front": 0.0, "left": math.pi / 2, "right": -math.pi / 2, "back": math.pi}
TURNS_RAD = {"none": 0.0, "left": math.pi / 2, "right": -math.pi / 2, "around": math.pi}
SAY_TURN = {
    "left": "turn left by 90 degrees",
    "right": "turn right by 90 degrees",
    "around": "turn around by 180 degrees",
}
LEG_TURNS = {
    "turn left": "turn left",
    "turn right": "turn right",
    "turn back": "turn around",
    None: "go on",
}
OPTIONS = 4
DRAWS = 4
"""Turns and sides tried for each route."""

OVERHEAD_M, FLAT_M = 1.9, 0.08
"""What hangs above 1.9 m is overhead, and a rug underfoot, rather than on any side."""

SURE_CORNERS = 6
"""Of a box's eight corners so many are on the same side of the sector's border as its centre."""


class RouteEndpointMargins(Margins):
    """Thresholds of cr.route_endpoint."""

    border_deg: float = Field(10.0, description="turns and directions clear their borders by this")
    min_leg_m: float = Field(0.8, description="shortest leg between two landmarks")
    min_away_m: float = Field(0.5, description="options are at least so far from where one ends")
    max_away_m: float = Field(5.0, description="and at most so far")


class _End(NamedTuple):
    """Where a walk ends: two places one may take for it, and the heading there."""

    places: tuple[np.ndarray, np.ndarray]
    came_from: np.ndarray


class RouteEndpoint(Task):
    """A quarter around the asked direction holds one option and none of the others."""

    id = "cr.route_endpoint"
    needs = frozenset({"objects", "video", "metric"})
    forms = ("choice",)
    margins_model = RouteEndpointMargins
    margins: RouteEndpointMargins
    templates = TEMPLATES
    styles = STYLES

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Walks over one or two legs, a last turn and a side; then things there and elsewhere."""
        plan = plan_of(ctx)
        for shot in shots(ctx, rng, single=False):
            names = ctx.view(shot.frames).names
            marks = tuple(i for i in names if i in plan.landmarks)
            size = 2 + int(rng.integers(2))
            for chain in sampled_groups(marks, size, rng, limit=min(60, 10 * shot.candidates)):
                if not all(leg_is_free(plan, a, b) for a, b in itertools.pairwise(chain)):
                    continue
                for _ in range(DRAWS):
                    ask = self._draw(ctx, chain, names, shot.frames, rng)
                    if ask is not None:
                        yield ask

    def _draw(
        self,
        ctx: SceneContext,
        chain: tuple[str, ...],
        names: Mapping[str, str],
        frames: tuple[str, ...],
        rng: np.random.Generator,
    ) -> Ask | None:
        """Return a last turn, a side, and four things of which one is there."""
        turn = sorted(TURNS_RAD)[int(rng.integers(len(TURNS_RAD)))]
        side = sorted(LOOKS_RAD)[int(rng.integers(len(LOOKS_RAD)))]
        plan = plan_of(ctx)
        end, stops = _end(plan, chain), [plan.footprints[c] for c in chain]
        there: list[str] = []
        elsewhere: list[str] = []
        for i in names:
            # What stands on a stop of the walk is where that stop is: too easy.
            if i in chain or any(f.contains(shapely.Point(plan.centers[i])) for f in stops):
                continue
            off_deg = self._off_deg(ctx, end, turn, side, i)
            if off_deg is not None:
                (there if off_deg < 0 else elsewhere).append(i)
        if not there or len(elsewhere) < OPTIONS - 1:
            return None
        wrong = rng.choice(len(elsewhere), OPTIONS - 1, replace=False)
        picks = [elsewhere[int(k)] for k in wrong]
        picks.insert(int(rng.integers(OPTIONS)), there[int(rng.integers(len(there)))])
        return Ask((*chain, *picks), frames, {"route": len(chain), "turn": turn, "side": side})

    def _off_deg(
        self, ctx: SceneContext, end: _End, turn: str, side: str, object_id: str
    ) -> float | None:
        """Return by how many degrees something lies outside the asked quarter (inside: negative).

        None if it is overhead, underfoot, too near, too far, or not clearly on one side of the
        quarter's border, judged from both places where one may be said to stand.
        """
        box = ctx.object(object_id).box
        low_m, high_m = (float(z) - plan_of(ctx).floor_z for z in (box.minimum[2], box.maximum[2]))
        if low_m > OVERHEAD_M or high_m < FLAT_M:
            return None
        outside = []
        for place in end.places:
            away_m = float(np.linalg.norm(box.center[:2] - place))
            if not self.margins.min_away_m <= away_m <= self.margins.max_away_m:
                return None
            ahead = place + (end.places[0] - end.came_from)
            looks = TURNS_RAD[turn] + LOOKS_RAD[side]
            turns = [signed_angle(place, ahead, p[:2]) - looks for p in (box.center, *box.corners)]
            off = [abs(math.degrees(math.remainder(t, 2 * math.pi))) - 45.0 for t in turns]
            if sum((o < 0) == (off[0] < 0) for o in off[1:]) < SURE_CORNERS:
                return None
            outside.append(off[0])
        if (outside[0] < 0) != (outside[1] < 0):
            return None
        nearest = min(outside, key=abs)
        return nearest if abs(nearest) >= self.margins.border_deg else None

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Walk the route, look to the side, and find the one option there."""
        view, plan, m = ctx.view(ask.frames), plan_of(ctx), self.margins
        chain, options = ask.objects[: ask.detail["route"]], ask.objects[ask.detail["route"] :]
        if any(i not in view.names for i in ask.objects):
            return Drop("object is not shown or its name is ambiguous")
        if any(i not in plan.landmarks for i in chain):
            return Drop("object is no landmark one can walk up to")
        legs = list(itertools.pairwise(chain))
        if any(math.dist(plan.centers[a], plan.centers[b]) < m.min_leg_m for a, b in legs):
            return Drop("leg is too short")
        if not all(leg_is_free(plan, a, b) for a, b in legs):
            return Drop("way between two landmarks is not free")
        turns, slack = self._turns(plan, chain)
        if slack < m.border_deg:
            return Drop("turn is too close to a border")
        end = _end(plan, chain)
        turn, side = ask.detail["turn"], ask.detail["side"]
        off = [self._off_deg(ctx, end, turn, side, i) for i in options]
        sure = [o for o in off if o is not None]
        if len(sure) < len(off):
            return Drop("an option is not clearly inside or outside the direction asked about")
        if sum(o < 0 for o in sure) != 1:
            return Drop("not exactly one option is in that direction")
        found = options[sure.index(min(sure))]
        if plan.free is not None:
            sight = shapely.LineString([end.places[1], plan.centers[found]])
            if not plan.free.buffer(0.05).covers(sight):
                return Drop("a wall is in between")
        return Fact(
            ask,
            quantity="object_in_direction",
            label=found,
            margin=min(slack, *(abs(o) for o in sure)) / m.border_deg - 1.0,
            thresholds=m.model_dump(),
            reference_frame="floor",
            detail={"leg_turns": turns, "off_deg": sure},
            steps=1 + len(legs) + (turn != "none"),
        )

    def _turns(self, plan: FloorPlan, chain: tuple[str, ...]) -> tuple[list[str | None], float]:
        """Return the turn at each landmark on the way, and by how many degrees it is sure."""
        turns: list[str | None] = []
        slack = math.inf
        for a, b, c in zip(chain, chain[1:], chain[2:], strict=False):
            by_center = name_turn(turn_rad(plan.centers[a], plan.centers[b], plan.centers[c]))
            by_stop = name_turn(turn_rad(plan.centers[a], stop_point(plan, a, b), plan.centers[c]))
            if by_center[0] != by_stop[0]:
                return turns, 0.0
            turns.append(by_center[0])
            slack = min(slack, math.degrees(min(by_center[1], by_stop[1])))
        return turns, slack

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The steps in words and four things to choose from."""
        ask, view = fact.ask, ctx.view(fact.ask.frames)
        names = {i: view.names[i] for i in ask.objects}
        chain, options = ask.objects[: ask.detail["route"]], ask.objects[ask.detail["route"] :]
        steps = [f"Walk straight to the {names[chain[1]]}."]
        for turn, stop in zip(fact.detail["leg_turns"], chain[2:], strict=True):
            steps.append(sentence(f"{LEG_TURNS[turn]} and walk straight to the {names[stop]}."))
        if ask.detail["turn"] != "none":
            steps.append(sentence(f"{SAY_TURN[ask.detail['turn']]}."))
        side = ask.detail["side"]
        text, template = self.phrase(
            ctx, side, rng, start=f"the {names[chain[0]]}", first=f"the {names[chain[1]]}",
            steps=" ".join(f"{k}. {step}" for k, step in enumerate(steps, start=1)),
            where=WHERE[side][0], where_it=WHERE[side][1],
        )  # fmt: skip
        choice = Choice(tuple(names[i] for i in options), options.index(fact.label or ""))
        return Draft(text, choice, template, names=names)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The heading at the end, and which option is in the asked quarter."""
        ask = fact.ask
        chain, options = ask.objects[: ask.detail["route"]], ask.objects[ask.detail["route"] :]
        lines = [
            f"The walk ends at the {names[chain[-1]]}, coming from the {names[chain[-2]]}"
            + (f", then a {ask.detail['turn']} turn." if ask.detail["turn"] != "none" else ".")
        ]
        where = WHERE[ask.detail["side"]][0]
        for i, off in zip(options, fact.detail["off_deg"], strict=True):
            if off < 0:
                lines.append(f"From there the {names[i]} is {where}, {-off:.0f} degrees inside.")
            else:
                lines.append(f"The {names[i]} lies {off:.0f} degrees outside that quarter.")
        return lines


def _end(plan: FloorPlan, chain: tuple[str, ...]) -> _End:
    a, b = chain[-2:]
    return _End((plan.centers[b], stop_point(plan, a, b)), plan.centers[a])


TASK = RouteEndpoint
