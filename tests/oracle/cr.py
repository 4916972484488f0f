"""Oracles of comprehensive reasoning."""

from __future__ import annotations

import itertools
import re
from collections import deque

import numpy as np
from clouds import Floats
from judging import (
    Problems,
    after,
    ask,
    asked,
    by_name,
    frames,
    general,
    judge,
    judge_boolean,
    judge_choice,
    judge_number,
    judge_words,
    names,
    option_objects,
    said,
)
from mm import SURFACE_TOLERANCE_M, inside
from puzzles import STEPS, Cell, lettered, read_maze
from sr import apart, turn_deg
from world import World

from sextant.samples import Sample


def check_appearance_order(world: World, sample: Sample) -> Problems:
    """Each one is well visible before the next one is even glimpsed."""
    views = frames(sample)
    found = by_name(sample)

    def first(object_id: str, *, well: bool) -> int:
        for k, f in enumerate(views):
            seen = world.pixels(f, object_id) >= 12
            if seen and (not well or world.shown(object_id, [f], loose=0.2)):
                return k
        return len(views)

    def fits(option: str) -> bool:
        order = [found[n] for n in option.split(", ")]
        return all(first(p, well=True) < first(q, well=False) for p, q in itertools.pairwise(order))

    assert sample.options is not None
    problems = general(world, sample)
    if len(set(asked(sample))) < 4:
        problems.append("fewer than four objects")
    return problems + judge_choice(sample, [fits(o) for o in sample.options])


# ---- routes ------------------------------------------------------------------------------


def _leg(world: World, a: str, b: str) -> Problems:
    """A straight leg is long enough, inside the room, and nothing else stands on it."""
    p, q = world.center(a)[:2], world.center(b)[:2]
    if np.linalg.norm(q - p) < 0.79:
        return [f"leg from {a} to {b} is too short"]
    line = p + np.linspace(0, 1, 60)[:, None] * (q - p)
    polygon, floor = world.scene.room.floor_polygon, world.scene.room.floor_z_m or 0.0
    problems = []
    if polygon is not None and not inside(polygon, *line.T).all():
        problems.append(f"leg from {a} to {b} leaves the room")
    for o in world.objects:
        if o in (a, b) or world.top(o) - floor < 0.11 or world.bottom(o) - floor > 1.49:
            continue
        at = np.column_stack([line, np.full(len(line), world.center(o)[2])])
        if world.inside_box(o, at).any() and not _touches(world, o, (a, b)):
            problems.append(f"{o} stands on the leg from {a} to {b}")
    return problems


def _touches(world: World, o: str, ends: tuple[str, ...]) -> bool:
    """Whether something stands on, under or in the plan of an end of the leg."""
    points = world.filled(o, 12)
    for end in ends:
        flat = points.copy()
        flat[:, 2] = world.center(end)[2]
        if world.inside_box(end, flat).any():
            return True
        flat = world.filled(end, 12)
        flat[:, 2] = world.center(o)[2]
        if world.inside_box(o, flat).any():
            return True
    return False


def _turn_name(angle: float) -> str | None:
    if abs(angle) < 45:
        return None
    if abs(angle) > 135:
        return "turn back"
    return "turn left" if angle > 0 else "turn right"


def _turn_at(world: World, a: str, b: str, c: str) -> float:
    return turn_deg(world.center(b) - world.center(a), world.center(c) - world.center(b))


def check_route_planning(world: World, sample: Sample) -> Problems:
    """Read the stops from the text, and turn at each of them."""
    chain = asked(sample)
    found = by_name(sample)
    stops = [found.get(n) for n in re.findall(r"Go forward until the (.+?)\.", sample.question)]
    problems = general(world, sample)
    if stops != chain[1:]:
        problems.append(f"text goes to {stops}, not {chain[1:]}")
    turns = []
    for a, b, c in zip(chain, chain[1:], chain[2:], strict=False):
        angle = _turn_at(world, a, b, c)
        if min(abs(abs(angle) - 45), abs(abs(angle) - 135)) < 9.9:
            problems.append(f"turn at {b} of {angle:.0f} degrees is close to a border")
        turns.append(_turn_name(angle))
    for a, b in itertools.pairwise(chain):
        problems += _leg(world, a, b)
    if after(sample, r"facing|face|faces|looks? towards|facing") - {chain[1]}:
        problems.append(f"text does not face {chain[1]} first: {sample.question!r}")
    assert sample.options is not None
    return problems + judge_choice(sample, [o.split(", ") == turns for o in sample.options])


