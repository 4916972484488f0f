"""ScanNet++: the round trip, and one test per trap of its layout."""

from __future__ import annotations

import dataclasses
import json
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
import round_trip
from layouts import scannetpp as layout
from layouts.world import render, small_room

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.scenes import Scene
from sextant.sources import scannetpp
from sextant.sources.scannetpp import depth_bin
from sextant.sources.scannetpp import frames as reading
from sextant.sources.source import SourceOptions
from sextant.sources.video import read_frame

pytest.importorskip("av", reason="the extra 'video' is not installed")


@pytest.fixture(scope="module")
def truth() -> Scene:
    return small_room(layout.VIDEO, frames=4)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, truth: Scene) -> Path:
    root = tmp_path_factory.mktemp("scannetpp")
    layout.write_scene(root, truth)
    return root


@pytest.fixture(scope="module")
def scene(root: Path) -> Scene:
    return open_only(root)


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """A copy of the miniature that a test may break."""
    shutil.copytree(root, tmp_path / "copy")
    return tmp_path / "copy"


def open_only(root: Path) -> Scene:
    source = scannetpp.open_source(root, SourceOptions())
    (scene_id,) = source.scene_ids()
    return source.open(scene_id)


def walk(scene: Scene) -> Scene:
    own = tuple(f for f in scene.frames if f.id.startswith("iphone/"))
    return dataclasses.replace(scene, frames=own)


def stills(scene: Scene) -> list:
    return [f for f in scene.frames if f.id.startswith("dslr/")]


def test_round_trip(scene: Scene, truth: Scene) -> None:
    round_trip.check(walk(scene), truth, depth_m=None, ids=False, pictures=4.0)
    assert len(scene.objects) == len(truth.objects)
    round_trip.check_facts(scene, scannetpp.FACTS)
    round_trip.check_frames_travel(scene)
    assert scene.room.floor_z_m == pytest.approx(truth.room.floor_z_m, abs=1e-4)
    assert [f.timestamp_s for f in walk(scene).frames] == [0, 0.5, 1, 1.5]
    assert [f.id for f in stills(scene)] == ["dslr/DSC00000", "dslr/DSC00001", "dslr/DSC00002"]
    assert all(f.timestamp_s is None for f in stills(scene))


def test_depth_is_spread_over_the_picture(scene: Scene, truth: Scene) -> None:
    for frame in walk(scene).frames:
        got = frame.read_depth()
        stored = render(truth, layout.SENSOR, frame.T_world_camera).depth_m
        v, u = np.mgrid[0:360, 0:480]
        wanted = stored[((v + 0.5) * 192 / 360).astype(int), ((u + 0.5) * 256 / 480).astype(int)]
        np.testing.assert_allclose(got, wanted, atol=6e-4)


@pytest.mark.parametrize("framed", [True, False])
def test_both_layouts_of_depth_bin(tmp_path: Path, framed: bool) -> None:
    rng = np.random.default_rng(3)
    depths = [np.full((192, 256), 1.0 + k / 8) + rng.integers(0, 9) / 1000 for k in range(300)]
    depths = depths if not framed else depths[:8]
    depths[1][:50] = 0
    path = tmp_path / "depth.bin"
    layout.write_depth(path, depths, framed=framed)
    assert depth_bin.is_framed(path) == framed
    last = len(depths) - 1
    for k in (3, 1, 2, last, 5, last - 160 if not framed else 0):
        got = depth_bin.read_depth(path, k)
        np.testing.assert_array_equal(np.isnan(got), depths[k] == 0)
        np.testing.assert_allclose(got, np.where(depths[k] > 0, depths[k], np.nan), atol=6e-4)
    for beyond in (len(depths), 10_000, -1):
        with pytest.raises(MissingInput, match="no such depth frame"):
            depth_bin.read_depth(path, beyond)


def test_the_intrinsics_speak_of_1920_by_1440(scene: Scene) -> None:
    for frame in walk(scene).frames:
        np.testing.assert_allclose(frame.camera.K, layout.VIDEO.K, atol=1e-9)


def test_the_aligned_pose_is_the_one_in_the_meshs_world(copy: Path) -> None:
    path = copy / "data" / layout.SCENE / "iphone/pose_intrinsic_imu.json"
    records = json.loads(path.read_text())
    for record in records.values():
        record["aligned_pose"] = record["pose"]
    path.write_text(json.dumps(records))
    with pytest.raises(ConventionError, match="do not agree"):
        open_only(copy)


@pytest.mark.parametrize("change", ["inverted", "opengl"])
def test_poses_of_another_convention_are_refused(copy: Path, change: str) -> None:
    path = copy / "data" / layout.SCENE / "iphone/pose_intrinsic_imu.json"
    records = json.loads(path.read_text())
    for record in records.values():
        T = np.array(record["aligned_pose"])
        T = np.linalg.inv(T) if change == "inverted" else T @ np.diag([1, -1, -1, 1])
        record["aligned_pose"] = T.tolist()
    path.write_text(json.dumps(records))
    with pytest.raises(ConventionError, match="do not agree"):
        open_only(copy)


