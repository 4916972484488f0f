"""MindCube (arXiv 2506.21458), its training questions: a place imagined from few views.

Layout (as the benchmark's, which ``evaluation/benchmarks/mindcube`` reads):
``raw/MindCube_train.jsonl`` with ``id``, ``category``, ``type``, ``meta_info``, ``question`` (its
options inline: "... A. x B. y"), ``images`` (below ``other_all_image/``) and ``gt_answer`` (a
letter). The setting (around, among, rotation, translation) begins the id. Questions of the other
files of ``raw/`` are the benchmark's: those files are not read, and given by name are split
``test``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.corpus.importers._files import files_below
from sextant.corpus.importing.answers import listed_options
from sextant.corpus.importing.conversations import image_paths, with_marks
from sextant.corpus.importing.set_rows import BrokenRow, SetFile, SetRow
from sextant.samples.sample import LETTERS

TASKS = {
    "around": ("mr.around_object", "MR"),
    "among": ("mindcube.among", "MR"),
    "rotation": ("mindcube.rotation", "MR"),
    "translation": ("mindcube.translation", "MR"),
}

TRAIN = "MindCube_train.jsonl"


class MindCube:
    """The training questions."""

    name = "mindcube"
    title = "MindCube (raw/MindCube_train.jsonl and other_all_image/)"
    license = "MIT (annotations); pictures: their sources'"
    tasks: Mapping[str, tuple[str, str]] = TASKS
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the training file, or the file given, which is test if it has another name."""
        if root.is_file():
            split = "train" if root.name == TRAIN else "test"
            return [file._replace(split=split) for file in files_below(root)]
        found = files_below(root, (".jsonl",))
        return [file for file in found if file.path.rpartition("/")[2] == TRAIN]

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        name, asked = record.get("id"), record.get("question")
        if not isinstance(name, str) or not isinstance(asked, str):
            raise BrokenRow("id and question are texts", name)
        images = image_paths(record.get("images"))
        if not images:
            raise BrokenRow("a row without images")
        question, options = listed_options(asked)
        letter = record.get("gt_answer")
        if not isinstance(letter, str) or letter not in LETTERS[: len(options)] or not letter:
            raise BrokenRow("gt_answer is the letter of no option", letter)
        question, _ = with_marks(question, len(images))
        setting = next((s for s in TASKS if name.startswith(s)), "")
        more = {k: record[k] for k in ("category", "type", "meta_info") if k in record}
        return SetRow(
            images, question, letter, "choice", options, LETTERS.index(letter), task=setting,
            scene=f"mindcube/{images[0].rpartition('/')[0]}", style="mindcube", name=name,
            split=file.split, more={"mindcube": more},
        )  # fmt: skip


IMPORTER = MindCube()
