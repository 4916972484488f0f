"""Where round an object its pictures were taken from, and where others lie as seen from there."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from pydantic import Field

from sextant.geometry.directions import FOUR_SECTORS, heading, sector, signed_angle, wrap
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


class Place(NamedTuple):
    """Where something is from A, against the line from a camera through A.

    Attributes:
        angle_deg: Direction of its centre, positive to the left.
        sector: The quarter that its centre lies in.
        slack_deg: How far from the nearest border.
        corners: The quarters of its eight corners.
        distance_m: Between the centres, in the floor plane.
    """

    angle_deg: float
    sector: str
    slack_deg: float
    corners: tuple[str, ...]
    distance_m: float


def is_unseen(ctx: SceneContext, frame_id: str, object_id: str) -> bool:
    """Tell whether not a pixel of a picture shows an object."""
    return ctx.visibility.view(frame_id, object_id).pixel_count == 0


def off_axis_deg(ctx: SceneContext, frame_id: str, object_id: str) -> float:
    """Return the angle in the floor plane between the viewing direction and an object's centre."""
    frame = ctx.frame(frame_id)
    eye = frame.center_world
    center = ctx.object(object_id).box.center
    return abs(math.degrees(float(signed_angle(eye, eye + frame.forward_world, center))))


def place_of(ctx: SceneContext, anchor: str, frame_id: str, object_id: str) -> Place:
    """Return where an object is from the anchor, as a camera that faces the anchor sees it."""
    a, box = ctx.object(anchor).box.center, ctx.object(object_id).box
    onward = 2 * a - ctx.frame(frame_id).center_world
    angles = np.asarray(signed_angle(a, onward, np.concatenate([box.center[None], box.corners])))
    center, *corners = (sector(float(t), FOUR_SECTORS) for t in angles)
    return Place(
        math.degrees(float(angles[0])),
        center.name,
        math.degrees(center.margin_rad),
        tuple(c.name for c in corners),
        math.hypot(*(box.center - a)[:2]),
    )