def test_frames_without_pose_are_left_out_and_counted(tmp_path: Path, truth: Scene) -> None:
    layout.write_scene(tmp_path, truth, lost=(1,), dslr=False, video=False)
    scene = open_only(tmp_path)
    assert [f.id for f in scene.frames] == [f"iphone/frame_{k:06d}" for k in (0, 2, 3)]
    assert scene.notes["iphone_frames_without_pose"] == "1"


def test_fisheye_stills_are_straightened(scene: Scene, truth: Scene) -> None:
    for k, frame in enumerate(stills(scene)):
        depth = render(truth, frame.camera, frame.T_world_camera).depth_m
        known = dataclasses.replace(frame, read_depth=lambda depth=depth: depth)
        np.testing.assert_allclose(frame.T_world_camera, truth.frames[k].T_world_camera, atol=1e-6)
        assert round_trip.picture_error(known) < 4
        inside = Path(frame.read_rgb.args[0])
        stored = np.array(reading.opened(inside).convert("RGB"))
        bent = dataclasses.replace(known, read_rgb=lambda stored=stored: stored)
        assert round_trip.picture_error(bent) > 8


def test_nerfstudios_world_and_camera_are_turned_back(tmp_path: Path, truth: Scene) -> None:
    layout.write_scene(tmp_path, truth, iphone=False, nerfstudio=True)
    scene = open_only(tmp_path)
    assert len(scene.frames) == 3
    for seen, real in zip(scene.frames, truth.frames, strict=False):
        round_trip.assert_pose(seen, real)


def test_stills_in_no_list_are_left_out(copy: Path, scene: Scene) -> None:
    assert scene.notes["dslr_pictures_unlisted"] == "1"
    dslr = copy / "data" / layout.SCENE / "dslr"
    (dslr / "train_test_lists.json").unlink()
    (dslr / "resized_images/DSC00002.JPG").unlink()
    again = open_only(copy)
    assert [f.id for f in stills(again)] == ["dslr/DSC00000", "dslr/DSC00001", "dslr/DSC00003"]
    assert again.notes["dslr_pictures_missing"] == "1"


def test_rows_of_the_axes_are_the_axes(copy: Path, truth: Scene) -> None:
    path = copy / "data" / layout.SCENE / "scans/segments_anno.json"
    document = json.loads(path.read_text())
    for record in document["segGroups"]:
        box = record["obb"]
        box["normalizedAxes"] = np.reshape(box["normalizedAxes"], (3, 3)).T.ravel().tolist()
    path.write_text(json.dumps(document))
    with pytest.raises(AssertionError):
        round_trip.check(walk(open_only(copy)), truth, depth_m=None, ids=False, pictures=None)


def test_a_vertex_of_several_instances_is_of_the_smallest(scene: Scene, truth: Scene) -> None:
    pairs = round_trip.match_objects(scene, truth).values()
    for mine, theirs in pairs:
        assert mine.mesh is not None
        assert len(mine.mesh.faces) == len(theirs.mesh.faces)
    assert not {o.category for o in scene.objects} & {"wall", "floor", "remove"}
    assert scene.notes["objects_without_name"] == "1"
    assert len(scene.shell.faces) == len(truth.shell.faces)


def test_the_video_and_its_decoded_frames_are_the_same(
    tmp_path: Path, scene: Scene, truth: Scene
) -> None:
    layout.write_scene(tmp_path, truth, video=False, dslr=False)
    decoded = open_only(tmp_path)
    for a, b in zip(decoded.frames, walk(scene).frames, strict=True):
        assert np.abs(a.read_rgb().astype(int) - b.read_rgb()).mean() < 4
    next(tmp_path.rglob("frame_000001.jpg")).unlink()
    assert len(open_only(tmp_path).frames) == 3


def test_frames_of_a_video_are_found_by_number_in_any_order(tmp_path: Path) -> None:
    grey = [np.full((48, 64, 3), 8 * k, np.uint8) for k in range(30)]
    path = tmp_path / "grey.mkv"
    layout.write_video(path, grey)
    for k in (17, 3, 4, 29, 0, 28, 11):
        assert abs(int(np.array(read_frame(path, k)).mean()) - 8 * k) <= 3
    with pytest.raises(MissingInput, match="no such frame"):
        read_frame(path, 30)
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(InputError):
        read_frame(path, 20)
    path.write_bytes(b"#EXTM3U\nfile:///etc/passwd\n")
    with pytest.raises(CorruptInput, match="not a video"):
        read_frame(path, 0)


