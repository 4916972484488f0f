"""Turn saved events of AI2-THOR into scenes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sextant.counted import counted
from sextant.errors import ConventionError, MissingInput
from sextant.scenes import Scene
from sextant.sources.ai2thor.house import read_room
from sextant.sources.ai2thor.metadata import find_events, read_metadata
from sextant.sources.ai2thor.things import read_objects
from sextant.sources.ai2thor.views import read_view
from sextant.sources.facts import DatasetFacts, Part, nothing_found
from sextant.sources.quarantine import Quarantine
from sextant.sources.source import Source, SourceOptions

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
        return f"AI2-THOR: {counted(len(self.folders), 'scene')}"


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open a folder of scenes (also with train/, val/, test/ between), or one scene.

    Raises:
        MissingInput: If no event is found there.
    """
    found: dict[str, Path] = {}
    if root is not None and root.is_dir():
        if find_events(root):
            found[root.resolve().name] = root
        else:
            for pattern in ("*", "*/*"):
                for folder in sorted(root.glob(pattern)):
                    if folder.is_dir() and find_events(folder):
                        found.setdefault(folder.relative_to(root).as_posix(), folder)
    if not found:
        raise nothing_found(NAME, FACTS, root, "<scene>/<event>.json with agent and objects")
    return Ai2ThorSource(dict(sorted(found.items())[: options.scenes]))


def _open_folder(folder: Path, scene_id: str) -> Scene:
    events = Quarantine("frames")
    read = [(p, m) for p, m in events.sift(find_events(folder), read_metadata)]
    events.check()
    if not read:
        raise ConventionError("no event can be read", where=folder)
    objects, complete, notes = read_objects([m for _, m in read], folder)
    values = {o.attributes["object_id"]: o.instance_value for o in objects}
    frames = tuple(
        f for _, f in events.sift(read, lambda entry: read_view(entry[0], entry[1], values))
    )
    events.check()
    split, guess = _split(folder, read[0][1])
    room = read_room(folder / "house.json")
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
