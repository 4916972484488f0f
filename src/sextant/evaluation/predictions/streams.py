"""Text files as lines: UTF-8 or gzipped UTF-8, with caps on what a hostile one may unpack to."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sextant.errors import CorruptInput, MissingInput

MAX_LINE = 64 << 20
"""Bytes of one line. A reply of 16 million characters is a file that went wrong."""

MAX_WHOLE = 512 << 20
"""Bytes of a file that has to be held as a whole (a JSON list)."""

MAX_RATIO = 200
"""A gzipped file may unpack to so many times its size, ..."""

FREE_UNPACKED = 256 << 20
"""... and to this in any case."""

GZIP = b"\x1f\x8b"
_FOREIGN = {
    codecs.BOM_UTF16_LE: "UTF-16 text",
    codecs.BOM_UTF16_BE: "UTF-16 text",
    **{bytes((0x80, protocol)): "a pickle" for protocol in (2, 3, 4, 5)},
    b"\xd0\xcf\x11\xe0": "an old .xls or a password-protected workbook",
    b"PAR1": "a parquet file",
    b"SQLite format 3": "an SQLite database",
}  # fmt: skip
"""First bytes to what they mean, for files that are refused by name."""


def beginning(path: Path, size: int = 4096) -> bytes:
    """Return the first bytes of a file, unpacked if it is gzipped.

    Raises:
        MissingInput: If there is no such file.
        CorruptInput: If it is empty, cannot be read, or is something that is refused by name.
    """
    with binary(path) as stream:
        head = stream.read(size)
    if not head:
        raise CorruptInput(
            "the prediction file is empty", where=path, expected="rows", got="0 bytes",
            hint="the run that wrote it probably died: start it again",
        )  # fmt: skip
    for magic, meaning in _FOREIGN.items():
        if head.startswith(magic):
            hint = (
                "pickles can run code and are never loaded: set PRED_FORMAT=tsv, or save a .tsv"
                if "pickle" in meaning
                else "save it as .xlsx, .tsv, .json or .jsonl in UTF-8"
            )
            raise CorruptInput(
                "not a prediction file that can be read", where=path,
                expected="jsonl, json, tsv, csv or xlsx", got=meaning, hint=hint,
            )  # fmt: skip
    return head


@contextmanager
def binary(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading; gzip is undone and its size capped.

    Raises:
        MissingInput: If there is no such file.
        CorruptInput: If it cannot be read.
    """
    try:
        with open(path, "rb") as stored:
            packed = stored.read(2) == GZIP
            stored.seek(0)
            if not packed:
                yield stored
                return
            limit = max(FREE_UNPACKED, MAX_RATIO * path.stat().st_size)
            with gzip.GzipFile(fileobj=stored) as unpacked:
                yield io.BufferedReader(_Capped(unpacked, limit, path), 1 << 20)
    except FileNotFoundError as error:
        raise MissingInput("there is no such prediction file", where=path) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CorruptInput("a gzipped file is damaged", where=path, got=error) from error
    except OSError as error:
        raise CorruptInput(
            "cannot read the file", where=path, got=error.strerror or error
        ) from error


class _Capped(io.RawIOBase):
    """Reads on until more has come than a sane file would hold."""

    def __init__(self, stream: gzip.GzipFile, limit: int, path: Path) -> None:
        self._stream, self._limit, self._path, self._seen = stream, limit, path, 0

    def readable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(target))
        self._seen += len(data)
        if self._seen > self._limit:
            raise CorruptInput(
                "a gzipped file unpacks to far more than it should", where=self._path,
                expected=f"at most {self._limit:,} bytes", got="more",
                hint="unpack it yourself if you trust it",
            )  # fmt: skip
        target[: len(data)] = data
        return len(data)


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (number from 1, line without its end), blank lines left out.

    Raises:
        CorruptInput: If it is not UTF-8, or a line is longer than ``MAX_LINE``.
    """
    with binary(path) as stream:
        number = 0
        while line := stream.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise CorruptInput(
                    "a line is too long", where=f"{path}: line {number}",
                    expected=f"at most {MAX_LINE:,} bytes", got="more",
                )  # fmt: skip
            if number == 1:
                line = line.removeprefix(codecs.BOM_UTF8)
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError as error:
                raise not_utf8(f"{path}: line {number}", error) from error
            if text := text.strip("\r\n \t"):
                yield number, text


def whole(path: Path) -> str:
    """Return a file's text.

    Raises:
        CorruptInput: If it is not UTF-8 or longer than ``MAX_WHOLE``.
    """
    with binary(path) as stream:
        data = stream.read(MAX_WHOLE + 1)
    if len(data) > MAX_WHOLE:
        raise CorruptInput(
            "the file is too long to be read as one piece", where=path,
            expected=f"at most {MAX_WHOLE:,} bytes", got="more",
            hint="use .jsonl or .tsv, which are read row by row",
        )  # fmt: skip
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        raise not_utf8(path, error) from error


def not_utf8(where: object, error: UnicodeDecodeError) -> CorruptInput:
    """Say that a text is not UTF-8."""
    byte = error.object[error.start : error.start + 1]
    return CorruptInput(
        "the text is not UTF-8", where=where, expected="UTF-8",
        got=f"byte 0x{byte.hex()} at offset {error.start}",
        hint="save it as UTF-8 (iconv -f latin1 -t utf-8)",
    )  # fmt: skip
