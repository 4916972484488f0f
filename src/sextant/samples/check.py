"""Is a corpus what was written: every hash, every row, every image, and the counts of it all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import blake2b, file_digest
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from sextant.errors import InputError
from sextant.samples.columns import table_problems
from sextant.samples.counts import counts_of, shown
from sextant.samples.crosscheck import PackedIds, ScenePlaces, own_images
from sextant.samples.external import external_parts
from sextant.samples.layout import (
    IMAGE_PATH,
    MANIFEST,
    SCENE_SCHEMA,
    part_name,
    read_batches,
    read_json,
)
from sextant.samples.sample import SCHEMA
from sextant.samples.seal import manifest_problems
from sextant.samples.store import CorpusStore

BATCH = 65536

SHARD_PROBLEMS = 50
"""Malformed rows of one table that are listed."""


def _ignore(rows: int) -> None:
    pass


@dataclass(slots=True)
class CorpusCheck:
    """A look at everything in a corpus folder.

    Args:
        root: The folder.
        moved: Where folders of external images are now, by name.
        rows: Whether to look at rows, or at hashes alone.
        images: Whether to hash the corpus' own images.
        external: Whether to look for external images.
        workers: Threads that hash images.
        on_table: Called with the rows of each table that was looked at.
    """

    root: Path
    moved: dict[str, str] = field(default_factory=dict)
    rows: bool = True
    images: bool = True
    external: bool = True
    workers: int = 1
    on_table: Callable[[int], object] = _ignore
    _seen: set[str] = field(default_factory=set)

    def problems(self) -> Iterator[str]:
        """Yield what is wrong, one text each; nothing if all is well."""
        sealed = True
        for problem in manifest_problems(self.root / MANIFEST):
            sealed = False
            yield problem
        try:
            manifest = read_json(self.root / MANIFEST)
            store = CorpusStore(self.root, manifest, self.moved)
            shards = store.shard_facts()
        except InputError as error:
            yield str(error)
            return
        try:
            yield from self._files(store, shards, manifest)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if sealed:
                raise
            yield f"{self.root / MANIFEST}: what it says cannot be followed: {error!r}"

    def _files(
        self, store: CorpusStore, shards: list[dict[str, Any]], manifest: dict[str, Any]
    ) -> Iterator[str]:
        for name, facts in sorted({**manifest["tables"], **manifest.get("files", {})}.items()):
            yield from _file(self.root / Path(name).name, facts)
        yield from self._tables(store, shards, manifest)
        if self.images and self.rows:
            yield from self._own_images()

    def _tables(
        self, store: CorpusStore, shards: list[dict[str, Any]], manifest: dict[str, Any]
    ) -> Iterator[str]:
        ids, places = PackedIds(), ScenePlaces()
        counted: dict[str, Counter[str]] = {}
        total = 0
        for index, facts in enumerate(shards):
            sound = True
            for kind in ("qa", "scenes"):
                for problem in _file(self.root / kind / part_name(index), facts[kind]):
                    sound = False
                    yield problem
            path = self.root / "qa" / part_name(index)
            if sound and self.rows:
                try:
                    for start, table in _read(path):
                        total += len(table)
                        for name, counts in counts_of(table).items():
                            counted.setdefault(name, Counter()).update(counts)
                        yield from self._rows(store, path, start, table, ids, places)
                    for _ in read_batches(self.root / "scenes" / path.name, SCENE_SCHEMA):
                        pass
                except InputError as error:
                    yield str(error)
            self.on_table(int(facts["qa"]["rows"]))
        for name in sorted({p.name for p in (self.root / "qa").glob("*")}
                           - {part_name(i) for i in range(len(shards))}):  # fmt: skip
            yield f"{self.root / 'qa' / name}: not in the manifest"
        count, examples = ids.twice()
        if count:
            yield f"{self.root}: {count} ids occur twice, e.g. {', '.join(examples)}"
        if self.rows and total == sum(int(facts["qa"]["rows"]) for facts in shards):
            if total != manifest["samples"]:
                yield f"{self.root}: {total} rows, the manifest says {manifest['samples']}"
            for name, counts in sorted(counted.items()):
                said = manifest["counts"].get(name)
                if said is not None and said != dict(counts):
                    yield f"{self.root}: counts of {name} are not those of the manifest"

    def _rows(
        self, store: CorpusStore, path: Path, start: int, table: pa.Table, ids: PackedIds,
        places: ScenePlaces,
    ) -> Iterator[str]:  # fmt: skip
        bad = False
        for row, problems in table_problems(table, limit=SHARD_PROBLEMS):
            bad = True
            yield f"{path}: row {start + row}: {'; '.join(problems)}"
        if bad:
            return
        ids.add(table["id"].combine_chunks())
        for batch in table.to_batches():
            crossing = places.add(batch)
            if crossing is not None:
                source, scene, known, split = crossing
                yield f"{path}: scene {scene} of {source} is in {known} and in {split}"
        self._seen.update(own_images(table["images"].combine_chunks()))
        if self.external:
            yield from _external(store, path, table)

    def _own_images(self) -> Iterator[str]:
        wanted = sorted(self._seen)
        with ThreadPoolExecutor(self.workers) as threads:
            waiting = iter(wanted)
            while some := list(islice(waiting, 4096)):
                yield from (p for p in threads.map(self._image, some) if p is not None)
        for folder in sorted((self.root / "images").glob("*")):
            names = sorted(folder.iterdir()) if folder.is_dir() else [folder]
            for file in names:
                if file.relative_to(self.root).as_posix() not in self._seen:
                    yield f"{file}: shown by no row"

    def _image(self, relative: str) -> str | None:
        path = self.root / relative
        if IMAGE_PATH.fullmatch(relative) is None:
            return f"{path}: not named after its content"
        try:
            if not path.resolve().is_relative_to(self.root.resolve()):
                return f"{path}: leads out of the corpus"
            with path.open("rb") as file:
                digest = file_digest(file, lambda: blake2b(digest_size=16)).hexdigest()
        except (OSError, RuntimeError) as error:
            return f"{path}: {getattr(error, 'strerror', None) or error}"
        return None if digest == path.stem else f"{path}: other bytes than its name says"


def _read(path: Path) -> Iterator[tuple[int, pa.Table]]:
    start = 0
    for batch in read_batches(path, SCHEMA, batch=BATCH):
        yield start, pa.Table.from_batches([batch])
        start += len(batch)


def _file(path: Path, facts: dict[str, Any]) -> Iterator[str]:
    try:
        size = path.stat().st_size
        if size != facts["bytes"]:
            yield f"{path}: {size} bytes, not {facts['bytes']}"
            return
        with path.open("rb") as file:
            if file_digest(file, "sha256").hexdigest() != facts["sha256"]:
                yield f"{path}: other bytes than were written"
    except OSError as error:
        yield f"{path}: {error.strerror or error}"


def _external(store: CorpusStore, path: Path, table: pa.Table) -> Iterator[str]:
    """Look for the external images of a table; what is missing is one line, however much it is."""
    missing = []
    for relative in shown(table):
        if external_parts(relative) is None:
            continue
        try:
            if not store.image_path(relative).is_file():
                missing.append(relative)
        except InputError as error:
            yield f"{path}: {error.what}: {relative}"
    if missing:
        yield f"{path}: {len(missing)} external images are not there, e.g. {missing[0]}"
