"""Parquet as Hugging Face ``datasets`` writes it, with pictures in the rows.

No set in particular: columns are found by name, strictly. Pictures: ``image`` or ``images``, each
``{bytes, path}`` (``datasets.Image``), bytes, or a path. Text: ``conversations`` (from/value),
``messages`` (role/content; content a text, or parts of ``type`` text or image as chat templates
want them), or ``question`` and ``answer``. A row that has two of a kind, or none, is broken: say
which is meant with ``--column question=prompt``. Other columns are not looked at.

Splits follow from the names that ``datasets`` gives its files (``train-00000-of-00012.parquet``).
No task is known: all rows are ``hf_parquet.unknown``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.corpus.importers._files import files_below
from sextant.corpus.importing.conversations import conversation_row
from sextant.corpus.importing.embedded import Pictures, pictures_of
from sextant.corpus.importing.set_rows import BrokenRow, SetFile, SetRow
from sextant.samples.validate import IMAGE_MARK

SPLITS = {
    "train": "train", "validation": "val", "valid": "val", "val": "val", "dev": "val",
    "test": "test", "testdev": "test",
}  # fmt: skip

_SPLIT = re.compile(r"(?:\A|[/_-])(train|validation|valid|val|dev|testdev|test)(?=[-_./])")

_ROLES = {"user": "human", "human": "human", "assistant": "gpt", "gpt": "gpt", "system": "system"}


class HfParquet:
    """Tables with embedded pictures."""

    name = "hf_parquet"
    title = "Hugging Face Parquet with image(s) and question/answer, conversations or messages"
    license = "that of the set"
    tasks: Mapping[str, tuple[str, str]] = {}
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the file, or all Parquet files below a folder."""
        return parquet_files(root)

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        pictures = row_pictures(record)
        told = {"id": record.get("id"), "conversations": _conversation(record)}
        return conversation_row(
            told, pictures.names, pictures=pictures.data, split=file.split
        )  # fmt: skip


def parquet_files(root: Path) -> list[SetFile]:
    """Return the Parquet files below a folder, with the splits that their names say."""
    found = [file for file in files_below(root, (".parquet",)) if file.kind == "parquet"]
    names = [_SPLIT.search(file.path.rpartition("/")[2]) for file in found]
    return [
        file._replace(split=SPLITS[name[1]] if name else "train")
        for file, name in zip(found, names, strict=True)
    ]


def row_pictures(record: Mapping[str, Any]) -> Pictures:
    """Return the pictures of ``image`` or ``images``.

    Raises:
        BrokenRow: If both columns hold some.
    """
    held = [record[name] for name in ("image", "images") if record.get(name) is not None]
    if len(held) > 1:
        raise BrokenRow("image and images: which is meant? --column image=...")
    return pictures_of(held[0] if held else None)


def _conversation(record: Mapping[str, Any]) -> object:
    pair = "question" in record and "answer" in record
    found = [name for name in ("conversations", "messages") if name in record]
    if len(found) + pair != 1:
        raise BrokenRow(
            "not one of conversations, messages, question and answer: see --column",
            sorted(record),
        )
    if pair:
        return [{"from": "human", "value": record["question"]},
                {"from": "gpt", "value": record["answer"]}]  # fmt: skip
    turns = record[found[0]]
    if found[0] == "conversations" or not isinstance(turns, list):
        return turns
    return [_turn(turn) for turn in turns]


def _turn(turn: object) -> object:
    if not isinstance(turn, dict):
        return turn
    speaker, content = turn.get("role"), turn.get("content")
    if isinstance(content, list):
        content = "".join(_part(part) for part in content)
    return {"from": _ROLES.get(speaker) if isinstance(speaker, str) else None, "value": content}


def _part(part: object) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "image":
        return f"{IMAGE_MARK}\n"
    text = part.get("text") if isinstance(part, dict) else None
    if kind != "text" or not isinstance(text, str):
        raise BrokenRow("a part of a message is neither text nor an image", part)
    return text


IMPORTER = HfParquet()
