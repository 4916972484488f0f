"""One static state of one place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError
from sextant.scenes.checks import MAX_COORDINATE_M, check_name, check_points
from sextant.scenes.frame import Frame
from sextant.scenes.objects import Mesh, SceneObject
from sextant.scenes.sightings import SeenThing


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """What is known of the room.

    Attributes:
        floor_polygon: (n, 2) world x, y of the floor's outline, counterclockwise, m; or None.
        floor_z_m: Height of the floor; None if unknown.
        area_m2: Floor area as the source states it; None = compute it from the polygon.
        kind: "bedroom", "kitchen", ...; None if unknown.
    """

    floor_polygon: NDArray[np.float64] | None = None
    floor_z_m: float | None = None
    area_m2: float | None = None
    kind: str | None = None

    def __post_init__(self) -> None:
        if self.floor_polygon is not None:
            check_points(self.floor_polygon, 2, "corners of the floor's outline", where="room")
            if len(self.floor_polygon) < 3:
                raise ConventionError(
                    "a floor's outline needs at least three corners",
                    where="room",
                    got=len(self.floor_polygon),
                )
        if self.floor_z_m is not None and not abs(self.floor_z_m) <= MAX_COORDINATE_M:
            raise ConventionError(
                "the floor's height must be finite and in metres", where="room", got=self.floor_z_m
            )
        if self.area_m2 is not None and not 0 < self.area_m2 < math.inf:
            raise ConventionError(
                "a floor area must be finite and positive", where="room", got=self.area_m2
            )


@dataclass(frozen=True, eq=False)
class Scene:
    """One static state of one place; arrays of frames are read only when asked for.

    Attributes:
        id: Unique in the source.
        source: The reader's name ("adt", "procedural", ...).
        split: "train", "val" or "test", the official one where there is one.
        license: Licence or terms; travels with every sample.
        objects: Sorted by id.
        things: Sorted by id; known by their places in pictures alone (``Frame.read_sightings``).
        frames: In time order; free views after the walk.
        room: Floor and kind, where known.
        shell: Walls, floor and ceiling as a surface, where the source has them (they occlude but
            are never asked about).
        is_metric: False for sources without metric scale: no metric question is asked.
        complete_categories: Categories whose every instance is labelled; ``None`` = all of them,
            so that counting is safe.
        rescan_of: The scene this one is a later state of.
        rescan_objects: Maps object ids here to ids there, for a rescan.
        is_simulated: Whether a simulator made the scene; drawn puzzles are asked only there.
        notes: Counts a reader wants to report ("poses_projected": "40").
    """

    id: str
    source: str
    split: str
    license: str
    objects: tuple[SceneObject, ...] = ()
    frames: tuple[Frame, ...] = ()
    room: Room = field(default_factory=Room)
    shell: Mesh | None = field(default=None, repr=False)
    is_metric: bool = True
    complete_categories: frozenset[str] | None = frozenset()
    rescan_of: str | None = None
    rescan_objects: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    is_simulated: bool = False
    notes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    things: tuple[SeenThing, ...] = ()

    def __post_init__(self) -> None:
        where = f"{self.source}: scene {self.id}"
        for kind in ("id", "source", "license"):
            check_name(getattr(self, kind), f"a scene's {kind}", where=where)
        if self.split not in ("train", "val", "test"):
            raise ConventionError("unknown split", where=where, got=self.split)
        if self.shell is not None:
            check_points(self.shell.vertices_world, 3, "vertices of the shell", where=where)
        if not self.objects and not self.frames:
            raise ConventionError(
                "scene is empty: neither objects nor frames",
                where=where,
                hint="point --root at the folder that holds the capture itself",
            )
        for kind, ids in (
            ("object", [*(o.id for o in self.objects), *(t.id for t in self.things)]),
            ("frame", [f.id for f in self.frames]),
        ):
            if len(set(ids)) != len(ids):
                twice = sorted({i for i in ids if ids.count(i) > 1})
                raise ConventionError(f"duplicate {kind} ids", where=where, got=twice[:5])
        values = [o.instance_value for o in self.objects if o.instance_value]
        if len(set(values)) != len(values):
            raise ConventionError("two objects share an instance value", where=where)

    @cached_property
    def object_by_id(self) -> Mapping[str, SceneObject]:
        """Objects by their id."""
        return MappingProxyType({o.id: o for o in self.objects})

    @cached_property
    def frame_by_id(self) -> Mapping[str, Frame]:
        """Frames by their id."""
        return MappingProxyType({f.id: f for f in self.frames})

    def counts_are_complete(self, category: str) -> bool:
        """Tell whether every instance of a category is labelled."""
        return self.complete_categories is None or category in self.complete_categories
