"""How a question calls its objects: by name, or in about half of the pictures by a mark alone.

Who knows that a lamp stands higher than a rug need not look. With "the object marked P" there is
nothing to know.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Json
from sextant.questions.marks import MARK_LETTERS
from sextant.questions.references import References, refer, refer_by_marks
from sextant.tasks.mm._subjects import point_out


def draw_letters(frames: Sequence[str], count: int, rng: np.random.Generator) -> dict[str, Json]:
    """Return ``{"letters": "RPQ"}`` for about half of the asks about one picture, else ``{}``.

    The letters, one per asked object in random order, are part of what is asked
    (``Ask.detail``), so that a replay gives the same ones.
    """
    nameless, order = bool(rng.integers(2)), rng.permutation(count).tolist()
    if len(frames) != 1 or not nameless:
        return {}
    return {"letters": "".join(MARK_LETTERS[k] for k in order)}


def is_nameless(ask: Ask) -> bool:
    """Tell whether the objects are called by marks alone."""
    return "letters" in ask.detail


def call(ctx: SceneContext, ask: Ask, wanted: Sequence[str] | None = None) -> References | Drop:
    """Return how the asked objects are called, or why they cannot be asked about.

    Args:
        ctx: The scene.
        ask: The question; ``detail["letters"]`` has a letter per object if it is nameless.
        wanted: Of a question with names, only these objects are said; None = all.
    """
    if not is_nameless(ask):
        called = point_out(ctx, ask)
        if isinstance(called, Drop) or wanted is None:
            return called
        return refer(ctx, ctx.view(ask.frames), wanted)
    view = ctx.view(ask.frames)
    if len(set(ask.objects)) < len(ask.objects):
        return Drop("an object is asked about twice")
    if not set(ask.objects) <= set(view.shown):
        return Drop("object is not well visible")
    return refer_by_marks(ctx, view, ask.objects, str(ask.detail["letters"]))
