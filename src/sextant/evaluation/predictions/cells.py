"""What the XML of a sheet says, element by element (ECMA-376, parts 18.3 and 18.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sextant.errors import CorruptInput
from sextant.evaluation.predictions.texts import TextStore

CELL_LIMIT = 32_767
"""Characters that a cell may have; writers cut off, or drop, what is longer."""

MAX_COLUMNS = 16_384
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell.

    Attributes:
        text: As it is written in the file; None if there is nothing.
        numeric: The file says that it is a number.
    """

    text: str | None
    numeric: bool = False

    @property
    def at_limit(self) -> bool:
        """Whether a writer may have cut it off.

        Spreadsheets count UTF-16 units, some writers characters; none splits a pair of units.
        """
        text = self.text or ""
        if len(text) * 2 < CELL_LIMIT - 1:
            return False
        units = len(text.encode("utf-16-le", "surrogatepass")) // 2
        pair = text[-1] > "\uffff"
        return len(text) == CELL_LIMIT or CELL_LIMIT - pair <= units <= CELL_LIMIT


class StringsParser:
    """Collects shared strings: the runs of a rich text are joined, its phonetic ones left out."""

    def __init__(self) -> None:
        self.store = TextStore()
        self._pieces: list[str] = []
        self._text = self._phonetic = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""
        name = local(tag)
        if name == "si":
            self._pieces = []
        elif name == "rPh":
            self._phonetic = True
        elif name == "t":
            self._text = not self._phonetic

    def end(self, tag: str) -> None:
        """Take its end."""
        name = local(tag)
        if name == "si":
            self.store.add(unescaped("".join(self._pieces)))
        elif name == "rPh":
            self._phonetic = False
        elif name == "t":
            self._text = False

    def data(self, text: str) -> None:
        """Take text between two tags."""
        if self._text:
            self._pieces.append(text)


class SheetParser:
    """Collects rows; ``rows`` is emptied by whoever reads them."""

    def __init__(self, strings: TextStore, where: str) -> None:
        self.rows: list[tuple[int, list[Cell]]] = []
        self._strings, self._where = strings, where
        self._cells: list[Cell] = []
        self._number = self._column = 0
        self._kind = ""
        self._into: list[str] | None = None
        self._value: list[str] = []
        self._formula: list[str] = []
        self._phonetic = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""
        name = local(tag)
        if name == "c":
            self._column = self._place(attributes.get("r", ""))
            self._kind = attributes.get("t", "n")
            self._value, self._formula = [], []
        elif name == "v" or (name == "t" and not self._phonetic):
            self._into = self._value
        elif name == "f":
            self._into = self._formula
        elif name == "rPh":
            self._phonetic = True
        elif name == "row":
            number = attributes.get("r", "")
            self._number = (
                int(number) if number.isascii() and number.isdigit() else self._number + 1
            )
            self._cells, self._column = [], -1

    def end(self, tag: str) -> None:
        """Take its end."""
        name = local(tag)
        if name in ("v", "t", "f"):
            self._into = None
        elif name == "c":
            while len(self._cells) < self._column:
                self._cells.append(Cell(None))
            del self._cells[self._column :]
            self._cells.append(self._cell())
        elif name == "rPh":
            self._phonetic = False
        elif name == "row" and self._cells:
            self.rows.append((self._number, self._cells))

    def data(self, text: str) -> None:
        """Take text between two tags."""
        if self._into is not None:
            self._into.append(text)

    def _place(self, reference: str) -> int:
        """Return the column of ``AB12``, from 0; the next one where there is no reference."""
        column = 0
        for letter in reference:
            if not "A" <= letter <= "Z":
                break
            column = column * 26 + ord(letter) - 64
            if column > MAX_COLUMNS:
                raise CorruptInput("a cell beyond the last column", where=self._where,
                                   expected=f"at most {MAX_COLUMNS:,} columns",
                                   got=reference[:20])  # fmt: skip
        return column - 1 if column else self._column + 1

    def _cell(self) -> Cell:
        value = "".join(self._value)
        if formula := "".join(self._formula):
            # A text that begins with "=" was taken for a formula; what it was is the formula.
            return Cell("=" + unescaped(formula))
        if self._kind == "s":
            if not (value.isascii() and value.isdigit() and int(value) < len(self._strings)):
                raise CorruptInput("a cell names a string that is not there", where=self._where,
                                   expected=f"0..{len(self._strings) - 1}",
                                   got=value[:20])  # fmt: skip
            return Cell(self._strings.get(int(value)) or None)
        if self._kind == "b":
            return Cell("TRUE" if value == "1" else "FALSE")
        if self._kind in ("str", "inlineStr", "e", "d"):
            return Cell(unescaped(value) or None)
        return Cell(value.strip() or None, numeric=True)


def local(tag: str) -> str:
    """Return a tag without its prefix."""
    return tag if ":" not in tag else tag.rsplit(":", 1)[1]


def unescaped(text: str) -> str:
    """Undo ``_xHHHH_``, which stands for characters that XML cannot hold (ECMA-376, 22.9.2.19)."""
    if "_x" not in text:
        return text
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)), text)
