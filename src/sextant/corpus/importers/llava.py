"""LLaVA-style instruction data: one JSON array (or JSONL) of ``id``, ``image``, ``conversations``.

The layout of LLaVA-Instruct-150K, LLaVA-1.5-mix665k and what follows them: ``image`` is a path, or
missing in text-only rows; ``conversations`` alternate between human and gpt. General data without
task names: all rows are ``llava.unknown`` under ``GENERAL``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.corpus.importers._files import files_below
from sextant.corpus.importers.sharegpt import whole_row
from sextant.corpus.importing.conversations import conversation_row, image_paths
from sextant.corpus.importing.set_rows import SetFile, SetRow


class Llava:
    """Arrays of conversations."""

    name = "llava"
    title = "LLaVA-style JSON"
    license = "that of the set"
    tasks: Mapping[str, tuple[str, str]] = {}
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the file, or all JSON files below a folder."""
        return files_below(root)

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        images = image_paths(record.get("image"))
        if "sextant" in record:
            return whole_row(record, images)
        return conversation_row(record, images)


IMPORTER = Llava()
