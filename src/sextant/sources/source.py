"""The small protocol that every reader follows.

A reader is a module (or package) of ``sextant.sources`` named like its dataset that has a function
``open_source(root, options)``. Third parties register theirs under the entry point group
``sextant.sources``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sextant.scenes import Scene


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What a user may say about a source.

    Attributes:
        scenes: At most this many scenes (the first in sorted order); None = all.
        seed: Only for sources that make their scenes.
    """

    scenes: int | None = None
    seed: int = 0


class Source(Protocol):
    """An opened dataset folder. Opening it reads names only, no arrays."""

    @property
    def name(self) -> str:
        """The reader's name, as in ``--source``."""
        ...

    def scene_ids(self) -> tuple[str, ...]:
        """Return the ids of the scenes found, sorted."""
        ...

    def open(self, scene_id: str) -> Scene:
        """Read one scene; its frames' arrays stay unread.

        Raises:
            InputError: If the record is broken; the run quarantines it and goes on.
        """
        ...

    def describe(self) -> str:
        """Say in one or a few lines what was found and what of the dataset is missing."""
        ...
