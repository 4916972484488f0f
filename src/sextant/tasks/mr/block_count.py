"""mr.block_count: how many unit blocks make up a drawn pile, buried ones included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from sextant.questions.answers import Number, write_number
from sextant.questions.block_pictures import draw_pile
from sextant.questions.blocks import (
    Heights,
    count_blocks,
    count_buried,
    least_visible_top,
    read_heights,
)
from sextant.questions.context import SceneContext
from sextant.questions.distractors import count_choice
from sextant.questions.facts import Ask, Drop, Fact
from sextant.questions.pictures import DrawnPicture
from sextant.questions.task import Draft, Margins, Task
from sextant.tasks.mr._piles import random_pile

RULE = (
    "The picture shows a pile of equal blocks. Every block rests on the floor or on another block, "
    "and the top of every stack can be seen."
)
TRIES = 200
FLOORS = 20


class BlockCountMargins(Margins):
    """Thresholds of mr.block_count."""

    min_blocks: int = Field(4, description="smallest pile")
    max_blocks: int = Field(24, description="largest pile")
    max_side: int = Field(5, description="most cells along a side of the floor")
    max_height: int = Field(4, description="tallest stack")
    min_visible: float = Field(0.3, description="share of every stack's top, or floor, in view")


class BlockCount(Task):
    """The support rule and visible tops leave exactly one possible number."""

    id = "mr.block_count"
    needs = frozenset({"simulated"})
    forms = ("number", "choice")
    margins_model = BlockCountMargins
    margins: BlockCountMargins
    templates: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "count": (
            "How many blocks make up the pile, hidden ones included?",
            "How many blocks are there in all, counting those that cannot be seen?",
            "Count the blocks of this pile, including the ones underneath and behind others.",
            "What is the total number of blocks, visible and hidden together?",
            "Find out how many blocks were needed to build this pile.",
            "If you took the pile apart, how many blocks would you have?",
            "Add up the blocks of all stacks. What number do you get?",
            "Some blocks may be buried under or behind others. How many are there altogether?",
            "Someone wants to build an exact copy of this pile. How many blocks do they need?",
            "The blocks are packed into a box one at a time. How many go into the box?",
            "Work out the number of blocks in the pile; those out of sight count as well.",
            "Each block weighs one kilogram. How many kilograms does the whole pile weigh?",
            "What is the volume of the pile if each block has a volume of one?",
            "Determine how many blocks the whole construction consists of.",
        )
    }

    def propose(self, ctx: SceneContext, rng: np.random.Generator) -> Iterator[Ask]:
        """Piles of evenly drawn numbers of blocks, on floors that suit the number."""
        rules = self.margins
        for _ in range(TRIES):
            blocks = int(rng.integers(rules.min_blocks, rules.max_blocks + 1))
            # Redrawn until it fits this number: large and small piles must come out as often.
            for _ in range(FLOORS):
                rows, columns = (int(n) for n in rng.integers(2, rules.max_side + 1, size=2))
                if not 0.4 * rows * columns <= blocks <= 2.2 * rows * columns:
                    continue
                pile = random_pile(
                    rng,
                    rows=rows,
                    columns=columns,
                    blocks=blocks,
                    max_height=min(rules.max_height, 2 + blocks // 6),
                    min_visible=rules.min_visible,
                )
                if pile is not None:
                    yield Ask(detail={"heights": [list(row) for row in pile]})
                    break

    def measure(self, ctx: SceneContext, ask: Ask) -> Fact | Drop:
        """The sum of the heights, if every stack shows enough of its top."""
        rules = self.margins
        heights = read_heights(ask.detail.get("heights"), max_height=rules.max_height)
        if heights is None or max(len(heights), len(heights[0])) > rules.max_side:
            return Drop("pile is no valid height map")
        count = count_blocks(heights)
        if not rules.min_blocks <= count <= rules.max_blocks:
            return Drop("count is outside the thresholds")
        visible = least_visible_top(heights)
        if visible < rules.min_visible:
            return Drop("a stack is hidden")
        return Fact(
            ask,
            quantity="blocks",
            value=float(count),
            unit="count",
            margin=visible / rules.min_visible - 1.0,
            thresholds=rules.model_dump(),
            reference_frame="drawing",
            geometry="stated",
            detail={"buried": count_buried(heights), "least_visible_top": visible},
            steps=1 + (count > 8) + (count > 14),
        )

    def compose(
        self, ctx: SceneContext, fact: Fact, form: str, rng: np.random.Generator
    ) -> Draft | Drop:
        """The drawing, and a whole number or four neighbouring ones."""
        assert fact.value is not None
        text, template = self.phrase(ctx, "count", rng)
        pictures = (DrawnPicture(draw_pile(_pile_of(fact)), "pile of blocks"),)
        text = f"{RULE} {text}"
        if form == "number":
            return Draft(text, Number(write_number(fact.value, "count")), template, pictures)
        return Draft(text, count_choice(round(fact.value), rng), template, pictures)

    def explain(self, ctx: SceneContext, fact: Fact, names: Mapping[str, str]) -> list[str]:
        """The stacks row by row."""
        rows = [" + ".join(map(str, row)) for row in _pile_of(fact)]
        return [
            f"Heights of the stacks, row by row from the back: {'; '.join(rows)}.",
            f"Blocks enclosed by others on all visible sides: {fact.detail['buried']}.",
        ]


def _pile_of(fact: Fact) -> Heights:
    heights = read_heights(fact.ask.detail["heights"])
    assert heights is not None  # measured before
    return heights


TASK = BlockCount
