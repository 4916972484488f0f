"""Where things stand: placing models so that no two boxes meet."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from shapely import prepare
from shapely.geometry import Polygon

from sextant.sources.procedural.categories import make
from sextant.sources.procedural.model import Model, Surface
from sextant.sources.procedural.placed import (
    WALL_GAP_M,
    Placed,
    footprint,
    rectangle,
    separated,
    wall_distance,
)
from sextant.sources.procedural.rooms import EmptyRoom

Array = NDArray[np.float64]

CONTACT_GAP_M = 0.0003
"""Things stand this far above what carries them: touching to the eye, apart to the test."""

ZONE_HEIGHT_M = 2.0
"""Zones that stay free reach up to here."""


class Layout:
    """A room that fills up."""

    def __init__(self, room: EmptyRoom, rng: Generator) -> None:
        self.room = room
        self.rng = rng
        self.items: list[Placed] = []
        self._zones: list[tuple[Array, int | None]] = []
        self._outline = Polygon(room.outline).buffer(1e-6)
        prepare(self._outline)
        following = np.roll(room.outline, -1, axis=0)
        self.edges = [(a, b) for a, b in zip(room.outline, following, strict=True)]
        self._lengths = np.linalg.norm(following - room.outline, axis=1)

    def make(self, name: str) -> tuple[str, Model]:
        """Make a model by its name in the register."""
        return make(name, self.rng)

    def keep_free(self, corners: Array, owner: int | None = None) -> None:
        """Keep a (4, 2) piece of floor free from now on, but for what belongs to its owner."""
        self._zones.append((corners, owner))

    def is_free(
        self,
        corners: Array,
        z0: float,
        z1: float,
        without: tuple[int, ...] = (),
        guest_of: int | None = None,
    ) -> bool:
        """Tell whether a box over (4, 2) corners meets nothing that stands or is to stay free.

        Args:
            corners: Footprint, counterclockwise.
            z0: Bottom in metres.
            z1: Top in metres.
            without: Items that do not count.
            guest_of: Item whose own free zone the box may stand in.
        """
        others = [
            (p.footprint, p.z, p.z + float(p.model.size_m[2]))
            for i, p in enumerate(self.items)
            if i not in without
        ]
        others += [
            (zone, 0.0, ZONE_HEIGHT_M)
            for zone, owner in self._zones
            if owner is None or owner != guest_of
        ]
        low, high = corners.min(axis=0), corners.max(axis=0)
        for other, bottom, top in others:
            if bottom >= z1 or top <= z0:
                continue
            if bool(np.any(other.min(axis=0) >= high) or np.any(other.max(axis=0) <= low)):
                continue
            if not separated(corners, other):
                return False
        return True

    def put(
        self, category: str, model: Model, x: float, y: float, yaw_rad: float,
        z: float = CONTACT_GAP_M, support: int | str = "floor", inside: bool = False,
        without: tuple[int, ...] = (),
        margin_m: float = 0.004, guest_of: int | None = None,
    ) -> int | None:  # fmt: skip
        """Place a model if it meets nothing; return its index."""
        w, d, h = (float(v) for v in model.size_m)
        corners = rectangle(x, y, w + 2 * margin_m, d + 2 * margin_m, yaw_rad)
        if z + h > self.room.height_m + 1e-6 or not self._outline.contains(
            Polygon(footprint(model, x, y, yaw_rad))
        ):
            return None
        if not self.is_free(corners, z, z + h, without, guest_of):
            return None
        self.items.append(Placed(category, model, x, y, z, yaw_rad, support, inside))
        return len(self.items) - 1

    def at_wall(
        self, name: str | tuple[str, Model], z: float | None = None, gap_m: float = WALL_GAP_M,
        front_m: float = 0.0, tries: int = 40, middle: bool = False,
    ) -> int | None:  # fmt: skip
        """Place a model with its back to a wall; on the floor, or hung at height z."""
        category, model = self.make(name) if isinstance(name, str) else name
        w, d, _ = (float(v) for v in model.size_m)
        weights = np.maximum(self._lengths - w, 0.0)
        if weights.sum() <= 0:
            return None
        hung = z is not None
        for _ in range(tries):
            k = int(self.rng.choice(len(self.edges), p=weights / weights.sum()))
            a, b = self.edges[k]
            along = (b - a) / self._lengths[k]
            inward = np.array([-along[1], along[0]])
            free = self._lengths[k] - w - 0.02
            share = float(self.rng.uniform(0.35, 0.65)) if middle else float(self.rng.uniform())
            t = 0.01 + share * free + w / 2 if free > 0 else self._lengths[k] / 2
            center = a + t * along + (gap_m + d / 2) * inward
            yaw = math.atan2(inward[1], inward[0]) + math.pi / 2
            if front_m > 0:
                zone = center + inward * (d / 2 + front_m / 2)
                corners = rectangle(zone[0], zone[1], w, front_m - 0.02, yaw)
                if not self._outline.contains(Polygon(corners)) or not self.is_free(
                    corners, 0.05, 1.9
                ):
                    continue
            found = self.put(
                category, model, float(center[0]), float(center[1]), yaw,
                CONTACT_GAP_M if z is None else z, "wall" if hung else "floor",
                margin_m=0.0005 if hung else 0.004,
            )  # fmt: skip
            if found is not None:
                if front_m > 0:
                    self.keep_free(corners, found)
                return found
        return None

    def beside(
        self, anchor: int, name: str, side: int, gap_m: float, back: bool = True
    ) -> int | None:
        """Place a model next to another (side -1 left, +1 right, seen from the front)."""
        category, model = self.make(name)
        p = self.items[anchor]
        x = side * (float(p.model.size_m[0] + model.size_m[0]) / 2 + gap_m)
        y = float(p.model.size_m[1] - model.size_m[1]) / 2 if back else 0.0
        return self.put(category, model, *p.point(x, y), p.yaw_rad)

    def in_front(
        self, anchor: int, name: str, gap_m: float, turned: bool, dx: float = 0.0
    ) -> int | None:
        """Place a model before another's front; ``turned`` makes it face the other."""
        category, model = self.make(name)
        p = self.items[anchor]
        y = -(float(p.model.size_m[1] + model.size_m[1]) / 2 + gap_m)
        yaw = p.yaw_rad + (math.pi if turned else 0.0)
        return self.put(category, model, *p.point(dx, y), yaw, guest_of=anchor)

    def on_rug(self, rug: int, name: str, guest_of: int) -> int | None:
        """Stand a model in the middle of a rug, wholly on it."""
        category, model = self.make(name)
        p = self.items[rug]
        if bool(np.any(model.size_m[:2] + 0.02 > p.model.size_m[:2])):
            return None
        z = p.z + float(p.model.size_m[2]) + CONTACT_GAP_M
        return self.put(category, model, p.x, p.y, p.yaw_rad, z, rug, guest_of=guest_of)

    def on_floor(
        self, name: str, tries: int = 40, near_wall: bool = False, aligned: bool = False
    ) -> int | None:
        """Place a model somewhere on the free floor."""
        category, model = self.make(name)
        low, high = self.room.outline.min(axis=0), self.room.outline.max(axis=0)
        for _ in range(tries):
            x, y = (float(v) for v in self.rng.uniform(low, high))
            if near_wall and wall_distance(self.edges, x, y) > 0.55:
                continue
            yaw = (
                float(self.rng.integers(4)) * math.pi / 2
                if aligned
                else float(self.rng.uniform(-math.pi, math.pi))
            )
            found = self.put(category, model, x, y, yaw, margin_m=0.03)
            if found is not None:
                return found
        return None

    def on_top(
        self, anchor: int, name: str | tuple[str, Model], yaw: float | None = None,
        at: tuple[float, float] | None = None, tries: int = 12, surface: Surface | None = None,
    ) -> int | None:  # fmt: skip
        """Stand a model wholly on a surface of another.

        Args:
            anchor: What carries it.
            name: Maker name, or a category and model.
            yaw: Its yaw against the anchor's; None = any.
            at: Where on the surface, as shares of the free play from -1 to 1; None = anywhere.
            tries: Places to try.
            surface: Which surface; None = any.
        """
        category, model = self.make(name) if isinstance(name, str) else name
        p = self.items[anchor]
        if not p.model.surfaces:
            return None
        w, d, h = (float(v) for v in model.size_m)
        for _ in range(tries):
            s = surface or p.model.surfaces[int(self.rng.integers(len(p.model.surfaces)))]
            turn = float(self.rng.uniform(-math.pi, math.pi)) if yaw is None else yaw
            ca, sa = abs(math.cos(turn)), abs(math.sin(turn))
            half_x, half_y = (ca * w + sa * d) / 2 + 0.004, (sa * w + ca * d) / 2 + 0.004
            play_x, play_y = (s.x1 - s.x0) / 2 - half_x, (s.y1 - s.y0) / 2 - half_y
            if play_x < 0 or play_y < 0 or h > s.clearance_m:
                continue
            fx, fy = at if at is not None else (float(v) for v in self.rng.uniform(-1, 1, 2))
            local = (s.x0 + s.x1) / 2 + fx * play_x, (s.y0 + s.y1) / 2 + fy * play_y
            without: tuple[int, ...] = (anchor,)
            if isinstance(p.support, int) and p.inside:
                without = (anchor, p.support)
            found = self.put(
                category, model, *p.point(*local), p.yaw_rad + turn, p.z + s.z + CONTACT_GAP_M,
                anchor, s.inside, without, margin_m=0.001 if s.inside else 0.003,
            )  # fmt: skip
            if found is not None:
                return found
        return None
