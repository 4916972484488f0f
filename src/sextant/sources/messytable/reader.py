"""Turn labelled tables into scenes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.geometry.projection import project
from sextant.geometry.rotations import rotation_from_euler
from sextant.geometry.transforms import invert, rigid, transform_points
from sextant.scenes import Camera, Frame, Scene, SeenThing, Sighting
from sextant.scenes.checks import project_pose
from sextant.sources.boxes import vector
from sextant.sources.documents import read_json_object, resolve_inside
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.images import image_size, read_rgb
from sextant.sources.landmarks import known_ids
from sextant.sources.quarantine import Quarantine
from sextant.sources.source import Source, SourceOptions
from sextant.sources.upright import mean_up, moved, turn_to_z_up

Array = NDArray[np.float64]

NAME = "messytable"

FACTS = DatasetFacts(
    title="MessyTable",
    licence="MessyTable (code MIT; terms of the images are not stated: non-commercial research)",
    page="https://caizhongang.github.io/projects/MessyTable/",
    terms="none beyond the download; ask the authors before any other use than research",
    parts=(
        Part("MessyTable.zip: labels/", "cameras and 2D boxes with shared ids"),
        Part("MessyTable.zip: images/", "nine pictures a scene", "22 GB"),
    ),
    layout=(
        "<root>/labels/{train,val,test}.json",
        "<root>/images/<scene>-0<camera>.jpg",
    ),
    supports=frozenset({"frames", "many_frames", "metric", "instances"}),
    splits="labels/train.json, val.json, test.json",
    countable="nothing: there are no objects",
)

SPLITS = ("train", "val", "test")
SNAP_COSINE = float(np.cos(np.radians(10.0)))
MAX_OFF = 0.05
"""Median distance of triangulated centres from their boxes, in picture widths."""

METRES = (0.15, 8.0)
MILLIMETRES = (600.0, 8000.0)
"""Median distance between two cameras around a table, in either unit; centimetres and anything
else fall between or outside."""

MIN_POINTS = 4
_CAMERA = re.compile(r"[1-9]\d?")


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
class _View:
    number: str
    camera: Camera
    picture: Path
    T_reference_camera: Array
    instances: tuple[Instance, ...]


@dataclass(slots=True)
class MessytableSource:
    """The labelled scenes found under a root."""

    root: Path
    records: Mapping[str, tuple[str, Mapping[str, Any], Mapping[str, Any]]]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return the names of the scenes, sorted."""
        return tuple(self.records)

    def open(self, scene_id: str) -> Scene:
        """Read a scene's cameras and boxes, and the sizes of its pictures.

        Raises:
            InputError: If a record is broken, or poses and boxes contradict each other.
        """
        if scene_id not in self.records:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return _open(scene_id, self)

    def instances(self, scene_id: str) -> dict[str, tuple[Instance, ...]]:
        """Return the labelled things by frame id: what corresponds between two pictures.

        Raises:
            InputError: As ``open``.
        """
        if scene_id not in self.records:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return {f"camera_{v.number}": v.instances for v in _views(scene_id, self)[0]}

    def describe(self) -> str:
        """Say how many scenes were found."""
        return f"MessyTable: {len(self.records)} scenes"


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open the unpacked folder, or data/ in it; the label files are read.

    Raises:
        InputError: If there are no labels, or they are broken.
    """
    places = [] if root is None else [root, root / "data", root / "MessyTable"]
    base = next((p for p in places if (p / "labels").is_dir()), None)
    records: dict[str, tuple[str, Mapping[str, Any], Mapping[str, Any]]] = {}
    for split in SPLITS if base is not None else ():
        assert base is not None
        path = base / "labels" / f"{split}.json"
        if not path.is_file():
            continue
        document = read_json_object(path)
        scenes, intrinsics = document.get("scenes"), document.get("intrinsics")
        if not isinstance(scenes, Mapping):
            raise CorruptInput("labels have no scenes", where=path)
        shared = intrinsics if isinstance(intrinsics, Mapping) else {}
        for name, record in scenes.items():
            records[name] = (split, record if isinstance(record, Mapping) else {}, shared)
    if base is None or not records:
        raise nothing_found(NAME, FACTS, root, "labels/train.json and images/<scene>-01.jpg")
    return MessytableSource(base, dict(sorted(records.items())[: options.scenes]))


def triangulate(origins: Array, directions: Array) -> Array:
    """Return the (3,) point nearest to (n, 3) rays of unit (n, 3) directions, n >= 2.

    Raises:
        ConventionError: If the rays are parallel.
    """
    off = np.eye(3) - directions[:, :, None] * directions[:, None, :]
    M = off.sum(axis=0)
    if np.linalg.cond(M) > 1e8:
        raise ConventionError("rays are parallel")
    return np.asarray(np.linalg.solve(M, np.einsum("nij,nj->i", off, origins)))


def _open(scene_id: str, source: MessytableSource) -> Scene:
    split = source.records[scene_id][0]
    views, quarantine = _views(scene_id, source)
    if not views:
        raise incomplete(NAME, FACTS, source.root / "images", [f"{scene_id}-01.jpg"], "any picture")
    notes = dict(quarantine.notes)
    centres = _centres(views, f"{source.root}: scene {scene_id}", notes)
    poses = [v.T_reference_camera for v in views]
    up = _vertical(centres, poses, notes)
    scale, is_metric = _scale(poses, notes)
    T_world_reference = turn_to_z_up(up, poses[0][:3, 2])
    everything = sorted({thing.id for v in views for thing in v.instances})
    return Scene(
        id=scene_id,
        source=NAME,
        split=split,
        license=FACTS.licence,
        frames=tuple(
            Frame(
                id=f"camera_{v.number}",
                camera=v.camera,
                T_world_camera=project_pose(
                    moved(v.T_reference_camera, T_world_reference, scale),
                    where=f"{scene_id}: camera {v.number}",
                )[0],
                read_rgb=partial(read_rgb, v.picture, (v.camera.width, v.camera.height)),
                read_landmarks=partial(known_ids, _numbers(v, everything)),
                read_sightings=partial(dict, _sightings(v)),
            )
            for v in views
        ),
        is_metric=is_metric,
        notes=notes,
        things=_things(views),
    )


def _views(scene_id: str, source: MessytableSource) -> tuple[list[_View], Quarantine]:
    split, record, intrinsics = source.records[scene_id]
    where = f"{source.root}/labels/{split}.json: {scene_id}"
    cameras = record.get("cameras")
    if not isinstance(cameras, Mapping):
        raise CorruptInput("scene has no cameras", where=where)
    numbers = sorted((n for n in cameras if _CAMERA.fullmatch(n)), key=int)
    quarantine = Quarantine("cameras")

    def read(number: str) -> _View:
        place = f"{where}: camera {number}"
        entry = cameras[number]
        if not isinstance(entry, Mapping):
            raise CorruptInput("camera is no JSON object", where=place)
        own = entry.get("intrinsics", intrinsics.get(number))
        K = _intrinsics(own, place)
        six = vector(entry, "extrinsics", 6, place)
        T = rigid(rotation_from_euler(six[[5, 4, 3]], "zyx"), six[:3])
        picture = resolve_inside(source.root / "images", f"{scene_id}-0{number}.jpg", place)
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
        return _View(number, camera, picture, project_pose(T, where=place)[0], instances)

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


def _numbers(view: _View, everything: list[str]) -> NDArray[np.int64]:
    """Return the (n,) places of a view's things in the list of all of the scene's."""
    place = {name: k for k, name in enumerate(everything)}
    return np.array(sorted(place[t.id] for t in view.instances), dtype=np.int64)


def _things(views: list[_View]) -> tuple[SeenThing, ...]:
    """Return what has an id; its products have numbers, and no names."""
    kinds = {thing.id: thing.kind for v in views for thing in v.instances}
    return tuple(SeenThing(i, f"product {kind}".strip()) for i, kind in sorted(kinds.items()))


def _sightings(view: _View) -> dict[str, Sighting]:
    """Return the boxes of a view's things, cut to its picture."""
    width, height = view.camera.width, view.camera.height
    found = {}
    for thing in view.instances:
        u0, u1 = (min(max(x, 0.0), width) for x in thing.box[::2])
        v0, v1 = (min(max(x, 0.0), height) for x in thing.box[1::2])
        if u0 < u1 and v0 < v1:
            found[thing.id] = Sighting((u0, v0, u1, v1), max(1, round((u1 - u0) * (v1 - v0))))
    return found


