"""Where Structured3D keeps its rooms, and the unit of all its lengths."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

MM = 0.001
FARTHEST_MM = 1e9
"""What is said to lie further away is a broken number."""

INVALID_SCENES = frozenset({1155, 1192, 1714, 1816, 1852, 3398})
"""Named invalid by the publishers (metadata/errata.txt)."""

SCENE = re.compile(r"scene_(\d{5})")


@dataclass(frozen=True, slots=True)
class RoomFiles:
    """One room of a house."""

    house: Path
    room: str

    @property
    def views(self) -> Path:
        """Folder of the furnished perspective views."""
        return self.house / "2D_rendering" / self.room / "perspective" / "full"

    @property
    def split(self) -> str:
        """By the house's number."""
        match = SCENE.fullmatch(self.house.name)
        number = int(match[1]) if match else 0
        return "train" if number < 3000 else "val" if number < 3250 else "test"
