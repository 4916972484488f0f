"""Ids that may occur once only."""

from __future__ import annotations

from sextant.errors import ConventionError
from sextant.evaluation.items import Item


class Seen:
    """Remembers the ids of items and where they stand."""

    def __init__(self) -> None:
        self._places: dict[str, str] = {}

    def new(self, item: Item, where: str) -> Item:
        """Return an item whose id was not there before.

        Raises:
            ConventionError: If it was.
        """
        before = self._places.setdefault(item.id, where)
        if before != where:
            raise ConventionError(
                "two rows have the same id", where=where, got=item.id,
                expected=f"another than in {before}",
            )  # fmt: skip
        return item
