"""What the report reads from a run folder; every file but the summary may be missing or damaged."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sextant.errors import CorruptInput, InputError, MissingInput
from sextant.evaluation.score_table import ScoreTable
from sextant.report.evaluation.lines import Json

SUMMARY, MANIFEST, SCORES, PREDICTIONS = (
    "summary.json", "manifest.json", "scores.parquet", "predictions.jsonl",
)  # fmt: skip

MAX_JSON_BYTES = 64 << 20
MAX_LINE_BYTES = 8 << 20
"""Of one prediction. A longer one is left out of the gallery and counted."""


@dataclass(slots=True)
class RunFiles:
    """A run folder.

    Attributes:
        root: The folder.
        summary: What its summary says.
        manifest: What its manifest says; empty if there is none.
        notes: What the page has to do without.
    """

    root: Path
    summary: Json
    manifest: Json
    notes: list[str] = field(default_factory=list)
    _table: ScoreTable | None = None

    @classmethod
    def open(cls, root: Path) -> RunFiles:
        """Open a run folder.

        Raises:
            MissingInput: If it has no summary, so that there is nothing to show.
            CorruptInput: If the summary is not a JSON object.
        """
        path = root / SUMMARY
        if not path.is_file():
            raise MissingInput(
                "a run folder has no summary",
                where=path,
                hint="name a folder that `sextant evaluate` wrote, after the run has ended",
            )
        summary = _load(path)
        files = cls(root, summary, {})
        try:
            files.manifest = _load(root / MANIFEST)
        except InputError as error:
            files.notes.append(f"{MANIFEST}: {error.what}")
        return files

    def table(self) -> ScoreTable | None:
        """Return the scored rows; None if they cannot be read, which is noted once."""
        if self._table is None and (self.root / SCORES).is_file():
            try:
                self._table = ScoreTable.read(self.root / SCORES)
            except InputError as error:
                self.notes.append(f"{SCORES}: {error.what}")
        return self._table

    def predictions(self, wanted: Collection[str]) -> dict[str, Json]:
        """Return the stored predictions of some requests, by id."""
        found: dict[str, Json] = {}
        broken = 0
        if not wanted or not (self.root / PREDICTIONS).is_file():
            return found
        for line in _lines(self.root / PREDICTIONS):
            row = None if line is None else _object(line)
            if row is None or not isinstance(row.get("id"), str):
                broken += 1
            elif row["id"] in wanted:
                found.setdefault(row["id"], row)
        if broken:
            self.notes.append(f"{PREDICTIONS}: {broken:,} lines cannot be read")
        return found


def _load(path: Path) -> Json:
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise CorruptInput("a JSON file is too large", where=path, expected="at most 64 MiB")
        found = _object(path.read_bytes())
    except OSError as error:
        raise MissingInput("a file cannot be read", where=path, got=error.strerror) from error
    if found is None:
        raise CorruptInput("not a JSON object", where=path)
    return found


def _object(text: bytes) -> dict[str, Any] | None:
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return loaded if isinstance(loaded, dict) else None


def _lines(path: Path) -> Iterator[bytes | None]:
    """Yield the lines of a file that are not empty; None for one that is too long."""
    with path.open("rb") as stream:
        while line := stream.readline(MAX_LINE_BYTES):
            if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
                while (rest := stream.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                    pass
                yield None
            elif line.strip():
                yield line
