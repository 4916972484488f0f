"""What every task asks of a scene: distances, clips, who is shown, and by which name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sextant.questions.clips import clips_of
from sextant.questions.distances import ObjectDistances
from sextant.questions.frame_arrays import FrameArrays
from sextant.questions.naming import SEE_THROUGH, is_askable, unique_names
from sextant.questions.recipe import GenerateRecipe
from sextant.scenes import Frame, Scene, SceneObject
from sextant.visibility import PairTable, VisibilityTable, compute_pairs, compute_visibility


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
        self._distances = ObjectDistances(scene)
        self._arrays = FrameArrays(scene)
        self._views: dict[tuple[str, ...], ClipView] = {}
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

    def geometry_of(self, a: str, b: str) -> str:
        """Return what a distance between two objects is measured on."""
        return self._distances.geometry_of(a, b)

    def distance_m(self, a: str, b: str) -> float:
        """Return d(A, B) of taxonomy.md: the exact smallest distance between two objects in metres.

        Between the surfaces if both have them, else between the boxes as solids.
        """
        return self._distances.distance_m(a, b)

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
        return clips_of(self.scene, self.recipe.clips, self.seed)

    def depth_m(self, frame_id: str) -> NDArray[np.float32] | None:
        """Return a frame's (H, W) z-depth in metres, NaN where unknown; None without depth."""
        return self._arrays.depth_m(frame_id)

    def instances(self, frame_id: str) -> NDArray[np.int32]:
        """Return a frame's (H, W) instance values, 0 = no object; all 0 without masks."""
        return self._arrays.instances(frame_id)
