"""Wanted shares: how many rows each value may have, and a table of wanted against got."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sextant.corpus.light_rows import LightRow
from sextant.samples.sample import LETTERS
from sextant.samples.selection_rules import Dimension, SelectionRules

STARVED = 0.98
"""A quota with less than this share of its wanted rows counts as starved."""


DIMENSIONS: tuple[Dimension, ...] = (
    "capability", "task", "source", "difficulty", "answer_type", "letter", "answer",
)  # fmt: skip


UNEVEN = 0.9
"""A letter or yes/no that nobody asked a share of is reported if it falls below this of even."""

PARTIAL = ("letter", "answer")
"""Dimensions in which only some rows have a value."""


def quota_keys(row: LightRow) -> tuple[str, ...]:
    """Return a row's values in ``DIMENSIONS``; "" where it has none."""
    letter = row.answer if row.answer_type == "choice" else ""
    answer = row.answer if row.answer_type == "boolean" else ""
    return (
        row.capability, row.task, row.source, row.difficulty, row.answer_type, letter, answer,
    )  # fmt: skip


def caps_of(
    rules: SelectionRules, available: Mapping[tuple[str, str], int], kept: int
) -> dict[tuple[str, str], int]:
    """Return the most rows that every value with a wanted share may have.

    A share is of the rows that have a value in that dimension: letters among choices. Without a
    total, the corpus is made as large as the shares allow: the value that is scarcest for its
    share decides. A value that no row has cannot decide; it is reported as starved.

    Args:
        rules: The wanted shares and total.
        available: Rows that evenness leaves, by (dimension, value).
        kept: All rows that evenness leaves.
    """
    scale = 1.0 if rules.total is None or not kept else min(1.0, rules.total / kept)
    bases: Counter[str] = Counter()
    for (dimension, value), count in available.items():
        bases[dimension] += count if value else 0
    if rules.total is None:
        for dimension, shares in rules.shares.items():
            for value, share in _normalised(shares).items():
                there = available.get((dimension, value), 0)
                if share > 0 and there > 0:
                    scale = min(scale, there / (share * bases[dimension]))
    caps = {}
    for dimension, shares in rules.shares.items():
        whole = bases[dimension] * scale
        if rules.total is not None and dimension not in PARTIAL:
            whole = float(rules.total)  # what another value lacks does not shrink this one
        for value, share in _normalised(shares).items():
            caps[str(dimension), value] = math.floor(share * whole + 0.5)
    return caps


def even_answers(rows: Iterable[tuple[str, int]]) -> dict[tuple[str, str], float]:
    """Return how often every letter and yes/no would be right if chance decided.

    Args:
        rows: Answer type and number of options of every kept row with options.
    """
    wanted: dict[tuple[str, str], float] = defaultdict(float)
    for kind, options in rows:
        for place in range(options):
            if kind == "choice":
                wanted["letter", LETTERS[place]] += 1 / options
            else:
                wanted["answer", ("yes", "no")[place]] += 1 / options
    return dict(wanted)


def _normalised(shares: Mapping[str, float]) -> dict[str, float]:
    total = sum(shares.values())
    return {value: share / total for value, share in shares.items()} if total > 0 else {}


@dataclass(frozen=True, slots=True)
class Quota:
    """One line of the table.

    Attributes:
        dimension, value: What is counted.
        wanted: Rows wanted; None where the recipe asks for no share.
        got: Rows kept.
        candidates: Rows generated.
        starved: Whether less was found than wanted.
        why: Why more could not be had; "" where nothing is missing.
    """

    dimension: str
    value: str
    wanted: int | None
    got: int
    candidates: int
    starved: bool
    why: str

    @classmethod
    def of(
        cls,
        key: tuple[str, str],
        wanted: int | None,
        share: float,
        got: int,
        candidates: int,
        refused: Counter[str],
    ) -> Quota:
        """Make a line; the reason says how many candidates there were and what refused them.

        Args:
            key: Dimension and value.
            wanted: Rows wanted.
            share: The share that the recipe asks for; 0 if none.
            got: Rows kept.
            candidates: Rows generated.
            refused: Why candidates were left out.
        """
        enough = STARVED if share > 0 else UNEVEN
        starved = wanted is not None and got < math.floor(enough * wanted)
        # Zero rows of something that was wanted is starvation however small the share.
        starved = starved or (share > 0 and got == 0)
        why = ""
        if starved:
            parts = [f"{candidates} candidates were generated"]
            parts += [f"{n} left out ({reason})" for reason, n in refused.most_common(3)]
            why = "; ".join(parts)
        return cls(key[0], key[1], wanted, got, candidates, starved, why)

    def as_json(self) -> dict[str, Any]:
        """Return the line as the manifest stores it."""
        return {name: getattr(self, name) for name in self.__slots__}
