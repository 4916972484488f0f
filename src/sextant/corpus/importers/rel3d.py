"""Rel3D (arXiv 2012.01634): does a spatial relation hold? Pairs of scenes that differ in little.

Layout (the authors' README and loader): ``<split>.json``, an object with arrays ``train``,
``valid``, ``test`` of ``subject`` and ``object`` (``name``, ``bbox``), ``predicate``, ``label``,
``rgb`` (a path, mostly below ``data/20200223/`` of the raw data), ``width``, ``height``, ...; and
``predicates``, ``objects``. There are seven splits of the same rows: of a folder the primary one is
read, ``c_0.9_c_0.1.json``, another if given by name. ``--image-root`` is the folder that ``rgb``
is relative to.

The relation is evidence. Its names are in the data only, so all rows are ``rel3d.relation``. The
question around the three words is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.corpus.importers._files import array_place, folder_of, matching
from sextant.corpus.importing.plain_rows import answered, text_of
from sextant.corpus.importing.set_rows import BrokenRow, SetFile, SetRow

TASKS = {"relation": ("rel3d.relation", "SR")}

PRIMARY = r"c_0\.9_c_0\.1\.json"
SPLITS = {"train": "train", "valid": "val", "test": "test"}

QUESTION = "Is this true of the image? {} {} {}"


class Rel3d:
    """Triples with labels."""

    name = "rel3d"
    title = "Rel3D (c_0.9_c_0.1.json and its pictures)"
    license = "that of the set"
    tasks: Mapping[str, tuple[str, str]] = TASKS
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the three arrays of the primary split, or of the file given."""
        pattern = r".*\.json" if root.is_file() else PRIMARY
        return [
            SetFile(path, "array", split, start=array_place(folder_of(root) / path, key))
            for path, _ in matching(root, pattern)
            for key, split in SPLITS.items()
        ]

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        label = record.get("label")
        if type(label) not in (bool, int) or label not in (0, 1):
            raise BrokenRow("label is neither true nor false", label)
        ends = [record.get("subject"), record.get("object")]
        names = [text_of(end, "name") for end in ends if isinstance(end, dict)]
        if len(names) != 2:
            raise BrokenRow("subject and object are objects", ends)
        predicate = text_of(record, "predicate")
        question = QUESTION.format(names[0], predicate, names[1])
        more = {"predicate": predicate, "subject": ends[0], "object": ends[1]}
        path = text_of(record, "rgb")
        return answered(
            question, "yes" if label else "no", [path], task="relation", split=file.split,
            scene=f"rel3d/{path.rpartition('/')[2].rpartition('.')[0] or path}",
            more={"rel3d": more},
        )  # fmt: skip


IMPORTER = Rel3d()
