"""Mazes on a grid of cells: which neighbours are joined, ways through them, and their drawing."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

Cell = tuple[int, int]
"""(row, column); row 0 is the top of the picture, column 0 its left."""

MOVES: Mapping[str, Cell] = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}
"""Move name to the step it takes, as seen in the picture."""

OPPOSITE = {"up": "down", "down": "up", "left": "right", "right": "left"}

Run = tuple[str, int]
"""A move and how many cells it goes on for."""

SIDE = 480
LOOKS = (
    ("#ffffff", "#e4e7eb", "#1d2733"), ("#fbf6ea", "#eadfc8", "#6b4423"),
    ("#eef6f1", "#d3e6da", "#1f5a40"), ("#f2f2fa", "#dcdcef", "#34346b"),
    ("#1d2733", "#34404d", "#e8ecf1"),
)  # fmt: skip
"""Colours of floor, of the lines between cells and of walls; a dark floor, last, would be taken for
solid blocks, and goes with line walls only."""

START, GOAL, MARK = "#2e9e4f", "#c0392b", "#1f6fb2"


@dataclass(frozen=True, slots=True)
class Maze:
    """Cells and the passages between neighbours.

    Attributes:
        east: Per row a string with "1" where a cell is joined to the one at its right.
        south: Per row a string with "1" where a cell is joined to the one below it.
        blocks: Whether cells without any passage are solid blocks; else walls are lines.
    """

    east: tuple[str, ...]
    south: tuple[str, ...]
    blocks: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.east), len(self.east[0])

    def holds(self, cell: Cell) -> bool:
        """Tell whether a cell lies on the grid."""
        rows, columns = self.shape
        return 0 <= cell[0] < rows and 0 <= cell[1] < columns

    def joined(self, cell: Cell, move: str) -> bool:
        """Tell whether one can go from a cell to its neighbour."""
        row, column = cell
        if move == "left":
            row, column, move = row, column - 1, "right"
        elif move == "up":
            row, column, move = row - 1, column, "down"
        if not self.holds((row, column)):
            return False
        return (self.east if move == "right" else self.south)[row][column] == "1"

    def is_free(self, cell: Cell) -> bool:
        """Tell whether one can stand in a cell and leave it."""
        return self.holds(cell) and any(self.joined(cell, m) for m in MOVES)

    def free_cells(self) -> list[Cell]:
        """Return all free cells in reading order."""
        rows, columns = self.shape
        return [(r, c) for r in range(rows) for c in range(columns) if self.is_free((r, c))]


def to_json(maze: Maze) -> dict[str, object]:
    """Return a maze as JSON."""
    return {"east": list(maze.east), "south": list(maze.south), "blocks": maze.blocks}


def from_json(data: Mapping[str, object]) -> Maze:
    """Read a maze back.

    Raises:
        ValueError: If it is no grid.
    """
    east, south = data["east"], data["south"]
    if not isinstance(east, Sequence) or not isinstance(south, Sequence):
        raise ValueError("maze is no grid")
    maze = Maze(tuple(map(str, east)), tuple(map(str, south)), bool(data["blocks"]))
    widths = {len(row) for row in (*maze.east, *maze.south)}
    if not maze.east or len(maze.east) != len(maze.south) or len(widths) != 1 or widths == {0}:
        raise ValueError("maze is no grid")
    return maze


def step(cell: Cell, move: str, count: int = 1) -> Cell:
    """Return where a move leads, walls or not."""
    return cell[0] + count * MOVES[move][0], cell[1] + count * MOVES[move][1]


def follow(maze: Maze, start: Cell, runs: Sequence[Run]) -> Cell | None:
    """Return where moves end; None if a wall stops one of them."""
    cell = start
    for move, count in runs:
        for _ in range(count):
            if not maze.joined(cell, move):
                return None
            cell = step(cell, move)
    return cell


def slide(maze: Maze, start: Cell, moves: Sequence[str]) -> list[Cell]:
    """Return where one stops who goes on in each direction until a wall stops them."""
    stops = [start]
    for move in moves:
        cell = stops[-1]
        while maze.joined(cell, move):
            cell = step(cell, move)
        stops.append(cell)
    return stops[1:]


def shortest_ways(maze: Maze, start: Cell) -> tuple[dict[Cell, int], dict[Cell, int]]:
    """Return steps from a cell to every reachable one, and how many shortest ways there are."""
    far, ways = {start: 0}, {start: 1}
    queue = deque([start])
    while queue:
        cell = queue.popleft()
        for move in MOVES:
            if not maze.joined(cell, move):
                continue
            there = step(cell, move)
            if there not in far:
                far[there], ways[there] = far[cell] + 1, 0
                queue.append(there)
            if far[there] == far[cell] + 1:
                ways[there] += ways[cell]
    return far, ways


def shortest_runs(maze: Maze, start: Cell, goal: Cell) -> list[Run]:
    """Return a shortest way as runs; empty if there is none or it has no length."""
    far, _ = shortest_ways(maze, goal)
    moves: list[str] = []
    cell = start
    while far.get(cell, 0) > 0:
        move = next(
            m for m in MOVES if maze.joined(cell, m) and far[step(cell, m)] == far[cell] - 1
        )
        moves.append(move)
        cell = step(cell, move)
    return as_runs(moves)


def as_runs(moves: Sequence[str]) -> list[Run]:
    """Join equal moves that follow each other.

    >>> as_runs(["up", "up", "left"])
    [('up', 2), ('left', 1)]
    """
    runs: list[Run] = []
    for move in moves:
        count = runs.pop()[1] if runs and runs[-1][0] == move else 0
        runs.append((move, count + 1))
    return runs


def say_runs(runs: Sequence[Run]) -> str:
    """Write runs for a person.

    >>> say_runs([("up", 2), ("left", 1)])
    '2 up, 1 left'
    """
    return ", ".join(f"{count} {move}" for move, count in runs)


def draw_maze(
    maze: Maze, start: Cell, goal: Cell | None, marks: Mapping[str, Cell], look: int = 0
) -> bytes:
    """Draw a maze with its start S, its goal G and lettered cells.

    Args:
        maze: The maze.
        start: Cell marked S.
        goal: Cell marked G; None = there is none.
        marks: Letter to cell.
        look: Which of ``LOOKS``.

    Returns:
        PNG bytes of at most ``SIDE`` x ``SIDE`` pixels.
    """
    floor, line, wall = LOOKS[look % (len(LOOKS) - maze.blocks)]
    rows, columns = maze.shape
    unit = (SIDE - 24) // max(rows, columns)
    size = (columns * unit + 24, rows * unit + 24)
    image = Image.new("RGB", size, floor)
    draw = ImageDraw.Draw(image)

    def corner(row: int, column: int) -> tuple[int, int]:
        return 12 + column * unit, 12 + row * unit

    for row in range(rows):
        for column in range(columns):
            (x, y), (right, low) = corner(row, column), corner(row + 1, column + 1)
            draw.rectangle((x, y, right, low), outline=line)
            if maze.blocks and not maze.is_free((row, column)):
                draw.rectangle((x, y, right, low), fill=wall)
    if not maze.blocks:
        for row in range(rows):
            for column in range(columns):
                (x, y), (right, low) = corner(row, column), corner(row + 1, column + 1)
                if column + 1 < columns and maze.east[row][column] != "1":
                    draw.line((right, y, right, low), fill=wall, width=5)
                if row + 1 < rows and maze.south[row][column] != "1":
                    draw.line((x, low, right, low), fill=wall, width=5)
    draw.rectangle((9, 9, size[0] - 10, size[1] - 10), outline=wall, width=5)
    font = ImageFont.load_default(size=round(0.46 * unit))
    lettered = [("S", start, START), *((letter, c, MARK) for letter, c in marks.items())]
    if goal is not None:
        lettered.append(("G", goal, GOAL))
    for letter, cell, color in lettered:
        x, y = corner(*cell)
        reach = 0.36 * unit
        x, y = x + unit // 2, y + unit // 2
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=color)
        draw.text((x, y), letter, "#ffffff", font, anchor="mm")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
