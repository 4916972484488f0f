"""CLEVR and CoGenT (arXiv 1612.06890), and what its generator makes of scenes of one's own.

Layout (the generator's code, the released files): ``questions/CLEVR_<split>_questions.json``
(CoGenT: trainA, valA, valB; ``CLEVR_CoGenT_<split>_questions.json`` is read as well, because the
exact name was not seen), an object with an array ``questions`` of
``question``, ``answer``, ``image_filename``, ``split``, ``question_index``, ``program`` (steps with
``function``, in scenes of one's own ``type``). Pictures are ``images/<split>/<image_filename>``
beside ``questions/``. The test questions have no answers and are not read; valA and valB are val.

The kind of a question is the last function of its program, with ``+relate`` if it goes from object
to object. Questions without a program (CLEVR-Humans) have no task.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.corpus.importers._files import array_place, folder_of, matching
from sextant.corpus.importing.plain_rows import answered, text_of
from sextant.corpus.importing.set_rows import BrokenRow, SetFile, SetRow


def _tasks() -> dict[str, tuple[str, str]]:
    kinds = {"count": "clevr.count", "exist": "clevr.exist", "equal_integer": "clevr.compare_count",
             "less_than": "clevr.compare_count", "greater_than": "clevr.compare_count"}  # fmt: skip
    for what in ("size", "color", "material", "shape"):
        kinds[f"query_{what}"] = "clevr.attribute"
        kinds[f"equal_{what}"] = "clevr.compare_attribute"
    found = {}
    for name, kind in kinds.items():
        found[name] = (kind, "SR")
        found[f"{name}+relate"] = (kind, "SR")
    return found | {"count+relate": ("sr.filtered_count", "SR")}


_NAME = r"CLEVR_(CoGenT_)?(train|trainA|val|valA|valB)_questions\.json"


class Clevr:
    """Questions and programs."""

    name = "clevr"
    title = "CLEVR and CoGenT (questions/ and images/)"
    license = "CC BY 4.0"
    tasks: Mapping[str, tuple[str, str]] = _tasks()
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the files of questions with answers."""
        return [
            SetFile(path, "array", "train" if match[2].startswith("train") else "val", match[2],
                    array_place(folder_of(root) / path, "questions"))
            for path, match in matching(root, _NAME)
        ]  # fmt: skip

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        answer = record.get("answer")
        if isinstance(answer, bool):  # as the generator writes it
            answer = "yes" if answer else "no"
        picture = text_of(record, "image_filename")
        if "/" in picture:
            raise BrokenRow("image_filename is no name of a file", picture)
        folder = file.path.rpartition("/")[0]
        above = f"{folder.rpartition('/')[0]}/" if "/" in folder else ""
        cogent = "cogent" if file.task.endswith(("A", "B")) else "clevr"
        return answered(
            text_of(record, "question"), answer, [f"{above}images/{file.task}/{picture}"],
            task=_kind(record.get("program")), name=record.get("question_index"),
            split=file.split, scene=f"{cogent}/{picture.rpartition('.')[0] or picture}",
        )  # fmt: skip


def _kind(program: object) -> str:
    if program is None:
        return ""
    if not isinstance(program, list) or any(not isinstance(step, dict) for step in program):
        raise BrokenRow("program is no list of steps", program)
    names = [step.get("function", step.get("type")) for step in program]
    if not names or any(not isinstance(name, str) for name in names):
        raise BrokenRow("a step of the program has no function", names)
    return f"{names[-1]}+relate" if "relate" in names else str(names[-1])


IMPORTER = Clevr()
