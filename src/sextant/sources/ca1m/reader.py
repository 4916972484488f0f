"""Turn CA-1M's captures into scenes."""

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
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.transforms import rigid, transform_points
from sextant.scenes import Camera, Frame, Scene, SceneObject
from sextant.scenes.checks import project_pose
from sextant.sources.archives import Members, open_members
from sextant.sources.boxes import checked_box, vector
from sextant.sources.depth_maps import metres
from sextant.sources.documents import parse_json, shown
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.images import image_size, read_rgb, read_uint16
from sextant.sources.quarantine import Quarantine
from sextant.sources.resampling import nearest_onto
from sextant.sources.source import Source, SourceOptions
from sextant.sources.upright import mean_up, turn_to_z_up
from sextant.sources.vocabulary import canonical_name, is_shell

Array = NDArray[np.float64]

NAME = "ca1m"

FACTS = DatasetFacts(
    title="CA-1M (Cubify Anything)",
    licence="CA-1M (CC BY-NC-ND 4.0)",
    page="https://github.com/apple/ml-cubifyanything",
    terms="CC BY-NC-ND 4.0: no commercial use, and no changed copy may be passed on",
    parts=(
        Part("the .tar files listed in data/train.txt and data/val.txt",
             "pictures, poses, laser depth, boxes", "about 3 GB a capture"),
    ),
    layout=("<root>/ca1m-{train,val}-<video>.tar   (or unpacked: <root>/<video>/...)",),
    # Not "objects": what has no class can neither be named nor counted, so none is asked about.
    supports=frozenset({"metric", "frames", "many_frames", "video", "depth"}),
    splits="the archive's name: ca1m-train-* is train, ca1m-val-* is val",
    countable="nothing: objects have no class, and are only there to hide what is behind them",
)  # fmt: skip

MAX_TEXT_BYTES = 64 * 1024 * 1024
MAX_TILT_COSINE = float(np.cos(np.radians(5.0)))
"""A scanner's frame less tilted than 5 degrees is taken as level."""

_ARCHIVE = re.compile(r"ca1m-(train|val)-(\d+)\.tar")
_VIDEO = re.compile(r"\d{6,12}")
_STAMP = re.compile(r"\d{1,19}")
_STRUCTURE = frozenset({"door frame", "doorframe"})


@dataclass(frozen=True, slots=True)
class Capture:
    """Where one capture lies, and its split by the archive's name."""

    path: Path
    split: str | None


@dataclass(slots=True)
class Ca1mSource:
    """The captures found under a root."""

    captures: Mapping[str, Capture]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return the video numbers, sorted."""
        return tuple(self.captures)

    def open(self, scene_id: str) -> Scene:
        """Read a capture's index, poses, intrinsics and boxes; pictures and depth stay unread.

        Raises:
            InputError: If the archive is broken or hostile, or a needed member is missing.
        """
        if scene_id not in self.captures:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return _open(scene_id, self.captures[scene_id])

    def describe(self) -> str:
        """Say how many captures were found."""
        return f"CA-1M: {len(self.captures)} captures"


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open a folder of archives (or of unpacked captures), or one archive.

    Raises:
        MissingInput: If no capture is found there.
    """
    captures: dict[str, Capture] = {}
    if root is not None and root.is_file():
        candidates = [root]
    elif root is not None and root.is_dir():
        candidates = [root.resolve(), *sorted(p for g in ("*", "*/*") for p in root.glob(g))]
    else:
        candidates = []
    for path in candidates:
        match = _ARCHIVE.fullmatch(path.name)
        if match is not None and path.is_file():
            captures.setdefault(match[2], Capture(path, match[1]))
        elif _VIDEO.fullmatch(path.name) and path.is_dir() and any(path.glob("*.wide")):
            captures.setdefault(path.name, Capture(path, None))
    if not captures:
        raise nothing_found(NAME, FACTS, root, "ca1m-train-<video>.tar")
    return Ca1mSource(dict(sorted(captures.items())[: options.scenes]))


