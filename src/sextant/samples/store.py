"""The reading side of a corpus, in constant memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import Any

import pyarrow as pa

from sextant.errors import CorruptInput, InputError, MissingInput
from sextant.samples.external import external_parts, external_roots, inside, moved_roots
from sextant.samples.layout import (
    DROP_SCHEMA,
    DROPS,
    FORMAT,
    FORMAT_VERSION,
    MANIFEST,
    QUARANTINE,
    QUARANTINE_SCHEMA,
    RUN,
    SCENE_JSON_COLUMNS,
    SCENE_SCHEMA,
    part_name,
    read_batches,
    read_json,
    read_rows,
)
from sextant.samples.sample import SCHEMA, Sample
from sextant.samples.validate import image_path_problem
from sextant.samples.writer import CorpusWriter

__all__ = ["CorpusStore", "CorpusWriter"]


class CorpusStore:
    """A finished corpus folder. Use ``CorpusStore.open``.

    Attributes:
        root: The folder.
        manifest: What ``manifest.json`` says.
        external: Folder of every name that external images are under.
    """

    def __init__(
        self, root: Path, manifest: dict[str, Any], moved: Mapping[str, str] | None = None
    ) -> None:
        self.root = root
        self.manifest = manifest
        stated = manifest.get("external") or {}
        if not isinstance(stated, dict):
            raise CorruptInput("the manifest is damaged", where=root / MANIFEST, got="external")
        self.external = external_roots(root, stated, {**moved_roots(), **(moved or {})})

    @classmethod
    def open(cls, root: Path, *, external: Mapping[str, str] | None = None) -> CorpusStore:
        """Open a finished corpus and check that its parts have the sizes the manifest states.

        Args:
            root: The folder.
            external: Where folders of external images have moved to, by name.

        Raises:
            MissingInput: If there is no corpus, or an unfinished one, or a part is missing.
            CorruptInput: If the manifest is damaged or a part is truncated.
            InputError: If the manifest is of something else or of a later format.
        """
        root = Path(root)
        path = root / MANIFEST
        if not path.exists():
            unfinished = (root / RUN).is_dir()
            raise MissingInput(
                "the corpus is unfinished" if unfinished else "no corpus here",
                where=root,
                expected=MANIFEST,
                hint="run the command that made it again: it goes on where it stopped"
                if unfinished
                else "point to the folder that holds manifest.json and qa/",
            )
        manifest = read_json(path)
        if manifest.get("format") != FORMAT or manifest.get("format_version") != FORMAT_VERSION:
            raise InputError(
                "not a corpus this version can read",
                where=path,
                expected=f"{FORMAT} {FORMAT_VERSION}",
                got=f"{manifest.get('format')} {manifest.get('format_version')}",
            )
        store = cls(root, manifest, external)
        store._check_sizes()
        return store

    def __len__(self) -> int:
        return self.count

    @property
    def count(self) -> int:
        """Number of samples."""
        return int(self.manifest["samples"])

    def samples(self, *, batch: int = 4096) -> Iterator[Sample]:
        """Stream all samples in shard order, ``batch`` rows in memory at a time."""
        for row in self.rows(batch=batch):
            yield Sample.from_row(row)

    def rows(
        self, columns: Sequence[str] | None = None, *, batch: int = 4096
    ) -> Iterator[dict[str, Any]]:
        """Stream rows as dictionaries of some columns, in shard order."""
        for path in self._parts("qa"):
            yield from read_rows(path, SCHEMA, columns=columns, batch=batch)

    def batches(
        self, columns: Sequence[str] | None = None, *, batch: int = 65536
    ) -> Iterator[pa.RecordBatch]:
        """Stream Arrow batches of some columns, in shard order."""
        for path in self._parts("qa"):
            yield from read_batches(path, SCHEMA, columns=columns, batch=batch)

    def table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Return all samples as one Arrow table; name the columns to keep it small."""
        schema = SCHEMA if columns is None else pa.schema([SCHEMA.field(c) for c in columns])
        batches = [
            records
            for path in self._parts("qa")
            for records in read_batches(path, SCHEMA, columns=columns, batch=65536)
        ]
        return (
            pa.Table.from_batches(batches).select(schema.names)
            if batches
            else (schema.empty_table())
        )

    def scenes(self) -> Iterator[dict[str, Any]]:
        """Stream the scenes; room, objects and cameras are parsed."""
        for path in self._parts("scenes"):
            for row in read_rows(path, SCENE_SCHEMA, batch=64):
                for name in SCENE_JSON_COLUMNS:
                    row[name] = _parsed(row[name], f"{path}: {row['scene_id']}.{name}")
                yield row

    def drops(self) -> list[dict[str, Any]]:
        """Return why facts were not asked: task, reason, count."""
        return self._small_table(DROPS, DROP_SCHEMA)

    def quarantine(self) -> list[dict[str, Any]]:
        """Return what could not be read: scene_id, what, where, message."""
        return self._small_table(QUARANTINE, QUARANTINE_SCHEMA)

    def image_path(self, relative: str) -> Path:
        """Return where an image of a sample lies, in the corpus or in a folder it refers to.

        Raises:
            InputError: If the path leaves that folder, be it by a symbolic link, or if the
                manifest names no such folder.
        """
        root, path = self.image_place(relative)
        found = inside(root, path)
        if found is None:
            raise InputError(
                "an image path leaves "
                + ("the corpus folder" if root == self.root else "its folder of external images"),
                where=root,
                expected="a relative path below it, links followed",
                got=repr(relative),
            )
        return found

    def image_place(self, relative: str) -> tuple[Path, str]:
        """Return the folder that an image is in and its path there, without a look at the disk.

        Raises:
            InputError: If the path cannot be meant, or the manifest names no such folder.
        """
        problem = image_path_problem(relative)
        if problem is not None:
            raise InputError(
                "an image path leaves the corpus folder", where=self.root,
                expected="a relative path below the corpus folder", got=problem,
            )  # fmt: skip
        parts = external_parts(relative)
        if parts is None:
            return self.root, relative
        if parts[0] not in self.external:
            raise InputError(
                "the manifest does not say where these images are",
                where=self.root / MANIFEST,
                expected=f"external: one of {', '.join(self.external) or 'none'}",
                got=parts[0],
            )
        return self.external[parts[0]], parts[1]

    def verify(self, *, images: bool = True) -> list[str]:
        """Hash every file and return what is not as it was written; an empty list if all is."""
        problems = []
        for index, facts in enumerate(self.shard_facts()):
            for kind in ("qa", "scenes"):
                path = self.root / kind / part_name(index)
                if _sha256(path) != facts[kind]["sha256"]:
                    problems.append(f"{path}: other bytes than were written")
        for name, facts in self.manifest["tables"].items():
            if name in (DROPS, QUARANTINE) and _sha256(self.root / name) != facts["sha256"]:
                problems.append(f"{self.root / name}: other bytes than were written")
        if images:
            seen: set[str] = set()
            for row in self.rows(("images",)):
                for relative in row["images"]:
                    if relative not in seen:
                        seen.add(relative)
                        path = self.image_path(relative)
                        if not _is_itself(path):
                            problems.append(f"{path}: missing, or other bytes than its name says")
        return problems

    def shard_facts(self) -> list[dict[str, Any]]:
        """Return what the manifest says of every shard.

        Raises:
            CorruptInput: If it says no such thing.
        """
        try:
            shards = self.manifest["shards"]
            for facts in shards:
                for kind in ("qa", "scenes"):
                    int(facts[kind]["bytes"]), int(facts[kind]["rows"]), str(facts[kind]["sha256"])
            int(self.manifest["samples"]), dict(self.manifest["tables"])
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptInput(
                "the manifest is damaged", where=self.root / MANIFEST, got=repr(error)
            ) from error
        return list(shards)

    def _parts(self, kind: str) -> Iterator[Path]:
        # Names are made here, not taken from the manifest, which may come from anywhere.
        return (self.root / kind / part_name(i) for i in range(len(self.shard_facts())))

    def _check_sizes(self) -> None:
        for index, facts in enumerate(self.shard_facts()):
            for kind in ("qa", "scenes"):
                path = self.root / kind / part_name(index)
                try:
                    size = path.stat().st_size
                except OSError as error:
                    raise MissingInput("a part of the corpus is missing", where=path) from error
                if size != facts[kind]["bytes"]:
                    raise CorruptInput(
                        "a part of the corpus is truncated or was changed",
                        where=path,
                        expected=f"{facts[kind]['bytes']} bytes",
                        got=f"{size} bytes",
                        hint="copy it again from where it was made",
                    )

    def _small_table(self, name: str, schema: pa.Schema) -> list[dict[str, Any]]:
        return list(read_rows(self.root / name, schema))


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CorruptInput("not JSON", where=where, got=error) from error


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _is_itself(path: Path) -> bool:
    try:
        return blake2b(path.read_bytes(), digest_size=16).hexdigest() == path.stem
    except OSError:
        return False
