"""Tables in the layouts in which benchmarks are distributed, with tiny real pictures."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from sextant.errors import SextantError
from sextant.evaluation.benchmark import Benchmark, Scored
from sextant.evaluation.items import Item
from sextant.evaluation.prompts import parts_of
from sextant.evaluation.rows import rows_of
from sextant.evaluation.table_builder import ScoreTableBuilder, group_names


def png(seed: int = 0, side: int = 24) -> bytes:
    """A noisy picture, so that its base64 text is longer than a reference to another row."""
    pixels = np.random.default_rng(seed).integers(0, 255, (side, side, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()


def base64_png(seed: int = 0) -> str:
    return base64.b64encode(png(seed)).decode()


def write_tsv(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write a table as pandas does: a header, tabs, quotes where needed, empty cells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, delimiter="\t", lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_parquet(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), path)
    return path


def hub_picture(seed: int) -> dict[str, Any]:
    """A picture as parquet files of the hub hold it."""
    return {"bytes": png(seed), "path": None}


def read_all(benchmark: Benchmark, root: Path) -> tuple[list[Item], list[SextantError]]:
    """Items and complaints."""
    broken: list[SextantError] = []
    return list(benchmark.items(root, broken.append)), broken


def headline_scores(
    benchmark: Benchmark, items: Sequence[Item], hits: Sequence[float], profile: str
) -> dict[str, float]:
    """The benchmark's micro headlines, by the real table and the real rule of what counts."""
    builder = ScoreTableBuilder(group_names(items))
    for item, hit in zip(items, hits, strict=True):
        builder.add(item, Scored(hit, "answered", item.answer if hit else None))
    table = builder.done()
    found = {}
    for headline in benchmark.headlines(profile):
        assert headline.combine is None
        rows = rows_of(table, headline)
        found[headline.name] = float(rows.points.sum() / rows.weights.sum())
    return found


def check_parts(benchmark: Benchmark, items: Sequence[Item]) -> None:
    """Every prompt of every profile shows all pictures of its item, each once, in their order."""
    assert items
    for item in items:
        for profile in benchmark.prompts:
            parts = parts_of(benchmark.prompt(item, profile).text, item.pictures)
            shown = [part for part in parts if not isinstance(part, str)]
            assert shown == list(item.pictures), (item.id, profile)
            assert "<image" not in "".join(part for part in parts if isinstance(part, str))


def points(benchmark: Benchmark, item: Item, replies: Sequence[str], profile: str) -> list[float]:
    return [benchmark.score(item, reply, profile).points for reply in replies]
