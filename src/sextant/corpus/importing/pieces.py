"""Files in pieces of equal size, cut where a record begins.

A shard is a list of pieces. Which records a piece holds follows from the file and the two numbers
alone: those that begin inside it. So any worker can read any shard, and none needs another.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from sextant.corpus.importing.parquet_rows import Row, cut_rows, row_count, rows_of
from sextant.corpus.importing.set_rows import SetFile
from sextant.corpus.importing.tar_rows import cut_tar, first_samples, samples_of
from sextant.errors import CorruptInput, InputError, MissingInput
from sextant.samples.layout import MAX_SHARDS

PIECE_BYTES = 32 * 2**20

MAX_RECORD = 16 * 2**20
"""A longer line, or object of an array, is not read."""

BOM = b"\xef\xbb\xbf"

_BLOCK = 2**20


class Piece(NamedTuple):
    """Records of ``file`` that begin at ``start <= offset < stop``; of a table, its rows."""

    file: SetFile
    start: int
    stop: int


class Raw(NamedTuple):
    """A record as it stands in a file.

    Attributes:
        offset: Where it begins; of a table, the number of its row.
        number: Its running number in the piece, blank lines counted.
        data: Its bytes, or the row of a table; None if it is too long.
    """

    offset: int
    number: int
    data: bytes | Row | None


def plan_pieces(
    root: Path, files: Sequence[SetFile], *, limit: int | None = None, size: int = PIECE_BYTES
) -> list[list[Piece]]:
    """Return the pieces of every shard.

    Args:
        root: The set's folder.
        files: Its files.
        limit: Only so many records, the first ones.
        size: Bytes of a shard; larger where there would be too many shards.
    """
    sizes = [file_size(root / file.path) for file in files]
    # Two neighbours together are larger than ``size``, so there are at most twice as many shards.
    size = max(size, 2 * sum(sizes) // (MAX_SHARDS - 1) + 1)
    pieces: list[tuple[Piece, int]] = []
    left = limit
    for file, whole in zip(files, sizes, strict=True):
        stop = whole
        if left is not None:
            if left <= 0:
                break
            stop, found = _first(root / file.path, file, left)
            left -= found
        if file.kind == "parquet":
            found_cuts = cut_rows(root / file.path, size, None if left is None else stop)
            pieces += [(Piece(file, a, b), length) for a, b, length in found_cuts]
            continue
        if file.kind == "tar":
            found_tars = cut_tar(root / file.path, size, stop)
            pieces += [(Piece(file, a, b), b - a) for a, b in found_tars]
            continue
        if file.kind in ("array", "members"):
            from sextant.corpus.importing.json_arrays import cut_array  # numba: 0.4 s to import

            cuts = cut_array(root / file.path, size, stop, file.start)
        else:
            cuts = [*range(0, stop, size), stop] if stop else [0]
        pieces += [(Piece(file, a, b), b - a) for a, b in pairwise(cuts) if a < b]
    return _grouped(pieces, size)


def records(root: Path, piece: Piece) -> Iterator[Raw]:
    """Yield the records of a piece.

    Raises:
        CorruptInput: If the file cannot be read.
    """
    path = root / piece.file.path
    try:
        if piece.file.kind == "parquet":
            for number, (offset, row) in enumerate(rows_of(path, piece.start, piece.stop)):
                yield Raw(offset, number, row)
        elif piece.file.kind == "tar":
            found = samples_of(path, piece.start, piece.stop)
            for number, (offset, sample) in enumerate(found):
                yield Raw(offset, number, sample)
        elif piece.file.kind in ("array", "members"):
            from sextant.corpus.importing.json_arrays import records_of_array

            made = Raw if piece.file.kind == "array" else _member
            yield from records_of_array(
                path, piece.start, piece.stop, MAX_RECORD, made, piece.file.start
            )
        else:
            yield from _lines(path, piece.start, piece.stop)
    except OSError as error:
        raise CorruptInput("a file of the set cannot be read", where=path, got=error) from error


def fingerprint(root: Path, files: Sequence[SetFile]) -> str:
    """Return a hash of names, sizes, first and last bytes of the files."""
    digest = blake2b(digest_size=16)
    for file in files:
        path = root / file.path
        size = file_size(path)
        digest.update(
            f"{file.path}\x1f{file.kind}\x1f{size}\x1e".encode("utf-8", "surrogateescape")
        )
        try:
            with path.open("rb") as stream:
                digest.update(stream.read(65536))
                stream.seek(max(0, size - 65536))
                digest.update(stream.read(65536))
        except OSError as error:
            raise CorruptInput("a file of the set cannot be read", where=path, got=error) from error
        if file.beside and Path(file.beside).is_file():
            beside = Path(file.beside)
            digest.update(f"{beside.name}\x1f{file_size(beside)}\x1e".encode())
    return digest.hexdigest()


def file_size(path: Path) -> int:
    """Return the size of a file.

    Raises:
        MissingInput, CorruptInput: If it is not there, or no plain file.
    """
    try:
        if not path.is_file():
            raise MissingInput("a file of the set is not there", where=path)
        return path.stat().st_size
    except OSError as error:
        raise CorruptInput("a file of the set cannot be read", where=path, got=error) from error


def kind_of(path: Path) -> str:
    """Return ``parquet``, ``array`` for a file that begins with a bracket, else ``jsonl``.

    Raises:
        InputError: If it is packed.
    """
    with path.open("rb") as stream:
        start = stream.read(64)
    if start[:4] == b"PAR1":
        return "parquet"
    if start[:2] == b"\x1f\x8b" or start[:4] in (b"PK\x03\x04", b"\x28\xb5\x2f\xfd"):
        raise InputError(
            "the file is packed", where=path, expected="JSON or JSONL",
            hint="unpack it first: a packed file cannot be read in pieces",
        )  # fmt: skip
    return "array" if start.removeprefix(BOM).lstrip()[:1] == b"[" else "jsonl"


def _lines(path: Path, start: int, stop: int) -> Iterator[Raw]:
    with path.open("rb") as stream:
        begin = _line_start(stream, start, stop)
        if begin is None:
            return
        stream.seek(begin)
        data = stream.read(stop - begin)
        tail = b"" if data.endswith(b"\n") else stream.readline(MAX_RECORD + 2)
    offset = begin
    lines = data.split(b"\n")
    last = lines.pop()  # empty, or the beginning of a line that ends after the piece
    del data
    for number, line in enumerate(lines):
        yield _raw(offset, number, line)
        offset += len(line) + 1
    if last or tail:
        yield _raw(offset, len(lines), last + tail.removesuffix(b"\n"))


def _raw(offset: int, number: int, line: bytes) -> Raw:
    if len(line) > MAX_RECORD:
        return Raw(offset, number, None)
    return Raw(offset, number, line.removeprefix(BOM) if offset == 0 else line)


def _line_start(stream: object, start: int, stop: int) -> int | None:
    """Return where the first line begins that begins in a range; None if none does."""
    if start == 0:
        return 0
    at = start - 1
    stream.seek(at)  # type: ignore[attr-defined]
    while at < stop - 1:
        block = stream.read(min(_BLOCK, stop - 1 - at))  # type: ignore[attr-defined]
        if not block:
            return None
        found = block.find(b"\n")
        if found >= 0:
            return int(at + found + 1)
        at += len(block)
    return None


def _member(offset: int, number: int, data: bytes | None) -> Raw:
    return Raw(offset, number, None if data is None else b"{%b}" % data)


def _first(path: Path, file: SetFile, count: int) -> tuple[int, int]:
    """Return where the first ``count`` records end, and how many there are."""
    if file.kind == "parquet":
        found = min(count, row_count(path))
        return found, found
    if file.kind == "tar":
        return first_samples(path, count)
    if file.kind in ("array", "members"):
        from sextant.corpus.importing.json_arrays import records_of_array

        size, found, end = os.path.getsize(path), 0, file.start
        for raw in records_of_array(path, file.start, size, MAX_RECORD, Raw, file.start):
            found, end = found + 1, raw.offset + 1
            if found == count:
                break
        return end, found
    found = at = 0
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            lines = block.count(b"\n")
            if found + lines >= count:
                place = -1
                for _ in range(count - found):
                    place = block.find(b"\n", place + 1)
                return at + place + 1, count
            found, at = found + lines, at + len(block)
    return at, found + 1


def _grouped(pieces: Sequence[tuple[Piece, int]], size: int) -> list[list[Piece]]:
    """Put small pieces together, so that a thousand small files are not a thousand shards."""
    shards: list[list[Piece]] = []
    held = size
    for piece, length in pieces:
        if held + length > size:
            shards.append([])
            held = 0
        shards[-1].append(piece)
        held += length
    return shards
