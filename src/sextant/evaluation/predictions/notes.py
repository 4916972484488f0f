"""What is odd about a prediction file, counted by name."""

from __future__ import annotations

from collections import Counter

NOTES = {
    "identical_duplicates": "rows repeat an earlier one word for word; each is counted once",
    "failed_replies": "rows hold a failure message or no reply: failed, neither right nor wrong",
    "blank_cells": "prediction cells are blank: a table cannot tell an empty reply from none "
    "(xlsx writers also drop cells above 32,767 characters)",
    "truncated_cells": "cells have 32,767 characters, the limit of xlsx: their ends are lost "
    "(PRED_FORMAT=tsv keeps them whole)",
    "cut_off": "truncated cells end before the reasoning does: failed, since the answer is lost",
    "several_replies": "rows hold several replies; the first is scored",
    "variants": "rows are variants of stress tests, not the plain questions; left out",
    "unknown_ids": "predictions belong to no question of the data",
    "missing": "questions have no prediction: failed, neither right nor wrong",
    "truth_differs": "rows name another answer than the data: another version of the benchmark?",
    "broken_rows": "rows cannot be read; left out",
    "broken_items": "records of the benchmark cannot be read; left out",
    "unused_sheets": "further sheets of the workbook; only the first is read",
}
"""Name of a note to what it says after its count."""


class Notes:
    """Counts notes, and keeps the first few places of each."""

    def __init__(self, keep: int = 5) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = {}
        self._keep = keep

    def add(self, name: str, example: object = None, n: int = 1) -> None:
        """Count a note.

        Args:
            name: A key of ``NOTES``.
            example: An id, line or message that shows it.
            n: How often.
        """
        if name not in NOTES:
            raise KeyError(name)
        self.counts[name] += n
        kept = self.examples.setdefault(name, [])
        if example is not None and len(kept) < self._keep:
            kept.append(str(example))

    def lines(self) -> list[str]:
        """Return one sentence per note, in the order of ``NOTES``."""
        said = []
        for name, text in NOTES.items():
            if n := self.counts[name]:
                kept = self.examples[name]
                more = ", ..." if n > len(kept) else ""
                said.append(f"{n:,} {text}" + (f" ({', '.join(kept)}{more})" if kept else ""))
        return said

    def as_json(self) -> dict[str, object]:
        """Return counts and examples for a file."""
        return {
            name: {"count": self.counts[name], "examples": self.examples[name]}
            for name in NOTES
            if self.counts[name]
        }
