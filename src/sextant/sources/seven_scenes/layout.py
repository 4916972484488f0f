"""Where a 7-Scenes-style capture keeps its files, and how its scenes and splits are found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sextant.errors import InputError
from sextant.sources.documents import read_text

_POSE = re.compile(r"frame-(\d{1,9})\.pose\.txt")
_SEQUENCE_NUMBER = re.compile(r"(\d{1,9})\s*$")


@dataclass(frozen=True, slots=True)
class FrameFiles:
    """The files of one frame; ``color`` or ``depth`` is None where it is not there.

    Attributes:
        id: ``frame-000123``.
        index: The number in the name; pictures were taken 30 times a second.
    """

    id: str
    index: int
    pose: Path
    color: Path | None
    depth: Path | None


def find_frames(folder: Path) -> list[FrameFiles]:
    """Return the frames of one sequence folder in time order."""
    frames = []
    for pose in folder.glob("frame-*.pose.txt"):
        match = _POSE.fullmatch(pose.name)
        if match is None:
            continue
        stem = pose.name.removesuffix(".pose.txt")
        colors = (folder / f"{stem}.color.{ending}" for ending in ("png", "jpg"))
        depth = folder / f"{stem}.depth.png"
        frames.append(
            FrameFiles(
                id=stem,
                index=int(match[1]),
                pose=pose,
                color=next((c for c in colors if c.is_file()), None),
                depth=depth if depth.is_file() else None,
            )
        )
    return sorted(frames, key=lambda f: (f.index, f.id))


def find_sequences(root: Path) -> dict[str, Path]:
    """Return sequence folders by scene id: the root itself, its children, or theirs."""
    if not root.is_dir():
        return {}
    if _is_sequence(root):
        return {root.resolve().name: root}
    found = {}
    for pattern in ("*", "*/*"):
        for folder in root.glob(pattern):
            if folder.is_dir() and _is_sequence(folder):
                found[folder.relative_to(root).as_posix()] = folder
    return dict(sorted(found.items()))


def official_split(sequence: Path) -> str | None:
    """Return "train" or "test" as TrainSplit.txt and TestSplit.txt beside the sequence say.

    The lists name sequences as ``sequence1`` while the folders are called ``seq-01``.
    """
    number = _SEQUENCE_NUMBER.search(sequence.name)
    if number is None:
        return None
    for split, name in (("train", "TrainSplit.txt"), ("test", "TestSplit.txt")):
        try:
            lines = read_text(sequence.parent / name, max_bytes=1024 * 1024).splitlines()
        except InputError:
            continue
        numbers = (_SEQUENCE_NUMBER.search(line) for line in lines)
        if any(n is not None and int(n[1]) == int(number[1]) for n in numbers):
            return split
    return None


def _is_sequence(folder: Path) -> bool:
    return next(folder.glob("frame-*.pose.txt"), None) is not None
