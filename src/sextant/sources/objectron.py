"""Objectron: short videos round one or a few things, with oriented boxes and AR cameras.

Conventions of the files, as the official notebooks use them:

- ``annotations/<class>/batch-<i>/<j>.pbdata`` is one protocol buffer message (``Sequence``).
- The AR world is right-handed, y up, metres. ``view_matrix`` is world-to-camera in OpenGL axes of
  the LANDSCAPE sensor; ``projection_matrix`` projects from there to -1..1. ``image_resolution`` is
  the sensor's too, while the videos stand PORTRAIT: the picture is the sensor's, turned a quarter
  clockwise. A landscape picture is taken as the sensor's own.
- An object's box is rotation * scale * (+-1/2) + translation: full lengths, R row by row.
- The videos' frames are not unpacked here; docs/sources.md has the ffmpeg line that does it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.geometry.axes import R_ZUP_YUP, pose_from_opengl, pose_from_yup
from sextant.geometry.transforms import invert
from sextant.scenes import Camera, Frame, Scene, SceneObject
from sextant.scenes.checks import project_pose
from sextant.sources.boxes import checked_box
from sextant.sources.documents import read_text
from sextant.sources.facts import DatasetFacts, Part, nothing_found
from sextant.sources.images import image_size, read_rgb
from sextant.sources.protobuf import double, floats, integer, messages, text
from sextant.sources.quarantine import Quarantine
from sextant.sources.resampling import turned_camera, turned_pose
from sextant.sources.source import Source, SourceOptions
from sextant.sources.vocabulary import canonical_name

Array = NDArray[np.float64]

NAME = "objectron"

FACTS = DatasetFacts(
    title="Objectron",
    licence="C-UDA 1.0 (Objectron)",
    page="https://github.com/google-research-datasets/Objectron",
    terms="Computational Use of Data Agreement 1.0",
    parts=(
        Part("annotations", "boxes, cameras"),
        Part("videos, their frames unpacked", "pictures", "1.9 TB", needed=False),
        Part("index", "the official split", "", needed=False),
    ),
    layout=(
        "<root>/annotations/<class>/batch-<i>/<j>.pbdata",
        "<root>/videos/<class>/batch-<i>/<j>/frames/<frame_id of six digits>.{jpg,png}",
        "<root>/index/<class>_annotations_{train,test}",
    ),
    supports=frozenset({"objects", "metric", "frames", "many_frames", "video"}),
    splits="index files: train and test",
    countable="nothing: only the things the video is about have boxes",
)

MAX_BYTES = 256 * 1024 * 1024
_CLOCKWISE = -1
_SAMPLE = re.compile(r"[a-z_]+/batch-\d+/\d+")
_LOST = 1
_BOX = 1


@dataclass(slots=True)
class ObjectronSource:
    """The annotated videos under a root."""

    root: Path
    annotations: Mapping[str, Path]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return ``<class>/batch-<i>/<j>``, sorted."""
        return tuple(self.annotations)

    def open(self, scene_id: str) -> Scene:
        """Read one video's boxes and cameras; pictures stay unread.

        Raises:
            InputError: If the annotation is broken.
        """
        if scene_id not in self.annotations:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return _open_sequence(self.root, self.annotations[scene_id], scene_id)

    def describe(self) -> str:
        """Say what was found."""
        classes = {i.partition("/")[0] for i in self.annotations}
        return f"Objectron: {len(self.annotations)} videos of {len(classes)} classes"


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open the folder that holds annotations/ and videos/.

    Raises:
        MissingInput: If no annotation is found there.
    """
    found = {}
    base = None if root is None else root / "annotations"
    if base is not None:
        for path in sorted(base.glob("*/batch-*/*.pbdata")):
            name = path.relative_to(base).as_posix()[: -len(".pbdata")]
            if _SAMPLE.fullmatch(name):
                found[name] = path
    if root is None or not found:
        raise nothing_found(NAME, FACTS, root, "annotations/<class>/batch-<i>/<j>.pbdata")
    return ObjectronSource(root, dict(list(found.items())[: options.scenes]))


def sensor_camera(projection: Array, width: int, height: int) -> Camera:
    """Return the OpenCV pinhole of an OpenGL projection matrix, centres of pixels at halves.

    Args:
        projection: (4, 4) as stored: clip = projection * (x, y, z, 1), camera looking along -z.
        width: Of the sensor's picture.
        height: Of the sensor's picture.
    """
    return Camera(
        width,
        height,
        float(projection[0, 0]) * width / 2,
        float(projection[1, 1]) * height / 2,
        (1.0 - float(projection[0, 2])) * width / 2,
        (1.0 + float(projection[1, 2])) * height / 2,
    )


def _open_sequence(root: Path, path: Path, scene_id: str) -> Scene:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CorruptInput("annotation is too large", where=path, expected=MAX_BYTES)
        data = path.read_bytes()
    except OSError as error:
        raise CorruptInput("annotation cannot be read", where=path, got=error) from error
    boxes = Quarantine("objects")
    objects = [
        o
        for _, o in boxes.sift(
            enumerate(messages(data, 1, path)), lambda e: _object(e[1], f"{path}: objects[{e[0]}]")
        )
        if o is not None
    ]
    boxes.check()
    frames, notes = _frames(root / "videos" / scene_id / "frames", data, path)
    split, guess = _split(root / "index", scene_id)
    return Scene(
        id=scene_id,
        source=NAME,
        split=split,
        license=FACTS.licence,
        objects=tuple(sorted(objects, key=lambda o: o.id)),
        frames=frames,
        notes=notes | boxes.notes | ({"split": guess} if guess else {}),
    )


def _object(data: bytes, where: str) -> SceneObject | None:
    if (integer(data, 3, where) or 0) not in (0, _BOX):
        return None
    category = text(data, 2, where)
    if not category or not category.strip():
        raise CorruptInput("object has no category", where=where)
    R, t, size = (
        _shaped(floats(data, number, where), shape, f"{where}: {name}")
        for number, shape, name in (
            (4, (3, 3), "rotation"), (5, (3,), "translation"), (6, (3,), "scale")
        )
    )  # fmt: skip
    box, _ = checked_box(R_ZUP_YUP @ t, size, R_ZUP_YUP @ R, where)
    name = canonical_name(category)
    number = integer(data, 1, where) or 0
    return SceneObject(f"{number}_{name.replace(' ', '_')}", name, box)


def _frames(folder: Path, data: bytes, path: Path) -> tuple[tuple[Frame, ...], dict[str, str]]:
    pictures = {
        int(p.stem): p
        for p in (folder.iterdir() if folder.is_dir() else ())
        if p.suffix in (".jpg", ".png") and re.fullmatch(r"\d{1,9}", p.stem)
    }
    sizes: dict[str, tuple[int, int]] = {}
    quarantine = Quarantine("frames")
    lost = absent = 0
    start_s: float | None = None

    def read(entry: tuple[int, bytes]) -> Frame | None:
        nonlocal lost, absent, start_s
        number, message = entry
        where = f"{path}: frame_annotations[{number}]"
        frame_id = integer(message, 1, where) or 0
        time = double(message, 4, where)
        camera = next(messages(message, 3, where), b"")
        if integer(camera, 1, where) == _LOST:
            lost += 1
            return None
        if frame_id not in pictures:
            absent += 1
            return None
        picture = pictures[frame_id]
        size = sizes.setdefault("", image_size(picture)) if not sizes else sizes[""]
        view = _shaped(floats(camera, 9, where), (4, 4), f"{where}: view_matrix")
        projection = _shaped(floats(camera, 8, where), (4, 4), f"{where}: projection_matrix")
        view[3] = (0.0, 0.0, 0.0, 1.0)
        exact, _ = project_pose(view, where=where)
        pose = pose_from_yup(pose_from_opengl(invert(exact)))
        # A picture that stands is the sensor's turned clockwise; one that lies is the sensor's.
        quarters = _CLOCKWISE if size[0] < size[1] else 0
        lying = size[::-1] if quarters else size
        stated = [integer(camera, n, where) for n in (5, 6)]
        if stated[0] and stated[1]:
            _check_ratio(lying, (stated[0], stated[1]), where)
        lens = turned_camera(sensor_camera(projection, *lying), quarters)
        pose = project_pose(turned_pose(pose, quarters), where=where)[0]
        if time is not None and math.isfinite(time) and start_s is None:
            start_s = time
        since_s = None
        if time is not None and start_s is not None and math.isfinite(time):
            since_s = max(0.0, time - start_s)
        return Frame(
            id=f"{frame_id:06d}",
            camera=lens,
            T_world_camera=pose,
            timestamp_s=since_s,
            read_rgb=partial(read_rgb, picture, size),
        )  # fmt: skip

    found = [f for _, f in quarantine.sift(enumerate(messages(data, 2, path)), read) if f]
    quarantine.check()
    counts = {"frames_without_pose": lost, "frames_without_files": absent}
    return tuple(found), {k: str(n) for k, n in counts.items() if n} | quarantine.notes


def _check_ratio(lying: tuple[int, int], stated: tuple[int, int], where: str) -> None:
    if abs(lying[0] * stated[1] - lying[1] * stated[0]) > 0.01 * lying[0] * stated[1]:
        raise ConventionError(
            "picture has another shape than the sensor",
            where=where,
            expected=f"{stated[0]}x{stated[1]}, scaled or turned",
            got=f"{lying[0]}x{lying[1]}",
            hint="the cropped 640x480 records have no cameras of their own: unpack the videos",
        )


def _shaped(numbers: Array, shape: tuple[int, ...], where: str) -> Array:
    if numbers.size != math.prod(shape):
        raise CorruptInput("wrong count of numbers", where=where, got=numbers.size)
    if not np.all(np.isfinite(numbers)):
        raise ConventionError("holds NaN or infinity", where=where)
    return numbers.reshape(shape)


def _split(folder: Path, scene_id: str) -> tuple[str, str]:
    name = scene_id.partition("/")[0]
    for split in ("test", "train"):
        path = folder / f"{name}_annotations_{split}"
        if path.is_file() and scene_id in read_text(path).split():
            return split, ""
    return "train", "guessed: no index file names the video"
