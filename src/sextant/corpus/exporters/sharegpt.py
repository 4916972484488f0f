"""ShareGPT JSONL in the form that SenseNova-SI released.

One line per sample, in this order of keys:

    {"id":0,"image":["images/ab/….png"],"conversations":[
        {"from":"human","value":"<image>\\nWhich …"},{"from":"gpt","value":"A"}]}

``image`` is always a list, its paths are relative to the corpus folder (or to that of the file,
where pictures are copied or linked), and the first turn holds one ``<image>`` per entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from sextant.corpus.exporting.exporter import Target
from sextant.corpus.exporting.lines import conversations, with_sample, write_lines
from sextant.corpus.exporting.rows import ExportRow


def sharegpt_row(row: ExportRow, full: bool = False) -> dict[str, Any]:
    """Return one line as a dictionary."""
    shape = {"id": row.number, "image": row.images, "conversations": conversations(row.texts)}
    return with_sample(shape, row, full)


class ShareGpt:
    """JSONL of conversations."""

    name = "sharegpt"
    title = "JSONL of conversations, as SenseNova-SI was released"
    folder = False
    modes: Sequence[str] = ("keep", "copy", "link")
    can_be_full = True
    whole = False
    taken: Sequence[str] = ()

    def write(self, rows: Iterator[ExportRow], target: Target) -> list[str]:
        """Write the file; see ``Exporter``."""
        write_lines(target.path, rows, partial(sharegpt_row, full=target.full))
        return [f"image paths are relative to {target.pictures.root}"]


EXPORTER = ShareGpt()
