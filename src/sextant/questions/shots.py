"""Which pictures a question shows: a clip, one picture, or a pair of views, in seeded order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from sextant.questions.context import SceneContext

VIDEO_ROUNDS = 6
"""A clip comes back this often in a family's candidates; each time other objects are drawn."""


MIN_PICTURES = 24
"""Sources with fewer pictures have theirs drawn again, up to about so many turns."""


class Shot(NamedTuple):
    """Frames to be shown, and how many candidates a family should draw from them.

    Attributes:
        frames: Frame ids in prompt order; empty for a source without frames.
        candidates: Draw at most this many before taking the next shot.
    """

    frames: tuple[str, ...]
    candidates: int


def shots(
    ctx: SceneContext, rng: np.random.Generator, *, video: bool = True, single: bool = True
) -> Iterator[Shot]:
    """Yield clips and single pictures by turns; a source of boxes alone yields one empty shot."""
    if not ctx.scene.frames:
        if video:
            yield Shot((), 10_000)
        return
    clips = list(ctx.videos) * VIDEO_ROUNDS if video else []
    ids = ctx.singles if single else ()
    # A capture of two pictures has as much to be asked about as one of twenty.
    rounds = max(1, MIN_PICTURES // len(ids)) if ids else 0
    pictures = [(ids[int(i)],) for _ in range(rounds) for i in rng.permutation(len(ids))]
    for k in range(max(len(clips), len(pictures))):
        if k < len(clips):
            yield Shot(clips[k], 6)
        if k < len(pictures):
            yield Shot(pictures[k], 3)


def view_pairs(
    ctx: SceneContext,
    rng: np.random.Generator,
    *,
    min_overlap: float = 0.0,
    max_overlap: float = 1.0,
    max_angle_rad: float = np.pi,
    limit: int = 300,
    ids: tuple[str, ...] | None = None,
) -> Iterator[tuple[str, str]]:
    """Yield ordered pairs of different pictures whose overlap and angle lie in the given range.

    Args:
        ctx: The scene.
        rng: Seeded generator of the family in this scene.
        min_overlap: Smallest overlap (``PairTable.overlap``).
        max_overlap: Largest overlap.
        max_angle_rad: Largest angle between the viewing directions.
        limit: At most this many pairs.
        ids: Pictures to choose from; None = all.
    """
    ids = ctx.singles if ids is None else ids
    if len(ids) < 2:
        return
    rows = np.array([ctx.row(i) for i in ids])
    table = ctx.pairs
    overlap = table.overlap[np.ix_(rows, rows)]
    angle = table.angle_rad[np.ix_(rows, rows)]
    fits = (overlap >= min_overlap) & (overlap <= max_overlap) & (angle <= max_angle_rad)
    np.fill_diagonal(fits, False)
    first, second = np.nonzero(fits)
    for k in rng.permutation(len(first))[:limit]:
        yield ids[int(first[k])], ids[int(second[k])]
