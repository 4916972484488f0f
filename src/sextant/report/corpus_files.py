"""What the report reads from a corpus folder: the store's rows, and results left beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sextant.errors import InputError
from sextant.report.markup import clean
from sextant.report.overview import Drop
from sextant.report.scene_rows import SceneRow, read_scene_row
from sextant.report.statistics import Tally
from sextant.samples.sample import Sample
from sextant.samples.store import CorpusStore

VERIFICATION_FILES = ("verification.json", "verify.json")
"""Where ``sextant verify`` may have left its result; a result in the manifest serves as well."""


@dataclass(slots=True)
class CorpusFiles:
    """A corpus folder, read row by row.

    Attributes:
        store: The opened folder.
        unreadable: What the page has to do without, by reason.
    """

    store: CorpusStore
    unreadable: Tally = field(default_factory=lambda: Tally(50))

    @classmethod
    def open(cls, root: Path) -> CorpusFiles:
        """Open a finished corpus folder; raises what ``CorpusStore.open`` raises."""
        return cls(CorpusStore.open(root))

    @property
    def root(self) -> Path:
        """The folder."""
        return self.store.root

    @property
    def manifest(self) -> dict[str, Any]:
        """What the manifest says."""
        return self.store.manifest

    def samples(self) -> Iterator[Sample]:
        """Yield all rows in shard order."""
        return self.store.samples(batch=1024)

    def verification(self) -> dict[str, Any]:
        """Return the stored result of the verification; empty where there is none."""
        for name in VERIFICATION_FILES:
            file = self.root / name
            if not file.is_file():
                continue
            try:
                loaded = json.loads(file.read_bytes())
            except (OSError, ValueError, RecursionError):
                self.unreadable.add(f"{name} is not JSON")
                continue
            if isinstance(loaded, dict):
                return loaded
        inside = self.manifest.get("verification")
        return inside if isinstance(inside, dict) else {}

    def drops(self) -> list[Drop]:
        """Return the drop reasons with their counts."""
        rows = self._guarded("drops.parquet", self.store.drops)
        return [Drop(row["task"], row["reason"], row["count"]) for row in rows if row["count"] > 0]

    def quarantine(self) -> Tally:
        """Return how many records were put aside, by what was wrong."""
        reasons = Tally(500)
        for row in self._guarded("quarantine.parquet", self.store.quarantine):
            reasons.add(row["what"])
        return reasons

    def scenes(self, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], SceneRow]:
        """Return the wanted scenes by (source, scene id), those before the first damaged one."""
        found: dict[tuple[str, str], SceneRow] = {}
        try:
            for row in self.store.scenes():
                key = (row["source"], row["scene_id"])
                if key in wanted and key not in found:
                    found[key] = read_scene_row(row)
        except InputError as error:
            self.unreadable.add(f"some maps are missing: scenes/*.parquet: {clean(error.what, 80)}")
        return found

    def _guarded(self, name: str, read: Any) -> list[dict[str, Any]]:
        try:
            rows: list[dict[str, Any]] = read()
        except InputError as error:
            self.unreadable.add(f"{name}: {clean(error.what, 80)}")
            return []
        return rows
