"""What every task asks of a scene: distances, clips, who is shown, and by which name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sextant.execution.seeds import generator_of
from sextant.geometry.box_distance import box_distance, pairwise_box_distances
from sextant.geometry.mesh_distance import Bvh, build_bvh, mesh_distance, points_distance
from sextant.questions.naming import SEE_THROUGH, is_askable, unique_names
from sextant.questions.recipe import GenerateRecipe
from sextant.scenes import Frame, Scene, SceneObject
from sextant.visibility import PairTable, VisibilityTable, compute_pairs, compute_visibility
from sextant.visibility.reading import read_depth, read_instances

T = TypeVar("T")

PAIRWISE_LIMIT = 200
"""Up to this many objects all box distances are computed at once; beyond it, on demand."""

WALK_MIN_BASELINE_M = 0.3
WALK_MIN_ANGLE_RAD = 0.26
"""Frames that moved less than 0.3 m and turned less than 15 degrees are no walk: a "video" of
them would show the same picture again and again."""


@dataclass(frozen=True, slots=True, eq=False)
class ClipView:
    """What a set of frames shows together.

    Attributes:
        frames: Frame ids in prompt order; empty = no images, everything counts as shown.
        rows: (len(frames),) row indices into the visibility table.
        present: Ids of all objects that can be seen at all; they make names ambiguous.
        shown: Askable ids that are well visible in at least one of the frames, sorted.
        names: Id to name, for shown objects that their category alone singles out.
    """

    frames: tuple[str, ...]
    rows: NDArray[np.intp]
    present: frozenset[str]
    shown: tuple[str, ...]
    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class SeenAt:
    """Where a frame shows something.

    Attributes:
        box: u_min, v_min, u_max, v_max in pixels of the frame.
        pixels: How many pixels show it.
        nearest_m: Distance of its nearest visible point from the camera; None where nobody knows.
    """

    box: tuple[float, ...]
    pixels: int
    nearest_m: float | None


class SceneContext:
    """A scene with everything derived from it, computed once and when first needed.

    Args:
        scene: The scene.
        recipe: Thresholds for visibility and clips.
        seed: The run's seed; decides which clips are cut.
        open_scene: Opens another scene of the source by its id, for questions about two captures
            of a place; None = there are none.
    """

    def __init__(
        self,
        scene: Scene,
        recipe: GenerateRecipe,
        seed: int = 0,
        open_scene: Callable[[str], Scene] | None = None,
    ) -> None:
        self.scene = scene
        self._open_scene = open_scene
        self.recipe = recipe
        self.seed = seed
        self.objects: tuple[SceneObject, ...] = tuple(
            o for o in scene.objects if is_askable(o.category)
        )
        self.categories = {o.id: o.category for o in scene.objects}
        self.categories |= {t.id: t.category for t in scene.things}
        self._column = {o.id: i for i, o in enumerate(scene.objects)}
        self._row = {f.id: i for i, f in enumerate(scene.frames)}
        self._distances: dict[tuple[str, str], float] = {}
        self._bvhs: dict[str, Bvh] = {}
        self._views: dict[tuple[str, ...], ClipView] = {}
        self._depths: OrderedDict[str, NDArray[np.float32] | None] = OrderedDict()
        self._instances: OrderedDict[str, NDArray[np.int32]] = OrderedDict()
        self._sighted: dict[str, Mapping[str, SeenAt]] = {}

    @cached_property
    def before(self) -> SceneContext | None:
        """The earlier capture of the same place; None where there is none.

        Raises:
            InputError: If the source names one but it cannot be read.
        """
        if self.scene.rescan_of is None or self._open_scene is None:
            return None
        return SceneContext(self._open_scene(self.scene.rescan_of), self.recipe, self.seed)

    # ---- objects -------------------------------------------------------------------------

    def object(self, object_id: str) -> SceneObject:
        """Return an object by its id."""
        return self.scene.object_by_id[object_id]

    def frame(self, frame_id: str) -> Frame:
        """Return a frame by its id."""
        return self.scene.frame_by_id[frame_id]

    @cached_property
    def _box_distances(self) -> NDArray[np.float64] | None:
        boxes = [o.box for o in self.scene.objects]
        if not boxes or len(boxes) > PAIRWISE_LIMIT:
            return None
        return pairwise_box_distances(
            np.stack([b.center for b in boxes]),
            np.stack([b.size_m for b in boxes]),
            np.stack([b.R_world_box for b in boxes]),
        )

    def geometry_of(self, a: str, b: str) -> str:
        """Return what a distance between two objects is measured on."""
        kinds = {self.object(a).geometry, self.object(b).geometry}
        return kinds.pop() if len(kinds) == 1 else "box"

    def distance_m(self, a: str, b: str) -> float:
        """Return d(A, B) of taxonomy.md: the exact smallest distance between two objects in metres.

        Between the surfaces if both have them, else between the boxes as solids.
        """
        key = (a, b) if a < b else (b, a)
        found = self._distances.get(key)
        if found is None:
            found = self._distances[key] = self._measure_distance(*key)
        return found

    def _measure_distance(self, a: str, b: str) -> float:
        kind = self.geometry_of(a, b)
        first, second = self.object(a), self.object(b)
        if kind == "mesh":
            return float(mesh_distance(self._bvh(a), self._bvh(b)))
        if kind == "points":
            assert first.points_world is not None
            assert second.points_world is not None
            return float(points_distance(first.points_world, second.points_world))
        if self._box_distances is not None:
            return float(self._box_distances[self._column[a], self._column[b]])
        p, q = first.box, second.box
        return float(
            box_distance(p.center, p.size_m, p.R_world_box, q.center, q.size_m, q.R_world_box)
        )

    def _bvh(self, object_id: str) -> Bvh:
        found = self._bvhs.get(object_id)
        if found is None:
            mesh = self.object(object_id).mesh
            assert mesh is not None
            found = self._bvhs[object_id] = build_bvh(mesh.triangles_world)
        return found

    # ---- visibility ----------------------------------------------------------------------

    @cached_property
    def visibility(self) -> VisibilityTable:
        """Visible ratios per (frame, object)."""
        return compute_visibility(self.scene)

    @cached_property
    def pairs(self) -> PairTable:
        """Overlap, angle and baseline per pair of frames."""
        return compute_pairs(self.scene)

    @cached_property
    def shown_table(self) -> NDArray[np.bool_]:
        """(F, O) whether an object is well visible in a frame, by the recipe's rules."""
        rules = self.recipe.visibility
        shown = self.visibility.shown(rules.min_visible_ratio, rules.min_pixel_share)
        # v is relative to what the frame holds of the object: a bed's corner at the picture's edge
        # has v = 1, and nobody can tell that it is a bed.
        return shown & (self.visibility.in_frame_ratio >= rules.min_in_frame_ratio)

    def sees_surfaces(self, frame_id: str) -> bool:
        """Tell whether distances to what a frame shows are those of surfaces.

        Where a source has neither depth nor masks nor surfaces, visibility comes from boxes as
        solids: good enough to choose pictures by, not to measure distances to what is visible.
        """
        return str(self.visibility.method[self._row[frame_id]]) != "boxes"

    def row(self, frame_id: str) -> int:
        """Return a frame's row in the visibility table."""
        return self._row[frame_id]

    def column(self, object_id: str) -> int:
        """Return an object's column in the visibility table."""
        return self._column[object_id]

    def view(self, frames: Sequence[str]) -> ClipView:
        """Return what the given frames show together; no frames means everything is shown."""
        key = tuple(frames)
        found = self._views.get(key)
        if found is None:
            found = self._views[key] = self._make_view(key)
        return found

    def _make_view(self, frames: tuple[str, ...]) -> ClipView:
        ids = [o.id for o in self.scene.objects]
        rows = np.array([self._row[f] for f in frames], dtype=np.intp)
        if not frames:
            present = frozenset(ids)
            shown = tuple(o.id for o in self.objects)
        elif not ids:
            present, shown = frozenset(), ()
        else:
            pixels = self.visibility.pixel_count[rows].max(axis=0)
            seen = np.any(self.shown_table[rows], axis=0)
            enough = self.recipe.visibility.present_pixels
            shown = tuple(o.id for o in self.objects if bool(seen.item(self._column[o.id])))
            # In a small picture fewer pixels than ``enough`` can be a large share of it.
            present = frozenset(i for i, p in zip(ids, pixels, strict=True) if p >= enough)
            present |= set(shown)
        names = unique_names(self.categories, present, shown)
        return ClipView(frames, rows, present, shown, names)

    def sighted(self, frame_id: str) -> Mapping[str, SeenAt]:
        """Return where a frame shows what can be told apart in pictures, by id.

        Objects that are well visible, in the order of ``view``; then things that are known by their
        places in pictures alone. How much of those is hidden nobody knows, so they count if they
        are large enough and do not touch the picture's edge.
        """
        found = self._sighted.get(frame_id)
        if found is None:
            found = self._sighted[frame_id] = self._look_for(self.frame(frame_id))
        return found

    def _look_for(self, frame: Frame) -> dict[str, SeenAt]:
        found = {}
        for i in self.view((frame.id,)).shown:
            seen = self.visibility.view(frame.id, i)
            found[i] = SeenAt(tuple(float(c) for c in seen.box2d), seen.pixel_count, seen.nearest_m)
        sightings = {} if frame.read_sightings is None else frame.read_sightings()
        width, height = frame.camera.width, frame.camera.height
        for thing in self.scene.things:
            s = sightings.get(thing.id)
            if s is None or not is_askable(thing.category):
                continue
            whole = min(s.box[:2]) > 0 and s.box[2] < width and s.box[3] < height
            if whole and s.pixels >= self.recipe.visibility.min_pixel_share * width * height:
                found[thing.id] = SeenAt(s.box, s.pixels, None)
        return found

    @cached_property
    def looked_at(self) -> tuple[str, ...]:
        """Ids of the pictures in which things can be told apart, in order.

        All of them, but where nothing has a box those in which somebody marked the things.
        """
        if self.scene.objects or not self.scene.things:
            return self.singles
        return tuple(i for i in self.singles if self.frame(i).read_sightings is not None)

    @cached_property
    def _see_through(self) -> frozenset[int]:
        return frozenset(
            o.instance_value
            for o in self.scene.objects
            if o.instance_value and o.category in SEE_THROUGH
        )

    def is_solid(self, frame_id: str, row: int, column: int) -> bool:
        """Tell whether a pixel shows a surface, and not what lies behind glass or in a mirror."""
        if not self._see_through:
            return True
        return int(self.instances(frame_id)[row, column]) not in self._see_through

    # ---- frames --------------------------------------------------------------------------

    @cached_property
    def singles(self) -> tuple[str, ...]:
        """Ids of all frames that have a picture."""
        return tuple(f.id for f in self.scene.frames if f.read_rgb is not None)

    @cached_property
    def videos(self) -> tuple[tuple[str, ...], ...]:
        """Clips for video questions: the whole walk first, then shorter stretches of it.

        ``((),)`` for a source without frames: its questions then come without images.
        """
        if not self.scene.frames:
            return ((),)
        walk = [
            f for f in self.scene.frames if f.timestamp_s is not None and f.read_rgb is not None
        ]
        if len(walk) < 3 or not _moves(walk):
            return ()
        rules = self.recipe.clips
        clips = [_spread([f.id for f in walk], rules.frames)]
        rng = generator_of(self.seed, self.scene.source, self.scene.id, "clips")
        for _ in range(rules.per_scene - 1):
            length = max(3, round(len(walk) * float(rng.uniform(0.4, 0.75))))
            start = int(rng.integers(0, len(walk) - length + 1))
            clip = _spread([f.id for f in walk[start : start + length]], max(3, rules.frames // 2))
            if clip not in clips:
                clips.append(clip)
        return tuple(clips)

    def depth_m(self, frame_id: str) -> NDArray[np.float32] | None:
        """Return a frame's (H, W) z-depth in metres, NaN where unknown; None without depth."""
        return _kept(self._depths, frame_id, lambda: read_depth(self.frame(frame_id)))

    def instances(self, frame_id: str) -> NDArray[np.int32]:
        """Return a frame's (H, W) instance values, 0 = no object; all 0 without masks."""
        return _kept(self._instances, frame_id, lambda: self._read_instances(frame_id))

    def _read_instances(self, frame_id: str) -> NDArray[np.int32]:
        frame = self.frame(frame_id)
        values = read_instances(frame)
        if values is None:
            return np.zeros((frame.camera.height, frame.camera.width), dtype=np.int32)
        return values


KEPT_ARRAYS = 4
"""A frame's arrays are read by several questions in a row; more than a few would pile up."""


def _kept(cache: OrderedDict[str, T], key: str, read: Callable[[], T]) -> T:
    """Return what is kept under a key, or read and keep it in place of the oldest.

    An ``lru_cache`` of a bound method would tie the context into a cycle: scene after scene would
    stay in memory until the garbage collector comes by.
    """
    if key not in cache:
        cache[key] = read()
        if len(cache) > KEPT_ARRAYS:
            cache.popitem(last=False)
    cache.move_to_end(key)
    return cache[key]


def _spread(ids: list[str], count: int) -> tuple[str, ...]:
    if len(ids) <= count:
        return tuple(ids)
    picks = np.round(np.linspace(0, len(ids) - 1, count)).astype(int)
    return tuple(ids[i] for i in picks)


def _moves(walk: list[Frame]) -> bool:
    centers = np.stack([f.center_world for f in walk])
    if np.linalg.norm(centers - centers[0], axis=1).max() >= WALK_MIN_BASELINE_M:
        return True
    cosines = np.stack([f.forward_world for f in walk]) @ walk[0].forward_world
    return bool(np.arccos(np.clip(cosines, -1, 1)).max() >= WALK_MIN_ANGLE_RAD)
