"""VQA v2 (arXiv 1612.00837): free questions about COCO pictures.

Layout (its Python API, loaders of the set): ``v2_mscoco_<subset>_annotations.json``, an object
with an array ``annotations`` (``question_id``, ``image_id``, ``multiple_choice_answer``,
``answer_type``, ``question_type``, ten ``answers``), and beside it, or anywhere below the folder,
``v2_OpenEnded_mscoco_<subset>_questions.json`` with ``questions`` (``question_id``, ``image_id``,
``question``). Subsets are train2014 and val2014; the test questions have no answers and are not
read. Pictures are ``<subset>/COCO_<subset>_<12 digits>.jpg``.

The answer kept is the most frequent of the ten, ``multiple_choice_answer``. General data: tasks are
the set's answer types.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from sextant.corpus.importers._files import array_items, array_place, folder_of, matching
from sextant.corpus.importing.plain_rows import answered, text_of
from sextant.corpus.importing.set_rows import GENERAL, BrokenRow, SetFile, SetRow
from sextant.errors import MissingInput

TASKS = {
    "yes/no": ("vqa_v2.yes_no", GENERAL),
    "number": ("vqa_v2.number", GENERAL),
    "other": ("vqa_v2.other", GENERAL),
}

_ANNOTATIONS = r"v2_mscoco_(train2014|val2014)_annotations\.json"


class VqaV2:
    """Questions and annotations, joined by their ids."""

    name = "vqa_v2"
    title = "VQA v2 (annotations, questions, train2014/ and val2014/)"
    license = "CC BY 4.0 (annotations); pictures: COCO's terms"
    tasks: Mapping[str, tuple[str, str]] = TASKS
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the files of annotations; each knows its file of questions."""
        folder, found = folder_of(root), []
        for path, match in matching(root, _ANNOTATIONS):
            subset = match[1]
            name = f"v2_OpenEnded_mscoco_{subset}_questions.json"
            beside = matching(folder, name.replace(".", r"\."))
            if not beside:
                raise MissingInput("the questions to the annotations are missing",
                                   where=folder / path, expected=name)  # fmt: skip
            place = array_place(folder / path, "annotations")
            questions = str((folder / beside[0][0]).resolve())
            split = subset.removesuffix("2014")
            found.append(SetFile(path, "array", split, subset, place, questions))
        return found

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        name, picture = record.get("question_id"), record.get("image_id")
        if type(name) is not int or type(picture) is not int or picture < 0:
            raise BrokenRow("question_id and image_id are numbers", (name, picture))
        question = _questions(file.beside).get(name)
        if question is None:
            raise BrokenRow("no question has this question_id", name)
        told = {"question_type": record.get("question_type")}
        image = f"{file.task}/COCO_{file.task}_{picture:012d}.jpg"
        return answered(
            question, text_of(record, "multiple_choice_answer"), [image],
            task=text_of(record, "answer_type"), name=name, split=file.split,
            scene=f"coco/{picture:012d}", source="vqa_v2/coco", more={"vqa_v2": told},
        )  # fmt: skip


@lru_cache(maxsize=2)
def _questions(path: str) -> dict[int, str]:
    place = Path(path)
    items = array_items(place, array_place(place, "questions"))
    return {
        item["question_id"]: item["question"]
        for item in items
        if type(item.get("question_id")) is int and isinstance(item.get("question"), str)
    }


IMPORTER = VqaV2()
