"""Objectron: the round trip, the quarter turn, and messages that are damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import round_trip
from layouts import objectron as layout
from layouts.world import LENS, colours, small_room

from sextant.errors import ConventionError, CorruptInput, InputError
from sextant.geometry.axes import R_OPENGL_OPENCV, R_ZUP_YUP
from sextant.geometry.projection import depth_to_points, project
from sextant.geometry.transforms import invert, rigid, transform_points
from sextant.scenes import Camera, Scene
from sextant.sources import objectron
from sextant.sources.protobuf import double, fields, floats, integer, text
from sextant.sources.resampling import turned_camera, turned_pose
from sextant.sources.source import SourceOptions

STANDING = Camera(72, 96, 71.0, 70.0, 34.5, 47.0)


@pytest.fixture(scope="module")
def truth() -> Scene:
    return small_room(STANDING)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, truth: Scene) -> Path:
    root = tmp_path_factory.mktemp("objectron")
    layout.write_sequence(root, truth, split="test")
    return root


def open_only(root: Path) -> Scene:
    source = objectron.open_source(root, SourceOptions())
    (scene_id,) = source.scene_ids()
    return source.open(scene_id)


def check_pictures(scene: Scene, truth: Scene) -> None:
    """The colour of a picture is that of the world point which its own camera sees."""
    for seen, real in zip(scene.frames, truth.frames, strict=True):
        points = depth_to_points(seen.camera.K, real.read_depth())
        wanted = colours(transform_points(seen.T_world_camera, points)).astype(float)
        assert np.nanmean(np.abs(seen.read_rgb() - wanted)) < 3


def test_round_trip_of_standing_pictures(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    round_trip.check(scene, truth, depth_m=None, ids=False, pictures=None)
    check_pictures(scene, truth)
    assert len(scene.objects) == len(truth.objects)
    assert scene.split == "test"
    assert [f.timestamp_s for f in scene.frames] == pytest.approx([0.0, 0.1, 0.2, 0.3])
    round_trip.check_facts(scene, objectron.FACTS)
    round_trip.check_frames_travel(scene)


def test_a_picture_that_lies_is_the_sensors_own(tmp_path: Path) -> None:
    truth = small_room(LENS)
    layout.write_sequence(tmp_path, truth, standing=False)
    scene = open_only(tmp_path)
    round_trip.check(scene, truth, depth_m=None, ids=False, pictures=None)
    check_pictures(scene, truth)


def test_standing_pictures_are_the_sensors_turned(root: Path, truth: Scene) -> None:
    """Were the sensor's pose kept, up would lie sideways in the picture."""
    for seen in open_only(root).frames:
        assert -seen.T_world_camera[2, 1] > 0.5


def test_pixels_are_where_the_official_notebook_puts_them(root: Path, truth: Scene) -> None:
    """Notebook: u = (1 + ndc y) / 2 * width, v = (1 + ndc x) / 2 * height, for standing videos."""
    frame = open_only(root).frames[0]
    T = turned_pose(truth.frames[0].T_world_camera, 1)
    flip = rigid(R_OPENGL_OPENCV, np.zeros(3))
    view = invert(rigid(R_ZUP_YUP.T, np.zeros(3)) @ T @ flip)
    P = layout.projection(turned_camera(truth.frames[0].camera, 1))
    for world in transform_points(frame.T_world_camera, [[0.2, 0.1, 2.0], [-0.3, 0.4, 3.0]]):
        clip = P @ view @ [*(R_ZUP_YUP.T @ world), 1.0]
        ndc = clip / clip[3]
        official = [(1 + ndc[1]) / 2 * 72, (1 + ndc[0]) / 2 * 96]
        uv, _ = project(frame.camera.K, transform_points(invert(frame.T_world_camera), world))
        np.testing.assert_allclose(uv, official, atol=1e-3)


def test_the_world_is_y_up_and_boxes_have_full_lengths(root: Path, truth: Scene) -> None:
    round_trip.assert_boxes(round_trip.match_objects(open_only(root), truth), "oriented", 1e-4)


def test_lost_tracking_and_missing_pictures_are_counted(tmp_path: Path, truth: Scene) -> None:
    layout.write_sequence(tmp_path, truth, lost=(1,))
    (tmp_path / "videos/chair/batch-3/17/frames/000006.png").unlink()
    scene = open_only(tmp_path)
    assert len(scene.frames) == len(truth.frames) - 2
    assert scene.notes["frames_without_pose"] == "1"
    assert scene.notes["frames_without_files"] == "1"
    assert "guessed" in scene.notes["split"]


def test_boxes_alone_are_a_scene(tmp_path: Path, truth: Scene) -> None:
    layout.write_sequence(tmp_path, truth, pictures=False)
    assert open_only(tmp_path).frames == ()


def test_cropped_pictures_are_refused(tmp_path: Path, truth: Scene) -> None:
    from PIL import Image

    layout.write_sequence(tmp_path, truth)
    for path in tmp_path.glob("videos/*/*/*/frames/*"):
        Image.fromarray(np.zeros((96, 80, 3), np.uint8)).save(path)
    with pytest.raises(ConventionError, match="another shape"):
        open_only(tmp_path)


def test_unknown_fields_are_stepped_over(tmp_path: Path, truth: Scene) -> None:
    extra = layout.field(900, 5) + layout.field(901, "x") + layout.field(902, 1.5)
    layout.write_sequence(tmp_path, truth, extra=extra + layout.varint(903 << 3 | 5) + b"abcd")
    round_trip.check(open_only(tmp_path), truth, depth_m=None, ids=False, pictures=None)


def test_truncated_and_hostile_messages_are_corrupt(tmp_path: Path, truth: Scene) -> None:
    path = layout.write_sequence(tmp_path, truth)
    data = path.read_bytes()
    for length in range(1, len(data), len(data) // 23):
        path.write_bytes(data[:length])
        try:
            open_only(tmp_path)
        except InputError:
            continue
    for broken in (b"\x0b", b"\x00\x00", b"\xff" * 11, b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x03abc"):
        path.write_bytes(broken)
        with pytest.raises(InputError):
            open_only(tmp_path)


def test_the_wire_format() -> None:
    data = layout.field(1, 300) + layout.field(2, "ä") + layout.field(3, -0.5)
    data += layout.field(4, np.arange(3.0)) + layout.varint(4 << 3 | 5) + b"\x00\x00\x80\x3f"
    assert integer(data, 1, "") == 300
    assert text(data, 2, "") == "ä"
    assert double(data, 3, "") == -0.5
    assert floats(data, 4, "").tolist() == [0, 1, 2, 1]
    assert [f.number for f in fields(data, "")] == [1, 2, 3, 4, 4]
    assert (integer(data, 9, ""), text(data, 9, ""), floats(data, 9, "").size) == (None, None, 0)
    with pytest.raises(CorruptInput, match="cut"):
        floats(layout.field(4, b"abc"), 4, "")
    with pytest.raises(CorruptInput, match="UTF-8"):
        text(layout.field(4, b"\xff"), 4, "")
