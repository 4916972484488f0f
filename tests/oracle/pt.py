"""Oracles of perspective-taking."""

from __future__ import annotations

import re

import numpy as np
from clouds import Floats
from judging import (
    Problems,
    after,
    ask,
    asked,
    frames,
    general,
    judge_choice,
    judge_number,
    judge_role,
    judge_words,
    names,
)
from marks import boxes_round, dotted
from mm import flat, inside
from sr import turn_deg
from world import World

from sextant.samples import Sample

EIGHT = ("front", "front-left", "left", "back-left", "back", "back-right", "right", "front-right")
FOUR = ("front", "left", "back", "right")
QUADRANTS = ("front-left", "back-left", "back-right", "front-right")
TWO = ("left", "right")


def sector(angle: float, words: tuple[str, ...]) -> tuple[str, float]:
    """Name of the sector of an angle (positive to the left), and degrees to its border.

    The first word is centred on straight ahead, or begins there where there is no "front".
    """
    width = 360 / len(words)
    place = (angle + (width / 2 if words[0] == "front" else 0)) % 360
    inner = place % width
    return words[int(place // width) % len(words)], min(inner, width - inner)


def judge_sector(
    world: World,
    sample: Sample,
    words: tuple[str, ...],
    origin: Floats,
    ahead: Floats,
    target: str,
    border: float = 10.0,
) -> Problems:
    """The option that names where a target lies from an origin, seen along ``ahead``."""
    label, slack = sector(turn_deg(ahead, world.center(target) - origin), words)
    problems = [] if slack >= border - 0.1 else [f"{target} is {slack:.1f} degrees from a border"]
    corners = [sector(turn_deg(ahead, c - origin), words)[0] for c in world.corners(target)]
    if corners.count(label) < 6:
        problems.append(f"only {corners.count(label)} corners of {target} lie {label}")
    assert sample.options is not None
    return problems + judge_choice(sample, [o == label for o in sample.options])


# ---- view correspondence -----------------------------------------------------------------


def check_point_correspondence(world: World, sample: Sample) -> Problems:
    """Lift the point out of the first picture and project it into the second."""
    first, second = frames(sample)
    detail = ask(sample)
    assert sample.options is not None
    spot = world.lift(first, *detail["point"])
    uv, z = world.pixel(second, spot)
    wide = world.frames[second].camera.width
    candidates = {"QRSTUVWXYZ"[k]: np.array(c) for k, c in enumerate(detail["candidates"])}
    picked = [candidates[o.split()[-1]] for o in sample.options]
    off = [float(np.linalg.norm(c - uv[0])) for c in picked]
    problems = general(world, sample)
    seen = float(world.depth(second)[int(uv[0][1]), int(uv[0][0])])
    if abs(seen - z[0]) > max(0.021, 0.011 * z[0]):
        problems.append("the point is hidden in the second picture")
    for k, p in enumerate(picked):
        if any(np.linalg.norm(p - q) < 0.049 * wide for q in picked[:k]):
            problems.append("two points are too close to each other")
    for frame, (u, v) in ((first, detail["point"]), *((second, c) for c in picked)):
        problems += flat(world, frame, float(u), float(v))
    if dotted(world, sample, 0, *detail["point"]) != "P":
        problems.append("no dot P in the first picture")
    for letter, c in candidates.items():
        if dotted(world, sample, 1, float(c[0]), float(c[1])) != letter:
            problems.append(f"no dot {letter} in the second picture")
    return problems + judge_choice(sample, [d < 1.5 for d in off])


def check_object_correspondence(world: World, sample: Sample) -> Problems:
    """Which letter frames the instance in the second picture that P frames in the first."""
    first, second = frames(sample)
    problems = general(world, sample, named=False)
    chosen = asked(sample)[0]
    if boxes_round(world, sample, 0, chosen).get("P", 0.0) < 0.4:
        problems.append(f"no box P is drawn round {chosen} in the first picture")
    letters = {o: name.rpartition(" ")[2] for o, name in names(sample).items()}
    letter = letters[chosen]
    turn = abs(np.degrees(world.yaw(first) - world.yaw(second)) % 360)
    shift = float(np.linalg.norm(world.eye(first) - world.eye(second)))
    pitch = abs(np.degrees(world.pitch(first) - world.pitch(second)))
    if max(min(turn, 360 - turn), pitch) < 6 and shift < 0.29:
        problems.append("views are too alike")
    assert sample.options is not None
    return problems + judge_choice(sample, [o == f"object {letter}" for o in sample.options])


def shared_view(world: World, first: str, second: str) -> float:
    """Share of a picture's surface points that another picture shows too."""
    uv, z = world.pixel(second, world.lifted(first, 16))
    count = len(z)
    lens = world.frames[second].camera
    with np.errstate(invalid="ignore"):
        fits = (z > 0) & (uv >= 0).all(axis=1) & (uv < [lens.width, lens.height]).all(axis=1)
    columns, rows = uv[fits].astype(int).T
    seen = world.depth(second)[rows, columns]
    return float((np.abs(seen - z[fits]) < 0.03 * z[fits] + 0.02).sum() / count)


def check_scene_correspondence(world: World, sample: Sample) -> Problems:
    """Surface points of the first picture looked for in every numbered one, and the reverse."""
    first, *others = frames(sample)
    assert sample.options is not None
    share = [min(shared_view(world, first, f), shared_view(world, f, first)) for f in others]
    most = [max(shared_view(world, first, f), shared_view(world, f, first)) for f in others]
    common = [len(world.present([first]) & world.present([f])) for f in others]
    right = [s > 0.02 or n > 0 for s, n in zip(most, common, strict=True)]
    problems = general(world, sample)
    for good, least, n in zip(right, share, common, strict=True):
        if good and (not 0.04 < least < 0.75 or n < 1):
            problems.append(f"right picture shares {least:.0%} and {n} objects")
    order = [int(o.removeprefix("Picture ")) - 1 for o in sample.options]
    return problems + judge_choice(sample, [right[k] for k in order])


# ---- camera motion -----------------------------------------------------------------------


def check_camera_direction(world: World, sample: Sample) -> Problems:
    """The second camera's place in the first camera's axes."""
    first, second = frames(sample)
    move = world.to_camera(first, world.eye(second)[None])[0]
    axis = int(np.abs(move).argmax())
    label = (("left", "right"), ("up", "down"), ("backward", "forward"))[axis][int(move[axis] > 0)]
    problems = general(world, sample) + overlapping(world, sample)
    rest = float(np.delete(np.abs(move), axis).max())
    if abs(move[axis]) < max(0.2, 2 * rest) - 1e-6:
        problems.append(f"no direction dominates: {move.round(2).tolist()}")
    R = world.frames[first].T_world_camera[:3, :3].T @ world.frames[second].T_world_camera[:3, :3]
    if np.degrees(np.arccos(np.clip((np.trace(R) - 1) / 2, -1, 1))) > 30.01:
        problems.append("camera turned too much")
    assert sample.options is not None
    return problems + judge_choice(sample, [o == label for o in sample.options])


def overlapping(world: World, sample: Sample, least: float = 0.05) -> Problems:
    """Two pictures can be told to belong together."""
    first, second = frames(sample)
    share = max(shared_view(world, first, second), shared_view(world, second, first))
    return [] if share >= least else [f"views share only {share:.0%}"]


def check_camera_rotation(world: World, sample: Sample) -> Problems:
    """Change of heading or of elevation."""
    first, second = frames(sample)
    yaw = float((np.degrees(world.yaw(second) - world.yaw(first)) + 180) % 360 - 180)
    pitch = float(np.degrees(world.pitch(second) - world.pitch(first)))
    turn, other = (yaw, pitch) if abs(yaw) >= abs(pitch) else (pitch, yaw)
    words = ("left", "right") if turn is yaw else ("up", "down")
    word = words[int(turn < 0)]
    problems = general(world, sample) + overlapping(world, sample)
    if abs(turn) < 14.99 or abs(other) > min(15.01, abs(turn) / 2 + 0.01):
        problems.append(f"turn {turn:.1f}, about the other axis {other:.1f}")
    if abs(turn) > 175:
        problems.append(f"turn of {turn:.1f} degrees: it could as well be to the other side")
    if sample.answer_type == "number":
        sides = ("left", "right", "up", "down")
        before = r"to the|turns?|tilted|pitch|swing|move|turned|camera|further|go|tilt"
        told = {w: rf"({before}) {w}\b" for w in sides}
        return problems + judge_words(sample, word, told) + judge_number(sample, abs(turn), 0.01)
    right = []
    assert sample.options is not None
    for option in sample.options:
        said = re.fullmatch(r"(?:to the )?(\w+) by (\d+)-(\d+) degrees", option)
        assert said is not None
        low, high = int(said[2]), int(said[3])
        right.append(said[1] == word and low <= abs(turn) <= high)
        if said[1] == word and min(abs(abs(turn) - b) for b in (low, high) if b > 15) < 4.9:
            problems.append(f"turn {turn:.1f} is too close to a border of {option}")
    return problems + judge_choice(sample, right)


def check_camera_displacement(world: World, sample: Sample) -> Problems:
    """Distance of the camera centres."""
    first, second = frames(sample)
    own = float(np.linalg.norm(world.eye(first) - world.eye(second)))
    problems = [] if own >= 0.1999 else [f"camera moved only {own:.2f} m"]
    problems += general(world, sample) + overlapping(world, sample)
    return problems + judge_number(sample, own, 1e-3)


def check_camera_position(world: World, sample: Sample) -> Problems:
    """The second camera's place on the first one's floor plan."""
    first, second = frames(sample)
    right, ahead = world.in_first_view(first, world.eye(second))
    label, slack = sector(float(np.degrees(np.arctan2(-right, ahead))), EIGHT)
    problems = general(world, sample) + overlapping(world, sample)
    if slack < 9.9 or np.hypot(right, ahead) < 0.499:
        problems.append(f"{slack:.1f} degrees from a border, {np.hypot(right, ahead):.2f} m away")
    assert sample.options is not None
    return problems + judge_choice(sample, [o == label for o in sample.options])


def check_view_order(world: World, sample: Sample) -> Problems:
    """Time stamps of the walk."""
    first, *others = frames(sample)
    times = [world.frames[f].timestamp_s for f in (first, *others)]
    if any(t is None for t in times):
        return ["a picture is not of the walk"]
    own = sorted(range(1, len(times)), key=lambda k: float(times[k] or 0.0))
    problems = general(world, sample)
    if min(times, key=lambda t: t or 0.0) != times[0]:
        problems.append("first picture is not the earliest")
    order = [first, *(others[k - 1] for k in own)]
    away = [float(np.linalg.norm((world.eye(f) - world.eye(first))[:2])) for f in order]
    yaws = np.degrees(np.unwrap([world.yaw(f) for f in order]))
    steps, turns = np.diff(away), np.diff(yaws)
    # Half turns between pictures cannot be told from their headings alone; see the stretch below.
    if steps.min() < 0.499 and not (turns.min() > 19.9 or turns.max() < -19.9):
        stretch = [f for f in world.scene.frames if f.timestamp_s is not None]
        walk = [f.id for f in stretch if times[0] <= f.timestamp_s <= max(times)]  # type: ignore
        course = np.degrees(np.unwrap([world.yaw(f) for f in walk]))
        turns = np.diff([course[walk.index(f)] for f in order])
        if not (turns.min() > 19.9 or turns.max() < -19.9):
            problems.append(f"walk is not steady: {np.round(away, 2)}, {np.round(yaws)}")
    text = ", ".join(f"Picture {k}" for k in own)
    assert sample.options is not None
    return problems + judge_choice(sample, [o == text for o in sample.options])


# ---- allocentric transformation ----------------------------------------------------------


def check_camera_centric(world: World, sample: Sample) -> Problems:
    """Angle on the first camera's floor plan, or height against it."""
    (c,), (first, _) = asked(sample), frames(sample)
    problems = general(world, sample) + overlapping(world, sample)
    if world.pixels(first, c) >= 12:
        problems.append(f"the first picture shows {c}")
    eye = world.eye(first)
    assert sample.options is not None
    if ask(sample)["about"] == "height":
        low, high = world.bottom(c) - eye[2], world.top(c) - eye[2]
        label = "above" if low > 0 else "below"
        if max(low, -high) < 0.099:
            problems.append(f"{c} reaches from {low:.2f} to {high:.2f} m")
        return problems + judge_choice(sample, [o == label for o in sample.options])
    ahead = world.frames[first].T_world_camera[:3, 2]
    return problems + judge_sector(world, sample, EIGHT, eye, ahead, c)


def _own_front(world: World, sample: Sample, is_person: bool) -> Problems:
    a, b = asked(sample)
    front = world.objects[a].front_world
    if front is None or world.objects[a].is_person is not is_person:
        return [f"{a} has no front of the kind asked about"]
    words = FOUR if ask(sample)["sectors"] == 4 else EIGHT
    problems = general(world, sample)
    if world.distance(a, b) < 0.199:
        problems.append("objects are too close together")
    problems += judge_role(sample, r"where (is|do you find|does)|which way is|side is", b)
    return problems + judge_sector(world, sample, words, world.center(a), front, b)


def check_object_centric(world: World, sample: Sample) -> Problems:
    """Sectors from a thing's front."""
    return _own_front(world, sample, False)


def check_human_centric(world: World, sample: Sample) -> Problems:
    """Sectors from a person's facing."""
    return _own_front(world, sample, True)


def check_hypothetical_direction(world: World, sample: Sample) -> Problems:
    """Where C is from A, with B straight ahead."""
    a, b, c = asked(sample)
    words = {"two": TWO, "three": FOUR, "quadrant": QUADRANTS, "eight": EIGHT}[ask(sample)["form"]]
    problems = general(world, sample)
    for p, q in ((a, b), (a, c), (b, c)):
        if not 0.29 < world.distance(p, q) < 5.02:
            problems.append(f"{p} and {q} are {world.distance(p, q):.2f} m apart")
    problems += judge_role(
        sample, r"standing (at|by)|stand (at|by)|you are (at|next to)|stands at", a
    )
    problems += judge_role(sample, r"facing|look(ing)? (at|towards)|to face|aimed at", b)
    problems += judge_role(sample, r"where is|direction is|side is|is the side of", c)
    ahead = world.center(b) - world.center(a)
    found = judge_sector(world, sample, words, world.center(a), ahead, c)
    if ask(sample)["form"] == "three" and "front" in (sample.options or ()):
        problems.append("front is offered")
    return problems + found


COMPASS = {
    4: ("north", "west", "south", "east"),
    8: ("north", "northwest", "west", "southwest", "south", "southeast", "east", "northeast"),
}


def check_compass_direction(world: World, sample: Sample) -> Problems:
    """Turn from the given direction to that of C, in compass points."""
    detail = ask(sample)
    points = COMPASS[int(detail["variant"][-1])]
    *anchor, a, c = asked(sample)
    polygon = world.scene.room.floor_polygon
    problems = general(world, sample)
    told = set(re.findall(r"\b(north|south)?(east|west)?\b", sample.question.lower()))
    if {"".join(t) for t in told} - {""} != {detail["given"]}:
        problems.append(f"text names other points than {detail['given']}: {sample.question!r}")
    if anchor:
        origin = world.center(anchor[0])
    else:
        assert polygon is not None
        low, high = polygon.min(axis=0), polygon.max(axis=0)
        line = (np.arange(300) + 0.5) / 300
        x, y = np.meshgrid(*(low[k] + line * (high - low)[k] for k in (0, 1)))
        fits = inside(polygon, x.ravel(), y.ravel())
        origin = np.array([x.ravel()[fits].mean(), y.ravel()[fits].mean(), 0.0])
    shifted = ("front", *points[1:])
    label, slack = sector(turn_deg(world.center(a) - origin, world.center(c) - origin), shifted)
    if slack < 9.8:
        problems.append(f"{slack:.1f} degrees from a border")
    turn = shifted.index(label)
    truth = points[(points.index(detail["given"]) + turn) % len(points)]
    assert sample.options is not None
    return problems + judge_choice(sample, [o == truth for o in sample.options])


def check_view_choice(world: World, sample: Sample) -> Problems:
    """Place and heading of every numbered picture against A and the way to B."""
    a, b = asked(sample)
    options = frames(sample)[ask(sample)["overviews"] :]
    way = world.center(b) - world.center(a)
    problems = general(world, sample)
    called = names(sample)
    seen_a = after(sample, r"at|from|place of|being where|spot where|position of|over to")
    if a not in seen_a and called[a] != called[b]:
        problems.append(f"text does not start from {a}: {sample.question!r}")
    right = []
    for f in options:
        off_m = float(np.linalg.norm((world.eye(f) - world.center(a))[:2]))
        off_deg = abs(turn_deg(way, world.frames[f].T_world_camera[:3, 2]))
        right.append(off_m <= 0.401 and off_deg <= 15.1)
        if not right[-1] and off_m < 0.999 and off_deg < 44.9:
            problems.append(f"a wrong picture is only {off_m:.2f} m, {off_deg:.0f} degrees off")
    assert sample.options is not None
    order = [int(o.removeprefix("Picture ")) - 1 for o in sample.options]
    return problems + judge_choice(sample, [right[k] for k in order])
