"""What an exporter is, and what it is given to write to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sextant.corpus.exporting.pictures import Pictures
from sextant.corpus.exporting.rows import ExportRow


@dataclass(frozen=True, slots=True)
class Target:
    """Where an export goes.

    Attributes:
        path: The file or folder to write; it is a temporary one and becomes ``final``.
        final: What it will be called, absolute.
        name: What the export is called where a trainer wants a name for it.
        pictures: The pictures of the corpus.
        full: Whether rows carry the columns that the layout has no place for.
        shard_bytes: About how large a file may become, where there are several.
        splits: The splits that are exported.
    """

    path: Path
    final: Path
    name: str
    pictures: Pictures
    full: bool
    shard_bytes: int
    splits: tuple[str, ...]


class Exporter(Protocol):
    """One layout.

    Attributes:
        name: What ``--format`` calls it.
        title: One line.
        folder: Whether it is a folder, not one file.
        modes: What may become of the pictures; the first is the default.
        can_be_full: Whether rows can carry the columns that the layout has no place for.
        whole: Whether it needs whole samples.
        taken: Texts that the trainer takes for pictures, sound or boxes wherever they stand.
    """

    name: str
    title: str
    folder: bool
    modes: Sequence[str]
    can_be_full: bool
    whole: bool
    taken: Sequence[str]

    def write(self, rows: Iterator[ExportRow], target: Target) -> list[str]:
        """Write all rows, in constant memory; return lines that say what to do next."""
        ...
