"""Where round an object its pictures were taken from."""

from __future__ import annotations

import math
from collections.abc import Iterator

from pydantic import Field

from sextant.geometry.directions import heading, wrap
from sextant.questions.context import SceneContext
from sextant.questions.facts import Drop
from sextant.questions.task import Margins


class AroundMargins(Margins):
    """When a picture shows an object from a side that can be told."""

    min_in_frame: float = Field(0.6, description="share of the object inside every picture")
    min_away_m: float = Field(0.5, description="camera to centre in the floor plane")
    max_elevation_deg: float = Field(50.0, description="steepest view down on the object")


def azimuth_deg(
    ctx: SceneContext, frame_id: str, object_id: str, rules: AroundMargins
) -> float | Drop:
    """Return where round the object a camera stands, or why its picture cannot be used.

    Degrees in the floor plane, counterclockwise seen from above, from world +X.
    """
    if ctx.visibility.view(frame_id, object_id).in_frame_ratio < rules.min_in_frame:
        return Drop("object is cut off by the border of a picture")
    away = ctx.frame(frame_id).center_world - ctx.object(object_id).box.center
    floor_m = math.hypot(float(away[0]), float(away[1]))
    if floor_m < rules.min_away_m:
        return Drop("camera is too close to the object")
    if math.degrees(math.atan2(abs(float(away[2])), floor_m)) > rules.max_elevation_deg:
        return Drop("camera looks too steeply at the object")
    return math.degrees(heading(away))


def azimuths_by_object(ctx: SceneContext, rules: AroundMargins) -> dict[str, dict[str, float]]:
    """Return for every object the frames that show it well, with their azimuths in degrees."""
    found: dict[str, dict[str, float]] = {}
    for frame_id, object_id in _named(ctx):
        azimuth = azimuth_deg(ctx, frame_id, object_id, rules)
        if not isinstance(azimuth, Drop):
            found.setdefault(object_id, {})[frame_id] = azimuth
    return found


def _named(ctx: SceneContext) -> Iterator[tuple[str, str]]:
    for frame_id in ctx.singles:
        for object_id in ctx.view((frame_id,)).names:
            yield frame_id, object_id


def apart_deg(a_deg: float, b_deg: float) -> float:
    """Return the angle between two azimuths, 0 to 180 degrees.

    >>> apart_deg(350.0, 20.0)
    30.0
    """
    return abs(math.degrees(wrap(math.radians(a_deg - b_deg))))
