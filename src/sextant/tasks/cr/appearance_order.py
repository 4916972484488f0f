"""cr.appearance_order: the order in which four things first appear in a video."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import numpy as np
from pydantic import Field

from sextant.questions.answers import Choice, read_as
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.heuristics import object_cue, order_guesses
from sextant.questions.shots import shots
from sextant.questions.task import Draft, Margins, Task, sampled_groups, sentence

TEMPLATES = {
    "order": (
        "What is the first-time appearance order of these objects in the frames: {items}?",
        "In which order do the following come into view for the first time: {items}?",
        "Go through the frames from first to last. In what order do you first see {items}?",
        "Which sequence gives the order in which {items} first appear?",
        "Sort {items} by the moment each is first seen, from the first to the last.",
        "As the camera moves along, in which order do {items} show up for the first time?",
        "Of {items}, which appears first, second, third and last in the frames?",
        "Going through the frames in order, when do {items} first become visible? Pick the right "
        "sequence.",
        "Which of these lists has {items} in the order of their first appearance?",
        "Someone walks through the room with a camera. In which order do they come to see {items}?",
        "Note for {items} when each is first in the picture. Which order results?",
        "{items}: which of the lists below says in what order the camera first catches sight of "
        "them?",
        "If you ticked off {items} as soon as you saw each, in which order would you tick them?",
        "All of these are shown at some time: {plain}. Arrange them by when they first appear.",
    )
}
STYLES = {
    "vsibench": {
        "order": (
            "What will be the first-time appearance order of the following categories in the "
            "video: {plain}?",
        )
    }
}


class AppearanceOrderMargins(Margins):
    """Thresholds of cr.appearance_order."""

    min_gap_s: float = Field(1.0, description="first appearances at least this far apart, or ...")
    min_gap_frames: int = Field(2, description="... this many sampled frames")


class AppearanceOrder(Task):
    """First appearance = first sampled frame in which the object is well visible."""

    id = "cr.appearance_order"
    needs = frozenset({"objects", "frames", "video"})
    forms = ("choice",)
    margins_model = AppearanceOrderMargins
    templates = TEMPLATES
    styles = STYLES
    margins: AppearanceOrderMargins

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Groups of four named objects, drawn so that they first appear in different frames."""
        for shot in shots(ctx, rng, single=False):
            first = {i: _first(ctx, i, shot.frames) for i in ctx.view(shot.frames).names}
            by_frame: dict[int, list[str]] = {}
            for object_id, index in sorted(first.items()):
                by_frame.setdefault(index, []).append(object_id)
            moments = tuple(str(k) for k in sorted(by_frame))
            for group in sampled_groups(moments, 4, rng, limit=4 * shot.candidates):
                picks = [by_frame[int(k)] for k in group]
                yield Ask(tuple(p[int(rng.integers(len(p)))] for p in picks), shot.frames)

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Order by the first frame in which each is shown, if a glimpse gives the same order."""
        names = ctx.view(ask.frames).names
        if any(i not in names for i in ask.objects):
            return Drop("object is not shown or its name is ambiguous")
        first = [_first(ctx, i, ask.frames) for i in ask.objects]
        glimpse = [_glimpse(ctx, i, ask.frames) for i in ask.objects]
        order = sorted(range(len(first)), key=lambda k: first[k])
        times = [ctx.frame(f).timestamp_s for f in ask.frames]
        slack = float("inf")
        for a, b in itertools.pairwise(order):
            frames_apart = first[b] - first[a]
            start, end = times[first[a]], times[first[b]]
            seconds = 0.0 if start is None or end is None else end - start
            near = frames_apart < self.margins.min_gap_frames and seconds < self.margins.min_gap_s
            if near or frames_apart < 1:
                return Drop("two objects first appear too close to each other")
            # Before it is well visible an object may be glimpsed at the border or behind another;
            # a person who counts that glimpse must come to the same order.
            if glimpse[b] <= first[a]:
                return Drop("an object is glimpsed before the one that should precede it")
            slack = min(slack, frames_apart / self.margins.min_gap_frames - 1.0)
        return Fact(
            ask,
            quantity="first_appearance_frame",
            label=" > ".join(ask.objects[k] for k in order),
            margin=max(0.0, slack),
            thresholds={
                "min_gap_s": self.margins.min_gap_s,
                "min_gap_frames": self.margins.min_gap_frames,
            },
            reference_frame="video",
            geometry="pose",
            detail={"first_frame": first, "first_glimpse": glimpse, "order": order},
            steps=2,
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The right order among three other permutations that differ from it in several places."""
        view = ctx.view(fact.ask.frames)
        names = {i: view.names[i] for i in fact.ask.objects}
        order: list[int] = fact.detail["order"]
        orders = _orders(order, rng)
        ids = [tuple(fact.ask.objects[k] for k in o) for o in orders]
        options = tuple(", ".join(names[i] for i in o) for o in ids)
        text, template = self.phrase(
            ctx, "order", rng,
            items=read_as([f"the {n}" for n in names.values()]), plain=", ".join(names.values()),
        )  # fmt: skip
        cues = {i: object_cue(ctx, fact.ask.frames, i) for i in fact.ask.objects}
        return Draft(
            sentence(text), Choice(options, 0), template, names=names,
            guesses=order_guesses(ids, cues),
        )  # fmt: skip

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The frame in which each is first seen."""
        first: list[int] = fact.detail["first_frame"]
        return [
            f"The {names[fact.ask.objects[k]]} is first seen well in frame {first[k] + 1}."
            for k in fact.detail["order"]
        ]


def _orders(truth: list[int], rng: np.random.Generator) -> list[list[int]]:
    """Return the right order first, and three others that are drawn evenly from all."""
    orders = [truth]
    while len(orders) < 4:
        other = [truth[int(i)] for i in rng.permutation(len(truth))]
        if other not in orders:
            orders.append(other)
    return orders


def _first(ctx: SceneContext, object_id: str, frames: tuple[str, ...]) -> int:
    """Return the index of the first frame in which an object is well visible."""
    return int(np.argmax(ctx.shown_table[ctx.view(frames).rows, ctx.column(object_id)]))


def _glimpse(ctx: SceneContext, object_id: str, frames: tuple[str, ...]) -> int:
    """Return the index of the first frame in which an object can be seen at all."""
    pixels = ctx.visibility.pixel_count[ctx.view(frames).rows, ctx.column(object_id)]
    return int(np.argmax(pixels >= ctx.recipe.visibility.present_pixels))


TASK = AppearanceOrder
