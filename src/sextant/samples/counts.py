"""How many rows of a table hold which value: what manifest and card state."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

COUNTED = (
    "capability",
    "task",
    "source",
    "split",
    "license",
    "answer_type",
    "difficulty",
    "generator",
)
"""Columns of which the manifest and the card state how many rows hold which value."""


def shown(table: pa.Table) -> list[str]:
    """Return the images that a table's rows show, each once."""
    if not len(table):
        return []
    found: list[str] = pc.unique(pc.list_flatten(table["images"])).to_pylist()
    return found


def counts_of(table: pa.Table) -> dict[str, dict[str, int]]:
    """Return how many rows hold which value of ``COUNTED``, and how many have a rationale."""
    counts = {name: _value_counts(table[name]) for name in COUNTED}
    given = len(table) - table["rationale"].null_count
    both = {"given": given, "none": len(table) - given}
    counts["rationale"] = {name: n for name, n in both.items() if n}
    return counts


def external_counts(table: pa.Table) -> dict[str, int]:
    """Return how often rows show a picture of each external folder."""
    paths = pc.list_flatten(table["images"])
    paths = paths.filter(pc.starts_with(paths, "external/"))
    if not len(paths):
        return {}
    return _value_counts(pc.extract_regex(paths, "^external/(?P<name>[^/]+)/").combine_chunks()
                         .field("name"))  # fmt: skip


def _value_counts(column: pa.ChunkedArray | pa.Array) -> dict[str, int]:
    pairs = pc.value_counts(column)
    names, counts = pairs.field("values").to_pylist(), pairs.field("counts").to_pylist()
    return dict(sorted(zip(names, counts, strict=True)))
