"""cr.maze_path: follow or find a way through a drawn maze."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from sextant.questions.answers import Choice, Number, Text
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.mazes import (
    LOOKS,
    MOVES,
    Cell,
    Maze,
    Run,
    draw_maze,
    follow,
    from_json,
    say_runs,
    shortest_runs,
    shortest_ways,
    slide,
    to_json,
)
from sextant.questions.pictures import DrawnPicture
from sextant.questions.task import Draft, Margins, Task
from sextant.tasks.cr._maze_making import OPTIONS, make_maze, walk_in, way_in
from sextant.tasks.cr._maze_path_phrasings import TEMPLATES

VARIANTS = ("follow", "slide", "length", "sequence")
CANDIDATES = 400


class MazePathMargins(Margins):
    """Thresholds of cr.maze_path."""

    min_steps: float = Field(4, description="shortest way asked about, in cells")
    max_steps: float = Field(26, description="longest way asked about, in cells")
    min_turns: float = Field(2, description="fewest changes of direction")


class MazePath(Task):
    """The maze is in the ask: whoever checks the answer needs nothing else."""

    id = "cr.maze_path"
    needs = frozenset({"simulated"})
    forms = ("choice", "number", "text", "choice")
    margins_model = MazePathMargins
    margins: MazePathMargins
    templates = TEMPLATES

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Mazes with a walk, a pair of cells or several routes in them."""
        for k in range(CANDIDATES):
            maze, variant = make_maze(rng), VARIANTS[k % len(VARIANTS)]
            cells = maze.free_cells()
            start = cells[int(rng.integers(len(cells)))]
            detail: dict[str, Any] = {
                "variant": variant,
                "maze": to_json(maze),
                "start": list(start),
                "look": int(rng.integers(len(LOOKS))),
            }
            more = walk_in(maze, start, variant, rng)
            if more is None:
                least, most = self.margins.min_steps, self.margins.max_steps
                more = way_in(maze, start, variant, rng, least, most)
            if more:
                yield Ask((), (), {**detail, **more})

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Walk through the maze, or search it, again."""
        try:
            maze = from_json(ask.detail["maze"])
        except ValueError as error:
            return Drop(str(error))
        variant, start = ask.detail["variant"], _cell(ask.detail["start"])
        if variant in ("follow", "slide"):
            return self._measure_walk(ask, maze, start, variant)
        goal = _cell(ask.detail["goal"])
        far, ways = shortest_ways(maze, start)
        if ways.get(goal) != 1 or goal == start:
            return Drop("there is no way or more than one shortest way")
        steps, runs = far[goal], shortest_runs(maze, start, goal)
        if not self.margins.min_steps <= steps <= self.margins.max_steps:
            return Drop("way is too short or too long")
        if len(runs) - 1 < self.margins.min_turns:
            return Drop("way has too few turns")
        if variant == "sequence":
            routes = [_runs(r) for r in ask.detail["routes"]]
            arrives = [follow(maze, start, r) == goal for r in routes]
            if arrives != [True] + [False] * (OPTIONS - 1):
                return Drop("not exactly the first route leads to the goal")
            return self._fact(ask, "route", say_runs(routes[0]), routes[0])
        return Fact(
            ask,
            quantity="shortest_way_steps",
            value=float(steps),
            unit="count",
            thresholds=self.margins.model_dump(),
            reference_frame="drawing",
            geometry="stated",
            detail={"runs": [list(r) for r in runs]},
            steps=2 if steps < 10 else 3,
        )

    def _measure_walk(self, ask: Ask, maze: Maze, start: Cell, variant: str) -> Fact | Drop:
        runs = _runs(ask.detail["moves"])
        if variant == "slide":
            stops = slide(maze, start, [m for m, _ in runs])
            runs = [
                (move, abs(a[0] - b[0]) + abs(a[1] - b[1]))
                for (move, _), a, b in zip(runs, [start, *stops], stops, strict=False)
            ]
            if any(count == 0 for _, count in runs):
                return Drop("a wall stops a move at once")
        end = follow(maze, start, runs)
        if end is None:
            return Drop("a move runs into a wall")
        if not self.margins.min_steps <= sum(n for _, n in runs) <= self.margins.max_steps:
            return Drop("way is too short or too long")
        if len(runs) - 1 < self.margins.min_turns:
            return Drop("way has too few turns")
        marks = {x: _cell(c) for x, c in ask.detail["marks"].items()}
        letters = [x for x, c in marks.items() if c == end]
        if len(letters) != 1 or len({*marks.values(), start}) != len(marks) + 1:
            return Drop("not exactly one mark is at the end")
        return self._fact(ask, "end_cell", letters[0], runs)

    def _fact(self, ask: Ask, quantity: str, label: str, runs: Sequence[Run]) -> Fact:
        return Fact(
            ask,
            quantity=quantity,
            label=label,
            thresholds=self.margins.model_dump(),
            reference_frame="drawing",
            geometry="stated",
            detail={"runs": [list(r) for r in runs]},
            steps=2 if sum(n for _, n in runs) < 10 else 3,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The drawing, and letters, counts or routes to choose from."""
        detail = fact.ask.detail
        variant = detail["variant"]
        marks = {x: _cell(c) for x, c in detail.get("marks", {}).items()}
        goal = _cell(detail["goal"]) if "goal" in detail else None
        png = draw_maze(
            from_json(detail["maze"]), _cell(detail["start"]), goal, marks, detail["look"]
        )
        moves = ""
        if variant == "follow":
            moves = say_runs(_runs(detail["moves"]))
        elif variant == "slide":
            moves = ", ".join(m for m, _ in detail["moves"])
        text, template = self.phrase(ctx, variant, rng, moves=moves)
        answer: Choice | Number | Text
        if variant == "sequence":
            routes = tuple(say_runs(_runs(r)) for r in detail["routes"])
            answer = Choice(routes, 0)
        elif variant == "length":
            assert fact.value is not None
            steps, start = round(fact.value), _cell(detail["start"])
            assert goal is not None
            # All ways between two cells are even, or all odd, and none is shorter than straight.
            straight = abs(goal[0] - start[0]) + abs(goal[1] - start[1])
            rank = int(rng.integers(OPTIONS))
            least = steps - 2 * rank
            if form == "choice" and steps < straight + 2 * (OPTIONS - 1):
                return Drop("shorter options would be shorter than the straight line")
            answer = Number(str(steps))
            if form == "choice":
                answer = Choice(tuple(str(least + 2 * k) for k in range(OPTIONS)), rank)
        else:
            assert fact.label is not None
            letters = tuple(sorted(marks))
            answer = Text(fact.label)
            if form != "text":
                answer = Choice(letters, letters.index(fact.label))
        return Draft(text, answer, template, (DrawnPicture(png, "maze"),))

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The cells on which each run ends, by row and column."""
        row, column = _cell(fact.ask.detail["start"])
        lines = [f"S is in row {row + 1} from the top, column {column + 1} from the left."]
        for move, count in _runs(fact.detail["runs"]):
            row, column = row + count * MOVES[move][0], column + count * MOVES[move][1]
            lines.append(f"{count} {move} leads to row {row + 1}, column {column + 1}.")
        if fact.value is not None:
            counts = " + ".join(str(n) for _, n in _runs(fact.detail["runs"]))
            lines.append(f"This is the shortest way to G: {counts} = {fact.value:.0f} steps.")
        return lines


def _cell(data: Sequence[int]) -> Cell:
    return int(data[0]), int(data[1])


def _runs(data: Sequence[Sequence[Any]]) -> list[Run]:
    return [(str(move), int(count)) for move, count in data]


TASK = MazePath
