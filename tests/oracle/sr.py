"""Oracles of spatial relations."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

import numpy as np
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
    judge_role,
    judge_words,
    names,
    option_objects,
    said,
)
from marks import boxed
from mm import dots, flat
from world import World

from sextant.samples import Sample

EXTREMES = {
    "nearest": r"\bis closest\b|which is (the )?closest|have closest|surface closest|shortest",
    "farthest": r"farthest|longest",
}
CLOSE = {
    "closest": r"\bclosest (to|object)\b|\bis (the )?closest\b|(stands|lies) (the )?closest|"
    r"(be|distance|the|have the) shortest(?! (way|distance between surfaces))",
    "farthest": r"farthest|longest",
}
"""What of the text decides whether the near or the far end is wanted; other words tell how
distances are measured."""


def apart(distances: Sequence[float], slack: float = 0.01) -> Problems:
    """Every two distances differ by max(0.15 m, 10 %), less the oracle's own error."""
    ordered = sorted(distances)
    for low, high in itertools.pairwise(ordered):
        if high - low < max(0.15, 0.1 * high) - slack:
            return [f"distances {low:.3f} and {high:.3f} m are too alike"]
    return []


def check_relative_distance(world: World, sample: Sample) -> Problems:
    """Distances from the anchor to every option, cloud to cloud."""
    anchor, variant = asked(sample)[0], ask(sample)["variant"]
    options = option_objects(sample)
    own = [world.distance(anchor, o) for o in options]
    best = min(own) if variant == "closest" else max(own)
    return (
        general(world, sample)
        + judge_words(sample, variant, CLOSE)
        + apart(own)
        + judge_choice(sample, [d == best for d in own])
    )


def check_camera_proximity(world: World, sample: Sample) -> Problems:
    """Nearest pixels of the objects, or what the depth picture says at the dots."""
    (frame,), detail = frames(sample), ask(sample)
    assert sample.options is not None
    problems = judge_words(sample, detail["variant"], EXTREMES)
    if "points" in detail:
        points = {"PQRSTUVW"[k]: uv for k, uv in enumerate(detail["points"])}
        eye = world.eye(frame)
        picked = [points[o.split()[-1]] for o in sample.options]
        own = [float(np.linalg.norm(world.lift(frame, *uv) - eye)) for uv in picked]
        problems += dots(world, sample, [(0, u, v) for u, v in detail["points"]])
        problems += [p for uv in picked for p in flat(world, frame, *uv)]
    else:
        own = [world.nearest_visible(frame, o) for o in option_objects(sample)]
    order = sorted(own) if detail["variant"] == "nearest" else sorted(own)[::-1]
    return (
        general(world, sample)
        + problems
        + apart(order[:2])
        + judge_choice(sample, [d == order[0] for d in own])
    )


def check_depth_order(world: World, sample: Sample) -> Problems:
    """Objects sorted by their nearest pixels."""
    (frame,), variant = frames(sample), ask(sample)["variant"]
    own = {i: world.nearest_visible(frame, i) for i in asked(sample)}
    order = sorted(own, key=own.__getitem__, reverse=variant == "far_to_near")
    text = ", ".join(names(sample)[i] for i in order)
    first = re.search(r"nearest(?! (visible|part|point))|farthest", said(sample))
    problems = apart(list(own.values()))
    if first is None or (first[0] == "nearest") != (variant == "near_to_far"):
        problems.append(f"text does not begin with the right end: {sample.question!r}")
    return general(world, sample) + problems + judge(sample, text)


DIRECTIONS = {
    "left": (0, -1), "right": (0, 1), "above": (1, -1), "below": (1, 1), "front": (2, -1),
    "behind": (2, 1),
}  # fmt: skip
"""Camera axis and sign of an offset from B to A."""


def check_egocentric_direction(world: World, sample: Sample) -> Problems:
    """Extents of both clouds along the camera's axes."""
    (frame,), (a, b) = frames(sample), asked(sample)
    p, q = (world.to_camera(frame, world.cloud(i)) for i in (a, b))
    gap = np.maximum(p.min(axis=0) - q.max(axis=0), q.min(axis=0) - p.max(axis=0))
    middles = [(c.min(axis=0) + c.max(axis=0)) / 2 for c in (p, q)]
    offset = middles[0] - middles[1]
    axis = int(gap.argmax())
    found = [w for w, (k, sign) in DIRECTIONS.items() if k == axis and sign * offset[k] > 0]
    problems = general(world, sample)
    if gap[axis] < 0.14:
        problems.append(f"extents are only {gap[axis]:.3f} m apart")
    if abs(offset[axis]) < 1.9 * float(np.delete(np.abs(offset), axis).max()):
        problems.append(f"no direction dominates: {offset.round(2).tolist()}")
    if sample.answer_type == "boolean":
        words = {
            "left": r"to the left of", "right": r"to the right of", "above": r"above",
            "below": r"below", "front": r"in front of", "behind": r"behind",
        }  # fmt: skip
        told = [w for w, pattern in words.items() if re.search(pattern, said(sample))]
        problems += [] if len(told) == 1 else [f"text says {told}"]
        return problems + _role_of_first(sample, a) + judge_boolean(sample, told == found)
    assert sample.options is not None
    right = [o.split(" (")[0].replace("in front", "front") in found for o in sample.options]
    return problems + judge_choice(sample, right)


