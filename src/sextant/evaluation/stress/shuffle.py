"""Options in random orders: how far a score depends on the order that happens to be stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import factorial

import numpy as np

from sextant.evaluation.items import Item
from sextant.evaluation.score_table import ScoreTable
from sextant.evaluation.stress._base import StressTest
from sextant.evaluation.stress._orders import moved, why_not_movable
from sextant.evaluation.stress._reading import compare_settings, scores_of
from sextant.evaluation.variants import Context, Json, Variant
from sextant.execution.seeds import generator_of

MAX_REPEATS = 24


@dataclass(frozen=True, slots=True)
class Shuffle(StressTest):
    """Seeded orders, each other than the stored one and other than the item's earlier ones.

    An item with two options has one other order, so it has one variant however many are asked for.
    """

    def accepts(self, setting: str) -> bool:
        """The number of a repeat, from 1."""
        return setting.isascii() and setting.isdigit() and 1 <= int(setting[:4]) <= MAX_REPEATS

    def applies(self, item: Item, context: Context) -> str | None:
        """Options that can be moved."""
        return why_not_movable(item, context)

    def variants(self, item: Item, seed: int, context: Context) -> Iterator[Variant]:
        """One per repeat."""
        n = len(item.options or ())
        rng = generator_of(seed, self.name, item.id)
        stored = tuple(range(n))
        orders: list[tuple[int, ...]] = []
        wanted = min(max(int(s) for s in self.settings), factorial(n) - 1)
        while len(orders) < wanted:
            order = tuple(int(k) for k in rng.permutation(n))
            if order != stored and order not in orders:
                orders.append(order)
        for setting in self.settings:
            if int(setting) <= len(orders):
                yield moved(item, orders[int(setting) - 1], self.name, setting)

    def read(self, table: ScoreTable) -> Mapping[str, Json]:
        """Every repeat beside the plain run, and how often the order decides.

        ``unsteady`` is the share of items that are right in some orders, the stored one among
        them, and wrong in others; ``spread`` the standard deviation of the orders' scores on the
        items that have them all.
        """
        settings = compare_settings(table, self.name)
        columns = [scores_of(table)] + [
            scores_of(table, self.name, str(row["setting"])) for row in settings
        ]
        scores = np.stack(columns)
        seen = (~np.isnan(scores)).sum(axis=0) >= 2
        seen &= ~np.isnan(scores[0])
        low = np.nanmin(scores[:, seen], axis=0) if seen.any() else np.zeros(0)
        high = np.nanmax(scores[:, seen], axis=0) if seen.any() else np.zeros(0)
        whole = ~np.isnan(scores).any(axis=0)
        means = scores[:, whole].mean(axis=1) if whole.any() else np.zeros(0)
        return {
            "stress": self.name,
            "settings": settings,
            "items": int(seen.sum()),
            "unsteady": float((high > low).mean()) if seen.any() else None,
            "spread": float(means.std(ddof=1)) if len(means) > 1 else None,
            "spread_items": int(whole.sum()),
        }


STRESS = Shuffle("shuffle", ("1", "2", "3"))