def read_picture(members: Members, name: str, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a picture, (H, W, 3) uint8."""
    return read_rgb(members.read(name), size, members.where(name))


def read_depth(members: Members, name: str, stored: Camera, camera: Camera) -> NDArray[np.float32]:
    """Return z-depth on the raster of the picture, (H, W) float32 metres, NaN = invalid."""
    where = members.where(name)
    raw = read_uint16(members.read(name), (stored.width, stored.height), where)
    return metres(nearest_onto(raw, stored, camera), 0.001, where)


@dataclass(frozen=True, slots=True)
class _Moment:
    """What belongs to one time stamp, before the world is turned."""

    stamp_ns: int
    camera: Camera
    T_scan_camera: Array
    picture: str
    depth: tuple[str, Camera] | None
    up_scan: Array | None
    instances: str | None


class _Index:
    """Members by time stamp and key, as WebDataset groups them: up to the second dot, any case."""

    def __init__(self, capture: Capture, scene_id: str) -> None:
        self.members = open_members(capture.path)
        self.by_stamp: dict[str, dict[str, str]] = {}
        for name in self.members.names():
            inside = name.removeprefix(f"{scene_id}/")
            stamp, _, rest = inside.partition(".")
            if _STAMP.fullmatch(stamp) or stamp == "world":
                self.by_stamp.setdefault(stamp, {})[rest.partition(".")[0].lower()] = name

    def json(self, name: str) -> Any:
        """Return a decoded member."""
        where = self.members.where(name)
        data = self.members.read(name, MAX_TEXT_BYTES)
        try:
            return parse_json(data.decode("utf-8"), where)
        except UnicodeDecodeError as error:
            raise CorruptInput("member is not UTF-8", where=where, got=error) from error

    def matrix(self, keys: Mapping[str, str], key: str, side: int) -> Array:
        """Return a member that holds a square matrix, nested or flat, row by row."""
        if key not in keys:
            raise MissingInput(f"frame has no {key}", where=self.members.path)
        where = self.members.where(keys[key])
        try:
            numbers = np.array(self.json(keys[key]), dtype=np.float64).ravel()
        except (TypeError, ValueError, OverflowError) as error:
            raise CorruptInput("no matrix of numbers", where=where, got=error) from error
        if numbers.size != side * side:
            raise CorruptInput("no matrix of numbers", where=where, expected=side, got=numbers.size)
        return numbers.reshape(side, side)

    def size(self, keys: Mapping[str, str], key: str) -> tuple[int, int]:
        """Return (width, height) of a picture: as stated, else by its header."""
        if f"_{key}/size" in keys:
            stated = self.json(keys[f"_{key}/size"])
            if isinstance(stated, list) and len(stated) == 2:
                width, height = stated
                if isinstance(width, int) and isinstance(height, int):
                    return width, height
            raise CorruptInput("no size", where=self.members.where(keys[f"_{key}/size"]))
        return image_size(self.members.read(keys[key]), self.members.where(keys[key]))


def _open(scene_id: str, capture: Capture) -> Scene:
    index = _Index(capture, scene_id)
    stamps = sorted((int(s), s) for s in index.by_stamp if s != "world")
    with_picture = [(n, index.by_stamp[s]) for n, s in stamps if "wide/image" in index.by_stamp[s]]
    if not with_picture:
        raise incomplete(NAME, FACTS, capture.path, ["<ns>.wide/image.png"], "any picture")
    quarantine = Quarantine("frames")
    moments = [
        moment for _, moment in quarantine.sift(with_picture, lambda e: _moment(index, e[0], e[1]))
    ]
    quarantine.check()
    notes = dict(quarantine.notes)
    T_world_scan = _levelled(moments, capture.path, notes)
    objects, more = _objects(index, moments, T_world_scan)
    if capture.split is None:
        notes["split"] = "guessed: an unpacked capture does not say"
    start = moments[0].stamp_ns
    return Scene(
        id=scene_id,
        source=NAME,
        split=capture.split or "train",
        license=FACTS.licence,
        objects=objects,
        frames=tuple(_frame(index.members, m, T_world_scan, start) for m in moments),
        notes=notes | more,
    )


def _frame(members: Members, moment: _Moment, T_world_scan: Array, start_ns: int) -> Frame:
    T = T_world_scan @ moment.T_scan_camera
    camera = moment.camera
    return Frame(
        id=str(moment.stamp_ns),
        camera=camera,
        T_world_camera=project_pose(T, where=f"{members.path}: {moment.stamp_ns}")[0],
        timestamp_s=(moment.stamp_ns - start_ns) / 1e9,
        read_rgb=partial(read_picture, members, moment.picture, (camera.width, camera.height)),
        read_depth=partial(read_depth, members, *moment.depth, camera) if moment.depth else None,
    )


def _moment(index: _Index, stamp_ns: int, keys: Mapping[str, str]) -> _Moment:
    where = f"{index.members.path}: {stamp_ns}"
    T, _ = project_pose(index.matrix(keys, "gt/rt", 4), where=f"{where}.gt/RT")
    camera = _camera(index, keys, "wide/image", where)
    depth = next((key for key in ("gt/depth", "wide/depth") if key in keys), None)
    up = None
    if "wide/t_gravity" in keys:
        R = index.matrix(keys, "wide/t_gravity", 3)
        R = project_pose(rigid(R, np.zeros(3)), where=f"{where}.wide/T_gravity")[0][:3, :3]
        up = T[:3, :3] @ R @ np.array([0.0, -1.0, 0.0])
    return _Moment(
        stamp_ns,
        camera,
        T,
        keys["wide/image"],
        None if depth is None else (keys[depth], _camera(index, keys, depth, where)),
        up,
        keys.get("wide/instances"),
    )


def _camera(index: _Index, keys: Mapping[str, str], key: str, where: str) -> Camera:
    K = index.matrix(keys, f"{key}/k", 3)
    width, height = index.size(keys, key)
    try:
        return Camera(width, height, *(float(K[i]) for i in ((0, 0), (1, 1), (0, 2), (1, 2))))
    except ConventionError as error:
        raise ConventionError(
            error.what, where=f"{where}.{key}/K", expected=error.expected, got=error.got,
            hint=error.hint,
        ) from error  # fmt: skip


def _levelled(moments: list[_Moment], path: Path, notes: dict[str, str]) -> Array:
    """Return T_world_scan: nothing, unless gravity says that the scanner's frame is not level."""
    told = [m.up_scan for m in moments if m.up_scan is not None]
    ups = np.array(told) if told else mean_up([m.T_scan_camera for m in moments])[None]
    total = ups.mean(axis=0)
    length = float(np.linalg.norm(total))
    if length < 0.9:
        raise ConventionError(
            "gravity of the frames does not agree with their poses",
            where=path,
            expected="T_gravity and RT that give one vertical for all frames",
            got=f"a mean of length {length:.2f}",
        )
    up = total / length
    if float(up[2]) > (MAX_TILT_COSINE if told else 0.5):
        return np.eye(4)
    axis = int(np.argmax(np.abs(up)))
    if abs(float(up[axis])) > MAX_TILT_COSINE:
        up = np.sign(up[axis]) * np.eye(3)[axis]
    notes["up"] = f"turned: ({', '.join(f'{x:.2f}' for x in up)}) in the scanner's frame"
    return turn_to_z_up(up, moments[0].T_scan_camera[:3, 2])


def _objects(
    index: _Index, moments: list[_Moment], T_world_scan: Array
) -> tuple[tuple[SceneObject, ...], dict[str, str]]:
    """Return the boxes of the whole capture; where they are not there, those of its frames."""
    world = index.by_stamp.get("world", {}).get("gt/instances")
    sources = [(world, T_world_scan)] if world is not None else [
        (m.instances, T_world_scan @ m.T_scan_camera) for m in moments if m.instances is not None
    ]  # fmt: skip
    quarantine = Quarantine("objects")
    found: dict[str, SceneObject] = {}
    for name, T_world_boxes in sources:
        where = index.members.where(name)
        records = index.json(name)
        if not isinstance(records, list):
            raise CorruptInput("instances are no list", where=where)
        labelled = [(f"{where}[{i}]", r) for i, r in enumerate(records)]
        for _, made in quarantine.sift(labelled, partial(_object, T_world_boxes=T_world_boxes)):
            if made is None:
                continue
            if world is not None and made.id in found:
                quarantine.errors.append(ConventionError("id stands twice", where=where))
                continue
            found.setdefault(made.id, made)
    quarantine.check()
    notes = dict(quarantine.notes)
    if world is None:
        notes["objects"] = "of the frames: there is no world.gt/instances.json"
    return tuple(sorted(found.values(), key=lambda o: o.id)), notes


def _object(entry: tuple[str, Any], T_world_boxes: Array) -> SceneObject | None:
    where, record = entry
    if not isinstance(record, Mapping):
        raise CorruptInput("instance is no JSON object", where=where)
    number, label = record.get("id"), record.get("category")
    if not isinstance(number, str | int) or isinstance(number, bool) or not str(number).strip():
        raise CorruptInput("instance has no id", where=where, got=shown(number))
    category = canonical_name(label) if isinstance(label, str) and label.strip() else "object"
    if is_shell(category) or category in _STRUCTURE:
        return None
    try:
        R = np.array(record.get("R"), dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptInput("instance has no R", where=where, got=error) from error
    if R.size != 9:
        raise CorruptInput("instance has no R", where=where, got=f"{R.size} numbers")
    center = vector(record, "position", 3, where)
    box, _ = checked_box(center, vector(record, "scale", 3, where), R.reshape(3, 3), where)
    turned = OrientedBox(
        transform_points(T_world_boxes, box.center), box.size_m,
        T_world_boxes[:3, :3] @ box.R_world_box,
    )  # fmt: skip
    box, _ = checked_box(turned.center, turned.size_m, turned.R_world_box, where)
    return SceneObject(str(number), category, box)
