"""mr.map_position: positions of named objects on a floor grid, as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.questions.answers import JsonAnswer, read_as
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task, sampled_groups
from sextant.questions.view_frame import ViewFrame


class MapPositionMargins(Margins):
    """Thresholds of mr.map_position."""

    grid: int = Field(10, description="cells along each side")
    border: float = Field(0.15, description="distance of a centre from its cell's border, share")
    min_cell_m: float = Field(0.3, description="smallest side of a cell")


class MapPosition(Task):
    """Cells of a grid that is anchored at the first picture's camera, which looks up the map."""

    id = "mr.map_position"
    needs = frozenset({"objects", "frames", "metric"})
    forms = ("json",)
    margins_model = MapPositionMargins
    margins: MapPositionMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "grid": (
            "Where on the grid are the centers of {items}?",
            "Give the grid cell of the center of each of these objects: {items}.",
            "Place {items} on the map: in which cell is the center of each?",
            "Locate {items} on this floor grid by their centers.",
            "For {items}, write down the cell in which the center of each lies.",
            "On this map of the floor, which cells hold the centers of {items}?",
            "Fill in the map: what are the cells of the centers of {items}?",
            "Work out the grid positions of {items}, taking the center of each.",
            "Somebody draws the grid on the floor and drops a plumb line from the center of each "
            "object. In which cells do the lines of {items} end?",
            "Make a cognitive map of the room on this grid. Which cells do you put {items} in, "
            "going by their centers?",
            "Starting from the camera's cell, count how many cells right or left and ahead or "
            "behind the centers of {items} lie. Which cells are these?",
            "The objects to be mapped are {items}. State column and row of the center of each.",
            "Estimate the floor positions of {items}, each by its center, in cells of this grid.",
        )
    }
    styles: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
        "vsibench": {
            "grid": (
                "These pictures capture a scene. Identify {items} and estimate the center location "
                "of each on this grid.",
            )
        },
        "mindcube": {
            "grid": (
                "Generate a cognitive map of the scene on this grid: give the cell of the center "
                "of {items}.",
            )
        },
    }

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Three or four named objects; the grid is laid so that all of them fall on it."""
        for shot in shots(ctx, rng):
            named = tuple(ctx.view(shot.frames).names)
            size = 3 + int(rng.integers(2))
            view = ViewFrame(ctx.frame(shot.frames[0])) if shot.frames else None
            for group in sampled_groups(named, size, rng, limit=6 * shot.candidates):
                if view is not None:
                    grid = self._lay(view, ctx, group)
                    yield Ask(group, shot.frames, grid)

    def _lay(self, view: ViewFrame, ctx: SceneContext, group: tuple[str, ...]) -> dict[str, object]:
        """Choose the smallest cell in steps of 10 cm, and the camera's cell, that hold all."""
        places = [(0.0, 0.0), *(view.place(ctx.object(i).box.center) for i in group)]
        low = [min(p[k] for p in places) for k in (0, 1)]
        high = [max(p[k] for p in places) for k in (0, 1)]
        cells = self.margins.grid
        span = max(h - m for h, m in zip(high, low, strict=True))
        cell_m = max(self.margins.min_cell_m, math.ceil(10 * span / (cells - 1.5)) / 10)
        # The camera stands in the middle of its cell; the rest is centred as far as cells allow.
        camera = []
        for m, h in zip(low, high, strict=True):
            used = (h - m) / cell_m
            camera.append(min(cells - 1, max(0, round(-m / cell_m + (cells - used) / 2 - 0.5))))
        return {"cell_m": cell_m, "camera_cell": camera}

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The cell of every centre, none of them near a cell's border."""
        names = ctx.view(ask.frames).names
        if any(i not in names for i in ask.objects):
            return Drop("object is not shown or its name is ambiguous")
        view = ViewFrame(ctx.frame(ask.frames[0]))
        cell_m = float(ask.detail["cell_m"])
        cells, slack = {}, math.inf
        for object_id in ask.objects:
            cell = []
            for metres, start in zip(
                view.place(ctx.object(object_id).box.center), ask.detail["camera_cell"], strict=True
            ):
                position = start + 0.5 + metres / cell_m
                index = math.floor(position)
                if not 0 <= index < self.margins.grid:
                    return Drop("object is off the grid")
                slack = min(slack, position - index, index + 1 - position)
                cell.append(index)
            cells[object_id] = cell
        if slack < self.margins.border:
            return Drop("object is too close to a cell's border")
        return Fact(
            ask,
            quantity="grid_cells",
            margin=slack / self.margins.border - 1.0,
            thresholds=self.margins.model_dump(),
            reference_frame=f"camera:{ask.frames[0]}",
            detail={"cells": cells},
            steps=3,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The grid in words, and the cells as JSON."""
        view = ctx.view(fact.ask.frames)
        names = {i: view.names[i] for i in fact.ask.objects}
        items = read_as([f"the {name}" for name in names.values()])
        text, template = self.phrase(ctx, "grid", rng, items=items)
        column, row = fact.ask.detail["camera_cell"]
        n = self.margins.grid
        which = "the first picture's camera" if len(fact.ask.frames) > 1 else "the camera"
        rule = (
            f"Imagine a {n}x{n} grid on the floor, seen from above. Columns run from 0 (left) to "
            f"{n - 1} (right), rows from 0 (bottom) to {n - 1} (top); each cell is "
            f"{fact.ask.detail['cell_m']:.1f} m wide. {which[:1].upper()}{which[1:]} stands in the "
            f"middle of the cell in column {column}, row {row}, and looks towards the top. "
        )
        form_text = " Answer as a JSON object that maps each name to its [column, row]."
        answer = {names[i]: cell for i, cell in fact.detail["cells"].items()}
        return Draft(rule + text + form_text, JsonAnswer(answer), template, names=names)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """Metres to the right of and ahead of the camera, then cells."""
        view = ViewFrame(ctx.frame(fact.ask.frames[0]))
        lines = []
        for object_id, cell in fact.detail["cells"].items():
            x, y = view.place(ctx.object(object_id).box.center)
            lines.append(
                f"The {names[object_id]} is {x:+.2f} m to the right and {y:+.2f} m ahead of the "
                f"camera: column {cell[0]}, row {cell[1]}."
            )
        return lines


TASK = MapPosition
