"""What a picture of a simulated room shows, as the simulator knows it: the matter of captions.

``<folder>/looks.jsonl`` holds one object a line, ``<folder>/images/`` the pictures:

    {"id": "room_000003_0001/walk_0004", "image": "images/room_000003_0001/walk_0004.jpg",
     "things": [["bed", 0.41, 0.63, 0.32, 0.28, 2.31]], "marks": [["P", 0.7, 0.2, 3.05]]}

Places are shares of the picture's sides, from its top left corner; a thing has the middle, width
and height of the box around its visible pixels and the metres from the camera to its nearest
visible point; a mark has its place and the depth along the viewing direction (a dot) or the
distance (a box). ``pile`` instead is a heap of blocks: its rows of heights.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from sextant.errors import CorruptInput, MissingInput

FILE, IMAGES = "looks.jsonl", "images"


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing that its name alone singles out in the picture.

    Attributes:
        name: Its category.
        x, y, width, height: Of the box around its visible pixels; shares.
        distance_m: From the camera to its nearest visible point.
    """

    name: str
    x: float
    y: float
    width: float
    height: float
    distance_m: float


@dataclass(frozen=True, slots=True)
class MarkedPlace:
    """A letter in the picture.

    Attributes:
        letter: The letter.
        x, y: Of the dot, or of the middle of the box; shares.
        distance_m: Depth of the dot along the viewing direction, or distance to the boxed thing.
    """

    letter: str
    x: float
    y: float
    distance_m: float


@dataclass(frozen=True, slots=True)
class Look:
    """A picture and what it shows.

    Attributes:
        id: Unique in its folder.
        image: Path of the picture below the folder.
        things: Unique things; any order.
        marks: Letters drawn on it.
        pile: Heights of a heap of blocks, back row first; () = a room.
    """

    id: str
    image: str
    things: tuple[Thing, ...] = ()
    marks: tuple[MarkedPlace, ...] = ()
    pile: tuple[tuple[int, ...], ...] = ()

    @property
    def kind(self) -> str:
        """``pile``, ``marks`` (letters are drawn on it) or ``things``."""
        return "pile" if self.pile else "marks" if self.marks else "things"

    def line(self) -> str:
        """Return it as a line of the file."""
        fields = {
            "id": self.id,
            "image": self.image,
            "things": [list(asdict(t).values()) for t in self.things],
            "marks": [list(asdict(m).values()) for m in self.marks],
            "pile": self.pile,
        }
        return json.dumps({name: value for name, value in fields.items() if value})


def read_looks(folder: Path) -> Iterator[Look]:
    """Yield the looks of a folder in their order.

    Raises:
        MissingInput: If there are none.
        CorruptInput: If a line is none; names it.
    """
    path = folder / FILE
    if not path.is_file():
        raise MissingInput("no pictures to describe", where=path)
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                fields = json.loads(line)
                yield Look(
                    str(fields["id"]),
                    str(fields["image"]),
                    tuple(Thing(*thing) for thing in fields.get("things", ())),
                    tuple(MarkedPlace(*mark) for mark in fields.get("marks", ())),
                    tuple(tuple(row) for row in fields.get("pile", ())),
                )
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                where = f"{path}: line {number}"
                raise CorruptInput("not a look", where=where, got=error) from error
