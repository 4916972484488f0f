"""Turn rooms of Structured3D into scenes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sextant.counted import counted
from sextant.errors import MissingInput
from sextant.scenes import Frame, Scene, SceneObject
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.images import image_size, read_rgb
from sextant.sources.quarantine import Quarantine
from sextant.sources.source import Source, SourceOptions
from sextant.sources.structured3d.floor import read_room
from sextant.sources.structured3d.layout import INVALID_SCENES, SCENE, RoomFiles
from sextant.sources.structured3d.things import read_objects
from sextant.sources.structured3d.views import read_depth, read_instances, read_pose

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
        lines = [f"Structured3D: {counted(len(self.rooms), 'room')}"]
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
        match = SCENE.fullmatch(house.name)
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
        objects, complete, more = read_objects(boxes, [p for p in views if _is_labelled(p)], NAME)
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
        room=read_room(files, notes),
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
