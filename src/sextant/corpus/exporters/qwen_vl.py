"""What QwenLM's ``qwen-vl-finetune`` reads: JSONL of conversations, and how to register it.

    OUT/annotation.jsonl   {"image":["…"],"conversations":[…]}; no image where a question shows none
    OUT/data_dict.json     {"sextant_…":{"annotation_path":…,"data_path":…}}, to be added to
                           ``data_dict`` of qwenvl/data/__init__.py

The trainer reads the key ``image`` (its README shows ``images``, which its code does not look at),
cuts turns at ``<image>`` and ``<video>``, and strips white space around the pieces.
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
REGISTER = "data_dict.json"


def qwen_vl_row(row: ExportRow, full: bool = False) -> dict[str, Any]:
    """Return one line as a dictionary."""
    shape: dict[str, Any] = {"id": row.number}
    if row.images:
        shape["image"] = row.images
    shape["conversations"] = conversations(row.texts)
    return with_sample(shape, row, full)


class QwenVl:
    """Annotations and their registration."""

    name = "qwen_vl"
    title = "JSONL and registration of Qwen-VL's own trainer"
    folder = True
    modes: Sequence[str] = ("keep", "copy", "link")
    can_be_full = True
    whole = False
    taken: Sequence[str] = ("<video>", "<|image_pad|>", "<|video_pad|>")

    def write(self, rows: Iterator[ExportRow], target: Target) -> list[str]:
        """Write the folder; see ``Exporter``."""
        path = target.path / ANNOTATION
        write_lines(path, rows, partial(qwen_vl_row, full=target.full))
        entry = {
            "annotation_path": str(target.final / ANNOTATION),
            "data_path": str(target.pictures.root),
        }
        text = json.dumps({target.name: entry}, indent=2, ensure_ascii=False)
        (target.path / REGISTER).write_text(text + "\n", encoding="utf-8")
        return [f"add {target.final / REGISTER} to data_dict, then --dataset_use {target.name}"]


EXPORTER = QwenVl()
