"""Importing a set: one run, cut into shards that are pure functions of it and their number."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from sextant._version import __version__
from sextant.corpus.importers import importer_of
from sextant.corpus.importing.parsed import blank, parsed
from sextant.corpus.importing.pictures import PictureStore, refuse_changes
from sextant.corpus.importing.pieces import (
    PIECE_BYTES,
    Piece,
    fingerprint,
    plan_pieces,
    records,
)
from sextant.corpus.importing.set_rows import BrokenRow, Importer, SetFile, SetRow
from sextant.corpus.importing.tables import Place, rows_table
from sextant.errors import InputError, MissingInput
from sextant.samples.finish import BROKEN
from sextant.samples.layout import MANIFEST, canonical_json
from sextant.samples.sample import SCHEMA
from sextant.samples.shard import ShardSummary, ShardWriter
from sextant.samples.store import CorpusStore
from sextant.samples.writer import CorpusWriter

BATCH = 8192
"""Rows that are Python values at one time."""

LISTED = 100
"""Broken records of one shard that are listed; all are counted."""

FRAMES = 16


@dataclass(frozen=True)
class ImportJob:
    """One run; a pure function of these fields and the set's files gives the corpus' bytes.

    Attributes:
        set_name: The importer.
        root: The set's folder, or one file of it.
        out: The corpus folder.
        images: Whether pictures are taken into the corpus, or stay where they are.
        image_root: Folder that the set's paths are relative to; the set's folder if None.
        name: What pictures are referred to by.
        limit: At most so many records, the first ones.
        frames: Pictures taken of a video.
        max_broken: Share of broken records above which the run stops.
        columns: Our name of a key or column, and the set's.
        piece_bytes: Bytes of a shard.
    """

    set_name: str
    root: Path
    out: Path
    images: Literal["store", "refer"] = "refer"
    image_root: Path | None = None
    name: str | None = None
    limit: int | None = None
    frames: int = FRAMES
    max_broken: float = 0.05
    columns: tuple[tuple[str, str], ...] = ()
    piece_bytes: int = PIECE_BYTES

    @cached_property
    def importer(self) -> Importer:
        """The set."""
        return importer_of(self.set_name)

    @cached_property
    def folder(self) -> Path:
        """The set's folder."""
        return self.root.parent if self.root.is_file() else self.root

    @cached_property
    def files(self) -> list[SetFile]:
        """The set's files.

        Raises:
            MissingInput: If there is none.
        """
        if not self.root.exists():
            raise MissingInput("the set is not there", where=self.root)
        files = self.importer.files(self.root)
        if not files:
            raise MissingInput(
                "no file of this set here", where=self.root, expected=self.importer.title,
                hint="docs/corpus.md says which files a set consists of",
            )  # fmt: skip
        return files

    @cached_property
    def shards(self) -> list[list[Piece]]:
        """What every shard reads."""
        return plan_pieces(self.folder, self.files, limit=self.limit, size=self.piece_bytes)

    @cached_property
    def pictures(self) -> Path:
        """Folder that paths of pictures are relative to, absolute."""
        return Path(os.path.abspath(self.image_root or self.folder))

    @cached_property
    def nested(self) -> dict[str, str]:
        """Folders that pictures of the set are in where it is an export of a corpus of ours."""
        if not (self.pictures / MANIFEST).is_file():
            return {}
        try:
            store = CorpusStore.open(self.pictures)
        except InputError:  # somebody else's manifest.json
            return {}
        return {name: os.path.abspath(root) for name, root in store.external.items()}

    @property
    def reference(self) -> str:
        """What pictures are referred to by."""
        return self.name or self.importer.name

    def head(self) -> dict[str, Any]:
        """Return what identifies the run in the corpus' manifest."""
        importer = self.importer
        recipe: dict[str, Any] = {
            "import": importer.name,
            "images": self.images,
            "limit": self.limit,
            "frames": self.frames,
            "piece_bytes": self.piece_bytes,
            "row_version": importer.row_version,
            "tasks": {name: list(kind) for name, kind in sorted(importer.tasks.items())},
        }
        if self.columns:
            recipe["columns"] = dict(self.columns)
        return {
            "recipe": recipe,
            "recipe_hash": blake2b(canonical_json(recipe).encode(), digest_size=8).hexdigest(),
            "source": {
                "name": importer.name,
                "title": importer.title,
                "root": os.path.abspath(self.root),
                "files": len(self.files),
                "fingerprint": fingerprint(self.folder, self.files),
            },
            "external": {**self.nested, self.reference: str(self.pictures)}
            if self.images == "refer"
            else {},
            "versions": {"sextant": __version__},
            "shards": len(self.shards),
        }


