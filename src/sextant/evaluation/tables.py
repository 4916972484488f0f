"""Rows of benchmark files: JSON Lines, JSON, parquet, TSV and CSV, each row with its place.

A row is a dictionary that knows where it stands, so that every complaint about it can name file and
line. Columns that hold pictures can be left in the file: the row then has a ``Cell`` instead, which
reads the value when it is asked. An 800 MB table of base64 pictures costs no memory that way.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sextant.errors import ConventionError, CorruptInput, MissingInput, SextantError
from sextant.evaluation._parquet_rows import parquet_rows
from sextant.evaluation._text_rows import MAX_CELL_CHARS, delimited_rows, json_line_rows, parse
from sextant.evaluation._text_rows import check_file as _check_file
from sextant.evaluation.literals import text_list

MAX_JSON_BYTES = 2 * 1024**3
"""A JSON list has to be read in one piece."""

FORMATS = (".jsonl", ".json", ".parquet", ".tsv", ".csv")


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A value that was left in its file.

    Attributes:
        read: Returns the value; raises ``InputError`` if the file has changed or is damaged.
        size: Characters of the stored text; None where the format does not tell without reading.
    """

    read: Callable[[], Any]
    size: int | None = None


class Row(dict[str, Any]):
    """A record as a dictionary that knows its place.

    Attributes:
        where: For errors: ``file: line 3``.
        number: Its position among the records of the file, from 0, broken ones counted: what
            harnesses number rows by that have no id of their own.
    """

    __slots__ = ("number", "where")

    def __init__(self, fields: dict[str, Any], where: str, number: int = 0) -> None:
        super().__init__(fields)
        self.where, self.number = where, number

    def text(self, name: str) -> str:
        """Return a field that must be text.

        Raises:
            MissingInput: If there is no such field.
            ConventionError: If it is no text.
        """
        value = self.get(name)
        if not isinstance(value, str):
            raise ConventionError(
                f"field {name!r} is no text", where=self.where, expected="text",
                got=_short(self._there(name)),
            )  # fmt: skip
        return value

    def label(self, name: str) -> str:
        """Return a field that must be text or a whole number, as text: ids, names.

        Raises:
            MissingInput: If there is no such field, or it is empty.
            ConventionError: If it is anything else.
        """
        value = self.get(name)
        if type(value) is str and (text := value.strip()):
            return text
        if type(value) is int:
            return str(value)
        value = self._there(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # what pandas makes of whole numbers in a column with gaps
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise ConventionError(
                f"field {name!r} is no name", where=self.where, expected="text or a whole number",
                got=_short(value),
            )  # fmt: skip
        text = str(value).strip()
        if not text:
            raise MissingInput(f"field {name!r} is empty", where=self.where)
        return text

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a field that must be a list of texts, or a text that spells such a list.

        Raises:
            MissingInput: If there is no such field.
            ConventionError: If it is anything else.
        """
        value = self.get(name)
        if type(value) is list and set(map(type, value)) == {str}:
            return tuple(value)
        return text_list(self._there(name), f"{self.where}: field {name!r}")

    def paths(self, name: str) -> tuple[str, ...]:
        """Return a field that must be one path, a list of paths, or a text that spells a list.

        Raises:
            MissingInput: If there is no such field, or the list is empty.
            ConventionError: If it is anything else.
        """
        value = self._there(name)
        one = isinstance(value, str) and not value.lstrip().startswith("[")
        found = (value,) if one else self.texts(name)
        if not found:
            raise MissingInput(f"field {name!r} is empty", where=self.where)
        return found

    def given(self, name: str) -> bool:
        """Tell whether a field is there and not empty (null, "", NaN, an empty list)."""
        value = self.get(name)
        if isinstance(value, float) and math.isnan(value):
            return False
        return value is not None and (not isinstance(value, (str, list)) or len(value) > 0)

    def _there(self, name: str) -> Any:
        value = self.get(name)
        if value is None:
            raise MissingInput(
                f"field {name!r} is missing", where=self.where, got=", ".join(sorted(self))[:300]
            )
        return value


def read_rows(
    path: Path,
    columns: Collection[str] = (),
    *,
    heavy: Collection[str] = (),
    on_broken: Callable[[SextantError], None] | None = None,
) -> Iterator[Row]:
    """Yield the records of a file, in its order.

    Args:
        path: A ``.jsonl``, ``.json`` (a list of objects), ``.parquet``, ``.tsv`` or ``.csv`` file.
            Cells of the last two are texts, empty ones "".
        columns: Fields that every record must have; they may be null.
        heavy: Columns that stay in the file; see ``Cell``. Those of a ``.json`` file do not.
        on_broken: Told of records that cannot be read, which are left out; None = they raise.

    Raises:
        MissingInput: If the file is not there, or a column is missing from its header, schema or
            first record.
        CorruptInput: If the file is not what its name says.
    """
    _check_file(path)
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        found = parquet_rows(path, columns, frozenset(heavy))
    elif suffix in (".tsv", ".csv"):
        found = delimited_rows(path, "\t" if suffix == ".tsv" else ",", columns, frozenset(heavy))
    elif suffix == ".jsonl":
        found = json_line_rows(path, frozenset(heavy))
    elif suffix == ".json":
        found = _json_rows(path)
    else:
        raise CorruptInput(
            "unknown kind of table", where=path, expected=" or ".join(FORMATS), got=suffix or "none"
        )
    first, wanted = True, frozenset(columns)
    for number, (where, fields) in enumerate(found):
        error = fields if isinstance(fields, SextantError) else None
        if isinstance(fields, dict):
            if not fields.keys() >= wanted:
                error = _missing(where, fields, columns)
                if first:
                    raise error
            first = False
        if error is None and isinstance(fields, dict):
            if heavy:
                fields = {
                    name: Cell(*value) if isinstance(value, tuple) else value
                    for name, value in fields.items()
                }
            yield Row(fields, where, number)
        elif error is not None and on_broken is not None:
            on_broken(error)
        elif error is not None:
            raise error


def data_files(root: Path, patterns: Sequence[str], what: str) -> tuple[Path, ...]:
    """Return the files of the first pattern that matches below a folder, sorted.

    Args:
        root: The folder, or the file itself.
        patterns: Globs relative to it, best first.
        what: Whose files they are, for the error.

    Raises:
        MissingInput: If there is no such folder, or nothing in it matches.
    """
    if root.is_file():
        return (root,)
    if not root.is_dir():
        raise MissingInput(
            f"the data of {what} are not there", where=root,
            expected="a folder with " + " or ".join(patterns),
        )  # fmt: skip
    for pattern in patterns:
        files = tuple(sorted(path for path in root.glob(pattern) if path.is_file()))
        if files:
            return files
    holds = sorted(path.name for path in root.iterdir())
    raise MissingInput(
        f"no file of {what} in this folder",
        where=root,
        expected=" or ".join(patterns),
        got=", ".join(holds[:12]) + (", ..." if len(holds) > 12 else "") or "an empty folder",
        hint="fetch the data set as its authors distribute it and name the folder it lies in",
    )


def media_folder(root: Path) -> Path:
    """Return the folder that media paths are relative to: the root, or that of a single file."""
    return root.parent if root.is_file() else root


def _json_rows(path: Path) -> Iterator[tuple[str, dict[str, Any] | SextantError]]:
    _check_file(path, MAX_JSON_BYTES)
    try:
        document = parse(path.read_text(encoding="utf-8-sig"), path)
    except (OSError, UnicodeDecodeError) as error:
        raise CorruptInput("file cannot be read", where=path, got=error) from error
    if not isinstance(document, list):
        raise CorruptInput(
            "wrong JSON document", where=path, expected="a list of records",
            got=type(document).__name__, hint="one object a line is named .jsonl",
        )  # fmt: skip
    for number, record in enumerate(document):
        where = f"{path}: record {number}"
        if isinstance(record, dict):
            yield where, record
        else:
            yield where, CorruptInput("not a record", where=where, got=type(record).__name__)


def _missing(where: str, fields: dict[str, Any], columns: Collection[str]) -> MissingInput:
    absent = sorted(set(columns) - set(fields))
    return MissingInput(
        "columns are missing: " + ", ".join(absent),
        where=where,
        expected=", ".join(sorted(columns)),
        got=", ".join(sorted(map(str, fields)))[:400],
    )


def _short(value: object) -> str:
    try:
        text = json.dumps(value)
    except (TypeError, ValueError):
        text = type(value).__name__
    return text if len(text) <= 80 else text[:77] + "..."


__all__ = [
    "FORMATS", "MAX_CELL_CHARS", "Cell", "Row", "data_files", "media_folder", "read_rows",
]  # fmt: skip
