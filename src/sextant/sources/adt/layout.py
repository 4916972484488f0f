"""The text files of an Aria Digital Twin sequence, parsed and named where they are broken."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sextant.errors import CorruptInput, InputError
from sextant.geometry.transforms import rigid, rotation_from_quaternion
from sextant.scenes.checks import MAX_COORDINATE_M
from sextant.sources.documents import read_json_object, read_text

Array = NDArray[np.float64]
T = TypeVar("T")

VIDEO = "video.vrs"
DEPTH = "depth_images.vrs"
SEGMENTATION = "segmentations.vrs"
TRAJECTORY = "aria_trajectory.csv"

NEEDED = ("scene_objects.csv", "3d_bounding_box.csv", "instances.json")
"""Without these there are no objects; with them alone a sequence is a scene of boxes."""

FOR_FRAMES = (VIDEO, TRAJECTORY)
"""Without these there are no pictures."""

OPTIONAL = (*FOR_FRAMES, DEPTH, SEGMENTATION)

STATIC = -1
"""The timestamp that marks an object that never moves."""

RGB_STREAM = "214-1"
"""How tables name the RGB camera."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One entry of ``instances.json``; directions are in the object's own frame."""

    uid: int
    name: str
    model: str
    category: str
    is_human: bool
    up_object: Array | None
    front_object: Array | None


@dataclass(frozen=True, slots=True)
class Trajectory:
    """``aria_trajectory.csv``.

    Attributes:
        times_ns: (n,) int64, sorted.
        T_world_device: (n, 4, 4) in the file's own world.
        gravity_world: (3,) of the first row, in m/s2, in the file's own world.
    """

    times_ns: NDArray[np.int64]
    T_world_device: Array
    gravity_world: Array


def find_sequences(root: Path) -> dict[str, Path]:
    """Return sequence folders by name: the root itself or its children."""
    if (root / VIDEO).is_file() or (root / "scene_objects.csv").is_file():
        return {root.resolve().name: root}
    if not root.is_dir():
        return {}
    return {p.name: p for p in sorted(root.iterdir()) if (p / "scene_objects.csv").is_file()}


def read_instances(folder: Path) -> dict[int, Instance]:
    """Return the instances by their uid."""
    path = folder / "instances.json"
    found = {}
    for key, entry in read_json_object(path).items():
        try:
            pose = entry.get("canonical_pose") or {}
            uid = _whole(key)
            if uid < 0:
                raise ValueError("segmentations hold no negative ids")
            instance = Instance(
                uid=uid,
                name=str(entry["instance_name"]),
                model=str(entry["prototype_name"]),
                category=str(entry["category"]),
                is_human=entry.get("instance_type") == "human",
                up_object=_direction(pose.get("up_vector")),
                front_object=_direction(pose.get("front_vector")),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CorruptInput(
                "broken instance", where=f"{path.name}: {key}", got=repr(error)
            ) from error
        found[instance.uid] = instance
    return found


def read_object_poses(folder: Path) -> dict[int, list[tuple[int, Array]]]:
    """Return per uid the (timestamp_ns, T_world_object) pairs in time order.

    The quaternion columns are in w, x, y, z order (unlike the trajectory's), a timestamp of -1
    marks a static object, and the world is the file's own. A pose that is not finite comes back
    as NaN, for the caller to drop.
    """
    poses: dict[int, list[tuple[int, Array]]] = {}
    columns = ["t_wo_x[m]", "t_wo_y[m]", "t_wo_z[m]", "q_wo_w", "q_wo_x", "q_wo_y", "q_wo_z"]

    def parse(row: Mapping[str, str]) -> None:
        numbers = [float(row[c]) for c in columns]
        poses.setdefault(_whole(row["object_uid"]), []).append(
            (_whole(row["timestamp[ns]"]), _pose(numbers[:3], numbers[3:]))
        )

    _rows(folder / "scene_objects.csv", parse)
    return {uid: sorted(found, key=lambda p: p[0]) for uid, found in poses.items()}


def read_local_boxes(folder: Path) -> dict[int, Array]:
    """Return per uid the (2, 3) minimum and maximum of its box in the object frame, in metres."""
    boxes: dict[int, Array] = {}
    order = ["xmin", "ymin", "zmin", "xmax", "ymax", "zmax"]

    def parse(row: Mapping[str, str]) -> None:
        bounds = np.array([float(row[f"p_local_obj_{side}[m]"]) for side in order])
        boxes.setdefault(_whole(row["object_uid"]), bounds.reshape(2, 3))

    _rows(folder / "3d_bounding_box.csv", parse)
    return boxes


def read_visibility(folder: Path) -> list[tuple[int, int, float]]:
    """Return (timestamp_ns, uid, ratio) of the RGB stream from ``2d_bounding_box.csv``.

    The header calls the ratio a percentage; its values are 0..1.
    """
    found: list[tuple[int, int, float]] = []

    def parse(row: Mapping[str, str]) -> None:
        if row["stream_id"] == RGB_STREAM:
            ratio = float(row["visibility_ratio[%]"])
            if not 0.0 <= ratio <= 1.0:
                raise ValueError(f"visibility ratio {ratio} is not within 0..1")
            found.append((_whole(row["timestamp[ns]"]), _whole(row["object_uid"]), ratio))

    _rows(folder / "2d_bounding_box.csv", parse)
    return found


def read_trajectory(folder: Path) -> Trajectory:
    """Return the device poses; the quaternion columns are in x, y, z, w order."""
    times: list[int] = []
    poses: list[Array] = []
    gravity: list[list[float]] = []

    def parse(row: Mapping[str, str]) -> None:
        x, y, z, w = (float(row[f"q{a}_world_device"]) for a in "xyzw")
        times.append(_whole(row["tracking_timestamp_us"] + "000"))
        poses.append(_pose([float(row[f"t{a}_world_device"]) for a in "xyz"], [w, x, y, z]))
        gravity.append([float(row[f"gravity_{a}_world"]) for a in "xyz"])

    path = folder / TRAJECTORY
    _rows(path, parse)
    if not times:
        raise CorruptInput("trajectory is empty", where=path)
    order = np.argsort(times, kind="stable")
    return Trajectory(np.array(times)[order], np.array(poses)[order], np.array(gravity[order[0]]))


def _whole(word: str) -> int:
    number = int(word)
    if not -(2**63) <= number < 2**63:
        raise ValueError(f"{word[:40]} is no 64-bit integer")
    return number


def _rows(path: Path, parse: Callable[[Mapping[str, str]], None]) -> None:
    reader = csv.DictReader(read_text(path).splitlines(), strict=True)
    try:
        for row in reader:
            parse(row)
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise CorruptInput(
            "broken row or missing column",
            where=f"{path.name}: line {reader.line_num}",
            got=repr(error)[:200],
        ) from error


def _pose(translation: list[float], wxyz: list[float]) -> Array:
    with np.errstate(over="ignore"):
        norm = float(np.linalg.norm(wxyz))
    if not abs(norm - 1.0) <= 1e-3 or not np.all(np.abs(translation) < MAX_COORDINATE_M):
        return np.full((4, 4), np.nan)
    return rigid(rotation_from_quaternion(wxyz), translation)


def _direction(value: Any) -> Array | None:
    if value is None:
        return None
    vector = np.array([float(x) for x in value])
    with np.errstate(over="ignore"):
        norm = float(np.linalg.norm(vector))
    return vector / norm if vector.shape == (3,) and np.isfinite(norm) and norm > 0 else None