def _instance(number: str, record: Any, where: str) -> Instance:
    left, top, right, bottom = vector(record, "pos", 4, where)
    if not (np.isfinite([left, top, right, bottom]).all() and left < right and top < bottom):
        raise ConventionError("box has no area", where=where, got=[left, top, right, bottom])
    box = (float(left), float(top), float(right), float(bottom))
    names = (n if isinstance(n := record.get(key), str) else "" for key in ("cls", "subcls"))
    return Instance(number, box, *names)


def _centres(views: list[_View], where: str, notes: dict[str, str]) -> Array:
    """Return (n, 3) triangulated centres; refuse poses that do not bring the boxes together."""
    seen: dict[str, list[tuple[_View, Array]]] = {}
    for view in views:
        for thing in view.instances:
            left, top, right, bottom = thing.box
            middle = np.array([(left + right) / 2, (top + bottom) / 2])
            seen.setdefault(thing.id, []).append((view, middle))
    centres: list[Array] = []
    off: list[float] = []
    for rays in seen.values():
        if len(rays) < 3:
            continue
        origins = np.array([v.T_reference_camera[:3, 3] for v, _ in rays])
        directions = np.array([_ray(v, uv) for v, uv in rays])
        try:
            point = triangulate(origins, directions)
        except ConventionError:
            continue
        for view, uv in rays:
            camera_point = transform_points(invert(view.T_reference_camera), point)
            found, _ = project(view.camera.K, camera_point)
            behind = not np.all(np.isfinite(found))
            off.append(np.inf if behind else float(np.linalg.norm(found - uv)) / view.camera.width)
        centres.append(point)
    if len(centres) < MIN_POINTS:
        notes["poses"] = "unchecked: fewer than four things are seen by three cameras"
        return np.zeros((0, 3))
    median = float(np.median(off))
    if median > MAX_OFF:
        raise ConventionError(
            "cameras and boxes contradict each other", where=where,
            expected=f"rays that meet within {MAX_OFF:.0%} of a picture's width",
            got=f"{median:.0%}" if np.isfinite(median) else "things behind the cameras",
            hint="extrinsics are x y z and Euler angles of the camera-to-reference transform",
        )  # fmt: skip
    return np.array(centres)


