"""How many frames of a video are shown: the curve from 1 to 128."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sextant.evaluation.items import Item
from sextant.evaluation.stress._base import StressTest
from sextant.evaluation.variants import Context, Variant, variant_id

MAX_FRAMES = 4096


@dataclass(frozen=True, slots=True)
class Frames(StressTest):
    """So many frames, chosen as the run chooses them.

    A rule by frame rate becomes one by number, evenly spread, for a rate says nothing of how many;
    so does one that appends the last frame, which would make two of one.
    Where a setting equals the run's own number, the request is the same, and the response cache
    answers it.
    """

    def accepts(self, setting: str) -> bool:
        """Any number of frames."""
        return setting.isascii() and setting.isdigit() and 1 <= int(setting[:6]) <= MAX_FRAMES

    def applies(self, item: Item, context: Context) -> str | None:
        """Only videos are sampled; several pictures of an item are all meant to be seen."""
        return None if item.video is not None else "no video"

    def variants(self, item: Item, seed: int, context: Context) -> Iterator[Variant]:
        """One per number of frames."""
        rule = context.frames
        by_number = rule.method in ("uniform", "uniform_distinct", "chunk_center")
        method = rule.method if by_number else "uniform"
        for setting in self.settings:
            shown = replace(rule, count=int(setting), method=method, fps=None)
            yield Variant(
                variant_id(item, self.name, setting), item, item, self.name, setting, shown
            )


STRESS = Frames("frames", ("1", "2", "4", "8", "16", "32", "64", "128"))