def test_official_lists_say_the_split(copy: Path) -> None:
    assert "guessed" in open_only(copy).notes["split"]
    lists = copy / "splits"
    lists.mkdir()
    (lists / "nvs_sem_train.txt").write_text(f"{layout.SCENE}\n")
    assert open_only(copy).split == "train"
    (lists / "sem_test.txt").write_text(f"ffffffffff\n{layout.SCENE}\n")
    scene = open_only(copy)
    assert scene.split == "test"
    assert "split" not in scene.notes


def test_an_incomplete_scene_names_what_is_missing(copy: Path) -> None:
    folder = copy / "data" / layout.SCENE
    shutil.rmtree(folder / "dslr")
    (folder / "iphone/depth.bin").unlink()
    assert "depth.bin" in open_only(copy).notes["iphone_depth"]
    (folder / "iphone/pose_intrinsic_imu.json").unlink()
    assert open_only(copy).frames == ()
    (folder / "scans/segments.json").unlink()
    with pytest.raises(MissingInput, match=r"segments\.json.*pose_intrinsic_imu"):
        open_only(copy)


@pytest.mark.parametrize(
    ("poison", "what"),
    [
        ({"objectId": -1}, "no objectId"),
        ({"objectId": 1}, "stands twice"),
        ({"label": ""}, "no label"),
        ({"segments": ["a"]}, "no list of segments"),
        ({"obb": None}, "no JSON object"),
        ({"obb": {"centroid": [0, 0, 0], "axesLengths": [1, 1, 0],
                  "normalizedAxes": [1, 0, 0, 0, 1, 0, 0, 0, 1]}}, "not positive"),
    ],
)  # fmt: skip
def test_a_broken_instance_is_quarantined_and_its_category_not_counted(
    copy: Path, poison: dict, what: str
) -> None:
    path = copy / "data" / layout.SCENE / "scans/segments_anno.json"
    document = json.loads(path.read_text())
    document["segGroups"][3] |= poison
    path.write_text(json.dumps(document))
    scene = open_only(copy)
    assert what in scene.notes["objects_dropped_first"]
    assert scene.complete_categories == frozenset()


@pytest.mark.parametrize(
    ("field", "value"),
    [("aligned_pose", [[1, 2]]), ("aligned_pose", np.diag([2.0, 1, 1, 1]).tolist()),
     ("intrinsic", [[1e300] * 3] * 3), ("aligned_pose", [[1e300] * 4] * 4),
     ("intrinsic", None), ("intrinsic", np.zeros((3, 3)).tolist()), ("intrinsic", "x")],
)  # fmt: skip
def test_broken_records_of_the_walk_refuse_the_scene(copy: Path, field: str, value: object) -> None:
    path = copy / "data" / layout.SCENE / "iphone/pose_intrinsic_imu.json"
    records = json.loads(path.read_text())
    for name in list(records)[:2]:
        records[name][field] = value
    path.write_text(json.dumps(records))
    with pytest.raises(InputError, match="unusable"):
        open_only(copy)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("odd", [float("inf"), float("nan"), 1e300])
def test_a_pose_beyond_reason_of_the_camera_refuses_it(
    tmp_path: Path, truth: Scene, odd: float
) -> None:
    layout.write_scene(tmp_path, truth, video=False, framed=False, nerfstudio=True)
    path = tmp_path / "data" / layout.SCENE / "dslr/nerfstudio/transforms.json"
    document = json.loads(path.read_text())
    document["frames"][0]["transform_matrix"] = [[odd] * 4] * 4
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="beyond reason"):
        open_only(tmp_path)


def test_a_frame_of_an_endless_number_is_quarantined(copy: Path) -> None:
    path = copy / "data" / layout.SCENE / "iphone/pose_intrinsic_imu.json"
    records = json.loads(path.read_text())
    records["frame_" + "9" * 5000] = records.pop(list(records)[-1])
    path.write_text(json.dumps(records))
    with pytest.raises(InputError, match="no record of a frame"):
        open_only(copy)


def test_truncated_and_mutated_depth_ends_in_our_errors(tmp_path: Path) -> None:
    depths = [np.full((192, 256), 2.0) for _ in range(3)]
    rng = np.random.default_rng(0)
    for framed in (True, False):
        path = tmp_path / f"depth{framed}.bin"
        layout.write_depth(path, depths, framed=framed)
        data = path.read_bytes()
        for _ in range(40):
            broken = bytearray(data)
            for at in rng.integers(0, len(data), 3):
                broken[at] = rng.integers(0, 256)
            path.write_bytes(bytes(broken[: rng.integers(1, len(data) + 1)]))
            for k in range(3):
                try:
                    depth_bin.read_depth(path, k)
                except InputError:
                    pass


def test_a_depth_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "depth.bin"
    bomb = layout.deflated(bytes(30_000_000))
    path.write_bytes(struct.pack("<I", len(bomb)) + bomb)
    with pytest.raises(CorruptInput, match="wrong size"):
        depth_bin.read_depth(path, 0)
