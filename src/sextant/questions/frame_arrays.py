"""Depth and instances of a few frames, kept while several questions ask for them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sextant.scenes import Scene
from sextant.visibility.reading import read_depth, read_instances

T = TypeVar("T")

KEPT_ARRAYS = 4
"""A frame's arrays are read by several questions in a row; more than a few would pile up."""


class FrameArrays:
    """The arrays of one scene's frames; the last few that were asked for stay."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._depths: OrderedDict[str, NDArray[np.float32] | None] = OrderedDict()
        self._instances: OrderedDict[str, NDArray[np.int32]] = OrderedDict()

    def depth_m(self, frame_id: str) -> NDArray[np.float32] | None:
        """Return a frame's (H, W) z-depth in metres, NaN where unknown; None without depth."""
        return _kept(self._depths, frame_id, lambda: read_depth(self._scene.frame_by_id[frame_id]))

    def instances(self, frame_id: str) -> NDArray[np.int32]:
        """Return a frame's (H, W) instance values, 0 = no object; all 0 without masks."""
        return _kept(self._instances, frame_id, lambda: self._read_instances(frame_id))

    def _read_instances(self, frame_id: str) -> NDArray[np.int32]:
        frame = self._scene.frame_by_id[frame_id]
        values = read_instances(frame)
        if values is None:
            return np.zeros((frame.camera.height, frame.camera.width), dtype=np.int32)
        return values


def _kept(cache: OrderedDict[str, T], key: str, read: Callable[[], T]) -> T:
    """Return what is kept under a key, or read and keep it in place of the oldest.

    An ``lru_cache`` of a bound method would tie its owner into a cycle: scene after scene would
    stay in memory until the garbage collector comes by.
    """
    if key not in cache:
        cache[key] = read()
        if len(cache) > KEPT_ARRAYS:
            cache.popitem(last=False)
    cache.move_to_end(key)
    return cache[key]
