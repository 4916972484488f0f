"""Many texts outside memory: a million replies of any length take a few bytes each in it."""

from __future__ import annotations

import io
import tempfile
from array import array
from pathlib import Path

from sextant.execution.atomic import output_error

BUFFER = 8 << 20
AHEAD = 64 << 10
"""Bytes read at once where texts are asked for in the order in which they were stored."""


class TextStore:
    """Texts by number, in an unnamed temporary file that is gone with the process.

    Lone surrogates, which JSON may hold and no file encoding can, become question marks.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="sextant-", buffering=0)
        self._ends = array("q", [0])
        self._buffer = bytearray()
        self._flushed = 0
        self._window, self._window_start = b"", 0

    def __len__(self) -> int:
        return len(self._ends) - 1

    def add(self, text: str) -> int:
        """Store a text and return its number."""
        self._buffer += text.encode("utf-8", "replace")
        self._ends.append(self._flushed + len(self._buffer))
        if len(self._buffer) > BUFFER:
            self._flush()
        return len(self._ends) - 2

    def get(self, number: int) -> str:
        """Return the text of that number."""
        if self._buffer:
            self._flush()
        start, end = self._ends[number], self._ends[number + 1]
        shift = self._window_start
        window_end = shift + len(self._window)
        if start < shift or end > window_end:
            size = max(end - start, AHEAD if shift < start <= window_end else 0)
            self._file.seek(start)
            self._window, self._window_start = self._file.read(size), start
            shift = start
        return self._window[start - shift : end - shift].decode("utf-8")

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def _flush(self) -> None:
        self._file.seek(0, io.SEEK_END)
        view = memoryview(self._buffer)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            raise output_error(Path(tempfile.gettempdir()), error) from error
        self._flushed += len(self._buffer)
        self._buffer = bytearray()
