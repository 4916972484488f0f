"""MessyTable-SI: which object of one view is that of another (SenseNova-SI's own generated part).

Its announcement says: multiple choice about MessyTable, first of all which objects of two views
match. **The layout of its files is not documented.** What is read here is the one example of a row
that was found in others' code: ``conversations`` (from/value, ``<image>`` in the text) and
``images`` (or ``image``, as SenseNova-SI's other files say), paths or ``{bytes, path}``; in JSONL,
an array, or Parquet. Anything else is broken. A row has at least two pictures.

That example asks "Which bounding box ... corresponds to the object in ... of the reference image":
rows with these words are ``pt.object_correspondence``, others ``messytable_si.unknown``. The scene
is read off MessyTable's names of pictures, ``<scene>-0<camera>.jpg``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.corpus.importers._files import files_below
from sextant.corpus.importers.hf_parquet import row_pictures
from sextant.corpus.importing.conversations import conversation_row
from sextant.corpus.importing.set_rows import BrokenRow, SetFile, SetRow

TASKS = {"object_correspondence": ("pt.object_correspondence", "PT")}

_MATCH = re.compile(r"corresponds to the object in .* of the reference image", re.DOTALL)
_SCENE = re.compile(r"(?:\A|/)([^/]+)-0[1-9]\.(?:jpg|png)\Z")


class MessyTableSi:
    """Conversations about two or more views of a table."""

    name = "messytable_si"
    title = "MessyTable-SI (conversations; layout not documented)"
    license = "that of the set"
    tasks: Mapping[str, tuple[str, str]] = TASKS
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the JSONL, JSON and Parquet files."""
        return files_below(root, (".jsonl", ".json", ".parquet"))

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        pictures = row_pictures(record)
        if len(pictures.names) < 2:
            raise BrokenRow("a row with fewer than two pictures", pictures.names)
        row = conversation_row(record, pictures.names, pictures=pictures.data)
        scenes = {m[1] for m in map(_SCENE.search, pictures.names) if m}
        task = "object_correspondence" if _MATCH.search(row.question) else ""
        scene = f"messytable/{scenes.pop()}" if len(scenes) == 1 else ""
        return row._replace(task=task, scene=scene)


IMPORTER = MessyTableSi()
