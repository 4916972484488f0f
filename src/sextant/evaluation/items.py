"""An item: one question of a benchmark, whatever its files look like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sextant.errors import SextantError
from sextant.models.messages import Picture

IMAGE_MARK = "<image>"
VIDEO_MARK = "<video>"


@dataclass(frozen=True, slots=True)
class Video:
    """A video file; which of its frames are shown is the run's decision.

    Attributes:
        path: The file. It is not opened before a frame is needed.
        name: What messages and reports call it.
    """

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """One question.

    Attributes:
        id: Unique within the benchmark, as the benchmark gives it.
        task: The sub-task that tables show.
        question: As stored. ``<image>`` marks say where pictures go; without them, they come first.
        answer: The letter of a choice, else the stored text.
        answer_type: ``choice``, ``number``, ``boolean``, ``text`` or ``json``.
        options: Texts without letters; None where the answer is free.
        value, unit: The numeric truth and its unit, where there is one.
        pictures: Read when needed.
        video: Instead of pictures.
        cluster: What items share that makes them no independent draws: the scene. Empty = unknown;
            then the item is a cluster of its own.
        groups: Further divisions for tables, e.g. ``{"capability": "PT", "source": "scannet"}``.
        raw: Stored fields that only this benchmark's prompts and scorers look at.
    """

    id: str
    task: str
    question: str
    answer: str
    answer_type: str
    options: tuple[str, ...] | None = None
    value: float | None = None
    unit: str | None = None
    pictures: tuple[Picture, ...] = ()
    video: Video | None = None
    cluster: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)


OnBroken = Callable[[SextantError], None]
"""Called with what is wrong with a record; the record is left out and counted."""


def identity_line(item: Item) -> bytes:
    """Return what decides a question, unambiguously, for a hash over all of them.

    Fields end with a unit separator, items with a record separator; so equal questions give equal
    hashes whatever their files look like. Pictures are not part of it.
    """
    fields = (item.id, item.task, item.question, item.answer, *(item.options or ()))
    return ("\x1f".join(fields) + "\x1e").encode("utf-8", "replace")
