"""Oracles of mental reconstruction."""

from __future__ import annotations

import json
import re

import numpy as np
from drawings import misplaced, plan_mismatch
from judging import (
    Problems,
    ask,
    asked,
    frames,
    general,
    judge_choice,
    judge_number,
    judge_words,
    names,
    option_objects,
)
from puzzles import Heights, filled_squares, least_top, pile_mismatch, read_pile, views
from sr import turn_deg
from world import World

from sextant.samples import Sample


def check_multiview_count(world: World, sample: Sample) -> Problems:
    """Different instance values of a category over all pictures."""
    category, views_ = ask(sample)["category"], frames(sample)
    per_view = [{o for o in world.present([f]) if world.category(o) == category} for f in views_]
    seen = set().union(*per_view)
    problems = general(world, sample)
    if seen != set(asked(sample)):
        problems.append(f"pictures show {sorted(seen)}, counted are {sorted(asked(sample))}")
    if sum(map(len, per_view)) == len(seen):
        problems.append("no instance is seen twice")
    return problems + judge_number(sample, float(len(seen)), 1e-9)


def check_hidden_object(world: World, sample: Sample) -> Problems:
    """Points that fill each option's box: where do they lie behind A in the first picture?"""
    blocker, target = asked(sample)[:2]
    first, second = frames(sample)
    options = option_objects(sample)
    covered = {o: _covered(world, first, o, blocker) for o in options}
    problems = general(world, sample, shown=False)
    if world.pixel_ratio(first, target) > 0.08:
        problems.append(f"{target} can be seen in the first picture")
    if world.look(first, target)[1] < 0.4:
        problems.append(f"{target} is not within the first view")
    if not world.shown(target, [second], loose=0.0):
        problems.append(f"{target} is not well visible in the second picture")
    for o in options:
        if 0.3 < covered[o] < 0.5:
            problems.append(f"{covered[o]:.0%} of {o} is behind {blocker}: neither hidden nor not")
    return problems + judge_choice(sample, [covered[o] >= 0.5 for o in options])


def _covered(world: World, frame: str, target: str, blocker: str) -> float:
    """Share of a box that lies behind the pixels of another object."""
    points = world.filled(target, 9)
    uv, z = world.pixel(frame, points)
    lens = world.frames[frame].camera
    with np.errstate(invalid="ignore"):
        fits = (z > 0) & (uv >= 0).all(axis=1) & (uv < [lens.width, lens.height]).all(axis=1)
    columns, rows = uv[fits].astype(int).T
    value = world.objects[blocker].instance_value
    hidden = (world.depth(frame)[rows, columns] < z[fits] - 0.02) & (
        world.instances(frame)[rows, columns] == value
    )
    return float(hidden.sum() / len(points))


def azimuth(world: World, frame: str, object_id: str) -> float:
    """Degrees round an object at which a camera stands, counterclockwise from above."""
    away = world.eye(frame) - world.center(object_id)
    return float(np.degrees(np.arctan2(away[1], away[0])))


def check_object_view(world: World, sample: Sample) -> Problems:
    """Where round the object every picture was taken."""
    (a,), side = asked(sample), ask(sample)["side"]
    first, *others = frames(sample)
    # Going round to the left, as seen from the first camera, is clockwise from above.
    goal = {"left": -90.0, "right": 90.0, "opposite": 180.0}[side]
    start = azimuth(world, first, a)
    off = [abs((azimuth(world, f, a) - start - goal + 180) % 360 - 180) for f in others]
    words = {
        "left": r"\bleft\b(?! and)", "right": r"(?<!and a )(?<!left and )\bright\b(?! angle)",
        "opposite": r"opposite|half way|faces away|reverse|beyond|in the middle|far side|180|"
        r"hidden from|face each other|across from",
    }  # fmt: skip
    problems = judge_words(sample, side, words)
    assert sample.options is not None
    for d in off:
        if 20.1 < d < 44.9:
            problems.append(f"a picture is {d:.0f} degrees off: neither right nor wrong")
    for f in frames(sample):
        if not world.shown(a, [f]):
            problems.append(f"{a} is not well visible in {f}")
    order = [int(o.removeprefix("Picture ")) - 1 for o in sample.options]
    return general(world, sample) + problems + judge_choice(sample, [off[k] < 30 for k in order])


def check_around_object(world: World, sample: Sample) -> Problems:
    """Directions from A, counted from the line of sight through A."""
    anchor, detail = asked(sample)[0], ask(sample)
    view = frames(sample)[detail["view"]]
    onward = world.center(anchor) - world.eye(view)
    centre = {"left": 90.0, "right": -90.0, "behind": 0.0}[detail["side"]]

    def off(point: np.ndarray) -> float:
        turn = turn_deg(onward, point - world.center(anchor)) - centre
        return abs((turn + 180) % 360 - 180)

    options = option_objects(sample)
    angles = [off(world.center(o)) for o in options]
    problems = general(world, sample)
    words = {"left": r"\bleft\b", "right": r"\bright\b",
             "behind": r"behind|beyond|far side|other side|past"}  # fmt: skip
    text_words = {k: v for k, v in words.items() if k != "behind" or detail["side"] == "behind"}
    problems += judge_words(sample, detail["side"], text_words)
    if f"picture {detail['view'] + 1}" not in sample.question.lower().split("\n")[-1]:
        problems.append("text names another picture")
    for o, angle in zip(options, angles, strict=True):
        if abs(angle - 45) < 9.9:
            problems.append(f"{o} is {angle:.0f} degrees off: too close to the border")
        if world.pixels(view, o):
            problems.append(f"{o} can be seen in the picture")
    for a in range(len(frames(sample))):
        for b in range(a):
            turn = azimuth(world, frames(sample)[a], anchor) - azimuth(
                world, frames(sample)[b], anchor
            )
            if abs((turn + 180) % 360 - 180) < 59.9:
                problems.append("two views are taken from about the same side")
    return problems + judge_choice(sample, [a < 45 for a in angles])


