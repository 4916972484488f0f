"""cr.passing_side: on which side something passes while the camera walks by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from pydantic import Field

from sextant.questions.answers import Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.heuristics import object_cue, relation_guesses
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task

TEMPLATES = {
    "side": (
        "Walking from the first frame to the last, on which side does the camera pass {a}?",
        "During this walk, does {a} pass by on the left or on the right of the walker?",
        "The frames follow a person walking. On which side of the walking direction is {a} passed?",
        "When the walker goes past {a}, is it on the left-hand or the right-hand side?",
        "Following the path of the camera, on which side is {a} left behind?",
        "From the first to the last frame the camera walks past {a}. On which side is it then?",
        "As you walk along this path, which hand is nearer to {a} at the moment you pass it?",
        "Judged by the walking direction, on which side does {a} go by?",
        "Someone carries the camera through the room. On which of their sides is {a} as they draw "
        "level with it, facing the way they go?",
        "Think of the path from above, run through from first frame to last. Does {a} lie to the "
        "left or to the right of it where it comes closest?",
        "You take the same walk, looking straight ahead. To which side would you turn your head to "
        "see {a} as you come past?",
        "A robot films while it drives along. As it passes {a}, is that at its left or its right, "
        "judged by where it is heading?",
        "Somewhere along this walk {a} changes from being ahead to being behind. On which side "
        "of the walker does that happen?",
        "Taking the direction of travel as forward, which side of the camera is {a} on when the "
        "two are side by side?",
    )
}

MIN_STEP_M = 0.02
"""Shorter steps have no direction of their own; they are skipped."""


class PassingSideMargins(Margins):
    """Thresholds of cr.passing_side."""

    min_offset_m: float = Field(0.3, description="how far off the path the object must stay")


class PassingSide(Task):
    """Left or right of the direction of travel when the object goes from ahead to behind."""

    id = "cr.passing_side"
    needs = frozenset({"objects", "frames", "video"})
    forms = ("choice",)
    balanced = True
    margins_model = PassingSideMargins
    templates = TEMPLATES
    margins: PassingSideMargins

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Single named objects of a clip."""
        for shot in shots(ctx, rng, single=False):
            named = tuple(ctx.view(shot.frames).names)
            for k in rng.permutation(len(named)):
                yield Ask((named[int(k)],), shot.frames)

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The side of the path on which all of the object's footprint lies at the passing.

        The path runs through the camera centres of every frame of the scene between the first
        and the last one shown. The object is passed where its centre crosses the lateral axis of
        the direction of travel from ahead to behind; it must do so exactly once.
        """
        (object_id,) = ask.objects
        view = ctx.view(ask.frames)
        if object_id not in view.names:
            return Drop("object is not shown or its name is ambiguous")
        path = _path(ctx, ask.frames)
        if len(path) < 3:
            return Drop("the camera does not walk")
        box = ctx.object(object_id).box
        eye_m = float(ctx.frame(ask.frames[0]).center_world[2])
        if float(box.minimum[2]) > eye_m:
            return Drop("object hangs overhead")
        headings = np.diff(path, axis=0)
        headings /= np.linalg.norm(headings, axis=1, keepdims=True)
        before = np.einsum("ij,ij->i", box.center[:2] - path[:-1], headings)
        after = np.einsum("ij,ij->i", box.center[:2] - path[1:], headings)
        ahead = np.concatenate([before, after[-1:]]) > 0
        if not ahead[0] or ahead[-1] or np.count_nonzero(ahead[1:] != ahead[:-1]) != 1:
            return Drop("object does not go from ahead to behind exactly once")
        crossing = np.flatnonzero((before > 0) & (after <= 0))
        if len(crossing) != 1:
            return Drop("object is passed within a turn")
        k = int(crossing[0])
        point = path[k] + headings[k] * before[k]
        left = np.array([-headings[k][1], headings[k][0]])
        offsets = (box.corners[:, :2] - point) @ left
        side = "left" if offsets.min() > 0 else "right" if offsets.max() < 0 else None
        clearance = float(np.abs(offsets).min())
        if side is None or clearance < self.margins.min_offset_m:
            return Drop("object is too close to the path")
        return Fact(
            ask,
            quantity="passing_side",
            label=side,
            margin=clearance / self.margins.min_offset_m - 1.0,
            thresholds={"min_offset_m": self.margins.min_offset_m},
            reference_frame="direction of travel",
            geometry="pose",
            detail={"offset_m": clearance, "path_xy": np.round(path, 4).tolist()},
            steps=2,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """Left or right."""
        (object_id,) = fact.ask.objects
        names = {object_id: ctx.view(fact.ask.frames).names[object_id]}
        text, template = self.phrase(ctx, "side", rng, a=f"the {names[object_id]}")
        sides = ("left", "right")
        seen = object_cue(ctx, fact.ask.frames, object_id)
        return Draft(
            text, Choice(sides, sides.index(fact.label or "")), template, names=names,
            guesses=relation_guesses(sides, seen, None),
        )  # fmt: skip

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The clearance to the path."""
        (object_id,) = fact.ask.objects
        return [
            f"The {names[object_id]} is ahead at the start of the walk and behind at its end.",
            f"Where it goes by, all of it lies at least {fact.detail['offset_m']:.2f} m to the "
            f"{fact.label} of the path.",
        ]


def _path(ctx: SceneContext, frames: tuple[str, ...]) -> np.ndarray:
    """Return the (n, 2) floor-plane path between the first and last frame, short steps merged."""
    rows = [ctx.row(f) for f in frames]
    points: list[np.ndarray] = []
    for frame in ctx.scene.frames[min(rows) : max(rows) + 1]:
        if frame.timestamp_s is None:
            continue
        xy = frame.center_world[:2]
        if not points or np.linalg.norm(xy - points[-1]) >= MIN_STEP_M:
            points.append(xy)
    return np.array(points).reshape(-1, 2)


TASK = PassingSide
