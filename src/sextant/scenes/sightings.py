"""Things that are known by their places in pictures alone: nobody says where in the world they are.

Masks or boxes with ids that pictures share are enough to ask what corresponds, and for nothing
that is measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError
from sextant.scenes.checks import check_name


@dataclass(frozen=True, slots=True)
class SeenThing:
    """A thing without a place in the world.

    Attributes:
        id: Unique among the scene's objects and things.
        category: Open-vocabulary name as a person would say it, singular, lower case.
    """

    id: str
    category: str

    def __post_init__(self) -> None:
        check_name(self.id, "thing id", where=f"thing {self.id!a}")
        check_name(self.category, "category", where=f"thing {self.id}")


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where a picture shows a thing.

    Attributes:
        box: u_min, v_min, u_max, v_max in pixels of the frame (outer pixel edges).
        pixels: How many pixels show it; those of the box where there is no mask.
    """

    box: tuple[float, float, float, float]
    pixels: int

    def __post_init__(self) -> None:
        u0, v0, u1, v1 = self.box
        if not (np.isfinite(self.box).all() and u0 < u1 and v0 < v1 and self.pixels > 0):
            raise ConventionError("a sighting must have an area", got=f"{self.box}, {self.pixels}")


def known_sightings(sightings: tuple[tuple[str, Sighting], ...]) -> dict[str, Sighting]:
    """Return sightings that a reader already has: a reader that can be sent elsewhere."""
    return dict(sightings)


def sighting_of_mask(mask: NDArray[np.bool_]) -> Sighting | None:
    """Return where an (H, W) mask lies; None if it is empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    box = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    return Sighting((float(box[0]), float(box[1]), float(box[2]), float(box[3])), int(mask.sum()))