def check_layout_map(world: World, sample: Sample) -> Problems:
    """Read dots and names off every map and compare them with the room."""
    objects, shown = asked(sample), frames(sample)
    called = names(sample)
    places = [world.in_first_view(shown[0], world.center(o)) for o in objects]
    wrong = [
        misplaced(world.picture(sample, len(shown) + k), [called[o] for o in objects], places)
        for k in range(4)
    ]
    return general(world, sample, named=False) + judge_choice(sample, [w == 0 for w in wrong])


def check_map_position(world: World, sample: Sample) -> Problems:
    """Cells counted from the camera's cell, by what the text says of the grid."""
    text = sample.question
    n = int(re.search(r"(\d+)x\d+ grid", text)[1])  # type: ignore[index]
    cell_m = float(re.search(r"([\d.]+) m wide", text)[1])  # type: ignore[index]
    stands = re.search(r"column (\d+), row (\d+)", text)
    assert stands is not None
    answer = json.loads(sample.answer)
    problems = general(world, sample)
    if len(answer) != len(asked(sample)):
        problems.append("answer does not hold every object")
    for o in asked(sample):
        place = world.in_first_view(frames(sample)[0], world.center(o))
        own = [int(stands[k + 1]) + 0.5 + place[k] / cell_m for k in (0, 1)]
        cell = [int(np.floor(c)) for c in own]
        if answer.get(names(sample)[o]) != cell:
            problems.append(f"{o} is in {cell}, answer says {answer.get(names(sample)[o])}")
        if not all(0 <= c < n for c in cell):
            problems.append(f"{o} is off the grid")
        if min(min(c % 1, 1 - c % 1) for c in own) < 0.149:
            problems.append(f"{o} is too close to a border: {own}")
    return problems


def check_room_shape(world: World, sample: Sample) -> Problems:
    """Lay the room's outline over every plan."""
    polygon, shown = world.scene.room.floor_polygon, frames(sample)
    assert polygon is not None
    outline = np.array([world.in_first_view(shown[0], corner) for corner in polygon])
    off = [plan_mismatch(world.picture(sample, len(shown) + k), outline) for k in range(4)]
    best, second, *_ = sorted(off)
    # Walls are drawn some pixels wide, which is a tenth of a small plan.
    problems = (
        [] if best < 0.15 and second > best + 0.03 else [f"plans are off by {np.round(off, 3)}"]
    )
    return general(world, sample) + problems + judge_choice(sample, [o == best for o in off])


def _pile(heights: Heights) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row) for row in heights)


def check_block_count(world: World, sample: Sample) -> Problems:
    """Sum the heights, after painting the pile and laying the painting over the picture."""
    pile = _pile(ask(sample)["heights"])
    problems = general(world, sample)
    off = pile_mismatch(read_pile(world.picture(sample, 0)), pile)
    if off > 0.2:
        problems.append(f"picture does not show this pile ({off:.0%} off)")
    if least_top(pile) < 0.27:
        problems.append(f"only {least_top(pile):.0%} of a stack's top can be seen")
    return problems + judge_number(sample, float(sum(map(sum, pile))), 1e-9)


def check_three_views(world: World, sample: Sample) -> Problems:
    """Paint the piles and fill the squares of the views anew; compare with what is drawn."""
    detail = ask(sample)
    piles = [_pile(p) for p in detail["piles"]]
    problems = general(world, sample)
    if min(map(least_top, piles)) < 0.27:
        problems.append("a stack is hidden")
    if len({sum(map(sum, p)) for p in piles}) > 1:
        problems.append("piles differ in their number of blocks")

    def fits(picture: int, pile: tuple[tuple[int, ...], ...]) -> bool:
        rgb, tall = world.picture(sample, picture), max(map(max, pile)) + 1
        drawn = filled_squares(rgb, len(pile[0]), len(pile), tall)
        return all(np.array_equal(p, q) for p, q in zip(drawn, views(pile, tall), strict=True))

    if detail["wanted"] == "pile":
        for k in range(len(piles)):
            drawn = read_pile(world.picture(sample, k + 1))
            off = [pile_mismatch(drawn, p) for p in piles]
            if int(np.argmin(off)) != k or off[k] > 0.2:
                problems.append(f"Figure {k + 1} does not show its pile: {off}")
        return problems + judge_choice(sample, [fits(0, p) for p in piles])
    drawn = read_pile(world.picture(sample, 0))
    off = [pile_mismatch(drawn, p) for p in piles]
    shown = piles[int(np.argmin(off))]
    if min(off) > 0.2:
        problems.append(f"Figure 0 shows none of the piles: {off}")
    return problems + judge_choice(sample, [fits(k + 1, shown) for k in range(len(piles))])
