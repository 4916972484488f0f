"""mm.room_area: the floor area of the room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from sextant.geometry.polygons import polygon_area
from sextant.questions.context import SceneContext
from sextant.questions.distractors import number_or_choice
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.task import Draft, Margins, Task, pick_template

TEMPLATES = (
    "What is the floor area of this {room} in square meters?",
    "How large is the {room}, in square meters of floor?",
    "Estimate the size of the {room} in square meters.",
    "How many square meters of carpet would cover the whole floor of the {room}, furniture moved "
    "out?",
    "In square meters, what area does the {room} have?",
    "Walking off every corner of the {room}, how many square meters of floor would you cover?",
    "What would a floor plan state as the area of this {room}, in square meters?",
    "Counting the floor beneath the furniture too, how many square meters does the {room} measure?",
    "How big is the {room}? Answer in square meters of floor area.",
)


class RoomArea(Task):
    """How large the floor is."""

    id = "mm.room_area"
    needs = frozenset({"room", "metric"})
    forms = ("number", "number", "choice")
    margins_model = Margins

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """The whole walk: a stretch of it need not show the whole room."""
        for clip in ctx.videos[:1]:
            yield Ask((), clip)

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The area the source states, else that of its floor polygon."""
        if ask.frames not in ctx.videos[:1]:
            return Drop("frames are not the whole walk")
        room = ctx.scene.room
        if room.area_m2 is not None:
            area_m2, geometry = float(room.area_m2), "stated"
        elif room.floor_polygon is not None:
            area_m2, geometry = polygon_area(room.floor_polygon), "polygon"
        else:
            return Drop("floor area is not known")
        if not 1.0 <= area_m2 < 1e5:
            return Drop("floor area is not that of a room")
        return Fact(
            ask, quantity="floor_area_m2", value=area_m2, unit="m2", geometry=geometry,
            reference_frame="floor",
        )  # fmt: skip

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """A number in square metres with one decimal, or four options."""
        assert fact.value is not None
        text, template = pick_template(TEMPLATES, "area", rng)
        text = text.format(room=ctx.scene.room.kind or "room")
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
