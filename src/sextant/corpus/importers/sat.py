"""SAT, Spatial Aptitude Training (arXiv 2412.07755): still and moving scenes of ProcTHOR.

Layout (its card, the authors' loader): ``SAT_train.parquet``, ``SAT_static.parquet``,
``SAT_val.parquet``, ``SAT_test.parquet`` with ``image_bytes`` (a list of pictures), ``question``,
``answers`` (options, to be shuffled: the right one comes first), ``correct_answer``,
``question_type``. The static rows are train rows that show no motion: where train is there, they
are not read a second time. ``answers`` are shuffled by a hash, the same in every run.

Kinds of questions are those of the authors' code, and those that others' loaders of the set list
(``ego_movement``, ``action_conseq``: of the real-image test); any other is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.corpus.importers._files import matching
from sextant.corpus.importing.embedded import pictures_of
from sextant.corpus.importing.plain_rows import chosen, shuffled, text_of
from sextant.corpus.importing.set_rows import BrokenRow, SetFile, SetRow

TASKS = {
    "other": ("sat.static", "SR"),
    "obj_movement": ("sat.object_movement", "PT"),
    "action_sequence": ("sat.camera_movement", "PT"),
    "ego_movement": ("sat.camera_movement", "PT"),
    "action_consequence": ("sat.action_consequence", "PT"),
    "action_conseq": ("sat.action_consequence", "PT"),
    "goal_aim": ("sat.goal_aim", "PT"),
    "perspective": ("pt.hypothetical_direction", "PT"),
}

SPLITS = {"train": "train", "static": "train", "val": "val", "test": "test"}


class Sat:
    """The published tables."""

    name = "sat"
    title = "SAT (SAT_train.parquet, ...)"
    license = "MIT"
    tasks: Mapping[str, tuple[str, str]] = TASKS
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the tables; not the static one where the whole one is there."""
        found = matching(root, r"SAT_(train|static|val|test)\.parquet")
        whole = any(match[1] == "train" for _, match in found)
        return [
            SetFile(path, "parquet", SPLITS[match[1]])
            for path, match in found
            if match[1] != "static" or not whole
        ]

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        question, options = text_of(record, "question"), record.get("answers")
        if not isinstance(options, list) or any(not isinstance(o, str) for o in options):
            raise BrokenRow("answers is no list of texts", options)
        right = text_of(record, "correct_answer")
        if options.count(right) != 1:
            raise BrokenRow("correct_answer is not one of answers", right)
        pictures = pictures_of(record.get("image_bytes"))
        if not pictures.data:
            raise BrokenRow("a row without pictures")
        mixed = shuffled(question, options)
        return chosen(
            question, mixed, mixed.index(right), pictures.names, pictures=pictures.data,
            task=text_of(record, "question_type"), split=file.split,
        )  # fmt: skip


IMPORTER = Sat()
