"""Whether the answer that a prediction file names is that of the question it is put to."""

from __future__ import annotations

import math
import re

from sextant.errors import ConventionError
from sextant.evaluation.items import Item
from sextant.evaluation.predictions.notes import Notes

MAX_OTHER_TRUTHS = 0.2
"""Above this share of rows with another answer than the data's, rows are not the questions'."""

_LETTER = re.compile(r"\s*[(\[]?([A-Za-z])(?:[)\].:,]|\s*$)")
_SPACE = re.compile(r"\s+")


class Truths:
    """Compares the answers that a file names with the data's."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._checked = self._different = 0
        self._shown: list[str] = []

    def check(self, item: Item, truth: str) -> None:
        """Compare one row."""
        same = agrees(truth, item)
        if same is None:
            return
        self._checked += 1
        if not same:
            self._different += 1
            self._notes.add("truth_differs", item.id)
            if len(self._shown) < 3:
                self._shown.append(f"{item.id}: {truth!r} for {item.answer!r}")

    def judge(self) -> None:
        """Refuse a file most likely made for other questions.

        Raises:
            ConventionError: If more rows differ than versions of a benchmark do.
        """
        if self._different > MAX_OTHER_TRUTHS * self._checked:
            raise ConventionError(
                "the predictions were made for other questions than the data holds",
                expected="the answers of the data in the file's answer or target column",
                got=f"{self._different:,} of {self._checked:,} differ ({'; '.join(self._shown)})",
                hint="name the data the predictions were made from; ids or order differ",
            )  # fmt: skip


def agrees(truth: str, item: Item) -> bool | None:
    """Compare a file's answer with an item's.

    Args:
        truth: In a harness' own spelling: ``B``, ``(B)``, ``B. chair``, ``chair``, ``1`` for an
            index, ``2.50``.
        item: The question.

    Returns:
        None if the file names none, or one whose spelling says nothing.
    """
    said, known = _plain(truth), _plain(item.answer)
    if not said or said in ("nan", "none", "null"):
        return None
    if said == known:
        return True
    if item.options is not None:
        return _same_option(truth, said, item)
    number = _number(said)
    wanted = item.value if item.value is not None else _number(known)
    if number is not None and wanted is not None:
        return math.isclose(number, wanted, rel_tol=1e-4, abs_tol=1e-6)
    return False


def _same_option(truth: str, said: str, item: Item) -> bool | None:
    options = [_plain(option) for option in item.options or ()]
    letter = item.answer.upper()
    right = ord(letter) - 65 if len(letter) == 1 else -1
    if said in options:
        return 0 <= right < len(options) and options[right] == said
    if found := _LETTER.match(truth):
        return found[1].upper() == letter
    if said.isdecimal() and said.isascii() and int(said[:3]) < len(options):
        return int(said) == right
    return None


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text).strip().casefold()


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
