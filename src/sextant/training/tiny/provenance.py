"""Where a tiny base comes from: a note beside its weights, against which its files are held.

``made.json`` holds the command, the resolved recipe, the rooms, the captions, library versions, and
the SHA-256 of every other file of the folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from sextant.errors import CorruptInput, MissingInput
from sextant.execution.atomic import write_text

NOTE = "made.json"


def write_note(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write the note of a folder whose other files are whole.

    Args:
        folder: Of the base.
        facts: JSON values: how it was made.
    """
    note = {**facts, "files": hashes(folder)}
    write_text(folder / NOTE, json.dumps(note, indent=1) + "\n")


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file but the note, by name."""
    paths = sorted(p for p in folder.iterdir() if p.is_file() and p.name != NOTE)
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in paths}


def read_note(folder: Path) -> dict[str, Any]:
    """Return the note of a base after its files have been held against it.

    Raises:
        MissingInput: If there is no note.
        CorruptInput: If it cannot be read, or a file is another one, missing, or not named.
    """
    path = folder / NOTE
    try:
        note: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        named = dict(note["files"])
    except FileNotFoundError:
        raise MissingInput("a tiny base has no note of where it comes from", where=path) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorruptInput("a tiny base's note cannot be read", where=path, got=error) from None
    found = hashes(folder)
    for name in sorted({*named, *found}):
        if found.get(name) != named.get(name):
            raise CorruptInput(
                "a tiny base's file is not the one that was made", where=folder / name,
                expected=f"sha256 {named.get(name, 'of nothing: the file is not named')}",
                got=found.get(name, "no file"),
                hint="install the package again, or make the base with sextant.commands.tiny_base",
            )  # fmt: skip
    return note
