"""cr.route_planning: fill in the turns of a route between named objects (VSI-Bench's form)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping

import numpy as np
from pydantic import Field

from sextant.questions.answers import Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task, sampled_groups
from sextant.tasks.cr._route_planning_phrasings import STYLES, TEMPLATES
from sextant.tasks.cr._routes import (
    TURNS,
    leg_is_free,
    name_turn,
    plan_of,
    stop_point,
    turn_rad,
)


class RoutePlanningMargins(Margins):
    """Thresholds of cr.route_planning."""

    border_deg: float = Field(
        10.0, description="turns this close to a quarter's border are dropped"
    )
    min_leg_m: float = Field(0.8, description="shortest leg between two landmarks")


class RoutePlanning(Task):
    """One or two turns, each left, right or back, on straight legs over free floor."""

    id = "cr.route_planning"
    needs = frozenset({"objects", "video", "metric"})
    forms = ("choice",)
    balanced = True
    margins_model = RoutePlanningMargins
    margins: RoutePlanningMargins
    templates = TEMPLATES
    styles = STYLES

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Chains of three or four landmarks: start, first (faced), and one or two more."""
        plan = plan_of(ctx)
        for shot in shots(ctx, rng, single=False):
            marks = tuple(i for i in ctx.view(shot.frames).names if i in plan.landmarks)
            size = 3 + int(rng.integers(2))
            for chain in sampled_groups(marks, size, rng, limit=min(60, 10 * shot.candidates)):
                yield Ask(chain, shot.frames)

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Name each turn; the centres and the points where one really stands must agree on it."""
        view, plan, chain = ctx.view(ask.frames), plan_of(ctx), ask.objects
        if any(i not in view.names for i in chain):
            return Drop("object is not shown or its name is ambiguous")
        if any(i not in plan.landmarks for i in chain):
            return Drop("object is no landmark one can walk up to")
        legs = list(itertools.pairwise(chain))
        centers = plan.centers
        if any(math.dist(centers[a], centers[b]) < self.margins.min_leg_m for a, b in legs):
            return Drop("leg is too short")
        turns, angles, slack = [], [], math.inf
        border_rad = math.radians(self.margins.border_deg)
        for a, b, c in zip(chain, chain[1:], chain[2:], strict=False):
            by_center = turn_rad(centers[a], centers[b], centers[c])
            by_stop = turn_rad(centers[a], stop_point(plan, a, b), centers[c])
            name, margin = name_turn(by_center)
            other, other_margin = name_turn(by_stop)
            if name is None or name != other:
                return Drop("route has no clear turn")
            slack = min(slack, margin, other_margin)
            if slack < border_rad:
                return Drop("turn is too close to a border")
            turns.append(name)
            angles.append(math.degrees(by_center))
        if not all(leg_is_free(plan, a, b) for a, b in legs):
            return Drop("way between two landmarks is not free")
        return Fact(
            ask,
            quantity="turns",
            label=", ".join(turns),
            margin=slack / border_rad - 1.0,
            thresholds={
                "border_deg": self.margins.border_deg,
                "min_leg_m": self.margins.min_leg_m,
            },
            reference_frame="floor",
            detail={"turns": turns, "angles_deg": angles},
            steps=1 + len(turns),
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The route with gaps; other combinations of turns as options."""
        view = ctx.view(fact.ask.frames)
        names = {i: view.names[i] for i in fact.ask.objects}
        start, first, *rest = (f"the {names[i]}" for i in fact.ask.objects)
        steps = [f"Go forward until {first}"]
        for stop in rest:
            steps += ["[turn]", f"Go forward until {stop}"]
        listed = " ".join(f"{k}. {step}." for k, step in enumerate(steps, start=1))
        text, template = self.phrase(
            ctx, f"turns{len(rest)}", rng, start=start, first=first, goal=rest[-1], steps=listed,
            blanks=listed.replace("[turn]", "[please fill in]"),
        )  # fmt: skip
        truth = tuple(fact.detail["turns"])
        wrong = [c for c in itertools.product(TURNS, repeat=len(truth)) if c != truth]
        drawn = [wrong[int(i)] for i in rng.permutation(len(wrong))[:3]]
        options = tuple(", ".join(c) for c in (truth, *drawn))
        return Draft(text, Choice(options, 0), template, names=names)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The angle of every turn."""
        chain = fact.ask.objects
        lines = []
        for k, (turn, angle) in enumerate(
            zip(fact.detail["turns"], fact.detail["angles_deg"], strict=True)
        ):
            here, target = names[chain[k + 1]], names[chain[k + 2]]
            side = "left" if angle > 0 else "right"
            lines.append(
                f"Arriving at the {here}, the {target} lies {abs(angle):.0f} degrees to the "
                f"{side} of the walking direction: {turn}."
            )
        return lines


TASK = RoutePlanning
