"""Rationales rendered from the evidence: sentences, or a cognitive map with coordinates."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

import numpy as np

from sextant.geometry.directions import heading
from sextant.questions.context import SceneContext
from sextant.questions.facts import Fact
from sextant.questions.task import Task


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
        style: ``none``, ``steps`` or ``map``.
        conclusion: The answer as a person would say it.
    """
    if style == "none":
        return None
    ending = f"So the answer is {conclusion}."
    if style == "steps":
        return " ".join([*task.explain(ctx, fact, names), ending])
    return f"Map: {cognitive_map(ctx, fact, names)} {ending}"


def cognitive_map(ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> str:
    """Return a bird's-eye map of the asked objects as JSON with continuous coordinates.

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

    entries: dict[str, object] = {}
    for object_id in fact.ask.objects:
        o = ctx.object(object_id)
        entry: dict[str, object] = {"position": place(o.box.center)}
        if o.front_world is not None:
            entry["facing_deg"] = direction(o.front_world)
        entries[names.get(object_id, o.category)] = entry
    cameras = {}
    if len(fact.ask.frames) <= 2:
        for k, frame_id in enumerate(fact.ask.frames, start=1):
            frame = ctx.frame(frame_id)
            cameras[f"view {k}"] = {
                "position": place(frame.center_world),
                "facing_deg": direction(frame.forward_world),
            }
    return json.dumps({"objects": entries, "cameras": cameras}, separators=(", ", ": "))
