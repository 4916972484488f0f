"""What can be said of a dataset before any of it is on the disk.

Every reader's module has a constant ``FACTS``. Importing a reader loads numpy at most, so that
``sextant scenes help`` answers at once; what decodes meshes, HDF5 or VRS is imported when a scene
is opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sextant.errors import MissingInput

SUPPORTS = (
    "objects", "metric", "frames", "video", "depth", "many_frames", "fronts", "complete", "room",
    "floor", "rescan", "simulated", "instances", "subjects",
)  # fmt: skip
"""What a source's annotation can give a question family; the words of a family's ``needs``."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to download.

    Attributes:
        name: As the official page or download script calls it.
        gives: What it is read for.
        size: Of the whole dataset, as published; "" where it is not stated.
        needed: Whether no scene can be opened without it.
    """

    name: str
    gives: str
    size: str = ""
    needed: bool = True


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """A dataset's page, terms, parts and what its annotation can be asked.

    Attributes:
        title: Its full name.
        licence: The line that travels with every scene and sample.
        page: Official address of the data; "" for what is no download.
        terms: What a user must accept or do before the download.
        parts: What to download.
        layout: The folder that ``--root`` names, a line each.
        supports: Keys of ``SUPPORTS`` that a complete download can meet.
        splits: Where the split of a scene comes from.
        countable: Which categories are labelled completely, in words.
    """

    title: str
    licence: str
    page: str
    terms: str
    parts: tuple[Part, ...]
    layout: tuple[str, ...]
    supports: frozenset[str]
    splits: str
    countable: str

    def __post_init__(self) -> None:
        unknown = self.supports - set(SUPPORTS)
        if unknown:
            raise ValueError(f"{self.title}: unknown supports {sorted(unknown)}")
        if "objects" in self.supports:  # whatever has a box can be told apart in pictures
            object.__setattr__(self, "supports", self.supports | {"instances"})
        if self.supports & {"objects", "depth"}:
            object.__setattr__(self, "supports", self.supports | {"subjects"})


def nothing_found(name: str, facts: DatasetFacts, where: object, wanted: str) -> MissingInput:
    """Return the error for a folder that holds nothing of the dataset (or for no folder at all).

    Args:
        name: The reader's name.
        facts: Its facts.
        where: The folder; None if no ``--root`` was given.
        wanted: What was looked for, for instance ``scans/<scene>/<scene>.sens``.
    """
    there = where is None or Path(str(where)).exists()
    return MissingInput(
        f"{name} needs --root" if where is None else f"{name} finds nothing to read",
        where=where,
        expected=wanted,
        got=None if there else "no such folder",
        hint=_hint(name, facts),
    )


def incomplete(
    name: str, facts: DatasetFacts, where: object, missing: Iterable[object], need: str
) -> MissingInput:
    """Return the error for a scene that lacks files, naming them and where they come from.

    Args:
        name: The reader's name.
        facts: Its facts.
        where: The scene's folder.
        missing: The files that are not there.
        need: What cannot be read without them.
    """
    return MissingInput(
        f"the scene is incomplete: {need} cannot be read",
        where=where,
        got="missing " + ", ".join(str(m) for m in missing),
        hint=_hint(name, facts),
    )


def _hint(name: str, facts: DatasetFacts) -> str:
    page = f" from {facts.page}" if facts.page else ""
    return f"`sextant scenes help {name}` says which parts to get{page}"
