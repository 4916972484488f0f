"""What 2D heuristics say to yes/no questions about two objects."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sextant.questions.context import SceneContext
from sextant.questions.heuristics import KEYS, PIXELS, VERTICAL, object_cue


def pair_guesses(
    ctx: SceneContext,
    frames: Sequence[str],
    a: str,
    b: str,
    lean: int,
    names: Sequence[str] = (VERTICAL, PIXELS),
) -> dict[str, bool]:
    """Return whether each heuristic puts A before B.

    Args:
        ctx: The scene.
        frames: The pictures shown.
        a: Id of the object that the question claims something of.
        b: Id of the other one.
        lean: +1 if the question claims that A is at the near end (low in the picture, large), -1
            if it claims the other end (higher, smaller, farther).
        names: The heuristics that have an opinion on what is asked.
    """
    first, second = object_cue(ctx, frames, a), object_cue(ctx, frames, b)
    if first is None or second is None:
        return {}
    guesses = {}
    for name in names:
        one, other = KEYS[name](first), KEYS[name](second)
        if math.isfinite(one) and math.isfinite(other) and one != other:
            guesses[name] = (one < other) == (lean > 0)
    return guesses
