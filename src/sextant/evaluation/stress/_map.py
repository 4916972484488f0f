"""What the evidence of a question says of space, as a map in words.

Positions and sizes only: nothing that was computed from them for the answer. The frame is that of
the camera that the question refers to where the evidence holds it (right, ahead over the floor,
up), else one with the world's axes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.evaluation.items import Item

Array = NDArray[np.float64]

QUANTITIES = frozenset({
    "surface_distance_m", "is_taller", "gap_over_extent", "height_ratio", "length_ratio",
    "volume_ratio", "vertical_order", "between", "fits", "camera_distance_m",
    "camera_distance_order", "camera_axis_direction", "direction_deg", "compass_direction_deg",
    "object_in_direction", "turns", "direction_from_first_camera", "height_from_first_camera",
    "camera_bearing_deg", "camera_displacement_m", "camera_translation_direction", "grid_cells",
})  # fmt: skip
"""What boxes and cameras decide without being it: no counts (the entries of the map would be the
answer), no single sizes or boxes (they would stand in it), no fronts, points or 2D positions (which
the evidence holds only as results)."""

CAMERA_QUANTITIES = frozenset({
    "camera_bearing_deg", "camera_displacement_m", "camera_translation_direction",
})  # fmt: skip
"""Those about two cameras and no object."""

MAX_TILT_RAD = math.radians(10.0)
MAX_ROLL_RAD = math.radians(5.0)
ORDINALS = ("first", "second")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True, eq=False)
class MapFrame:
    """World to map: right, ahead, up.

    Attributes:
        origin: (3,) world point at (0, 0, 0).
        axes: (3, 3) rows are the map's axes in the world.
        camera: Frame id of the camera at the origin, None if there is none.
    """

    origin: Array
    axes: Array
    camera: str | None

    def place(self, point_world: Array) -> Array:
        """Return (3,) map coordinates of a world point."""
        return np.asarray(self.axes @ (point_world - self.origin))


def map_text(item: Item, evidence: Mapping[str, Any]) -> str | None:
    """Return the map of a question's evidence, None where it must not or cannot be drawn.

    Args:
        item: The question, without regard to the order of its options.
        evidence: As ``docs/architecture.md`` describes it.

    Raises:
        KeyError, TypeError, ValueError: If the evidence is not as described.
    """
    return None if why_no_map(item, evidence) else _drawn(evidence)


def why_no_map(item: Item, evidence: Mapping[str, Any]) -> str | None:
    """Return why a question gets no map, None if it can have one.

    Raises:
        KeyError, TypeError, ValueError: If the evidence is not as described.
    """
    quantity, reference = evidence["quantity"], str(evidence["reference_frame"])
    if quantity not in QUANTITIES:
        return "a map would hold the answer or would not decide it"
    if quantity == "compass_direction_deg" and reference == "floor":
        return "a map would hold the answer or would not decide it"  # the room's middle decides
    cameras = evidence["T_world_camera"]
    if quantity in CAMERA_QUANTITIES:
        if len(cameras) != 2:
            return "the evidence holds no two cameras"
    elif not evidence["objects"]:
        return "the question is about no object"
    if reference.startswith("camera:") and reference.removeprefix("camera:") not in cameras:
        return "the evidence does not hold the camera that the question refers to"
    names = [_name(evidence, o) for o in dict.fromkeys(evidence["objects"])]
    if "" in names or len(set(names)) < len(names):
        return "an object has no name, or two have the same"
    if any(abs(_roll(_pose(camera))) > MAX_ROLL_RAD for camera in cameras.values()):
        return "a camera is rolled"
    listed = [option in names for option in item.options or ()]
    if any(listed) and not all(listed):
        return "the map would name some of the options only"
    if _holds(_drawn(evidence), item):
        return "a number of the map is the answer"
    return None


def _drawn(evidence: Mapping[str, Any]) -> str:
    frame = _map_frame(evidence)
    lines = [_legend(evidence, frame)]
    # By name: the order in the evidence follows the options, or what was measured.
    for name, object_id in sorted((_name(evidence, o), o) for o in set(evidence["objects"])):
        lines.append(f"- {name}: {_box(evidence['boxes'][object_id], frame)}")
    for k, (frame_id, camera) in enumerate(_cameras(evidence)):
        if frame_id != frame.camera and frame.camera is not None:
            lines.append(f"- camera of the {ORDINALS[k]} picture: {_camera(camera, frame)}")
    return "\n".join(lines)


def _name(evidence: Mapping[str, Any], object_id: str) -> str:
    return " ".join(str(evidence["names"].get(object_id, "")).split())


def _cameras(evidence: Mapping[str, Any]) -> list[tuple[str, Sequence[float]]]:
    """Return the cameras in the order of the pictures; evidence holds those of at most two."""
    held = evidence["T_world_camera"]
    return [(f, held[f]) for f in dict.fromkeys(evidence["frames"]) if f in held][: len(ORDINALS)]


def _map_frame(evidence: Mapping[str, Any]) -> MapFrame:
    cameras = dict(_cameras(evidence))
    wanted = str(evidence["reference_frame"]).removeprefix("camera:")
    camera = wanted if wanted in cameras else next(iter(cameras), None)
    if camera is not None:
        pose = _pose(cameras[camera])
        ahead = pose[:2, 2] / np.linalg.norm(pose[:2, 2])
        axes = np.array([[ahead[1], -ahead[0], 0.0], [ahead[0], ahead[1], 0.0], [0.0, 0.0, 1.0]])
        return MapFrame(pose[:, 3], axes, camera)
    boxes = [evidence["boxes"][o] for o in evidence["objects"]]
    centers = np.array([box["center"] for box in boxes], dtype=np.float64)
    origin = centers.mean(axis=0)
    origin[2] = min(c[2] - _half_height(b) for c, b in zip(centers, boxes, strict=True))
    return MapFrame(origin, np.eye(3), None)


def _legend(evidence: Mapping[str, Any], frame: MapFrame) -> str:
    cameras = _cameras(evidence)
    if frame.camera is None:
        where = "x and y lie in the floor plane, z points up from the lowest of these things"
    else:
        place = [f for f, _ in cameras].index(frame.camera)
        of = f"the camera of the {ORDINALS[place]} picture" if len(cameras) > 1 else "the camera"
        pitch = _degrees(math.asin(float(np.clip(_pose(dict(cameras)[frame.camera])[2, 2], -1, 1))))
        where = (
            f"{of} is at (0, 0, 0) and looks along y, {_slope(pitch)}; x points to its right, y "
            "straight ahead over the floor, z up"
        )
    objects = (
        " Objects have a center, a length, width and height, and the angle by which the length is "
        "turned from x towards y."
        if evidence["objects"]
        else ""
    )
    return f"Map in meters and degrees; {where}.{objects}"


def _box(box: Mapping[str, Any], frame: MapFrame) -> str:
    center = frame.place(np.array(box["center"], dtype=np.float64))
    size = np.array(box["size_m"], dtype=np.float64)
    axes = frame.axes @ np.array(box["R"], dtype=np.float64).reshape(3, 3)
    upright = int(np.argmax(np.abs(axes[2])))
    if abs(axes[2, upright]) < math.cos(MAX_TILT_RAD):
        # A tilted box has no length on the floor: the upright box around it.
        sides, turn = np.abs(axes) @ size, 0.0
        length, width, height = (float(s) for s in sides)
    else:
        a, b = (k for k in range(3) if k != upright)
        longer, shorter = (a, b) if size[a] >= size[b] else (b, a)
        length, width, height = float(size[longer]), float(size[shorter]), float(size[upright])
        turn = math.atan2(float(axes[1, longer]), float(axes[0, longer]))
    # The two ends of a box are not told apart.
    angle = _degrees(turn) % 180
    return (
        f"center {_point(center)}, length {length:.2f}, width {width:.2f}, height {height:.2f}, "
        f"turned {angle}"
    )


def _camera(camera: Sequence[float], frame: MapFrame) -> str:
    pose = _pose(camera)
    forward = frame.axes @ pose[:, 2]
    heading = _degrees(math.atan2(float(forward[1]), float(forward[0]))) % 360
    pitch = _degrees(math.asin(float(np.clip(forward[2], -1, 1))))
    place = _point(frame.place(pose[:, 3]))
    return f"at {place}, looks {heading} degrees from x towards y, {_slope(pitch)}"


def _slope(pitch: int) -> str:
    return "level" if pitch == 0 else f"{abs(pitch)} degrees {'up' if pitch > 0 else 'down'}"


def _point(place: Array) -> str:
    # Adding zero turns -0.0 into 0.0.
    return "(" + ", ".join(f"{round(float(c), 2) + 0.0:.2f}" for c in place) + ")"


def _degrees(angle_rad: float) -> int:
    return round(math.degrees(angle_rad))


def _half_height(box: Mapping[str, Any]) -> float:
    up = np.array(box["R"], dtype=np.float64).reshape(3, 3)[2]
    return float(np.abs(up) @ np.array(box["size_m"], dtype=np.float64)) / 2


def _pose(camera: Sequence[float]) -> Array:
    """Return (3, 4) ``T_world_camera``; its columns are right, down, forward and the centre."""
    return np.array(camera, dtype=np.float64).reshape(3, 4)


def _roll(pose: Array) -> float:
    return math.asin(float(np.clip(pose[2, 0], -1.0, 1.0)))


def _holds(text: str, item: Item) -> bool:
    """Tell whether a number of the map is the numeric truth, to the map's two decimals.

    Options without digits are not answered with a number.
    """
    words = item.options is not None and not any(map(_NUMBER.search, item.options))
    if item.value is None or words:
        return False
    value = abs(item.value) / (100.0 if item.unit == "cm" else 1.0)
    entries = text.split("\n")[1:]
    numbers = (abs(float(n)) for line in entries for n in _NUMBER.findall(line))
    return any(abs(n - value) < 0.0051 for n in numbers)
