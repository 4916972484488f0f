"""Turn saved events of AI2-THOR into scenes."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.geometry.axes import (
    box_axes_from_unity,
    points_from_unity,
    pose_from_unity,
    rotation_from_unity_euler,
)
from sextant.geometry.boxes import OrientedBox
from sextant.scenes import Camera, Frame, Room, Scene, SceneObject
from sextant.scenes.checks import check_points, project_pose
from sextant.sources.boxes import MIN_SIDE_M, checked_box
from sextant.sources.depth_maps import check_unit
from sextant.sources.documents import read_json_object, shown
from sextant.sources.facts import DatasetFacts, Part, nothing_found
from sextant.sources.images import read_rgb
from sextant.sources.labels import split_words
from sextant.sources.npy import read_npy
from sextant.sources.quarantine import Quarantine
from sextant.sources.source import Source, SourceOptions
from sextant.sources.vocabulary import canonical_name, is_shell

Array = NDArray[np.float64]

NAME = "ai2thor"

FACTS = DatasetFacts(
    title="AI2-THOR, ProcTHOR",
    licence="Apache-2.0 (AI2-THOR)",
    page="https://ai2thor.allenai.org",
    terms="none to accept; Apache-2.0",
    parts=(
        Part("events of the simulator", "poses, boxes, pictures: docs/sources.md says how"),
        Part("house.json of ProcTHOR", "floor and kind of room", "", needed=False),
    ),
    layout=(
        "<root>/<scene>/<event>.json: event.metadata",
        "<root>/<scene>/<event>.png: event.frame",
        "<root>/<scene>/<event>.depth.npy: event.depth_frame",
        "<root>/<scene>/<event>.instances.png: event.instance_segmentation_frame",
        "<root>/<scene>/house.json",
    ),
    supports=frozenset(
        {"objects", "metric", "frames", "many_frames", "depth", "complete", "room", "floor"}
    ),
    splits="iTHOR: floor plans 1-20 train, 21-25 val, 26-30 test; else the folder's name",
    countable="every object type: the simulator lists all it has",
)

MOVED_M = 0.01
"""An object that moves by more between two events has no place in a static scene."""

_TRIPLES = np.array(list(itertools.combinations(range(7), 3)))
_SUMS = np.array(list(itertools.product((0.0, 1.0), repeat=3)))[1:]

_PLAN = re.compile(r"FloorPlan(\d{1,5})(?:_physics)?")
_SPLITS = {"train": "train", "val": "val", "test": "test"}


@dataclass(slots=True)
class Ai2ThorSource:
    """The scene folders under a root."""

    folders: Mapping[str, Path]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return the folders' names, sorted."""
        return tuple(self.folders)

    def open(self, scene_id: str) -> Scene:
        """Read a scene's metadata; pictures, depth and ids stay unread.

        Raises:
            InputError: If it is broken.
        """
        if scene_id not in self.folders:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return _open_folder(self.folders[scene_id], scene_id)

    def describe(self) -> str:
        """Say what was found."""
        return f"AI2-THOR: {len(self.folders)} scenes"


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open a folder of scenes (also with train/, val/, test/ between), or one scene.

    Raises:
        MissingInput: If no event is found there.
    """
    found: dict[str, Path] = {}
    if root is not None and root.is_dir():
        if _events(root):
            found[root.resolve().name] = root
        else:
            for pattern in ("*", "*/*"):
                for folder in sorted(root.glob(pattern)):
                    if folder.is_dir() and _events(folder):
                        found.setdefault(folder.relative_to(root).as_posix(), folder)
    if not found:
        raise nothing_found(NAME, FACTS, root, "<scene>/<event>.json with agent and objects")
    return Ai2ThorSource(dict(sorted(found.items())[: options.scenes]))


def box_of_corners(corners_world: Array, where: str) -> OrientedBox:
    """Return the box of (8, 3) corners in any order.

    Raises:
        ConventionError: If they are not the corners of a box.
    """
    if corners_world.shape != (8, 3):
        raise ConventionError("not eight corners", where=where, got=corners_world.shape)
    check_points(corners_world, 3, "corners", where=where)
    start, center = corners_world[0], corners_world.mean(axis=0)
    steps = corners_world[1:] - start
    scale = float(np.linalg.norm(steps, axis=1).max())
    # Three edges from one corner make all the others.
    triples = steps[_TRIPLES]
    made = _SUMS @ triples
    apart = np.linalg.norm(made[:, :, None] - steps, axis=-1).min(axis=2).max(axis=1)
    best = int(np.argmin(apart))
    if apart[best] > 1e-3 * scale + 1e-5:
        raise ConventionError("corners make no box", where=where, got=f"off by {apart[best]:.3g} m")
    edges = triples[best]
    lengths = np.linalg.norm(edges, axis=1)
    if lengths.min() <= 0:
        raise ConventionError("box has a side of no length", where=where)
    order = np.argsort(-lengths, kind="stable")
    first = edges[order[0]] / lengths[order[0]]
    second = edges[order[1]] - (edges[order[1]] @ first) * first
    second /= np.linalg.norm(second)
    axes = np.stack([first, second, np.cross(first, second)], axis=1)
    for k in range(3):
        if abs(axes[:, k] @ edges[order[k]]) < (1 - 1e-3) * lengths[order[k]]:
            raise ConventionError("edges of the box are not perpendicular", where=where)
    return checked_box(center, np.maximum(lengths[order], MIN_SIDE_M), axes, where)[0]


def read_depth(path: Path, camera: Camera) -> NDArray[np.float32]:
    """Return (H, W) z-depth in metres, NaN = invalid.

    Raises:
        CorruptInput, ConventionError: If it is no plain array of the camera's size in metres.
    """
    stored = read_npy(path, "f", (camera.height, camera.width))
    with np.errstate(over="ignore", invalid="ignore"):
        depth = stored.astype(np.float32)
        depth[~(np.isfinite(depth) & (depth > 0))] = np.nan
    check_unit(depth, path, "the simulator gives metres")
    return depth


def read_instances(
    path: Path, colors: tuple[tuple[int, int], ...], camera: Camera
) -> NDArray[np.int32]:
    """Return (H, W) int32 instance values of a colour-coded picture.

    Args:
        path: The picture.
        colors: Pairs of 256^2 r + 256 g + b and the value that stands for it.
        camera: Whose size it must have.
    """
    rgb = read_rgb(path, (camera.width, camera.height)).astype(np.int32)
    codes = (rgb[..., 0] << 16) + (rgb[..., 1] << 8) + rgb[..., 2]
    values = np.zeros(codes.shape, dtype=np.int32)
    for code, value in colors:
        values[codes == code] = value
    return values


def _events(folder: Path) -> list[Path]:
    return sorted(
        p
        for p in folder.glob("*.json")
        if p.name != "house.json" and p.with_suffix(".png").is_file()
    )


def _open_folder(folder: Path, scene_id: str) -> Scene:
    events = Quarantine("frames")
    read = [(p, m) for p, m in events.sift(_events(folder), _metadata)]
    events.check()
    if not read:
        raise ConventionError("no event can be read", where=folder)
    objects, complete, notes = _objects([m for _, m in read], folder)
    values = {o.attributes["object_id"]: o.instance_value for o in objects}
    frames = tuple(
        f for _, f in events.sift(read, lambda entry: _frame(entry[0], entry[1], values))
    )
    events.check()
    split, guess = _split(folder, read[0][1])
    room = _room(folder / "house.json")
    return Scene(
        id=scene_id,
        source=NAME,
        split=split,
        license=FACTS.licence,
        objects=objects,
        frames=frames,
        room=room,
        complete_categories=complete,
        notes=notes | events.notes | ({"split": guess} if guess else {}),
    )


def _metadata(path: Path) -> Mapping[str, Any]:
    document = read_json_object(path)
    if not isinstance(document.get("agent"), Mapping) or not isinstance(
        document.get("objects"), list
    ):
        raise CorruptInput("event has no agent or no objects", where=path)
    return document


def _frame(path: Path, metadata: Mapping[str, Any], values: Mapping[str, int]) -> Frame:
    where = str(path)
    agent = metadata["agent"]
    position = _vector(metadata.get("cameraPosition"), f"{where}: cameraPosition")
    yaw = _vector(agent.get("rotation"), f"{where}: agent.rotation")[1]
    horizon = _number(agent.get("cameraHorizon"), f"{where}: agent.cameraHorizon")
    turned = rotation_from_unity_euler([horizon, yaw, 0.0])
    pose, _ = project_pose(pose_from_unity(turned, position), where=where)
    width, height, fov = (
        _number(metadata.get(name), f"{where}: {name}")
        for name in ("screenWidth", "screenHeight", "fov")
    )
    if not (0 < fov < 180 and 0 < width < 1e5 and 0 < height < 1e5):
        raise ConventionError(
            "no camera of such a size", where=where, got=f"{width} {height} {fov}"
        )
    focal = height / 2 / math.tan(math.radians(fov) / 2)
    camera = Camera(int(width), int(height), focal, focal, width / 2, height / 2)
    depth, ids = path.with_suffix(".depth.npy"), path.with_suffix(".instances.png")
    colors = _colors(metadata.get("colors"), values)
    return Frame(
        id=path.stem,
        camera=camera,
        T_world_camera=pose,
        read_rgb=partial(read_rgb, path.with_suffix(".png"), (camera.width, camera.height)),
        read_depth=partial(read_depth, depth, camera) if depth.is_file() else None,
        read_instances=partial(read_instances, ids, colors, camera)
        if colors and ids.is_file()
        else None,
    )


def _colors(entries: Any, values: Mapping[str, int]) -> tuple[tuple[int, int], ...]:
    found = []
    for entry in entries if isinstance(entries, list) else ():
        name = entry.get("name") if isinstance(entry, Mapping) else None
        color = entry.get("color") if isinstance(entry, Mapping) else None
        if not isinstance(name, str) or name not in values:
            continue
        if not isinstance(color, Sequence) or len(color) != 3:
            continue
        if all(isinstance(c, int) and 0 <= c <= 255 for c in color):
            found.append(((color[0] << 16) + (color[1] << 8) + color[2], values[name]))
    return tuple(found)


def _objects(
    events: Sequence[Mapping[str, Any]], folder: Path
) -> tuple[tuple[SceneObject, ...], frozenset[str], dict[str, str]]:
    quarantine = Quarantine("objects")
    places: dict[str, list[Array]] = {}
    for metadata in events:
        for record in metadata["objects"]:
            box = record.get("axisAlignedBoundingBox") if isinstance(record, Mapping) else None
            center = box.get("center") if isinstance(box, Mapping) else None
            if isinstance(record, Mapping) and isinstance(center, Mapping):
                name = record.get("objectId")
                if isinstance(name, str):
                    places.setdefault(name, []).append(_loose_vector(center))
    with np.errstate(invalid="ignore"):  # one that is nowhere has moved, too
        moved = {
            name
            for name, seen in places.items()
            if len(seen) < len(events) or not np.ptp(np.array(seen), axis=0).max() <= MOVED_M
        }
    lost: set[str] = set()
    taken: set[str] = set()

    def read(entry: tuple[int, Any]) -> SceneObject | None:
        number, record = entry
        where = f"{folder}: objects[{number}]"
        kind = record.get("objectType") if isinstance(record, Mapping) else None
        name = record.get("objectId") if isinstance(record, Mapping) else None
        if not isinstance(kind, str) or not kind.strip() or not isinstance(name, str):
            raise CorruptInput("object has no objectId or no objectType", where=where)
        category = canonical_name(kind)
        if is_shell(category):
            return None
        if name in moved:
            lost.add(category)
            return None
        try:
            box = _box(record, where)
        except (CorruptInput, ConventionError):
            lost.add(category)
            raise
        object_id = f"{number:04d}_{category.replace(' ', '_')}"
        taken.add(name)
        return SceneObject(
            id=object_id,
            category=category,
            box=box,
            instance_value=number + 1,
            attributes={"object_id": name},
        )

    records = list(enumerate(events[0]["objects"]))
    made = [o for _, o in quarantine.sift(records, read) if o is not None]
    quarantine.check()
    twice = {n for n in taken if sum(o.attributes["object_id"] == n for o in made) > 1}
    made = [o for o in made if o.attributes["object_id"] not in twice]
    unreadable = len(quarantine.errors) > 0 and not lost
    complete = frozenset() if unreadable else frozenset(o.category for o in made) - lost
    notes = {"objects_moved": str(len(moved))} if moved else {}
    return tuple(sorted(made, key=lambda o: o.id)), complete, notes | quarantine.notes


def _box(record: Mapping[str, Any], where: str) -> OrientedBox:
    oriented = record.get("objectOrientedBoundingBox")
    corners = oriented.get("cornerPoints") if isinstance(oriented, Mapping) else None
    if corners is not None:
        try:
            points = np.array(corners, dtype=np.float64)
        except (TypeError, ValueError, OverflowError) as error:
            raise CorruptInput("corners hold no numbers", where=where) from error
        if points.shape != (8, 3):
            raise CorruptInput("not eight corners", where=where, got=points.shape)
        return box_of_corners(points_from_unity(points), where)
    aligned = record.get("axisAlignedBoundingBox")
    if not isinstance(aligned, Mapping):
        raise CorruptInput("object has no box", where=where)
    center = _vector(aligned.get("center"), f"{where}: center")
    size = _vector(aligned.get("size"), f"{where}: size")
    R, size_m = box_axes_from_unity(np.eye(3), size)
    return checked_box(points_from_unity(center), size_m, R, where)[0]


def _room(path: Path) -> Room:
    """Return floor and kind of a house of one room; of several, the floor's height alone."""
    if not path.is_file():
        return Room()
    rooms = read_json_object(path).get("rooms")
    if not isinstance(rooms, list) or not rooms:
        raise CorruptInput("house has no rooms", where=path)
    outlines = []
    for number, room in enumerate(rooms):
        corners = room.get("floorPolygon") if isinstance(room, Mapping) else None
        if not isinstance(corners, list) or len(corners) < 3:
            raise CorruptInput("room has no floorPolygon", where=f"{path}: rooms[{number}]")
        outlines.append(
            points_from_unity([_vector(c, f"{path}: rooms[{number}]") for c in corners])
        )
    check_points(np.concatenate(outlines), 3, "corners of floors", where=str(path))
    floor = float(np.median(np.concatenate(outlines)[:, 2]))
    if len(outlines) > 1:
        return Room(floor_z_m=floor)
    polygon = outlines[0][:, :2]
    x, y = polygon.T
    # Unity's world is mirrored in ours, and so is the sense of the outline.
    if float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) < 0:
        polygon = polygon[::-1]
    kind = rooms[0].get("roomType")
    named = split_words(kind) if isinstance(kind, str) and kind.strip() else None
    return Room(floor_polygon=np.ascontiguousarray(polygon), floor_z_m=floor, kind=named)


def _split(folder: Path, metadata: Mapping[str, Any]) -> tuple[str, str]:
    name = metadata.get("sceneName")
    match = _PLAN.fullmatch(name) if isinstance(name, str) else None
    if match is not None:
        number = int(match[1]) % 100
        return ("train" if number <= 20 else "val" if number <= 25 else "test"), ""
    parent = folder.resolve().parent.name
    if parent in _SPLITS:
        return _SPLITS[parent], ""
    return "train", "guessed: neither a floor plan of iTHOR nor in a folder train, val or test"


def _vector(value: Any, where: str) -> Array:
    if not isinstance(value, Mapping):
        raise CorruptInput("not x, y, z", where=where, got=type(value).__name__)
    return np.array([_number(value.get(axis), f"{where}.{axis}") for axis in "xyz"])


def _loose_vector(value: Mapping[str, Any]) -> Array:
    return np.array(
        [float(v) if isinstance(v := value.get(a), (int, float)) else math.inf for a in "xyz"]
    )


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise CorruptInput("not a number", where=where, got=shown(value, 40))
    if not math.isfinite(value):
        raise ConventionError("not finite", where=where)
    return float(value)
