"""Finding the files of a set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sextant.corpus.importing.pieces import kind_of
from sextant.corpus.importing.set_rows import SetFile

HIDDEN = (".", "_")


def files_below(root: Path, suffixes: Sequence[str] = (".jsonl", ".json")) -> list[SetFile]:
    """Return one file, or all files with a suffix below a folder, by path.

    Folders and files whose names begin with a dot or an underscore are left out; links to folders
    are not followed.
    """
    if root.is_file():
        return [SetFile(root.name, kind_of(root))]
    found = []
    for suffix in suffixes:
        found += [
            path
            for path in root.rglob(f"*{suffix}")
            if not any(part.startswith(HIDDEN) for part in path.relative_to(root).parts)
            and path.is_file()
        ]
    names = sorted(path.relative_to(root).as_posix() for path in found)
    return [SetFile(name, kind_of(root / name)) for name in names]
