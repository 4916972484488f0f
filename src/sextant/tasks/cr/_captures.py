"""Which pictures of a capture show what was moved, and what is moved at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sextant.questions.context import SceneContext

FEWEST, MOST = 2, 4
"""Pictures of each capture."""

_MOVABLE = frozenset(
    {
        "armchair", "backpack", "bag", "ball", "basket", "bear", "bench", "bin", "book", "bottle",
        "bowl", "box", "bucket", "can", "case", "chair", "clothes rack", "crate", "cup",
        "cushion", "fan", "globe", "guitar", "heater", "kettle", "lamp", "laptop", "light",
        "microwave", "mug", "ottoman", "picture frame", "pillow", "plant", "printer", "shoe",
        "side table", "speaker", "stool", "suitcase", "toy", "vacuum cleaner", "vase",
    }
)  # fmt: skip
_FIXED = frozenset({"ceiling lamp", "ceiling light", "wall lamp", "pendant lamp"})


def is_movable(category: str) -> bool:
    """Tell whether people move things of a category without a second thought.

    >>> is_movable("office chair"), is_movable("ceiling lamp"), is_movable("wardrobe")
    (True, False, False)
    """
    if category in _FIXED:
        return False
    return category in _MOVABLE or category.rpartition(" ")[2] in _MOVABLE


def _area(ctx: SceneContext, frame_id: str) -> int:
    camera = ctx.frame(frame_id).camera
    return camera.width * camera.height


def picture_share(ctx: SceneContext, rows: NDArray[np.intp], object_id: str) -> float:
    """Return the largest share of a picture, among those in the given rows, that shows a thing."""
    ids = [ctx.scene.frames[int(r)].id for r in rows]
    counts = ctx.visibility.pixel_count[rows, ctx.column(object_id)]
    return max(float(n) / _area(ctx, i) for n, i in zip(counts, ids, strict=True))


def pick_pictures(
    ctx: SceneContext,
    object_id: str,
    others: Sequence[str],
    shares: tuple[float, float],
    rng: np.random.Generator,
    wanted: Sequence[str],
    most: int = MOST,
) -> tuple[str, ...]:
    """Return a few pictures, one of which shows an object, in the order of the capture.

    Args:
        ctx: One of the captures.
        object_id: What must be shown well.
        others: Of these as many as possible.
        shares: Least share of a picture, of the object and of the others.
        rng: Seeded generator.
        wanted: Taken first where the capture has them.
        most: At most so many pictures.
    """
    ids = [i for i in ctx.singles if not wanted or i in wanted] or list(ctx.singles)
    rows = np.array([ctx.row(i) for i in ids], dtype=np.intp)
    column, columns = ctx.column(object_id), [ctx.column(i) for i in others]
    areas = np.array([_area(ctx, i) for i in ids])[:, None]
    large = ctx.visibility.pixel_count[rows] / areas
    shown = ctx.shown_table[rows] & (large >= shares[1])
    showing = np.flatnonzero(shown[:, column] & (large[:, column] >= shares[0]))
    if not len(showing):
        if not wanted:
            return ()
        # It stood out of these pictures' sight then: one more that shows it.
        more = pick_pictures(ctx, object_id, others, shares, rng, (), most=1)
        return tuple(f for f in ctx.singles if f in {*wanted, *more}) if more else ()
    chosen = [int(showing[int(rng.integers(len(showing)))])]
    count = min(most, int(rng.integers(FEWEST, MOST + 1)))
    while len(chosen) < min(count, len(ids)):
        seen = shown[chosen][:, columns].any(axis=0)
        new = (shown[:, columns] & ~seen).sum(axis=1) + rng.uniform(0.0, 1.5, len(ids))
        new[chosen] = -1.0
        chosen.append(int(np.argmax(new)))
    return tuple(ids[k] for k in sorted(chosen))
