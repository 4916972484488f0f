"""OpenSpatial-3M (arXiv 2604.07296): made by the OpenSpatial engine, boxes and texts.

Layout (its card on the hub): Parquet below ``data/`` with ``conversations`` (from/value, several
turns), ``id``, ``data_source`` (arkitscenes, scannet, hypersim, Ego-Exo4D, ...), ``images`` (a list
of ``{bytes, path}``), ``type`` ("data type label"), ``meta_info`` (JSON text: sizes of pictures).

Which labels ``type`` takes is not documented: they are reported with their counts, and all rows are
``openspatial_3m.unknown`` until a table can be written from such a report.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.corpus.importers.hf_parquet import parquet_files
from sextant.corpus.importing.conversations import conversation_row
from sextant.corpus.importing.embedded import pictures_of
from sextant.corpus.importing.plain_rows import text_of
from sextant.corpus.importing.set_rows import BrokenRow, SetFile, SetRow


class OpenSpatial3m:
    """Tables of conversations."""

    name = "openspatial_3m"
    title = "OpenSpatial-3M (Parquet)"
    license = "Apache-2.0 (annotations); pictures: their sources'"
    tasks: Mapping[str, tuple[str, str]] = {}
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the tables."""
        return parquet_files(root)

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        pictures = pictures_of(record.get("images"))
        if not pictures.names:
            raise BrokenRow("a row without pictures")
        more = {"openspatial_3m": {"meta_info": record.get("meta_info")}}
        return conversation_row(
            record, pictures.names, pictures=pictures.data, task=text_of(record, "type"),
            source=f"openspatial_3m/{text_of(record, 'data_source')}", split=file.split, more=more,
        )  # fmt: skip


IMPORTER = OpenSpatial3m()
