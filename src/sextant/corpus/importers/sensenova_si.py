"""SenseNova-SI-800K and -8M (arXiv 2511.13719): JSONL of conversations, nothing said of tasks.

Layout (read in the authors' preprocessing and in others' loaders): one object per line with ``id``
(int), ``image`` (list of relative paths; some rows hold one path, some none) and ``conversations``
(``from`` human or gpt, ``value``), several turns allowed. Some rows lack ``<image>`` marks; the
authors' inference puts them first (their PR 26), and so do we.

No capability, task, source, scene or split is published: all rows land in
``sensenova_si.unknown``. Scenes are read off the pictures' paths where these say them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.corpus.importers._files import files_below
from sextant.corpus.importing.conversations import conversation_row, image_paths
from sextant.corpus.importing.set_rows import SetFile, SetRow


class SenseNovaSi:
    """The published rows."""

    name = "sensenova_si"
    title = "SenseNova-SI JSONL (800K or 8M)"
    license = "Apache-2.0 (annotations); pictures: their sources'"
    tasks: Mapping[str, tuple[str, str]] = {}
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the JSONL file, or all below a folder."""
        return files_below(root, (".jsonl",))

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        return conversation_row(record, image_paths(record.get("image")))


IMPORTER = SenseNovaSi()
