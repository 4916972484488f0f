"""Ego-Exo4D: the round trip of its cameras, and one test per trap of its layout."""

from __future__ import annotations

import dataclasses
import gzip
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import round_trip
from layouts import egoexo4d as layout
from layouts.world import render, small_room
from test_colmap import in_our_axes

from conftest import data_folder
from sextant.errors import ConventionError, InputError, MissingInput
from sextant.geometry.transforms import rigid
from sextant.scenes import Frame, Scene
from sextant.sources import egoexo4d
from sextant.sources.egoexo4d import mps, relations
from sextant.sources.source import SourceOptions

pytest.importorskip("av", reason="the extra 'video' is not installed")


@pytest.fixture(scope="module")
def truth() -> Scene:
    return small_room(frames=4)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, truth: Scene) -> Path:
    root = tmp_path_factory.mktemp("egoexo4d")
    layout.write_take(root, truth)
    return root


def open_only(root: Path) -> Scene:
    source = egoexo4d.open_source(root, SourceOptions())
    (scene_id,) = source.scene_ids()
    return source.open(scene_id)


def glasses(scene: Scene) -> Scene:
    own = tuple(f for f in scene.frames if f.id.startswith("aria"))
    return dataclasses.replace(scene, frames=own)


def trajectory(root: Path) -> Path:
    return root / "takes" / layout.TAKE / "trajectory"


def picture_error(truth: Scene, frame: Frame) -> float:
    depth = render(truth, frame.camera, frame.T_world_camera).depth_m
    depth[frame.read_rgb().max(axis=2) < 9] = np.nan
    return round_trip.picture_error(dataclasses.replace(frame, read_depth=lambda: depth))


def test_round_trip(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    for seen, real in zip(glasses(scene).frames, truth.frames, strict=True):
        round_trip.assert_pose(seen, real)
    round_trip.check_facts(scene, egoexo4d.FACTS)
    round_trip.check_frames_travel(scene)
    assert scene.split == "val"
    assert [f.id for f in scene.frames] == [*(f"aria01/{k:06d}" for k in range(4)), "cam01/000000"]
    assert [f.timestamp_s for f in scene.frames[:4]] == pytest.approx(np.arange(4) / 30)
    np.testing.assert_allclose(scene.frames[4].T_world_camera, layout.gopro_pose(truth), atol=1e-6)


def test_pictures_of_the_glasses_are_turned_cropped_and_straightened(
    root: Path, truth: Scene
) -> None:
    for frame in glasses(open_only(root)).frames[1:3]:
        assert picture_error(truth, frame) < 5
        turned = np.rot90(frame.read_rgb(), 2)
        assert picture_error(truth, dataclasses.replace(frame, read_rgb=lambda t=turned: t)) > 15


def test_pictures_of_gopros_are_straightened_and_may_be_stored_smaller(
    root: Path, truth: Scene
) -> None:
    frame = open_only(root).frames[4]
    assert (frame.camera.width, frame.camera.height) == layout.GOPRO_STORED
    assert frame.camera.fx == pytest.approx(95.0)
    assert frame.camera.cx == pytest.approx(190.8 / 2)
    assert picture_error(truth, frame) < 5


def test_the_lens_of_the_sensor_is_that_of_the_smaller_picture(root: Path) -> None:
    eye = mps.read_eye(trajectory(root) / "online_calibration.jsonl")
    wanted = layout.lens_of_glasses()
    got = eye.lens(layout.SIDE)
    assert (got.fx, got.cx, got.cy) == pytest.approx((wanted.fx, wanted.cx, wanted.cy))


def test_frame_k_is_the_row_after_the_start(copy: Path, truth: Scene) -> None:
    """One row off, and the times are those of the frame before, which no pose is near."""
    path = copy / "takes.json"
    takes = json.loads(path.read_text())
    takes[1]["timesync_start_idx"] -= 1
    path.write_text(json.dumps(takes))
    scene = glasses(open_only(copy))
    assert [f.id for f in scene.frames] == [f"aria01/{k:06d}" for k in (1, 2, 3, 4)]
    assert scene.notes["ego_frames_without_pose"] == "1"


def test_a_world_whose_gravity_points_elsewhere_is_turned(tmp_path: Path, truth: Scene) -> None:
    T_yup = rigid(np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]), [0.2, 0.1, 0.4])
    layout.write_take(tmp_path, truth, T_files_world=T_yup, gravity=(0.0, -9.81, 0.0))
    scene = open_only(tmp_path)
    assert scene.notes["up"].startswith("turned")
    real = in_our_axes(glasses(scene), truth)
    for seen, wanted in zip(glasses(scene).frames, real.frames, strict=True):
        round_trip.assert_pose(seen, wanted)


