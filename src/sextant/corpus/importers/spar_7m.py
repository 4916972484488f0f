"""SPAR-7M (arXiv 2503.22976): 33 kinds of questions, with points and boxes marked in pictures.

Layout (its card, and loaders of the set): ``<source>/qa_jsonl/<split>/<type>/<format>/*.jsonl``,
source scannet, scannetpp, structured3d or rxr; a row has ``conversations`` and ``image`` or
``images`` (list, relative to the source's ``images`` folder's parent). Markers are not in the
pictures: ``red_point``, ``blue_bbox`` and so on hold them, of 1000 of width and height, wrapped in
a list (``[[x, y]]``), with ``point_img_idx`` / ``bbox_img_idx`` (``[[0, 2]]``) saying which
picture; ``bbox_list`` and ``point_list`` hold several. They stand beside ``conversations``, or in
``spar_info``, JSON with the ``type``. They are drawn with ``--images store``; with ``refer`` such
rows are left out, because nobody would see what they ask about.

Which marker belongs to which picture follows the authors' drawing code, type by type.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from sextant.corpus.importers._files import files_below
from sextant.corpus.importing.conversations import conversation_row, image_paths
from sextant.corpus.importing.set_rows import BrokenRow, Mark, SetFile, SetRow

_VARIANTS = ("", "_mv", "_video", "_video_hard")


def _tasks() -> dict[str, tuple[str, str]]:
    plain = {
        "depth_prediction_oc": ("mm.point_depth", "MM"),
        "depth_prediction_oo": ("spar_7m.depth_difference", "MM"),
        "distance_prediction_oc": ("mm.camera_distance", "MM"),
        "distance_prediction_oo": ("mm.point_distance", "MM"),
        "distance_infer_center_oc": ("sr.camera_proximity", "SR"),
        "distance_infer_center_oo": ("sr.relative_distance", "SR"),
        "obj_spatial_relation_oc": ("sr.egocentric_direction", "SR"),
        "obj_spatial_relation_oo": ("sr.egocentric_direction", "SR"),
        "spatial_imagination_oc": ("pt.hypothetical_direction", "PT"),
        "spatial_imagination_oo": ("pt.hypothetical_direction", "PT"),
        "spatial_imagination_map": ("mr.map_position", "MR"),
    }
    found = {name + variant: kind for name, kind in plain.items() for variant in _VARIANTS}
    return found | {
        "spatial_volume_infer": ("spar_7m.spatial_volume", "MM"),
        "position_matching": ("pt.object_correspondence", "PT"),
        "view_change_infer": ("pt.camera_displacement", "PT"),
        "camera_motion_infer": ("pt.camera_position", "PT"),
        "obj_count": ("mm.object_count", "MM"),
        "room_size": ("mm.room_area", "MM"),
        "appearance_order": ("cr.appearance_order", "CR"),
        "obj_frame_locate": ("spar_7m.frame_location", "CR"),
        "nav": ("spar_7m.navigation", "CR"),
    }


_COLORS = ("red", "blue", "green", "yellow")

_ORDER = {
    "spatial_imagination_oc_mv": ("green", "blue", "red"),
    "spatial_imagination_oo_mv": ("green", "blue", "red", "yellow"),
    "spatial_imagination_oc_video": ("green", "blue", "red"),
    "spatial_imagination_oo_video": ("green", "blue", "red", "yellow"),
    "distance_infer_center_oo_mv": ("red", "green", "blue"),
    "obj_spatial_relation_oc_mv": ("one",),
}
"""The order in which ``*_img_idx`` names the pictures of colours, where it is not red, blue,
green; ``one``: all are in the first picture named."""

_NUMBERED = ("spatial_imagination_oc_video", "spatial_imagination_oo_video")


class Spar7m:
    """The published rows."""

    name = "spar_7m"
    title = "SPAR-7M (spar/<source>/qa_jsonl)"
    license = "MIT (annotations); pictures: their sources'"
    tasks: Mapping[str, tuple[str, str]] = _tasks()
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the JSONL files; split and type follow from their folders."""
        return [_file(file) for file in files_below(root, (".jsonl",))]

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        info = _info(record)
        task = info.get("type", record.get("type")) or file.task
        if not isinstance(task, str):
            raise BrokenRow("its type is no text", task)
        images = image_paths(record.get("image", record.get("images")))
        marks = _marks(task, {**record, **info}, len(images))
        source = file.path.partition("/qa_jsonl/")[0].rpartition("/")[2]
        named = source if "/qa_jsonl/" in file.path else ""
        row = conversation_row(record, images, task=task, split=file.split, marks=marks)
        return row._replace(source=f"spar_7m/{named}") if named else row


