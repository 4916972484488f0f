"""WebDataset: tar files in which the members of one sample share a key.

    OUT/train-000000.tar   000000000.json, 000000000.0.png, 000000000.1.png, 000000001.json, …

``json`` holds ``id``, ``image`` (the endings of its members, in prompt order) and
``conversations``. Pictures are stored with each row that shows them, so that rows stream. Shards
are cut by size before a row that would make one too large; names, order and headers depend on the
rows alone.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson

from sextant.corpus.exporting.exporter import Target
from sextant.corpus.exporting.lines import conversations, with_sample
from sextant.corpus.exporting.rows import ExportRow

BLOCK = 512
_SUFFIX = re.compile(r"\.([a-z0-9]{1,5})$")


class _Shards:
    """The tar files of one split."""

    def __init__(self, folder: Path, split: str, limit: int) -> None:
        self._folder, self._split, self._limit = folder, split, limit
        self._open: tarfile.TarFile | None = None
        self._bytes = 0
        self.count = 0

    def add(self, members: list[tuple[str, bytes]]) -> None:
        size = sum(BLOCK + -(-len(data) // BLOCK) * BLOCK for _, data in members)
        if self._open is None or (self._bytes and self._bytes + size > self._limit):
            self.close()
            path = self._folder / f"{self._split}-{self.count:06d}.tar"
            self._open = tarfile.open(path, "w", format=tarfile.USTAR_FORMAT)
            self._bytes, self.count = 0, self.count + 1
        self._bytes += size
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            self._open.addfile(info, io.BytesIO(data))

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    @property
    def pattern(self) -> str:
        return f"{self._split}-{{000000..{self.count - 1:06d}}}.tar"


class WebDataset:
    """Tar files."""

    name = "webdataset"
    title = "tar shards of JSON and pictures for webdataset"
    folder = True
    modes: Sequence[str] = ("embed",)
    can_be_full = True
    whole = False
    taken: Sequence[str] = ()

    def write(self, rows: Iterator[ExportRow], target: Target) -> list[str]:
        """Write the folder; see ``Exporter``."""
        shards: dict[str, _Shards] = {}
        with ExitStack() as stack:
            for row in rows:
                if row.split not in shards:
                    shards[row.split] = _Shards(target.path, row.split, target.shard_bytes)
                    stack.callback(shards[row.split].close)
                shards[row.split].add(_members(row, target))
        return [f"{target.final}/{s.pattern}" for s in shards.values()]


def _members(row: ExportRow, target: Target) -> list[tuple[str, bytes]]:
    key = f"{row.number:09d}"
    endings = [f"{i}.{_ending(path)}" for i, path in enumerate(row.images)]
    shape: dict[str, Any] = {
        "id": row.id, "image": endings, "conversations": conversations(row.texts),
    }  # fmt: skip
    members = [(f"{key}.json", orjson.dumps(with_sample(shape, row, target.full)))]
    for ending, path in zip(endings, row.images, strict=True):
        members.append((f"{key}.{ending}", target.pictures.data(path)))
    return members


def _ending(path: str) -> str:
    found = _SUFFIX.search(path.lower())
    return "bin" if found is None else found[1]


EXPORTER = WebDataset()