def _role_of_first(sample: Sample, a: str) -> Problems:
    """What a yes/no question is about is the first object."""
    return judge_role(sample, r"\b(is|does|would|say|that)", a)


def check_image_position(world: World, sample: Sample) -> Problems:
    """Image boxes of the visible pixels."""
    (frame,), variant = frames(sample), ask(sample)["variant"]
    wide = world.frames[frame].camera.width
    assert sample.options is not None
    problems = general(world, sample)
    if variant in ("box", "quadrant"):
        target = asked(sample)[0]
        letters = [o.split()[-1] for o in sample.options]
        regions = ask(sample)["regions"]
        inner = world.bounds(frame, target)
        if variant == "quadrant":
            high = world.frames[frame].camera.height
            # Regions are lettered from the top left on, row by row.
            k = int(inner[0] + inner[2] > wide) + 2 * int(inner[1] + inner[3] > high)
            crossing = inner[0] < wide / 2 < inner[2] or inner[1] < high / 2 < inner[3]
            problems += ["object lies across two regions"] if crossing else []
            return problems + judge_choice(sample, [x == regions[k] for x in letters])
        drawn = {i: boxed(world, sample, 0, i) for i in asked(sample)}
        gaps = [_gap(inner, world.bounds(frame, i)) for i in asked(sample)[1:]]
        if min(gaps) < 0.045 * wide:
            problems.append("regions are too close together")
        return problems + judge_choice(sample, [drawn[target] == x for x in letters])
    words = {
        "leftmost": r"\bleft", "rightmost": r"\bright", "topmost": r"\btop|highest",
        "bottommost": r"\bbottom|lowest",
    }  # fmt: skip
    problems += judge_words(sample, variant, words)
    axis, sign = {"leftmost": (0, 1), "rightmost": (2, -1), "topmost": (1, 1),
                  "bottommost": (3, -1)}[variant]  # fmt: skip
    boxes = [world.bounds(frame, i) for i in option_objects(sample)]
    own = [sign * b[axis] for b in boxes]
    k = own.index(min(own))
    far = sign * boxes[k][(axis + 2) % 4]
    if any(v - far < 0.049 * wide for j, v in enumerate(own) if j != k):
        problems.append(f"image boxes are not apart: {boxes}")
    return problems + judge_choice(sample, [j == k for j in range(len(own))])


def _gap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return max(a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3])


def check_vertical_relation(world: World, sample: Sample) -> Problems:
    """Heights of the boxes' corners."""
    a, b = asked(sample)
    gaps = world.bottom(a) - world.top(b), world.bottom(b) - world.top(a)
    problems = general(world, sample)
    if max(gaps) < 0.099:
        problems.append(f"vertical extents are only {max(gaps):.3f} m apart")
    higher = a if gaps[0] > gaps[1] else b
    text = said(sample)
    upwards = bool(re.search(r"higher|\blast\b", text))
    if upwards == bool(re.search(r"lower|\bfirst\b", text)):
        problems.append(f"text says neither or both of higher and lower: {sample.question!r}")
    wanted = higher if upwards else ({a, b} - {higher}).pop()
    if sample.answer_type == "boolean":
        return problems + _role_of_first(sample, a) + judge_boolean(sample, wanted == a)
    return problems + judge_choice(sample, [i == wanted for i in option_objects(sample)])


SUPPORT = {
    "stands_on": r"does @ (stand on|rest)|carries @|underneath @|is @ placed on|@ is resting|"
    r"supports @|been standing on|weight of @|has @ on top|underside of @|held still|whose top",
    "is_on": r"on top of @\?|standing on @|directly on @|does @ carry|placed on @\.|lifted along|"
    r"from below by @|taken away from under|has its underside|held up by @|to clear|down on @",
    "is_inside": r"inside @|does @ contain|put into @|kept in @|is in @|into @|within @|to empty|"
    r"place in @|enclosed by @|sides of @",
}


