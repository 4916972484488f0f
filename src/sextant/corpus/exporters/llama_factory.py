"""What LLaMA-Factory reads: rows of messages, and their entry of ``dataset_info.json``.

    OUT/train.parquet        messages: list of {role, content}; images: list of paths
    OUT/dataset_info.json    says so, in LLaMA-Factory's words (formatting sharegpt)

Parquet, not JSON: LLaMA-Factory reads either by ``load_dataset``, which guesses the types of JSON
from its beginning and fails where the first rows show no picture.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import pyarrow as pa

from sextant.corpus.exporting.exporter import Target
from sextant.corpus.exporting.lines import messages
from sextant.corpus.exporting.parquet import ParquetFile, text_bytes
from sextant.corpus.exporting.rows import ExportRow

TABLE = "train.parquet"
INFO = "dataset_info.json"

SCHEMA = pa.schema(
    [
        pa.field(
            "messages", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
        ),
        pa.field("images", pa.list_(pa.string())),
    ]
)


class LlamaFactory:
    """A table of messages and its description."""

    name = "llama_factory"
    title = "parquet of messages and dataset_info.json of LLaMA-Factory"
    folder = True
    modes: Sequence[str] = ("keep", "copy", "link")
    can_be_full = False
    whole = False
    taken: Sequence[str] = (
        "<video>", "<audio>", "<IMG_CONTEXT>", "<|image_pad|>", "<|video_pad|>",
    )  # fmt: skip

    def write(self, rows: Iterator[ExportRow], target: Target) -> list[str]:
        """Write the folder; see ``Exporter``."""
        with ParquetFile(target.path / TABLE, SCHEMA, group_rows=10_000) as file:
            for row in rows:
                shape = {"messages": messages(row.texts), "images": row.images}
                file.append(shape, text_bytes(row.texts))
        entry = {
            "file_name": TABLE,
            "formatting": "sharegpt",
            "columns": {"messages": "messages", "images": "images"},
            "tags": {
                "role_tag": "role",
                "content_tag": "content",
                "user_tag": "user",
                "assistant_tag": "assistant",
                "system_tag": "system",
            },
        }
        text = json.dumps({target.name: entry}, indent=2)
        (target.path / INFO).write_text(text + "\n", encoding="utf-8")
        return [
            f"dataset: {target.name}, dataset_dir: {target.final}, "
            f"media_dir: {target.pictures.root}"
        ]


EXPORTER = LlamaFactory()
