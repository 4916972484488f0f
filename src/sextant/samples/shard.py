"""One shard of a corpus: its images, its samples, and the marker that says it is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow as pa

from sextant.execution.atomic import link_file, output_error, sync_files, write_bytes, write_text
from sextant.samples.columns import table_problems
from sextant.samples.counts import counts_of, external_counts, shown
from sextant.samples.external import external_parts
from sextant.samples.layout import (
    IMAGE_PATH,
    QUARANTINE_SCHEMA,
    SCENE_JSON_COLUMNS,
    SCENE_SCHEMA,
    canonical_json,
    encode_table,
    file_facts,
    marker_path,
    part_name,
    samples_table,
)
from sextant.samples.sample import Sample
from sextant.samples.validate import check_sample


@dataclass(frozen=True, slots=True)
class ShardSummary:
    """What a worker hands back to its parent.

    Attributes:
        index: The shard.
        samples, scenes, dropped, quarantined: How many of each.
    """

    index: int
    samples: int
    scenes: int
    dropped: int
    quarantined: int


class ShardWriter:
    """Writes one shard; made by ``CorpusWriter.shard`` in whichever process does the work.

    Nothing counts until ``commit`` has written the marker, and a shard may be written twice, even
    at the same time: both writers leave the same bytes.
    """

    def __init__(
        self, root: Path, index: int, head_hash: str, external: frozenset[str] = frozenset()
    ) -> None:
        self.root = root
        self.index = index
        self.head_hash = head_hash
        self.external = external
        self._images: set[str] = set()

    def image(self, data: bytes, suffix: str) -> str:
        """Store an image under the hash of its bytes, once, and return its relative path.

        Args:
            data: The encoded file.
            suffix: ``.png``, ``.jpg`` or ``.webp``.

        Raises:
            OutputError: If it cannot be written.
        """
        digest = blake2b(data, digest_size=16).hexdigest()
        relative = f"images/{digest[:2]}/{digest}{suffix}"
        if IMAGE_PATH.fullmatch(relative) is None:
            raise ValueError(f"not a file suffix: {suffix!r}")
        if relative not in self._images:
            path = self.root / relative
            try:
                there = path.stat().st_size == len(data)
            except FileNotFoundError:
                there = False
            except OSError as error:
                raise output_error(path, error) from error
            if not there:
                # Synced once per shard, in commit.
                write_bytes(path, data, durable=False)
            self._images.add(relative)
        return relative

    def has(self, relative: str) -> bool:
        """Tell whether this writer has stored, or taken, an image."""
        return relative in self._images

    def take(self, path: Path, relative: str) -> None:
        """Take over an image of another corpus, as a second name of its file where that can be.

        Args:
            path: Where it lies.
            relative: Its path in a corpus, which follows from its bytes.

        Raises:
            OutputError: If it cannot be written.
            InputError: If it is not there.
        """
        if IMAGE_PATH.fullmatch(relative) is None:
            raise ValueError(f"no image of a corpus: {relative!r}")
        link_file(path, self.root / relative)
        self._images.add(relative)

    def commit(
        self,
        samples: Sequence[Sample],
        scenes: Sequence[Mapping[str, Any]],
        drops: Mapping[tuple[str, str], int],
        quarantine: Sequence[Mapping[str, str]] = (),
    ) -> ShardSummary:
        """Write the shard; it is committed when this returns, and not at all if it raises.

        Args:
            samples: In their final order; every image was given to ``image`` before.
            scenes: One mapping per scene with the columns of ``SCENE_SCHEMA``; ``room``,
                ``objects`` and ``cameras`` as values that become JSON, or as JSON texts.
            drops: Number of facts dropped by (task, reason).
            quarantine: What could not be read: ``scene_id``, ``what``, ``where``, ``message``.

        Raises:
            ValueError: For a malformed sample, a duplicate id, or an image that was not stored:
                mistakes of the caller, not of the user.
            OutputError: If it cannot be written.
        """
        self._check(samples)
        rows = {f.name: [getattr(s, f.name) for s in samples] for f in fields(Sample)}
        return self._commit(samples_table(rows), scenes, drops, quarantine, {})

    def commit_table(
        self,
        table: pa.Table,
        drops: Mapping[tuple[str, str], int],
        quarantine: Sequence[Mapping[str, str]] = (),
        *,
        scenes: Sequence[Mapping[str, Any]] = (),
        notes: Mapping[str, Mapping[str, int]] | None = None,
        lines: Sequence[tuple[str, int]] = (),
        checked: bool = False,
    ) -> ShardSummary:
        """Write the shard from a table, column by column; see ``commit``.

        Args:
            table: Of the samples' schema; every image of its own was given to ``image`` before.
            drops: As for ``commit``.
            quarantine: As for ``commit``.
            scenes: As for ``commit``.
            notes: Further counts, summed up over shards into the manifest's ``notes``.
            lines: Files read, in order, and how many records of each. A place in the quarantine
                that ends in ``:+<n>`` counts from the first of these; the finished table counts
                from the file's first, which no shard knows alone.
            checked: The rows were copied from a corpus, or looked at already.
        """
        if not checked:
            for row, problems in table_problems(table, limit=1):
                raise ValueError(f"malformed row {row}: " + "; ".join(problems))
            for path in shown(table):
                self._check_there(path)
        return self._commit(table, scenes, drops, quarantine, notes or {}, lines)

    def _commit(
        self,
        table: pa.Table,
        scenes: Sequence[Mapping[str, Any]],
        drops: Mapping[tuple[str, str], int],
        quarantine: Sequence[Mapping[str, str]],
        notes: Mapping[str, Mapping[str, int]],
        lines: Sequence[tuple[str, int]] = (),
    ) -> ShardSummary:
        self._sync_images(table)
        marker = {
            "shard": self.index,
            "head_hash": self.head_hash,
            "qa": self._write_part("qa", table),
            "scenes": self._write_part("scenes", _scenes_table(scenes)),
            "drops": sorted([task, why, int(n)] for (task, why), n in drops.items() if n),
            "quarantine": [
                {name: str(row[name]) for name in QUARANTINE_SCHEMA.names} for row in quarantine
            ],
            "counts": counts_of(table),
            "external": external_counts(table),
            "notes": {name: dict(counts) for name, counts in notes.items() if counts},
            "lines": [list(read) for read in lines],
        }
        write_text(marker_path(self.root, self.index), canonical_json(marker))
        dropped = sum(drops.values())
        return ShardSummary(self.index, len(table), len(scenes), dropped, len(quarantine))

    def _check_there(self, path: str) -> None:
        parts = external_parts(path)
        if parts is not None and parts[0] not in self.external:
            raise ValueError(f"the corpus refers to no folder {parts[0]!r}: {path}")
        if parts is None and path not in self._images and not self._is_stored(path):
            raise ValueError(f"image was never stored: {path}")

    def _check(self, samples: Sequence[Sample]) -> None:
        seen: set[str] = set()
        for sample in samples:
            problems = check_sample(sample)
            problems += [
                f"image was never stored: {path}"
                for path in sample.images
                if path not in self._images
                and not self._is_stored(path)
                and (external_parts(path) or ("",))[0] not in self.external
            ]
            if sample.id in seen:
                problems.append("another sample of this shard has the same id")
            seen.add(sample.id)
            if problems:
                raise ValueError(
                    f"malformed sample {sample.id} of {sample.task} in {sample.source}: "
                    f"{sample.scene_id}: " + "; ".join(problems)
                )

    def _is_stored(self, path: str) -> bool:
        if IMAGE_PATH.fullmatch(path) is None or not (self.root / path).is_file():
            return False
        self._images.add(path)
        return True

    def _sync_images(self, table: pa.Table) -> None:
        # Also images that another shard has written but perhaps not synced yet.
        sync_files(self.root / path for path in sorted(shown(table)) if path.startswith("images/"))

    def _write_part(self, kind: str, table: pa.Table) -> dict[str, Any]:
        data = encode_table(table)
        write_bytes(self.root / kind / part_name(self.index), data)
        return file_facts(data, table.num_rows)


def _scenes_table(scenes: Sequence[Mapping[str, Any]]) -> pa.Table:
    rows = []
    for scene in scenes:
        row = {name: scene[name] for name in SCENE_SCHEMA.names}
        for name in SCENE_JSON_COLUMNS:
            if not isinstance(row[name], str):
                row[name] = canonical_json(row[name])
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=SCENE_SCHEMA)