def check_support(world: World, sample: Sample) -> Problems:
    """Heights, footprints by dense sampling, and what the simulator itself put where."""
    thing, variant = asked(sample)[0], ask(sample)["variant"]
    problems = judge_words(sample, variant, SUPPORT)
    holds = {
        o: _holds(world, o, thing, "on") if variant == "stands_on" else
        _holds(world, thing, o, "on" if variant == "is_on" else "inside")
        for o in asked(sample)[1:]
    }  # fmt: skip
    problems += general(world, sample, shown=sample.answer_type != "text")
    if sample.answer_type == "text":
        pool = world.present(frames(sample)) if frames(sample) else set(world.objects)
        right = [i for i in pool if i in by_name(sample).values() and holds.get(i)]
        answer = by_name(sample).get(sample.answer)
        found = {
            o for o in pool - {thing}
            if (_holds(world, o, thing, "on") if variant == "stands_on" else
                _holds(world, thing, o, "on" if variant == "is_on" else "inside"))
        }  # fmt: skip
        if answer not in right:
            problems.append(f"{sample.answer!r} is not it")
        if len(found) > 1:
            problems.append(f"{sorted(found)} are all right")
    else:
        problems += judge_choice(sample, [holds[o] for o in option_objects(sample)])
    right = [o for o, good in holds.items() if good]
    for o in right if world.scene.is_simulated else ():
        held, holder = (thing, o) if variant == "stands_on" else (o, thing)
        told = world.objects[held].attributes
        if holder not in (told.get("supported_by"), told.get("inside")):
            problems.append(f"simulator put {held} on {told.get('supported_by')}, not {holder}")
    return problems


def _holds(world: World, holder: str, held: str, kind: str) -> bool:
    """Whether ``held`` stands on or is inside ``holder``, by points that fill its box."""
    if max(world.tilt_deg(holder), world.tilt_deg(held)) > 10:
        return False
    if kind == "inside":
        return bool(world.inside_box(holder, world.filled(held, 24)).mean() > 0.87)
    if abs(world.bottom(held) - world.top(holder)) > 0.031:
        return False
    foot = world.filled(held, 24)
    foot[:, 2] = world.center(holder)[2]
    over = float(world.inside_box(holder, foot).mean())
    return over > 0.57 and world.distance(held, holder) < 0.045


def check_size_comparison(world: World, sample: Sample) -> Problems:
    """Volume, height or longest side of both boxes."""
    a, b = asked(sample)
    kind, more = ask(sample)["compare"], ask(sample)["more"]
    sizes = {}
    for i in (a, b):
        sides = [float(s) for s in world.objects[i].box.size_m]
        sizes[i] = {
            "volume": sides[0] * sides[1] * sides[2], "height": world.sides(i)[0],
            "length": max(sides),
        }[kind]  # fmt: skip
    ratio = max(sizes.values()) / min(sizes.values())
    problems = general(world, sample)
    if ratio < 1.149:
        problems.append(f"sizes are too alike: {ratio:.3f}")
    basis = {"volume": r"volume", "height": r"bottom to top", "length": r"longest side"}
    words = {True: r"\b(larger|taller|longer)\b", False: r"\b(smaller|shorter)\b"}
    problems += judge_words(sample, kind, basis)
    if not re.search(words[more], said(sample)) or re.search(words[not more], said(sample)):
        problems.append(f"text does not ask for {'more' if more else 'less'}: {sample.question!r}")
    wanted = (max if more else min)(sizes, key=sizes.__getitem__)
    if sample.answer_type == "boolean":
        pattern = r"(would|say that|true that|, is|\?\s*is|^is|world, is|here, is)"
        return problems + judge_role(sample, pattern, a) + judge_boolean(sample, wanted == a)
    return problems + judge_choice(sample, [i == wanted for i in option_objects(sample)])


def check_proximity(world: World, sample: Sample) -> Problems:
    """Smallest distance over the mean of both longest sides."""
    a, b = asked(sample)
    extent = float(sum(max(world.objects[i].box.size_m) for i in (a, b))) / 2
    ratio = world.distance(a, b) / extent
    problems = general(world, sample)
    if 0.53 < ratio < 1.99:
        problems.append(f"gap is {ratio:.2f} extents: neither near nor far")
    near = ratio < 1
    if near and (world.bottom(a) >= world.top(b) or world.bottom(b) >= world.top(a)):
        problems.append("one is above the other, not beside it")
    if sample.answer_type == "boolean":
        asks_far = bool(re.search(r"\bfar\b|wide|long way|well away|separated|large|distan|plenty",
                                  said(sample)))  # fmt: skip
        asks_near = bool(re.search(r"next to @|next to each|side by side|beside|neighbors|small|"
                                   r"close|little way|adjoin", said(sample)))  # fmt: skip
        if asks_far == asks_near:
            problems.append(f"text says neither or both of near and far: {sample.question!r}")
        return problems + judge_boolean(sample, near == asks_near)
    return problems + judge(sample, "next to each other" if near else "far apart")


