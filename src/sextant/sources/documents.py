"""Text documents of a data set: size cap, decoding, JSON and number tables with named errors."""

from __future__ import annotations

import json
import os
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, MissingInput

MAX_TEXT_BYTES = 512 * 1024 * 1024
"""The largest real file of its kind (a label list of a whole data set) is far below this."""


def read_text(path: Path, max_bytes: int = MAX_TEXT_BYTES) -> str:
    """Return the UTF-8 text of a regular file.

    Raises:
        MissingInput: If there is no such regular file.
        CorruptInput: If it is larger than ``max_bytes`` or not UTF-8.
    """
    if not path.is_file():
        raise MissingInput("file is not there", where=path)
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise CorruptInput(
                "text file is too large", where=path, expected=f"<= {max_bytes} bytes", got=size
            )
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CorruptInput("text file cannot be read", where=path, got=error) from error


def parse_json(text: str, where: object) -> Any:
    """Decode one JSON document; NaN and Infinity pass, because real files hold them.

    Raises:
        CorruptInput: If it is no JSON, or nested too deeply to be data.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CorruptInput("not valid JSON", where=where, got=str(error)[:200]) from error


def read_json(path: Path) -> Any:
    """Return the decoded JSON document of a file."""
    return parse_json(read_text(path), path)


def read_json_object(path: Path) -> dict[str, Any]:
    """Return the decoded JSON object of a file; any other JSON value is refused."""
    document = read_json(path)
    if not isinstance(document, dict):
        raise CorruptInput(
            "wrong JSON document", where=path, expected="an object", got=type(document).__name__
        )
    return document


def read_matrix(path: Path, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return a whitespace-separated number table as a float64 array of the given shape.

    NaN and infinity are passed on: what they mean is for the caller to say.
    """
    text = read_text(path, max_bytes=1024 * 1024)
    try:
        numbers = np.array([float(word) for word in text.split()])
    except ValueError as error:
        raise CorruptInput("not a table of numbers", where=path, got=error) from error
    if numbers.size != shape[0] * shape[1]:
        raise CorruptInput(
            "wrong number of values",
            where=path,
            expected=f"{shape[0]}x{shape[1]} numbers",
            got=numbers.size,
        )
    return numbers.reshape(shape)


def resolve_inside(folder: Path, relative: str, where: object) -> Path:
    """Return the file that ``relative`` names, which must lie inside ``folder``.

    Absolute paths, ``..``, back slashes, drive letters and symbolic links that lead out are
    refused: a path in a data file is input, and must not be able to read the rest of the disk.

    Raises:
        ConventionError: If the path leaves the folder.
        MissingInput: If the file is not there.
    """
    pure = PurePosixPath(relative)
    odd = "\x00" in relative or "\\" in relative or ":" in relative
    if not relative or odd or pure.is_absolute() or ".." in pure.parts:
        raise ConventionError(
            "path leaves the scene's folder",
            where=where,
            expected="a relative path with forward slashes and without '..'",
            got=repr(relative[:200]),
        )
    path = folder / pure
    try:
        real = Path(os.path.realpath(path))
        inside = real.is_relative_to(os.path.realpath(folder))
        there = real.is_file()
    except (OSError, ValueError) as error:
        raise ConventionError("path cannot be used", where=where, got=error) from error
    if not inside:
        raise ConventionError(
            "path leads out of the scene's folder through a link",
            where=where,
            got=relative[:200],
            hint="copy the file into the folder",
        )
    if not there:
        raise MissingInput("file is not there", where=where, expected=path)
    return path
