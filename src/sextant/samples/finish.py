"""Turning committed shards into a finished corpus: cross-checks, tables, card, manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from hashlib import file_digest
from pathlib import Path
from typing import Any

import pyarrow as pa

from sextant.errors import OutputError
from sextant.execution.atomic import output_error, write_bytes
from sextant.samples.card import render_card
from sextant.samples.counts import COUNTED
from sextant.samples.croissant import render_croissant
from sextant.samples.crosscheck import check_shards, settle_images
from sextant.samples.layout import (
    CARD,
    CROISSANT,
    DROP_SCHEMA,
    DROPS,
    FORMAT,
    FORMAT_VERSION,
    MANIFEST,
    QUARANTINE,
    QUARANTINE_SCHEMA,
    encode_table,
    file_facts,
    marker_path,
    part_name,
)
from sextant.samples.retain import selection_summary
from sextant.samples.seal import write_manifest

BROKEN = "(broken)"
"""In the drop table, the task of records that could not be read at all; the quarantine lists them,
or the first of them."""


def assemble(root: Path, head: dict[str, Any], markers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Finish a corpus whose shards are all committed; the manifest is written last.

    What it writes depends on the shards alone, not on who wrote them or when.

    Args:
        root: The corpus folder.
        head: What identifies the run.
        markers: One per shard, in order.

    Returns:
        The manifest.

    Raises:
        OutputError: If a part is damaged, two samples have the same id, a scene is in two
            splits, or an image is missing.
    """
    for index, marker in enumerate(markers):
        _check_parts(root, index, marker)
    own, asked_about = check_shards(root, len(markers))
    images: dict[str, Any] = settle_images(root, own)
    images["external"] = _sum_counts([marker["external"] for marker in markers])
    drops = _sum_drops(markers)
    quarantine = _quarantine(markers)
    counted = (*COUNTED, "rationale")
    counts = {name: _sum_counts([m["counts"][name] for m in markers]) for name in counted}
    noted = sorted({name for marker in markers for name in marker["notes"]})
    broken = sum(count for task, _, count in drops if task == BROKEN)
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "head": head,
        "samples": sum(marker["qa"]["rows"] for marker in markers),
        "scenes": sum(marker["scenes"]["rows"] for marker in markers) or asked_about,
        "images": images,
        "external": dict(head.get("external", {})),
        "counts": counts,
        "dropped": sum(count for task, _, count in drops if task != BROKEN),
        "quarantined": max(broken, len(quarantine)),
        "notes": {name: _sum_counts([m["notes"].get(name, {}) for m in markers]) for name in noted},
        "selection": selection_summary(root),
        "shards": [
            {
                kind: {"file": f"{kind}/{part_name(index)}", **marker[kind]}
                for kind in ("qa", "scenes")
            }
            for index, marker in enumerate(markers)
        ],
        "tables": {
            DROPS: _write_table(
                root / DROPS,
                [dict(zip(DROP_SCHEMA.names, row, strict=True)) for row in drops],
                DROP_SCHEMA,
            ),
            QUARANTINE: _write_table(root / QUARANTINE, quarantine, QUARANTINE_SCHEMA),
        },
    }
    manifest["files"] = {
        CARD: _write_text(root / CARD, render_card(manifest, drops)),
        CROISSANT: _write_text(root / CROISSANT, render_croissant(manifest)),
    }
    write_manifest(root / MANIFEST, manifest)
    return manifest


def _write_text(path: Path, text: str) -> dict[str, Any]:
    data = text.encode()
    write_bytes(path, data)
    return {name: value for name, value in file_facts(data, 0).items() if name != "rows"}


def _check_parts(root: Path, index: int, marker: dict[str, Any]) -> None:
    for kind in ("qa", "scenes"):
        path = root / kind / part_name(index)
        try:
            with path.open("rb") as file:
                found = file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise output_error(path, error) from error
        if found != marker[kind]["sha256"]:
            # Without its marker the shard counts as not done.
            with suppress(OSError):
                marker_path(root, index).unlink()
            raise OutputError(
                "a committed shard was changed after it was written",
                where=path,
                expected=f"sha256 {marker[kind]['sha256']}",
                got=found,
                hint="run the same command again: it makes this shard anew",
            )


def _quarantine(markers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return all listed records, those of files with their number in the file, from 1."""
    rows, before = [], Counter[str]()
    for marker in markers:
        for row in marker["quarantine"]:
            file, sign, number = row["where"].rpartition(":+")
            if sign and marker["lines"]:
                row = {**row, "where": f"{file}:{before[file] + int(number) + 1}"}
            rows.append(row)
        for file, count in marker["lines"]:
            before[file] += count
    return rows


def _sum_drops(markers: Sequence[dict[str, Any]]) -> list[tuple[str, str, int]]:
    total: Counter[tuple[str, str]] = Counter()
    for marker in markers:
        for task, reason, count in marker["drops"]:
            total[task, reason] += count
    return [(task, reason, count) for (task, reason), count in sorted(total.items())]


def _sum_counts(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(sorted(total.items()))


def _write_table(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> dict[str, Any]:
    data = encode_table(pa.Table.from_pylist(rows, schema=schema))
    write_bytes(path, data)
    return file_facts(data, len(rows))