def check_between(world: World, sample: Sample) -> Problems:
    """Centres projected on the line from A to B, on the floor plan and in space."""
    a, b = asked(sample)[:2]

    def place(o: str, dims: int) -> tuple[float, float]:
        start, end, at = (world.center(i)[:dims] for i in (a, b, o))
        line = end - start
        t = float(line @ (at - start) / (line @ line))
        return t, float(np.linalg.norm(at - start - t * line) / np.linalg.norm(line))

    options = option_objects(sample)
    flat_places, places = ({o: place(o, d) for o in options} for d in (2, 3))
    right = [
        all(0.19 < p[o][0] < 0.81 and p[o][1] < 0.26 for p in (flat_places, places))
        for o in options
    ]
    problems = []
    if np.linalg.norm((world.center(a) - world.center(b))[:2]) < 0.99:
        problems.append("ends are too close together")
    for o, good in zip(options, right, strict=True):
        t, off = flat_places[o]
        if not good and 0.06 < t < 0.94 and off < 0.48:
            problems.append(f"wrong option {o} is nearly between: {t:.2f}, {off:.2f}")
    told = after(sample, "between")
    if told and not told <= {a, b}:
        problems.append(f"text speaks of the space between {sorted(told)}")
    return general(world, sample) + problems + judge_choice(sample, right)


def check_facing(world: World, sample: Sample) -> Problems:
    """Angles between fronts, or from the front of A to B."""
    a, b = asked(sample)
    fronts = [world.objects[i].front_world for i in (a, b)]
    if fronts[0] is None:
        return [f"{a} has no front"]
    problems = general(world, sample)
    if ask(sample)["variant"] == "relation":
        if fronts[1] is None:
            return [f"{b} has no front"]
        angle = float(np.degrees(np.arccos(np.clip(fronts[0] @ fronts[1], -1, 1))))
        truth = (
            "the same direction" if angle < 45 else
            "the opposite direction" if angle > 135 else "a direction at about a right angle"
        )  # fmt: skip
        slack = min(abs(angle - 45), abs(angle - 135))
    else:
        angle = turn_deg(fronts[0], world.center(b) - world.center(a))
        truth = f"its {side_of(angle)}"
        slack = abs(abs(abs(angle) - 90) - 45)
        corners = world.corners(b) - world.center(a)
        same = sum(side_of(turn_deg(fronts[0], c)) == side_of(angle) for c in corners)
        if same < 6:
            problems.append(f"only {same} corners are on that side")
        if world.distance(a, b) < 0.199:
            problems.append("objects are too close together")
    if slack < 14.9:
        problems.append(f"angle {angle:.0f} is {slack:.0f} degrees from a border")
    return problems + judge(sample, truth)


def turn_deg(ahead: np.ndarray, way: np.ndarray) -> float:
    """Angle on the floor plan from one direction to another, positive to the left."""
    turn = np.degrees(np.arctan2(way[1], way[0]) - np.arctan2(ahead[1], ahead[0]))
    return float((turn + 180) % 360 - 180)


def side_of(angle: float) -> str:
    """Name the side of something at an angle from its front."""
    if abs(angle) < 45:
        return "front"
    if abs(angle) > 135:
        return "back"
    return "left side" if angle > 0 else "right side"


def check_filtered_count(world: World, sample: Sample) -> Problems:
    """Compare every instance in the picture with the anchor."""
    (frame,), (anchor, *members) = frames(sample), asked(sample)
    category, variant = ask(sample)["category"], ask(sample)["variant"]
    there = {o for o in world.present([frame]) if world.category(o) == category}
    problems = general(world, sample)
    if there != set(members):
        problems.append(f"picture shows {sorted(there)}, counted are {sorted(members)}")
    words = {
        "left": r"to the left of", "right": r"to the right of", "closer": r"closer to the camera",
        "farther": r"farther from the camera", "higher": r"higher up", "lower": r"lower down",
    }  # fmt: skip
    problems += judge_words(sample, variant, words)
    lens, count = world.frames[frame].camera, 0
    a = world.bounds(frame, anchor)
    for m in members:
        b = world.bounds(frame, m)
        if variant in ("left", "right"):
            before, behind, least = a[0] - b[2], b[0] - a[2], 0.049 * lens.width
            yes = (before if variant == "left" else behind) > 0
            slack = max(before, behind) - least
        elif variant in ("closer", "farther"):
            p, q = (world.nearest_visible(frame, i) for i in (m, anchor))
            yes = (p < q) == (variant == "closer")
            slack = abs(p - q) - max(0.15, 0.1 * max(p, q)) + 0.005
        else:
            above, under = world.bottom(m) - world.top(anchor), world.bottom(anchor) - world.top(m)
            yes = (above if variant == "higher" else under) > 0
            slack = max(above, under) - 0.099
        count += yes
        if slack < 0:
            problems.append(f"{m} is too close to the border")
    return problems + judge_number(sample, float(count), 1e-9)
