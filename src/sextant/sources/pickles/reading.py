"""Pickle files and bytes of plain data, and what is said of others."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.sources.pickles.machine import Machine
from sextant.sources.pickles.names import RefusedError

MAX_BYTES = 2 * 1024**3
"""The largest info file of EmbodiedScan has some hundred megabytes."""


def read_plain_pickle(path: Path, max_bytes: int = MAX_BYTES) -> Any:
    """Return what a pickle file of plain data holds; nothing in it is executed.

    Raises:
        MissingInput: If there is no such file.
        CorruptInput: If it is truncated, damaged or too large.
        ConventionError: If it would import, call or build anything but plain data.
    """
    if not path.is_file():
        raise MissingInput("file is not there", where=path)
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise CorruptInput(
                "pickle is too large", where=path, expected=f"<= {max_bytes} bytes", got=size
            )
        data = path.read_bytes()
    except OSError as error:
        raise CorruptInput("pickle cannot be read", where=path, got=error) from error
    return parse_plain_pickle(data, path)


def parse_plain_pickle(data: bytes, where: object) -> Any:
    """Return what the bytes of a pickle of plain data hold; see ``read_plain_pickle``."""
    machine = Machine(data)
    try:
        return machine.run()
    except RefusedError as error:
        raise ConventionError(
            "pickle holds more than plain data, and foreign pickles are never loaded",
            where=f"{where}: byte {machine.at}",
            expected="dict, list, tuple, str, bytes, numbers, numpy arrays of numbers",
            got=str(error),
            hint="convert it to JSON on a machine that trusts it",
        ) from error
    except (
        IndexError, KeyError, ValueError, TypeError, struct.error, OverflowError, MemoryError,
        AttributeError, UnicodeError,
    ) as error:  # fmt: skip
        raise CorruptInput(
            "pickle cannot be decoded", where=f"{where}: byte {machine.at}", got=repr(error)[:200]
        ) from error
