from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.geometry.transforms import yaw_rotation
from sextant.scenes import Scene
from sextant.sources import vsi_meta
from sextant.sources.source import SourceOptions

TILT = np.array([[1, 0, 0], [0, math.cos(0.3), -math.sin(0.3)], [0, math.sin(0.3), math.cos(0.3)]])


def box(center: tuple[float, ...] = (1, 2, 0.5), axes: Any = None, **change: Any) -> dict:
    rotation = yaw_rotation(0.4) @ TILT if axes is None else axes
    size = np.array([2.0, 0.6, 0.3])
    half = np.abs(rotation) @ size / 2
    entry = {
        "centroid": list(center),
        "axesLengths": size.tolist(),
        "normalizedAxes": rotation.T.ravel().tolist(),  # rows are axes
        "min": (np.array(center) - half).tolist(),
        "max": (np.array(center) + half).tolist(),
    }
    return entry | change


def record(boxes: dict[str, list], **change: Any) -> dict:
    return {
        "dataset": "toyset",
        "video_path": "/nowhere.mp4",
        "room_size": 12.5,
        "room_center": [0, 0, 0],
        "object_counts": {c: len(b) for c, b in boxes.items()},
        "object_bbox": boxes,
    } | change


def write(folder: Path, scenes: dict[str, Any], name: str = "toyset_meta_info_val.json") -> Path:
    (folder / name).write_text(json.dumps(scenes))
    return folder


def only_scene(root: Path) -> Scene:
    source = vsi_meta.open_source(root, SourceOptions())
    (scene_id,) = source.scene_ids()
    return source.open(scene_id)


def test_rows_of_normalized_axes_are_the_box_axes(tmp_path: Path) -> None:
    scene = only_scene(write(tmp_path, {"s1": record({"chair": [box()]})}))
    (chair,) = scene.objects
    np.testing.assert_allclose(chair.box.minimum, box()["min"], atol=1e-12)
    np.testing.assert_allclose(chair.box.maximum, box()["max"], atol=1e-12)


def test_ids_keep_the_files_category_and_index(tmp_path: Path) -> None:
    boxes = {"tv_monitor": [box(), box((3, 3, 1))], "chair": [box((5, 5, 1))]}
    scene = only_scene(write(tmp_path, {"s1": record(boxes)}))
    assert [o.id for o in scene.objects] == ["chair_0", "tv_monitor_0", "tv_monitor_1"]
    assert scene.object_by_id["tv_monitor_1"].category == "tv monitor"
    assert scene.object_by_id["tv_monitor_1"].box.center[0] == 3


def test_scene_facts(tmp_path: Path) -> None:
    scene = only_scene(write(tmp_path, {"s1": record({"chair": [box()]})}))
    assert (scene.id, scene.source, scene.split) == ("toyset/s1", "vsi_meta", "test")
    assert scene.room.area_m2 == 12.5
    assert scene.is_metric
    assert scene.counts_are_complete("chair")
    assert scene.frames == ()
    assert "never train" in scene.license


@pytest.mark.parametrize(
    "change",
    [
        {"centroid": [math.nan, 0, 0]},
        {"centroid": [math.inf, 0, 0]},
        {"axesLengths": [1, 0, 1]},
        {"axesLengths": [1, -1, 1]},
        {"axesLengths": [1000_000, 1, 1]},
        {"axesLengths": [1, 1]},
        {"centroid": "here"},
        {"centroid": None},
        {"normalizedAxes": [0] * 9},
        {"normalizedAxes": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]},
        {"normalizedAxes": [1, 0.01, 0, 0, 1, 0, 0, 0, 1]},
    ],
)
def test_a_broken_box_is_dropped_and_counted(tmp_path: Path, change: dict) -> None:
    boxes = {"chair": [box(**change), box()], "bed": [box()]}
    scene = only_scene(write(tmp_path, {"s1": record(boxes)}))
    assert [o.id for o in scene.objects] == ["bed_0", "chair_1"]
    assert scene.notes["boxes_dropped"] == "1"
    assert "chair_0" in scene.notes["boxes_dropped_first"]
    assert not scene.counts_are_complete("chair")
    assert scene.counts_are_complete("bed")


