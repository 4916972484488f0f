"""VLMEvalKit's tables: a row per question, its pictures in base64, its options in columns A to Z.

Format: ``vlmeval/dataset/image_base.py`` and ``image_mcq.py``. A picture cell of at most 64
characters is no picture but the index of the row that holds it, which saves half of the circular
sets. Two things differ from how VLMEvalKit reads them: a cell counts as empty only if it is empty
or ``nan`` (pandas also drops options that read "None" or "NA"), and what is odd is reported by its
line instead of being passed on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sextant.errors import ConventionError, InputError, MissingInput
from sextant.evaluation.items import IMAGE_MARK, OnBroken
from sextant.evaluation.media import picture_from_file, pictures_from_cell
from sextant.evaluation.tables import Cell, Row, media_folder, read_rows
from sextant.models.messages import Picture
from sextant.samples.sample import LETTERS

MAX_REFERENCE_CHARS = 64
"""A shorter picture cell names another row (``image_base.py``)."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A row with its pictures.

    Attributes:
        row: The cells; ``image`` is a ``Cell``.
        index: The row's name, unique within the table.
        pictures: Read when needed.
        shown: What rows that show the same picture have in common.
    """

    row: Row
    index: str
    pictures: tuple[Picture, ...]
    shown: str

    def cell(self, name: str) -> str:
        """Return a cell's text, "" where it is empty, NaN, or not there."""
        value = self.row.get(name)
        text = "" if value is None else str(value)
        return "" if text.strip().lower() == "nan" else text

    def options(self) -> tuple[str, ...] | None:
        """Return the texts of the columns A, B, ...; None where there are none.

        Raises:
            ConventionError: If one in between is empty, so that letters would be skipped.
        """
        given = [letter for letter in LETTERS if self.cell(letter)]
        if given != list(LETTERS[: len(given)]):
            raise ConventionError(
                "an option between others is empty", where=self.row.where,
                expected="options in A, B, C, ... without a gap", got=", ".join(given),
            )  # fmt: skip
        return tuple(self.cell(letter) for letter in given) or None

    def letter(self, options: tuple[str, ...]) -> str:
        """Return the right letter.

        Raises:
            MissingInput: If there is no answer, as in test sets.
            ConventionError: If it is no letter of an option.
        """
        return right_letter(self.cell("answer"), options, self.row.where)


def right_letter(answer: str, options: tuple[str, ...], where: str) -> str:
    """Return the letter of an answer that is one, ``B`` or ``(B)``.

    Raises:
        MissingInput: If there is none, as in test sets.
        ConventionError: If it is no letter of an option.
    """
    letter = answer.strip().strip("()").upper()
    if not letter or letter == "HIDDEN":
        raise MissingInput(
            "there is no answer", where=where, hint="answers of test sets are kept by the authors"
        )
    if len(letter) != 1 or letter not in LETTERS[: len(options)]:
        raise ConventionError(
            "the answer is no option", where=where,
            expected=f"a letter from A to {LETTERS[len(options) - 1]}", got=repr(answer[:60]),
        )  # fmt: skip
    return letter


def entries(
    path: Path, on_broken: OnBroken, columns: Collection[str] = ("index", "question", "answer")
) -> Iterator[Entry]:
    """Yield the rows of a table, in its order.

    The whole table is listed first, without its pictures, because a row may point to a later one.

    Raises:
        MissingInput: If a column is missing.
        CorruptInput: If it is no table.
    """
    rows: dict[str, Row] = {}
    for row in read_rows(path, columns, heavy=("image",), on_broken=on_broken):
        try:
            index = row.label("index")
            if index in rows:
                raise ConventionError(
                    "two rows have the same index", where=row.where, got=index,
                    expected=f"another than in {rows[index].where}",
                )  # fmt: skip
            rows[index] = row
        except InputError as error:
            on_broken(error)
    shown: dict[str, tuple[Picture, ...]] = {}
    for index, row in rows.items():
        try:
            yield _entry(path, index, row, rows, shown)
        except InputError as error:
            on_broken(error)


def _entry(
    path: Path,
    index: str,
    row: Row,
    rows: dict[str, Row],
    shown: dict[str, tuple[Picture, ...]],
) -> Entry:
    if "image" in row:
        source = _source(index, row, rows)
        if source not in shown:
            # Counting what a cell holds reads it: once, however many rows show it.
            cell = rows[source]["image"]
            shown[source] = tuple(pictures_from_cell(f"{path.stem}/{source}", cell))
        return Entry(row, index, shown[source], source)
    if row.given("image_path"):
        spelled = str(row["image_path"])
        paths = row.texts("image_path") if spelled.strip().startswith("[") else (spelled,)
        folder = media_folder(path)
        pictures = tuple(picture_from_file(folder, p, row.where) for p in paths)
        return Entry(row, index, pictures, spelled)
    return Entry(row, index, (), "")


def _source(index: str, row: Row, rows: dict[str, Row]) -> str:
    """Return the index of the row that holds the picture: its own, or the one it points to."""
    reference = _reference(row["image"])
    if reference == "":
        raise MissingInput("the row has no picture", where=row.where)
    if reference is None:
        return index
    if reference not in rows or _reference(rows[reference]["image"]) is not None:
        raise MissingInput(
            "the row that should hold the picture is not there, or holds none",
            where=row.where, got=f"image = {reference!r}",
        )  # fmt: skip
    return reference


def _reference(cell: Any) -> str | None:
    """Return the index that a picture cell holds instead of a picture, "" if it is empty."""
    size = cell.size if isinstance(cell, Cell) else None
    if size is not None and size > MAX_REFERENCE_CHARS:
        return None
    value = cell.read() if isinstance(cell, Cell) else cell
    if value is None or (isinstance(value, str) and value.strip().lower() in ("", "nan")):
        return ""
    short = isinstance(value, str) and len(value) <= MAX_REFERENCE_CHARS
    return str(value).strip() if short or isinstance(value, int) else None


def choice_text(question: str, options: tuple[str, ...] | None, hint: str = "") -> str:
    """Return the prompt of ``ImageMCQDataset.build_prompt``, the blank at its end included."""
    lines = [f"Hint: {hint}\n"] if hint else []
    lines.append(f"Question: {question}\n")
    if options:
        lines.append("Options:\n")
        lines += [f"{LETTERS[k]}. {text}\n" for k, text in enumerate(options)]
        lines.append("Please select the correct answer from the options above. \n")
    return "".join(lines)


def images_first(text: str, count: int) -> str:
    """Put the marks of all pictures before a text, unless it says where each of them goes."""
    if text.count(IMAGE_MARK) == count:
        return text
    return IMAGE_MARK * count + text.replace(IMAGE_MARK, "")
