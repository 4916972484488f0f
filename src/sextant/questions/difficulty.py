"""Difficulty as a documented function of factors that are stored with every sample.

Points: 1 if the evidence is spread over several frames, another if no frame shows all objects
together; 1 if an object is seen by less than half of itself; 1 if the fact lies within half of its
threshold from the border, another within a tenth; 1 for two reasoning steps, 2 for three or more;
1 if more than three objects are involved; 1 if the pictures hold a namesake of an asked object.
``easy`` is up to 1 point, ``medium`` up to 3, ``hard`` beyond.
"""

from __future__ import annotations

from typing import Any

from sextant.questions.context import ClipView, SceneContext
from sextant.questions.facts import Fact

EASY_POINTS, MEDIUM_POINTS = 1, 3


def rate(ctx: SceneContext, fact: Fact, view: ClipView) -> tuple[str, dict[str, Any]]:
    """Return the level and the factors it comes from."""
    objects = [i for i in fact.ask.objects if i in ctx.categories]
    frames = len(view.frames)
    smallest: float | None = None
    together = True
    unboxed = {t.id for t in ctx.scene.things}
    if frames and not unboxed.isdisjoint(objects):
        together = any(set(objects) <= set(ctx.sighted(f)) for f in view.frames)
    elif frames and objects:
        columns = [ctx.column(i) for i in objects]
        ratios = ctx.visibility.visible_ratio[view.rows][:, columns]
        smallest = float(ratios.max(axis=0).min())
        together = bool(ctx.shown_table[view.rows][:, columns].all(axis=1).any())
    asked = {ctx.categories[i] for i in objects}
    there = view.present
    if unboxed:
        there |= {i for f in view.frames for i in ctx.sighted(f)}
    present = [ctx.categories[i] for i in there]
    namesakes = sum(present.count(c) - 1 for c in asked) if len(present) < 500 else 0
    points = 0
    points += int(frames > 1) + int(frames > 1 and not together)
    points += int(smallest is not None and smallest < 0.5)
    points += int(fact.margin < 0.5) + int(fact.margin < 0.1)
    points += min(2, fact.steps - 1)
    points += int(len(objects) > 3)
    points += int(namesakes > 0)
    level = "easy" if points <= EASY_POINTS else "medium" if points <= MEDIUM_POINTS else "hard"
    return level, {
        "points": points,
        "frames": frames,
        "together": together,
        "smallest_visible_ratio": None if smallest is None else round(smallest, 3),
        "margin": round(min(fact.margin, 99.0), 3),
        "steps": fact.steps,
        "objects": len(objects),
        "namesakes": namesakes,
    }
