"""mr.room_shape: which floor plan is the room's.

Plans lie in the frame of the first picture's camera, so that a mirrored or turned plan is wrong
even of a room that looks the same. The four are the room, another room, and both of them mirrored
or turned alike: no shape stands out, and none is offered once only.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
import shapely
from pydantic import Field

from sextant.geometry.polygons import (
    distance_to_border,
    is_simple,
    point_in_polygon,
    polygon_area,
    polygon_iou,
    signed_area,
)
from sextant.questions.answers import Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.pictures import DrawnPicture, FramePicture, Picture
from sextant.questions.plans import draw_plan
from sextant.questions.task import Draft, Margins, Task
from sextant.questions.view_frame import ViewFrame
from sextant.tasks.mr._outlines import TURNS, Array, altered, seen_walls, turned
from sextant.tasks.mr._room_shape_phrasings import EXPLANATION, TEMPLATES

PLANS = 4
TRIES = 120
DRAWS = 12
MAX_FRAMES = 8
DIRECTIONS = {"ahead": (0.0, 1.0), "right": (1.0, 0.0), "behind": (0.0, -1.0), "left": (-1.0, 0.0)}


class RoomShapeMargins(Margins):
    """Thresholds of mr.room_shape."""

    max_iou: float = Field(0.85, description="overlap of any two plans, common area over union")
    min_seen: float = Field(0.8, description="share of the walls within the pictures' view")
    min_inside_m: float = Field(0.25, description="distance of the camera from every wall drawn")
    max_area_ratio: float = Field(1.7, description="between the room and the other room")
    max_pitch_deg: float = Field(50.0, description="steepest view of the first picture")


class RoomShape(Task):
    """Four plans, any two of which overlap too little to be taken for one another."""

    id = "mr.room_shape"
    needs = frozenset({"frames", "many_frames", "metric", "room"})
    forms = ("choice",)
    balanced = True
    margins_model = RoomShapeMargins
    margins: RoomShapeMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = TEMPLATES

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Pictures that show the walls together, another room, and a turn."""
        outline = ctx.scene.room.floor_polygon
        ids = ctx.singles
        if outline is None or len(ids) < 2 or not is_simple(outline):
            return
        seen = seen_walls(ctx, ids, outline)
        for _ in range(TRIES):
            order = [int(k) for k in rng.permutation(len(ids))]
            taken = order[:2]
            for k in order[2:]:
                if len(taken) >= 3 and seen[taken].any(axis=0).mean() >= self.margins.min_seen:
                    break
                if len(taken) < MAX_FRAMES:
                    taken.append(k)
            frames = (ids[taken[0]], *(ids[k] for k in sorted(taken[1:])))
            room = _from_camera(ctx, frames[0], outline)
            if self._fault(room, room) or seen[taken].any(axis=0).mean() < self.margins.min_seen:
                continue
            for _ in range(DRAWS):
                other = altered(room, rng)
                turn = TURNS[int(rng.integers(len(TURNS)))]
                if (
                    other is None
                    or self._fault(room, other)
                    or self._iou(room, other, turn) is None
                ):
                    continue
                plan = [int(k) for k in rng.permutation(PLANS)]
                yield Ask((), frames, {"other": other.tolist(), "turn": turn, "order": plan})
                break

    def _fault(self, room: Array, other: Array) -> str | None:
        """Return why an outline cannot stand for a room round the camera; None if it can."""
        if other.ndim != 2 or other.shape[1:] != (2,) or not is_simple(other):
            return "outline is no simple polygon"
        if not point_in_polygon(np.zeros(2), other):
            return "camera is outside the room"
        if float(distance_to_border(np.zeros(2), other)) < self.margins.min_inside_m:
            return "camera is too close to a wall"
        ratio = polygon_area(other) / polygon_area(room)
        if max(ratio, 1.0 / ratio) > self.margins.max_area_ratio:
            return "the other room is of quite another size"
        return None

    def _iou(self, room: Array, other: Array, turn: str) -> float | None:
        """Return the largest overlap of two plans; None if it is too large."""
        largest = max(
            polygon_iou(p, q) for p, q in itertools.combinations(_plans(room, other, turn), 2)
        )
        return largest if largest <= self.margins.max_iou else None

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The walls are seen, and no two plans can be confused."""
        outline = ctx.scene.room.floor_polygon
        if outline is None:
            return Drop("outline of the room is not known")
        turn, order = str(ask.detail["turn"]), [int(k) for k in ask.detail["order"]]
        if turn not in TURNS or sorted(order) != list(range(PLANS)):
            return Drop("puzzle is not valid")
        first = ctx.frame(ask.frames[0])
        if abs(math.degrees(math.asin(float(first.forward_world[2])))) > self.margins.max_pitch_deg:
            return Drop("first picture looks too steeply")
        room = _from_camera(ctx, ask.frames[0], outline)
        other = np.asarray(ask.detail["other"], dtype=np.float64)
        for plan in (room, other):
            fault = self._fault(room, plan)
            if fault is not None:
                return Drop(fault)
        seen = float(seen_walls(ctx, ask.frames, outline).any(axis=0).mean())
        if seen < self.margins.min_seen:
            return Drop("pictures show too little of the walls")
        iou = self._iou(room, other, turn)
        if iou is None:
            return Drop("two plans are too alike")
        return Fact(
            ask,
            quantity="largest_iou",
            label=f"Plan {order.index(0) + 1}",
            margin=min(seen / self.margins.min_seen, (1.0 - iou) / (1.0 - self.margins.max_iou))
            - 1.0,
            thresholds=self.margins.model_dump(),
            reference_frame=f"camera:{ask.frames[0]}",
            geometry="polygon",
            detail={
                "largest_iou": iou,
                "seen_walls": seen,
                "room": np.round(room, 3).tolist(),
                "walls_m": _walls_m(room),
            },
            steps=3,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The pictures, then four plans in the stored order."""
        detail = fact.ask.detail
        plans = _plans(np.array(fact.detail["room"]), np.array(detail["other"]), detail["turn"])
        order = [int(k) for k in detail["order"]]
        corners = np.concatenate(plans)
        low, high = corners.min(axis=0), corners.max(axis=0)
        x, y = (float(c) for c in (low + high) / 2)
        reach_m = 1.03 * float((high - low).max()) / 2
        drawn = []
        for number, k in enumerate(order, start=1):
            points = tuple((float(u), float(v)) for u, v in plans[k])
            png = draw_plan(points, f"Plan {number}", (x, y), reach_m)
            drawn.append(DrawnPicture(png, f"plan {number}"))
        pictures: tuple[Picture, ...] = (*(FramePicture(f) for f in fact.ask.frames), *drawn)
        text, template = self.phrase(ctx, "plan", rng)
        images = "<image>\n" * len(fact.ask.frames)
        options = tuple(f"Plan {k}" for k in range(1, PLANS + 1))
        listed = "\n".join(f"{option}: <image>" for option in options)
        return Draft(
            f"Pictures of a room:\n{images}{listed}\n{EXPLANATION} {text}",
            Choice(options, order.index(0), keep_order=True),
            template,
            pictures,
        )

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """How far the walls are from the first camera."""
        walls = ", ".join(f"{d:.1f} m {side}" for side, d in fact.detail["walls_m"].items())
        return [
            f"From the first camera, the walls are at these distances: {walls}.",
            f"The room's outline has {len(fact.detail['room'])} corners and an area of "
            f"{polygon_area(fact.detail['room']):.0f} m².",
        ]


def _from_camera(ctx: SceneContext, frame_id: str, outline: Array) -> Array:
    """Return the outline as (right, ahead) of a camera, counterclockwise."""
    view = ViewFrame(ctx.frame(frame_id))
    room = np.array([view.place(corner) for corner in outline])
    return room if signed_area(room) > 0 else room[::-1].copy()


def _plans(room: Array, other: Array, turn: str) -> list[Array]:
    return [room, turned(room, turn), other, turned(other, turn)]


def _walls_m(room: Array) -> dict[str, float]:
    """Return how far the nearest wall is from the camera in each of four directions."""
    border = shapely.LinearRing(room)
    reach = 2.0 * float(np.abs(room).max()) + 1.0
    found = {}
    for side, (x, y) in DIRECTIONS.items():
        cut = shapely.intersection(border, shapely.LineString([(0, 0), (x * reach, y * reach)]))
        found[side] = round(float(shapely.distance(shapely.Point(0, 0), cut)), 3)
    return found


TASK = RoomShape
