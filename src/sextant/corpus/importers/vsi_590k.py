"""VSI-590K of Cambrian-S (arXiv 2511.04670): questions about videos and pictures of rooms.

Layout (read in loaders of the set): ``vsi_590k.jsonl`` beside one folder per source (arkitscenes,
scannet, scannetppv2, ...); a row has ``conversations``, ``question_type``, and ``video`` (about
374K) or ``image`` (216K), a path whose first folder is the source. The turn of a video row has one
``<image>`` (in places ``<video>``) for the whole video: with ``--images store`` frames are taken
from it (package ``av``), with ``refer`` such rows are left out.

Names of question types below were met in published code; others land in ``vsi_590k.unknown`` and
are reported, so that a table can be completed from the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.corpus.importers._files import files_below
from sextant.corpus.importing.conversations import conversation_row, image_paths
from sextant.corpus.importing.set_rows import BrokenRow, SetFile, SetRow
from sextant.corpus.scene_names import scene_of
from sextant.samples.validate import IMAGE_MARK

TASKS = {
    "absolute_count": ("mm.object_count", "MM"),
    "absolute_size_object": ("mm.object_size", "MM"),
    "absolute_size_room": ("mm.room_area", "MM"),
    "absolute_distance_object": ("mm.object_distance", "MM"),
    "relative_count": ("vsi_590k.relative_count", "SR"),
    "relative_size_object": ("sr.size_comparison", "SR"),
    "relative_distance_object": ("sr.relative_distance", "SR"),
    "relative_direction_object": ("pt.hypothetical_direction", "PT"),
}


class Vsi590k:
    """The published rows."""

    name = "vsi_590k"
    title = "VSI-590K (vsi_590k.jsonl and its folders)"
    license = "Apache-2.0 (annotations); pictures: their sources'"
    tasks: Mapping[str, tuple[str, str]] = TASKS
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return ``vsi_590k.jsonl``, or the file given."""
        named = root / "vsi_590k.jsonl"
        return files_below(named if named.is_file() else root, (".jsonl",))

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        task = record.get("question_type")
        if not isinstance(task, str):
            raise BrokenRow("question_type is missing", task)
        video = record.get("video")
        if not video:
            images = image_paths(record.get("image"))
            source = _source(images[0]) if images else ""
            return conversation_row(record, images, task=task, source=source)
        if not isinstance(video, str):
            raise BrokenRow("video is no path", video)
        row = conversation_row(_one_mark(record), [video], task=task, source=_source(video))
        return row._replace(images=[], video=video, scene=scene_of(video))


def _one_mark(record: dict[str, Any]) -> dict[str, Any]:
    turns = record.get("conversations")
    if isinstance(turns, list) and turns and isinstance(turns[0], dict):
        value = turns[0].get("value")
        if isinstance(value, str) and "<video>" in value:
            first = {**turns[0], "value": value.replace("<video>", IMAGE_MARK)}
            return {**record, "conversations": [first, *turns[1:]]}
    return record


def _source(path: str) -> str:
    folder = path.partition("/")[0]
    return f"vsi_590k/{folder}" if folder != path else ""


IMPORTER = Vsi590k()
