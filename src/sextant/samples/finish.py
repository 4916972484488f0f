"""Turning committed shards into a finished corpus: cross-checks, tables, card, manifest."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from hashlib import file_digest
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sextant.errors import InputError, OutputError
from sextant.execution.atomic import is_temporary, output_error, write_bytes, write_text
from sextant.samples.card import render_card
from sextant.samples.layout import (
    CARD,
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
    read_batches,
)
from sextant.samples.retain import selection_summary
from sextant.samples.sample import SCHEMA
from sextant.samples.shard import COUNTED

_PLACE = ("source", "scene_id", "split")
_CHECKED = ("id", "images", *_PLACE)


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
    images = _settle_images(root, _check_samples(root, len(markers)))
    drops = _sum_drops(markers)
    quarantine = [row for marker in markers for row in marker["quarantine"]]
    counts = {name: _sum_counts(markers, name) for name in COUNTED}
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "head": head,
        "samples": sum(marker["qa"]["rows"] for marker in markers),
        "scenes": sum(marker["scenes"]["rows"] for marker in markers),
        "images": images,
        "counts": counts,
        "dropped": sum(count for _, _, count in drops),
        "quarantined": len(quarantine),
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
    write_text(root / CARD, render_card(manifest, drops))
    write_text(root / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")
    return manifest


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


def _check_samples(root: Path, shards: int) -> set[str]:
    """Check ids and splits across shards; return the paths of all images that are shown.

    Ids are held as 8 bytes each, image paths once each: ten million samples take some 80 MB.
    """
    ids: list[NDArray[np.uint64]] = [np.zeros(0, dtype=np.uint64)]
    images: set[str] = set()
    splits: dict[tuple[str, str], str] = {}
    for index in range(shards):
        path = root / "qa" / part_name(index)
        try:
            for batch in read_batches(path, SCHEMA, columns=_CHECKED, batch=65536):
                packed = bytes.fromhex("".join(batch.column("id").to_pylist()))
                ids.append(np.frombuffer(packed, dtype=">u8").astype(np.uint64))
                images.update(batch.column("images").flatten().unique().to_pylist())
                places = pa.Table.from_batches([batch]).group_by(list(_PLACE)).aggregate([])
                for row in places.to_pylist():
                    _refuse_crossing(splits, row["source"], row["scene_id"], row["split"])
        except InputError as error:
            raise OutputError("a committed shard cannot be read", where=path, got=error) from error
    _refuse_duplicates(np.concatenate(ids), root)
    return images


def _refuse_crossing(
    splits: dict[tuple[str, str], str], source: str, scene_id: str, split: str
) -> None:
    known = splits.setdefault((source, scene_id), split)
    if known != split:
        raise OutputError(
            "a scene is in two splits",
            where=f"{source}: {scene_id}",
            expected=known,
            got=split,
            hint="splits are by scene; is one scene listed twice under different splits?",
        )


def _refuse_duplicates(ids: NDArray[np.uint64], root: Path) -> None:
    values, times = np.unique(ids, return_counts=True)
    if len(values) < len(ids):
        twice = [f"{int(value):016x}" for value in values[times > 1][:5]]
        raise OutputError(
            "samples of different shards have the same id",
            where=root,
            got=f"{len(ids) - len(values)} duplicates, e.g. {', '.join(twice)}",
            hint="is a scene listed twice in the source?",
        )


def _settle_images(root: Path, wanted: set[str]) -> dict[str, int]:
    """Remove images no sample shows, left by shards that were killed; count the others."""
    size = count = 0
    for folder in sorted((root / "images").glob("*")):
        kept = False
        for path in sorted(folder.iterdir()):
            if is_temporary(path.name):
                continue
            if f"images/{folder.name}/{path.name}" in wanted:
                kept = True
                count += 1
                size += path.stat().st_size
            else:
                path.unlink(missing_ok=True)
        if not kept:
            with suppress(OSError):
                folder.rmdir()
    if count != len(wanted):
        raise OutputError(
            "images of committed shards are missing",
            where=root / "images",
            got=f"{len(wanted) - count} of {len(wanted)} missing",
            hint="something removed them: start again in an empty folder",
        )
    return {"count": count, "bytes": size}


def _sum_drops(markers: Sequence[dict[str, Any]]) -> list[tuple[str, str, int]]:
    total: Counter[tuple[str, str]] = Counter()
    for marker in markers:
        for task, reason, count in marker["drops"]:
            total[task, reason] += count
    return [(task, reason, count) for (task, reason), count in sorted(total.items())]


def _sum_counts(markers: Sequence[dict[str, Any]], name: str) -> dict[str, int]:
    total: Counter[str] = Counter()
    for marker in markers:
        total.update(marker["counts"][name])
    return dict(sorted(total.items()))


def _write_table(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> dict[str, Any]:
    data = encode_table(pa.Table.from_pylist(rows, schema=schema))
    write_bytes(path, data)
    return file_facts(data, len(rows))
