"""pt.object_correspondence: which marked object of view 2 is the marked one of view 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.questions.answers import Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.heuristics import object_cue
from sextant.questions.marks import MARK_LETTERS, Mark
from sextant.questions.pictures import FramePicture
from sextant.questions.shots import view_pairs
from sextant.questions.task import Draft, Margins, Task
from sextant.tasks.pt._correspondence_phrasings import MMSI_OBJECT, OBJECT, SPAR_OBJECT
from sextant.tasks.pt._turns import in_turns

MAX_OTHERS = 3


class ObjectCorrespondenceMargins(Margins):
    """Thresholds of pt.object_correspondence."""

    min_turn_deg: float = Field(10.0, description="views turned less than this ...")
    min_shift_m: float = Field(0.3, description="... and moved less than this are too alike")
    max_box_iou: float = Field(0.5, description="boxes in the second view overlap less than this")


class ObjectCorrespondence(Task):
    """The same instance; namesakes come first among the wrong ones."""

    id = "pt.object_correspondence"
    needs = frozenset({"instances", "frames", "many_frames"})
    forms = ("choice",)
    margins_model = ObjectCorrespondenceMargins
    margins: ObjectCorrespondenceMargins
    templates: ClassVar = {"object": OBJECT}
    styles: ClassVar = {"mmsi": {"object": MMSI_OBJECT}, "spar": {"object": SPAR_OBJECT}}

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """An object both views show, and others of the second view, namesakes first."""
        return in_turns(self, ctx, self._drawn(ctx, rng), rng, window=30)

    def _drawn(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        for first, second in view_pairs(ctx, rng, ids=ctx.looked_at):
            here, there = tuple(ctx.sighted(first)), tuple(ctx.sighted(second))
            both = [i for i in here if i in there]
            if not both or len(there) < 3:
                continue
            # An object with namesakes in the second view makes the better question.
            kin = [
                i for i in both if sum(ctx.categories[j] == ctx.categories[i] for j in there) > 1
            ]
            pool = kin if kin and rng.random() < 0.8 else both
            chosen = pool[int(rng.integers(len(pool)))]
            others = [i for i in there if i != chosen]
            drawn = [others[int(k)] for k in rng.permutation(len(others))]
            drawn.sort(key=lambda i: ctx.categories[i] != ctx.categories[chosen])
            yield Ask((chosen, *drawn[:MAX_OTHERS]), (first, second))

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Everything marked is well visible, and the boxes can be told apart."""
        first, second = ask.frames
        chosen, *others = ask.objects
        there = ctx.sighted(second)
        if chosen not in ctx.sighted(first) or not {chosen, *others} <= set(there):
            return Drop("object is not well visible")
        if len(others) < 2:
            return Drop("too few objects to choose from")
        row, column = ctx.row(first), ctx.row(second)
        turn = float(np.degrees(ctx.pairs.angle_rad[row, column]))
        shift_m = float(ctx.pairs.baseline_m[row, column])
        if turn < self.margins.min_turn_deg and shift_m < self.margins.min_shift_m:
            return Drop("views are too alike")
        boxes = [there[i].box for i in ask.objects]
        worst = max(_iou(a, b) for k, a in enumerate(boxes) for b in boxes[:k])
        if worst > self.margins.max_box_iou:
            return Drop("boxes overlap too much")
        kin = sum(ctx.categories[i] == ctx.categories[chosen] for i in others)
        return Fact(
            ask,
            quantity="same_instance",
            margin=max(turn / self.margins.min_turn_deg, shift_m / self.margins.min_shift_m) - 1.0,
            thresholds=self.margins.model_dump(),
            geometry=_geometry(ctx, second, chosen),
            detail={"namesakes": kin, "turn_deg": turn, "shift_m": shift_m},
            steps=2 if kin else 1,
            balance=f"{len(ask.objects)}:{sorted(ask.objects).index(chosen)}",
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """P in the first picture; letters from Q on in the second, by object id."""
        first, second = fact.ask.frames
        chosen = fact.ask.objects[0]
        marked = sorted(fact.ask.objects)
        letters = dict(zip(marked, MARK_LETTERS[1:], strict=False))
        marks = tuple(Mark(letters[i], box=_box(ctx, second, i)) for i in marked)
        pictures = (
            FramePicture(first, (Mark("P", box=_box(ctx, first, chosen)),)),
            FramePicture(second, marks),
        )
        options = tuple(f"object {letters[i]}" for i in marked)
        names = {i: f"{ctx.categories[i]} marked {letters[i]}" for i in marked}
        text, template = self.phrase(ctx, "object", rng)
        cues = tuple(object_cue(ctx, (second,), i) for i in marked)
        choice = Choice(options, marked.index(chosen))
        return Draft(text, choice, template, pictures, names, cues=cues)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """What it is, and where it stands to the second camera."""
        chosen = fact.ask.objects[0]
        nearest_m = ctx.sighted(fact.ask.frames[1])[chosen].nearest_m
        away = (
            "" if nearest_m is None else f"is {nearest_m:.2f} m from the second camera, where it "
        )
        return [
            f"Between the views the camera turned {fact.detail['turn_deg']:.0f} degrees and moved "
            f"{fact.detail['shift_m']:.2f} m.",
            f"The object in box P, {ctx.categories[chosen]}, {away or 'in the second view '}"
            f"is the {names[chosen]}.",
        ]


def _box(ctx: SceneContext, frame_id: str, object_id: str) -> tuple[float, float, float, float]:
    u0, v0, u1, v1 = ctx.sighted(frame_id)[object_id].box
    return u0, v0, u1, v1


def _geometry(ctx: SceneContext, frame_id: str, object_id: str) -> str:
    """Return what says that it is the same: masks, boxes in the world, or labels in pictures."""
    if object_id not in ctx.scene.object_by_id:
        return "labels"
    return "masks" if ctx.frame(frame_id).read_instances is not None else "box"


def _iou(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the intersection over union of two boxes (u_min, v_min, u_max, v_max)."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(0.0, width) * max(0.0, height)
    total = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return float(shared / total) if total > 0 else 0.0


TASK = ObjectCorrespondence
