"""Mazes out of a generator, walks through them, and walks that nearly get there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sextant.questions.mazes import (
    MOVES,
    OPPOSITE,
    Cell,
    Maze,
    Run,
    as_runs,
    follow,
    shortest_runs,
    shortest_ways,
    slide,
    step,
)

OPTIONS = 4
"""Marked cells, or routes, to choose from."""

LETTERS = "PQRTUVWXYZ"
"""Letters of marked cells: not those of options, nor S and G."""

REACH = 4
"""A wrong marked cell is at most so many rows and columns away from the right one."""

OPENINGS = 0.06
"""Share of walls taken out of a maze without loops, so that some places have two ways."""


def make_maze(rng: np.random.Generator) -> Maze:
    """Return a maze of 5 to 8 cells a side with line walls, or of 7 to 11 with solid blocks."""
    if rng.random() < 0.6:
        rows, columns = (int(n) for n in rng.integers(5, 9, 2))
        return _grid(rows, columns, _tree(rows, columns, rng, OPENINGS), blocks=False)
    rows, columns = (int(n) for n in rng.integers(4, 7, 2))
    joined = set()
    for a, b in _tree(rows, columns, rng, OPENINGS / 2):
        # Every second cell is a place, and what lies between two joined places is free.
        middle = (a[0] + b[0], a[1] + b[1])
        joined.update({((2 * a[0], 2 * a[1]), middle), (middle, (2 * b[0], 2 * b[1]))})
    return _grid(2 * rows - 1, 2 * columns - 1, joined, blocks=True)


def _tree(
    rows: int, columns: int, rng: np.random.Generator, openings: float
) -> set[tuple[Cell, Cell]]:
    """Return the passages of a random spanning tree, and a few more."""
    start = (int(rng.integers(rows)), int(rng.integers(columns)))
    stack, seen = [start], {start}
    joined: set[tuple[Cell, Cell]] = set()
    while stack:
        # Mostly from the newest cell (long winding ways), at times from an older one (branches).
        at = len(stack) - 1 if rng.random() < 0.8 else int(rng.integers(len(stack)))
        cell = stack[at]
        free = [n for n in _neighbours(cell, rows, columns) if n not in seen]
        if not free:
            stack.pop(at)
            continue
        there = free[int(rng.integers(len(free)))]
        joined.add((min(cell, there), max(cell, there)))
        seen.add(there)
        stack.append(there)
    for row in range(rows):
        for column in range(columns):
            for there in ((row, column + 1), (row + 1, column)):
                inside = there[0] < rows and there[1] < columns
                if inside and rng.random() < openings:
                    joined.add(((row, column), there))
    return joined


def _neighbours(cell: Cell, rows: int, columns: int) -> list[Cell]:
    around = [step(cell, m) for m in MOVES]
    return [(r, c) for r, c in around if 0 <= r < rows and 0 <= c < columns]


def _grid(rows: int, columns: int, joined: set[tuple[Cell, Cell]], *, blocks: bool) -> Maze:
    def row_of(row: int, down: int) -> str:
        cells = [((row, c), (row + down, c + 1 - down)) for c in range(columns)]
        return "".join("1" if pair in joined else "0" for pair in cells)

    return Maze(
        tuple(row_of(r, 0) for r in range(rows)), tuple(row_of(r, 1) for r in range(rows)), blocks
    )


def random_walk(maze: Maze, start: Cell, rng: np.random.Generator, most: int) -> list[Run]:
    """Return a walk of at most ``most`` steps that enters no cell twice."""
    cell, seen, moves = start, {start}, list[str]()
    while len(moves) < most:
        ways = [m for m in MOVES if maze.joined(cell, m) and step(cell, m) not in seen]
        if not ways:
            break
        move = ways[int(rng.integers(len(ways)))]
        cell = step(cell, move)
        seen.add(cell)
        moves.append(move)
    return as_runs(moves)


def random_slides(maze: Maze, start: Cell, rng: np.random.Generator, count: int) -> list[str]:
    """Return directions in each of which one gets at least a cell further before a wall stops."""
    cell, moves = start, list[str]()
    for _ in range(count):
        ways = [
            m
            for m in MOVES
            if maze.joined(cell, m) and (not moves or m not in (moves[-1], OPPOSITE[moves[-1]]))
        ]
        if not ways:
            break
        move = ways[int(rng.integers(len(ways)))]
        while maze.joined(cell, move):
            cell = step(cell, move)
        moves.append(move)
    return moves


def rearranged(runs: Sequence[Run], rng: np.random.Generator) -> list[Run] | None:
    """Return the runs with one step moved elsewhere, or two runs exchanged: the same end on paper.

    None if the result turns straight back or crosses itself, which nobody would take for a way.
    """
    moves = [m for move, count in runs for m in [move] * count]
    i, j = (int(k) for k in rng.choice(len(runs), size=2, replace=False))
    if rng.random() < 0.5:
        changed = list(runs)
        changed[i], changed[j] = changed[j], changed[i]
        moves = [m for move, count in changed for m in [move] * count]
    else:
        i, j = (int(k) for k in rng.choice(len(moves), size=2, replace=False))
        moves.insert(j, moves.pop(i))
    cell, seen = (0, 0), {(0, 0)}
    for move in moves:
        cell = step(cell, move)
        if cell in seen:
            return None
        seen.add(cell)
    return as_runs(moves)


def walk_in(
    maze: Maze, start: Cell, variant: str, rng: np.random.Generator
) -> dict[str, Any] | None:
    """Moves from the start with lettered cells about their end; None for other variants."""
    if variant == "follow":
        runs = random_walk(maze, start, rng, int(rng.integers(6, 19)))
        end, moves = follow(maze, start, runs), [list(r) for r in runs]
    elif variant == "slide":
        slides = random_slides(maze, start, rng, int(rng.integers(3, 7)))
        end = slide(maze, start, slides)[-1] if slides else None
        moves = [[m, 0] for m in slides]
    else:
        return None
    if end is None or end == start:
        return {}
    near = [
        c
        for c in maze.free_cells()
        if c not in (start, end) and max(abs(c[0] - end[0]), abs(c[1] - end[1])) <= REACH
    ]
    if len(near) < OPTIONS - 1:
        return {}
    marked = [end, *(near[int(i)] for i in rng.choice(len(near), OPTIONS - 1, replace=False))]
    letters = sorted(LETTERS[int(i)] for i in rng.choice(len(LETTERS), OPTIONS, replace=False))
    order = [int(i) for i in rng.permutation(OPTIONS)]
    marks = {x: list(marked[i]) for x, i in zip(letters, order, strict=True)}
    return {"moves": moves, "marks": marks}


def way_in(
    maze: Maze, start: Cell, variant: str, rng: np.random.Generator, least: float, most: float
) -> dict[str, Any]:
    """A goal with one shortest way; for ``sequence`` also routes that do not get there."""
    far, ways = shortest_ways(maze, start)
    goals = [c for c in sorted(far) if ways[c] == 1 and least <= far[c] <= most]
    if not goals:
        return {}
    goal = goals[int(rng.integers(len(goals)))]
    if variant == "length":
        return {"goal": list(goal)}
    routes = _routes(maze, start, goal, rng)
    return {"goal": list(goal), "routes": routes} if routes else {}


def _routes(maze: Maze, start: Cell, goal: Cell, rng: np.random.Generator) -> list[list[list[Any]]]:
    """Four routes in a chain of small changes, the right one at any place of the chain.

    Were all wrong routes changes of the right one, it would be the one most like the others.
    """
    truth = shortest_runs(maze, start, goal)
    if len(truth) < 2:
        return []
    place = int(rng.integers(OPTIONS))
    chain = [truth]
    for k in range(OPTIONS - 1):
        front = k < place
        for _ in range(40):
            new = rearranged(chain[0] if front else chain[-1], rng)
            if new is None or new in chain or follow(maze, start, new) == goal:
                continue
            chain.insert(0 if front else len(chain), new)
            break
        else:
            return []
    # The right one is stored first; the engine puts it where its letter's turn is.
    chain.insert(0, chain.pop(chain.index(truth)))
    return [[list(r) for r in runs] for runs in chain]
