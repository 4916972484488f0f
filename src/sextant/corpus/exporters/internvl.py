"""What OpenGVLab's ``internvl_chat_finetune.py`` reads: annotation JSONL and a meta JSON.

    OUT/annotation.jsonl   {"id":0,"image":"…" or ["…","…"] or missing,"conversations":[…]}
    OUT/meta.json          {"sextant_…":{"root":…,"annotation":…,"data_augment":false,
                            "max_dynamic_patch":12,"repeat_time":1,"length":…}}

``internvl_chat_finetune.py`` takes a row with a text for ``image`` as one picture, with a list as
several, and without it as text. ``data_augment`` compresses pictures as JPEG and stays off: small
marks are questions here. ``length`` is the number of rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from sextant.corpus.exporting.exporter import Target
from sextant.corpus.exporting.lines import conversations, with_sample, write_lines
from sextant.corpus.exporting.rows import ExportRow

ANNOTATION = "annotation.jsonl"
META = "meta.json"


def internvl_row(row: ExportRow, full: bool = False) -> dict[str, Any]:
    """Return one line as a dictionary."""
    shape: dict[str, Any] = {"id": row.number}
    if row.images:
        shape["image"] = row.images[0] if len(row.images) == 1 else row.images
    shape["conversations"] = conversations(row.texts)
    return with_sample(shape, row, full)


class InternVl:
    """Annotations and their meta file."""

    name = "internvl"
    title = "annotation JSONL and meta JSON of InternVL's own trainer"
    folder = True
    modes: Sequence[str] = ("keep", "copy", "link")
    can_be_full = True
    whole = False
    # The trainer counts </img> tokens against pictures, and puts features where <IMG_CONTEXT> is.
    taken: Sequence[str] = ("<IMG_CONTEXT>", "<img>", "</img>")

    def write(self, rows: Iterator[ExportRow], target: Target) -> list[str]:
        """Write the folder; see ``Exporter``."""
        path = target.path / ANNOTATION
        length = write_lines(path, rows, partial(internvl_row, full=target.full))
        entry = {
            "root": str(target.pictures.root),
            "annotation": str(target.final / ANNOTATION),
            "data_augment": False,
            "max_dynamic_patch": 12,
            "repeat_time": 1,
            "length": length,
        }
        text = json.dumps({target.name: entry}, indent=2, ensure_ascii=False)
        (target.path / META).write_text(text + "\n", encoding="utf-8")
        return [f"--meta_path {target.final / META}"]


EXPORTER = InternVl()
