"""Open3D-VQA (arXiv 2503.11094): questions about pictures taken from above a city.

Layout (the authors' ``split_data.py`` and ``inference.py``, first version of the set):
``train_qa.json``, ``valid_qa.json``, ``test_qa.json``, arrays of ``id``, ``image_info``
(``image_path``, which ends in ``<scene>/rgb/<file>`` after either kind of slash, and
``depth_path``), ``qa_info`` (``type``, ``question_name``, ``is_embodied``), ``conversation``,
``scene_id``. Only those three last parts of a path are kept: ``--image-root`` is the folder of
scenes. ``merged.json`` (lists of lists) is not read. The layout of version 2 is not documented.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.corpus.importers._files import folder_of, matching
from sextant.corpus.importing.conversations import conversation_row
from sextant.corpus.importing.pieces import kind_of
from sextant.corpus.importing.plain_rows import text_of
from sextant.corpus.importing.set_rows import BrokenRow, SetFile, SetRow


def _tasks() -> dict[str, tuple[str, str]]:
    found = {
        "width_data": ("mm.object_extent", "MM"),
        "height_data": ("mm.object_extent", "MM"),
        "volume_data": ("open3d_vqa.volume", "MM"),
        "distance_data": ("mm.object_distance", "MM"),
        "vertical_distance_data": ("open3d_vqa.vertical_distance", "MM"),
        "horizontal_distance_data": ("open3d_vqa.horizontal_distance", "MM"),
        "direction_data": ("open3d_vqa.clock_direction", "SR"),
        "distance2agent": ("mm.camera_distance", "MM"),
        "vertical_distance2agent": ("open3d_vqa.vertical_distance", "MM"),
        "horizontal_distance2agent": ("open3d_vqa.horizontal_distance", "MM"),
        "direction2agent": ("open3d_vqa.clock_direction", "SR"),
    }
    for side in ("left", "right", "above", "below", "front", "behind"):
        found[f"{side}_predicate"] = found[f"{side}_choice"] = ("sr.egocentric_direction", "SR")
        found[f"{side}_relationship2agent"] = ("open3d_vqa.side_of_agent", "SR")
    for size in ("big", "small", "wide", "thin", "tall", "short"):
        found[f"{size}_predicate"] = found[f"{size}_choice"] = ("sr.size_comparison", "SR")
    return found


SPLITS = {"train": "train", "valid": "val", "test": "test"}


class Open3dVqa:
    """Conversations, split by scene."""

    name = "open3d_vqa"
    title = "Open3D-VQA (train_qa.json, valid_qa.json, test_qa.json)"
    license = "Apache-2.0"
    tasks: Mapping[str, tuple[str, str]] = _tasks()
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the three files."""
        folder = folder_of(root)
        return [
            SetFile(path, kind_of(folder / path), SPLITS[match[1]])
            for path, match in matching(root, r"(train|valid|test)_qa\.json")
        ]

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        picture, told = record.get("image_info"), record.get("qa_info")
        if not isinstance(picture, dict) or not isinstance(told, dict):
            raise BrokenRow("image_info and qa_info are objects", (picture, told))
        parts = text_of(picture, "image_path").replace("\\", "/").split("/")
        if len(parts) < 3 or parts[-2] != "rgb" or ".." in parts[-3:]:
            raise BrokenRow("image_path does not end in <scene>/rgb/<file>", parts[-3:])
        image = "/".join(parts[-3:])
        talk = {"id": record.get("id"), "conversations": record.get("conversation")}
        return conversation_row(
            talk, [image], task=text_of(told, "question_name"), split=file.split,
            scene=f"open3d_vqa/{parts[-3]}", more={"open3d_vqa": dict(told)},
        )  # fmt: skip


IMPORTER = Open3dVqa()
