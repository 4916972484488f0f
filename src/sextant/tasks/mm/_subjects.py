"""Which objects a question may be about in the frames it shows, and what is said of the rest."""

from __future__ import annotations

from sextant.questions.context import ClipView, SceneContext
from sextant.questions.facts import Ask, Drop
from sextant.questions.naming import is_plural, plural
from sextant.questions.references import References, refer

MIN_IN_FRAME = 0.5
"""Share of an object inside one frame from which its size can be judged (taxonomy.md, w)."""


def countable(category: str) -> bool:
    """Tell whether instances of a category can be counted in words ("three chairs")."""
    return not is_plural(category) and plural(category) != category


def subjects(ctx: SceneContext, view: ClipView) -> tuple[str, ...]:
    """Return the ids a question can point at: by name, or in a single picture also by a mark."""
    return view.shown if len(view.frames) == 1 else tuple(view.names)


def point_out(ctx: SceneContext, ask: Ask) -> References | Drop:
    """Return how the asked objects are called, or why they cannot be asked about."""
    view = ctx.view(ask.frames)
    if len(set(ask.objects)) < len(ask.objects):
        return Drop("an object is asked about twice")
    if not all(i in view.names for i in ask.objects) and not set(ask.objects) <= set(view.shown):
        return Drop("object is not well visible")
    return refer(ctx, view, ask.objects)


def best_in_frame(ctx: SceneContext, frames: tuple[str, ...], object_id: str) -> float:
    """Return the largest w among the frames that show the object well; 1 if no frames are shown."""
    if not frames:
        return 1.0
    view, column = ctx.view(frames), ctx.column(object_id)
    shown = ctx.shown_table[view.rows, column]
    ratios = ctx.visibility.in_frame_ratio[view.rows, column]
    return float(ratios[shown].max(initial=0.0))


def common_geometry(ctx: SceneContext, object_ids: tuple[str, ...]) -> str:
    """Return what the objects' extents are measured on, ``box`` if they differ."""
    kinds = {ctx.object(i).geometry for i in object_ids}
    return kinds.pop() if len(kinds) == 1 else "box"
