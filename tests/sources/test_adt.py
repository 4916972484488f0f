from __future__ import annotations

import dataclasses
import io
import json
import math
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import round_trip
from layouts import adt as layout
from layouts import vrs
from layouts.world import small_room
from PIL import Image

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.geometry.projection import depth_to_points
from sextant.geometry.transforms import rotation_from_quaternion, transform_points
from sextant.scenes import Scene
from sextant.sources import adt
from sextant.sources.adt import recording
from sextant.sources.adt.fisheye import Fisheye624
from sextant.sources.adt.layout import read_trajectory, read_visibility
from sextant.sources.adt.reader import R_ZUP_YUP, nearest
from sextant.sources.adt.things import ObjectNotes, build_objects
from sextant.sources.aria import R_SENSOR_UPRIGHT, lens_at
from sextant.sources.source import SourceOptions

HALF = math.sqrt(0.5)


def instance(uid: int, name: str, category: str = "chair", **change: Any) -> dict:
    return {
        "instance_id": uid,
        "instance_name": name,
        "prototype_name": name.split("_")[0],
        "category": category,
        "motion_type": "static",
        "instance_type": "object",
        "canonical_pose": {"up_vector": [0, 1, 0], "front_vector": [0, 0, 1]},
    } | change


class Miniature:
    """The text files of a sequence in their true layout, one object per ``add``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.instances: dict[str, dict] = {}
        self.poses: list[str] = []
        self.boxes: list[str] = []

    def add(
        self,
        uid: int,
        entry: dict,
        poses: list[tuple] = [(-1, 0, 0, 0, 1, 0, 0, 0)],  # noqa: B006 - read only
        bounds: tuple = (-0.5, 0.5, 0.0, 1.0, -0.2, 0.2),
    ) -> None:
        self.instances[str(uid)] = entry
        self.poses += [f"{uid}," + ",".join(map(str, p)) for p in poses]
        self.boxes.append(f"{uid},-1," + ",".join(map(str, bounds)))

    def build(self) -> dict[str, Any]:
        (self.folder / "instances.json").write_text(json.dumps(self.instances))
        (self.folder / "scene_objects.csv").write_text(
            "object_uid,timestamp[ns],t_wo_x[m],t_wo_y[m],t_wo_z[m],q_wo_w,q_wo_x,q_wo_y,q_wo_z\n"
            + "\n".join(self.poses)
        )
        sides = ",".join(f"p_local_obj_{a}{s}[m]" for a in "xyz" for s in ("min", "max"))
        (self.folder / "3d_bounding_box.csv").write_text(
            f"object_uid,timestamp[ns],{sides}\n" + "\n".join(self.boxes)
        )
        objects, uids, notes = build_objects(self.folder, 1000, R_ZUP_YUP)
        return {"objects": {o.id: o for o in objects}, "uids": uids, "notes": notes}


@pytest.fixture
def mini(tmp_path: Path) -> Miniature:
    return Miniature(tmp_path)


def test_the_y_up_world_becomes_z_up(mini: Miniature) -> None:
    mini.add(7, instance(7, "Chair"), [(-1, 1, 2, 3, 1, 0, 0, 0)])
    chair = mini.build()["objects"]["Chair"]
    np.testing.assert_allclose(chair.box.center, [1, -3, 2.5], atol=1e-12)
    np.testing.assert_allclose(chair.box.minimum, [0.5, -3.2, 2.0], atol=1e-12)
    np.testing.assert_allclose(chair.box.maximum, [1.5, -2.8, 3.0], atol=1e-12)
    np.testing.assert_allclose(chair.front_world, [0, -1, 0], atol=1e-12)


def test_object_quaternions_are_wxyz(mini: Miniature) -> None:
    # A quarter turn about the vertical; read as x, y, z, w it would be one about z.
    mini.add(7, instance(7, "Chair"), [(-1, 0, 0, 0, HALF, 0, HALF, 0)])
    chair = mini.build()["objects"]["Chair"]
    np.testing.assert_allclose(chair.box.half_extent_world, [0.2, 0.5, 0.5], atol=1e-12)
    np.testing.assert_allclose(chair.front_world, [1, 0, 0], atol=1e-12)


def test_device_quaternions_are_xyzw(tmp_path: Path) -> None:
    names = [f"t{a}_world_device" for a in "xyz"] + [f"q{a}_world_device" for a in "xyzw"]
    names += [f"gravity_{a}_world" for a in "xyz"]
    (tmp_path / "aria_trajectory.csv").write_text(
        f"tracking_timestamp_us,{','.join(names)}\n"
        f"20,4,5,6,0,{HALF},0,{HALF},0,-9.81,0\n10,1,2,3,0,0,0,1,0,-9.81,0\n"
    )
    trajectory = read_trajectory(tmp_path)
    assert trajectory.times_ns.tolist() == [10_000, 20_000]
    np.testing.assert_allclose(trajectory.T_world_device[0, :3, :3], np.eye(3))
    expected = rotation_from_quaternion([HALF, 0, HALF, 0])
    np.testing.assert_allclose(trajectory.T_world_device[1, :3, :3], expected, atol=1e-12)
    np.testing.assert_allclose(trajectory.T_world_device[1, :3, 3], [4, 5, 6])


def test_what_is_left_out_and_counted(mini: Miniature) -> None:
    still = [(t, 0, 0, 0.001 * t / 1000, 1, 0, 0, 0) for t in (0, 1000, 2000)]
    moving = [(t, 0, 0, 0.1 * t / 1000, 1, 0, 0, 0) for t in (0, 1000, 2000)]
    tipping = [(0, 0, 0, 0, 1, 0, 0, 0), (1000, 0, 0, 0, math.cos(0.05), 0, 0, math.sin(0.05))]
    mini.add(1, instance(1, "Cup_1", "cup"), still)
    mini.add(2, instance(2, "Cup_2", "cup"), moving)
    mini.add(3, instance(3, "Bowl", "bowl"), tipping)
    mini.add(4, instance(4, "ApartmentEnv", "shelter"))
    mini.add(5, instance(5, "Skeleton_T", "person", instance_type="human"))
    mini.add(6, instance(6, "Flat", "napkin"), bounds=(0, 0, 0, 1, 0, 1))
    mini.add(7, instance(7, "Lost", "lamp"), [(-1, math.nan, 0, 0, 1, 0, 0, 0)])
    mini.add(8, instance(8, "Chair", "chair"))
    built = mini.build()
    notes: ObjectNotes = built["notes"]
    assert set(built["objects"]) == {"Cup_1", "Chair"}
    assert notes.counts == {
        "objects_left_out_moved": "2",
        "objects_left_out_people": "1",
        "objects_left_out_shell": "1",
        "objects_left_out_with_broken_box_or_pose": "1",
        "objects_left_out_without_size": "1",
    }
    assert notes.complete_categories == {"chair"}


def test_a_dynamic_object_that_stays_takes_the_pose_nearest_to_the_first_frame(
    mini: Miniature,
) -> None:
    mini.add(1, instance(1, "Cup", "cup"), [(t, 0, 0, t / 1e6, 1, 0, 0, 0) for t in (0, 900, 3000)])
    cup = mini.build()["objects"]["Cup"]
    assert cup.box.center[1] == pytest.approx(-900 / 1e6)


def test_everything_labelled_is_complete(mini: Miniature) -> None:
    mini.add(1, instance(1, "Chair"))
    assert mini.build()["notes"].complete_categories is None


def test_instance_values_are_ranks_of_the_uids_and_names_that_repeat_get_the_uid(
    mini: Miniature,
) -> None:
    mini.add(90, instance(90, "Cup", "cup"))
    mini.add(12, instance(12, "Cup", "cup"))
    mini.add(2**53 - 3, instance(2**53 - 3, "Bowl", "bowl"))
    built = mini.build()
    values = {o.id: o.instance_value for o in built["objects"].values()}
    assert values == {"Cup#12": 1, "Cup#90": 2, "Bowl": 3}
    assert built["uids"] == (12, 90, 2**53 - 3)


def test_fronts_need_a_category_that_has_one_and_an_upright_pose(mini: Miniature) -> None:
    mini.add(1, instance(1, "Vase", "vase"))
    mini.add(2, instance(2, "Tipped"), [(-1, 0, 0, 0, HALF, HALF, 0, 0)])
    mini.add(3, instance(3, "Sofa", "couch"))
    objects = mini.build()["objects"]
    assert objects["Vase"].front_world is None
    assert objects["Tipped"].front_world is None
    assert objects["Sofa"].front_world is not None
    assert objects["Sofa"].category == "sofa"


def test_visibility_is_0_to_1_although_the_header_says_percent(tmp_path: Path) -> None:
    path = tmp_path / "2d_bounding_box.csv"
    head = "stream_id,object_uid,timestamp[ns],visibility_ratio[%]\n"
    path.write_text(head + "214-1,5,100,0.25\n1201-1,5,100,0.9\n")
    assert read_visibility(tmp_path) == [(100, 5, 0.25)]
    path.write_text(head + "214-1,5,100,25\n")
    with pytest.raises(CorruptInput, match="line 2"):
        read_visibility(tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("scene_objects.csv", "object_uid,timestamp[ns]\n1,-1\n"),
        ("scene_objects.csv", "object_uid,timestamp[ns],t_wo_x[m]\n1,-1,abc\n"),
        ("3d_bounding_box.csv", "object_uid\nx\n"),
        ("instances.json", "[1, 2]"),
        ("instances.json", '{"1": 5}'),
        ("instances.json", '{"a": {"instance_name": "x"}}'),
        (
            "instances.json",
            '{"-5": {"instance_name": "x", "prototype_name": "x", "category": "x"}}',
        ),
        ("instances.json", '{"99999999999999999999": {}}'),
        ("scene_objects.csv", "object_uid,timestamp[ns]\n1,99999999999999999999\n"),
    ],
)
def test_broken_text_files_are_named(mini: Miniature, name: str, text: str) -> None:
    mini.add(1, instance(1, "Chair"))
    mini.build()
    (mini.folder / name).write_text(text)
    with pytest.raises(CorruptInput, match=name.split(".")[0]):
        build_objects(mini.folder, 0, R_ZUP_YUP)


def test_times_match_by_nearest_within_a_tolerance() -> None:
    times = np.array([0, 33_000_000, 66_000_000])
    assert nearest(times, 33_000_700) == 1
    assert nearest(times, 36_000_000) is None
    assert nearest(times[:0], 0) is None


LENS = Fisheye624(64, 64, (28.0, 31.5, 31.5, *([0.0] * 12)), valid_radius=30.0)


def test_the_stored_picture_is_turned_upright() -> None:
    stored = np.zeros((64, 64, 3), dtype=np.uint8)
    stored[:, :32] = 200  # the left of the stored picture is the ceiling
    upright = LENS.rectifier.bilinear(stored)
    assert upright[8, 16].tolist() == [200] * 3
    assert upright[24, 16].tolist() == [0] * 3
    # Down of the upright camera is the stored picture's right.
    np.testing.assert_array_equal(R_SENSOR_UPRIGHT[:, 1], [1, 0, 0])
    assert np.linalg.det(R_SENSOR_UPRIGHT) == pytest.approx(1.0)


def test_pixels_outside_of_the_lens_are_invalid() -> None:
    lens = Fisheye624(64, 64, LENS.parameters, valid_radius=10.0)
    ids = lens.rectifier.nearest(np.full((64, 64), 5, dtype=np.uint64))
    assert ids[16, 16] == 5
    assert ids[0, 0] == 0
    assert not lens.rectifier.valid[0, 0]


def test_arias_pixel_centres_are_whole_numbers() -> None:
    # The middle of our upright picture is the stored picture's principal point (31.5, 31.5).
    axis = LENS.project(np.array([0.0, 0.0, 1.0]))
    np.testing.assert_allclose(axis, [31.5, 31.5])
    assert (LENS.pinhole.cx, LENS.pinhole.cy) == (16.0, 16.0)


@pytest.mark.parametrize("parameters", [(0.0,) * 15, (math.nan,) * 15, (1.0,) * 4])
def test_an_unusable_lens_is_refused(parameters: tuple[float, ...]) -> None:
    with pytest.raises(ConventionError, match="fisheye"):
        Fisheye624(64, 64, parameters, 30.0)


def test_missing_root_and_incomplete_sequences(tmp_path: Path, mini: Miniature) -> None:
    for root in (None, tmp_path, tmp_path / "no"):
        with pytest.raises(MissingInput, match=r"video\.vrs"):
            adt.open_source(root, SourceOptions())
    mini.add(1, instance(1, "Chair"))
    mini.build()
    source = adt.open_source(tmp_path, SourceOptions())
    assert "missing video.vrs" in source.describe()
    assert "boxes without pictures" in source.describe()
    scene = source.open(source.scene_ids()[0])
    assert scene.frames == ()
    assert [o.category for o in scene.objects] == ["chair"]
    (tmp_path / "3d_bounding_box.csv").unlink()
    with pytest.raises(MissingInput, match=r"3d_bounding_box\.csv"):
        source.open(source.scene_ids()[0])


# -- a whole sequence ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def truth() -> Scene:
    return small_room(layout.LENS, frames=4)


@pytest.fixture(scope="module")
def sequence(tmp_path_factory: pytest.TempPathFactory, truth: Scene) -> Path:
    return layout.write_sequence(tmp_path_factory.mktemp("adt"), truth)


def open_only(root: Path) -> Scene:
    source = adt.open_source(root, SourceOptions())
    (scene_id,) = source.scene_ids()
    return source.open(scene_id)


def test_round_trip(sequence: Path, truth: Scene) -> None:
    scene = open_only(sequence)
    round_trip.check(scene, truth, depth_m=None, ids=False, pictures=None)
    round_trip.check_facts(scene, adt.FACTS)
    round_trip.check_frames_travel(scene)
    assert [f.id for f in scene.frames] == [str(t) for t in layout.times_ns(len(truth.frames))]
    assert [f.timestamp_s for f in scene.frames] == pytest.approx(np.arange(4) / 30, abs=1e-6)


def test_depth_and_ids_lie_on_the_upright_picture(sequence: Path, truth: Scene) -> None:
    scene = open_only(sequence)
    value = {o.id.rpartition("_")[2]: o.instance_value for o in scene.objects}
    for seen, real in zip(scene.frames, truth.frames, strict=True):
        # The writer's and the reader's pixels are a degree wide: slanted surfaces differ by it.
        depth_m, wanted_m = seen.read_depth(), real.read_depth()
        both = np.isfinite(depth_m) & np.isfinite(wanted_m)
        assert both.mean() > 0.95
        assert np.median(np.abs(depth_m - wanted_m)[both]) < 0.02
        assert np.median(np.abs(np.rot90(depth_m) - wanted_m)[both]) > 0.1
        by_truth = dataclasses.replace(seen, read_depth=real.read_depth)
        assert round_trip.picture_error(by_truth) < 5
        ids = real.read_instances()
        wanted = np.zeros_like(ids)
        for v in np.unique(ids[ids > 0]):
            wanted[ids == v] = value[str(v)]
        assert (seen.read_instances() == wanted)[both].mean() > 0.93
        assert len(set(np.unique(wanted)) & set(np.unique(seen.read_instances()))) > 2


def test_opening_unpacks_no_picture(sequence: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a picture was decoded")

    monkeypatch.setattr("sextant.sources.vrs.images.ImageStream.image", refuse)
    assert len(open_only(sequence).frames) == 4


@pytest.mark.parametrize("side", [1408, 704, 2880])
def test_lenses_are_calibrated_for_the_whole_sensor(side: int) -> None:
    params = lens_at((1220.0, 1461.1, 1447.1, *(0.0,) * 12), side)
    # projectaria_tools: a crop of 32, then scale * (c + 0.5) - 0.5.
    scale, crop = {1408: (0.5, 32), 704: (0.25, 32), 2880: (1.0, 0)}[side]
    wanted = (1220 * scale, *(scale * (c - crop + 0.5) - 0.5 for c in (1461.1, 1447.1)))
    assert params[:3] == pytest.approx(wanted)


def test_what_is_not_there_stands_in_the_notes(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_sequence(tmp_path, truth)
    assert "missing" not in open_only(tmp_path).notes
    (folder / "depth_images.vrs").unlink()
    scene = open_only(tmp_path)
    assert scene.notes["missing"] == "depth_images.vrs"
    assert len(scene.frames) == 4
    (folder / "video.vrs").unlink()
    scene = open_only(tmp_path)
    assert scene.notes["missing"] == "video.vrs, depth_images.vrs"
    assert scene.frames == ()


def test_a_recording_without_calibration_is_named(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_sequence(tmp_path, truth)
    video = folder / "video.vrs"
    vrs.write(video, [vrs.Stream((214, 1), [], [], "jpg", (8, 8))])
    with pytest.raises(CorruptInput, match=r"(?s)no such stream.*video\.vrs: stream 214-1"):
        open_only(tmp_path)
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "JPEG")
    times = layout.times_ns(len(truth.frames))
    stream = vrs.Stream((214, 1), [picture.getvalue()] * len(times), times, "jpg", (8, 8))
    vrs.write(video, [stream])
    with pytest.raises(CorruptInput, match="no calibration"):
        open_only(tmp_path)


# -- the real recording ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def apartment(adt_root: Path) -> Scene:
    source = adt.open_source(adt_root, SourceOptions())
    return source.open(source.scene_ids()[0])


@pytest.fixture(scope="module")
def decoded(adt_decoded_root: Path) -> dict[str, Any]:
    return json.loads((adt_decoded_root / "scene.json").read_text())


def test_counts_of_the_apartment(apartment: Scene) -> None:
    assert len(apartment.frames) == 2
    assert len(apartment.objects) == 346
    assert apartment.notes["objects_left_out_moved"] == "2"
    assert apartment.notes["objects_left_out_shell"] == "1"
    assert (apartment.split, apartment.is_metric) == ("train", True)


def test_poses_agree_after_the_turns(apartment: Scene, decoded: dict[str, Any]) -> None:
    for frame, theirs in zip(apartment.frames, decoded["frames"], strict=False):
        T = np.array(theirs["T_world_camera"])
        np.testing.assert_allclose(frame.center_world, R_ZUP_YUP @ T[:3, 3], atol=1e-9)
        np.testing.assert_allclose(
            frame.T_world_camera[:3, :3], R_ZUP_YUP @ T[:3, :3] @ R_SENSOR_UPRIGHT, atol=1e-9
        )
        # An upright picture: the camera's down points to the floor.
        assert frame.T_world_camera[2, 1] < -0.5


def test_the_pinhole_agrees_but_for_half_a_pixel(apartment: Scene, decoded: dict[str, Any]) -> None:
    theirs, ours = decoded["pinhole"], apartment.frames[0].camera
    assert (ours.width, ours.height) == (theirs["width"], theirs["height"])
    assert ours.fx == pytest.approx(theirs["fx"], abs=1e-3)
    assert (ours.cx, ours.cy) == (theirs["cx"] + 0.5, theirs["cy"] + 0.5)


def test_depth_and_ids_agree_with_the_decoded_sample(
    apartment: Scene, decoded: dict[str, Any], adt_decoded_root: Path
) -> None:
    png_id = {o["name"]: o["png_id"] for o in decoded["objects"]}
    ours_to_theirs = np.zeros(len(apartment.objects) + 1, dtype=int)
    for o in apartment.objects:
        ours_to_theirs[o.instance_value] = png_id[o.id]
    for k, frame in enumerate(apartment.frames):
        assert frame.read_depth is not None
        assert frame.read_instances is not None
        depth_mm, ids = (
            np.rot90(np.asarray(Image.open(adt_decoded_root / f"f{k}_pinhole_{kind}.png")), -1)
            for kind in ("depth", "inst")
        )
        depth_m = frame.read_depth()
        np.testing.assert_array_equal(np.isfinite(depth_m), depth_mm > 0)
        same = np.abs(np.nan_to_num(depth_m) - depth_mm / 1000) <= 1e-3
        assert same.mean() > 0.9999
        in_scene = np.where(np.isin(ids, ours_to_theirs), ids, 0)
        assert (ours_to_theirs[frame.read_instances()] == in_scene).mean() > 0.9999


def test_pictures_agree_with_the_decoded_sample(apartment: Scene, adt_decoded_root: Path) -> None:
    theirs = np.rot90(np.asarray(Image.open(adt_decoded_root / "f0_pinhole.jpg")), -1).astype(int)
    assert apartment.frames[0].read_rgb is not None
    assert np.abs(apartment.frames[0].read_rgb().astype(int) - theirs).mean() < 4


def test_instances_lie_inside_their_own_boxes(apartment: Scene) -> None:
    checked = inside = 0
    for frame in apartment.frames:
        assert frame.read_depth is not None
        assert frame.read_instances is not None
        depth_m, ids = frame.read_depth(), frame.read_instances()
        points = transform_points(frame.T_world_camera, depth_to_points(frame.camera.K, depth_m))
        for o in apartment.objects:
            mask = ids == o.instance_value
            if mask.sum() > 300:
                checked += 1
                inside += bool(o.box.contains(points[mask], 0.02).mean() >= 0.995)
    assert checked > 80
    assert inside >= 0.99 * checked


def test_the_lens_model_is_projectarias(adt_root: Path) -> None:
    lens = recording.calibration(adt_root).lens
    core = pytest.importorskip("projectaria_tools.core", reason="the peer is not installed")
    provider = core.data_provider.create_vrs_data_provider(str(adt_root / "video.vrs"))
    reference = provider.get_device_calibration().get_camera_calib("camera-rgb")
    for x, y in np.random.default_rng(0).uniform(-1.3, 1.3, (500, 2)):
        ours, theirs = lens.project(np.array([x, y, 1.0])), reference.project(np.array([x, y, 1.0]))
        off_axis = np.hypot(*(ours - lens.parameters[1:3]))
        seen = off_axis <= lens.valid_radius and np.all((ours >= 0) & (ours <= 1407))
        assert (theirs is not None) == bool(seen)
        if theirs is not None:
            np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_annotated_visibility_speaks_the_scenes_names(apartment: Scene, adt_root: Path) -> None:
    ratios = adt.annotated_visibility(adt_root)
    frames = [f.id for f in apartment.frames]
    first = {o: r for (f, o), r in ratios.items() if f == frames[0]}
    assert 85 < len(first) < 95
    assert sum(o in apartment.object_by_id for o in first) > 80
    assert all(0 <= r <= 1 for r in ratios.values())
    assert max(first.values()) > 0.99


def test_frames_cross_process_borders(apartment: Scene) -> None:
    frame = apartment.frames[0]
    copy = pickle.loads(pickle.dumps(frame))  # noqa: TID251 - our own bytes
    np.testing.assert_array_equal(copy.read_depth(), frame.read_depth())  # type: ignore[misc]


@pytest.mark.parametrize("damage", ["not_vrs", "empty", "cut", "other_stream"])
def test_a_damaged_container_is_named(adt_root: Path, tmp_path: Path, damage: str) -> None:
    for path in adt_root.iterdir():
        shutil.copyfile(path, tmp_path / path.name)
    depth = tmp_path / "depth_images.vrs"
    if damage == "not_vrs":
        depth.write_bytes(b"PK\x03\x04" + bytes(1000))
    elif damage == "empty":
        depth.write_bytes(b"")
    elif damage == "cut":
        depth.write_bytes(depth.read_bytes()[:500])
    else:
        shutil.copyfile(tmp_path / "segmentations.vrs", depth)
    source = adt.open_source(tmp_path, SourceOptions())
    with pytest.raises(CorruptInput, match="depth_images"):
        source.open(source.scene_ids()[0])
