"""The same question in another framing: the answer instruction and the way options are listed.

``words-1`` to ``words-3`` say in other words which form of answer is wanted, ``letters`` writes
options as ``(A) text`` (as ``A. text`` where they are so already), ``heading`` calls options
choices. One thing at a time, and never the question itself, whose meaning a rewording might change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from sextant.errors import InputError
from sextant.evaluation.items import Item
from sextant.evaluation.score_table import ScoreTable
from sextant.evaluation.stress._base import StressTest
from sextant.evaluation.stress._options import asked_blocks
from sextant.evaluation.stress._reading import compare_settings, number, scores_of
from sextant.evaluation.stress._wordings import REWORDINGS, other_heading, reworded
from sextant.evaluation.variants import Context, Json, Variant, variant_id

LETTERS, HEADING = "letters", "heading"
SETTINGS = (*(f"words-{k + 1}" for k in range(REWORDINGS)), LETTERS, HEADING)


@dataclass(frozen=True, slots=True)
class Paraphrase(StressTest):
    """Other framings; a setting that changes nothing in an item's prompt is not asked."""

    def applies(self, item: Item, context: Context) -> str | None:
        """Prompts of which at least one setting changes something."""
        try:
            text = context.render(item).text
        except InputError:
            return "no prompt can be made"
        if any(rephrased(text, item, setting) != text for setting in self.settings):
            return None
        return "the prompt has no framing that is known"

    def variants(self, item: Item, seed: int, context: Context) -> Iterator[Variant]:
        """One per setting that changes the prompt."""
        text = context.render(item).text
        for setting in self.settings:
            if rephrased(text, item, setting) == text:
                continue
            yield Variant(
                variant_id(item, self.name, setting), item, item, self.name, setting,
                edit=lambda text, s=setting: rephrased(text, item, s),  # type: ignore[misc]
            )  # fmt: skip

    def read(self, table: ScoreTable) -> Mapping[str, Json]:
        """Every setting beside the plain run, and how often the framing decides.

        ``unsteady`` is the share of items that are not worth the same under all framings that were
        asked, the plain one among them; ``lowest`` and ``highest`` are the scores of settings.
        """
        settings = compare_settings(table, self.name)
        plain = scores_of(table)
        columns = [plain] + [scores_of(table, self.name, str(row["setting"])) for row in settings]
        scores = np.stack(columns)
        seen = ~np.isnan(plain) & ((~np.isnan(scores)).sum(axis=0) >= 2)
        there = scores[:, seen]
        unsteady = (
            np.nanmax(there, axis=0) > np.nanmin(there, axis=0) if seen.any() else np.zeros(0)
        )
        means = [float(row["score"]) for row in settings if isinstance(row["score"], float)]
        return {
            "stress": self.name,
            "settings": settings,
            "items": int(seen.sum()),
            "unsteady": float(unsteady.mean()) if seen.any() else None,
            "lowest": number(min(means, default=float("nan"))),
            "highest": number(max(means, default=float("nan"))),
        }


def rephrased(text: str, item: Item, setting: str) -> str:
    """Return a prompt's text in another framing, unchanged where the setting has no bearing."""
    if setting.startswith("words-"):
        return reworded(text, int(setting.removeprefix("words-")) - 1)
    if item.options is None:
        return text
    for block in reversed(asked_blocks(text, item.question, item.options)):
        if setting == HEADING:
            text = other_heading(text, block.start)
        else:
            marker = "{}. " if block.marker.startswith("({})") else "({}) "
            shown = replace(block, marker=marker).written([o.strip() for o in item.options])
            text = text[: block.start] + shown + text[block.end :]
    return text


STRESS = Paraphrase("paraphrase", SETTINGS)
