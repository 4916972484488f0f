"""Turn rooms of Structured3D into scenes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.transforms import rigid
from sextant.scenes import Camera, Frame, Room, Scene, SceneObject
from sextant.scenes.checks import project_pose
from sextant.sources.boxes import checked_box, vector
from sextant.sources.depth_maps import metres
from sextant.sources.documents import read_json, read_json_object, read_text, shown
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.images import decoded, image_size, opened, read_rgb, read_uint16
from sextant.sources.quarantine import Quarantine
from sextant.sources.source import Source, SourceOptions
from sextant.sources.vocabulary import canonical_name, countable, is_shell, nyu40_name

Array = NDArray[np.float64]

NAME = "structured3d"

FACTS = DatasetFacts(
    title="Structured3D",
    licence="Structured3D (Structured3D Terms of Use, non-commercial research only)",
    page="https://structured3d-dataset.org",
    terms="fill the agreement form; you are sent the links",
    parts=(
        Part("Structured3D_perspective_full_*.zip", "pictures, depth, ids, poses", "about 300 GB"),
        Part("Structured3D_bbox.zip", "bbox_3d.json, to be laid into the scenes' folders", "",
             needed=False),
        Part("Structured3D_annotation_3d.zip", "annotation_3d.json: outlines and kinds of rooms",
             "", needed=False),
    ),
    layout=(
        "<root>/scene_<00000>/2D_rendering/<room>/perspective/full/<view>/rgb_rawlight.png, ...",
        "<root>/scene_<00000>/{bbox_3d.json, annotation_3d.json}",
    ),
    supports=frozenset(
        {"objects", "metric", "frames", "many_frames", "depth", "complete", "room", "floor"}
    ),
    splits="by number: to 02999 train, to 03249 val, to 03499 test",
    countable="furniture of NYU40 that is hard to overlook (bed, sofa, toilet, ...)",
)  # fmt: skip

MM = 0.001
_FARTHEST_MM = 1e9
BACKGROUND = 65535
MIN_PIXELS = 50
"""An object seen by fewer pixels in all views of a room has no label that can be relied on."""

INVALID_SCENES = frozenset({1155, 1192, 1714, 1816, 1852, 3398})
"""Named invalid by the publishers (metadata/errata.txt)."""

_SCENE = re.compile(r"scene_(\d{5})")

PALETTE = (
    (0, 0, 0), (174, 199, 232), (152, 223, 138), (31, 119, 180), (255, 187, 120), (188, 189, 34),
    (140, 86, 75), (255, 152, 150), (214, 39, 40), (197, 176, 213), (148, 103, 189),
    (196, 156, 148), (23, 190, 207), (178, 76, 76), (247, 182, 210), (66, 188, 102),
    (219, 219, 141), (140, 57, 197), (202, 185, 52), (51, 176, 203), (200, 54, 131), (92, 193, 61),
    (78, 71, 183), (172, 114, 82), (255, 127, 14), (91, 163, 138), (153, 98, 156), (140, 153, 101),
    (158, 218, 229), (100, 125, 154), (178, 127, 135), (120, 185, 128), (146, 111, 194),
    (44, 160, 44), (112, 128, 144), (96, 207, 209), (227, 119, 194), (213, 92, 176),
    (94, 106, 211), (82, 84, 163), (100, 85, 144),
)  # fmt: skip
"""Colours of NYU40's classes 0 to 40 in ScanNet's pictures."""


@dataclass(frozen=True, slots=True)
class RoomFiles:
    """One room of a house."""

    house: Path
    room: str

    @property
    def views(self) -> Path:
        """Folder of the furnished perspective views."""
        return self.house / "2D_rendering" / self.room / "perspective" / "full"

    @property
    def split(self) -> str:
        """By the house's number."""
        match = _SCENE.fullmatch(self.house.name)
        number = int(match[1]) if match else 0
        return "train" if number < 3000 else "val" if number < 3250 else "test"


