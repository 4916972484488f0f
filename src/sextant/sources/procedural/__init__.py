"""The embedded simulator: furnished rooms out of a seed, with pictures, depth and instances.

A scene depends only on (seed, index): ``room_000007_0003`` is scene 3 of seed 7, whatever else is
opened, in whatever order and on however many workers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sextant.errors import MissingInput, RecipeError
from sextant.scenes import Scene
from sextant.sources.facts import SUPPORTS, DatasetFacts
from sextant.sources.source import Source, SourceOptions

FACTS = DatasetFacts(
    title="the embedded simulator",
    licence="CC0-1.0 (simulated)",
    page="",
    terms="none",
    parts=(),
    layout=("no folder: --seed chooses the rooms, --scenes how many",),
    supports=frozenset(SUPPORTS),
    splits="by the scene's name: 90 % train, 5 % val, 5 % test",
    countable="all",
)

DEFAULT_SCENES = 20
MAX_SCENES = 10_000
_ID = re.compile(r"(room_(\d{6,})_(\d{4}))(_before)?")


@dataclass(frozen=True, slots=True)
class ProceduralSource:
    """Rooms 0 to ``count`` - 1 of one seed.

    Attributes:
        seed: Chooses the rooms.
        count: How many of them.
        name: Always "procedural".
    """

    seed: int
    count: int
    name: str = "procedural"

    def scene_ids(self) -> tuple[str, ...]:
        """Return the ids, sorted."""
        return tuple(f"room_{self.seed:06d}_{index:04d}" for index in range(self.count))

    def open(self, scene_id: str) -> Scene:
        """Build one room (about 0.4 s); pictures are drawn when read.

        Any well-formed id can be opened, also one of another seed; with ``_before`` after it, it
        is the room before some things were moved, which ``scene_ids`` leaves out.
        """
        match = _ID.fullmatch(scene_id)
        if match is None:
            raise MissingInput(
                "not the id of a procedural scene",
                where=scene_id,
                expected="room_<seed, 6 digits>_<index, 4 digits>, or the same with _before",
            )
        # The simulator loads numba and shapely, which opening a source must not wait for.
        from sextant.sources.procedural.scene import build_scene

        return build_scene(match[1], int(match[2]), int(match[3]), earlier=match[4] is not None)

    def describe(self) -> str:
        """Say what this source is."""
        return (
            f"{self.count} simulated rooms of seed {self.seed}: walk and free views at 640x480 "
            "with RGB, depth, instances, boxes, meshes, fronts and colours; CC0"
        )


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open the simulator; it needs no folder, so ``root`` is ignored.

    Args:
        root: Unused; other sources read a folder.
        options: ``seed`` chooses the rooms, ``scenes`` how many (default 20).
    """
    del root
    count = DEFAULT_SCENES if options.scenes is None else options.scenes
    if not 0 <= count <= MAX_SCENES:
        raise RecipeError("number of scenes out of range", expected=f"0 to {MAX_SCENES}", got=count)
    if options.seed < 0:
        raise RecipeError("a seed must not be negative", expected=">= 0", got=options.seed)
    return ProceduralSource(options.seed, count)
