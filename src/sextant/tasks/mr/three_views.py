"""mr.three_views: which pile of blocks has these front, top and right views, or the reverse."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from sextant.questions.answers import Choice
from sextant.questions.block_pictures import draw_pile, draw_views
from sextant.questions.blocks import (
    Heights,
    count_blocks,
    differing_squares,
    least_visible_top,
    read_heights,
    views_of,
)
from sextant.questions.context import SceneContext
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.pictures import DrawnPicture
from sextant.questions.task import Draft, Margins, Task
from sextant.tasks.mr._piles import as_heights, random_pile

PILES_RULE = (
    "In each picture of a pile, its front and right sides are labeled, and the top of every stack "
    "of blocks can be seen. The top view has the front at the bottom; the right view is what you "
    "see when you look at the pile from its right side."
)
OPTIONS = 4
TRIES = 200
MOVES = 40


class ThreeViewsMargins(Margins):
    """Thresholds of mr.three_views."""

    min_side: int = Field(2, description="fewest cells along a side of the floor")
    max_side: int = Field(4, description="most cells along a side of the floor")
    max_height: int = Field(4, description="tallest stack")
    min_visible: float = Field(0.3, description="share of every stack's top, or floor, in view")
    min_squares: int = Field(1, description="unit squares in which two options' views differ")


class ThreeViews(Task):
    """Four piles of as many blocks each on equal floors; the right one is any of them."""

    id = "mr.three_views"
    needs = frozenset({"simulated"})
    forms = ("choice",)
    balanced = True
    margins_model = ThreeViewsMargins
    margins: ThreeViewsMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "pile": (
            "Which pile has exactly these three views?",
            "Figure 0 shows the top, front and right views of one of the piles. Of which one?",
            "Only one of the numbered piles fits the views in Figure 0. Which one?",
            "The three drawings in Figure 0 were made of one pile. Which figure shows that pile?",
            "Looked at from above, from the front and from the right, which pile gives the "
            "drawings of Figure 0?",
            "Match the three views to their pile: which figure is it?",
            "Someone drew a pile from three sides in Figure 0. Which pile stood before them?",
            "For which of the piles are all three views of Figure 0 right?",
            "Choose the pile that agrees with the top, front and right views given.",
            "Rebuild the pile from the three views in your mind. Which figure shows it?",
            "Compare every pile with the views of Figure 0. Which one matches all three?",
            "Which of these solids do the plan and the two elevations in Figure 0 belong to?",
            "A builder gets the drawing in Figure 0 and builds exactly that. Which pile results?",
        ),
        "views": (
            "Which figure shows the three views of this pile?",
            "Figure 0 shows a pile. Which of the drawings gives its top, front and right views?",
            "Only one set of views belongs to the pile in Figure 0. Which one?",
            "Look at the pile of Figure 0 from above, from the front and from the right. Which "
            "figure shows what you see?",
            "Someone draws the pile of Figure 0 from three sides. Which drawing is right in all "
            "three?",
            "Match the pile to its top, front and right views: which figure is it?",
            "For which of the drawings are all three views of the pile correct?",
            "Walk round the pile of Figure 0 in your mind. Which set of three views fits it?",
            "Choose the figure whose top, front and right views agree with the pile.",
            "Which of the drawings holds the plan and the two elevations of the solid in Figure 0?",
            "The pile in Figure 0 is to be documented by three views. Which figure does so without "
            "a mistake?",
            "Compare the pile with every set of views. Which set matches it completely?",
            "Three photos of the pile are taken from straight above, from the front and from the "
            "right. Which figure shows their outlines?",
        ),
    }

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Four piles, each from an earlier one by moving a block or more; any is the right one."""
        rules = self.margins
        for k in range(TRIES):
            rows, columns = (
                int(n) for n in rng.integers(rules.min_side, rules.max_side + 1, size=2)
            )
            blocks = int(rng.integers(rows * columns // 2 + 1, 2 * rows * columns + 1))
            first = random_pile(
                rng, rows=rows, columns=columns, blocks=blocks, max_height=rules.max_height,
                min_visible=rules.min_visible,
            )  # fmt: skip
            piles = [] if first is None else [first]
            while piles and len(piles) < OPTIONS:
                # From any of those before, so that the right one is no middle of the others.
                start = piles[int(rng.integers(len(piles)))]
                other = self._varied(start, piles, rng)
                if other is None:
                    break
                piles.append(other)
            if len(piles) == OPTIONS:
                order = [piles[int(i)] for i in rng.permutation(OPTIONS)]
                yield Ask(
                    detail={
                        "piles": [[list(row) for row in pile] for pile in order],
                        "right": int(rng.integers(OPTIONS)),
                        "wanted": ("pile", "views")[k % 2],
                    }
                )

    def _varied(
        self, start: Heights, piles: list[Heights], rng: np.random.Generator
    ) -> Heights | None:
        """Return the pile with a block or two moved so that its views are new; None if it fails."""
        rules = self.margins
        for _ in range(MOVES):
            heights = np.array(start)
            if rng.random() < 0.25:
                # The mirrored pile, which nobody can tell by its shape alone.
                heights = heights[:, ::-1].copy()
            else:
                for _ in range(int(rng.integers(1, 3))):
                    giver = int(rng.choice(np.flatnonzero(heights.ravel())))
                    taker = int(rng.integers(heights.size))
                    heights.ravel()[giver] -= 1
                    heights.ravel()[taker] += 1
            other = as_heights(heights)
            views = views_of(other)
            if heights.max() > rules.max_height or any(
                differing_squares(views, views_of(p)) < rules.min_squares for p in piles
            ):
                continue
            if least_visible_top(other) >= rules.min_visible:
                return other
        return None

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """All piles are fully in view and alike but for their views, which differ pair by pair."""
        rules = self.margins
        piles = _piles_of(ask, rules.max_height)
        right: Any = ask.detail.get("right")
        wanted: Any = ask.detail.get("wanted")
        if piles is None or wanted not in self.templates or right not in range(OPTIONS):
            return Drop("puzzle is not valid")
        if len({(len(p), len(p[0]), count_blocks(p)) for p in piles}) > 1:
            return Drop("piles differ in size or number of blocks")
        if max(len(piles[0]), len(piles[0][0])) > rules.max_side:
            return Drop("floor is too large")
        if min(map(least_visible_top, piles)) < rules.min_visible:
            return Drop("a stack is hidden")
        views = [views_of(p) for p in piles]
        apart = min(differing_squares(a, b) for a, b in itertools.combinations(views, 2))
        if apart < rules.min_squares:
            return Drop("two options have the same views")
        return Fact(
            ask,
            quantity="differing_squares",
            value=None,
            label=f"Figure {right + 1}",
            margin=apart / rules.min_squares - 1.0,
            thresholds=rules.model_dump(),
            reference_frame="drawing",
            geometry="stated",
            detail={"apart": apart},
            steps=2 + (count_blocks(piles[0]) > 10),
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """Figure 0 is the pile or its views, Figures 1 to 4 the options, in the stored order."""
        piles = _piles_of(fact.ask, self.margins.max_height)
        assert piles is not None
        wanted, right = str(fact.ask.detail["wanted"]), int(fact.ask.detail["right"])
        drawn = []
        for number, pile in enumerate([piles[right], *piles]):
            title = f"Figure {number}"
            if (wanted == "pile") is (number > 0):
                png = draw_pile(pile, title, sides=True)
            else:
                png = draw_views(views_of(pile), title)
            drawn.append(DrawnPicture(png, title.lower()))
        text, template = self.phrase(ctx, wanted, rng)
        options = tuple(f"Figure {k}" for k in range(1, OPTIONS + 1))
        listed = "\n".join(f"Figure {k}: <image>" for k in range(OPTIONS + 1))
        return Draft(
            f"{listed}\n{PILES_RULE} {text}",
            Choice(options, right, keep_order=True),
            template,
            tuple(drawn),
        )

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The heights of the right pile and what they look like from the sides."""
        piles = _piles_of(fact.ask, self.margins.max_height)
        assert piles is not None
        pile = piles[int(fact.ask.detail["right"])]
        views = views_of(pile)
        rows = [" ".join(map(str, row)) for row in pile]
        return [
            f"Heights of the pile's stacks, row by row from the back: {'; '.join(rows)}.",
            f"From the front its columns are {_listed(views.front)} blocks high, from the right "
            f"{_listed(views.right)}; squares filled in the top view: "
            f"{sum(map(sum, views.top))}.",
            "Every other figure differs from this in at least one view.",
        ]


def _piles_of(ask: Ask, max_height: int) -> list[Heights] | None:
    """Return the four piles of the puzzle; None if there are not four of them."""
    stored: Any = ask.detail.get("piles")
    if not isinstance(stored, list | tuple) or len(stored) != OPTIONS:
        return None
    piles = [read_heights(p, max_height=max_height) for p in stored]
    kept = [p for p in piles if p is not None]
    return kept if len(kept) == OPTIONS else None


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers))


TASK = ThreeViews
