"""GQA (arXiv 1902.09506): questions made from scene graphs of Visual Genome pictures.

Layout (loaders of the set; the features of its copies on the hub): ``<split>_<balanced|all>_
questions.json``, one object, id -> question, with ``question``, ``answer``, ``fullAnswer``,
``imageId``, ``isBalanced`` and ``types`` (``semantic``, ``structural``, ``detailed``); all training
questions are a folder ``train_all_questions/`` of ``train_all_questions_<n>.json``. Pictures are
``images/<imageId>.jpg``.

Where the balanced questions of a split are there, those are read and not all; test, submission
and challenge have no answers and are not read. The short answer is kept; the full one is evidence.
General data: tasks are the set's semantic types.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.corpus.importers._files import matching
from sextant.corpus.importing.plain_rows import answered, text_of
from sextant.corpus.importing.set_rows import GENERAL, BrokenRow, SetFile, SetRow

TASKS = {
    "rel": ("gqa.relation", GENERAL),
    "attr": ("gqa.attribute", GENERAL),
    "obj": ("gqa.object", GENERAL),
    "cat": ("gqa.category", GENERAL),
    "global": ("gqa.scene", GENERAL),
}

SPLITS = {"train": "train", "val": "val", "testdev": "test"}

_NAME = r"(train|val|testdev)_(balanced|all)_questions(?:_\d+)?\.json"


class Gqa:
    """Objects of questions."""

    name = "gqa"
    title = "GQA (<split>_balanced_questions.json and images/)"
    license = "CC BY 4.0 (annotations); pictures: Visual Genome's"
    tasks: Mapping[str, tuple[str, str]] = TASKS
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the files of questions that have answers."""
        found = matching(root, _NAME)
        balanced = {match[1] for _, match in found if match[2] == "balanced"}
        return [
            SetFile(path, "members", SPLITS[match[1]])
            for path, match in found
            if match[2] == "balanced" or match[1] not in balanced
        ]

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        name, told = next(iter(record.items()), ("", None))
        if len(record) != 1 or not isinstance(told, dict):
            raise BrokenRow("not an id and its question", name)
        picture, types = text_of(told, "imageId"), told.get("types")
        if not picture.isalnum():
            raise BrokenRow("imageId is no name of a picture", picture)
        if not isinstance(types, dict):
            raise BrokenRow("types is no object", types)
        more = {"types": types, "fullAnswer": told.get("fullAnswer")}
        return answered(
            text_of(told, "question"), text_of(told, "answer"), [f"images/{picture}.jpg"],
            task=text_of(types, "semantic"), name=name, split=file.split,
            scene=f"visual_genome/{picture}", source="gqa/visual_genome", more={"gqa": more},
        )  # fmt: skip


IMPORTER = Gqa()
