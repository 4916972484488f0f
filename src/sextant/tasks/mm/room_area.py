"""mm.room_area: the floor area of the room.

As the source states it, else of its floor polygon, else of what the whole walk shows of the floor
(``_seen_floor``), where that is clearly all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.geometry.polygons import polygon_area
from sextant.questions.context import SceneContext
from sextant.questions.distractors import number_or_choice
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.task import Draft, Margins, Task
from sextant.scenes import Scene
from sextant.tasks.mm._seen_floor import can_be_seen, seen_floor

TEMPLATES = (
    "What is the floor area of this {room} in square meters?",
    "How large is the {room}, in square meters of floor?",
    "Estimate the size of the {room} in square meters.",
    "How many square meters of carpet would cover the whole floor of the {room}, furniture moved "
    "out?",
    "In square meters, what area does the {room} have?",
    "If the {room} were empty, how many square meters of floor would there be to walk on?",
    "What would a floor plan state as the area of this {room}, in square meters?",
    "Counting the floor beneath the furniture too, how many square meters does the {room} measure?",
    "How big is the {room}? Answer in square meters of floor area.",
    "A tenant asks how much floor the {room} has from wall to wall. How many square meters is it?",
    "Give the floor area of the {room} that these pictures show, in square meters.",
    "From wall to wall, how many square meters does the floor of the {room} cover?",
    "New floorboards are to be laid in the entire {room}. How many square meters are needed?",
    "Piece the views together and judge the floor area of the {room} in square meters.",
)
VSIBENCH = (
    "What is the size of this {room} (in square meters)? If multiple rooms are shown, estimate the "
    "size of the combined space.",
)


class RoomAreaMargins(Margins):
    """Thresholds of mm.room_area, for floors that are measured by what is seen of them."""

    min_filled: float = Field(0.9, lt=1, description="share of the seen floor that has no gaps")
    min_walled: float = Field(0.85, lt=1, description="share of its outline along something tall")


class RoomArea(Task):
    """How large the floor is."""

    id = "mm.room_area"
    needs = frozenset({"room", "metric"})
    forms = ("number", "number", "choice")
    margins_model = RoomAreaMargins
    margins: RoomAreaMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {"area": TEMPLATES}
    styles: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {"vsibench": {"area": VSIBENCH}}

    def missing(self, scene: Scene) -> tuple[str, ...]:
        """A floor that can be measured by depth needs no outline."""
        lacking = super().missing(scene)
        return tuple(n for n in lacking if n != "room") if can_be_seen(scene) else lacking

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """The whole walk: a stretch of it need not show the whole room."""
        for clip in ctx.videos[:1]:
            yield Ask((), clip)

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The area the source states, else that of its floor polygon, else of the floor seen."""
        if ask.frames not in ctx.videos[:1]:
            return Drop("frames are not the whole walk")
        room, margin = ctx.scene.room, 1.0
        detail: dict[str, float] = {}
        thresholds: dict[str, float] = {}
        if room.area_m2 is not None:
            area_m2, geometry = float(room.area_m2), "stated"
        elif room.floor_polygon is not None:
            area_m2, geometry = polygon_area(room.floor_polygon), "polygon"
        elif not can_be_seen(ctx.scene):
            return Drop("floor area is not known")
        else:
            floor, limits = seen_floor(ctx, ask.frames), self.margins
            if isinstance(floor, Drop):
                return floor
            if floor.filled < limits.min_filled or floor.walled < limits.min_walled:
                return Drop("the pictures show only a part of the floor")
            area_m2, geometry = floor.area_m2, "points"
            detail, thresholds = floor._asdict(), limits.model_dump()
            margin = min(
                (floor.filled - limits.min_filled) / (1.0 - limits.min_filled),
                (floor.walled - limits.min_walled) / (1.0 - limits.min_walled),
            )
        if not 1.0 <= area_m2 < 1e5:
            return Drop("floor area is not that of a room")
        return Fact(
            ask, quantity="floor_area_m2", value=area_m2, unit="m2", geometry=geometry,
            reference_frame="floor", margin=margin, thresholds=thresholds, detail=detail,
        )  # fmt: skip

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """A number in square metres with one decimal, or four options."""
        assert fact.value is not None
        text, template = self.phrase(ctx, "area", rng, room=ctx.scene.room.kind or "room")
        answer = number_or_choice(fact, form, rng)
        if isinstance(answer, Drop):
            return answer
        return Draft(text, answer, template)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The outline's extent where it is known, else the area alone."""
        polygon = ctx.scene.room.floor_polygon
        if polygon is None:
            return [f"The floor, that beneath the furniture included, covers {fact.value:.1f} m²."]
        sides_m = np.linalg.norm(polygon - np.roll(polygon, 1, axis=0), axis=1)
        return [
            f"The floor's outline has {len(polygon)} corners and is {sides_m.sum():.1f} m long.",
            f"It encloses {fact.value:.1f} m².",
        ]


TASK = RoomArea
