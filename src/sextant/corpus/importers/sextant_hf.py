"""What ``sextant export --format hf`` writes: a dataset folder whose rows hold all columns.

The import gives the same samples. Their pictures stand in the rows; a folder that was exported with
``--images keep`` holds absolute paths instead and is refused: import the corpus that it was made
of. Rows whose ``messages`` are not those of the other columns were changed, and are broken.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from sextant.corpus.exporting.content import structured
from sextant.corpus.exporting.hf_schema import HF_COLUMNS
from sextant.corpus.importers.hf_parquet import parquet_files
from sextant.corpus.importing.embedded import pictures_of
from sextant.corpus.importing.set_rows import BrokenRow, SetFile, SetRow
from sextant.samples.prompt import render_answer, render_prompt
from sextant.samples.sample import Sample


class SextantHf:
    """Parquet with all columns of the samples."""

    name = "sextant_hf"
    title = "dataset folder of export --format hf"
    license = "that of the set"
    tasks: Mapping[str, tuple[str, str]] = {}
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the Parquet files."""
        return parquet_files(root)

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        missing = [name for name in (*HF_COLUMNS, "images", "messages") if name not in record]
        if missing:
            raise BrokenRow("no column of our export", missing[0])
        pictures = pictures_of(record["images"])
        if pictures.names and not pictures.data:
            raise BrokenRow("its pictures were left where they are: export with --images embed")
        whole = {name: record[name] for name in HF_COLUMNS}
        try:
            sample = Sample.from_row({**whole, "images": pictures.names})
            turns = [] if sample.turns is None else orjson.loads(sample.turns)
            texts = [render_prompt(sample), render_answer(sample), *(t["value"] for t in turns)]
            told = structured(texts, pictures.names, lambda _: {"type": "image"})
        except (TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
            raise BrokenRow("the columns hold no sample", error) from error
        if _bare(record["messages"]) != told:
            raise BrokenRow("the messages differ from the sample beside them")
        return SetRow(
            pictures.names, sample.question, sample.answer, sample.answer_type,
            turns=sample.turns, whole=whole, pictures=pictures.data,
        )  # fmt: skip


def _bare(messages: object) -> object:
    """Return messages without the keys that a table adds to every piece."""
    if isinstance(messages, list):
        return [_bare(item) for item in messages]
    if isinstance(messages, dict):
        return {key: _bare(value) for key, value in messages.items() if value is not None}
    return messages


IMPORTER = SextantHf()