def _ray(view: _View, uv: Array) -> Array:
    c = view.camera
    ray = np.array([(uv[0] - c.cx) / c.fx, (uv[1] - c.cy) / c.fy, 1.0])
    return np.asarray(view.T_reference_camera[:3, :3] @ (ray / np.linalg.norm(ray)))


def _vertical(centres: Array, poses: list[Array], notes: dict[str, str]) -> Array:
    """Return the (3,) normal of the table towards the cameras, or the cameras' mean up."""
    if len(centres) >= MIN_POINTS:
        middle = centres.mean(axis=0)
        _, spread, axes = np.linalg.svd(centres - middle, full_matrices=False)
        normal = axes[2]
        heights = np.array([(T[:3, 3] - middle) @ normal for T in poses])
        if np.median(heights) < 0:
            normal, heights = -normal, -heights
        if spread[2] < 0.5 * spread[1] and np.mean(heights > 0) >= 0.8:
            axis = int(np.argmax(np.abs(normal)))
            if abs(float(normal[axis])) > SNAP_COSINE:
                sign = "-" if normal[axis] < 0 else ""
                notes["up"] = f"{sign}{'xyz'[axis]} of the reference, by the table"
                return np.asarray(np.sign(normal[axis]) * np.eye(3)[axis])
            notes["up"] = "guessed: the plane through what stands on the table"
            return np.asarray(normal)
    notes["up"] = "guessed: the mean of the cameras' up directions"
    return mean_up(poses)


def _scale(poses: list[Array], notes: dict[str, str]) -> tuple[float, bool]:
    """Return metres of one unit, and whether it can be told by the distances of the cameras."""
    places = np.array([T[:3, 3] for T in poses])
    pairs = np.triu_indices(len(places), 1)
    apart = np.linalg.norm(places[pairs[0]] - places[pairs[1]], axis=1)
    median = float(np.median(apart)) if len(apart) else 0.0
    if METRES[0] <= median <= METRES[1]:
        return 1.0, True
    if MILLIMETRES[0] <= median <= MILLIMETRES[1]:
        notes["unit"] = "millimetres, by the distances of the cameras"
        return 0.001, True
    notes["scale"] = f"unknown: cameras are {median:.3g} units apart"
    return 1.0, False
