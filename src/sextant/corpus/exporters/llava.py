"""LLaVA's instruction data: one JSON array of ``id``, ``image`` and ``conversations``.

The layout of LLaVA-Instruct-150K and what follows it: ``id`` is a text; ``image`` is one path, a
list where a question shows several (LLaVA-NeXT-Interleave, LLaVA-OneVision), and is missing where
it shows none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from sextant.corpus.exporting.exporter import Target
from sextant.corpus.exporting.lines import conversations, with_sample, write_array
from sextant.corpus.exporting.rows import ExportRow


def llava_row(row: ExportRow, full: bool = False) -> dict[str, Any]:
    """Return one element as a dictionary."""
    shape: dict[str, Any] = {"id": row.id}
    if row.images:
        shape["image"] = row.images[0] if len(row.images) == 1 else row.images
    shape["conversations"] = conversations(row.texts)
    return with_sample(shape, row, full)


class Llava:
    """An array of conversations."""

    name = "llava"
    title = "JSON array of conversations, as LLaVA-Instruct"
    folder = False
    modes: Sequence[str] = ("keep", "copy", "link")
    can_be_full = True
    whole = False
    taken: Sequence[str] = ()

    def write(self, rows: Iterator[ExportRow], target: Target) -> list[str]:
        """Write the file; see ``Exporter``."""
        write_array(target.path, rows, partial(llava_row, full=target.full))
        return [f"--image_folder {target.pictures.root}"]


EXPORTER = Llava()
