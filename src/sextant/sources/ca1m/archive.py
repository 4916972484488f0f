"""A capture's members, found by time stamp and key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import CorruptInput, MissingInput
from sextant.sources.archives import open_members
from sextant.sources.documents import parse_json
from sextant.sources.images import image_size

Array = NDArray[np.float64]

MAX_TEXT_BYTES = 64 * 1024 * 1024

_STAMP = re.compile(r"\d{1,19}")


@dataclass(frozen=True, slots=True)
class Capture:
    """Where one capture lies, and its split by the archive's name."""

    path: Path
    split: str | None


class Index:
    """Members by time stamp and key, as WebDataset groups them: up to the second dot, any case."""

    def __init__(self, capture: Capture, scene_id: str) -> None:
        self.members = open_members(capture.path)
        self.by_stamp: dict[str, dict[str, str]] = {}
        for name in self.members.names():
            inside = name.removeprefix(f"{scene_id}/")
            stamp, _, rest = inside.partition(".")
            if _STAMP.fullmatch(stamp) or stamp == "world":
                self.by_stamp.setdefault(stamp, {})[rest.partition(".")[0].lower()] = name

    def json(self, name: str) -> Any:
        """Return a decoded member."""
        where = self.members.where(name)
        data = self.members.read(name, MAX_TEXT_BYTES)
        try:
            return parse_json(data.decode("utf-8"), where)
        except UnicodeDecodeError as error:
            raise CorruptInput("member is not UTF-8", where=where, got=error) from error

    def matrix(self, keys: Mapping[str, str], key: str, side: int) -> Array:
        """Return a member that holds a square matrix, nested or flat, row by row."""
        if key not in keys:
            raise MissingInput(f"frame has no {key}", where=self.members.path)
        where = self.members.where(keys[key])
        try:
            numbers = np.array(self.json(keys[key]), dtype=np.float64).ravel()
        except (TypeError, ValueError, OverflowError) as error:
            raise CorruptInput("no matrix of numbers", where=where, got=error) from error
        if numbers.size != side * side:
            raise CorruptInput("no matrix of numbers", where=where, expected=side, got=numbers.size)
        return numbers.reshape(side, side)

    def size(self, keys: Mapping[str, str], key: str) -> tuple[int, int]:
        """Return (width, height) of a picture: as stated, else by its header."""
        if f"_{key}/size" in keys:
            stated = self.json(keys[f"_{key}/size"])
            if isinstance(stated, list) and len(stated) == 2:
                width, height = stated
                if isinstance(width, int) and isinstance(height, int):
                    return width, height
            raise CorruptInput("no size", where=self.members.where(keys[f"_{key}/size"]))
        return image_size(self.members.read(keys[key]), self.members.where(keys[key]))
