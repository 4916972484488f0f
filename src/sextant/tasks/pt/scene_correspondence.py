"""pt.scene_correspondence: which of several pictures shows the same place as the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.questions.answers import Choice
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.shots import view_pairs
from sextant.questions.task import Draft, Margins, Task
from sextant.tasks.pt._turns import in_turns

TEMPLATES = (
    "Which of the numbered pictures shows part of the same place as the first picture?",
    "One numbered picture shares some of its view with the first picture; the others show nothing "
    "of it. Which one?",
    "The first picture shows one corner of a room. In which numbered picture can you see part of "
    "that corner again?",
    "Find the numbered picture whose view overlaps with that of the first picture.",
    "Two cameras looked at the same spot: that of the first picture and that of one numbered "
    "picture. Which number is it?",
    "Which numbered picture was taken of the same part of the room as the first one, from another "
    "viewpoint?",
    "All pictures come from one room, but only one numbered picture sees something that the first "
    "one sees as well. Which?",
    "Match the first picture with the numbered picture that shows some of the same things from "
    "elsewhere.",
    "Somebody wants to stitch the first picture together with one of the others. Which numbered "
    "picture has any part in common with it?",
    "Look for furniture and surfaces of the first picture in the others. Which numbered picture "
    "contains some of them?",
    "Which numbered view and the first view have a piece of the room in common?",
    "The place in the first picture is seen again, in part, in one of the numbered pictures. Name "
    "that picture.",
)
MIN_OTHERS, MAX_OTHERS = 2, 3


class SceneCorrespondenceMargins(Margins):
    """Thresholds of pt.scene_correspondence."""

    min_overlap: float = Field(0.1, description="overlap of the right picture with the first")
    max_overlap: float = Field(0.6, description="more would be the same picture again")
    min_shared: int = Field(1, description="objects that the right picture and the first show")


class SceneCorrespondence(Task):
    """Overlap of views; the wrong pictures of the same room share no surface and no object."""

    id = "pt.scene_correspondence"
    needs = frozenset({"objects", "frames", "many_frames"})
    forms = ("choice",)
    margins_model = SceneCorrespondenceMargins
    margins: SceneCorrespondenceMargins
    templates: ClassVar = {"place": TEMPLATES}

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """A pair of pictures that overlap, and others that share nothing with the first."""
        return in_turns(self, ctx, self._drawn(ctx, rng), rng, window=30)

    def _drawn(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        low, high = self.margins.min_overlap, self.margins.max_overlap
        # A picture comes back as the first one only after all others had their turn.
        turn: dict[str, int] = {}
        drawn: list[tuple[int, int, str, str]] = []
        for first, right in view_pairs(ctx, rng, min_overlap=low, max_overlap=high):
            turn[first] = turn.get(first, -1) + 1
            drawn.append((turn[first], len(drawn), first, right))
        for _, _, first, right in sorted(drawn):
            others = [i for i in ctx.singles if self._is_elsewhere(ctx, first, i)]
            picked = [others[int(k)] for k in rng.permutation(len(others))[:MAX_OTHERS]]
            order = [*picked, right]
            yield Ask((), (first, *(order[int(k)] for k in rng.permutation(len(order)))))

    def _is_elsewhere(self, ctx: SceneContext, first: str, other: str) -> bool:
        """Tell whether two pictures have no surface and no object in common."""
        i, j = ctx.row(first), ctx.row(other)
        if max(float(ctx.pairs.seen_in[i, j]), float(ctx.pairs.seen_in[j, i])) > 0:
            return False
        return ctx.view((first,)).present.isdisjoint(ctx.view((other,)).present)

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """Exactly one picture overlaps with the first; the others share nothing with it."""
        first, *numbered = ask.frames
        if len(set(ask.frames)) < len(ask.frames) or len(numbered) <= MIN_OTHERS:
            return Drop("too few pictures to choose from")
        related = [f for f in numbered if not self._is_elsewhere(ctx, first, f)]
        if len(related) != 1:
            return Drop("not exactly one picture shows the same place")
        (right,) = related
        overlap = float(ctx.pairs.overlap[ctx.row(first), ctx.row(right)])
        low, high = self.margins.min_overlap, self.margins.max_overlap
        if not low <= overlap <= high:
            return Drop("views overlap too little or too much")
        both = sorted(set(ctx.view((first,)).shown) & set(ctx.view((right,)).shown))
        if len(both) < self.margins.min_shared:
            return Drop("right picture shares no well visible object")
        return Fact(
            ask,
            quantity="view_overlap",
            margin=overlap / low - 1.0,
            thresholds=self.margins.model_dump(),
            reference_frame=f"camera:{first}",
            geometry="masks",
            detail={"right": numbered.index(right), "overlap": overlap, "both": both},
            steps=2,
            balance=f"{len(numbered)}:{numbered.index(right)}",
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The first picture, then the numbered ones."""
        options = tuple(f"Picture {k}" for k in range(1, len(fact.ask.frames)))
        listed = "\n".join(f"{option}: <image>" for option in options)
        text, template = self.phrase(ctx, "place", rng)
        choice = Choice(options, int(fact.detail["right"]), keep_order=True)
        return Draft(f"First picture: <image>\n{listed}\n{text}", choice, template)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """What both pictures show, and how much of the view they share."""
        number = int(fact.detail["right"]) + 1
        kinds = sorted({ctx.categories[i] for i in fact.detail["both"]})
        said = ", ".join(kinds[:4])
        return [
            f"Picture {number} and the first one share {fact.detail['overlap']:.0%} of their view, "
            f"and both show: {said}.",
            "The other pictures have neither a surface nor an object in common with the first.",
        ]


TASK = SceneCorrespondence
