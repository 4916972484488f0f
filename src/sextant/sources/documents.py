"""Text documents of a data set: size cap, decoding, JSON and number tables with named errors."""

from __future__ import annotations

import gzip
import json
import os
import re
import reprlib
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, MissingInput

MAX_TEXT_BYTES = 512 * 1024 * 1024
"""The largest real file of its kind (a label list of a whole data set) is far below this."""

_PIECE = 1024 * 1024

_LONG_NUMBER = re.compile(r"(?<![\d.])\d{19}")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def stamp(path: Path) -> tuple[int, int]:
    """Return what changes when a file is replaced: its size and its time.

    Raises:
        MissingInput: If there is no such file, or no longer.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise MissingInput("file is not there", where=path, got=error) from error
    return status.st_size, status.st_mtime_ns


def shown(value: object, width: int = 80) -> str:
    """Return a value of a document as a message shows it, however long or deep it is.

    Plain ``repr`` writes all of it before anything is cut, and does not come back from a document
    that is nested as deeply as its parser allows.
    """
    return reprlib.repr(value)[:width]


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


def read_gzip(path: Path, max_bytes: int) -> bytes:
    """Return what a .gz file unpacks to, piece by piece: a bomb is refused before it is memory.

    Raises:
        MissingInput: If there is no such regular file.
        CorruptInput: If it is truncated or damaged, or unpacks to more than ``max_bytes``.
    """
    if not path.is_file():
        raise MissingInput("file is not there", where=path)
    data = bytearray()
    try:
        with gzip.open(path, "rb") as file:
            # Not at once: a buffered read sets aside as much memory as it may return.
            while piece := file.read(_PIECE):
                data += piece
                if len(data) > max_bytes:
                    raise CorruptInput(
                        "file unpacks beyond reason", where=path, expected=f"<= {max_bytes} bytes"
                    )
    except (OSError, EOFError, zlib.error, MemoryError) as error:
        raise CorruptInput("file cannot be unpacked", where=path, got=error) from error
    return bytes(data)


def parse_json(text: str, where: object) -> Any:
    """Decode one JSON document; NaN and Infinity pass, because real files hold them.

    Whole numbers beyond 64 bits come back as floats, infinite ones beyond 1e308: no array and no
    C library takes them, and what is checked to be finite is refused.

    Raises:
        CorruptInput: If it is no JSON, nested too deeply to be data, or holds half a character.
    """
    try:
        long = _LONG_NUMBER.search(text) is not None
        document = json.loads(text, parse_int=_whole if long else None)
        if _SURROGATE.search(text):
            json.dumps(document, ensure_ascii=False).encode()
        return document
    except (ValueError, RecursionError) as error:
        raise CorruptInput("not valid JSON", where=where, got=str(error)[:200]) from error


def _whole(digits: str) -> int | float:
    number = int(digits)
    return number if -(2**63) <= number < 2**63 else float(digits)


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
