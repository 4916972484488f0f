"""mm.box3d: the upright 3D box of an object in the camera's frame, as JSON.

The answer is ``{"center": [x, y, z], "size": [length, width, height], "yaw": angle}``:

- ``center``: the box's centre in the camera's axes (OpenCV: x right, y down, z forward), metres.
- ``size``: full side lengths in metres. Height is along the box axis nearest the vertical, length
  is the longer and width the shorter of the other two.
- ``yaw``: angle about the world's up direction, in degrees, from the camera's heading (its forward
  axis projected to the floor plane) to the length axis (projected likewise). Positive is
  counterclockwise seen from above. A box has no front here: the angle is taken modulo 180 and
  written in (-90, 90].

Together with the camera's pose this gives the box back; the test does that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sextant.geometry.boxes import OrientedBox
from sextant.geometry.directions import heading, wrap
from sextant.questions.answers import JsonAnswer
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.references import refer
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task
from sextant.scenes import Frame
from sextant.tasks.mm._box3d_phrasings import BOX_TEMPLATES, RULE
from sextant.tasks.mm._subjects import MIN_IN_FRAME, point_out, subjects

NO_BOXES = frozenset({"person"})
"""Their boxes depend on how the arms are held, and have no sides that can be seen."""


class Box3dMargins(Margins):
    """Thresholds of mm.box3d."""

    max_tilt_deg: float = Field(10.0, description="boxes tilted more do not stand upright")
    min_in_frame: float = Field(MIN_IN_FRAME, description="share of the object inside the frame")
    min_visible: float = Field(0.5, description="v of the object: well visible, not half hidden")
    min_side_ratio: float = Field(
        1.25, description="length over width; below it nobody can tell which side is which"
    )
    min_pixel_share: float = Field(
        0.004, description="share of the picture that shows it; of less the yaw cannot be seen"
    )
    min_side_m: float = Field(0.01, description="shorter sides would be written as almost zero")
    max_pitch_deg: float = Field(
        60.0, description="a camera that looks steeper up or down has no clear heading"
    )


class CameraBox(NamedTuple):
    """An upright box as a camera sees it.

    Attributes:
        center_m: (3,) centre in camera coordinates, metres.
        size_m: Length, width and height in metres.
        yaw_deg: From the camera's heading to the length axis, in (-90, 90].
    """

    center_m: NDArray[np.float64]
    size_m: tuple[float, float, float]
    yaw_deg: float


class Box3d(Task):
    """Where an object is, how large, and how it is turned, in the axes of the camera."""

    id = "mm.box3d"
    needs = frozenset({"objects", "metric", "frames"})
    forms = ("json",)
    margins_model = Box3dMargins
    margins: Box3dMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {"box": BOX_TEMPLATES}

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Objects of single pictures, in random order."""
        for shot in shots(ctx, rng, video=False):
            pool = subjects(ctx, ctx.view(shot.frames))
            for k in rng.permutation(len(pool))[: shot.candidates].tolist():
                yield Ask((pool[k],), shot.frames)

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Centre, sides and yaw of an upright, well visible box that is longer than wide."""
        (a,), (frame_id,) = ask.objects, ask.frames
        called = point_out(ctx, ask)
        if isinstance(called, Drop):
            return called
        if ctx.categories[a] in NO_BOXES:
            return Drop("nobody would put a box around it along its sides")
        limits, frame, box = self.margins, ctx.frame(frame_id), ctx.object(a).box
        tilt_deg = math.degrees(box.tilt_rad)
        if tilt_deg >= limits.max_tilt_deg:
            return Drop("object is tilted")
        pitch_deg = math.degrees(math.asin(min(1.0, abs(float(frame.forward_world[2])))))
        if pitch_deg > limits.max_pitch_deg:
            return Drop("camera looks too steeply up or down")
        seen = ctx.visibility.view(frame_id, a)
        if seen.in_frame_ratio < limits.min_in_frame:
            return Drop("too little of the object is inside the frame")
        pixels = frame.camera.width * frame.camera.height
        if seen.pixel_count < limits.min_pixel_share * pixels:
            return Drop("object is too small in the picture")
        if seen.visible_ratio < limits.min_visible:
            return Drop("too much of the object is hidden")
        found = in_camera(box, frame)
        length_m, width_m, height_m = found.size_m
        if min(width_m, height_m) < limits.min_side_m:
            return Drop("size would be written as zero")
        ratio = length_m / width_m
        if ratio < limits.min_side_ratio:
            return Drop("footprint is nearly square")
        return Fact(
            ask,
            quantity="camera_box",
            margin=min(1.0 - tilt_deg / limits.max_tilt_deg, ratio / limits.min_side_ratio - 1.0),
            thresholds=limits.model_dump(),
            reference_frame=f"camera:{frame_id}",
            detail={
                "center_m": found.center_m.tolist(),
                "size_m": list(found.size_m),
                "yaw_deg": found.yaw_deg,
                "pitch_deg": pitch_deg,
                "tilt_deg": tilt_deg,
            },
            steps=3,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The definition of the three fields, and their values as JSON."""
        called = refer(ctx, ctx.view(fact.ask.frames), fact.ask.objects)
        if isinstance(called, Drop):
            return called
        text, template = self.phrase(ctx, "box", rng, a=called.the(fact.ask.objects[0]))
        answer = written(fact.detail["center_m"], fact.detail["size_m"], fact.detail["yaw_deg"])
        return Draft(text + RULE, JsonAnswer(answer), template, called.pictures, called.names)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The centre along the three axes, the three sides, and how the longer one runs."""
        name = names[fact.ask.objects[0]]
        x, y, z = fact.detail["center_m"]
        length, width, height = fact.detail["size_m"]
        yaw = written_yaw(fact.detail["yaw_deg"])
        if yaw in (0, 90):
            turned = "runs straight across the view" if yaw else "runs along the viewing direction"
        else:
            side = "left" if yaw > 0 else "right"
            turned = f"is turned {abs(yaw)} degrees to the {side} of the viewing direction"
        return [
            f"The middle of the {name} lies {z:.2f} m ahead of the camera along its axis, "
            f"{abs(x):.2f} m to the {'right' if x >= 0 else 'left'} of that axis and "
            f"{abs(y):.2f} m {'below' if y >= 0 else 'above'} it.",
            f"Seen from above it covers {length:.2f} m by {width:.2f} m, and it is {height:.2f} m "
            "high.",
            f"Its longer side {turned}.",
        ]


def in_camera(box: OrientedBox, frame: Frame) -> CameraBox:
    """Return an upright box in a camera's frame; see the head of this module."""
    T = frame.T_world_camera
    center_m = T[:3, :3].T @ (box.center - T[:3, 3])
    flat = [k for k in range(3) if k != box.vertical_axis]
    first, second = sorted(flat, key=lambda k: -float(box.size_m[k]))
    size_m = (
        float(box.size_m[first]),
        float(box.size_m[second]),
        float(box.size_m[box.vertical_axis]),
    )
    turn_rad = heading(box.R_world_box[:, first]) - heading(frame.forward_world)
    return CameraBox(center_m, size_m, half_turn(math.degrees(wrap(turn_rad))))


def half_turn(angle_deg: float) -> float:
    """Map an angle to the one in (-90, 90] that differs by a multiple of 180 degrees.

    >>> half_turn(120.0), half_turn(-90.0)
    (-60.0, 90.0)
    """
    angle = math.remainder(angle_deg, 180.0)
    return 90.0 if angle == -90.0 else angle


def written_yaw(yaw_deg: float) -> int:
    """Return whole degrees in (-90, 90]: what rounds to -90 is written as 90."""
    return round(half_turn(float(round(yaw_deg))))


def written(center_m: list[float], size_m: list[float], yaw_deg: float) -> dict[str, object]:
    """Return the answer: metres with two decimals, whole degrees, no negative zeros."""
    return {
        "center": [round(c, 2) + 0.0 for c in center_m],
        "size": [round(s, 2) for s in size_m],
        "yaw": written_yaw(yaw_deg),
    }


TASK = Box3d
