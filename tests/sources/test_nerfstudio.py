"""transforms.json: the round trip, and one test per trap of its layout."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import round_trip
from layouts import nerfstudio as layout
from layouts.world import Camera, render, small_room
from test_colmap import in_our_axes, picture_error

from sextant.errors import ConventionError, InputError, MissingInput
from sextant.geometry.transforms import invert, transform_points
from sextant.scenes import Scene
from sextant.sources import nerfstudio
from sextant.sources.source import SourceOptions


def open_only(root: Path) -> Scene:
    source = nerfstudio.open_source(root, SourceOptions())
    (scene_id,) = source.scene_ids()
    return source.open(scene_id)


def say(folder: Path, **fields: object) -> None:
    (folder / "sextant.json").write_text(json.dumps(fields))


def rewrite(folder: Path, change: object) -> None:
    """Change the decoded transforms.json by a function."""
    path = folder / "transforms.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_round_trip(tmp_path: Path, truth: Scene) -> None:
    say(layout.write_polycam(tmp_path, truth), frames_per_second=4)
    scene = open_only(tmp_path)
    real = in_our_axes(scene, truth)
    round_trip.check(scene, real, depth_m=None, boxes=None, ids=False, pictures=None)
    for k in range(4):
        assert picture_error(scene, truth, k) < 3
    round_trip.check_facts(scene, nerfstudio.FACTS)
    round_trip.check_frames_travel(scene)
    assert [f.id for f in scene.frames] == [f"images/frame_{k:05d}" for k in (1, 2, 3, 4)]
    assert scene.notes["up"] == "z, as orientation_override says"


@pytest.mark.parametrize("unit_m", [None, 0.0005])
def test_depth_is_spread_and_its_unit_is_the_files(
    tmp_path: Path, truth: Scene, unit_m: float | None
) -> None:
    layout.write_polycam(tmp_path, truth, unit_m=unit_m)
    for seen, real in zip(open_only(tmp_path).frames, truth.frames, strict=True):
        c = real.camera
        small = Camera(c.width // 3, c.height // 3, c.fx / 3, c.fy / 3, c.cx / 3, c.cy / 3)
        wanted = render(truth, small, real.T_world_camera).depth_m.repeat(3, 0).repeat(3, 1)
        np.testing.assert_allclose(seen.read_depth(), wanted, atol=6e-4)


def test_the_camera_is_opengl(tmp_path: Path, truth: Scene) -> None:
    """Read as OpenCV's, pictures would be upside down: the cameras' up would be the floor's."""
    layout.write_polycam(tmp_path, truth)
    for frame in open_only(tmp_path).frames:
        assert frame.T_world_camera[2, 1] < 0


def test_poses_are_metres_times_the_applied_scale(tmp_path: Path, truth: Scene) -> None:
    layout.write_polycam(tmp_path, truth, applied_scale=0.2)
    scene = open_only(tmp_path)
    real = in_our_axes(scene, truth)
    for seen, wanted in zip(scene.frames, real.frames, strict=True):
        round_trip.assert_pose(seen, wanted)


def test_a_world_that_is_y_up_is_turned(tmp_path: Path, truth: Scene) -> None:
    layout.write_record3d(tmp_path, truth)
    scene = open_only(tmp_path)
    assert scene.notes["up"].startswith("guessed: y")
    assert not scene.is_metric
    real = in_our_axes(scene, truth)
    round_trip.check(scene, real, depth_m=None, boxes=None, ids=False, pictures=None)
    assert scene.frames[0].id == "images/0"
    assert picture_error(scene, truth) < 1.5