@dataclass(slots=True)
class Structured3dSource:
    """The rooms found under a root."""

    rooms: Mapping[str, RoomFiles]
    skipped: int
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return ``scene_00000_485142``, sorted."""
        return tuple(self.rooms)

    def open(self, scene_id: str) -> Scene:
        """Read a room's poses, boxes, outline and id maps; pictures and depth stay unread.

        Raises:
            InputError: If a file is broken, or the room has no views.
        """
        if scene_id not in self.rooms:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return _open(scene_id, self.rooms[scene_id])

    def describe(self) -> str:
        """Say what was found and what is missing."""
        bare = {r.house for r in self.rooms.values() if not (r.house / "bbox_3d.json").is_file()}
        lines = [f"Structured3D: {len(self.rooms)} rooms"]
        lines += [f"{len(bare)} homes without bbox_3d.json"] if bare else []
        lines += [f"{self.skipped} homes left out: named invalid by the publishers"] * bool(
            self.skipped
        )
        return "\n".join(lines)


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open a folder of homes, or one home.

    Raises:
        MissingInput: If no room is found there.
    """
    rooms: dict[str, RoomFiles] = {}
    skipped = 0
    homes: list[Path] = []
    if root is not None and root.is_dir():
        homes = [root.resolve(), *sorted(p for g in ("*", "*/*") for p in root.glob(g))]
    for house in homes:
        match = _SCENE.fullmatch(house.name)
        if match is None or not (house / "2D_rendering").is_dir():
            continue
        if int(match[1]) in INVALID_SCENES:
            skipped += 1
            continue
        for folder in sorted((house / "2D_rendering").iterdir()):
            files = RoomFiles(house, folder.name)
            if files.views.is_dir():
                rooms[f"{house.name}_{folder.name}"] = files
    if not rooms:
        wanted = "scene_<00000>/2D_rendering/<room>/perspective/full/<view>/rgb_rawlight.png"
        raise nothing_found(NAME, FACTS, root, wanted)
    return Structured3dSource(dict(sorted(rooms.items())[: options.scenes]), skipped)


