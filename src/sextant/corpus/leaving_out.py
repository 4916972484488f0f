"""A corpus without some of its rows: a new folder.

Shards stay as they are cut; what was left out is counted in ``drops.parquet`` with its reason.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from sextant._version import __version__
from sextant.corpus.id_lists import packed_ids
from sextant.errors import CorruptInput
from sextant.execution.atomic import write_bytes
from sextant.execution.engines import Workers, at_most
from sextant.execution.pool import run_shards
from sextant.execution.progress import Progress
from sextant.samples.counts import shown
from sextant.samples.layout import (
    RUN,
    SCENE_SCHEMA,
    canonical_json,
    part_name,
    read_batches,
    read_rows,
)
from sextant.samples.sample import SCHEMA
from sextant.samples.shard import ShardSummary
from sextant.samples.store import CorpusStore
from sextant.samples.writer import CorpusWriter

PLAN = "without.npy"


def write_without(
    store: CorpusStore,
    out: Path,
    rejected: Mapping[str, str],
    why: Mapping[str, Any],
    *,
    workers: Workers = 1,
    quiet: bool = True,
) -> dict[str, Any]:
    """Write a corpus again without some rows; running it again goes on where it stopped.

    Images are linked where that can be, and folders of external pictures stay what they are.

    Args:
        store: The corpus.
        out: Folder of the new one.
        rejected: Id to reason.
        why: What the manifest shall say about it, JSON.
        workers: Number of processes, or workers of Ray; the bytes do not depend on it.
        quiet: Show no progress.

    Returns:
        The new manifest.

    Raises:
        OutputError: If it cannot be written, or the folder holds something else.
        CorruptInput: If a shard cannot be copied.
    """
    reasons = tuple(sorted(set(rejected.values())))
    writer = CorpusWriter(out, _head(store, rejected, why))
    if writer.is_complete:
        return writer.finish()
    _plan(store, out, rejected, reasons)
    todo = [k for k in range(writer.shards) if k not in writer.committed()]
    with Progress("leave out", writer.shards, done=writer.shards - len(todo), quiet=quiet) as bar:
        failed = run_shards(
            todo, _Copy(store, writer, reasons), workers=at_most(workers, len(todo)),
            on_done=lambda _, summary: bar.advance(1, rows=summary.samples),
        )  # fmt: skip
    if failed:
        raise CorruptInput(
            "some shards could not be copied", where=store.root,
            got="; ".join(f"shard {f.index}: {f.reason}" for f in failed[:5]),
            hint="run the same command again with fewer workers",
        )  # fmt: skip
    return writer.finish()


def _head(
    store: CorpusStore, rejected: Mapping[str, str], why: Mapping[str, Any]
) -> dict[str, Any]:
    digest = blake2b("\n".join(sorted(rejected)).encode(), digest_size=16).hexdigest()
    before = store.manifest["head"]
    recipe = {"from": before["recipe"], "without": {"ids": digest, **why}}
    return {
        "recipe": recipe,
        "recipe_hash": blake2b(canonical_json(recipe).encode(), digest_size=16).hexdigest(),
        "source": before["source"],
        "external": {name: os.path.abspath(root) for name, root in store.external.items()},
        "versions": {**before["versions"], "audit": __version__},
        "shards": len(store.manifest["shards"]),
    }


def _plan(
    store: CorpusStore, out: Path, rejected: Mapping[str, str], reasons: tuple[str, ...]
) -> None:
    """Store what becomes of every row, for the workers: 0 = it stays, else a reason's number."""
    if (out / RUN / PLAN).exists():
        return
    numbers = {reason: k + 1 for k, reason in enumerate(reasons)}
    names = pa.array(rejected.keys(), pa.string())
    codes = np.fromiter((numbers[why] for why in rejected.values()), np.uint16, len(rejected))
    order = np.argsort(packed_ids(names), kind="stable")
    ids, codes = packed_ids(names)[order], codes[order]
    found = [np.empty(0, np.uint16)]
    for batch in store.batches(("id",)):
        mine = packed_ids(batch["id"])
        action = np.zeros(len(mine), np.uint16)
        if len(ids):
            place = np.minimum(np.searchsorted(ids, mine), len(ids) - 1)
            action = np.where(ids[place] == mine, codes[place], action)
        found.append(action)
    stream = BytesIO()
    np.save(stream, np.concatenate(found))
    write_bytes(out / RUN / PLAN, stream.getbuffer())


@dataclass(frozen=True, slots=True)
class _Copy:
    """The shard function: copies the rows that stay; picklable."""

    store: CorpusStore
    writer: CorpusWriter
    reasons: tuple[str, ...]

    def __call__(self, index: int) -> ShardSummary:
        """Copy and commit one shard."""
        store, shard = self.store, self.writer.shard(index)
        plan = np.load(self.writer.root / RUN / PLAN, mmap_mode="r")
        at = sum(int(facts["qa"]["rows"]) for facts in store.manifest["shards"][:index])
        drops: Counter[tuple[str, str]] = Counter()
        kept: list[pa.Table] = []
        for batch in read_batches(store.root / "qa" / part_name(index), SCHEMA, batch=65536):
            action = np.asarray(plan[at : at + len(batch)])
            at += len(batch)
            out = np.flatnonzero(action)
            tasks = batch["task"].take(pa.array(out)).to_pylist()
            for task, code in zip(tasks, action[out].tolist(), strict=True):
                drops[task, f"audit: {self.reasons[code - 1]}"] += 1
            kept.append(pa.Table.from_batches([batch]).filter(pa.array(action == 0)))
        table = pa.concat_tables(kept).combine_chunks() if kept else SCHEMA.empty_table()
        for path in shown(table):
            if path.startswith("images/"):
                shard.take(store.image_path(path), path)
        scenes = _scenes_of(store, index, table)
        return shard.commit_table(table, drops, scenes=scenes, checked=True)


def _scenes_of(store: CorpusStore, index: int, table: pa.Table) -> list[dict[str, Any]]:
    places = table.select(["source", "scene_id"]).group_by(["source", "scene_id"]).aggregate([])
    wanted = {(row["source"], row["scene_id"]) for row in places.to_pylist()}
    return [
        row for row in read_rows(store.root / "scenes" / part_name(index), SCENE_SCHEMA)
        if (row["source"], row["scene_id"]) in wanted
    ]  # fmt: skip
