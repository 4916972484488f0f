"""sr.image_position: where something is in the picture, without any depth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.questions.answers import Choice, read_as
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact, Json
from sextant.questions.heuristics import HORIZONTAL, VERTICAL, Cue
from sextant.questions.marks import MARK_LETTERS, Mark
from sextant.questions.pictures import FramePicture
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task
from sextant.tasks.mm._subjects import subjects
from sextant.tasks.sr._calling import call, draw_letters
from sextant.tasks.sr._image_position_phrasings import EXTREME, REGION, WORDS

Box = tuple[float, float, float, float]
"""(u_min, v_min, u_max, v_max) in pixels."""

# Edge of the box that is compared, the opposite edge of the others, and the sign.
SIDES = {"leftmost": (0, 1), "rightmost": (0, -1), "topmost": (1, 1), "bottommost": (1, -1)}
QUADRANTS = ("top left", "top right", "bottom left", "bottom right")
MAX_OPTIONS = 4


class ImagePositionMargins(Margins):
    """Thresholds of sr.image_position."""

    min_gap_share: float = Field(0.05, description="between image boxes, as a share of the width")


class ImagePosition(Task):
    """The outermost of several things in the picture, or the outlined region that holds one."""

    id = "sr.image_position"
    needs = frozenset({"objects", "frames"})
    forms = ("choice",)
    balanced = True
    margins_model = ImagePositionMargins
    margins: ImagePositionMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **dict.fromkeys(SIDES, EXTREME),
        "box": REGION,
        "quadrant": REGION,
    }
    by_definition = frozenset({HORIZONTAL, VERTICAL})

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Groups of objects and an edge; a named object among boxes, or in a quarter."""
        sides = tuple(SIDES)
        for shot in shots(ctx, rng, video=False):
            view = ctx.view(shot.frames)
            pool = subjects(ctx, view)
            for _ in range(shot.candidates if len(pool) >= 3 else 0):
                size = min(len(pool), 3 + int(rng.integers(2)))
                group = tuple(pool[k] for k in rng.permutation(len(pool))[:size].tolist())
                detail = {"variant": sides[int(rng.integers(4))]}
                yield Ask(group, shot.frames, {**detail, **draw_letters(shot.frames, size, rng)})
            named = sorted(view.names)
            if not named:
                continue
            order = [MARK_LETTERS[k] for k in rng.permutation(MAX_OPTIONS).tolist()]
            target = named[int(rng.integers(len(named)))]
            yield Ask((target,), shot.frames, {"variant": "quadrant", "regions": "".join(order)})
            rest = [i for i in pool if i != target and self._apart(ctx, shot.frames[0], target, i)]
            picked = [rest[k] for k in rng.permutation(len(rest))[: MAX_OPTIONS - 1].tolist()]
            order = [MARK_LETTERS[k] for k in rng.permutation(len(picked) + 1).tolist()]
            detail = {"variant": "box", "regions": "".join(order)}
            yield Ask((target, *picked), shot.frames, detail)

    def _apart(self, ctx: SceneContext, frame: str, a: str, b: str) -> bool:
        return _gap_px(_box(ctx, frame, a), _box(ctx, frame, b)) >= self._least_px(ctx, frame)

    def _least_px(self, ctx: SceneContext, frame: str) -> float:
        return self.margins.min_gap_share * ctx.frame(frame).camera.width

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The boxes of the visible pixels, apart by the margin."""
        (frame,) = ask.frames
        variant, least_px = str(ask.detail["variant"]), self._least_px(ctx, frame)
        called = call(ctx, ask)
        if isinstance(called, Drop):
            return called
        boxes = [_box(ctx, frame, i) for i in ask.objects]
        detail: dict[str, Json] = {"boxes_px": [list(b) for b in boxes]}
        if variant in SIDES:
            if not 3 <= len(boxes) <= MAX_OPTIONS:
                return Drop("there must be three or four objects")
            k, gap_px = _outermost(boxes, *SIDES[variant])
            label, balance = ask.objects[k], f"extreme:{variant}"
        else:
            if ask.objects[0] not in ctx.view(ask.frames).names:
                return Drop("name is ambiguous in the frames shown")
            if variant == "box":
                if not 3 <= len(boxes) <= MAX_OPTIONS:
                    return Drop("there must be three or four regions")
                regions, k = boxes, 0
            else:
                regions = _quarters(ctx, frame)
                inside = [k for k, r in enumerate(regions) if _holds(r, boxes[0])]
                if not inside:
                    return Drop("object is not inside one region")
                k = inside[0]
            gap_px = min(_gap_px(boxes[0], r) for j, r in enumerate(regions) if j != k)
            label = str(ask.detail["regions"])[k]
            balance = f"region:{QUADRANTS[_quarter_of(ctx, frame, boxes[0])]}"
            detail["regions_px"] = [list(r) for r in regions]
        if gap_px < least_px:
            return Drop("image boxes are not apart enough")
        return Fact(
            ask,
            quantity=f"image_{variant}",
            label=label,
            margin=gap_px / least_px - 1.0 if least_px > 0 else 1.0,
            thresholds=self.margins.model_dump(),
            reference_frame=f"image:{frame}",
            geometry="masks",
            detail={**detail, "gap_px": gap_px, "right": k},
            balance=balance,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The options are the objects, or the letters of the regions."""
        variant = str(fact.ask.detail["variant"])
        if variant not in SIDES:
            return self._compose_region(ctx, fact, variant, rng)
        called = call(ctx, fact.ask)
        if isinstance(called, Drop):
            return called
        said = [called.the(o) for o in fact.ask.objects]
        text, template = self.phrase(
            ctx, variant, rng, options=read_as(said, "or"), all=read_as(said), **WORDS[variant]
        )
        choice = Choice(tuple(called.names[o] for o in fact.ask.objects), fact.detail["right"])
        # "Near" is low and left: the other two edges are asked about from the far end.
        lean = 1 if variant in ("leftmost", "bottommost") else -1
        return Draft(text, choice, template, called.pictures, called.names, lean=lean)

    def _compose_region(
        self, ctx: SceneContext, fact: Fact, variant: str, rng: np.random.Generator
    ) -> Draft:
        (frame,) = fact.ask.frames
        target, letters = fact.ask.objects[0], str(fact.ask.detail["regions"])
        by_letter = dict(zip(letters, fact.detail["regions_px"], strict=True))
        ordered = sorted(by_letter)
        options = tuple(f"region {k}" for k in ordered)
        name = ctx.view(fact.ask.frames).names[target]
        text, template = self.phrase(
            ctx, variant, rng, a=f"the {name}", regions=read_as(options, "or"), all=read_as(options)
        )
        marks, cues, camera = [], [], ctx.frame(frame).camera
        for k in ordered:
            u0, v0, u1, v1 = (float(c) for c in by_letter[k])
            marks.append(Mark(k, box=(u0, v0, u1, v1)))
            cues.append(Cue((u0 + u1) / 2 / camera.width, (v0 + v1) / 2 / camera.height))
        choice = Choice(options, ordered.index(fact.label or ""))
        picture = FramePicture(frame, tuple(marks))
        return Draft(text, choice, template, (picture,), {target: name}, cues=tuple(cues))

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The extents in the picture that decide."""
        variant, boxes = str(fact.ask.detail["variant"]), fact.detail["boxes_px"]
        if variant in SIDES:
            axis, _ = SIDES[variant]
            direction = ("left", "top")[axis]
            parts = [
                f"the {names[i]} from {b[axis]:.0f} to {b[axis + 2]:.0f}"
                for i, b in zip(fact.ask.objects, boxes, strict=True)
            ]
            return [
                f"In pixels from the {direction} edge of the picture, {read_as(parts)}.",
                f"The {WORDS[variant]['most']} one is {fact.detail['gap_px']:.0f} pixels apart "
                "from the next.",
            ]
        u0, v0, u1, v1 = boxes[0]
        r0, s0, r1, s1 = fact.detail["regions_px"][fact.detail["right"]]
        return [
            f"The {names[fact.ask.objects[0]]} covers columns {u0:.0f} to {u1:.0f} and rows "
            f"{v0:.0f} to {v1:.0f} of the picture.",
            f"Region {fact.label} covers columns {r0:.0f} to {r1:.0f} and rows {s0:.0f} to "
            f"{s1:.0f}.",
        ]


def _box(ctx: SceneContext, frame: str, object_id: str) -> Box:
    u0, v0, u1, v1 = (float(c) for c in ctx.visibility.view(frame, object_id).box2d)
    return u0, v0, u1, v1


def _outermost(boxes: list[Box], axis: int, sign: int) -> tuple[int, float]:
    """Return which box lies farthest to a side, and its gap to the nearest other one."""
    # (inner, outer) edges, counted from the side asked about.
    spans = [(b[axis], b[axis + 2]) if sign > 0 else (-b[axis + 2], -b[axis]) for b in boxes]
    k = min(range(len(spans)), key=lambda j: spans[j][0])
    return k, min(s[0] for j, s in enumerate(spans) if j != k) - spans[k][1]


def _gap_px(a: Box, b: Box) -> float:
    """Return the larger of the gaps along both axes; negative where the boxes overlap."""
    return max(a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3])


def _holds(region: Box, box: Box) -> bool:
    return all(region[k] <= box[k] and box[k + 2] <= region[k + 2] for k in (0, 1))


def _quarters(ctx: SceneContext, frame: str) -> list[Box]:
    """Return the quarters of the picture, with gaps for lines and letters between them."""
    w, h = ctx.frame(frame).camera.width, ctx.frame(frame).camera.height
    rim, tag, half = 0.01 * w, 0.045 * w, 0.026 * w
    columns = ((rim, w / 2 - half), (w / 2 + half, w - rim))
    rows = ((tag, h / 2 - half), (h / 2 + half, h - rim))
    return [(u0, v0, u1, v1) for v0, v1 in rows for u0, u1 in columns]


def _quarter_of(ctx: SceneContext, frame: str, box: Box) -> int:
    camera = ctx.frame(frame).camera
    right, low = box[0] + box[2] > camera.width, box[1] + box[3] > camera.height
    return int(right) + 2 * int(low)


TASK = ImagePosition
