"""``sextant info``: what a corpus is, from its manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from sextant.samples.seal import manifest_text
from sextant.samples.store import CorpusStore

SHOWN = 40
"""Values of a column that are printed; --json has all."""

_COLUMNS = ("capability", "task", "source", "license", "answer_type", "difficulty", "split",
            "rationale")  # fmt: skip


def run(corpus: Path, *, as_json: bool) -> None:
    """Carry out ``sextant info``; see its ``--help``."""
    store = CorpusStore.open(corpus)
    console = Console(highlight=False)
    if as_json:
        console.file.write(manifest_text(store.manifest))
        return
    manifest, head = store.manifest, store.manifest["head"]
    images = manifest["images"]
    lines = [
        ("rows", manifest["samples"]),
        ("scenes", manifest["scenes"]),
        ("images", f"{images['count']} ({images['bytes'] / 1e6:.1f} MB)"),
        *((f"images of {name}", f"in {store.external[name]}, shown {n} times")
          for name, n in images.get("external", {}).items() if name in store.external),
        ("tables", f"{len(manifest['shards'])}, "
         f"{sum(f['qa']['bytes'] for f in manifest['shards']) / 1e6:.1f} MB"),
        ("left out", f"{manifest['dropped']} (drops.parquet)"),
        ("broken", f"{manifest['quarantined']} (quarantine.parquet)"),
        ("recipe", head.get("recipe_hash")),
        ("made from", json.dumps(head.get("source"), ensure_ascii=False)[:300]),
        ("versions", json.dumps(head.get("versions"))),
    ]  # fmt: skip
    for name, value in lines:
        console.print(f"{name:>12}  {value}", markup=False)
    for column in _COLUMNS:
        _counts(console, column, manifest["counts"].get(column, {}))
    for name, counts in manifest.get("notes", {}).items():
        _counts(console, name, counts)


def _counts(console: Console, name: str, counts: dict[str, Any]) -> None:
    if not counts:
        return
    table = Table(name, "rows")
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    for value, n in ordered[:SHOWN]:
        table.add_row(value, str(n))
    if len(ordered) > SHOWN:
        table.add_row(f"and {len(ordered) - SHOWN} more", str(sum(n for _, n in ordered[SHOWN:])))
    console.print(table)
