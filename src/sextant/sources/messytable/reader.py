"""Turn labelled tables into scenes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.counted import counted
from sextant.errors import CorruptInput, MissingInput
from sextant.scenes import Frame, Scene, SeenThing, Sighting
from sextant.scenes.checks import project_pose
from sextant.sources.documents import read_json_object
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.images import read_rgb
from sextant.sources.landmarks import known_ids
from sextant.sources.messytable.views import Instance, Labels, View, read_views
from sextant.sources.messytable.world import find_centres, find_scale, find_vertical
from sextant.sources.source import Source, SourceOptions
from sextant.sources.upright import moved, turn_to_z_up

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


@dataclass(slots=True)
class MessytableSource:
    """The labelled scenes found under a root."""

    root: Path
    records: Mapping[str, Labels]
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
        return {
            f"camera_{v.number}": v.instances
            for v in read_views(scene_id, self.root, self.records[scene_id])[0]
        }

    def describe(self) -> str:
        """Say how many scenes were found."""
        return f"MessyTable: {counted(len(self.records), 'scene')}"


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open the unpacked folder, or data/ in it; the label files are read.

    Raises:
        InputError: If there are no labels, or they are broken.
    """
    places = [] if root is None else [root, root / "data", root / "MessyTable"]
    base = next((p for p in places if (p / "labels").is_dir()), None)
    records: dict[str, Labels] = {}
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


def _open(scene_id: str, source: MessytableSource) -> Scene:
    split = source.records[scene_id][0]
    views, quarantine = read_views(scene_id, source.root, source.records[scene_id])
    if not views:
        raise incomplete(NAME, FACTS, source.root / "images", [f"{scene_id}-01.jpg"], "any picture")
    notes = dict(quarantine.notes)
    centres = find_centres(views, f"{source.root}: scene {scene_id}", notes)
    poses = [v.T_reference_camera for v in views]
    up = find_vertical(centres, poses, notes)
    scale, is_metric = find_scale(poses, notes)
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


def _numbers(view: View, everything: list[str]) -> NDArray[np.int64]:
    """Return the (n,) places of a view's things in the list of all of the scene's."""
    place = {name: k for k, name in enumerate(everything)}
    return np.array(sorted(place[t.id] for t in view.instances), dtype=np.int64)


def _things(views: list[View]) -> tuple[SeenThing, ...]:
    """Return what has an id; its products have numbers, and no names."""
    kinds = {thing.id: thing.kind for v in views for thing in v.instances}
    return tuple(SeenThing(i, f"product {kind}".strip()) for i, kind in sorted(kinds.items()))


def _sightings(view: View) -> dict[str, Sighting]:
    """Return the boxes of a view's things, cut to its picture."""
    width, height = view.camera.width, view.camera.height
    found = {}
    for thing in view.instances:
        u0, u1 = (min(max(x, 0.0), width) for x in thing.box[::2])
        v0, v1 = (min(max(x, 0.0), height) for x in thing.box[1::2])
        if u0 < u1 and v0 < v1:
            found[thing.id] = Sighting((u0, v0, u1, v1), max(1, round((u1 - u0) * (v1 - v0))))
    return found
