"""MultiSPA of Multi-SpatialMLLM (arXiv 2505.17015): moves, depths and matches between frames.

Layout (what the authors' engine writes; no published rows were seen): JSONL of InternVL's
conversations, ``id``, ``image`` (paths below a folder of frames, or of frames with dots drawn in),
``conversations``, ``height_list``, ``width_list``, ``question_type``, ``gt_value``. Answers stand
in a sentence, between backticks; lengths are millimetres, coordinates 0 to 1000 of width and
height. Sentences are kept as they are; a row without backticks in its answer is broken.
``gt_value`` is evidence (some vectors of it are metres).

Evaluation rows (``*_val.jsonl``, ``val_*.jsonl``) have no answers in words and are not read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.corpus.importers._files import files_below
from sextant.corpus.importing.conversations import conversation_row, image_paths
from sextant.corpus.importing.plain_rows import text_of
from sextant.corpus.importing.set_rows import BrokenRow, SetFile, SetRow

TASKS = {
    **{f"{axis}_movement": ("pt.camera_direction", "PT") for axis in "xyz"},
    "yaw_movement": ("pt.camera_rotation", "PT"),
    "pitch_movement": ("pt.camera_rotation", "PT"),
    "yaw_angle": ("pt.camera_rotation", "PT"),
    "pitch_angle": ("pt.camera_rotation", "PT"),
    "total_distance": ("pt.camera_displacement", "PT"),
    "displacement_vector": ("multispa.camera_vector", "PT"),
    "depth_estimation_coor": ("mm.point_depth", "MM"),
    "depth_estimation_dot": ("mm.point_depth", "MM"),
    "depth_comparison_coordinate": ("sr.camera_proximity", "SR"),
    "depth_comparison_annotated": ("sr.camera_proximity", "SR"),
    "visual_correspondence_coor_2_coor": ("pt.point_correspondence", "PT"),
    "visual_correspondence_multiple_choice": ("pt.point_correspondence", "PT"),
    **{f"object_perception_{side}_estimation": ("mm.object_extent", "MM")
       for side in ("height", "width", "length")},
    "tapvid3d_total_distance": ("multispa.point_movement", "MM"),
    "tapvid3d_displacement_vector": ("multispa.point_vector", "MM"),
}  # fmt: skip

_MARKED = re.compile(r"`[^`]*\S[^`]*`")
_EVALUATION = re.compile(r"(val_.*|.*_val)(_.*)?\.jsonl")


class MultiSpa:
    """Conversations with answers in backticks."""

    name = "multispa"
    title = "MultiSPA (JSONL of the authors' engine)"
    license = "CC BY-NC 4.0 (engine); pictures: their sources'"
    tasks: Mapping[str, tuple[str, str]] = TASKS
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the training files."""
        found = files_below(root, (".jsonl",))
        return [f for f in found if _EVALUATION.fullmatch(f.path.rpartition("/")[2]) is None]

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        task, images = text_of(record, "question_type"), image_paths(record.get("image"))
        if not images:
            raise BrokenRow("a row without pictures")
        more = {"multispa": {"gt_value": record.get("gt_value")}}
        row = conversation_row(record, images, task=task, more=more)
        if _MARKED.search(row.answer) is None:
            raise BrokenRow("no answer in backticks", row.answer[:80])
        return row


IMPORTER = MultiSpa()
