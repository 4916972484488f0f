"""What lmms-engine reads: parquet of structured messages, and a dataset YAML.

    OUT/train.parquet   id; messages: list of {role, content}, content a list of pieces of the
                        types image_url ({"url": path}) and text
    OUT/dataset.yaml    datasets: [{path, data_folder, data_type: parquet}]

The layout that the authors of SenseNova-SI trained Qwen3-VL from. ``dataset_format: yaml`` with
``dataset_path: OUT/dataset.yaml`` reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import yaml

from sextant.corpus.exporting.content import structured
from sextant.corpus.exporting.exporter import Target
from sextant.corpus.exporting.parquet import ParquetFile, text_bytes
from sextant.corpus.exporting.rows import ExportRow

TABLE = "train.parquet"
DATASET = "dataset.yaml"

_PIECE = pa.struct(
    [
        ("type", pa.string()),
        ("image_url", pa.struct([("url", pa.string())])),
        ("text", pa.string()),
    ]
)
SCHEMA = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field(
            "messages", pa.list_(pa.struct([("role", pa.string()), ("content", pa.list_(_PIECE))]))
        ),
    ]
)


def _picture(path: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": path}}


class LmmsEngine:
    """A table of structured messages and its description."""

    name = "lmms_engine"
    title = "parquet of structured messages and YAML of lmms-engine"
    folder = True
    modes: Sequence[str] = ("keep", "copy", "link")
    can_be_full = False
    whole = False
    taken: Sequence[str] = ("<|image_pad|>", "<|video_pad|>", "<IMG_CONTEXT>")

    def write(self, rows: Iterator[ExportRow], target: Target) -> list[str]:
        """Write the folder; see ``Exporter``."""
        with ParquetFile(target.path / TABLE, SCHEMA, group_rows=10_000) as file:
            for row in rows:
                turns = structured(row.texts, row.images, _picture)
                file.append({"id": row.id, "messages": turns}, text_bytes(row.texts))
        entry = {
            "path": str(target.final / TABLE),
            "data_folder": str(target.pictures.root),
            "data_type": "parquet",
        }
        text = yaml.safe_dump({"datasets": [entry]}, sort_keys=False, allow_unicode=True)
        (target.path / DATASET).write_text(text, encoding="utf-8")
        return [f"dataset_format: yaml, dataset_path: {target.final / DATASET}"]


EXPORTER = LmmsEngine()
