"""Open a folder of scenes in the posed_rgbd layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from sextant.counted import counted
from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.scenes import Camera, Frame, Scene, SceneObject, SeenThing
from sextant.sources.documents import (
    parse_json,
    read_json,
    read_json_object,
    read_text,
    resolve_inside,
)
from sextant.sources.facts import SUPPORTS, DatasetFacts, Part, nothing_found
from sextant.sources.posed_rgbd.arrays import read_mesh
from sextant.sources.posed_rgbd.convert import (
    Conventions,
    camera_of,
    frame_of,
    object_of,
    refuse_duplicates,
    room_of,
)
from sextant.sources.posed_rgbd.layout import (
    FrameRecord,
    IntrinsicsRecord,
    ObjectRecord,
    SceneRecord,
    validated,
)
from sextant.sources.source import Source, SourceOptions

NAME = "posed_rgbd"

FACTS = DatasetFacts(
    title="posed RGB-D: a capture of your own",
    licence="as scene.json says",
    page="",
    terms="the capture's own",
    parts=(
        Part("scene.json", "conventions, licence, split"),
        Part("frames.jsonl", "poses, names of pictures, depth and id maps", needed=False),
        Part("objects.json", "boxes, surfaces, fronts", needed=False),
    ),
    layout=(
        "<root>/<scene>/scene.json",
        "<root>/<scene>/{intrinsics.json, frames.jsonl, objects.json}",
        "<root>/<scene>/...   pictures, 16-bit depth and ids, surfaces; see docs/posed_rgbd.md",
    ),
    supports=frozenset(SUPPORTS),
    splits="as scene.json says",
    countable="as scene.json says",
)

_LOOKS = 2
"""Frames whose depth is read when a scene is opened, so that a wrong unit is found at the door."""


@dataclass(slots=True)
class PosedRgbdSource:
    """The scene folders found under a root."""

    folders: Mapping[str, Path]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return the names of the scene folders, sorted."""
        return tuple(self.folders)

    def open(self, scene_id: str) -> Scene:
        """Read one scene's records and surfaces, and the depth of its first two frames.

        A layout that its user writes is held to the letter: nothing is dropped silently.

        Raises:
            InputError: Naming the file, the record and what is wrong.
        """
        if scene_id not in self.folders:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return _open_scene(scene_id, self.folders[scene_id])

    def describe(self) -> str:
        """Say how many scenes were found."""
        return f"posed RGB-D layout: {counted(len(self.folders), 'scene')}"


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open one scene folder, or a folder of scene folders.

    Raises:
        MissingInput: If there is no ``scene.json``.
    """
    if root is None:
        folders = {}
    elif (root / "scene.json").is_file():
        folders = {root.resolve().name: root}
    elif root.is_dir():
        folders = {p.name: p for p in sorted(root.iterdir()) if (p / "scene.json").is_file()}
    else:
        folders = {}
    if not folders:
        wanted = "a folder with a scene.json in it, or a folder of such; see docs/posed_rgbd.md"
        raise nothing_found(NAME, FACTS, root, wanted)
    return PosedRgbdSource(dict(list(folders.items())[: options.scenes]))


def _open_scene(scene_id: str, folder: Path) -> Scene:
    path = folder / "scene.json"
    stored = read_json_object(path)
    if not get_close_matches("format", map(str, stored), cutoff=0.8):
        # Other data sets have a scene.json too: the first of its keys is not what is wrong.
        raise ConventionError(
            "scene.json does not say that it is of this layout",
            where=path,
            expected='"format": "sextant-posed-rgbd", "version": 1',
            hint="`sextant scenes list --root FOLDER` says which readers take a folder; "
            "docs/posed_rgbd.md describes this layout",
        )
    record = validated(SceneRecord, stored, str(path))
    conventions = Conventions.of(record, folder)
    frames, poses_projected = _frames(record, conventions)
    objects, boxes_projected = _objects(conventions)
    for frame in [f for f in frames if f.read_depth is not None][:_LOOKS]:
        if frame.read_depth is not None:
            frame.read_depth()
    shell = None
    if record.shell is not None:
        shell = read_mesh(resolve_inside(folder, record.shell, str(path)), conventions.R_zup_world)
    notes = dict(record.notes)
    if poses_projected:
        notes["poses_projected"] = str(poses_projected)
    if boxes_projected:
        notes["rotations_projected"] = str(boxes_projected)
    complete = record.complete_categories
    try:
        return Scene(
            id=scene_id,
            source=record.source,
            split=record.split,
            license=record.license,
            objects=objects,
            frames=frames,
            room=room_of(record.room, record.world_up, str(path)),
            shell=shell,
            is_metric=record.is_metric,
            complete_categories=None if complete == "all" else frozenset(complete),
            rescan_of=record.rescan_of,
            rescan_objects=record.rescan_objects,
            is_simulated=record.is_simulated,
            notes=notes,
            things=tuple(SeenThing(*thing) for thing in sorted(record.things.items())),
        )
    except ConventionError as error:
        if not (objects or frames):
            raise ConventionError(
                error.what,
                where=folder,
                expected="frames.jsonl or objects.json with a record in it",
            ) from error
        raise


def _frames(record: SceneRecord, conventions: Conventions) -> tuple[tuple[Frame, ...], int]:
    """Return the frames, timed ones first in time order, and how many poses were projected."""
    path = conventions.folder / "frames.jsonl"
    shared = _shared_camera(record, conventions.folder)
    if not path.is_file():
        return (), 0
    frames: list[Frame] = []
    projected = 0
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}: line {number}"
        data = parse_json(line, where)
        if isinstance(data, dict) and isinstance(data.get("id"), str):
            where += f" (frame {data['id'][:80]})"
        checked = validated(FrameRecord, data, where)
        unknown = sorted(set(checked.sightings or ()) - set(record.things))
        if unknown:
            raise ConventionError(
                "frame shows a thing that scene.json does not list",
                where=where,
                expected="a key of `things`",
                got=unknown[0][:80],
            )
        frame, off = frame_of(checked, shared, conventions, where)
        frames.append(frame)
        projected += off
    refuse_duplicates((f.id for f in frames), "frame ids", str(path))
    timed = sorted((f for f in frames if f.timestamp_s is not None), key=_time)
    return (*timed, *(f for f in frames if f.timestamp_s is None)), projected


def _time(frame: Frame) -> float:
    return frame.timestamp_s if frame.timestamp_s is not None else 0.0


def _shared_camera(record: SceneRecord, folder: Path) -> Camera | None:
    path = folder / "intrinsics.json"
    if record.intrinsics is not None:
        if path.is_file():
            raise ConventionError(
                "intrinsics stand in two places",
                where=folder,
                got="scene.json and intrinsics.json",
                hint="keep one of them",
            )
        return camera_of(record.intrinsics, str(folder / "scene.json"))
    if not path.is_file():
        return None
    return camera_of(validated(IntrinsicsRecord, read_json_object(path), str(path)), str(path))


def _objects(conventions: Conventions) -> tuple[tuple[SceneObject, ...], int]:
    """Return the objects sorted by id, and how many rotations were projected."""
    path = conventions.folder / "objects.json"
    if not path.is_file():
        return (), 0
    entries = read_json(path)
    if not isinstance(entries, list):
        raise CorruptInput("wrong JSON document", where=path, expected="a list of objects")
    objects: list[SceneObject] = []
    projected = 0
    for number, data in enumerate(entries):
        where = f"{path}: record {number}"
        if isinstance(data, dict) and isinstance(data.get("id"), str):
            where += f" (object {data['id'][:80]})"
        built, off = object_of(validated(ObjectRecord, data, where), conventions, where)
        objects.append(built)
        projected += off
    refuse_duplicates((o.id for o in objects), "object ids", str(path))
    values = (o.instance_value for o in objects if o.instance_value)
    refuse_duplicates(values, "instance values", str(path))
    return tuple(sorted(objects, key=lambda o: o.id)), projected
