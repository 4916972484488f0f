"""What stress tests have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from sextant.errors import RecipeError
from sextant.evaluation.items import Item
from sextant.evaluation.score_table import ScoreTable
from sextant.evaluation.stress._reading import compare_settings
from sextant.evaluation.variants import Context, Json, Variant


@dataclass(frozen=True, slots=True)
class StressTest:
    """A test whose settings are known beforehand; the others override what differs.

    Attributes:
        name: The file's name.
        settings: Those that are run.
        known: Those that there are; empty = any that ``accepts`` takes.
        answered_by: Which model answers instead of the one under test.
    """

    name: str
    settings: tuple[str, ...] = ("all",)
    known: tuple[str, ...] = ()
    answered_by: str | None = None

    def accepts(self, setting: str) -> bool:
        """Tell whether there is such a setting."""
        return setting in (self.known or self.settings)

    def choose(self, settings: Sequence[str]) -> Self:
        """Return the test with these settings instead.

        Raises:
            RecipeError: If it has no such setting.
        """
        for setting in settings:
            if not self.accepts(setting):
                raise RecipeError(
                    "the stress test has no such setting", where=self.name,
                    expected=", ".join(self.known or self.settings), got=setting,
                )  # fmt: skip
        return replace(self, settings=tuple(settings))

    def applies(self, item: Item, context: Context) -> str | None:
        """Return why an item cannot be varied so, None if it can."""
        raise NotImplementedError

    def labels(self, item: Item) -> Mapping[str, str]:
        """Return groups that the test needs on the plain row: none."""
        return {}

    def variants(self, item: Item, seed: int, context: Context) -> Iterator[Variant]:
        """Yield the variants of an item to which the test applies."""
        raise NotImplementedError

    def read(self, table: ScoreTable) -> Mapping[str, Json]:
        """Return every setting's score beside the plain run's on the same items."""
        return {"stress": self.name, "settings": compare_settings(table, self.name)}


def has_pictures(item: Item) -> bool:
    """Tell whether an item shows anything."""
    return bool(item.pictures) or item.video is not None
