"""sr.depth_order: the order of three or four objects by their distance from the camera."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping

import numpy as np

from sextant.questions.answers import Choice, Text, read_as
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.references import refer
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Task, pick_template
from sextant.tasks.mm._subjects import point_out, subjects
from sextant.tasks.sr._gaps import GapMargins

TEMPLATES = (
    "Order {options} by their distance from the camera, from {first} to {last}, going by the "
    "nearest visible point of each.",
    "Sort these objects by their distance from the camera, {first} first, taking the nearest point "
    "of each that can be seen: {options}.",
    "What is the order of {options} from {first} to {last}, as measured from the camera to the "
    "nearest visible point of each?",
    "Going from {first} to {last}, in which order do {options} lie from the camera (nearest "
    "visible points)?",
    "Rank {options} by how far their nearest visible points are from the camera, starting with the "
    "{first}.",
    "From the photographer's position, list {options} from the {first} to the {last}, each judged "
    "by its nearest visible point.",
    "Which order, from {first} to {last}, do {options} have in distance from the camera if each is "
    "measured to its nearest visible point?",
    "Measure from the camera to the nearest visible point of {options}. In which order do they "
    "come, {first} first?",
)
ASKED_AS_LIST = " Answer with the names separated by commas."


class DepthOrder(Task):
    """Three or four objects of one picture, from near to far or from far to near."""

    id = "sr.depth_order"
    needs = frozenset({"objects", "frames", "metric"})
    forms = ("choice", "choice", "text")
    margins_model = GapMargins
    margins: GapMargins

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Groups of three or four objects of one picture, both directions by turns."""
        variants, turn = ("near_to_far", "far_to_near"), int(rng.integers(2))
        for shot in shots(ctx, rng, video=False):
            pool = subjects(ctx, ctx.view(shot.frames))
            if len(pool) < 3:
                continue
            for _ in range(2 * shot.candidates):
                size = min(len(pool), 3 + int(rng.integers(2)))
                group = tuple(pool[k] for k in rng.permutation(len(pool))[:size].tolist())
                yield Ask(group, shot.frames, {"variant": variants[turn]})
                turn = 1 - turn

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Camera distances of the nearest visible points, all gaps at least the margins."""
        (frame,) = ask.frames
        called = point_out(ctx, ask)
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
        called = refer(ctx, ctx.view(fact.ask.frames), fact.ask.objects)
        if isinstance(called, Drop):
            return called
        near = fact.ask.detail["variant"] == "near_to_far"
        first, last = ("nearest", "farthest") if near else ("farthest", "nearest")
        text, template = pick_template(TEMPLATES, str(fact.ask.detail["variant"]), rng)
        text = text.format(
            options=read_as([called.the(o) for o in fact.ask.objects]), first=first, last=last
        )
        right = tuple(fact.detail["order"])
        if form == "text":
            answer = Text(_listed(called.names, fact.ask.objects, right))
            return Draft(text + ASKED_AS_LIST, answer, template, called.pictures, called.names)
        others = [p for p in itertools.permutations(sorted(right)) if p != right]
        drawn = [others[k] for k in rng.permutation(len(others))[:3].tolist()]
        texts = tuple(_listed(called.names, fact.ask.objects, p) for p in (right, *drawn))
        return Draft(text, Choice(texts, 0), template, called.pictures, called.names)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The distances in the order asked for."""
        distances_m = fact.detail["distances_m"]
        parts = [
            f"the {names[fact.ask.objects[k]]} at {distances_m[k]:.2f} m"
            for k in fact.detail["order"]
        ]
        return [f"The nearest visible points lie, in this order, {read_as(parts)}."]


def _listed(names: Mapping[str, str], ids: tuple[str, ...], order: tuple[int, ...]) -> str:
    return ", ".join(names[ids[k]] for k in order)


TASK = DepthOrder
