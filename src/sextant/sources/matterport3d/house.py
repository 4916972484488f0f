"""The ``.house`` file: regions, their floors, panoramas, categories and objects, a line each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sextant.errors import CorruptInput, InputError
from sextant.sources.quarantine import Quarantine

Array = NDArray[np.float64]

KINDS = {
    "a": "bathroom", "b": "bedroom", "c": "closet", "d": "dining room", "e": "entryway",
    "f": "family room", "g": "garage", "h": "hallway", "i": "library", "j": "laundry room",
    "k": "kitchen", "l": "living room", "m": "meeting room", "n": "lounge", "o": "office",
    "p": "terrace", "r": "game room", "s": "stairs", "t": "toilet", "u": "utility room",
    "v": "tv room", "w": "gym", "x": "outdoors", "y": "balcony", "B": "bar", "C": "classroom",
    "D": "dining booth", "S": "spa",
}  # fmt: skip
"""Kinds of regions that say something; "other", "junk" and unlabelled ones do not."""


@dataclass(frozen=True, slots=True)
class HouseObject:
    """An oriented box as it is stored.

    Attributes:
        index: Its number in the house.
        category: The annotator's name, or the mpcat40 one where there is none.
        center: (3,) metres.
        axes: (2, 3) the first two axes.
        radii_m: (3,) HALF lengths.
    """

    index: int
    category: str
    center: Array
    axes: Array
    radii_m: Array


@dataclass(slots=True)
class Region:
    """One room-like part of a house.

    Attributes:
        index: Its number in the house.
        label: One letter, see ``KINDS``.
        panoramas: Names of the tripod placements in it.
        floors: Corner lists, (n, 3) each.
        objects: Boxes that are assigned to it.
    """

    index: int
    label: str
    panoramas: list[str] = field(default_factory=list)
    floors: dict[int, list[Array]] = field(default_factory=dict)
    objects: list[HouseObject] = field(default_factory=list)

    def floor(self) -> Array | None:
        """Return the largest floor as (n, 3) corners, or None."""
        found = [np.array(corners) for corners in self.floors.values() if len(corners) >= 3]
        return max(found, key=lambda c: abs(signed_area(c[:, :2])), default=None)


@dataclass(frozen=True, slots=True)
class House:
    """What a ``.house`` file holds of use.

    Attributes:
        regions: By index.
        quarantine: Lines that could not be read.
    """

    regions: dict[int, Region]
    quarantine: Quarantine


def signed_area(corners: Array) -> float:
    """Return the area of an (n, 2) polygon, positive if counterclockwise."""
    x, y = corners.T
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2


def parse_house(text: str, where: str, *, light: bool = False) -> House:
    """Read a ``.house`` file.

    Args:
        text: Its text.
        where: Its place, for messages.
        light: Only regions and panoramas, for listing.

    Raises:
        CorruptInput: If it is no ASCII house file.
        ConventionError: If more than a fifth of its lines cannot be read.
    """
    lines = text.splitlines()
    if not lines or not lines[0].startswith("ASCII"):
        raise CorruptInput("not a .house file", where=where, expected="ASCII 1.0 ...")
    regions: dict[int, Region] = {}
    categories: dict[int, str] = {}
    surfaces: dict[int, int] = {}
    quarantine = Quarantine("lines")
    wanted = "RP" if light else "RPSVCO"

    def read(entry: tuple[int, str]) -> None:
        number, line = entry
        words = line.split()
        place = f"{where}: line {number}"
        kind = words[0]
        if kind == "R":
            index = _int(words, 1, place)
            regions[index] = Region(index, _word(words, 5, place))
        elif kind == "P" and len(words) > 1 and not words[1].lstrip("-").isdigit():
            # A panorama has a name where a portal has a number.
            region = regions.get(_int(words, 3, place))
            if region is not None:
                region.panoramas.append(words[1])
        elif kind == "S":
            surfaces[_int(words, 1, place)] = _int(words, 2, place)
        elif kind == "V":
            surface = _int(words, 2, place)
            region = regions.get(surfaces.get(surface, -1))
            if region is not None:
                region.floors.setdefault(surface, []).append(_floats(words, 4, 3, place))
        elif kind == "C":
            names = [_word(words, i, place).replace("#", " ") for i in (3, 5)]
            known = [n for n in names if n not in ("-", "", "unknown", "unlabeled", "void")]
            categories[_int(words, 1, place)] = known[0] if known else "unlabeled"
        elif kind == "O":
            region = regions.get(_int(words, 2, place))
            numbers = _floats(words, 4, 12, place)
            made = HouseObject(
                _int(words, 1, place),
                categories.get(_int(words, 3, place), "unlabeled"),
                numbers[:3],
                numbers[3:9].reshape(2, 3),
                numbers[9:],
            )
            if region is not None:
                region.objects.append(made)

    entries = [(i, t) for i, t in enumerate(lines, start=1) if t[:1] in wanted and t[1:2] == " "]
    for _ in quarantine.sift(entries, read):
        pass
    quarantine.check()
    return House(regions, quarantine)


def _word(words: Sequence[str], at: int, where: str) -> str:
    if at >= len(words):
        raise CorruptInput("line is too short", where=where, got=f"{len(words)} words")
    return words[at]


def _int(words: Sequence[str], at: int, where: str) -> int:
    try:
        return int(_word(words, at, where))
    except ValueError as error:
        raise CorruptInput("not a number where one stands", where=where, got=error) from error


def _floats(words: Sequence[str], at: int, count: int, where: str) -> Array:
    try:
        numbers = [float(_word(words, i, where)) for i in range(at, at + count)]
    except ValueError as error:
        raise CorruptInput("not a number where one stands", where=where, got=error) from error
    if not all(math.isfinite(x) for x in numbers):
        raise InputError("number is not finite", where=where)
    return np.array(numbers)