def check_route_endpoint(world: World, sample: Sample) -> Problems:
    """Carry out the numbered steps of the text, and look round at the end."""
    route = ask(sample)["route"]
    chain = asked(sample)[:route]
    found = by_name(sample)
    steps = re.findall(r"\d\. (.+?)\.(?= |$)", sample.question)
    problems = general(world, sample)
    here, heading = chain[0], world.center(chain[1]) - world.center(chain[0])
    final = 0.0
    previous = None
    for step in steps:
        walk = re.search(r"(?:^(.*) and )?walk straight to the (.+)$", step, re.IGNORECASE)
        if walk is None:
            final = {"left": 90.0, "right": -90.0, "around": 180.0}[step.split()[1]]
            continue
        there = found[walk[2]]
        problems += _leg(world, here, there)
        if walk[1] is not None and previous is not None:
            angle = _turn_at(world, previous, here, there)
            told = {"turn left": "turn left", "turn right": "turn right",
                    "turn around": "turn back", "go on": None}[walk[1].lower()]  # fmt: skip
            if _turn_name(angle) != told:
                problems.append(f"text says {walk[1]!r} at {here}, angle is {angle:.0f}")
            if min(abs(abs(angle) - 45), abs(abs(angle) - 135)) < 9.9:
                problems.append(f"turn at {here} of {angle:.0f} degrees is close to a border")
        heading = world.center(there) - world.center(here)
        previous, here = here, there
    if here != chain[-1]:
        problems.append(f"walk ends at {here}, not {chain[-1]}")
    sides = {"front": r"in front", "left": r"on (your|the) left", "right": r"on (your|the) right",
             "back": r"behind"}  # fmt: skip
    text = said(sample)
    side = [s for s, pattern in sides.items() if re.search(pattern, text)]
    if side != [ask(sample)["side"]]:
        return [*problems, f"text asks for {side}"]
    look = {"front": 0.0, "left": 90.0, "right": -90.0, "back": 180.0}[side[0]] + final

    def off(o: str) -> float:
        turn = turn_deg(heading, world.center(o) - world.center(here)) - look
        return abs((turn + 180) % 360 - 180)

    angles = [off(o) for o in option_objects(sample)]
    for o, angle in zip(option_objects(sample), angles, strict=True):
        if abs(angle - 45) < 9.9:
            problems.append(f"{o} is {angle:.0f} degrees off: close to the border")
    return problems + judge_choice(sample, [a < 45 for a in angles])


def check_passing_side(world: World, sample: Sample) -> Problems:
    """The side of the walk on which the object is where the camera is nearest to it."""
    (a,), views = asked(sample), frames(sample)
    times = [world.frames[f].timestamp_s or 0.0 for f in views]
    walk = [
        f for f in world.scene.frames
        if f.timestamp_s is not None and min(times) <= f.timestamp_s <= max(times)
    ]  # fmt: skip
    path = np.array([f.T_world_camera[:2, 3] for f in walk])
    path = path[np.concatenate([[True], np.linalg.norm(np.diff(path, axis=0), axis=1) > 0.02])]
    goal = world.center(a)[:2]
    sides, crossings = [], []
    for p, q in itertools.pairwise(path):
        way = (q - p) / np.linalg.norm(q - p)
        before, behind = float((goal - p) @ way), float((goal - q) @ way)
        if before > 0 >= behind:
            point = p + way * before
            left = np.array([-way[1], way[0]])
            offsets = (world.corners(a)[:, :2] - point) @ left
            sides.append("left" if offsets.mean() > 0 else "right")
            crossings.append(float(np.abs(offsets).min()))
    problems = general(world, sample)
    if len(sides) != 1 or crossings[0] < 0.29:
        problems.append(f"object is passed {len(sides)} times, {crossings} m off")
    assert sample.options is not None
    return problems + judge_choice(sample, [o in sides for o in sample.options])


# ---- joined and put elsewhere ------------------------------------------------------------


def check_multi_hop(world: World, sample: Sample) -> Problems:
    """First the nearest or farthest of three, then its height or its distance."""
    anchor, *candidates, other = asked(sample)
    detail = ask(sample)
    own = {c: world.distance(anchor, c) for c in candidates}
    found = (min if detail["hop"] == "closest" else max)(own, key=own.__getitem__)
    problems = general(world, sample) + apart(list(own.values()))
    hop = {"closest": r"closest to (@|it)", "farthest": r"farthest from (@|it)"}
    problems += judge_words(sample, detail["hop"], hop)
    if after(sample, r"closest to|farthest from") - {anchor}:
        problems.append(f"text does not measure from {anchor}: {sample.question!r}")
    if detail["second"] == "taller":
        if "taller" not in said(sample) and "height" not in said(sample):
            if "bottom to top" not in said(sample):
                problems.append("text does not compare heights")
        heights = [world.top(i) - world.bottom(i) for i in (found, other)]
        if max(heights) / min(heights) < 1.149:
            problems.append("heights are too alike")
        return problems + judge_boolean(sample, heights[0] > heights[1])
    distance = world.distance(found, other)
    if distance < 0.2 - 1e-6:
        problems.append("objects are too close together")
    return problems + judge_number(sample, distance, SURFACE_TOLERANCE_M)


