"""What training learns from: one conversation with its pictures, and sets of them.

A *row* is the number of a record in its file or corpus, from 0. Sets give any row without reading
those before it; whether a row is usable, and how large its pictures are, stands in its index
(``set_index``), which is made once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sextant.models.family import Message, Size

IMAGE_MARK = "<image>"

UNKNOWN = ""
"""Difficulty of a record that does not name its own."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row as it is stored, its pictures not yet looked at.

    Attributes:
        id: Of the record; unique within its set in a good file.
        messages: The conversation; the last message is a supervised assistant's.
        pictures: Files in prompt order, as many as there are ``<image>`` in the users' texts.
        capability, source: What losses are reported by.
        difficulty: ``easy``, ``medium``, ``hard``, or "" where unknown.
    """

    id: str
    messages: tuple[Message, ...]
    pictures: tuple[Path, ...]
    capability: str
    source: str
    difficulty: str = UNKNOWN


@dataclass(frozen=True, slots=True)
class Example:
    """A row as it is learned from.

    Attributes:
        id, messages, pictures, capability, source: See ``Record``.
        sizes: (width, height) of each picture as it lies on disk, upright.
        scale: What the sides of the pictures are multiplied by before the family sees them; below
            1 only where the sample would be too long.
    """

    id: str
    messages: tuple[Message, ...]
    pictures: tuple[Path, ...]
    sizes: tuple[Size, ...]
    capability: str
    source: str
    scale: float = 1.0

    @property
    def shown(self) -> tuple[Size, ...]:
        """Sizes at which the family sees the pictures."""
        return self.sizes if self.scale == 1.0 else tuple(scaled(s, self.scale) for s in self.sizes)


class ExampleSet(Protocol):
    """Records by row number."""

    @property
    def name(self) -> str:
        """What reports call it."""
        ...

    @property
    def fingerprint(self) -> str:
        """Hex digits that change when any record does."""
        ...

    def __len__(self) -> int:
        """Return the number of rows, broken ones and those of other splits among them."""
        ...

    def record(self, row: int) -> Record | None:
        """Return a row; None if it is not asked for (another split, another capability, ...).

        Raises:
            InputError: If the row is broken; names file and line.
        """
        ...


def scaled(size: Size, scale: float) -> Size:
    """Return a size scaled, at least one pixel a side."""
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def mark_count(messages: tuple[Message, ...]) -> int:
    """Return how many pictures the users' texts ask for."""
    return sum(m.text.count(IMAGE_MARK) for m in messages if m.role == "user")
