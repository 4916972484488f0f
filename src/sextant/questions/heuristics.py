"""What simple 2D heuristics would answer, without any geometry.

In photographs "higher in the picture" is mostly farther and "bigger in pixels" mostly nearer
("Why far looks up", 2026); a model that learns these instead of space scores well until they fail.
Every row stores what each heuristic would answer; selection keeps them near chance, and the rows
in which they fail are a subset of their own (``sextant.samples.subsets``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sextant.questions.answers import Answer, Boolean, Choice
from sextant.questions.context import SceneContext

VERTICAL, PIXELS, HORIZONTAL = "vertical_position", "pixel_size", "horizontal_order"
CENTER, FIRST = "center_distance", "first_mentioned"

Guess = Sequence[int] | int | bool
"""Option indices that a heuristic cannot choose between, one option index, or a truth value."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Where something is seen, as the heuristics see it.

    Attributes:
        u: Centre, 0 = left edge of its picture, 1 = right edge.
        v: Centre, 0 = top, 1 = bottom.
        pixels: Share of the picture's pixels that show it; nan where that has no meaning (a dot).
    """

    u: float
    v: float
    pixels: float = math.nan

    @property
    def off_center(self) -> float:
        """Distance from the picture's centre in shares of its sides."""
        return math.hypot(self.u - 0.5, self.v - 0.5)


KEYS: Mapping[str, Callable[[Cue], float]] = {
    VERTICAL: lambda c: -c.v,
    PIXELS: lambda c: -c.pixels,
    HORIZONTAL: lambda c: c.u,
    CENTER: lambda c: c.off_center,
}
"""What puts options in order: near is low in the picture, large, and by habit left and central."""

HEURISTICS = (*KEYS, FIRST)
"""All of them, in the order in which tables show them."""


def object_cue(ctx: SceneContext, frames: Sequence[str], object_id: str) -> Cue | None:
    """Return where an object is seen, in the frame that shows most of it; None if in none."""
    if not frames:
        return None
    if object_id not in ctx.scene.object_by_id:
        return _thing_cue(ctx, frames, object_id)
    rows = [ctx.row(f) for f in frames]
    counts = ctx.visibility.pixel_count[rows, ctx.column(object_id)]
    best = int(np.argmax(counts))
    camera = ctx.frame(frames[best]).camera
    box = ctx.visibility.box2d[rows[best], ctx.column(object_id)]
    if counts[best] <= 0 or not np.all(np.isfinite(box)):
        return None
    u0, v0, u1, v1 = (float(c) for c in box)
    return Cue(
        (u0 + u1) / 2 / camera.width,
        (v0 + v1) / 2 / camera.height,
        float(counts[best]) / (camera.width * camera.height),
    )


def _thing_cue(ctx: SceneContext, frames: Sequence[str], thing_id: str) -> Cue | None:
    """Return where something is seen that is known by its places in pictures alone."""
    found = [(ctx.sighted(f)[thing_id], f) for f in frames if thing_id in ctx.sighted(f)]
    if not found:
        return None
    seen, frame = max(found, key=lambda f: f[0].pixels)
    camera = ctx.frame(frame).camera
    u0, v0, u1, v1 = seen.box
    size = camera.width * camera.height
    return Cue((u0 + u1) / 2 / camera.width, (v0 + v1) / 2 / camera.height, seen.pixels / size)


def point_cue(ctx: SceneContext, frame_id: str, dot: Sequence[float]) -> Cue:
    """Return where a marked point (u, v) in pixels is seen; it has no size."""
    camera = ctx.frame(frame_id).camera
    return Cue(dot[0] / camera.width, dot[1] / camera.height)


def option_guesses(cues: Sequence[Cue | None], lean: int = 1) -> dict[str, list[int]]:
    """Return which option each picture heuristic takes, by where the options are seen.

    Args:
        cues: One per option; None where an option is not seen.
        lean: +1 for the near end of every heuristic, -1 for the far end.
    """
    guesses = {}
    for name, key in KEYS.items():
        values = {i: lean * key(c) for i, c in enumerate(cues) if c is not None}
        values = {i: x for i, x in values.items() if math.isfinite(x)}
        if len(values) >= 2:
            best = min(values.values())
            guesses[name] = [i for i, x in values.items() if x == best]
    return guesses


def order_guesses(
    options: Sequence[Sequence[str]], cue_of: Mapping[str, Cue | None], lean: int = 1
) -> dict[str, list[int]]:
    """Return which of several orders (of object ids) each picture heuristic takes.

    Args:
        options: The orders offered, nearest (first) to farthest (last) if ``lean`` is +1.
        cue_of: Where each object is seen.
        lean: -1 if the orders start with the farthest.
    """
    guesses = {}
    items = sorted(set(options[0]))
    for name, key in KEYS.items():
        cues = [cue_of.get(i) for i in items]
        values = {i: key(c) for i, c in zip(items, cues, strict=True) if c is not None}
        if len(values) < len(items) or not all(math.isfinite(x) for x in values.values()):
            continue
        order = sorted(items, key=lambda i, v=values: lean * v[i])  # type: ignore[misc]
        found = [k for k, option in enumerate(options) if list(option) == order]
        if found:
            guesses[name] = found
    return guesses


def relation_guesses(
    options: Sequence[str], target: Cue | None, reference: Cue | None
) -> dict[str, list[int]]:
    """Return what the heuristics say of "where is the target from the reference", by option words.

    Seen left of it is left, lower in the picture or bigger is in front (nearer), higher or smaller
    is behind (farther). An option that names no word of a heuristic's axis is not its answer.

    Args:
        options: Texts such as "left", "front-right", "behind", "above".
        target: Where the target is seen; None = not at all.
        reference: Where the reference is seen; None = take the middle of the picture.
    """
    if target is None:
        return {}
    if reference is None:
        reference = Cue(0.5, 0.5, target.pixels)
    lower, bigger = target.v > reference.v, target.pixels > reference.pixels
    words: dict[str, tuple[str, ...]] = {
        HORIZONTAL: ("left",) if target.u < reference.u else ("right",)
    }
    words[VERTICAL] = ("front", "below", "nearer", "closer") if lower else (
        "behind", "back", "above", "farther",
    )  # fmt: skip
    if math.isfinite(target.pixels) and target.pixels != reference.pixels:
        words[PIXELS] = ("front", "nearer", "closer") if bigger else ("behind", "back", "farther")
    guesses = {}
    for name, wanted in words.items():
        found = [k for k, text in enumerate(options) if any(w in text.lower() for w in wanted)]
        if found:
            guesses[name] = found
    return guesses


def first_mentioned(text: str, answer: Answer) -> list[int] | bool | None:
    """Return the option that the question mentions first, the first one if it mentions none."""
    if isinstance(answer, Boolean):
        return True  # the asker's own suggestion
    if not isinstance(answer, Choice):
        return None
    lowered = text.lower()
    places = {i: lowered.find(option.lower()) for i, option in enumerate(answer.options)}
    named = {i: place for i, place in places.items() if place >= 0}
    if len(named) < len(places):
        return None if not answer.keep_order else [0]
    return [min(named, key=named.__getitem__)]
