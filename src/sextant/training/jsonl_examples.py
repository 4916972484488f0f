"""Examples from JSONL of conversations, as SenseNova-SI and LLaVA-like sets are released.

    {"id": 7, "image": ["a.png", "b.png"], "conversations": [
        {"from": "human", "value": "<image>\\n<image>\\nWhich …"}, {"from": "gpt", "value": "A"}]}

``image`` may be a list, one path, null, or missing. A first turn may be ``system``. Optional
``capability``, ``source``, ``task`` and ``difficulty`` are taken over. A row with one picture and
no ``<image>`` at all has it put before its first question, as the trainer of InternVL does
(``multi_modal_get_item``); any other mismatch makes a row broken.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput, RecipeError
from sextant.models.family import Message
from sextant.samples.validate import image_path_problem
from sextant.training.examples import IMAGE_MARK, UNKNOWN, Record, mark_count
from sextant.training.line_index import LineIndex, open_line_index
from sextant.training.mixture import DIFFICULTIES
from sextant.training.recipe import DataEntry

MAX_LINE = 16 * 1024 * 1024

MAX_PICTURES = 512

_ROLES = {"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant"}


class JsonlExamples:
    """The lines of a file; row k is line k + 1.

    Args:
        entry: Of the recipe.
        cache: Folder for the index of line offsets.

    Raises:
        MissingInput: If the file or the folder of its pictures is not there.
        RecipeError: If the entry asks for what only a corpus has.
    """

    def __init__(self, entry: DataEntry, cache: Path) -> None:
        self.path = Path(entry.path)
        if not self.path.is_file():
            raise MissingInput("no such file of conversations", where=self.path)
        if entry.subset is not None:
            raise RecipeError("only a corpus has named subsets", where=entry.path, got=entry.subset)
        self.root = Path(entry.images) if entry.images is not None else self.path.parent
        if not self.root.is_dir():
            raise MissingInput("the folder of the pictures is not there", where=self.root)
        self.name = entry.name or self.path.stem
        self._entry = entry
        self._index: LineIndex = open_line_index(self.path, cache)
        self.fingerprint = self._index.digest
        self._file = self.path.open("rb")

    def __len__(self) -> int:
        return len(self._index)

    def asked(self) -> NDArray[np.int64]:
        """Return the rows that are asked for, ascending; broken ones are among them."""
        rows = np.arange(len(self), dtype=np.int64)
        if not self._entry.capabilities and not self._entry.tasks:
            return rows
        return np.array([row for row in rows if self._may_be_asked(int(row))], dtype=np.int64)

    def record(self, row: int) -> Record | None:
        """Return a row; see ``ExampleSet``."""
        fields = self._fields(row)
        if fields is None or not self._is_asked(fields):
            return None
        where = self._where(row)
        pictures = _pictures(fields, where)
        messages = _messages(fields.get("conversations"), len(pictures), where)
        name = fields.get("id", row + 1)
        record = Record(
            id=str(name)[:200] if isinstance(name, (str, int)) else str(row + 1),
            messages=messages,
            pictures=tuple(self._picture(path, where) for path in pictures),
            capability=_label(fields, "capability", self._entry.capability),
            source=_label(fields, "source", self.name),
            difficulty=_label(fields, "difficulty", UNKNOWN),
        )
        known = record.difficulty in DIFFICULTIES
        return record if known else replace(record, difficulty=UNKNOWN)

    def _may_be_asked(self, row: int) -> bool:
        try:
            fields = self._fields(row)
        except InputError:
            return True  # it is counted as broken later
        return fields is not None and self._is_asked(fields)

    def _is_asked(self, fields: Mapping[str, Any]) -> bool:
        entry = self._entry
        capability = _label(fields, "capability", entry.capability)
        return (not entry.capabilities or capability in entry.capabilities) and (
            not entry.tasks or fields.get("task") in entry.tasks
        )

    def _fields(self, row: int) -> dict[str, Any] | None:
        """Return the object of a line, None of a blank one."""
        where = self._where(row)
        start, stop = self._index.span(row)
        if stop - start > MAX_LINE:
            raise CorruptInput(
                "line is too long", where=where, expected=f"<= {MAX_LINE} bytes", got=stop - start
            )
        try:
            line = os.pread(self._file.fileno(), stop - start, start)
            text = line.decode("utf-8-sig" if row == 0 else "utf-8").strip()
            if not text:
                return None
            fields = json.loads(text)
        except OSError as error:
            raise CorruptInput("line cannot be read", where=where, got=error) from error
        except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
            raise CorruptInput("line is not JSON", where=where, got=str(error)[:200]) from error
        if not isinstance(fields, dict):
            raise CorruptInput(
                "line is no record", where=where, expected="an object", got=type(fields).__name__
            )
        return fields

    def _picture(self, path: str, where: str) -> Path:
        relative = os.path.relpath(path, self.root) if os.path.isabs(path) else path
        while relative.startswith("./"):
            relative = relative[2:]
        problem = image_path_problem(relative)
        if problem is None and not relative.isascii():
            try:
                relative.encode("utf-8")
            except UnicodeEncodeError as error:
                problem = str(error)
        if problem is not None:
            raise ConventionError(
                "no path inside the folder of pictures", where=where,
                expected=f"a path below {self.root}", got=repr(path)[:200],
                hint="`images` of the data entry names the folder that paths are relative to",
            )  # fmt: skip
        return self.root / relative

    def _where(self, row: int) -> str:
        return f"{self.path}: line {row + 1}"


def _pictures(fields: Mapping[str, Any], where: str) -> tuple[str, ...]:
    if fields.get("video"):
        raise ConventionError(
            "videos are not read", where=where, hint="give their frames as a list of images"
        )
    given = fields.get("image")
    if given is None or given == "":
        return ()
    paths = [given] if isinstance(given, str) else given
    if not isinstance(paths, list) or not all(isinstance(p, str) and p for p in paths):
        raise ConventionError(
            "image is neither a path nor a list of paths", where=where, got=repr(given)[:200]
        )
    if len(paths) > MAX_PICTURES:
        raise ConventionError(
            "too many pictures", where=where, expected=f"<= {MAX_PICTURES}", got=len(paths)
        )
    return tuple(paths)


def _messages(turns: object, pictures: int, where: str) -> tuple[Message, ...]:
    if not isinstance(turns, list) or not turns:
        raise ConventionError("no conversation", where=where, got=repr(turns)[:80])
    messages: list[Message] = []
    for number, turn in enumerate(turns, start=1):
        place = f"{where}, turn {number}"
        value = turn.get("value") if isinstance(turn, dict) else None
        if not isinstance(turn, dict) or not isinstance(value, str):
            raise ConventionError("a turn is not a pair of from and value", where=place)
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise ConventionError("a text holds a lone surrogate", where=place) from error
        speaker = turn.get("from")
        if speaker == "system" and number == 1:
            messages.append(Message("system", value))
            continue
        asked = sum(m.role != "system" for m in messages) % 2 == 0
        role = _ROLES.get(speaker) if isinstance(speaker, str) else None
        if role != ("user" if asked else "assistant"):
            raise ConventionError(
                "turns do not alternate between human and gpt", where=place,
                expected="human" if asked else "gpt", got=repr(speaker)[:80],
            )  # fmt: skip
        if not asked and not value.strip():
            raise ConventionError("an answer is empty", where=place)
        messages.append(
            Message("user", value) if asked else Message("assistant", value, supervised=True)
        )
    if messages[-1].role != "assistant":
        raise ConventionError("the last turn is not an answer", where=where)
    return _marked(tuple(messages), pictures, where)


def _marked(messages: tuple[Message, ...], pictures: int, where: str) -> tuple[Message, ...]:
    marks = mark_count(messages)
    if pictures == 1 and marks == 0:
        first = next(i for i, m in enumerate(messages) if m.role == "user")
        shown = replace(messages[first], text=f"{IMAGE_MARK}\n{messages[first].text}")
        messages, marks = (*messages[:first], shown, *messages[first + 1 :]), 1
    if marks != pictures:
        raise ConventionError(
            f"{marks} {IMAGE_MARK} for {pictures} pictures", where=where,
            expected="one in the human turns for each picture",
        )  # fmt: skip
    if any(IMAGE_MARK in m.text for m in messages if m.role != "user"):
        raise ConventionError(f"{IMAGE_MARK} outside the human turns", where=where)
    return messages


def _label(fields: Mapping[str, Any], name: str, default: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) and 0 < len(value) <= 64 else default