def read_depth(path: Path, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return (H, W) float32 z-depth in metres, NaN = invalid."""
    return metres(read_uint16(path, size), MM, path)


def read_instances(path: Path, size: tuple[int, int]) -> NDArray[np.int32]:
    """Return (H, W) int32 box ID + 1, 0 = background."""
    ids = read_uint16(path, size).astype(np.int32)
    return np.where(ids == BACKGROUND, 0, ids + 1).astype(np.int32)


def read_classes(path: Path, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return (H, W) NYU40 class ids of a semantic.png, stored as ids or as colours; 0 = unknown."""
    with opened(path) as image:
        if image.size != size:
            raise ConventionError(
                "labels have another size than the picture", where=path, expected=size,
                got=image.size,
            )  # fmt: skip
        if image.mode == "L":
            ids = np.array(decoded(image, path, None), dtype=np.uint8)
            return np.where(ids < len(PALETTE), ids, 0).astype(np.uint8)
        rgb = np.array(decoded(image, path, "RGB"), dtype=np.uint32)
    packed = (rgb[..., 0] << 16) | (rgb[..., 1] << 8) | rgb[..., 2]
    keys, ids = _colours()
    at = np.searchsorted(keys, packed).clip(0, len(keys) - 1)
    return np.where(keys[at] == packed, ids[at], 0).astype(np.uint8)


def read_pose(path: Path, size: tuple[int, int]) -> tuple[Camera, Array]:
    """Return the camera and T_world_camera of a camera_pose.txt.

    Raises:
        CorruptInput: If it holds no eleven or twelve numbers.
        ConventionError: If directions or angles cannot be.
    """
    try:
        numbers = np.array([float(w) for w in read_text(path, max_bytes=4096).split()])
    except ValueError as error:
        raise CorruptInput("pose holds no numbers", where=path, got=error) from error
    if numbers.size not in (11, 12) or not np.abs(numbers).max() < _FARTHEST_MM:
        raise CorruptInput("pose is not twelve finite numbers", where=path, got=numbers.size)
    eye, forward, up, half = numbers[:3] * MM, numbers[3:6], numbers[6:9], numbers[9:11]
    lengths = np.linalg.norm(forward), np.linalg.norm(up)
    if min(lengths) < 1e-6 or not np.all((half > 1e-6) & (half < np.pi / 2)):
        raise ConventionError(
            "pose has no direction or no angle of view", where=path,
            expected="half angles between 0 and pi/2", got=numbers[3:].tolist(),
        )  # fmt: skip
    z, up = forward / lengths[0], up / lengths[1]
    if abs(float(z @ up)) > 0.02:
        raise ConventionError(
            "up is not across the viewing direction", where=path, got=f"cosine {float(z @ up):.3f}"
        )
    x = np.cross(z, up)
    x /= np.linalg.norm(x)
    T, _ = project_pose(rigid(np.stack([x, np.cross(z, x), z], axis=1), eye), where=str(path))
    cx, cy = size[0] / 2, size[1] / 2
    fx, fy = cx / np.tan(half[0]), cy / np.tan(half[1])
    return Camera(*size, float(fx), float(fy), cx, cy), T


@lru_cache(maxsize=1)
def _colours() -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    packed = np.array([(r << 16) | (g << 8) | b for r, g, b in PALETTE], dtype=np.uint32)
    order = np.argsort(packed)
    return packed[order], order.astype(np.uint8)


def _open(scene_id: str, files: RoomFiles) -> Scene:
    folders = sorted(
        (p for p in files.views.iterdir() if p.is_dir()), key=lambda p: (len(p.name), p.name)
    )
    views = [p for p in folders if (p / "rgb_rawlight.png").is_file()]
    if not views:
        raise incomplete(NAME, FACTS, files.views, ["<view>/rgb_rawlight.png"], "any picture")
    quarantine = Quarantine("frames")
    frames = tuple(frame for _, frame in quarantine.sift(views, _frame))
    quarantine.check()
    notes = dict(quarantine.notes)
    boxes = files.house / "bbox_3d.json"
    objects: tuple[SceneObject, ...] = ()
    complete: frozenset[str] = frozenset()
    if boxes.is_file():
        objects, complete, more = _objects(boxes, [p for p in views if _is_labelled(p)])
        notes |= more
    else:
        notes["objects"] = "none: missing bbox_3d.json"
    return Scene(
        id=scene_id,
        source=NAME,
        split=files.split,
        license=FACTS.licence,
        objects=objects,
        frames=frames,
        room=_room(files, notes),
        complete_categories=complete,
        notes=notes,
    )


def _frame(folder: Path) -> Frame:
    picture = folder / "rgb_rawlight.png"
    size = image_size(picture)
    camera, T = read_pose(folder / "camera_pose.txt", size)
    depth, ids = folder / "depth.png", folder / "instance.png"
    return Frame(
        id=folder.name,
        camera=camera,
        T_world_camera=T,
        read_rgb=partial(read_rgb, picture, size),
        read_depth=partial(read_depth, depth, size) if depth.is_file() else None,
        read_instances=partial(read_instances, ids, size) if ids.is_file() else None,
    )


def _is_labelled(folder: Path) -> bool:
    return (folder / "instance.png").is_file() and (folder / "semantic.png").is_file()


def _votes(views: Sequence[Path]) -> tuple[dict[int, NDArray[np.int64]], dict[str, str]]:
    """Return how many pixels of each box ID have each NYU40 class, over all views."""
    votes: dict[int, NDArray[np.int64]] = {}
    quarantine = Quarantine("label_maps")

    def read(folder: Path) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        size = image_size(folder / "instance.png")
        return (
            read_instances(folder / "instance.png", size),
            read_classes(folder / "semantic.png", size),
        )

    for _, (ids, classes) in quarantine.sift(views, read):
        joint = ids.astype(np.int64) * 64 + classes
        for pair, count in zip(*np.unique(joint, return_counts=True), strict=True):
            value, number = divmod(int(pair), 64)
            if value:
                votes.setdefault(value - 1, np.zeros(64, dtype=np.int64))[number] += count
    quarantine.check()
    return votes, quarantine.notes


def _objects(
    path: Path, views: Sequence[Path]
) -> tuple[tuple[SceneObject, ...], frozenset[str], dict[str, str]]:
    records = read_json(path)
    if not isinstance(records, list):
        raise CorruptInput("boxes are no list", where=path, got=type(records).__name__)
    votes, notes = _votes(views)
    quarantine = Quarantine("objects")
    taken: set[int] = set()

    def read(entry: tuple[int, Any]) -> SceneObject | None:
        where = f"{path}: [{entry[0]}]"
        record = entry[1]
        number = record.get("ID") if isinstance(record, Mapping) else None
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < BACKGROUND:
            raise CorruptInput("box has no ID", where=where, got=shown(number))
        if number in taken:
            raise ConventionError("ID stands twice", where=where, got=number)
        taken.add(number)
        if number not in votes or votes[number].sum() < MIN_PIXELS:
            return None  # in another room, or behind everything
        category = canonical_name(nyu40_name(int(np.argmax(votes[number]))), "nyu40")
        if is_shell(category):
            return None
        assert isinstance(record, Mapping)
        box, _ = _box(record, where)
        return SceneObject(
            id=f"{number}_{category.replace(' ', '_')}",
            category=category,
            box=box,
            instance_value=number + 1,
        )

    found = [o for _, o in quarantine.sift(enumerate(records), read) if o is not None]
    quarantine.check()
    # A box that cannot be read may be of any kind.
    complete = frozenset() if quarantine.errors else countable(NAME, (o.category for o in found))
    return tuple(sorted(found, key=lambda o: o.id)), complete, notes | quarantine.notes


def _box(record: Mapping[str, Any], where: str) -> tuple[OrientedBox, bool]:
    """Return the box of half lengths and rows as axes, in millimetres."""
    try:
        rows = np.array(record.get("basis"), dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptInput("box has no basis", where=where, got=error) from error
    if rows.shape != (3, 3):
        raise CorruptInput("box has no basis", where=where, got=rows.shape)
    half = np.abs(vector(record, "coeffs", 3, where))
    return checked_box(vector(record, "centroid", 3, where) * MM, 2 * half * MM, rows.T, where)


def _room(files: RoomFiles, notes: dict[str, str]) -> Room:
    """Return outline, floor and kind by annotation_3d.json; what it lacks is not known."""
    path = files.house / "annotation_3d.json"
    if not path.is_file():
        notes["room"] = "unknown: missing annotation_3d.json"
        return Room()
    try:
        document = read_json_object(path)
        kind, corners = _outline(document, files.room, path)
        return Room(
            floor_polygon=corners[:, :2] * MM,
            floor_z_m=float(np.median(corners[:, 2])) * MM,
            kind=None if kind == "undefined" else kind,
        )
    except InputError as error:
        notes["room"] = f"unknown: {error.what}"
        return Room()


def _outline(document: Mapping[str, Any], room: str, path: Path) -> tuple[str, Array]:
    """Return a room's kind and the (n, 3) corners of its floor, counterclockwise, millimetres."""
    try:
        named = room.lstrip("0") or "0"
        semantic = next(
            s
            for s in document["semantics"]
            if isinstance(s["ID"], int | str) and str(s["ID"]) == named
        )
        planes = [p for p in semantic["planeID"] if document["planes"][p]["type"] == "floor"]
        if len(planes) != 1:
            raise ValueError(f"{len(planes)} floors")
        lines = np.flatnonzero(np.array(document["planeLineMatrix"][planes[0]]))
        ends = [np.flatnonzero(np.array(document["lineJunctionMatrix"][i])) for i in lines]
        loop = _loop([(int(a), int(b)) for a, b in ends])
        corners = np.array(
            [document["junctions"][j]["coordinate"] for j in loop], dtype=np.float64
        ).reshape(-1, 3)
        kind = semantic["type"]
        if not isinstance(kind, str) or not np.abs(corners).max() < _FARTHEST_MM:
            raise ValueError("a kind that is no text, or corners beyond reason")
    except (KeyError, IndexError, TypeError, ValueError, StopIteration, OverflowError) as error:
        raise CorruptInput(
            "the room's floor cannot be read", where=path, got=repr(error)[:200]
        ) from error
    x, y = corners[:, 0], corners[:, 1]
    area = float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
    if not abs(area) * MM * MM > 0.1:
        raise ConventionError("the room's floor has no area", where=path, got=area)
    return kind, corners if area > 0 else corners[::-1]


def _loop(edges: list[tuple[int, int]]) -> list[int]:
    """Return the corners of one closed ring of edges in order; holes and forks are refused."""
    near: dict[int, list[int]] = {}
    for a, b in edges:
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    if len(near) < 3 or any(len(n) != 2 for n in near.values()):
        raise ValueError("the floor's lines are no ring")
    start = min(near)
    ring, before, at = [start], start, near[start][0]
    while at != start:
        ring.append(at)
        following = near[at][0] if near[at][0] != before else near[at][1]
        before, at = at, following
        if len(ring) > len(near):
            raise ValueError("the floor's lines are no ring")
    if len(ring) != len(near):
        raise ValueError("the floor's lines are several rings")
    return ring
