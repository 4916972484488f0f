"""pt.hypothetical_direction: standing at A, facing B, where is C."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import ClassVar
from weakref import WeakKeyDictionary

import numpy as np
from pydantic import Field

from sextant.questions.answers import Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task, sampled_groups
from sextant.tasks.pt import _hypothetical_phrasings as phrasings
from sextant.tasks.pt._offered import matched_others
from sextant.tasks.pt._turns import in_turns

# Every form: sector names in the order of growing angle, first border, and sectors never asked
# about. The three-way form follows taxonomy.md: left 45..135 degrees, back beyond 135 to both
# sides, front (within 45) not asked.
FORMS: Mapping[str, tuple[tuple[str, ...], float]] = {
    "two": (("left", "right"), 0.0),
    "three": (("left", "back", "right", "front"), 45.0),
    "quadrant": (("front-left", "back-left", "back-right", "front-right"), 0.0),
    "eight": (
        ("front", "front-left", "left", "back-left", "back", "back-right", "right", "front-right"),
        -22.5,
    ),
}
NOT_ASKED = {"three": "front"}

EIGHT_SHARES = {
    "front": 0.16, "front-left": 0.2, "left": 0.14, "back-left": 0.065,
    "back": 0.03, "back-right": 0.065, "right": 0.14, "front-right": 0.2,
}  # fmt: skip
"""How often each sector is the truth in simulated rooms, where most things stand at walls."""

FEW = 8
"""Up to this many named objects all triples are listed (8 have 1,344 with their forms)."""


class HypotheticalDirectionMargins(Margins):
    """Thresholds of pt.hypothetical_direction."""

    border_deg: float = Field(10.0, description="distance of C's angle from a sector's border")
    min_corners: int = Field(6, description="corners of C (of 8) that lie in its sector")
    min_distance_m: float = Field(0.3, description="smallest distance of every pair")
    max_distance_m: float = Field(5.0, description="largest distance of every pair")


class HypotheticalDirection(Task):
    """The sector of theta(A -> B -> C), with a margin for the centre and a vote of the corners."""

    id = "pt.hypothetical_direction"
    needs = frozenset({"objects", "metric", "video"})
    forms = ("choice",)
    balanced = True
    margins_model = HypotheticalDirectionMargins
    margins: HypotheticalDirectionMargins
    templates: ClassVar = dict.fromkeys(FORMS, phrasings.NEUTRAL)
    styles: ClassVar = {
        "vsibench": {
            "two": phrasings.VSI_EASY,
            "three": phrasings.VSI_MEDIUM,
            "quadrant": phrasings.VSI_HARD,
        },
        "mindcube": dict.fromkeys(FORMS, phrasings.MINDCUBE),
        "spar": dict.fromkeys(FORMS, phrasings.SPAR),
        "mmsi": dict.fromkeys(FORMS, phrasings.MMSI),
        "viewspatial": dict.fromkeys(FORMS, phrasings.VIEWSPATIAL),
    }

    def __init__(self, margins: Margins | None = None) -> None:
        super().__init__(margins)
        # Centres and corners as plain floats: a numpy call on eight points costs more than the
        # arithmetic, and this is the family that is asked most often.
        self._points: WeakKeyDictionary[SceneContext, dict[str, list[list[float]]]] = (
            WeakKeyDictionary()
        )

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Triples of named objects, each with one of the four forms."""
        return in_turns(self, ctx, self._drawn(ctx, rng), rng)

    def _drawn(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        for shot in shots(ctx, rng, single=False):
            named = tuple(ctx.view(shot.frames).names)
            limit = min(800, 3 * shot.candidates)
            drawn: list[tuple[tuple[str, ...], str]]
            if len(named) <= FEW:
                # Drawn at random, most candidates of a small scene would have come before.
                every = list(itertools.product(itertools.permutations(named, 3), FORMS))
                drawn = [every[int(k)] for k in rng.permutation(len(every))[:limit]]
            else:
                groups = sampled_groups(named, 3, rng, limit)
                drawn = [(g, tuple(FORMS)[int(rng.integers(len(FORMS)))]) for g in groups]
            for triple, form in drawn:
                yield Ask(triple, shot.frames, {"form": form})

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Name the sector, if centre and corners agree on it."""
        names = ctx.view(ask.frames).names
        a, b, c = ask.objects
        if a not in names or b not in names or c not in names or len({a, b, c}) < 3:
            return Drop("object is not shown or its name is ambiguous")
        low, high = self.margins.min_distance_m, self.margins.max_distance_m
        for pair in ((a, b), (a, c), (b, c)):
            if not low <= ctx.distance_m(*pair) <= high:
                return Drop("two objects are too close or too far apart")
        sectors, start_deg = FORMS[ask.detail["form"]]
        origin, facing = self._of(ctx, a)[0], self._of(ctx, b)[0]
        ahead = (facing[0] - origin[0], facing[1] - origin[1])
        if math.hypot(*ahead) < low:
            return Drop("facing direction is not clear")
        angles = [_angle_deg(origin, ahead, point) for point in self._of(ctx, c)]
        width = 360.0 / len(sectors)
        places = [((angle - start_deg) % 360.0) / width for angle in angles]
        index = int(places[0])
        inside = (places[0] - index) * width
        slack = min(inside, width - inside)
        if slack < self.margins.border_deg:
            return Drop("direction is too close to a border")
        if sum(int(p) == index for p in places[1:]) < self.margins.min_corners:
            return Drop("object reaches into another sector")
        label = sectors[index]
        if NOT_ASKED.get(ask.detail["form"]) == label:
            return Drop("straight ahead is not asked about")
        return Fact(
            ask,
            quantity="direction_deg",
            label=label,
            margin=slack / self.margins.border_deg - 1.0,
            thresholds=self.margins.model_dump(),
            reference_frame=f"object:{a}->{b}",
            detail={"angle_deg": angles[0]},
            steps=2,
            balance=f"{ask.detail['form']}:{label}",
        )

    def _of(self, ctx: SceneContext, object_id: str) -> list[list[float]]:
        """Return x, y of an object's centre and of its eight corners."""
        known = self._points.get(ctx)
        if known is None:
            known = self._points[ctx] = {}
        found = known.get(object_id)
        if found is None:
            box = ctx.object(object_id).box
            points = np.concatenate([box.center[None, :2], box.corners[:, :2]])
            found = known[object_id] = points.tolist()
        return found

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """All sectors of the form as options; of eight, the true one and three others."""
        view = ctx.view(fact.ask.frames)
        names = {i: view.names[i] for i in fact.ask.objects}
        variant = fact.ask.detail["form"]
        sectors = [s for s in FORMS[variant][0] if s != NOT_ASKED.get(variant)]
        drawn = [s for s in sectors if s != fact.label]
        if variant == "eight":
            drawn = matched_others(str(fact.label), EIGHT_SHARES, 3, rng)
        options = (str(fact.label), *drawn)
        # Said in a fixed order, so that the question does not give the answer away.
        listed = [s for s in sectors if s in options]
        words = f"{', '.join(listed[:-1])} or {listed[-1]}"
        a, b, c = (f"the {names[i]}" for i in fact.ask.objects)
        text, template = self.phrase(ctx, variant, rng, a=a, b=b, c=c, words=words)
        return Draft(text, Choice(options, 0), template, names=names)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The signed angle and its sector."""
        a, b, c = (names[i] for i in fact.ask.objects)
        angle = fact.detail["angle_deg"]
        side = "left" if angle > 0 else "right"
        return [
            f"Seen from above, the line from the {a} to the {b} is straight ahead.",
            f"From the {a}, the {c} lies {abs(angle):.0f} degrees to the {side} of that line.",
        ]


def _angle_deg(origin: list[float], ahead: tuple[float, float], target: list[float]) -> float:
    """Return the signed angle from ``ahead`` to the target in degrees, positive to the left."""
    x, y = target[0] - origin[0], target[1] - origin[1]
    cross, dot = ahead[0] * y - ahead[1] * x, ahead[0] * x + ahead[1] * y
    return math.degrees(math.atan2(cross, dot))


TASK = HypotheticalDirection
