"""ViCA-322K (arXiv 2505.12312): questions about videos of ARKitScenes, ScanNet and ScanNet++.

Layout (the authors' notebooks and training lists): ``<source>/base/<task>.json`` and
``<source>/complex/<task>.json``, arrays of ``video`` (``<source>/<scene>.mp4``) and
``conversations`` with one ``<image>`` for the video: frames are taken with ``--images store``
(package ``av``). The task is the name of the file, the scene that of the video. Its thinking rows
(ViCA-Thinking-2.68K) have another layout, which was not seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.corpus.importers._files import files_below
from sextant.corpus.importing.conversations import conversation_row
from sextant.corpus.importing.plain_rows import text_of
from sextant.corpus.importing.set_rows import SetFile, SetRow

TASKS = {
    "object_count": ("mm.object_count", "MM"),
    "object_size_estimation": ("mm.object_size", "MM"),
    "object_abs_distance": ("mm.object_distance", "MM"),
    "room_size": ("mm.room_area", "MM"),
    "object_relative_distance": ("sr.relative_distance", "SR"),
    "obj_appearance_order": ("cr.appearance_order", "CR"),
    "triangular_positional_relationship": ("vica.triangle", "MM"),
    "conversation": ("vica.conversation", "CR"),
    "spatial_description": ("vica.spatial_description", "CR"),
    "furniture": ("vica.furniture", "CR"),
    "usage": ("vica.usage", "CR"),
    "important_daily_necessities": ("vica.daily_necessities", "CR"),
    "wheelchair_user": ("vica.wheelchair_user", "CR"),
}


class Vica:
    """Conversations about videos."""

    name = "vica"
    title = "ViCA-322K (<source>/base and <source>/complex)"
    license = "Apache-2.0 (annotations); videos: their sources'"
    tasks: Mapping[str, tuple[str, str]] = TASKS
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the JSON files; their names are the tasks."""
        return [
            file._replace(task=file.path.rpartition("/")[2].removesuffix(".json"))
            for file in files_below(root, (".json",))
        ]

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        video = text_of(record, "video")
        row = conversation_row(record, [video], task=file.task)
        source = video.partition("/")[0] if "/" in video else ""
        return row._replace(
            images=[], video=video, scene=Path(video).stem,
            source=f"vica/{source}" if source else "",
        )  # fmt: skip


IMPORTER = Vica()
