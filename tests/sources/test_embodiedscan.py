"""EmbodiedScan and InternScenes: round trips, traps, and pickles that want more than data."""

from __future__ import annotations

import dataclasses
import os
import pickle
import subprocess
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import round_trip
from layouts import embodiedscan as layout
from layouts.world import small_room

from conftest import data_folder
from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.rotations import rotation_from_euler
from sextant.scenes import Scene
from sextant.sources import embodiedscan, internscenes
from sextant.sources.pickles import parse_plain_pickle
from sextant.sources.source import SourceOptions


def tilted(scene: Scene) -> Scene:
    """The scene with boxes turned about all three axes, as 9-DoF boxes are."""
    objects = []
    for k, o in enumerate(scene.objects):
        R = rotation_from_euler([0.4 + 0.1 * k, 0.3, -0.5], "zxy")
        box = OrientedBox(o.box.center, o.box.size_m, R)
        objects.append(dataclasses.replace(o, box=box))
    return dataclasses.replace(scene, objects=tuple(objects))


@pytest.fixture(scope="module")
def truth() -> Scene:
    return tilted(small_room())


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, truth: Scene) -> Path:
    root = tmp_path_factory.mktemp("embodiedscan")
    layout.write_infos(root, truth)
    return root


def open_only(root: Path) -> Scene:
    source = embodiedscan.open_source(root, SourceOptions())
    (scene_id,) = source.scene_ids()
    return source.open(scene_id)


