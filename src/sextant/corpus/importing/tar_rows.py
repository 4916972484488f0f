"""Samples of tar files: members that follow one another and share the name before the first point.

Headers are read one by one and nothing is unpacked: names are keys, never paths, and only plain
files have bytes. What is no such archive is refused; a sample too large to be one is passed over.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from sextant.errors import CorruptInput

BLOCK = 512

MAX_SAMPLE = 512 * 2**20
"""Bytes of all members of one sample."""

MAX_MEMBERS = 1024

MEMBERS = "members"
"""Key of the row that a sample becomes: endings to bytes."""


class _Member(NamedTuple):
    header: int
    name: str
    size: int
    plain: bool

    @property
    def data(self) -> int:
        return self.header + BLOCK

    @property
    def after(self) -> int:
        return self.data + -(-self.size // BLOCK) * BLOCK

    @property
    def key(self) -> str:
        return self.name.partition(".")[0]


def cut_tar(path: Path, size: int, stop: int | None = None) -> list[tuple[int, int]]:
    """Return pieces (start, stop) of about ``size`` bytes, cut where a sample begins.

    Args:
        path: The file.
        size: Bytes of a piece.
        stop: Only samples that begin before it.

    Raises:
        CorruptInput: If it is no tar file of plain members.
    """
    cuts, end = [0], 0
    with path.open("rb") as stream:
        for group in _groups(stream, path, 0):
            if stop is not None and group[0].header >= stop:
                break
            if group[0].header - cuts[-1] >= size:
                cuts.append(group[0].header)
            end = group[-1].after
    cuts.append(end)
    return [(a, b) for a, b in pairwise(cuts) if a < b]


def samples_of(path: Path, start: int, stop: int) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """Yield the offset and the row of every sample that begins in a piece.

    A row is ``{"members": {ending: bytes}}``; None for a sample that is too large, has a member
    twice, or one that is no plain file.
    """
    with path.open("rb") as stream:
        for group in _groups(stream, path, start):
            if group[0].header >= stop:
                return
            yield group[0].header, _row(stream, path, group)


def first_samples(path: Path, count: int) -> tuple[int, int]:
    """Return where the first ``count`` samples end, and how many there are."""
    found = end = 0
    with path.open("rb") as stream:
        for group in _groups(stream, path, 0):
            found, end = found + 1, group[-1].after
            if found == count:
                break
    return end, found


def _row(stream: BinaryIO, path: Path, group: list[_Member]) -> dict[str, Any] | None:
    size = sum(member.size for member in group)
    if size > MAX_SAMPLE or len(group) > MAX_MEMBERS or not all(m.plain for m in group):
        return None
    members: dict[str, bytes] = {}
    for member in group:
        stream.seek(member.data)
        data = stream.read(member.size)
        if len(data) < member.size:
            raise CorruptInput("a tar file is cut off", where=f"{path}: {member.name!r:.80}")
        members[member.name.partition(".")[2]] = data
    return {MEMBERS: members} if len(members) == len(group) else None


def _groups(stream: BinaryIO, path: Path, start: int) -> Iterator[list[_Member]]:
    """Yield the members of sample after sample; of one with too many, the first ones."""
    group: list[_Member] = []
    for member in _members(stream, path, start):
        if group and member.key != group[0].key:
            yield group
            group = []
        if len(group) <= MAX_MEMBERS:
            group.append(member)
        else:
            group[-1] = member
    if group:
        yield group


def _members(stream: BinaryIO, path: Path, start: int) -> Iterator[_Member]:
    at = start
    while True:
        stream.seek(at)
        block = stream.read(BLOCK)
        if not block.strip(b"\0"):
            return
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            raise CorruptInput(
                "no tar file, or a damaged one", where=f"{path}: byte {at}", got=error
            ) from error
        member = _Member(at, info.name, max(0, info.size), info.isreg() and info.size >= 0)
        yield member
        at = member.after