def check_fit(world: World, sample: Sample) -> Problems:
    """Sides of the thing against the width of the gap, or the sides of the top."""
    a, *rest = asked(sample)
    _, long, short = world.sides(a)
    problems = general(world, sample)
    words = {"gap": r"between|separates", "top": r"\btop\b|on @ instead|stand for"}
    problems += judge_words(sample, ask(sample)["variant"], words)
    if ask(sample)["variant"] == "top":
        (b,) = rest
        needed, room = [long, short], [*world.sides(b)[1:]]
        widest = room
        if world.tilt_deg(b) > 10 or world.tilt_deg(a) > 10:
            problems.append("a box is tilted")
    else:
        b, c = rest
        needed, room = [short], [_gap(world, b, c)]
        widest = [max(room[0], world.distance(b, c))]
        problems += _in_the_way(world, a, b, c)
    slack = [max(0.05, 0.1 * s) for s in needed]
    fits = all(r - s > k - 2e-3 for s, r, k in zip(needed, room, slack, strict=True))
    too_large = any(s - w > k - 0.015 for s, w, k in zip(needed, widest, slack, strict=True))
    if fits == too_large:
        problems.append(f"sides {needed} and room {room}: it would only just fit, or not")
    return problems + judge_boolean(sample, fits)


def _edges(world: World, o: str) -> Floats:
    """(n, 2) dense points of a footprint's outline and inside."""
    return world.filled(o, 26)[:, :2]


def _gap(world: World, b: str, c: str) -> float:
    """Smallest distance of two footprints, by dense points of both."""
    p, q = (np.unique(np.round(_edges(world, i), 4), axis=0) for i in (b, c))
    p, q = _facing(p, q), _facing(q, p)
    return float(np.sqrt(((p[:, None] - q[None]) ** 2).sum(axis=2)).min())


def _facing(p: Floats, q: Floats) -> Floats:
    """The half of the points nearer to the other's middle."""
    off = np.linalg.norm(p - q.mean(axis=0), axis=1)
    return np.asarray(p[off <= np.quantile(off, 0.5)])


def _in_the_way(world: World, a: str, b: str, c: str) -> Problems:
    """What reaches into the space between two footprints, where both face each other."""
    box = world.objects[b].box
    local = {o: (world.filled(o, 16) - box.center) @ box.R_world_box for o in (b, c)}
    flat = [k for k in range(3) if abs(box.R_world_box[2, k]) < 0.5]
    gaps = [
        max(local[c][:, k].min() - local[b][:, k].max(), local[b][:, k].min()
            - local[c][:, k].max()) for k in flat
    ]  # fmt: skip
    n, t = (flat[int(np.argmax(gaps))], flat[int(np.argmin(gaps))])
    ends = sorted([local[b][:, n].min(), local[b][:, n].max(), local[c][:, n].min(),
                   local[c][:, n].max()])  # fmt: skip
    low = max(local[b][:, t].min(), local[c][:, t].min())
    high = min(local[b][:, t].max(), local[c][:, t].max())
    problems = []
    floor, tall = world.scene.room.floor_z_m or 0.0, world.top(a) - world.bottom(a)
    for o in world.objects:
        if o in (a, b, c) or world.bottom(o) - floor >= tall or world.top(o) - floor <= 0.05:
            continue
        points = (world.cloud(o) - box.center) @ box.R_world_box
        points = points[world.cloud(o)[:, 2] - floor < tall]
        between = (points[:, n] > ends[1] + 0.03) & (points[:, n] < ends[2] - 0.03)
        between &= (points[:, t] > low + 0.03) & (points[:, t] < high - 0.03)
        if between.any():
            problems.append(f"{o} is in the gap")
    return problems


