"""Finding the files of a set, and what stands beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from sextant.corpus.importing.pieces import MAX_RECORD, Raw, kind_of, plan_pieces, records
from sextant.corpus.importing.set_rows import SetFile
from sextant.errors import CorruptInput

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


def matching(root: Path, pattern: str) -> list[tuple[str, re.Match[str]]]:
    """Return the files below a folder whose whole names match, by path, as ``files_below`` does.

    Args:
        root: The folder, or one file.
        pattern: Of names without folders.

    Returns:
        Paths relative to the folder (of the file: to its own), and the matches.
    """
    name = re.compile(pattern)
    if root.is_file():
        match = name.fullmatch(root.name)
        return [(root.name, match)] if match else []
    found = []
    for path in root.rglob("*"):
        parts = path.relative_to(root)
        match = name.fullmatch(path.name)
        hidden = any(part.startswith(HIDDEN) for part in parts.parts)
        if match and not hidden and path.is_file():
            found.append((parts.as_posix(), match))
    return sorted(found, key=lambda item: item[0])


def folder_of(root: Path) -> Path:
    """Return the folder that paths of a set's files are relative to."""
    return root.parent if root.is_file() else root


def array_place(path: Path, key: str) -> int:
    """Return where the array begins that a JSON object has under a key.

    Raises:
        CorruptInput: If there is none.
    """
    from sextant.corpus.importing.json_arrays import find_array  # numba: 0.4 s to import

    try:
        place = find_array(path, key)
    except OSError as error:
        raise CorruptInput("a file of the set cannot be read", where=path, got=error) from error
    if place is None:
        raise CorruptInput("not a file of this set", where=path, expected=f"an array {key!r}")
    return place


def line_items(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSONL file one by one; what is no JSON object is left out."""
    for piece in (p for shard in plan_pieces(path.parent, [SetFile(path.name)]) for p in shard):
        for raw in records(path.parent, piece):
            try:
                item = orjson.loads(raw.data or b"")  # type: ignore[arg-type]
            except orjson.JSONDecodeError:
                continue
            if isinstance(item, dict):
                yield item


def array_items(path: Path, base: int = 0) -> Iterator[dict[str, Any]]:
    """Yield the objects of an array one by one; what is no JSON object is left out.

    Args:
        path: The file.
        base: Where the array begins.
    """
    from sextant.corpus.importing.json_arrays import records_of_array

    for raw in records_of_array(path, base, path.stat().st_size, MAX_RECORD, Raw, base):
        try:
            item = orjson.loads(raw.data or b"")  # type: ignore[arg-type]
        except orjson.JSONDecodeError:
            continue
        if isinstance(item, dict):
            yield item
