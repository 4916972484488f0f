"""ScanNet: the round trip, and one test per trap of its layout."""

from __future__ import annotations

import dataclasses
import json
import struct
from pathlib import Path

import numpy as np
import pytest
import round_trip
from layouts import scannet as layout

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.scenes import Scene
from sextant.sources import scannet
from sextant.sources.source import SourceOptions


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, truth: Scene) -> Path:
    root = tmp_path_factory.mktemp("scannet")
    layout.write_scene(root, truth)
    return root


def open_only(root: Path) -> Scene:
    source = scannet.open_source(root, SourceOptions())
    (scene_id,) = source.scene_ids()
    return source.open(scene_id)


@pytest.fixture
def scene(root: Path) -> Scene:
    return open_only(root)


def test_round_trip(scene: Scene, truth: Scene) -> None:
    round_trip.check(scene, truth, boxes="aligned", ids=False)
    assert len(scene.objects) == len(truth.objects)
    round_trip.check_facts(scene, scannet.FACTS)
    round_trip.check_frames_travel(scene)
    assert scene.room.floor_z_m == pytest.approx(truth.room.floor_z_m, abs=1e-4)


def test_the_world_is_turned_along_the_walls(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    raw = layout.T_ALIGNED_SCAN
    for seen, real in zip(scene.frames, truth.frames, strict=True):
        np.testing.assert_allclose(seen.center_world, real.center_world, atol=1e-4)
        unaligned = np.linalg.inv(raw) @ np.append(real.center_world, 1)
        assert np.linalg.norm(unaligned[:3] - seen.center_world) > 0.5


def test_frames_without_pose_are_left_out_and_counted(tmp_path: Path, truth: Scene) -> None:
    layout.write_scene(tmp_path, truth, lost=(0, 2))
    scene = open_only(tmp_path)
    assert [f.id for f in scene.frames] == ["000001", "000003"]
    assert scene.notes["frames_without_pose"] == "2"
    round_trip.assert_pose(scene.frames[0], truth.frames[1])


def test_a_recording_that_lost_all_poses_is_refused(tmp_path: Path, truth: Scene) -> None:
    layout.write_scene(tmp_path, truth, lost=(0, 1, 2, 3))
    with pytest.raises(ConventionError, match="no frame of the recording has a pose"):
        open_only(tmp_path)


def test_a_test_scene_has_no_alignment_and_is_read_as_it_is(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_scene(tmp_path, truth, "scene0707_00", aligned=False)
    for path in folder.glob("*aggregation*"):
        path.unlink()
    (tmp_path / "scans").rename(tmp_path / "scans_test")
    scene = open_only(tmp_path)
    assert scene.split == "test"
    assert scene.objects == ()
    assert scene.notes["world"].startswith("the scan's own frame")
    assert "aggregation" in scene.notes["objects"]
    round_trip.check(scene, truth, boxes=None, ids=False)


def test_colour_is_brought_onto_the_depth_camera(scene: Scene, truth: Scene) -> None:
    for seen in scene.frames:
        assert seen.camera == truth.frames[0].camera
        assert round_trip.picture_error(seen) < 1.5
    # Stretched to the size instead, colours of other points are seen.
    stored = layout.picture(truth, layout.COLOR, truth.frames[0].T_world_camera)
    stretched = stored[::2, ::2][:72, :96]
    frame = dataclasses.replace(scene.frames[0], read_rgb=lambda: stretched)
    assert round_trip.picture_error(frame) > 6.0


def test_instance_maps_hold_object_id_plus_one_at_the_size_of_the_colour(
    scene: Scene, truth: Scene
) -> None:
    matched = round_trip.match_objects(scene, truth)
    assert all(mine.instance_value == theirs.instance_value for mine, theirs in matched.values())
    for seen, real in zip(scene.frames, truth.frames, strict=True):
        got, wanted = seen.read_instances(), real.read_instances()
        # Nearest of a finer map: only silhouettes may differ.
        assert (got == wanted).mean() > 0.97


def test_an_unpacked_folder_of_instance_maps_is_read_as_well(tmp_path: Path, truth: Scene) -> None:
    import zipfile

    folder = layout.write_scene(tmp_path, truth)
    archive = next(folder.glob("*instance-filt.zip"))
    with zipfile.ZipFile(archive) as file:
        packed = open_only(tmp_path).frames[0].read_instances()
        file.extractall(folder / archive.stem)
    archive.unlink()
    np.testing.assert_array_equal(open_only(tmp_path).frames[0].read_instances(), packed)


def test_walls_and_floor_are_the_shell(scene: Scene, truth: Scene) -> None:
    assert not {o.category for o in scene.objects} & {"wall", "floor"}
    assert scene.shell is not None
    assert len(scene.shell.faces) == len(truth.shell.faces)


def test_png_pictures(tmp_path: Path, truth: Scene) -> None:
    layout.write_scene(tmp_path, truth, jpeg=False)
    assert round_trip.picture_error(open_only(tmp_path).frames[0]) < 1.5


def test_official_lists_say_the_split(tmp_path: Path, truth: Scene) -> None:
    layout.write_scene(tmp_path, truth)
    assert open_only(tmp_path).split == "train"
    (tmp_path / "scans" / "scene0042_01").rename(tmp_path / "scans" / "scene0011_01")
    for path in (tmp_path / "scans" / "scene0011_01").iterdir():
        path.rename(path.with_name(path.name.replace("scene0042_01", "scene0011_01")))
    assert open_only(tmp_path).split == "val"


def test_boxes_alone_without_the_recording(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_scene(tmp_path, truth)
    (folder / f"{folder.name}.sens").unlink()
    scene = open_only(tmp_path)
    assert scene.frames == ()
    assert len(scene.objects) == len(truth.objects)


def test_an_incomplete_scene_names_what_is_missing(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_scene(tmp_path, truth)
    (folder / f"{folder.name}.sens").unlink()
    (folder / f"{folder.name}.aggregation.json").unlink()
    with pytest.raises(MissingInput, match=r"scene0042_01\.sens.*aggregation") as caught:
        open_only(tmp_path)
    assert "sextant scenes help scannet" in str(caught.value)
    for nowhere in (None, tmp_path / "no", tmp_path / "scans" / folder.name / "x"):
        with pytest.raises(MissingInput, match="scan-net"):
            scannet.open_source(nowhere, SourceOptions())


def test_a_cut_off_recording_keeps_its_whole_frames(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_scene(tmp_path, truth)
    path = folder / f"{folder.name}.sens"
    path.write_bytes(path.read_bytes()[:-200])
    scene = open_only(tmp_path)
    assert len(scene.frames) == 3
    assert scene.notes["frames_cut_off"] == "1"


@pytest.mark.parametrize(
    ("at", "value", "what"),
    [
        (0, struct.pack("<I", 3), "not a .sens file"),
        (4, struct.pack("<Q", 1 << 40), "not a .sens file"),
        (24, struct.pack("<f", 0.0), "focal"),
        (24, struct.pack("<f", float("nan")), "focal"),
        (280, struct.pack("<i", 7), "compression of pictures"),
        (284, struct.pack("<i", 2), "compression of depth"),
        (288, struct.pack("<I", 0), "unusable sizes"),
        (304, struct.pack("<f", -1.0), "depth unit"),
        (308, struct.pack("<Q", 1 << 60), "unusable sizes"),
    ],
)
def test_a_broken_header_is_named(
    tmp_path: Path, truth: Scene, at: int, value: bytes, what: str
) -> None:
    folder = layout.write_scene(tmp_path, truth)
    path = folder / f"{folder.name}.sens"
    data = bytearray(path.read_bytes())
    data[at : at + len(value)] = value
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match=what):
        open_only(tmp_path)


def test_a_depth_bomb_is_refused(tmp_path: Path, truth: Scene) -> None:
    import zlib

    folder = layout.write_scene(tmp_path, truth)
    path = folder / f"{folder.name}.sens"
    header, frames = scannet.reader.read_sens(path)
    bomb = zlib.compress(bytes(50_000_000))
    path.write_bytes(bomb)
    frame = dataclasses.replace(frames[0], depth_at=0, depth_bytes=len(bomb))
    with pytest.raises(CorruptInput, match="wrong size"):
        scannet.reader.read_depth(header, frame)


@pytest.mark.parametrize(
    ("poison", "what"),
    [
        ({"objectId": -1}, "no objectId"),
        ({"objectId": 0}, "stands twice"),
        ({"label": " "}, "no label"),
        ({"segments": ["a"]}, "no list of segments"),
        ({"segments": [999_999]}, "no points"),
    ],
)
def test_a_broken_instance_is_quarantined_and_its_category_not_counted(
    tmp_path: Path, truth: Scene, poison: dict[str, object], what: str
) -> None:
    folder = layout.write_scene(tmp_path, truth)
    path = folder / f"{folder.name}.aggregation.json"
    document = json.loads(path.read_text())
    document["segGroups"][3] |= poison
    path.write_text(json.dumps(document))
    scene = open_only(tmp_path)
    assert scene.notes["objects_dropped"] == "1"
    assert what in scene.notes["objects_dropped_first"]
    assert len(scene.objects) == len(truth.objects) - 1


def test_segments_of_another_mesh_are_refused(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_scene(tmp_path, truth)
    path = next(folder.glob("*.segs.json"))
    path.write_text(json.dumps({"segIndices": [1, 2, 3]}))
    with pytest.raises(ConventionError, match="do not belong together"):
        open_only(tmp_path)
