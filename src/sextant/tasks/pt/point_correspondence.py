"""pt.point_correspondence: which marked point of view 2 is the marked point of view 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sextant.geometry.projection import backproject, project
from sextant.geometry.transforms import invert, transform_points
from sextant.questions.answers import Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.heuristics import point_cue
from sextant.questions.marks import MARK_LETTERS, Mark
from sextant.questions.pictures import FramePicture
from sextant.questions.shots import view_pairs
from sextant.questions.task import Draft, Margins, Task
from sextant.tasks.pt._correspondence_phrasings import POINT, SPAR_POINT

OTHERS = 3
PATCH = 5
"""Side in pixels of the neighbourhood that must be flat: a mark may be read a pixel or two off."""

WALLS_APART_M = 0.3
"""Points that belong to no labelled object count as different places from 30 cm apart: on a bare
wall nobody can tell nearer ones from each other."""


class PointCorrespondenceMargins(Margins):
    """Thresholds of pt.point_correspondence."""

    min_overlap: float = Field(0.15, description="overlap of the two views")
    min_turn_deg: float = Field(5.0, description="views turned less than this ...")
    min_shift_m: float = Field(0.15, description="... and moved less than this are too alike")
    depth_tolerance_m: float = Field(0.02, description="depth check of the reprojection, or ...")
    depth_tolerance_share: float = Field(0.01, description="... this share of the depth, if more")
    max_spread: float = Field(0.02, description="spread of the depth in 5x5 pixels, as a share")
    min_apart: float = Field(0.05, description="distance between marks, share of the width")
    min_border: float = Field(0.05, description="distance to the picture's border, share")


class _Spot(NamedTuple):
    """A pixel, where it is in the world, and the instance it lies on (0 = none known)."""

    u: float
    v: float
    world: NDArray[np.float64]
    instance: int


class PointCorrespondence(Task):
    """Reprojection with a depth check; the wrong points lie elsewhere and on other things."""

    id = "pt.point_correspondence"
    needs = frozenset({"frames", "many_frames", "depth"})
    forms = ("choice",)
    margins_model = PointCorrespondenceMargins
    margins: PointCorrespondenceMargins
    templates: ClassVar = {"point": POINT}
    styles: ClassVar = {"spar": {"point": SPAR_POINT}}

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Flat points of the first view that the second sees, and other flat points there."""
        for first, second in view_pairs(ctx, rng, min_overlap=self.margins.min_overlap):
            for _ in range(4):
                ask = self._draw(ctx, first, second, rng)
                if ask is not None:
                    yield ask
                    break

    def _draw(
        self, ctx: SceneContext, first: str, second: str, rng: np.random.Generator
    ) -> Ask | None:
        spot = self._spot(ctx, first, *self._pixel(ctx, first, rng))
        if isinstance(spot, Drop):
            return None
        match = self._match(ctx, spot, second)
        if isinstance(match, Drop):
            return None
        points = [match]
        for _ in range(40):
            other = self._spot(ctx, second, *self._pixel(ctx, second, rng))
            if not isinstance(other, Drop) and all(
                self._apart(ctx, second, other, p) for p in points
            ):
                points.append(other)
            if len(points) == OTHERS + 1:
                break
        else:
            return None
        # Shuffled here, so that neither letter nor order tells which one is right.
        order = rng.permutation(len(points))
        candidates = [[points[int(k)].u, points[int(k)].v] for k in order]
        return Ask((), (first, second), {"point": [spot.u, spot.v], "candidates": candidates})

    def _pixel(
        self, ctx: SceneContext, frame_id: str, rng: np.random.Generator
    ) -> tuple[float, float]:
        camera, border = ctx.frame(frame_id).camera, self.margins.min_border
        u = rng.uniform(border * camera.width, (1 - border) * camera.width)
        v = rng.uniform(border * camera.height, (1 - border) * camera.height)
        return float(int(u)) + 0.5, float(int(v)) + 0.5

    def _spot(self, ctx: SceneContext, frame_id: str, u: float, v: float) -> _Spot | Drop:
        """Return the place a pixel shows, if its surroundings are flat and known."""
        frame = ctx.frame(frame_id)
        depth_m = ctx.depth_m(frame_id)
        if depth_m is None:
            return Drop("picture has no depth")
        row, column, half = int(v), int(u), PATCH // 2
        height, width = depth_m.shape
        if not (half <= row < height - half and half <= column < width - half):
            return Drop("point is at the border of the picture")
        if not ctx.is_solid(frame_id, row, column):
            return Drop("point is on glass or a mirror")
        patch = depth_m[row - half : row + half + 1, column - half : column + half + 1]
        if not np.all(np.isfinite(patch)):
            return Drop("depth around the point is unknown")
        center = float(depth_m[row, column])
        if float(patch.max() - patch.min()) > self.margins.max_spread * center:
            return Drop("surface around the point is not flat")
        inside = backproject(frame.camera.K, np.array([u, v]), np.array(center))
        instance = 0
        if frame.read_instances is not None:
            ids = ctx.instances(frame_id)[row - half : row + half + 1,
                                          column - half : column + half + 1]  # fmt: skip
            if ids.min() != ids.max():
                return Drop("point is at the edge of an object")
            instance = int(ids[half, half])
        return _Spot(u, v, transform_points(frame.T_world_camera, inside), instance)

    def _match(self, ctx: SceneContext, spot: _Spot, frame_id: str) -> _Spot | Drop:
        """Return where a place appears in another view, if that view sees it."""
        frame = ctx.frame(frame_id)
        inside = transform_points(invert(frame.T_world_camera), spot.world)
        uv, z = project(frame.camera.K, inside)
        border = self.margins.min_border
        width, height = frame.camera.width, frame.camera.height
        if not (
            z > 0
            and border * width <= uv[0] < (1 - border) * width
            and border * height <= uv[1] < (1 - border) * height
        ):
            return Drop("point is outside the second view")
        u, v = float(int(uv[0])) + 0.5, float(int(uv[1])) + 0.5
        found = self._spot(ctx, frame_id, u, v)
        if isinstance(found, Drop):
            return found
        depth_m = ctx.depth_m(frame_id)
        assert depth_m is not None
        seen_m = float(depth_m[int(v), int(u)])
        share = self.margins.depth_tolerance_share
        tolerance = max(self.margins.depth_tolerance_m, share * float(z))
        if abs(seen_m - float(z)) > tolerance:
            return Drop("point is hidden in the second view")
        if found.instance != spot.instance:
            return Drop("point lies on another object in the second view")
        return found

    def _apart(self, ctx: SceneContext, frame_id: str, a: _Spot, b: _Spot) -> bool:
        """Tell whether two marks are apart in the picture and on different things."""
        width = ctx.frame(frame_id).camera.width
        if np.hypot(a.u - b.u, a.v - b.v) < self.margins.min_apart * width:
            return False
        if a.instance != b.instance:
            return True
        return a.instance == 0 and bool(np.linalg.norm(a.world - b.world) >= WALLS_APART_M)

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The candidate at the reprojection of the point; every other lies elsewhere."""
        first, second = ask.frames
        rows = ctx.row(first), ctx.row(second)
        if float(ctx.pairs.overlap[rows]) < self.margins.min_overlap:
            return Drop("views overlap too little")
        turn = float(np.degrees(ctx.pairs.angle_rad[rows]))
        shift_m = float(ctx.pairs.baseline_m[rows])
        if turn < self.margins.min_turn_deg and shift_m < self.margins.min_shift_m:
            return Drop("views are too alike")
        spot = self._spot(ctx, first, *ask.detail["point"])
        if isinstance(spot, Drop):
            return spot
        match = self._match(ctx, spot, second)
        if isinstance(match, Drop):
            return match
        right = -1
        closest = np.inf
        wrong: list[_Spot] = []
        for k, (u, v) in enumerate(ask.detail["candidates"]):
            if abs(u - match.u) < 1e-6 and abs(v - match.v) < 1e-6:
                right = k
                continue
            other = self._spot(ctx, second, u, v)
            if isinstance(other, Drop):
                return other
            if not all(self._apart(ctx, second, other, p) for p in (match, *wrong)):
                return Drop("two points are too close to each other")
            wrong.append(other)
            closest = min(closest, float(np.hypot(u - match.u, v - match.v)))
        if right < 0:
            return Drop("no candidate is the point")
        width = ctx.frame(second).camera.width
        return Fact(
            ask,
            quantity="corresponding_point",
            margin=closest / (self.margins.min_apart * width) - 1.0,
            thresholds=self.margins.model_dump(),
            reference_frame=f"camera:{second}",
            geometry="depth",
            detail={"right": right, "world": spot.world.tolist(), "match": [match.u, match.v]},
            steps=2,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """P in the first picture; Q, R, S, T in the second."""
        first, second = fact.ask.frames
        u, v = fact.ask.detail["point"]
        letters = MARK_LETTERS[1 : 2 + OTHERS]
        marks = tuple(
            Mark(letter, dot=(u2, v2))
            for letter, (u2, v2) in zip(letters, fact.ask.detail["candidates"], strict=True)
        )
        pictures = (FramePicture(first, (Mark("P", dot=(u, v)),)), FramePicture(second, marks))
        text, template = self.phrase(ctx, "point", rng)
        options = tuple(f"point {letter}" for letter in letters)
        cues = tuple(point_cue(ctx, second, dot) for dot in fact.ask.detail["candidates"])
        return Draft(text, Choice(options, fact.detail["right"]), template, pictures, cues=cues)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The reprojection."""
        first, second = (ctx.frame(f) for f in fact.ask.frames)
        world = np.array(fact.detail["world"])
        near, far = (float(np.linalg.norm(world - f.center_world)) for f in (first, second))
        letter = MARK_LETTERS[1 + fact.detail["right"]]
        return [
            f"Point P lies {near:.2f} m from the first camera and {far:.2f} m from the second.",
            f"Carried over into the second view it falls on point {letter}, at the depth seen "
            "there.",
        ]


TASK = PointCorrespondence
