"""VSI-Bench meta_info: oriented boxes of whole scenes of ARKitScenes, ScanNet++ and ScanNet.

Boxes only, no frames. What the files say and what this reader makes of it:

- ``normalizedAxes`` holds nine numbers; the ROWS of the 3x3 matrix are the box axes (checked
  against ``min``/``max``; the transposed reading is off by up to 1.8 m).
- ``axesLengths`` are full lengths in metres, the world is Z up.
- ``object_counts`` equals the boxes of each category, and the benchmark's own counting questions
  are answered from it. So the categories count as complete here, although users of the benchmark
  report that some labels (tables, towels, sofas, doors) miss instances. A category whose count
  disagrees with its boxes, or that lost a box, is not complete.
- These are scenes of a benchmark's test split: the split is always ``"test"``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sextant.counted import counted
from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.scenes import Room, Scene, SceneObject
from sextant.sources.boxes import box_of_rows
from sextant.sources.documents import read_json_object
from sextant.sources.facts import DatasetFacts, Part, nothing_found
from sextant.sources.labels import display_name
from sextant.sources.source import Source, SourceOptions

NAME = "vsi_meta"

LICENSE = (
    "VSI-Bench meta_info (code Apache-2.0); boxes under the terms of ARKitScenes, ScanNet++ and "
    "ScanNet (non-commercial); benchmark test scenes, never train on them"
)

FACTS = DatasetFacts(
    title="VSI-Bench meta_info",
    licence=LICENSE,
    page="https://github.com/vision-x-nyu/thinking-in-space",
    terms="none to accept for the files; the boxes keep the terms of the sets they come from",
    parts=(Part("data/meta_info/*_meta_info_*.json", "boxes, room size, counts", "4 MB"),),
    layout=("<root>/arkitscenes_meta_info_val.json", "<root>/scannetpp_meta_info_val.json", "..."),
    supports=frozenset({"objects", "metric", "video", "complete", "room"}),
    splits="always test: these are scenes of a benchmark",
    countable="as the benchmark's own object_counts",
)

_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(slots=True)
class VsiMetaSource:
    """The scenes of one or more ``*_meta_info_*.json`` files."""

    files: tuple[Path, ...]
    records: Mapping[str, tuple[Path, Any]]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return ``<dataset>/<scene>`` ids, sorted."""
        return tuple(self.records)

    def open(self, scene_id: str) -> Scene:
        """Build one scene from its record.

        Raises:
            InputError: If the record as a whole is broken; single broken boxes are dropped and
                counted in ``notes``.
        """
        if scene_id not in self.records:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        path, record = self.records[scene_id]
        return _scene(scene_id, record, where=f"{path.name}: {scene_id}")

    def describe(self) -> str:
        """Say which files were found."""
        names = ", ".join(path.name for path in self.files)
        found = counted(len(self.records), "scene")
        return f"VSI-Bench meta_info: {found} in {names} (boxes only, no frames)"


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open a folder with ``*_meta_info_*.json`` files, or one such file.

    Raises:
        MissingInput: If there is no such file.
        CorruptInput: If a file is no JSON object.
        ConventionError: If two files hold the same scene.
    """
    files = _files(root)
    records: dict[str, tuple[Path, Any]] = {}
    for path in files:
        fallback = path.name.split("_meta_info")[0]
        for key, record in read_json_object(path).items():
            named = record.get("dataset") if isinstance(record, dict) else None
            scene_id = f"{named if isinstance(named, str) and named else fallback}/{key}"
            if scene_id in records:
                raise ConventionError(
                    "the same scene stands in two files",
                    where=scene_id,
                    got=f"{records[scene_id][0].name} and {path.name}",
                    hint="leave one of the files out",
                )
            records[scene_id] = (path, record)
    chosen = sorted(records)[: options.scenes]
    return VsiMetaSource(tuple(files), {scene_id: records[scene_id] for scene_id in chosen})


def _files(root: Path | None) -> list[Path]:
    if root is not None and root.is_file():
        return [root]
    files = [] if root is None else sorted(root.glob("*_meta_info*.json"))
    files = [p for p in files if p.is_file()]
    if not files:
        raise nothing_found(NAME, FACTS, root, "*_meta_info_*.json, or a folder of them")
    return files


def _scene(scene_id: str, record: Any, where: str) -> Scene:
    if not all(_SAFE_ID.fullmatch(part) for part in scene_id.split("/")):
        raise ConventionError("scene or dataset name has odd characters", where=where)
    boxes = record.get("object_bbox") if isinstance(record, dict) else None
    if not isinstance(boxes, dict) or not boxes:
        raise CorruptInput(
            "scene has no boxes", where=where, expected="object_bbox: {category: [boxes]}"
        )
    counts = record.get("object_counts")
    objects: list[SceneObject] = []
    dropped: list[str] = []
    incomplete: set[str] = set()
    projected = 0
    for category, entries in boxes.items():
        if not isinstance(entries, list) or not category.strip():
            raise CorruptInput("boxes of a category are no list", where=f"{where}: {category!r}")
        name = display_name(category)
        kept = 0
        for index, entry in enumerate(entries):
            object_id = f"{category}_{index}"
            try:
                box, was_projected = box_of_rows(entry, where=f"{where}: {object_id}")
            except InputError as error:
                dropped.append(f"{object_id}: {error.what}")
                continue
            projected += was_projected
            kept += 1
            objects.append(SceneObject(id=object_id, category=name, box=box))
        stated = counts.get(category) if isinstance(counts, dict) else None
        if stated != len(entries) or kept != len(entries):
            incomplete.add(name)
    notes = {"categories_complete": "as object_counts of the benchmark states"}
    if dropped:
        notes |= {"boxes_dropped": str(len(dropped)), "boxes_dropped_first": dropped[0]}
    if projected:
        notes["rotations_projected"] = str(projected)
    names = {o.category for o in objects}
    return Scene(
        id=scene_id,
        source=NAME,
        split="test",
        license=LICENSE,
        objects=tuple(sorted(objects, key=lambda o: o.id)),
        room=Room(area_m2=_area(record.get("room_size"))),
        is_metric=True,
        complete_categories=frozenset(names - incomplete) if incomplete else None,
        notes=notes,
    )


def _area(value: Any) -> float | None:
    usable = isinstance(value, int | float) and math.isfinite(value) and value > 0
    return float(value) if usable else None
