"""sr.egocentric_direction: where A is relative to B, as seen by the camera."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.geometry.transforms import invert, transform_points
from sextant.questions.answers import Boolean, Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.heuristics import HORIZONTAL, object_cue, relation_guesses
from sextant.questions.references import refer
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task, sampled_pairs
from sextant.tasks.sr._egocentric_direction_phrasings import (
    BOOLEAN,
    CHOICE,
    MMSI,
    SPAR,
    VIEWSPATIAL,
)

WORDS = {
    "left": "to the left of",
    "right": "to the right of",
    "above": "above",
    "below": "below",
    "front": "in front of",
    "behind": "behind",
}
OPPOSITE = {
    "left": "right", "right": "left", "above": "below", "below": "above",
    "front": "behind", "behind": "front",
}  # fmt: skip
OPPOSITE_PAIRS = (("left", "right"), ("above", "below"), ("front", "behind"))
NAMES = {
    "left": "left", "right": "right", "above": "above", "below": "below",
    "front": "in front (closer to the camera)", "behind": "behind (farther from the camera)",
}  # fmt: skip


class EgocentricDirectionMargins(Margins):
    """Thresholds of sr.egocentric_direction."""

    min_gap_m: float = Field(0.15, description="separation of the extents along the asked axis")
    dominance: float = Field(2.0, description="how many times larger than on the other axes")


class EgocentricDirection(Task):
    """Left, right, above, below, in front or behind in the camera's axes."""

    id = "sr.egocentric_direction"
    needs = frozenset({"objects", "frames", "metric"})
    forms = ("choice", "boolean")
    balanced = True
    margins_model = EgocentricDirectionMargins
    margins: EgocentricDirectionMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "choice": CHOICE,
        **{f"boolean_{said}": BOOLEAN for said in WORDS},
    }
    styles: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
        "viewspatial": {"choice": VIEWSPATIAL},
        "mmsi": {"choice": MMSI},
        "spar": {"choice": SPAR},
    }
    by_definition = frozenset({HORIZONTAL})

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Pairs of objects shown in one picture."""
        for shot in shots(ctx, rng, video=False):
            shown = ctx.view(shot.frames).shown
            for a, b in sampled_pairs(shown, rng, shot.candidates):
                yield Ask((a, b), shot.frames)

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The axis along which the camera-frame extents are apart, if one dominates.

        The offset along an axis is the gap between the extents there (negative where they
        overlap); the direction is that of the largest gap.
        """
        a, b = ask.objects
        if not {a, b} <= set(ctx.view(ask.frames).shown):
            return Drop("object is not well visible")
        T_camera_world = invert(ctx.frame(ask.frames[0]).T_world_camera)
        low_a, high_a = _extent(ctx, a, T_camera_world)
        low_b, high_b = _extent(ctx, b, T_camera_world)
        gap_m = np.maximum(low_a - high_b, low_b - high_a)
        axis = int(np.argmax(gap_m))
        largest = float(gap_m[axis])
        others = float(np.delete(gap_m, axis).max())
        if largest < self.margins.min_gap_m:
            return Drop("extents are not separated enough")
        # Dominance is judged on centre offsets too: two extents may overlap by millimetres.
        offset_m = np.abs((low_a + high_a) - (low_b + high_b)) / 2
        rest = max(others, float(np.delete(offset_m, axis).max()))
        if offset_m[axis] < self.margins.dominance * rest:
            return Drop("no direction dominates")
        positive = low_a[axis] > high_b[axis]
        label = OPPOSITE_PAIRS[axis][int(positive)]
        ratio = float(offset_m[axis]) / max(rest, 1e-9) / self.margins.dominance
        return Fact(
            ask,
            quantity="camera_axis_direction",
            label=label,
            margin=min(largest / self.margins.min_gap_m, ratio) - 1.0,
            thresholds={
                "min_gap_m": self.margins.min_gap_m,
                "dominance": self.margins.dominance,
            },
            reference_frame=f"camera:{ask.frames[0]}",
            detail={"gap_m": gap_m.tolist(), "offset_m": offset_m.tolist()},
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """Four directions to choose from, or a yes/no about one of them."""
        assert fact.label is not None
        a, b = fact.ask.objects
        names = refer(ctx, ctx.view(fact.ask.frames), (a, b))
        if isinstance(names, Drop):
            return names
        seen_a, seen_b = (object_cue(ctx, fact.ask.frames, i) for i in (a, b))
        if form == "boolean":
            truth = bool(rng.integers(2))
            said = fact.label if truth else OPPOSITE[fact.label]
            text, template = self.phrase(
                ctx, f"boolean_{said}", rng, a=names.the(a), b=names.the(b), relation=WORDS[said]
            )
            both = relation_guesses((NAMES[said], NAMES[OPPOSITE[said]]), seen_a, seen_b)
            guesses = {name: found == [0] for name, found in both.items()}
            return Draft(
                text, Boolean(truth), template, names.pictures, names.names, guesses=guesses
            )
        text, template = self.phrase(ctx, "choice", rng, a=names.the(a), b=names.the(b))
        # A second pair of opposites: single words from two axes would give themselves away.
        pairs = [p for p in OPPOSITE_PAIRS if fact.label not in p]
        words = (fact.label, OPPOSITE[fact.label], *pairs[int(rng.integers(len(pairs)))])
        options = tuple(NAMES[w] for w in words)
        found = relation_guesses(options, seen_a, seen_b)
        return Draft(text, Choice(options, 0), template, names.pictures, names.names, guesses=found)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The gap between the extents along each camera axis."""
        a, b = fact.ask.objects
        x, y, z = fact.detail["gap_m"]
        return [
            f"In the camera's axes the {names[a]} and the {names[b]} are apart by {x:.2f} m "
            f"sideways, {y:.2f} m vertically and {z:.2f} m in depth (negative where they overlap).",
            f"The largest separation puts the {names[a]} {WORDS[fact.label or '']} the {names[b]}.",
        ]


def _extent(
    ctx: SceneContext, object_id: str, T_camera_world: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the (3,) lower and upper bound of an object in camera coordinates, in metres."""
    o = ctx.object(object_id)
    points = o.box.corners if o.mesh is None else o.mesh.vertices_world
    inside = transform_points(T_camera_world, points)
    return inside.min(axis=0), inside.max(axis=0)


TASK = EgocentricDirection
