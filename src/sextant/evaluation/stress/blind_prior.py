"""The question-only prior: what a cheap predictor gets from texts and other items' truths.

No model is asked. ``blind:prior`` (``sextant.models.blind``) learns from the other folds of the
same benchmark, so its score is what a set gives away to anyone who has seen its like: a lower bound
of the language in a score, and the bar that fine-tuning on similar data has to clear.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sextant.evaluation.items import Item
from sextant.evaluation.stress._base import StressTest
from sextant.evaluation.stress.no_images import blinded, without_pictures
from sextant.evaluation.variants import Context, Variant, variant_id


@dataclass(frozen=True, slots=True)
class BlindPrior(StressTest):
    """Every item, answered by the prior."""

    def applies(self, item: Item, context: Context) -> str | None:
        """Everything that has a text to answer with; only JSON is beyond the prior."""
        return "the prior answers no JSON" if item.answer_type == "json" else None

    def variants(self, item: Item, seed: int, context: Context) -> Iterator[Variant]:
        """One, without pictures."""
        setting = self.settings[0]
        yield Variant(
            variant_id(item, self.name, setting), item, blinded(item), self.name, setting,
            edit=without_pictures,
        )  # fmt: skip


STRESS = BlindPrior("blind_prior", ("prior",), answered_by="blind:prior")
