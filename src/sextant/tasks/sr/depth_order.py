"""sr.depth_order: the order of three or four objects by their distance from the camera."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import numpy as np

from sextant.questions.answers import Choice, Text, read_as
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.heuristics import PIXELS, VERTICAL, Cue, object_cue, order_guesses
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Task
from sextant.tasks.mm._subjects import subjects
from sextant.tasks.sr._calling import call, draw_letters
from sextant.tasks.sr._depth_order_phrasings import ORDER, SPAR
from sextant.tasks.sr._gaps import GapMargins

VARIANTS = ("near_to_far", "far_to_near")
ASKED_AS_LIST = " Answer with the names separated by commas."


class DepthOrder(Task):
    """Three or four objects of one picture, from near to far or from far to near."""

    id = "sr.depth_order"
    needs = frozenset({"objects", "frames", "metric"})
    forms = ("choice", "choice", "text")
    margins_model = GapMargins
    margins: GapMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = dict.fromkeys(VARIANTS, ORDER)
    styles: ClassVar[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
        "spar": dict.fromkeys(VARIANTS, SPAR)
    }

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Groups of three or four objects of one picture, both directions by turns."""
        turn = int(rng.integers(2))
        for shot in shots(ctx, rng, video=False):
            pool = subjects(ctx, ctx.view(shot.frames))
            if len(pool) < 3:
                continue
            for _ in range(2 * shot.candidates):
                size = min(len(pool), 3 + int(rng.integers(2)))
                group = tuple(pool[k] for k in rng.permutation(len(pool))[:size].tolist())
                letters = draw_letters(shot.frames, size, rng)
                yield Ask(group, shot.frames, {"variant": VARIANTS[turn], **letters})
                turn = 1 - turn

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Camera distances of the nearest visible points, all gaps at least the margins."""
        (frame,) = ask.frames
        called = call(ctx, ask)
        if isinstance(called, Drop):
            return called
        if len(ask.objects) not in (3, 4):
            return Drop("there must be three or four objects")
        if not ctx.sees_surfaces(frame):
            return Drop("only boxes are known, not what is visible of them")
        distances_m = [ctx.visibility.view(frame, o).nearest_m for o in ask.objects]
        if not all(math.isfinite(d) for d in distances_m):
            return Drop("distance of a visible surface is unknown")
        slack = self.margins.least_slack(distances_m)
        if slack < 0:
            return Drop("two objects are about equally far")
        order = sorted(range(len(distances_m)), key=distances_m.__getitem__)
        if ask.detail["variant"] == "far_to_near":
            order.reverse()
        return Fact(
            ask,
            quantity="camera_distance_order",
            label=",".join(ask.objects[k] for k in order),
            margin=slack,
            thresholds=self.margins.as_thresholds(),
            reference_frame=f"camera:{frame}",
            geometry="box" if ctx.visibility.method[ctx.row(frame)] == "boxes" else "depth",
            detail={"distances_m": distances_m, "order": order},
            steps=2,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """Four orders to choose from, or the names in order."""
        called = call(ctx, fact.ask)
        if isinstance(called, Drop):
            return called
        near = fact.ask.detail["variant"] == "near_to_far"
        first, last = ("nearest", "farthest") if near else ("farthest", "nearest")
        text, template = self.phrase(
            ctx, str(fact.ask.detail["variant"]), rng,
            options=read_as([called.the(o) for o in fact.ask.objects]), first=first, last=last,
        )  # fmt: skip
        right = tuple(fact.detail["order"])
        if form == "text":
            answer = Text(_listed(called.names, [fact.ask.objects[k] for k in right]))
            return Draft(text + ASKED_AS_LIST, answer, template, called.pictures, called.names)
        ids = fact.ask.objects
        orders = [tuple(ids[k] for k in right), *self._wrong_orders(ctx, fact, near, rng)]
        texts = tuple(_listed(called.names, order) for order in orders)
        guesses = order_guesses(orders, _cues(ctx, fact), 1 if near else -1)
        return Draft(
            text, Choice(texts, 0), template, called.pictures, called.names, guesses=guesses
        )

    def _wrong_orders(
        self, ctx: SceneContext, fact: Fact, near: bool, rng: np.random.Generator
    ) -> list[tuple[str, ...]]:
        """Return three other orders, one of them what a look at the picture alone suggests."""
        ids, cues = fact.ask.objects, _cues(ctx, fact)
        right = tuple(ids[k] for k in fact.detail["order"])
        others = [p for p in itertools.permutations(sorted(ids)) if p != right]
        drawn = [others[k] for k in rng.permutation(len(others)).tolist()]
        name = (VERTICAL, PIXELS)[int(rng.integers(2))]
        taken = order_guesses(drawn, cues, 1 if near else -1).get(name, [])
        suggested = [drawn[k] for k in taken]
        return list(dict.fromkeys((*suggested, *drawn)))[:3]

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The distances in the order asked for."""
        distances_m = fact.detail["distances_m"]
        parts = [
            f"the {names[fact.ask.objects[k]]} at {distances_m[k]:.2f} m"
            for k in fact.detail["order"]
        ]
        return [f"The nearest visible points lie, in this order, {read_as(parts)}."]


def _listed(names: Mapping[str, str], order: Sequence[str]) -> str:
    return ", ".join(names[i] for i in order)


def _cues(ctx: SceneContext, fact: Fact) -> dict[str, Cue | None]:
    return {i: object_cue(ctx, fact.ask.frames, i) for i in fact.ask.objects}


TASK = DepthOrder
