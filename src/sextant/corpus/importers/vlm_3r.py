"""VLM-3R's training questions (arXiv 2505.20279): VSI- and VSTI-style, about videos of rooms.

Layout (the authors' generators and ``format_qa.py``), arrays of one of two forms:

- as generated: ``id``, ``scene_name``, ``dataset``, ``question_type``, ``video_path``,
  ``question``, ``options`` (``A. chair``), ``ground_truth``, ``mc_answer``;
- merged for training: ``id``, ``data_source``, ``scene_name``, ``question_type``, ``video``,
  ``conversations`` with one ``<image>`` for the video.

Frames are taken with ``--images store`` (package ``av``). Generated rows are shown as VSI-Bench
shows its own; "frame i of 32" in VSTI questions counts frames that the authors sample, so ask for
``--frames 32`` there. Distances are metres, sizes of objects centimetres, of rooms square metres.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.corpus.importers._files import files_below
from sextant.corpus.importing.conversations import conversation_row
from sextant.corpus.importing.plain_rows import answered, chosen, text_of
from sextant.corpus.importing.set_rows import BrokenRow, SetFile, SetRow
from sextant.samples.sample import LETTERS

_VARIANTS = ("", "_v1", "_v2", "_v3")


def _tasks() -> dict[str, tuple[str, str]]:
    found = {
        "object_counting": ("mm.object_count", "MM"),
        "object_abs_distance": ("mm.object_distance", "MM"),
        "object_size_estimation": ("mm.object_size", "MM"),
        "room_size_estimation": ("mm.room_area", "MM"),
        "obj_appearance_order": ("cr.appearance_order", "CR"),
        "route_planning": ("cr.route_planning", "CR"),
        "camera_obj_abs_dist": ("mm.camera_distance", "MM"),
        "camera_displacement": ("pt.camera_displacement", "PT"),
        "camera_obj_dist_change": ("vlm_3r.camera_distance_change", "MM"),
        "camera_obj_rel_dir": ("sr.egocentric_direction", "SR"),
        "obj_obj_relative_pos_lr": ("sr.egocentric_direction", "SR"),
        "obj_obj_relative_pos_ud": ("sr.egocentric_direction", "SR"),
        "obj_obj_relative_pos_nf": ("sr.egocentric_direction", "SR"),
    }
    varied = {
        "object_rel_direction": ("pt.hypothetical_direction", "PT"),
        "object_rel_distance": ("sr.relative_distance", "SR"),
        "camera_obj_rel_dist": ("sr.camera_proximity", "SR"),
        "camera_movement_direction": ("pt.camera_direction", "PT"),
    }
    return found | {f"{name}{v}": kind for name, kind in varied.items() for v in _VARIANTS}


UNITS = {
    "object_counting": "count", "object_abs_distance": "m", "object_size_estimation": "cm",
    "room_size_estimation": "m2", "camera_obj_abs_dist": "m", "camera_displacement": "m",
    "camera_obj_dist_change": "m",
}  # fmt: skip
"""Kinds that are answered with a number."""

_OPTION = re.compile(r"([A-Z])\. (.*\S)\s*", re.DOTALL)


class Vlm3r:
    """Questions about videos, generated or merged."""

    name = "vlm_3r"
    title = "VLM-3R data (VSI and VSTI questions, JSON)"
    license = "Apache-2.0 (annotations); videos: their sources'"
    tasks: Mapping[str, tuple[str, str]] = _tasks()
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the JSON files."""
        return files_below(root, (".json",))

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        task = text_of(record, "question_type")
        merged = "conversations" in record
        scene = text_of(record, "scene_name")
        dataset = text_of(record, "data_source" if merged else "dataset")
        video = text_of(record, "video" if merged else "video_path")
        if merged:
            row = conversation_row(record, [video], task=task)
        else:
            row = _generated(record, task, video)
        return row._replace(
            images=[], video=video, scene=scene, source=f"vlm_3r/{dataset}",
            name=record.get("id"), task=task,
        )  # fmt: skip


def _generated(record: Mapping[str, Any], task: str, video: str) -> SetRow:
    question = text_of(dict(record), "question")
    if task in UNITS:
        row = answered(question, record.get("ground_truth"), [video], unit=UNITS[task],
                       style="vsibench")  # fmt: skip
        if row.answer_type != "number":
            raise BrokenRow("ground_truth is no number", record.get("ground_truth"))
        return row
    options = record.get("options")
    if not isinstance(options, list) or len(options) > len(LETTERS):
        raise BrokenRow("options is no list", options)
    texts = []
    for letter, option in zip(LETTERS, options, strict=False):
        match = _OPTION.fullmatch(option) if isinstance(option, str) else None
        if match is None or match[1] != letter:
            raise BrokenRow("options are not A. x, B. y, ...", options)
        texts.append(match[2])
    right = record.get("mc_answer")
    if not isinstance(right, str) or len(right) != 1 or right not in LETTERS[: len(texts)]:
        raise BrokenRow("mc_answer is the letter of no option", right)
    index = LETTERS.index(right)
    truth = record.get("ground_truth")
    if isinstance(truth, str) and truth not in (texts[index], right) and truth in texts:
        raise BrokenRow("mc_answer and ground_truth differ", (right, truth))
    return chosen(question, texts, index, [video], style="vsibench")


IMPORTER = Vlm3r()
