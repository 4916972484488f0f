"""cr.fit: would a thing fit between two others, or on top of another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from pydantic import Field

from sextant.questions.answers import Boolean
from sextant.questions.context import ClipView, SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.heuristics import PIXELS, Guess, object_cue
from sextant.questions.references import refer
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task, sampled_pairs
from sextant.tasks.cr._fit_phrasings import TEMPLATES
from sextant.tasks.cr._fitting import (
    LEVEL_M,
    bounds_gaps,
    can_be_moved,
    gap_between,
    hangs_over,
    has_level_top,
    horizontal_sides,
    is_on_floor,
    what_is_in,
)

PAIRS = 150
MAX_PUT_M = 1.2
"""Nobody lifts anything taller onto a table."""


class FitMargins(Margins):
    """Thresholds of cr.fit."""

    min_slack_m: float = Field(0.05, description="room to spare, or lacking, in meters")
    min_slack_share: float = Field(0.10, description="and as a share of the side that must fit")
    max_ratio: float = Field(2.5, description="room over side, or the reverse: beyond it is plain")
    min_in_frame: float = Field(0.5, description="share of each object inside some shown frame")


class Fit(Task):
    """Yes or no by the sides of upright boxes; a gap is also checked on the surfaces."""

    id = "cr.fit"
    needs = frozenset({"objects", "metric"})
    forms = ("boolean",)
    balanced = True
    margins_model = FitMargins
    margins: FitMargins
    templates = TEMPLATES

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Pairs with a gap and tops, each with a thing of about the size that could just fit."""
        for shot in shots(ctx, rng):
            pool = self._pool(ctx, ctx.view(shot.frames))
            things = [i for i in pool if can_be_moved(ctx.object(i))]
            bounds = tuple(i for i in pool if bounds_gaps(ctx, ctx.object(i)))
            asks: list[Ask] = []
            for b, c in sampled_pairs(bounds, rng, PAIRS):
                gap = gap_between(ctx.object(min(b, c)).box, ctx.object(max(b, c)).box)
                if gap is not None:
                    room = (gap.width_m, gap.width_m)
                    a = self._thing(ctx, [i for i in things if i not in (b, c)], room, rng, 1)
                    if a is not None:
                        asks.append(Ask((a, b, c), shot.frames, {"variant": "gap"}))
            asks = asks[: 4 * shot.candidates]
            tops = [i for i in pool if has_level_top(ctx, ctx.object(i))]
            for k in rng.permutation(len(tops))[: shot.candidates]:
                b = tops[int(k)]
                room = horizontal_sides(ctx.object(b).box)
                a = self._thing(ctx, [i for i in things if i != b], room, rng, 0)
                if a is not None:
                    asks.append(Ask((a, b), shot.frames, {"variant": "top"}))
            yield from (asks[int(k)] for k in rng.permutation(len(asks)))

    def _pool(self, ctx: SceneContext, view: ClipView) -> tuple[str, ...]:
        """Objects that can be pointed out, and that some frame shows mostly."""
        pool = view.shown if len(view.frames) == 1 else tuple(view.names)
        return tuple(i for i in pool if self._is_whole(ctx, view, i))

    def _is_whole(self, ctx: SceneContext, view: ClipView, object_id: str) -> bool:
        if not view.frames:
            return True
        column = ctx.column(object_id)
        inside = ctx.visibility.in_frame_ratio[view.rows, column]
        shown = ctx.shown_table[view.rows, column]
        return bool(np.any(shown & (inside >= self.margins.min_in_frame)))

    def _thing(
        self,
        ctx: SceneContext,
        things: list[str],
        room: tuple[float, float],
        rng: np.random.Generator,
        first: int,
    ) -> str | None:
        """Return a thing for the room (sides in order), as likely too large as small enough."""
        by_answer: dict[bool, list[str]] = {True: [], False: []}
        for i in things:
            sides = horizontal_sides(ctx.object(i).box)[first:]
            ratio = max(s / r for s, r in zip(sides, room[first:], strict=True))
            if 1.0 / self.margins.max_ratio <= ratio <= self.margins.max_ratio:
                by_answer[ratio < 1.0].append(i)
        wanted = bool(rng.integers(2))
        found = by_answer[wanted] or by_answer[not wanted]
        return found[int(rng.integers(len(found)))] if found else None

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Room against sides, each with its slack; what is between or above must be nothing."""
        view = ctx.view(ask.frames)
        if any(i not in view.shown for i in ask.objects):
            return Drop("object is not shown")
        if not all(self._is_whole(ctx, view, i) for i in ask.objects):
            return Drop("too little of an object is inside the frames")
        if len(view.frames) != 1 and any(i not in view.names for i in ask.objects):
            return Drop("name is ambiguous in the frames shown")
        if len(set(ask.objects)) < len(ask.objects) or not can_be_moved(ctx.object(ask.objects[0])):
            return Drop("object cannot be put elsewhere")
        return self._gap(ctx, ask) if ask.detail["variant"] == "gap" else self._top(ctx, ask)

    def _gap(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        a, b, c = (ctx.object(i) for i in ask.objects)
        if not (bounds_gaps(ctx, b) and bounds_gaps(ctx, c)):
            return Drop("what should bound the gap does not stand on the floor")
        first, second = sorted((b, c), key=lambda o: o.id)
        gap = gap_between(first.box, second.box)
        if gap is None:
            return Drop("the two do not face each other across a gap")
        long_m, short_m = horizontal_sides(a.box)
        strip = gap.strip(long_m)
        if not is_on_floor(ctx, strip):
            return Drop("gap reaches beyond the floor")
        if set(what_is_in(ctx, strip, 2.0 * float(a.box.half_extent_world[2]))) - {b.id, c.id}:
            return Drop("something is in the gap")
        # Boxes are no narrower than the things, so that the surfaces may leave more room.
        widest_m = max(gap.width_m, ctx.distance_m(b.id, c.id))
        detail = {"gap_m": gap.width_m, "surface_gap_m": widest_m, "sides_m": [short_m]}
        return self._fact(ctx, ask, [short_m], [gap.width_m], [widest_m], detail)

    def _top(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        a, b = (ctx.object(i) for i in ask.objects)
        height_m = 2.0 * float(a.box.half_extent_world[2])
        if not has_level_top(ctx, b):
            return Drop("top is not level")
        if height_m > MAX_PUT_M:
            return Drop("object is too tall to be put on anything")
        if float(a.box.minimum[2]) > float(b.box.maximum[2]) - LEVEL_M:
            apart = np.abs(b.box.to_box(a.box.center))
            if np.all(
                apart[[k for k in range(3) if k != b.box.vertical_axis]] < b.box.size_m.max()
            ):
                return Drop("object already stands on or hangs over the other")
        if hangs_over(ctx, b, height_m):
            return Drop("something hangs over the top")
        sides, top = list(horizontal_sides(a.box)), list(horizontal_sides(b.box))
        return self._fact(ctx, ask, sides, top, top, {"sides_m": sides, "top_m": top})

    def _fact(
        self,
        ctx: SceneContext,
        ask: Ask,
        sides: list[float],
        room: list[float],
        widest: list[float],
        detail: dict[str, object],
    ) -> Fact | Drop:
        """Compare sides with the room there is: all must fit with slack, or one clearly not."""
        m = self.margins
        ratio = max(s / r for s, r in zip(sides, room, strict=True))
        if not 1.0 / m.max_ratio <= ratio <= m.max_ratio:
            return Drop("answer is plain without looking")
        needed = [max(m.min_slack_m, m.min_slack_share * s) for s in sides]
        spare = min((r - s) / n for s, r, n in zip(sides, room, needed, strict=True))
        excess = max((s - w) / n for s, w, n in zip(sides, widest, needed, strict=True))
        if max(spare, excess) < 1.0:
            return Drop("it would only just fit, or only just not")
        label = "yes" if spare >= 1.0 else "no"
        variant = ask.detail["variant"]
        return Fact(
            ask,
            quantity="fits",
            label=label,
            margin=max(spare, excess) - 1.0,
            thresholds=m.model_dump(),
            geometry="box",
            detail=detail,
            steps=2 if variant == "top" else 3,
            balance=f"{variant}:{label}",
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """Yes or no."""
        called = refer(ctx, ctx.view(fact.ask.frames), fact.ask.objects)
        if isinstance(called, Drop):
            return called
        variant = fact.ask.detail["variant"]
        words = dict(zip("abc", (called.the(i) for i in fact.ask.objects), strict=False))
        text, template = self.phrase(ctx, variant, rng, **words)
        guesses: dict[str, Guess] = {}
        if variant == "top":
            a, b = (object_cue(ctx, fact.ask.frames, i) for i in fact.ask.objects)
            if a is not None and b is not None:
                guesses[PIXELS] = a.pixels < b.pixels
        return Draft(
            text, Boolean(fact.label == "yes"), template, called.pictures, called.names,
            guesses=guesses,
        )  # fmt: skip

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """Sides and room, and what is left over."""
        a, b, *c = (f"the {names[i]}" for i in fact.ask.objects)
        sides: list[float] = fact.detail["sides_m"]
        if c:
            return [
                f"Between {b} and {c[0]} there are {fact.detail['gap_m']:.2f} m.",
                f"The shorter horizontal side of {a} measures {sides[0]:.2f} m.",
            ]
        top: list[float] = fact.detail["top_m"]
        return [
            f"The top of {b} measures {top[0]:.2f} m by {top[1]:.2f} m.",
            f"Seen from above, {a} measures {sides[0]:.2f} m by {sides[1]:.2f} m.",
        ]


TASK = Fit
