"""What stands on what and what is inside what, judged by boxes and, where known, surfaces.

On: A's underside is at the height of B's top and most of A's footprint is above B. Inside: most of
A's volume is in B, and B is of a kind that holds things: a chair pushed under a table lies within
the table's box too, and nobody would say it is inside the table.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import shapely
from numpy.typing import NDArray
from pydantic import Field

from sextant.geometry.polygons import convex_overlap_area, footprint, polygon_area
from sextant.questions.context import SceneContext
from sextant.questions.task import Margins

MAX_TILT_RAD = math.radians(10)
"""The top of a box tilted more is no level surface, and its footprint not its bottom."""

_HOLDERS = frozenset(
    {
        "bag", "basket", "bathtub", "bin", "book shelf", "bookcase", "bookshelf", "bowl", "box",
        "bucket", "cabinet", "closet", "crate", "cup", "cupboard", "dishwasher", "drawer",
        "freezer", "fridge", "hamper", "jar", "locker", "microwave", "mug", "oven", "pan",
        "pot", "rack", "refrigerator", "shelf", "shelves", "sink", "suitcase", "tray", "tub",
        "vase", "wardrobe", "washer",
    }
)  # fmt: skip

_FIXED = frozenset(
    {
        "blinds", "ceiling fan", "ceiling lamp", "ceiling light", "chandelier", "curtain", "door",
        "door frame", "doorframe", "exhaust fan", "fireplace", "heater", "pendant lamp",
        "picture", "picture frame", "poster", "radiator", "wall clock", "wall lamp", "whiteboard",
        "window", "window frame", "mirror", "painting", "range hood", "air conditioner",
        "power strip", "socket", "switch", "light switch",
    }
)  # fmt: skip
_PARTS = frozenset({"door", "drawer", "faucet", "handle", "knob", "shutter"})


class SupportMargins(Margins):
    """Thresholds of sr.support."""

    max_contact_gap_m: float = Field(0.03, description="between underside and top")
    min_overlap: float = Field(0.6, description="share of the footprint above the carrier")
    min_containment: float = Field(0.9, description="share of the volume inside the holder")
    min_clearance_m: float = Field(0.1, description="wrong options are at least this far away")


class Contact(NamedTuple):
    """Object ``held`` stands on or is inside ``holder``.

    Attributes:
        held, holder: Object ids.
        kind: ``on`` or ``inside``.
        gap_m: Height of the underside above the holder's top (``on``).
        share: Share of footprint (``on``) or volume (``inside``) that is held.
    """

    held: str
    holder: str
    kind: str
    gap_m: float
    share: float


class _Upright(NamedTuple):
    id: str
    x0: float
    y0: float
    x1: float
    y1: float
    bottom: float
    top: float
    outline: NDArray[np.float64]
    area: float


_Known = dict[tuple[SupportMargins, bool], tuple[Contact, ...]]
_CONTACTS: WeakKeyDictionary[SceneContext, _Known] = WeakKeyDictionary()


def contacts(
    ctx: SceneContext, margins: SupportMargins, *, anything: bool = False
) -> tuple[Contact, ...]:
    """Return all contacts of a scene, found once per scene.

    Args:
        ctx: The scene.
        margins: What counts as a contact.
        anything: Also between things that usually hang: a picture frame may stand on a piano.
    """
    known = _CONTACTS.setdefault(ctx, {})
    found = known.get((margins, anything))
    if found is None:
        found = known[margins, anything] = tuple(_find(ctx, margins, anything))
    return found


def nearly(margins: SupportMargins) -> SupportMargins:
    """Return looser margins, by which one could say that one thing holds another."""
    return margins.model_copy(
        update={
            "max_contact_gap_m": 2 * margins.max_contact_gap_m,
            "min_overlap": 0.5 * margins.min_overlap,
            "min_containment": 0.5 * margins.min_containment,
        }
    )


def can_hold_inside(category: str) -> bool:
    """Tell whether things are said to be inside an object of this category.

    >>> can_hold_inside("trash bin"), can_hold_inside("table")
    (True, False)
    """
    return category in _HOLDERS or category.rpartition(" ")[2] in _HOLDERS or "trash" in category


def can_stand(category: str) -> bool:
    """Tell whether an object of this category stands on what is below it, and may carry others."""
    # A cabinet's upper drawer meets the lower one like a book the table, but it hangs there.
    return category not in _FIXED and category.rpartition(" ")[2] not in _PARTS


def _find(ctx: SceneContext, margins: SupportMargins, anything: bool) -> list[Contact]:
    boxes = [b for o in ctx.scene.objects if (b := _upright(ctx, o.id)) is not None]
    by_top = sorted(boxes, key=lambda b: b.top)
    tops = [b.top for b in by_top]
    tree = shapely.STRtree([shapely.box(b.x0, b.y0, b.x1, b.y1) for b in by_top])
    found: list[Contact] = []
    for a in boxes:
        # Only what shares some of its footprint can hold it; in the order of their tops.
        near = np.sort(tree.query(shapely.box(a.x0, a.y0, a.x1, a.y1))).tolist()
        if not (anything or can_stand(ctx.categories[a.id])):
            continue
        low = bisect_left(tops, a.bottom - margins.max_contact_gap_m)
        high = bisect_right(tops, a.bottom + margins.max_contact_gap_m)
        for b in (by_top[k] for k in near if low <= k < high):
            share = _footprint_share(a, b)
            if b.id == a.id or share < margins.min_overlap:
                continue
            if not (anything or can_stand(ctx.categories[b.id])):
                continue
            # Boxes meet where their surfaces may not: the other leg of an L-shaped desk.
            if ctx.distance_m(a.id, b.id) <= margins.max_contact_gap_m:
                found.append(Contact(a.id, b.id, "on", a.bottom - b.top, share))
        first = bisect_left(tops, a.bottom)
        for b in (by_top[k] for k in near if k >= first):
            if b.id == a.id or b.bottom >= a.top or b.area <= a.area * margins.min_containment:
                continue
            height = min(a.top, b.top) - max(a.bottom, b.bottom)
            share = height / (a.top - a.bottom) * _footprint_share(a, b)
            if share >= margins.min_containment:
                found.append(Contact(a.id, b.id, "inside", 0.0, share))
    return found


def _upright(ctx: SceneContext, object_id: str) -> _Upright | None:
    box = ctx.object(object_id).box
    if box.tilt_rad > MAX_TILT_RAD:
        return None
    x0, y0, bottom = box.minimum.tolist()
    x1, y1, top = box.maximum.tolist()
    outline = footprint(box)
    return _Upright(object_id, x0, y0, x1, y1, bottom, top, outline, polygon_area(outline))


def _footprint_share(a: _Upright, b: _Upright) -> float:
    if a.x0 >= b.x1 or b.x0 >= a.x1 or a.y0 >= b.y1 or b.y0 >= a.y1 or a.area <= 0.0:
        return 0.0
    return convex_overlap_area(a.outline, b.outline) / a.area