@dataclass(frozen=True, slots=True)
class ImportShard:
    """The shard function: reads its pieces, row by row into columns, and commits; picklable."""

    job: ImportJob
    writer: CorpusWriter

    def __call__(self, index: int) -> ShardSummary:
        """Import and commit one shard."""
        reading = _Reading(self.job, self.writer.shard(index))
        with _without_collector():
            tables = [reading.table(batch) for batch in reading.batches(self.job.shards[index])]
        table = pa.concat_tables(tables) if tables else SCHEMA.empty_table()
        return reading.commit(table.combine_chunks())


@contextmanager
def _without_collector() -> Iterator[None]:
    """Millions of rows hold no cycle, and looking for one takes a tenth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@dataclass(slots=True)
class _Reading:
    """What is known while a shard is read."""

    job: ImportJob
    shard: ShardWriter
    drops: Counter[tuple[str, str]] = field(default_factory=Counter)
    listed: list[dict[str, str]] = field(default_factory=list)
    notes: dict[str, Counter[str]] = field(default_factory=dict)
    lines: list[tuple[str, int]] = field(default_factory=list)

    def batches(self, pieces: list[Piece]) -> Iterator[tuple[list[SetRow], list[Place]]]:
        job, importer = self.job, self.job.importer
        store = PictureStore(job.pictures, self.shard.image, job.frames, job.nested)
        refers = job.images == "refer"
        rows: list[SetRow] = []
        places: list[Place] = []
        repaired: Counter[str] = self.notes.setdefault("repaired", Counter())
        for piece in pieces:
            file, number = piece.file, -1
            for raw in records(job.folder, piece):
                number = raw.number
                if blank(raw):
                    continue
                place = Place(file.path, number, raw.offset)
                try:
                    row = importer.row(parsed(raw.data, job.columns), file)
                    if refers:
                        refuse_changes(row)
                    else:
                        row = store.stored(row)
                except BrokenRow as error:
                    self._broken(place, error.reason, error.detail)
                    continue
                if row.repaired:
                    repaired[row.repaired] += 1
                rows.append(row)
                places.append(place)
                if len(rows) == BATCH:
                    yield rows, places
                    rows, places = [], []
            self.lines.append((file.path, number + 1))
        if rows:
            yield rows, places

    def table(self, batch: tuple[list[SetRow], list[Place]]) -> pa.Table:
        name = self.job.reference if self.job.images == "refer" else None
        known = frozenset(self.job.nested)
        found = rows_table(self.job.importer, *batch, __version__, external=name, known=known)
        for place, reason, detail in found.broken:
            self._broken(place, reason, detail)
        self.notes.setdefault("unknown_tasks", Counter()).update(found.unknown)
        return found.table

    def _broken(self, place: Place, reason: str, detail: str) -> None:
        self.drops[BROKEN, reason] += 1
        if len(self.listed) < LISTED:
            # The number of the line in its file is known when all shards are; see finish.
            self.listed.append(
                {
                    "scene_id": "", "what": reason, "where": f"{place.file}:+{place.number}",
                    "message": detail,
                }
            )  # fmt: skip

    def commit(self, table: pa.Table) -> ShardSummary:
        summary = self.shard.commit_table(
            table, self.drops, self.listed, notes=self.notes, lines=self.lines, checked=True
        )
        # More may be broken than is listed.
        return ShardSummary(summary.index, summary.samples, 0, 0, sum(self.drops.values()))
