"""IconQA (arXiv 2110.13214): questions about abstract diagrams.

Layout (the authors' loaders): ``problems.json``, one object, id -> problem, with ``question``,
``ques_type`` (choose_img, choose_txt, fill_in_blank), ``choices``, ``answer`` (the number of a
choice, or what fills the blank), ``split``; pictures in ``iconqa/<split>/<ques_type>/<id>/``:
``image.png`` and the choices, if those are pictures.

General data: tasks are the three kinds of questions.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.corpus.importers._files import matching
from sextant.corpus.importing.plain_rows import answered, asked, chosen, text_of
from sextant.corpus.importing.set_rows import GENERAL, BrokenRow, SetFile, SetRow
from sextant.samples.sample import LETTERS
from sextant.samples.validate import IMAGE_MARK

TASKS = {
    "choose_img": ("iconqa.choose_picture", GENERAL),
    "choose_txt": ("iconqa.choose_text", GENERAL),
    "fill_in_blank": ("iconqa.fill_in_blank", GENERAL),
}

SPLITS = ("train", "val", "test")


class IconQa:
    """Problems and their pictures."""

    name = "iconqa"
    title = "IconQA (problems.json and iconqa/)"
    license = "CC BY-NC-SA 4.0"
    tasks: Mapping[str, tuple[str, str]] = TASKS
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return ``problems.json``."""
        return [SetFile(path, "members") for path, _ in matching(root, r"problems\.json")]

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        name, told = next(iter(record.items()), ("", None))
        if len(record) != 1 or not isinstance(told, dict):
            raise BrokenRow("not an id and its problem", name)
        kind, split = text_of(told, "ques_type"), told.get("split")
        if kind not in TASKS or split not in SPLITS:
            raise BrokenRow("its kind or split is none of the set's", (kind, split))
        if not name.isdigit():
            raise BrokenRow("its id is no number", name)
        folder = f"{file.path.rpartition('/')[0]}/iconqa/{split}/{kind}/{name}".lstrip("/")
        question, answer = text_of(told, "question"), told.get("answer")
        more: dict[str, Any] = {
            "task": kind, "name": name, "split": split, "scene": f"iconqa/{name}",
        }  # fmt: skip
        shown = [f"{folder}/image.png"]
        if kind == "fill_in_blank":
            return answered(question, answer, shown, **more)
        choices = told.get("choices")
        if not isinstance(choices, list) or len(choices) > len(LETTERS):
            raise BrokenRow("choices is no list", choices)
        if kind == "choose_txt":
            return chosen(question, choices, _number(answer), shown, **more)
        return _among_pictures(question, choices, _number(answer), folder, more)


def _number(answer: object) -> object:
    """The authors' loader reads numbers of choices that are written as texts."""
    if isinstance(answer, str) and answer.isascii() and answer.isdigit():
        return int(answer)
    return answer


def _among_pictures(
    question: str, choices: list[Any], answer: object, folder: str, more: dict[str, Any]
) -> SetRow:
    """Every choice is a picture behind its letter."""
    if any(not isinstance(name, str) or not name for name in choices):
        raise BrokenRow("a choice is no name of a picture", choices)
    letters = LETTERS[: len(choices)]
    row = chosen(question, list(letters), answer, [], **{**more, "style": "verbatim"})
    listed = "\n".join(f"{letter}. {IMAGE_MARK}" for letter in letters)
    images = [f"{folder}/image.png", *(f"{folder}/{name}" for name in choices)]
    return row._replace(images=images, question=f"{asked(question, 1)}\n{listed}")


IMPORTER = IconQa()