def test_the_owner_knows_better(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_record3d(tmp_path, truth)
    say(folder, up="y", scale_m=1.0, licence="CC BY 4.0", split="val")
    scene = open_only(tmp_path)
    assert (scene.is_metric, scene.license, scene.split) == (True, "CC BY 4.0", "val")
    assert "up" not in scene.notes


@pytest.mark.parametrize("model", ["OPENCV", "OPENCV_FISHEYE"])
def test_bent_lenses_of_a_colmap_world(tmp_path: Path, truth: Scene, model: str) -> None:
    folder = layout.write_colmap_based(tmp_path, truth, model)
    scene = open_only(tmp_path)
    assert not scene.is_metric
    error = picture_error(scene, truth, 1)
    assert error < 2.5
    say(folder, up=layout.up_of_converted(), scale_m=layout.COLMAP_SCALE_M)
    scene = open_only(tmp_path)
    assert scene.is_metric
    real = in_our_axes(scene, truth)
    for seen, wanted in zip(scene.frames, real.frames, strict=True):
        round_trip.assert_pose(seen, wanted)

    def straight(document: dict) -> None:
        document["camera_model"] = "PINHOLE"

    rewrite(folder, straight)
    assert picture_error(open_only(tmp_path), truth, 1) > 2 * error


def test_distortion_as_a_list(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_colmap_based(tmp_path, truth, "OPENCV")

    def listed(document: dict) -> None:
        k1, k2, p1, p2 = (document.pop(k) for k in ("k1", "k2", "p1", "p2"))
        document["distortion_params"] = [k1, k2, 0, 0, p1, p2]

    rewrite(folder, listed)
    assert picture_error(open_only(tmp_path), truth) < 2.5


def test_metric_depth_does_not_belong_to_colmaps_poses(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_colmap_based(tmp_path, truth, "OPENCV", depth=True)
    scene = open_only(tmp_path)
    assert all(f.read_depth is None for f in scene.frames)
    assert "COLMAP" in scene.notes["depth"]
    say(folder, scale_m=layout.COLMAP_SCALE_M)
    assert np.nanmedian(open_only(tmp_path).frames[0].read_depth()) == pytest.approx(2.0)


def test_masked_parts_are_black(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_colmap_based(tmp_path, truth, "OPENCV", masks=True, depth=True)
    say(folder, scale_m=layout.COLMAP_SCALE_M)
    frame = open_only(tmp_path).frames[0]
    assert not frame.read_rgb()[:14].any()
    assert np.isnan(frame.read_depth()[:14]).all()
    assert np.isfinite(frame.read_depth()[40:]).all()


def test_a_mesh_is_the_shell_and_already_in_the_saved_world(tmp_path: Path, truth: Scene) -> None:
    layout.write_record3d(tmp_path, truth, mesh=True)
    scene = open_only(tmp_path)
    T = scene.frames[0].T_world_camera @ invert(truth.frames[0].T_world_camera)
    wanted = transform_points(T, truth.shell.vertices_world)
    np.testing.assert_allclose(scene.shell.vertices_world, wanted, atol=1e-6)


def test_angle_of_view_instead_of_a_focal_length(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_record3d(tmp_path, truth)

    def by_angle(document: dict) -> None:
        c = truth.frames[0].camera
        for key in ("fl_x", "fl_y", "w", "h", "cx", "cy"):
            del document[key]
        document["camera_angle_x"] = 2 * float(np.arctan(c.width / 2 / c.fx))

    rewrite(folder, by_angle)
    camera = open_only(tmp_path).frames[0].camera
    assert camera.fx == camera.fy == pytest.approx(70.0)
    assert (camera.cx, camera.cy) == (48, 36)


def test_a_file_without_focal_lengths_says_so(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_record3d(tmp_path, truth)

    def without(document: dict) -> None:
        for key in ("fl_x", "fl_y"):
            del document[key]

    rewrite(folder, without)
    with pytest.raises(InputError, match=r"no focal length(.|\n)*fl_x or camera_angle_x"):
        open_only(tmp_path)


def test_a_missing_depth_folder_is_named_and_not_taken_for_pictures(tmp_path: Path) -> None:
    folder = layout.write_polycam(tmp_path, small_room(frames=6))
    shutil.rmtree(folder / "depth")
    with pytest.raises(MissingInput, match=r"missing .*depth"):
        open_only(tmp_path)


def test_pictures_that_are_missing(tmp_path: Path) -> None:
    folder = layout.write_record3d(tmp_path, small_room(frames=6))
    (folder / "images/0.png").unlink()
    assert open_only(tmp_path).notes["frames_dropped"] == "1"
    for path in (folder / "images").iterdir():
        path.unlink()
    with pytest.raises(MissingInput, match="scenes help nerfstudio"):
        open_only(tmp_path)


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [
        ("file_path", "../../../etc/passwd", "leaves"),
        ("file_path", None, "no file_path"),
        ("file_path", 7, "no text"),
        ("transform_matrix", None, "4x4"),
        ("transform_matrix", "x", "no matrix"),
        ("transform_matrix", [[1, 2], [3, 4]], "4x4"),
        ("transform_matrix", np.diag([2.0, 2, 2, 1]).tolist(), "not a rotation"),
        ("transform_matrix", np.full((4, 4), np.nan).tolist(), "NaN"),
        ("fl_x", 0, "focal"),
        ("fl_x", "wide", "no usable fl_x"),
        ("w", 1e9, "unusable size"),
        ("k1", float("inf"), "finite"),
        ("camera_model", "EQUIRECTANGULAR", "unknown camera model"),
        ("distortion_params", [1, 2], "k1 k2 k3 k4 p1 p2"),
        ("depth_file_path", "/etc/passwd", "leaves"),
        ("mask_path", "no.png", "not there"),
    ],
)
def test_a_broken_frame_is_quarantined_and_many_refused(
    tmp_path: Path, field: str, value: object, what: str
) -> None:
    folder = layout.write_record3d(tmp_path, small_room(frames=6))
    rewrite(folder, lambda document: document["frames"][2].update({field: value}))
    scene = open_only(tmp_path)
    assert len(scene.frames) == 5
    assert what in scene.notes["frames_dropped_first"]

    def all_of_them(document: dict) -> None:
        for frame in document["frames"]:
            frame[field] = value

    rewrite(folder, all_of_them)
    with pytest.raises(InputError):
        open_only(tmp_path)


def test_a_picture_of_another_size_is_refused(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_record3d(tmp_path, truth)
    rewrite(folder, lambda document: document.update(w=192))
    with pytest.raises(ConventionError, match="another size"):
        open_only(tmp_path).frames[0].read_rgb()


def test_cameras_that_point_all_ways_do_not_tell_the_vertical(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_record3d(tmp_path, truth)

    def turn(document: dict) -> None:
        for k, frame in enumerate(document["frames"]):
            flip = np.diag([-1.0, -1, 1, 1]) if k % 2 else np.eye(4)
            frame["transform_matrix"] = (np.array(frame["transform_matrix"]) @ flip).tolist()

    rewrite(folder, turn)
    with pytest.raises(ConventionError, match="where up is"):
        open_only(tmp_path)


def test_truncated_and_mutated_files_end_in_our_errors(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_record3d(tmp_path, truth)
    path = folder / "transforms.json"
    data = path.read_bytes()
    rng = np.random.default_rng(2)
    for k in range(120):
        broken = bytearray(data[: int(rng.integers(1, len(data)))] if k % 2 else data)
        for at in rng.integers(0, len(broken), 3):
            broken[at] = rng.integers(32, 127)
        path.write_bytes(bytes(broken))
        try:
            open_only(tmp_path)
        except InputError:
            pass
