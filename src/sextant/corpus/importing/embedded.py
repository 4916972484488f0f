"""Pictures that stand in the rows of a table: ``{bytes, path}``, as Hugging Face's ``Image`` is.

The path beside the bytes is a name and nothing is ever opened by it; where there are no bytes it is
a path like any other.
"""

from __future__ import annotations

from typing import NamedTuple

from sextant.corpus.importing.conversations import MAX_IMAGES
from sextant.corpus.importing.set_rows import BrokenRow
from sextant.samples.validate import image_path_problem


class Pictures(NamedTuple):
    """Names or paths, and the bytes of each if the row holds them."""

    names: list[str]
    data: list[bytes]


def pictures_of(given: object) -> Pictures:
    """Return the pictures of a column.

    Args:
        given: None, one picture or a list of them: bytes, a path, or both in a dictionary.

    Raises:
        BrokenRow: If it is none of that, or bytes of some are there and of others are not.
    """
    items = given if isinstance(given, list) else [] if given is None else [given]
    if len(items) > MAX_IMAGES:
        raise BrokenRow("too many images", len(items))
    names, data = [], []
    for number, item in enumerate(items):
        path, held = _path_and_bytes(item)
        if held is None:
            names.append(path)
        else:
            plain = bool(path) and not image_path_problem(path)
            names.append(path if plain else f"embedded/{number}")
            data.append(held)
    if data and len(data) < len(names):
        raise BrokenRow("some pictures have bytes and others do not")
    return Pictures(names, data)


def _path_and_bytes(item: object) -> tuple[str, bytes | None]:
    if isinstance(item, dict) and item.keys() <= {"bytes", "path"}:
        path, held = item.get("path"), item.get("bytes")
    elif isinstance(item, bytes):
        path, held = None, item
    else:
        path, held = item, None
    if held is not None and not isinstance(held, bytes):
        raise BrokenRow("a picture is neither bytes nor a path", type(held).__name__)
    if held is None and (not isinstance(path, str) or not path):
        raise BrokenRow("a picture is neither bytes nor a path", type(item).__name__)
    return (path if isinstance(path, str) else ""), held