def test_round_trip(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    round_trip.check(scene, truth, ids=False)
    assert len(scene.objects) == len(truth.objects)
    assert scene.room.floor_z_m == 0.0
    assert scene.split == "train"
    round_trip.check_facts(scene, embodiedscan.FACTS)
    round_trip.check_frames_travel(scene)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol_and_a_json_conversion_say_the_same(
    tmp_path: Path, truth: Scene, protocol: int
) -> None:
    layout.write_infos(tmp_path, truth, fold="val", protocol=protocol)
    scene = open_only(tmp_path)
    assert scene.split == "val"
    round_trip.check(scene, truth, ids=False, pictures=None)
    layout.write_infos(tmp_path, truth, fold="val", as_json=True)
    (tmp_path / "embodiedscan_infos_val.pkl").write_bytes(b"the conversion stands for this")
    round_trip.check(open_only(tmp_path), truth, ids=False, pictures=None)


def test_euler_angles_are_z_x_y_intrinsic(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    a, b, c = 0.4, 0.3, -0.5
    first = round_trip.match_objects(scene, truth)
    mine = next(m for m, t in first.values() if t.id == truth.objects[0].id)
    np.testing.assert_allclose(
        mine.box.R_world_box, rotation_from_euler([a, b, c], "zxy"), atol=1e-9
    )
    extrinsic = rotation_from_euler([c, b, a], "yxz")
    assert np.abs(mine.box.R_world_box - extrinsic).max() > 0.1


def test_poses_are_aligned_and_boxes_are_already(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    raw = np.linalg.inv(layout.T_ALIGNED_SCAN) @ truth.frames[0].T_world_camera
    assert np.linalg.norm(scene.frames[0].T_world_camera[:3, 3] - raw[:3, 3]) > 0.5
    np.testing.assert_allclose(
        scene.frames[0].T_world_camera, truth.frames[0].T_world_camera, atol=1e-6
    )


def test_matterports_depth_is_in_quarters_of_a_millimetre(tmp_path: Path, truth: Scene) -> None:
    layout.write_infos(tmp_path, truth, "matterport3d/17DRP5sb8fy/region0")
    round_trip.check(open_only(tmp_path), truth, ids=False, depth_m=1.5e-4)


def test_pixel_centres_are_whole_numbers_and_depth_has_its_own_lens(
    root: Path, truth: Scene
) -> None:
    scene = open_only(root)
    assert scene.frames[0].camera == truth.frames[0].camera
    assert scene.frames[0].read_rgb().shape == (72, 96, 3)


def test_boxes_of_negative_size_are_dropped_and_counted(tmp_path: Path, truth: Scene) -> None:
    document = layout.write_infos(tmp_path, truth, images=False)
    document["data_list"][0]["instances"][2]["bbox_3d"][4] *= -1
    layout.write_document(tmp_path, document)
    scene = open_only(tmp_path)
    assert len(scene.objects) == len(truth.objects) - 1
    assert scene.notes["objects_dropped"] == "1"
    assert "not positive" in scene.notes["objects_dropped_first"]


def test_infinite_poses_are_lost_tracking(tmp_path: Path, truth: Scene) -> None:
    document = layout.write_infos(tmp_path, truth)
    document["data_list"][0]["images"][1]["cam2global"] = np.full((4, 4), -np.inf)
    document["data_list"][0]["images"][2]["cam2global"] = np.full((4, 4), np.nan)
    layout.write_document(tmp_path, document)
    scene = open_only(tmp_path)
    assert len(scene.frames) == len(truth.frames) - 2
    assert scene.notes["frames_without_pose"] == "2"


def test_boxes_alone_are_a_scene(tmp_path: Path, truth: Scene) -> None:
    layout.write_infos(tmp_path, truth, images=False)
    scene = open_only(tmp_path)
    assert scene.frames == ()
    assert scene.notes["frames_without_files"] == str(len(truth.frames))


@pytest.mark.parametrize(
    "change",
    [
        {"instances": 3}, {"images": [3]}, {"instances": [{"bbox_3d": [1, 2]}]},
        {"instances": [{"bbox_3d": "x", "bbox_label_3d": 1}]}, {"axis_align_matrix": [[1]]},
        {"cam2img": None, "depth_cam2img": "K"}, {"images": [{"img_path": "../../etc/passwd"}]},
    ],
)  # fmt: skip
def test_broken_records_are_named(tmp_path: Path, truth: Scene, change: dict[str, Any]) -> None:
    document = layout.write_infos(tmp_path, truth)
    document["data_list"][0] |= change
    layout.write_document(tmp_path, document)
    with pytest.raises(InputError):
        open_only(tmp_path)


@pytest.mark.filterwarnings("error")
def test_an_alignment_beyond_reason_is_refused(tmp_path: Path, truth: Scene) -> None:
    document = layout.write_infos(tmp_path, truth)
    document["data_list"][0]["axis_align_matrix"] = [[1e308] * 4] * 4
    layout.write_document(tmp_path, document)
    with pytest.raises(InputError):
        open_only(tmp_path)


class Hostile:
    """Writes a file when it is unpickled by a loader that calls."""

    def __init__(self, call: Any, *arguments: Any) -> None:
        self.made = (call, arguments)

    def __reduce__(self) -> Any:
        return self.made


@pytest.mark.parametrize("protocol", [0, 1, 2, 4, 5])
@pytest.mark.parametrize("kind", ["system", "popen", "eval", "open", "getattr", "object", "nested"])
def test_a_hostile_pickle_executes_nothing(tmp_path: Path, protocol: int, kind: str) -> None:
    trace = tmp_path / "executed"
    payload = {
        "system": Hostile(os.system, f"touch {trace}"),
        "popen": Hostile(subprocess.Popen, ["touch", str(trace)]),
        "eval": Hostile(eval, f"open({str(trace)!r}, 'w')"),
        "open": Hostile(open, str(trace), "w"),
        "getattr": Hostile(getattr, os, "system") if protocol > 5 else Hostile(getattr, "", "join"),
        "object": pathlib_like(),
        "nested": np.array([Hostile(os.system, f"touch {trace}")], dtype=object),
    }[kind]
    path = tmp_path / "embodiedscan_infos_train.pkl"
    document = {"metainfo": {"categories": {}}, "data_list": [payload]}
    path.write_bytes(pickle.dumps(document, protocol=protocol))
    with pytest.raises(InputError):
        embodiedscan.open_source(tmp_path, SourceOptions())
    assert not trace.exists()
    if kind in ("system", "open", "nested"):
        pickle.loads(path.read_bytes())  # noqa: TID251 - the payload is live: it would have
        assert trace.exists()


def pathlib_like() -> object:
    return OrderedDict.__new__(_Odd)


class _Odd(OrderedDict):  # type: ignore[type-arg]
    pass


def test_plain_values_come_back_as_they_were() -> None:
    value = {
        "ints": [0, -1, 255, 65536, -(2**40), 2**70], "floats": [0.5, float("inf")],
        "text": "ä\U0001f600", "bytes": b"\x00\xff", "none": None, "flags": (True, False),
        "arrays": [np.arange(6, dtype="<i4").reshape(2, 3), np.asfortranarray(np.eye(3)),
                   np.zeros((0, 4), np.float32), np.float32(2.5), np.int64(7)],
        "same": (shared := [1]), "again": shared, "ordered": OrderedDict(a=1), "set": {1, 2},
    }  # fmt: skip
    for protocol in (2, 3, 4, 5):
        got = parse_plain_pickle(pickle.dumps(value, protocol=protocol), "here")
        assert got["text"] == value["text"]
        assert got["again"] is got["same"]
        for mine, theirs in zip(got.pop("arrays"), value["arrays"], strict=True):
            np.testing.assert_array_equal(mine, theirs)
        assert got == {k: v for k, v in value.items() if k != "arrays"}


@pytest.mark.parametrize(
    "data",
    [
        b"", b".", b"(.", b"\x80\x04]\x94(h\x00e.", b"r\xff\xff\xff\x7f.", b"X\xff\xff\xff\xff",
        b"\x8e\xff\xff\xff\xff\xff\xff\xff\xff", b"}(K\x01u.", b"]K\x01s.", b"\x8b\xff\xff\xff\x7f",
        b"\x8c\x03\xed\xa0\x80.",
        b"cnumpy\ndtype\n(S'O'\ntR.", b"cnumpy\nndarray\n)R.", b"h\x05.", b"cos\nsystem\n.",
    ],
)  # fmt: skip
def test_odd_programs_end_in_an_error_or_in_data(data: bytes) -> None:
    try:
        parse_plain_pickle(data, "here")
    except InputError:
        return
    assert data.endswith(b".")


def test_half_a_character_is_refused() -> None:
    with pytest.raises(CorruptInput, match="decoded"):
        parse_plain_pickle(pickle.dumps("\ud800"), "here")


def test_an_info_file_that_leads_round_is_missing(tmp_path: Path) -> None:
    (tmp_path / "embodiedscan_infos_train.pkl").symlink_to("embodiedscan_infos_train.pkl")
    with pytest.raises(MissingInput):
        embodiedscan.open_source(tmp_path, SourceOptions())


def test_a_truncated_pickle_is_corrupt(tmp_path: Path, truth: Scene) -> None:
    layout.write_infos(tmp_path, truth, images=False)
    path = tmp_path / "embodiedscan_infos_train.pkl"
    data = path.read_bytes()
    for length in range(0, len(data), len(data) // 37):
        with pytest.raises((CorruptInput, ConventionError)):
            parse_plain_pickle(data[:length], path)


def test_the_real_internscenes_layout() -> None:
    root = data_folder("internscenes")
    source = internscenes.open_source(root, SourceOptions())
    (scene_id,) = source.scene_ids()
    scene = source.open(scene_id)
    assert scene.notes.get("objects_dropped") is None
    assert 100 <= len(scene.objects) <= 117
    tilts = sorted(o.box.tilt_rad for o in scene.objects)
    assert tilts[0] < 1e-6 < tilts[-1]
    round_trip.check_facts(scene, internscenes.FACTS)


def test_internscenes_boxes_come_back_and_broken_ones_do_not(tmp_path: Path, truth: Scene) -> None:
    import json

    records = [
        {"id": k, "category": o.category, "model_uid": "m", "bbox": layout.nine_numbers(o.box)}
        for k, o in enumerate(truth.objects)
    ]
    folder = tmp_path / "room_a"
    folder.mkdir()
    path = folder / "layout.json"
    path.write_text(json.dumps(records))
    source = internscenes.open_source(tmp_path, SourceOptions())
    assert source.scene_ids() == ("room_a",)
    scene = source.open("room_a")
    round_trip.assert_boxes(round_trip.match_objects(scene, truth), "oriented", 1e-6)
    records[0]["bbox"][3] = -1
    path.write_text(json.dumps(records))
    assert source.open("room_a").notes["objects_dropped"] == "1"
    records[1]["id"] = [[]]
    path.write_text(json.dumps(records))
    assert source.open("room_a").notes["objects_dropped"] == "2"
    path.write_text('{"a": 1}')
    with pytest.raises(CorruptInput, match="no list"):
        source.open("room_a")