def check_rearrangement(world: World, sample: Sample) -> Problems:
    """Centres before and after, and whether both sets of pictures show what is asked about."""
    before, there = world.before(), world.scene.rescan_objects
    earlier = ask(sample)["before_frames"]
    problems = general(world, sample, named=sample.answer_type == "choice")
    stored = [f"{before.scene.id}/{f}" for f in earlier] + frames(sample)
    if list(sample.frame_ids) != stored:
        problems.append("pictures are not the earlier ones followed by the later ones")

    def moved(o: str) -> float:
        if o not in there:
            return np.inf
        return float(np.linalg.norm(world.center(o) - before.center(there[o])))

    pool = option_objects(sample) if sample.options else asked(sample)
    for o in pool:
        if not before.shown(there[o], earlier):
            problems.append(f"{o} is not well visible in the earlier pictures")
        if 0.05 <= moved(o) < 0.3:
            problems.append(f"{o} went {moved(o):.2f} m: neither moved nor not")
        same = [i for i in before.present(earlier, 40) if before.category(i) == names(sample)[o]]
        if len(same) > 1:
            problems.append(f"name of {o} is ambiguous in the earlier pictures")
    if sample.answer_type == "choice":
        return problems + judge_choice(sample, [moved(o) >= 0.3 for o in pool])
    back = {b: a for a, b in there.items()}
    seen = world.present(frames(sample)) | {back.get(o, o) for o in before.present(earlier)}
    changed = {o for o in seen if o not in world.objects or moved(o) >= 0.05}
    if len(changed) != 1:
        return [*problems, f"{sorted(changed)} have changed"]
    return problems + judge(sample, world.category(changed.pop()))


# ---- mazes -------------------------------------------------------------------------------


def check_maze_path(world: World, sample: Sample) -> Problems:
    """Read the maze from its picture; walk, slide or search through it by what the text says."""
    detail = ask(sample)
    rows, columns = len(detail["maze"]["east"]), len(detail["maze"]["east"][0])
    rgb = world.picture(sample, 0)
    ways = read_maze(rgb, rows, columns)
    start: Cell = tuple(detail["start"])
    problems = general(world, sample)
    letters = {x: tuple(c) for x, c in detail.get("marks", {}).items()}
    if "goal" in detail:
        letters["G"] = tuple(detail["goal"])
    for x, cell in (("S", start), *letters.items()):
        if not lettered(rgb, rows, cell):
            problems.append(f"no letter {x} in cell {cell}")
    variant, text = detail["variant"], sample.question.lower()
    if variant in ("follow", "slide"):
        end = _walk(ways, start, text, slides=variant == "slide")
        there = [x for x, c in letters.items() if c == end]
        if end is None or len(there) != 1:
            return [*problems, f"moves end at {end}, where {there} is"]
        if sample.answer_type == "text":
            return problems + ([] if sample.answer == there[0] else [f"end is {there[0]}"])
        assert sample.options is not None
        return problems + judge_choice(sample, [o == there[0] for o in sample.options])
    goal = letters["G"]
    far, count = _search(ways, start)
    if count.get(goal) != 1:
        problems.append(f"{count.get(goal, 0)} shortest ways")
    if variant == "length":
        return problems + judge_number(sample, float(far[goal]), 1e-9)
    assert sample.options is not None
    return problems + judge_choice(
        sample, [_walk(ways, start, o, slides=False) == goal for o in sample.options]
    )


def _walk(ways: dict[Cell, set[str]], start: Cell, text: str, *, slides: bool) -> Cell | None:
    """Where the moves of a text end; None if a wall stops one."""
    cell = start
    if slides:
        listed = re.search(r"(?:(?:up|down|left|right), )+(?:up|down|left|right)", text)
        assert listed is not None
        for move in listed[0].split(", "):
            while move in ways[cell]:
                cell = cell[0] + STEPS[move][0], cell[1] + STEPS[move][1]
        return cell
    for count, move in re.findall(r"(\d+) (up|down|left|right)", text):
        for _ in range(int(count)):
            if move not in ways[cell]:
                return None
            cell = cell[0] + STEPS[move][0], cell[1] + STEPS[move][1]
    return cell


def _search(ways: dict[Cell, set[str]], start: Cell) -> tuple[dict[Cell, int], dict[Cell, int]]:
    """Steps to every cell, and how many shortest ways lead there."""
    far, count = {start: 0}, {start: 1}
    queue = deque([start])
    while queue:
        cell = queue.popleft()
        for move in ways[cell]:
            there = cell[0] + STEPS[move][0], cell[1] + STEPS[move][1]
            if there not in far:
                far[there], count[there] = far[cell] + 1, 0
                queue.append(there)
            if far[there] == far[cell] + 1:
                count[there] += count[cell]
    return far, count
