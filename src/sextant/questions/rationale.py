"""Rationales rendered from the evidence: sentences, or a cognitive map.

``map`` has continuous coordinates in metres; ``grid`` puts the same map on 10 x 10 cells, as
VSI-Bench and MindCube do.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from sextant.geometry.directions import heading
from sextant.questions.context import SceneContext
from sextant.questions.facts import Fact
from sextant.questions.task import Task

GRID = 10
"""Cells a side of the grid variant (VSI-Bench's and MindCube's cognitive maps)."""


def render_rationale(
    ctx: SceneContext,
    task: Task,
    fact: Fact,
    names: Mapping[str, str],
    style: str,
    conclusion: str,
) -> str | None:
    """Return the rationale in the wanted style; None for ``none``.

    Args:
        ctx: The scene.
        task: The family, which knows the computation in words.
        fact: The exact truth.
        names: Object id to the text it is called by.
        style: ``none``, ``steps``, ``map`` or ``grid``.
        conclusion: The answer as a person would say it.
    """
    if style == "none":
        return None
    ending = f"So the answer is {conclusion}."
    entries = map_entries(ctx, fact, names) if style != "steps" else {}
    # A question about no object (a drawn puzzle, a room's shape) has nothing to put on a map.
    if not any(entries.values()):
        return " ".join([*task.explain(ctx, fact, names), ending])
    if style == "grid":
        said = f"Map on a {GRID}x{GRID} grid: {json.dumps(on_grid(entries), separators=JOINTS)}"
    else:
        said = f"Map: {json.dumps(entries, separators=JOINTS)}"
    return f"{said} {ending}"


JOINTS = (", ", ": ")
Entries = dict[str, dict[str, dict[str, Any]]]


def map_entries(ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> Entries:
    """Return a bird's-eye map of the asked objects with continuous coordinates.

    The origin is the first camera and +y its viewing direction where pictures are shown (paper
    section on CoT: "own continuous map"); else the first object's centre and the world's axes.
    Positions are [right, ahead] in metres (or scene units), headings in degrees counterclockwise
    from +x.
    """
    if fact.ask.frames:
        first = ctx.frame(fact.ask.frames[0])
        origin, ahead = first.center_world, heading(first.forward_world)
    elif fact.ask.objects:
        origin, ahead = ctx.object(fact.ask.objects[0]).box.center, math.pi / 2
    else:
        origin, ahead = np.zeros(3), math.pi / 2
    turn = math.pi / 2 - ahead
    c, s = math.cos(turn), math.sin(turn)

    def place(p: np.ndarray) -> list[float]:
        x, y = float(p[0] - origin[0]), float(p[1] - origin[1])
        return [round(c * x - s * y, 2) + 0.0, round(s * x + c * y, 2) + 0.0]

    def direction(v: np.ndarray) -> int:
        return round(math.degrees(heading(v) + turn)) % 360

    entries: dict[str, dict[str, Any]] = {}
    for object_id in fact.ask.objects:
        o = ctx.object(object_id)
        entry: dict[str, Any] = {"position": place(o.box.center)}
        if o.front_world is not None:
            entry["facing_deg"] = direction(o.front_world)
        entries[names.get(object_id, o.category)] = entry
    cameras: dict[str, dict[str, Any]] = {}
    if len(fact.ask.frames) <= 2:
        for k, frame_id in enumerate(fact.ask.frames, start=1):
            frame = ctx.frame(frame_id)
            cameras[f"view {k}"] = {
                "position": place(frame.center_world),
                "facing_deg": direction(frame.forward_world),
            }
    return {"objects": entries, "cameras": cameras}


def on_grid(entries: Entries) -> Entries:
    """Return a continuous map on ``GRID`` x ``GRID`` cells: [column, row], row 0 at the bottom.

    The cells span the square around everything on the map, so that the outermost things lie in
    the outermost cells; headings become the nearest of right, up, left and down.
    """
    places = [e["position"] for group in entries.values() for e in group.values()]
    points = np.array(places, dtype=np.float64).reshape(-1, 2)
    low = points.min(axis=0) if len(points) else np.zeros(2)
    high = points.max(axis=0) if len(points) else np.zeros(2)
    side = float(max(*(high - low), 1e-9))
    start = (low + high) / 2 - side / 2

    def cell(position: list[float]) -> list[int]:
        share = (np.array(position) - start) / side
        return [int(k) for k in np.clip(np.floor(share * GRID), 0, GRID - 1)]

    found: Entries = {}
    for kind, group in entries.items():
        found[kind] = {}
        for name, entry in group.items():
            put: dict[str, Any] = {"position": cell(entry["position"])}
            if "facing_deg" in entry:
                words = ("right", "up", "left", "down")
                put["facing"] = words[round(entry["facing_deg"] / 90) % 4]
            found[kind][name] = put
    return found
