"""The result: one row per frame, one column per object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MIN_RATIO = 0.3
"""Visible ratio from which an object counts as shown (taxonomy, common rules)."""

MIN_SHARE = 0.0005
"""Share of the image's pixels from which an object counts as shown (taxonomy, common rules)."""


class ObjectView(NamedTuple):
    """What one frame sees of one object.

    Attributes:
        visible_ratio: v in [0, 1]; 0 when unseen.
        in_frame_ratio: w in [0, 1]; share of the surface inside the frame, occluded or not.
        pixel_count: Visible pixels.
        box2d: (4,) u_min, v_min, u_max, v_max in pixels (outer pixel edges); NaN when unseen.
        nearest_m: Distance from the camera centre to the nearest visible point; NaN when unseen.
    """

    visible_ratio: float
    in_frame_ratio: float
    pixel_count: int
    box2d: NDArray[np.float32]
    nearest_m: float


@dataclass(frozen=True, eq=False)
class VisibilityTable:
    """Visibility of O objects in F frames.

    Attributes:
        frame_ids, object_ids: Names of the rows and columns.
        visible_ratio: (F, O) float32, v in [0, 1].
        in_frame_ratio: (F, O) float32, w in [0, 1].
        pixel_count: (F, O) int32 visible pixels.
        box2d: (F, O, 4) float32 u_min, v_min, u_max, v_max of the visible pixels' outer edges, in
            pixels; NaN when unseen.
        nearest_m: (F, O) float32 metres from the camera centre to the nearest visible surface
            point; NaN when unseen.
        image_pixels: (F,) int64 pixels of each image.
        method: (F,) where the visible pixels come from: "masks", "mesh", "depth" or "boxes".
    """

    frame_ids: tuple[str, ...]
    object_ids: tuple[str, ...]
    visible_ratio: NDArray[np.float32] = field(repr=False)
    in_frame_ratio: NDArray[np.float32] = field(repr=False)
    pixel_count: NDArray[np.int32] = field(repr=False)
    box2d: NDArray[np.float32] = field(repr=False)
    nearest_m: NDArray[np.float32] = field(repr=False)
    image_pixels: NDArray[np.int64] = field(repr=False)
    method: NDArray[np.str_] = field(repr=False)

    @cached_property
    def frame_index(self) -> Mapping[str, int]:
        """Row of each frame id."""
        return MappingProxyType({name: i for i, name in enumerate(self.frame_ids)})

    @cached_property
    def object_index(self) -> Mapping[str, int]:
        """Column of each object id."""
        return MappingProxyType({name: i for i, name in enumerate(self.object_ids)})

    def view(self, frame_id: str, object_id: str) -> ObjectView:
        """Return what one frame sees of one object; ``KeyError`` for a name not in the table."""
        f, o = self.frame_index[frame_id], self.object_index[object_id]
        return ObjectView(
            float(self.visible_ratio[f, o]),
            float(self.in_frame_ratio[f, o]),
            int(self.pixel_count[f, o]),
            self.box2d[f, o],
            float(self.nearest_m[f, o]),
        )

    def shown(
        self, min_ratio: float = MIN_RATIO, min_share: float = MIN_SHARE
    ) -> NDArray[np.bool_]:
        """Return (F, O) whether a question may turn on the object in that frame.

        Args:
            min_ratio: Least visible ratio.
            min_share: Least share of the image's pixels.
        """
        large: NDArray[np.bool_] = self.pixel_count >= min_share * self.image_pixels[:, None]
        return large & (self.visible_ratio >= min_ratio) & (self.pixel_count > 0)
