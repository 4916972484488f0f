"""Clips for video questions: which frames of a walk are shown together."""

from __future__ import annotations

import numpy as np

from sextant.execution.seeds import generator_of
from sextant.questions.recipe import ClipRules
from sextant.scenes import Frame, Scene

WALK_MIN_BASELINE_M = 0.3
WALK_MIN_ANGLE_RAD = 0.26
"""Frames that moved less than 0.3 m and turned less than 15 degrees are no walk: a "video" of
them would show the same picture again and again."""


def clips_of(scene: Scene, rules: ClipRules, seed: int) -> tuple[tuple[str, ...], ...]:
    """Return the frame ids of the whole walk first, then of shorter stretches of it.

    ``((),)`` for a source without frames: its questions then come without images.
    """
    if not scene.frames:
        return ((),)
    walk = [f for f in scene.frames if f.timestamp_s is not None and f.read_rgb is not None]
    if len(walk) < 3 or not _moves(walk):
        return ()
    clips = [_spread([f.id for f in walk], rules.frames)]
    rng = generator_of(seed, scene.source, scene.id, "clips")
    for _ in range(rules.per_scene - 1):
        length = max(3, round(len(walk) * float(rng.uniform(0.4, 0.75))))
        start = int(rng.integers(0, len(walk) - length + 1))
        clip = _spread([f.id for f in walk[start : start + length]], max(3, rules.frames // 2))
        if clip not in clips:
            clips.append(clip)
    return tuple(clips)


def _spread(ids: list[str], count: int) -> tuple[str, ...]:
    if len(ids) <= count:
        return tuple(ids)
    picks = np.round(np.linspace(0, len(ids) - 1, count)).astype(int)
    return tuple(ids[i] for i in picks)


def _moves(walk: list[Frame]) -> bool:
    centers = np.stack([f.center_world for f in walk])
    if np.linalg.norm(centers - centers[0], axis=1).max() >= WALK_MIN_BASELINE_M:
        return True
    cosines = np.stack([f.forward_world for f in walk]) @ walk[0].forward_world
    return bool(np.arccos(np.clip(cosines, -1, 1)).max() >= WALK_MIN_ANGLE_RAD)
