"""A corpus without some of its rows: a list of ids, or a new folder.

Shards stay as they are cut; what was left out is counted in ``drops.parquet`` with its reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow as pa

from sextant._version import __version__
from sextant.execution.atomic import write_bytes, write_text
from sextant.execution.pool import run_shards
from sextant.samples.layout import (
    SCENE_SCHEMA,
    canonical_json,
    encode_table,
    part_name,
    read_rows,
)
from sextant.samples.sample import SCHEMA, Sample
from sextant.samples.shard import ShardSummary
from sextant.samples.store import CorpusStore
from sextant.samples.writer import CorpusWriter

IDS_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
    ]
)

LISTS = (".txt", ".parquet")
"""Suffixes of a list of ids; anything else is a folder."""


def write_ids(path: Path, rejected: Mapping[str, str]) -> None:
    """Write the ids of rows to leave out: one a line, or a table with their reasons.

    Raises:
        OutputError: If it cannot be written.
    """
    if path.suffix == ".txt":
        write_text(path, "".join(f"{name}\n" for name in sorted(rejected)))
        return
    rows = sorted(rejected.items())
    columns = [pa.array([row[k] for row in rows], pa.string()) for k in range(2)]
    write_bytes(path, encode_table(pa.Table.from_arrays(columns, schema=IDS_SCHEMA)))


def write_without(
    store: CorpusStore, out: Path, rejected: Mapping[str, str], why: Mapping[str, Any]
) -> dict[str, Any]:
    """Write a corpus again without some rows; running it again goes on where it stopped.

    Args:
        store: The corpus.
        out: Folder of the new one.
        rejected: Id to reason.
        why: What the manifest shall say about it, JSON.

    Returns:
        The new manifest.

    Raises:
        OutputError: If it cannot be written, or the folder holds something else.
    """
    digest = blake2b("\n".join(sorted(rejected)).encode(), digest_size=16).hexdigest()
    before = store.manifest["head"]
    recipe = {"from": before["recipe"], "without": {"ids": digest, **why}}
    head = {
        "recipe": recipe,
        "recipe_hash": blake2b(canonical_json(recipe).encode(), digest_size=16).hexdigest(),
        "source": before["source"],
        "versions": {**before["versions"], "audit": __version__},
        "shards": len(store.manifest["shards"]),
    }
    writer = CorpusWriter(out, head)
    todo = [k for k in range(writer.shards) if k not in writer.committed()]
    run_shards(
        todo, partial(_copy_shard, store, writer, rejected), workers=1, on_done=lambda k, s: None
    )
    return writer.finish()


def _copy_shard(
    store: CorpusStore, writer: CorpusWriter, rejected: Mapping[str, str], index: int
) -> ShardSummary:
    shard = writer.shard(index)
    kept: list[Sample] = []
    drops: Counter[tuple[str, str]] = Counter()
    stored: dict[str, str] = {}
    for row in read_rows(store.root / "qa" / part_name(index), SCHEMA):
        sample = Sample.from_row(row)
        why = rejected.get(sample.id)
        if why is not None:
            drops[sample.task, f"audit: {why}"] += 1
            continue
        for path in sample.images:
            if path not in stored:
                place = store.image_path(path)
                stored[path] = shard.image(place.read_bytes(), place.suffix)
        kept.append(sample)
    places = {(sample.source, sample.scene_id) for sample in kept}
    scenes = [
        row for row in read_rows(store.root / "scenes" / part_name(index), SCENE_SCHEMA)
        if (row["source"], row["scene_id"]) in places
    ]  # fmt: skip
    return shard.commit(kept, scenes, drops)
