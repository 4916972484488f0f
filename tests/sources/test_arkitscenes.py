"""ARKitScenes: the round trip, and one test per trap of its layout."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import round_trip
from layouts import arkitscenes as layout
from layouts.world import small_room

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.scenes import Scene
from sextant.sources import arkitscenes
from sextant.sources.source import SourceOptions


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, truth: Scene) -> Path:
    root = tmp_path_factory.mktemp("arkitscenes")
    layout.write_scan(root, truth)
    return root


def open_only(root: Path) -> Scene:
    source = arkitscenes.open_source(root, SourceOptions())
    (scene_id,) = source.scene_ids()
    return source.open(scene_id)


def test_round_trip(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    round_trip.check(scene, truth, ids=False, pictures=3.0)
    assert len(scene.objects) == len(truth.objects)
    round_trip.check_facts(scene, arkitscenes.FACTS)
    round_trip.check_frames_travel(scene)
    assert scene.split == "train"


@pytest.mark.parametrize("held", [0, 2, 3])
def test_pictures_are_turned_upright_however_the_device_was_held(
    tmp_path: Path, truth: Scene, held: int
) -> None:
    layout.write_scan(tmp_path, truth, held=held)
    scene = open_only(tmp_path)
    round_trip.check(scene, truth, ids=False, pictures=3.0)
    assert scene.notes.get("turned_quarters", "0") == str(-held % 4)


def test_the_trajectory_is_world_to_camera(root: Path, truth: Scene) -> None:
    path = root / "3dod/Training/40753679/40753679_frames/lowres_wide.traj"
    raw = np.array([[float(w) for w in line.split()] for line in path.read_text().splitlines()])
    times, poses, _ = arkitscenes.read_trajectory(path)
    np.testing.assert_allclose(times, raw[:, 0])
    centres = np.array([f.center_world for f in truth.frames])
    np.testing.assert_allclose(poses[:, :3, 3], centres, atol=1e-4)
    assert np.linalg.norm(raw[:, 4:] - centres, axis=1).min() > 0.5


def test_rows_of_the_axes_are_the_axes(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_scan(tmp_path, truth)
    path = folder / f"{folder.name}_3dod_annotation.json"
    document = json.loads(path.read_text())
    for entry in document["data"]:
        box = entry["segments"]["obbAligned"]
        box["normalizedAxes"] = np.reshape(box["normalizedAxes"], (3, 3)).T.ravel().tolist()
    path.write_text(json.dumps(document))
    scene = open_only(tmp_path)
    with pytest.raises(AssertionError):
        round_trip.check(scene, truth, ids=False)


def test_the_raw_set_has_more_pictures_than_poses(tmp_path: Path, truth: Scene) -> None:
    layout.write_scan(tmp_path, truth, fold="Validation", raw=True, extra_pictures=3)
    scene = open_only(tmp_path)
    assert scene.split == "val"
    assert scene.notes["frames_without_pose"] == "3"
    round_trip.check(scene, truth, ids=False, pictures=3.0)


@pytest.mark.parametrize(("late_s", "frames"), [(0.0045, 4), (0.02, 0)])
def test_times_are_matched_by_nearest_within_5_ms(
    tmp_path: Path, truth: Scene, late_s: float, frames: int
) -> None:
    layout.write_scan(tmp_path, truth, late_s=late_s)
    if frames:
        assert len(open_only(tmp_path).frames) == frames
    else:
        with pytest.raises(ConventionError, match="no picture has a pose"):
            open_only(tmp_path)


def test_a_picture_without_intrinsics_is_quarantined(tmp_path: Path, truth: Scene) -> None:
    longer = small_room(frames=6)
    folder = layout.write_scan(tmp_path, longer)
    for path in sorted(folder.glob("*_frames/lowres_wide_intrinsics/*"))[:1]:
        path.unlink()
    scene = open_only(tmp_path)
    assert len(scene.frames) == 5
    assert "no intrinsics" in scene.notes["frames_dropped_first"]


@pytest.mark.parametrize("line", ["1 2 3", "a b c d e f g", "6845.9 nan 0 0 0 0 0", ""])
def test_a_broken_pose_line_is_quarantined(tmp_path: Path, line: str) -> None:
    folder = layout.write_scan(tmp_path, small_room(frames=6))
    path = next(folder.glob("*_frames/lowres_wide.traj"))
    lines = path.read_text().splitlines()
    lines[2] = line
    path.write_text("\n".join(lines))
    scene = open_only(tmp_path)
    assert len(scene.frames) == 5
    assert ("poses_dropped" in scene.notes) == bool(line)


def test_a_skipped_annotation_gives_no_objects(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_scan(tmp_path, truth)
    (folder / f"{folder.name}_3dod_annotation.json").write_text('{"data": [], "skipped": true}')
    scene = open_only(tmp_path)
    assert scene.objects == ()
    assert "skipped" in scene.notes["objects"]
    assert scene.complete_categories == frozenset()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"segments": {"obbAligned": {"centroid": [0, 0, 0]}}}, "no usable normalizedAxes"),
        ({"segments": {}}, "no JSON object"),
        ({"label": ""}, "no label"),
        ({"uid": "uid-0"}, "stands twice"),
    ],
)
def test_a_broken_box_is_quarantined_and_nothing_counted(
    tmp_path: Path, truth: Scene, change: dict, what: str
) -> None:
    folder = layout.write_scan(tmp_path, truth)
    path = folder / f"{folder.name}_3dod_annotation.json"
    document = json.loads(path.read_text())
    document["data"][3] |= change
    path.write_text(json.dumps(document))
    scene = open_only(tmp_path)
    assert what in scene.notes["objects_dropped_first"]
    assert scene.complete_categories == frozenset()


def test_boxes_alone_frames_alone_and_neither(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_scan(tmp_path, truth)
    annotation = folder / f"{folder.name}_3dod_annotation.json"
    text = annotation.read_text()
    annotation.unlink()
    assert open_only(tmp_path).objects == ()
    trajectory = next(folder.glob("*_frames/lowres_wide.traj"))
    trajectory.unlink()
    with pytest.raises(MissingInput, match=r"lowres_wide\.traj"):
        open_only(tmp_path)
    annotation.write_text(text)
    (folder / f"{folder.name}_frames").rename(tmp_path / "elsewhere")
    scene = open_only(tmp_path)
    assert scene.frames == ()
    assert len(scene.objects) == len(truth.objects)
    annotation.write_text("{")
    with pytest.raises(CorruptInput, match="JSON"):
        open_only(tmp_path)


def test_depth_in_metres_is_refused(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_scan(tmp_path, truth)
    scene = open_only(tmp_path)
    from PIL import Image

    for path in folder.glob("*_frames/lowres_depth/*.png"):
        Image.fromarray(np.full((96, 72), 2, np.uint16)).save(path)
    with pytest.raises(InputError, match="wrong unit"):
        scene.frames[0].read_depth()
