"""Leaving rows out of committed shards: a plan is stored first, then followed shard by shard.

The plan is written before any shard is touched, and following it twice changes nothing, so that a
run stopped anywhere in between goes on to the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from sextant.errors import InputError, OutputError
from sextant.execution.atomic import write_bytes, write_text
from sextant.samples.counts import counts_of, external_counts
from sextant.samples.layout import (
    RUN,
    canonical_json,
    encode_table,
    file_facts,
    marker_path,
    part_name,
    read_batches,
    read_json,
)
from sextant.samples.sample import SCHEMA

PLAN, SUMMARY = "selection.parquet", "selection.json"

PLAN_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Which rows are left out.

    Attributes:
        rejected: Row id to the reason, which the drop table counts.
        summary: What the manifest says of the selection, JSON.
    """

    rejected: Mapping[str, str]
    summary: Mapping[str, Any] = field(default_factory=dict)


def retain(root: Path, shards: int, decide: Callable[[Sequence[Path]], Plan]) -> None:
    """Leave rows out of the committed shards of an unfinished corpus.

    Args:
        root: The corpus folder, every shard committed.
        shards: Their number.
        decide: Makes the plan from the paths of all tables of samples; called once per corpus.

    Raises:
        OutputError: If a table cannot be read or written.
    """
    summary_path = root / RUN / SUMMARY
    if not summary_path.exists():
        plan = decide([root / "qa" / part_name(index) for index in range(shards)])
        # Another job may have planned meanwhile, and begun to follow its plan; then ours may have
        # seen shards without the rows it left out.
        if not summary_path.exists():
            rows = [{"id": i, "reason": why} for i, why in sorted(plan.rejected.items())]
            table = pa.Table.from_pylist(rows, schema=PLAN_SCHEMA)
            write_bytes(root / RUN / PLAN, encode_table(table))
            write_text(summary_path, canonical_json(dict(plan.summary)))
    try:
        rejected: dict[str, str] = {}
        for batch in read_batches(root / RUN / PLAN, PLAN_SCHEMA, batch=65536):
            columns = batch.to_pydict()
            rejected.update(zip(columns["id"], columns["reason"], strict=True))
        for index in range(shards):
            _follow(root, index, rejected)
    except InputError as error:
        raise OutputError("a committed shard cannot be read", where=root, got=error) from error


def selection_summary(root: Path) -> dict[str, Any] | None:
    """Return what the followed plan says of itself; None if nothing was left out."""
    path = root / RUN / SUMMARY
    return read_json(path) if path.exists() else None


def _follow(root: Path, index: int, rejected: Mapping[str, str]) -> None:
    marker = read_json(marker_path(root, index))
    if marker.get("selected"):
        return
    path = root / "qa" / part_name(index)
    table = pa.Table.from_batches(list(read_batches(path, SCHEMA)), schema=SCHEMA)
    ids, tasks = table.column("id").to_pylist(), table.column("task").to_pylist()
    drops: Counter[tuple[str, str]] = Counter()
    for task, why, count in marker["drops"]:
        drops[task, why] += count
    keep = []
    for row_id, task in zip(ids, tasks, strict=True):
        why = rejected.get(row_id)
        keep.append(why is None)
        if why is not None:
            drops[task, why] += 1
    if not all(keep):
        table = table.filter(pa.array(keep, type=pa.bool_()))
        data = encode_table(table)
        write_bytes(path, data)
        marker["qa"] = file_facts(data, table.num_rows)
        marker["counts"] = counts_of(table)
        marker["external"] = external_counts(table)
        marker["drops"] = sorted([task, why, n] for (task, why), n in drops.items())
    marker["selected"] = True
    write_text(marker_path(root, index), canonical_json(marker))
