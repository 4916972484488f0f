"""cr.maze_path: ways through a maze of 3 x 3 cells drawn by hand."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from sextant.questions.answers import Choice, Number, Text
from sextant.questions.facts import Ask, Drop
from sextant.questions.mazes import (
    Maze,
    draw_maze,
    follow,
    from_json,
    shortest_runs,
    shortest_ways,
    slide,
    to_json,
)
from sextant.tasks.cr._maze_making import make_maze, rearranged
from sextant.tasks.cr.maze_path import MazePath

# S - . - .        A snake: along the top row, back along the middle one, along the bottom one.
#         |
# . - . - .
# |
# . - . - G
SNAKE = Maze(("110", "110", "110"), ("001", "100", "000"))
# The same with a hole under the middle of the top row, and one cell wider.
LOOP = Maze(("110", "110", "110"), ("011", "100", "000"))
WIDE = Maze(("1110", "1110", "1110"), ("0001", "1000", "0000"))


def ask(variant, maze=SNAKE, start=(0, 0), **more):
    detail = {"variant": variant, "maze": to_json(maze), "start": list(start), "look": 0, **more}
    return Ask((), (), json.loads(json.dumps(detail)))


@pytest.fixture
def ctx(build):
    return build.context(build.scene([build.object("sofa_0", [0, 0, 0], [1, 1, 1])]))


def test_steps_of_the_snake(ctx):
    fact = MazePath().measure(ctx, ask("length", goal=[2, 2]))
    assert fact.value == 8.0
    assert fact.detail["runs"] == [["right", 2], ["down", 1], ["left", 2], ["down", 1],
                                   ["right", 2]]  # fmt: skip


def test_a_hole_in_a_wall_shortens_the_way(ctx):
    assert MazePath().measure(ctx, ask("length", LOOP, goal=[2, 2])).value == 6.0


def test_mirrored_maze_has_mirrored_ways():
    mirrored = Maze(tuple(f"{r[1::-1]}0" for r in SNAKE.east), tuple(r[::-1] for r in SNAKE.south))
    assert shortest_runs(mirrored, (0, 2), (2, 0)) == [
        ({"right": "left", "left": "right"}.get(m, m), n)
        for m, n in shortest_runs(SNAKE, (0, 0), (2, 2))
    ]


def test_two_shortest_ways_are_dropped(ctx):
    square = Maze(("110", "110", "110"), ("111", "111", "000"))
    fact = MazePath().measure(ctx, ask("length", square, goal=[2, 2]))
    assert fact.reason == "there is no way or more than one shortest way"
    assert shortest_ways(square, (0, 0))[1][2, 2] == 6


@pytest.mark.parametrize(("goal", "kept"), [([1, 2], False), ([1, 0], True)])
def test_ways_need_two_turns(ctx, goal, kept):
    fact = MazePath(MazePath.margins_model(min_steps=1)).measure(ctx, ask("length", goal=goal))
    assert isinstance(fact, Drop) is not kept


def test_following_moves(ctx):
    moves = [["right", 2], ["down", 1], ["left", 1]]
    marks = {"P": [1, 1], "Q": [1, 0], "T": [2, 1], "Z": [0, 1]}
    assert MazePath().measure(ctx, ask("follow", moves=moves, marks=marks)).label == "P"
    through_a_wall = [["down", 1], ["right", 2], ["up", 1]]
    fact = MazePath().measure(ctx, ask("follow", moves=through_a_wall, marks=marks))
    assert fact.reason == "a move runs into a wall"


def test_sliding_to_the_walls(ctx):
    moves = [[m, 0] for m in ("right", "down", "left", "down")]
    marks = {"P": [1, 1], "Q": [1, 0], "T": [2, 0], "Z": [0, 1]}
    fact = MazePath().measure(ctx, ask("slide", moves=moves, marks=marks))
    assert fact.label == "T"
    assert [n for _, n in fact.detail["runs"]] == [2, 1, 2, 1]
    assert slide(SNAKE, (0, 0), ["right", "down"]) == [(0, 2), (1, 2)]
    at_once = [["down", 0], *moves]
    fact = MazePath().measure(ctx, ask("slide", moves=at_once, marks=marks))
    assert fact.reason == "a wall stops a move at once"


def test_two_marks_at_the_end_are_dropped(ctx):
    moves = [["right", 2], ["down", 1], ["left", 1]]
    marks = {"P": [1, 1], "Q": [1, 1], "T": [2, 1], "Z": [0, 1]}
    fact = MazePath().measure(ctx, ask("follow", moves=moves, marks=marks))
    assert fact.reason == "not exactly one mark is at the end"


def test_only_the_first_route_may_arrive(ctx):
    truth = [["right", 2], ["down", 1], ["left", 2], ["down", 1], ["right", 2]]
    wrong = [[["down", 2], ["right", 2]], [["right", 2], ["down", 2]], [["right", 1], ["down", 2]]]
    assert hasattr(MazePath().measure(ctx, ask("sequence", goal=[2, 2], routes=[truth, *wrong])),
                   "label")  # fmt: skip
    routes = [wrong[0], truth, *wrong[1:]]
    fact = MazePath().measure(ctx, ask("sequence", goal=[2, 2], routes=routes))
    assert fact.reason == "not exactly the first route leads to the goal"


def test_broken_grids_are_refused(ctx):
    broken = {"east": ["11", "1"], "south": ["11", "11"], "blocks": False}
    fact = MazePath().measure(ctx, Ask((), (), {**ask("length").detail, "maze": broken}))
    assert fact.reason == "maze is no grid"


def test_made_mazes_hang_together():
    for seed in range(30):
        maze = make_maze(np.random.default_rng(seed))
        cells = maze.free_cells()
        assert set(shortest_ways(maze, cells[0])[0]) == set(cells)
        assert from_json(json.loads(json.dumps(to_json(maze)))) == maze


def test_rearranged_routes_end_at_the_same_place_on_paper():
    rng = np.random.default_rng(0)
    runs = [("right", 2), ("down", 3), ("right", 1), ("up", 1)]
    made = [r for _ in range(50) if (r := rearranged(runs, rng)) is not None]
    everywhere = Maze(("1" * 20,) * 20, ("1" * 20,) * 20)
    assert made
    assert {follow(everywhere, (9, 9), r) for r in made} == {(11, 12)}


def test_proposed_asks_are_mostly_good_and_options_hold(ctx):
    task, kept = MazePath(), {}
    asks = [a for a, _ in zip(task.propose(ctx, np.random.default_rng(3)), range(60), strict=False)]
    for one in asks:
        one = Ask((), (), json.loads(json.dumps(one.detail)))
        fact = task.measure(ctx, one)
        if isinstance(fact, Drop):
            continue
        kept.setdefault(one.detail["variant"], []).append(fact)
        for form in ("choice", "number", "text"):
            draft = task.compose(ctx, fact, form, np.random.default_rng(1))
            if isinstance(draft, Drop):
                continue
            if isinstance(draft.answer, Choice):
                assert len(set(draft.answer.options)) == 4
            if one.detail["variant"] == "length":
                truth = str(round(fact.value))
                said = draft.answer
                assert (said.text if isinstance(said, Number) else
                        said.options[said.correct]) == truth  # fmt: skip
            elif isinstance(draft.answer, Text):
                assert draft.answer.text == fact.label
    assert set(kept) == {"follow", "slide", "length", "sequence"}
    assert sum(map(len, kept.values())) > 30


def test_drawing_has_cells_walls_and_letters():
    png = draw_maze(SNAKE, (0, 0), (2, 2), {"P": (1, 1)})
    image = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    middle = 12 + image.shape[0] // 3 - 8
    wall = image[middle - 6 : middle + 7, 40]  # between the first two cells of the left column
    assert wall.sum(axis=-1).min() < 200
    assert (image == (46, 158, 79)).all(axis=-1).any()
    assert (image == (192, 57, 43)).all(axis=-1).any()


def test_texts(build, ctx):
    moves = [["right", 2], ["down", 1], ["left", 1]]
    marks = {"P": [1, 1], "Q": [1, 0], "T": [2, 1], "Z": [0, 1]}
    for one in (ask("length", WIDE, goal=[2, 3]), ask("follow", moves=moves, marks=marks)):
        task = MazePath()
        build.check_texts(task, ctx, task.measure(ctx, one), templates=12)
