"""What the labels say of one camera: its lens, its pose, and the things it shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.geometry.rotations import rotation_from_euler
from sextant.geometry.transforms import rigid
from sextant.scenes import Camera
from sextant.scenes.checks import project_pose
from sextant.sources.boxes import vector
from sextant.sources.documents import resolve_inside
from sextant.sources.images import image_size
from sextant.sources.quarantine import Quarantine

Array = NDArray[np.float64]

_CAMERA = re.compile(r"[1-9]\d?")

Labels = tuple[str, Mapping[str, Any], Mapping[str, Any]]
"""A scene's split, its record, and the intrinsics that its cameras share with other scenes."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One thing as one camera shows it.

    Attributes:
        id: Shared by all cameras of the scene.
        box: Left, top, right, bottom in pixels.
        category: ``cls`` of the labels, a number or a word as stored.
        kind: ``subcls``: one of the 120 products.
    """

    id: str
    box: tuple[float, float, float, float]
    category: str
    kind: str


@dataclass(frozen=True, slots=True)
class View:
    """A camera before its world is turned."""

    number: str
    camera: Camera
    picture: Path
    T_reference_camera: Array
    instances: tuple[Instance, ...]


def read_views(scene_id: str, root: Path, labels: Labels) -> tuple[list[View], Quarantine]:
    """Return the cameras of a scene in order of their numbers, and what was wrong with others.

    Args:
        scene_id: The scene's name, as its pictures have it.
        root: The folder of labels/ and images/.
        labels: What the labels say of the scene.

    Raises:
        InputError: If the record is broken, or more than a fifth of its cameras are.
    """
    split, record, intrinsics = labels
    where = f"{root}/labels/{split}.json: {scene_id}"
    cameras = record.get("cameras")
    if not isinstance(cameras, Mapping):
        raise CorruptInput("scene has no cameras", where=where)
    numbers = sorted((n for n in cameras if _CAMERA.fullmatch(n)), key=int)
    quarantine = Quarantine("cameras")

    def read(number: str) -> View:
        place = f"{where}: camera {number}"
        entry = cameras[number]
        if not isinstance(entry, Mapping):
            raise CorruptInput("camera is no JSON object", where=place)
        own = entry.get("intrinsics", intrinsics.get(number))
        K = _intrinsics(own, place)
        six = vector(entry, "extrinsics", 6, place)
        T = rigid(rotation_from_euler(six[[5, 4, 3]], "zyx"), six[:3])
        picture = resolve_inside(root / "images", f"{scene_id}-0{number}.jpg", place)
        things = entry.get("instances", {})
        if not isinstance(things, Mapping):
            raise CorruptInput("instances are no JSON object", where=place)
        try:
            camera = Camera(
                *image_size(picture), *(float(K[i]) for i in ((0, 0), (1, 1), (0, 2), (1, 2)))
            )
        except ConventionError as error:
            raise ConventionError(error.what, where=place, got=error.got) from error
        instances = tuple(_instance(str(i), t, f"{place}: {i}") for i, t in things.items())
        return View(number, camera, picture, project_pose(T, where=place)[0], instances)

    views = [v for _, v in quarantine.sift(numbers, read)]
    if views or not all(isinstance(e, MissingInput) for e in quarantine.errors):
        quarantine.check()
    return views, quarantine


def _intrinsics(value: Any, where: str) -> Array:
    try:
        K = np.array(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptInput("intrinsics are no numbers", where=where, got=repr(error)) from error
    if K.shape not in ((9,), (3, 3)):
        raise CorruptInput("intrinsics are not 3x3", where=where, got=K.shape)
    return K.reshape(3, 3)


def _instance(number: str, record: Any, where: str) -> Instance:
    left, top, right, bottom = vector(record, "pos", 4, where)
    if not (np.isfinite([left, top, right, bottom]).all() and left < right and top < bottom):
        raise ConventionError("box has no area", where=where, got=[left, top, right, bottom])
    box = (float(left), float(top), float(right), float(bottom))
    names = (n if isinstance(n := record.get(key), str) else "" for key in ("cls", "subcls"))
    return Instance(number, box, *names)