def test_a_count_that_disagrees_with_the_boxes_is_not_complete(tmp_path: Path) -> None:
    bad = record({"chair": [box()]}, object_counts={"chair": 4})
    assert not only_scene(write(tmp_path, {"s1": bad})).counts_are_complete("chair")


def test_axes_slightly_off_are_projected_and_counted(tmp_path: Path) -> None:
    axes = (yaw_rotation(0.4) @ TILT) * (1 + 2e-4)
    scene = only_scene(write(tmp_path, {"s1": record({"chair": [box(axes=axes)]})}))
    assert scene.notes["rotations_projected"] == "1"
    np.testing.assert_allclose(scene.objects[0].box.R_world_box, yaw_rotation(0.4) @ TILT)


def test_mirrored_axes_name_the_same_solid(tmp_path: Path) -> None:
    axes = (yaw_rotation(0.4) @ TILT) * [1, 1, -1]
    scene = only_scene(write(tmp_path, {"s1": record({"chair": [box(axes=axes)]})}))
    np.testing.assert_allclose(scene.objects[0].box.maximum, box()["max"], atol=1e-12)


@pytest.mark.parametrize(
    "bad", [None, [], {}, {"object_bbox": {}}, {"object_bbox": {"chair": {}}}, 7]
)
def test_a_broken_scene_leaves_the_others_readable(tmp_path: Path, bad: Any) -> None:
    root = write(tmp_path, {"a": record({"chair": [box()]}), "b": bad})
    source = vsi_meta.open_source(root, SourceOptions())
    assert {i.split("/")[1] for i in source.scene_ids()} == {"a", "b"}
    source.open("toyset/a")
    broken = next(i for i in source.scene_ids() if i.endswith("/b"))
    with pytest.raises(CorruptInput):
        source.open(broken)


def test_a_scene_whose_boxes_are_all_broken_is_refused(tmp_path: Path) -> None:
    root = write(tmp_path, {"s": record({"chair": [box(axesLengths=[0, 0, 0])]})})
    with pytest.raises(ConventionError, match="empty"):
        only_scene(root)


def test_a_hostile_scene_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConventionError, match="odd characters"):
        only_scene(write(tmp_path, {"../../etc": record({"chair": [box()]})}))


def test_the_same_scene_in_two_files_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"s": record({"chair": [box()]})}, "a_meta_info_val.json")
    write(tmp_path, {"s": record({"chair": [box()]})}, "b_meta_info_val.json")
    with pytest.raises(ConventionError, match="two files"):
        vsi_meta.open_source(tmp_path, SourceOptions())


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"a": 1', "\xff", "9" * 6000])
def test_hostile_json_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "x_meta_info_val.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(CorruptInput, match="x_meta_info_val"):
        vsi_meta.open_source(tmp_path, SourceOptions())


def test_missing_root_says_what_to_give(tmp_path: Path) -> None:
    for root in (None, tmp_path, tmp_path / "nothing"):
        with pytest.raises(MissingInput, match="meta_info"):
            vsi_meta.open_source(root, SourceOptions())


def test_real_files_agree_with_their_own_bounds(vsi_meta_root: Path) -> None:
    source = vsi_meta.open_source(vsi_meta_root, SourceOptions())
    assert len(source.scene_ids()) == 200
    worst, boxes = 0.0, 0
    for path, scenes in (
        (p, json.loads(p.read_text())) for p in sorted(vsi_meta_root.glob("*.json"))
    ):
        for key, raw in scenes.items():
            scene = source.open(f"{raw['dataset']}/{key}")
            assert "boxes_dropped" not in scene.notes, path
            assert scene.complete_categories is None
            boxes += len(scene.objects)
            for category, entries in raw["object_bbox"].items():
                for index, entry in enumerate(entries):
                    found = scene.object_by_id[f"{category}_{index}"].box
                    worst = max(
                        worst,
                        np.abs(found.minimum - entry["min"]).max(),
                        np.abs(found.maximum - entry["max"]).max(),
                    )
    assert boxes == 854 + 1119
    assert worst < 1e-6


def test_one_file_and_a_limit(vsi_meta_root: Path) -> None:
    path = vsi_meta_root / "scannetpp_meta_info_val.json"
    source = vsi_meta.open_source(path, SourceOptions(scenes=3))
    assert len(source.scene_ids()) == 3
    assert "3 scenes" in source.describe()
