"""The JSON files of a checkpoint folder, read with care: they come from strangers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.errors import CorruptInput, MissingInput

MAX_BYTES = 1 << 26
"""No config and no tokenizer is larger; Qwen3's tokenizer has 11 MB."""


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file.

    Raises:
        MissingInput: If it is not there.
        CorruptInput: If it holds something else.
    """
    if not path.is_file():
        raise MissingInput("a file of the checkpoint is missing", where=path)
    if path.stat().st_size > MAX_BYTES:
        raise CorruptInput("a file of the checkpoint is too large", where=path)
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CorruptInput("a file of the checkpoint is not JSON", where=path, got=error) from error
    if not isinstance(found, dict):
        raise CorruptInput("a file of the checkpoint is not a JSON object", where=path)
    return found


def count(values: Mapping[str, Any], name: str, default: int, path: Path) -> int:
    """Return a positive whole number of a config, or its default where it is not stated.

    Raises:
        CorruptInput: If it is something else.
    """
    value = values.get(name, default)
    if type(value) is not int or not 0 < value < 1 << 31:
        raise CorruptInput(
            "a number of the config cannot be meant",
            where=f"{path}: {name}",
            expected="a positive whole number",
            got=repr(value),
        )
    return value


def part(values: Mapping[str, Any], name: str, path: Path) -> Mapping[str, Any]:
    """Return an object inside a config.

    Raises:
        CorruptInput: If it is not there, or something else.
    """
    found = values.get(name)
    if not isinstance(found, dict):
        raise CorruptInput("a part of the config is missing", where=path, expected=name)
    return found