def test_a_camera_that_was_not_localised_is_left_out(root: Path) -> None:
    assert open_only(root).notes["static_cameras_not_localised"] == "1"


def test_gopros_give_a_frame_a_second_while_they_stood_still(tmp_path: Path, truth: Scene) -> None:
    few = dataclasses.replace(truth, frames=truth.frames[:3])
    layout.write_take(tmp_path, few, repeat=21)
    ids = [f.id for f in open_only(tmp_path).frames if f.id.startswith("cam")]
    assert ids == ["cam01/000000", "cam01/000030", "cam01/000060"]
    path = trajectory(tmp_path) / "gopro_calibs.csv"
    path.write_text(path.read_text().replace(",-1,-1,1.0", ",20,50,1.0"))
    ids = [f.id for f in open_only(tmp_path).frames if f.id.startswith("cam")]
    assert ids == ["cam01/000030"]


def test_glasses_alone_gopros_alone_and_neither(copy: Path, tmp_path: Path, truth: Scene) -> None:
    (trajectory(copy) / "gopro_calibs.csv").unlink()
    assert len(open_only(copy).frames) == 4
    (copy / "takes.json").unlink()
    with pytest.raises(MissingInput, match=r"takes\.json.*gopro_calibs"):
        open_only(copy)
    layout.write_take(tmp_path / "exo", truth, ego=False)
    scene = open_only(tmp_path / "exo")
    assert [f.id for f in scene.frames] == ["cam01/000000"]
    assert "closed_loop_trajectory" in scene.notes["ego"]
    shutil.rmtree(copy / "takes" / layout.TAKE / "frame_aligned_videos")
    with pytest.raises(MissingInput, match="frame_aligned_videos"):
        open_only(copy)


def test_points_are_kept_if_their_distance_is_certain(tmp_path: Path) -> None:
    text = (
        "uid,graph_uid,px_world,py_world,pz_world,inv_dist_std,dist_std\n"
        "1,a,1.5,2.5,0.5,0.001,0.01\n2,a,9,9,9,0.1,0.5\n3,a,0.5,,0.5,0.001,0.01\n"
    )
    path = tmp_path / "semidense_points.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    np.testing.assert_array_equal(egoexo4d.semidense_points(path), [[1.5, 2.5, 0.5]])
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError):
        egoexo4d.semidense_points(path)


