"""Lists of rows by their ids: what ``audit`` writes and ``mix`` reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sextant.errors import CorruptInput, InputError, MissingInput
from sextant.execution.atomic import write_bytes, write_text
from sextant.samples.layout import encode_table, read_batches

IDS_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
    ]
)

LISTS = (".txt", ".parquet")
"""Suffixes of a list of ids; anything else is a folder."""

DIGITS = 16

_LINE = re.compile(rb"[0-9a-f]{16}")


def write_ids(path: Path, rejected: Mapping[str, str]) -> None:
    """Write the ids of rows to leave out: one a line, or a table with their reasons.

    Raises:
        OutputError: If it cannot be written.
    """
    if path.suffix == ".txt":
        write_text(path, "".join(f"{name}\n" for name in sorted(rejected)))
        return
    rows = sorted(rejected.items())
    columns = [pa.array([row[k] for row in rows], pa.string()) for k in range(2)]
    write_bytes(path, encode_table(pa.Table.from_arrays(columns, schema=IDS_SCHEMA)))


def read_ids(path: Path) -> NDArray[np.uint64]:
    """Return the ids of a list as numbers, (N,), ascending, each once.

    Args:
        path: ``.parquet`` with a column ``id``, else text with an id a line.

    Raises:
        MissingInput: If it is not there.
        InputError: If it is no such list.
    """
    found = [np.empty(0, np.uint64)]
    if path.suffix == ".parquet":
        for batch in read_batches(path, IDS_SCHEMA, columns=("id",), batch=65536):
            found.append(packed_ids(batch["id"], path))
        return np.unique(np.concatenate(found))
    try:
        with path.open("rb") as file:
            # Of a line nothing beyond an id's length is read at once.
            names = []
            for number, line in enumerate(iter(lambda: file.readline(64), b""), 1):
                text = line.strip()
                if text and _LINE.fullmatch(text) is None:
                    raise InputError(
                        "not a list of ids", where=f"{path}:{number}",
                        expected=f"{DIGITS} hexadecimal digits a line", got=repr(text[:40]),
                        hint="audit --drop FILE.txt writes one",
                    )  # fmt: skip
                names.append(text)
    except OSError as error:
        raise MissingInput(
            "a list of ids cannot be read", where=path, got=error.strerror
        ) from error
    packed = np.frombuffer(bytes.fromhex(b"".join(names).decode()), dtype=">u8")
    return np.unique(packed.astype(np.uint64))


def packed_ids(ids: pa.Array, where: object = None) -> NDArray[np.uint64]:
    """Return ids of 16 hexadecimal digits as numbers, (N,).

    Raises:
        CorruptInput: If one is none.
    """
    names = ids.to_pylist()
    try:
        packed = bytes.fromhex("".join(names))
        if any(len(name) != DIGITS for name in names):
            raise ValueError("of another length")
    except (ValueError, TypeError) as error:
        raise CorruptInput(
            "a malformed id", where=where, expected=f"{DIGITS} hexadecimal digits", got=error
        ) from error
    return np.frombuffer(packed, dtype=">u8").astype(np.uint64)