def _file(file: SetFile) -> SetFile:
    parts = file.path.partition("/qa_jsonl/")[2].split("/")
    if len(parts) < 3:
        return file
    split = {"train": "train", "val": "val", "test": "test"}.get(parts[0], "train")
    return file._replace(split=split, task=parts[1])


def _info(record: Mapping[str, Any]) -> dict[str, Any]:
    info = record.get("spar_info")
    if isinstance(info, str):
        try:
            info = orjson.loads(info)
        except orjson.JSONDecodeError as error:
            raise BrokenRow("spar_info is not JSON", error) from None
    if info is None:
        return {}
    if not isinstance(info, dict):
        raise BrokenRow("spar_info is no object", info)
    return info


def _marks(task: str, fields: Mapping[str, Any], images: int) -> tuple[Mark, ...]:
    found: list[Mark] = []
    for kind, length in (("point", 2), ("bbox", 4)):
        colors = [c for c in _COLORS if fields.get(f"{c}_{kind}")]
        several = fields.get(f"{kind}_list")
        if not colors and not several:
            continue
        where = _picture_numbers(fields.get(f"{kind}_img_idx"), images)
        if several:
            found += _listed(kind, length, several, where, images)
            continue
        order = _ORDER.get(task, tuple(c for c in _COLORS if c in colors))
        for number, color in enumerate(colors):
            at = order.index(color) if color in order else number
            at = 0 if order == ("one",) or images == 1 else at
            place = _place(fields[f"{color}_{kind}"], length)
            label = f"object{order.index(color)}" if task in _NUMBERED else ""
            found.append(Mark(_picture(where, at, images), color, place, label))
    return tuple(found)


def _listed(kind: str, length: int, several: object, where: list[int], images: int) -> list[Mark]:
    places = several[0] if isinstance(several, list) and several else None
    if not isinstance(places, list):
        raise BrokenRow("a list of marks is none", several)
    names = ["objectA", *(f"object{i}" for i in range(len(places)))] if kind == "point" else [
        f"object{i}" for i in range(len(places))
    ]  # fmt: skip
    return [
        Mark(_picture(where, i, images), "red", _place([place], length), names[i])
        for i, place in enumerate(places)
    ]


def _picture_numbers(given: object, images: int) -> list[int]:
    if given is None:
        return []
    numbers = given[0] if isinstance(given, list) and given else given
    numbers = numbers if isinstance(numbers, list) else [numbers]
    if any(not isinstance(n, int) or not 0 <= n < images for n in numbers):
        raise BrokenRow("a mark is in no picture of the row", given)
    return list(numbers)


def _picture(where: list[int], at: int, images: int) -> int:
    if at < len(where):
        return where[at]
    if where or images != 1:
        # position_matching marks its first picture and says so nowhere.
        return where[0] if where else 0
    return 0


def _place(given: object, length: int) -> tuple[float, ...]:
    place = given[0] if isinstance(given, list) and given and isinstance(given[0], list) else given
    if not isinstance(place, list) or len(place) != length:
        raise BrokenRow("a mark is no point and no box", given)
    if any(isinstance(x, bool) or not isinstance(x, (int, float)) for x in place):
        raise BrokenRow("a mark is no point and no box", given)
    if any(not 0 <= x <= 1000 for x in place):
        raise BrokenRow("a mark lies outside its picture", given)
    return tuple(float(x) for x in place)


IMPORTER = Spar7m()