@pytest.mark.parametrize(
    ("file", "old", "new", "what"),
    [
        ("closed_loop_trajectory.csv", "-9.81", "0.0", "gravity"),
        ("closed_loop_trajectory.csv", "-9.81", "x", "cannot be read"),
        ("closed_loop_trajectory.csv", "qw_world_device", "qs_world_device", "cannot be read"),
        ("online_calibration.jsonl", "camera-rgb", "camera-x", "no camera-rgb"),
        ("online_calibration.jsonl", "FisheyeRadTanThinPrism", "Linear", "unknown lens"),
        ("online_calibration.jsonl", "1461.1", "714.3", "full sensor"),
        ("online_calibration.jsonl", "{", "[", "not valid JSON"),
        ("online_calibration.jsonl", '_us": ', '_us": 99999999999999999', "no usable time"),
        ("closed_loop_trajectory.csv", "-9.81", "1e305", "no finite poses"),
        ("gopro_calibs.csv", "KANNALABRANDTK3", "PINHOLE", "unknown lens"),
        ("gopro_calibs.csv", "cam01", "../../x", "no usable id"),
        ("gopro_calibs.csv", "cam01", "x" * 300, "no usable id"),
        ("gopro_calibs.csv", "190.0", "wide", "no usable numbers"),
    ],
)
def test_a_broken_table_is_named(copy: Path, file: str, old: str, new: str, what: str) -> None:
    path = trajectory(copy) / file
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InputError, match=what):
        open_only(copy)


def test_a_take_beyond_its_captures_table_is_refused(copy: Path) -> None:
    path = copy / "takes.json"
    takes = json.loads(path.read_text())
    takes[1]["timesync_end_idx"] = 10_000
    path.write_text(json.dumps(takes))
    with pytest.raises(ConventionError, match="outside of the capture"):
        open_only(copy)


@pytest.mark.parametrize("name", ["x" * 5000, "..", "a/b", "a\x00b", "\U0001f600"])
def test_a_capture_of_an_odd_name_is_an_error_or_absent(copy: Path, name: str) -> None:
    path = copy / "takes.json"
    takes = json.loads(path.read_text())
    for take in takes:
        take["capture"] = {"capture_name": name}
    path.write_text(json.dumps(takes))
    if name == "\U0001f600":
        assert "none" in open_only(copy).notes["ego"]
        return
    with pytest.raises(InputError, match=r"where: .*takes\.json"):
        open_only(copy)


def test_truncated_and_mutated_tables_end_in_our_errors(copy: Path) -> None:
    rng = np.random.default_rng(6)
    paths = [copy / "takes.json", copy / "captures" / layout.CAPTURE / "timesync.csv",
             *sorted(trajectory(copy).iterdir())]  # fmt: skip
    for path in paths:
        data = path.read_bytes()
        for k in range(20):
            broken = bytearray(data[: int(rng.integers(1, len(data)))] if k % 2 else data)
            for at in rng.integers(0, len(broken), 4):
                broken[at] = rng.integers(0, 256)
            path.write_bytes(bytes(broken))
            try:
                open_only(copy)
            except InputError:
                pass
        path.write_bytes(data)


def test_the_real_sample_of_machine_perception_services() -> None:
    folder = data_folder("aria_mps_sample")
    moved = mps.read_trajectory(folder / "closed_loop_trajectory.csv")
    assert len(moved.times_us) == 399
    np.testing.assert_allclose(moved.up, [0, 0, 1], atol=1e-9)
    steps = np.linalg.norm(np.diff(moved.rows[:, :3], axis=0), axis=1)
    assert steps.max() < 0.005
    eye = mps.read_eye(folder / "online_calibration.jsonl")
    assert eye.T_device_camera.shape == (122, 4, 4)
    # projectaria_tools makes these of the same record for the published 1408 pixels, less a half.
    first = dataclasses.replace(eye, params=(1220.01943882, 1461.09124968, 1447.08720799,
                                             *eye.params[3:]))  # fmt: skip
    lens = first.lens(1408)
    assert lens.fx == pytest.approx(610.00971941)
    assert (lens.cx - 0.5, lens.cy - 0.5) == pytest.approx((714.29562484, 707.29360399))
    # The glasses look ahead, not at the floor or the ceiling.
    T = moved.at(int(moved.times_us[0]) * 1000)
    assert T is not None
    assert abs((T @ eye.mount(0))[2, 2]) < 0.9


def test_relations_that_are_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "relations_val.json").mkdir()
    with pytest.raises(InputError, match="relations cannot be read"):
        relations.read_relations(tmp_path, "uid", "take")
