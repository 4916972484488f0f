from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput, OutputError
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.projection import depth_to_points
from sextant.geometry.transforms import look_at, quaternion_from_rotation, rigid, yaw_rotation
from sextant.scenes import Camera, Frame, Mesh, Room, Scene, SceneObject, Sighting
from sextant.sources import posed_rgbd
from sextant.sources.posed_rgbd import write_scene
from sextant.sources.source import SourceOptions

WIDTH, HEIGHT = 32, 24
INTRINSICS = {"width": WIDTH, "height": HEIGHT, "fx": 30.0, "fy": 31.0, "cx": 16.0, "cy": 12.0}
POSE = look_at((0.5, -1.0, 1.5), (2.0, 2.0, 0.5))
Y_UP_OF_Z_UP = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
"""How a world that is Y up writes our vectors (by hand, not from the reader)."""


class Capture:
    """A scene folder as its user would write it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scene: dict[str, Any] = {"format": "sextant-posed-rgbd", "version": 1}
        self.scene["intrinsics"] = dict(INTRINSICS)
        self.frames: list[dict[str, Any]] = [
            {
                "id": "f0",
                "image": "rgb/0.png",
                "depth": "depth/0.png",
                "instances": "ids/0.png",
                "timestamp_s": 0.0,
                "T_world_camera": POSE.tolist(),
            }
        ]
        self.objects: list[dict[str, Any]] = [
            {"id": "chair_0", "category": "chair", "center": [1, 2, 0.5], "size_m": [0.4, 0.6, 1.0]}
        ]
        for name in ("rgb", "depth", "ids"):
            (folder / name).mkdir(parents=True)
        Image.new("RGB", (WIDTH, HEIGHT), (9, 8, 7)).save(folder / "rgb/0.png")
        self.depth_mm = np.full((HEIGHT, WIDTH), 2000, dtype=np.uint16)
        self.depth_mm[0, :3] = [0, 65535, 1999]
        Image.fromarray(np.eye(HEIGHT, WIDTH, dtype=np.uint16) * 300).save(folder / "ids/0.png")

    def open(self) -> Scene:
        Image.fromarray(self.depth_mm).save(self.folder / "depth/0.png")
        (self.folder / "scene.json").write_text(json.dumps(self.scene))
        (self.folder / "frames.jsonl").write_text("\n".join(json.dumps(f) for f in self.frames))
        (self.folder / "objects.json").write_text(json.dumps(self.objects))
        return self.reopen()

    def reopen(self) -> Scene:
        source = posed_rgbd.open_source(self.folder, SourceOptions())
        return source.open(*source.scene_ids())


@pytest.fixture
def capture(tmp_path: Path) -> Capture:
    return Capture(tmp_path / "kitchen")


def depth_of(scene: Scene) -> np.ndarray:
    read = scene.frames[0].read_depth
    assert read is not None
    return read()


def test_a_plain_capture(capture: Capture) -> None:
    scene = capture.open()
    assert (scene.id, scene.source, scene.split) == ("kitchen", "posed_rgbd", "train")
    (frame,), (chair,) = scene.frames, scene.objects
    np.testing.assert_allclose(frame.T_world_camera, POSE, atol=1e-12)
    assert frame.camera == Camera(WIDTH, HEIGHT, 30.0, 31.0, 16.0, 12.0)
    assert frame.read_rgb is not None
    assert frame.read_instances is not None
    assert frame.read_rgb()[3, 3].tolist() == [9, 8, 7]
    assert frame.read_instances()[5, 5] == 300
    assert frame.read_instances().dtype == np.int32
    np.testing.assert_array_equal(chair.box.minimum, [0.8, 1.7, 0.0])
    assert not scene.counts_are_complete("chair")
    assert dict(scene.notes) == {}


def test_invalid_depth_values_are_the_stated_ones(capture: Capture) -> None:
    depth_m = depth_of(capture.open())
    assert np.isnan(depth_m[0, 0])
    assert depth_m[0, 1] == np.float32(65.535)
    capture.scene["invalid_depth"] = [0, 65535]
    depth_m = depth_of(capture.open())
    assert np.isnan(depth_m[0, :2]).all()
    assert depth_m[0, 2] == np.float32(1.999)


def test_the_depth_unit(capture: Capture) -> None:
    capture.scene["depth_unit_m"] = 0.00025
    assert depth_of(capture.open())[5, 5] == np.float32(0.5)


def test_ray_depth_becomes_z_depth(capture: Capture) -> None:
    z = np.full((HEIGHT, WIDTH), 2.0)
    K = Camera(**INTRINSICS).K
    capture.depth_mm = np.rint(np.linalg.norm(depth_to_points(K, z), axis=-1) * 1000).astype(
        np.uint16
    )
    capture.scene["depth_kind"] = "ray"
    np.testing.assert_allclose(depth_of(capture.open()), z, atol=6e-4)
    capture.scene["depth_kind"] = "z"
    assert np.abs(depth_of(capture.open()) - z).max() > 0.1


def test_opengl_camera_axes(capture: Capture) -> None:
    capture.scene["camera_axes"] = "opengl"
    capture.frames[0]["T_world_camera"] = (POSE @ np.diag([1.0, -1, -1, 1])).tolist()
    np.testing.assert_allclose(capture.open().frames[0].T_world_camera, POSE, atol=1e-12)


def test_a_y_up_world_is_turned(capture: Capture) -> None:
    R = yaw_rotation(0.5)
    capture.scene["world_up"] = "y"
    pose = rigid(Y_UP_OF_Z_UP @ POSE[:3, :3], Y_UP_OF_Z_UP @ POSE[:3, 3])
    capture.frames[0]["T_world_camera"] = pose.tolist()
    capture.objects[0] |= {
        "center": (Y_UP_OF_Z_UP @ [1, 2, 0.5]).tolist(),
        "rotation": (Y_UP_OF_Z_UP @ R).tolist(),
        "front": (Y_UP_OF_Z_UP @ R @ [1, 0, 0]).tolist(),
    }
    # Level axes of a Y-up world are x and z; this square is [0, 2] x [0, 3] of ours.
    capture.scene["room"] = {
        "floor_polygon": [[0, 0], [2, 0], [2, -3], [0, -3]],
        "floor_height_m": 0.1,
    }
    scene = capture.open()
    np.testing.assert_allclose(scene.frames[0].T_world_camera, POSE, atol=1e-12)
    box = scene.objects[0].box
    np.testing.assert_allclose(box.center, [1, 2, 0.5], atol=1e-12)
    np.testing.assert_allclose(box.R_world_box, R, atol=1e-12)
    np.testing.assert_allclose(scene.objects[0].front_world, R @ [1, 0, 0], atol=1e-12)
    polygon = scene.room.floor_polygon
    assert polygon is not None
    assert {tuple(p) for p in polygon.tolist()} == {(0, 0), (2, 0), (2, 3), (0, 3)}
    x, y = polygon.T
    assert np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) > 0
    assert scene.room.floor_z_m == 0.1


def test_yaw_is_about_up_and_counterclockwise_from_above_in_both_worlds(capture: Capture) -> None:
    capture.objects[0]["yaw_deg"] = 30.0
    R_z_up = capture.open().objects[0].box.R_world_box
    np.testing.assert_allclose(R_z_up, yaw_rotation(math.radians(30)), atol=1e-12)
    capture.scene["world_up"] = "y"
    R_y_up = capture.open().objects[0].box.R_world_box
    np.testing.assert_allclose(R_y_up @ [1, 0, 0], R_z_up @ [1, 0, 0], atol=1e-12)


def test_quaternions_are_wxyz(capture: Capture) -> None:
    R = yaw_rotation(0.7)
    capture.objects[0]["quaternion_wxyz"] = quaternion_from_rotation(R).tolist()
    np.testing.assert_allclose(capture.open().objects[0].box.R_world_box, R, atol=1e-12)


def test_rotation_columns_are_the_box_axes(capture: Capture) -> None:
    R = yaw_rotation(0.7)
    capture.objects[0]["rotation"] = R.tolist()
    box = capture.open().objects[0].box
    np.testing.assert_allclose(box.to_box(box.center + R[:, 0]), [1, 0, 0], atol=1e-12)


def test_pixel_centres_at_whole_numbers_shift_the_principal_point(capture: Capture) -> None:
    capture.scene["intrinsics"] |= {"pixel_center": 0.0, "cx": 15.5, "cy": 11.5}
    camera = capture.open().frames[0].camera
    assert (camera.cx, camera.cy) == (16.0, 12.0)


def test_intrinsics_may_stand_in_their_own_file_or_in_the_frame(capture: Capture) -> None:
    capture.frames[0]["intrinsics"] = INTRINSICS | {"fx": 44.0}
    del capture.scene["intrinsics"]
    assert capture.open().frames[0].camera.fx == 44.0
    del capture.frames[0]["intrinsics"]
    with pytest.raises(ConventionError, match="no intrinsics"):
        capture.open()
    (capture.folder / "intrinsics.json").write_text(json.dumps(INTRINSICS))
    assert capture.open().frames[0].camera.fx == 30.0
    capture.scene["intrinsics"] = INTRINSICS
    with pytest.raises(ConventionError, match="two places"):
        capture.open()


def test_frames_come_in_time_order_and_free_views_last(capture: Capture) -> None:
    first = capture.frames[0]
    capture.frames = [
        first | {"id": "free", "timestamp_s": None},
        first | {"id": "late", "timestamp_s": 2.0},
        first | {"id": "early", "timestamp_s": 1.0},
    ]
    assert [f.id for f in capture.open().frames] == ["early", "late", "free"]


def test_things_that_have_no_place_are_known_by_where_frames_show_them(capture: Capture) -> None:
    capture.scene["things"] = {"mug": "mug", "cup": "cup"}
    np.save(capture.folder / "seen.npy", np.array([9, 3, 9]))
    sightings = {
        "cup": {"box": [1, 2, 5, 4.5]},
        "mug": {"box": [0, 0, 2, 2], "pixels": 3},
    }
    capture.frames[0] |= {"sightings": sightings, "landmarks": "seen.npy"}
    scene = capture.open()
    assert [(t.id, t.category) for t in scene.things] == [("cup", "cup"), ("mug", "mug")]
    frame = scene.frames[0]
    assert frame.read_sightings is not None
    assert frame.read_sightings() == {
        "cup": Sighting((1, 2, 5, 4.5), 10),
        "mug": Sighting((0, 0, 2, 2), 3),
    }
    assert frame.read_landmarks is not None
    assert frame.read_landmarks().tolist() == [3, 9]


@pytest.mark.parametrize(
    ("ids", "what"),
    [
        (np.zeros(3), "another shape or type"),
        (np.zeros((3, 1), np.int64), "another shape or type"),
        (None, r"not a plain \.npy"),
    ],
)
def test_landmarks_are_a_list_of_whole_numbers(
    capture: Capture, ids: np.ndarray | None, what: str
) -> None:
    path = capture.folder / "seen.npy"
    path.write_bytes(b"no array") if ids is None else np.save(path, ids)
    capture.frames[0]["landmarks"] = "seen.npy"
    read = capture.open().frames[0].read_landmarks
    assert read is not None
    with pytest.raises(InputError, match=what):
        read()


def test_slightly_off_rotations_are_projected_and_counted(capture: Capture) -> None:
    T = POSE.copy()
    T[:3, :3] *= 1 + 2e-4
    capture.frames[0]["T_world_camera"] = T.tolist()
    capture.objects[0]["rotation"] = (yaw_rotation(0.3) * (1 + 2e-4)).tolist()
    notes = capture.open().notes
    assert notes == {"poses_projected": "1", "rotations_projected": "1"}


def test_complete_categories(capture: Capture) -> None:
    capture.scene["complete_categories"] = "all"
    assert capture.open().complete_categories is None
    capture.scene["complete_categories"] = ["chair"]
    assert capture.open().counts_are_complete("chair")


def nan_pose(value: float) -> list[list[float]]:
    T = POSE.copy()
    T[0, 3] = value
    return T.tolist()


FRAME_FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"T_world_camera": nan_pose(math.nan)}, "NaN"),
    ({"T_world_camera": nan_pose(math.inf)}, "NaN or infinity"),
    ({"T_world_camera": nan_pose(2e6)}, "100 km"),
    ({"T_world_camera": (POSE * 1.1).tolist()}, "last row|not a rotation"),
    ({"T_world_camera": rigid(POSE[:3, :3] * 1.1, [0, 0, 0]).tolist()}, "not a rotation"),
    ({"T_world_camera": (POSE @ np.diag([1, 1, -1.0, 1])).tolist()}, "not a rotation"),
    ({"T_world_camera": POSE[:3].tolist()}, "wrong shape"),
    ({"T_world_camera": [[1.0], [1.0, 2.0]]}, "rows differ"),
    ({"T_world_camera": "lost"}, "T_world_camera"),
    ({"intrinsics": INTRINSICS | {"fx": 0.0}}, "focal"),
    ({"intrinsics": INTRINSICS | {"cx": math.nan}}, "principal"),
    ({"intrinsics": INTRINSICS | {"width": 0}}, "image size"),
    ({"intrinsics": INTRINSICS | {"k1": 0.1}}, "unknown key 'intrinsics.k1'"),
    ({"image": "rgb/none.png"}, "not there"),
    ({"depth": "../kitchen/depth/0.png"}, "leaves"),
    ({"image": "/etc/hostname"}, "leaves"),
    ({"image": "rgb\\0.png"}, "leaves"),
    ({"image": "C:0.png"}, "leaves"),
    ({"image": "rgb/\x000.png"}, "leaves"),
    ({"image": ""}, "leaves"),
    ({"image": "a/" * 5000}, "cannot be used|not there"),
    ({"timestamp_s": math.nan}, "timestamp_s"),
    ({"timestamp": 3.0}, "timestamp_s"),
    ({"imgae": "rgb/0.png"}, "did you mean 'image'"),
    ({"id": ""}, "id"),
    ({"id": 7}, "id"),
    ({"landmarks": "none.npy"}, r"none\.npy"),
    ({"sightings": {"mug": {"box": [0, 0, 4, 4]}}}, "does not list"),
    ({"sightings": {"cup": {"box": [0, 0, 4]}}}, "wrong shape"),
    ({"sightings": {"cup": {"box": [4, 0, 4, 4]}}}, "area"),
    ({"sightings": {"cup": {"box": [0, 0, 4, math.inf]}}}, "outside of the picture"),
    ({"sightings": {"cup": {"box": [-0.5, 0, 4, 4]}}}, "outside of the picture"),
    ({"sightings": {"cup": {"box": [0, 0, 4, 4], "pixels": 0}}}, "pixels"),
    ({"sightings": {"cup": {"bx": [0, 0, 4, 4]}}}, "sightings.cup.bx"),
]


@pytest.mark.parametrize(("change", "what"), FRAME_FAULTS)
def test_a_faulty_frame_is_named(capture: Capture, change: dict[str, Any], what: str) -> None:
    capture.scene["things"] = {"cup": "cup"}
    capture.frames.append(capture.frames[0] | {"id": "f1"} | change)
    with pytest.raises(InputError, match=what) as caught:
        capture.open()
    assert "frames.jsonl: line 2" in str(caught.value.where)


OBJECT_FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"center": [math.nan, 0, 0]}, "NaN"),
    ({"center": [math.inf, 0, 0]}, "NaN or infinity"),
    ({"quaternion_wxyz": [1e300, 0, 0, 0]}, "unit length"),
    ({"front": [1e300, 0, 0]}, "floor plane"),
    ({"size_m": [1, 0, 1]}, "not positive"),
    ({"size_m": [1, -1, 1]}, "not positive"),
    ({"size_m": [1, math.inf, 1]}, "NaN or infinity"),
    ({"size_m": [1e9, 1, 1]}, "too large"),
    ({"size_m": [1, 1]}, "wrong shape"),
    ({"rotation": np.diag([1.0, 1, -1]).tolist()}, "not a rotation"),
    ({"rotation": np.full((3, 3), math.nan).tolist()}, "not a rotation"),
    ({"quaternion_wxyz": [0, 0, 0, 0]}, "unit length"),
    ({"quaternion_wxyz": [1, 1, 0, 0]}, "unit length"),
    ({"quaternion_wxyz": [1, 0, 0]}, "wrong shape"),
    ({"quaternion_wxyz": [math.nan, 0, 0, 1]}, "unit length"),
    ({"yaw_deg": math.inf}, "yaw"),
    ({"yaw_deg": 1.0, "quaternion_wxyz": [1, 0, 0, 0]}, "more than one rotation"),
    ({"front": [0, 0, 1]}, "floor plane"),
    ({"front": [0, 0, 0]}, "floor plane"),
    ({"front": [math.nan, 0, 0]}, "floor plane"),
    ({"mesh": "../../x.ply"}, "leaves"),
    ({"instance_value": -1}, "instance_value"),
    ({"instance_value": True}, "instance_value"),
    ({"category": ""}, "category"),
    ({"centre": [0, 0, 0]}, "did you mean 'center'"),
    ({"attributes": {"color": 3}}, "attributes"),
]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("change", "what"), OBJECT_FAULTS)
def test_a_faulty_object_is_named(capture: Capture, change: dict[str, Any], what: str) -> None:
    capture.objects.append(capture.objects[0] | {"id": "chair_1"} | change)
    with pytest.raises(InputError, match=what) as caught:
        capture.open()
    assert "objects.json: record 1 (object chair_1)" in str(caught.value.where)


SCENE_FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"licence": "x"}, "did you mean 'license'"),
    ({"depth_scale": 1000}, "unknown key"),
    ({"version": 2}, "version"),
    ({"format": "other"}, "format"),
    ({"split": "dev"}, "split"),
    ({"world_up": "x"}, "world_up"),
    ({"depth_unit_m": 0}, "depth_unit_m"),
    ({"depth_unit_m": math.nan}, "depth_unit_m"),
    ({"depth_unit_m": 1.0}, "wrong unit"),
    ({"depth_unit_m": 1e-6}, "wrong unit"),
    ({"is_metric": "yes"}, "is_metric"),
    ({"room": {"area_m2": -1}}, "room.area_m2"),
    ({"room": {"floor_polygon": [[0, 0], [1, 1]]}}, "polygon"),
    ({"room": {"floor_polygon": [[0, 0], [1], [2, 2]]}}, "polygon"),
    ({"room": {"floor_polygon": [[0, 0], [1e300, 0], [1e300, 1e300]]}}, "100 km"),
    ({"intrinsics": INTRINSICS | {"fy": 0}}, "focal"),
    ({"complete_categories": "some"}, "complete_categories"),
]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("change", "what"), SCENE_FAULTS)
def test_a_faulty_scene_record_is_named(
    capture: Capture, change: dict[str, Any], what: str
) -> None:
    capture.scene |= change
    with pytest.raises(InputError, match=what):
        capture.open()


def test_another_data_sets_scene_json_is_told_as_such(capture: Capture) -> None:
    capture.scene = {"sequence": "x", "frames": []}
    with pytest.raises(InputError, match="does not say that it is of this layout"):
        capture.open()


def test_an_unknown_key_is_told_with_the_keys_of_its_own_object(capture: Capture) -> None:
    capture.scene |= {"thigns": {}}
    with pytest.raises(InputError, match="did you mean 'things'") as caught:
        capture.open()
    assert "fx" not in str(caught.value.expected).replace(",", "").split()
    del capture.scene["thigns"]
    capture.scene |= {"room": {"area": 3.0}}
    with pytest.raises(InputError, match=r"room\.area") as caught:
        capture.open()
    assert caught.value.expected == "one of area_m2, floor_height_m, floor_polygon, kind"


def test_duplicates_name_their_file(capture: Capture) -> None:
    capture.objects *= 2
    with pytest.raises(ConventionError, match="duplicate object ids") as caught:
        capture.open()
    assert str(caught.value.where).endswith("objects.json")
    capture.objects = [capture.objects[0] | {"id": i, "instance_value": 4} for i in "ab"]
    with pytest.raises(ConventionError, match="duplicate instance values"):
        capture.open()
    capture.objects = []
    capture.frames *= 2
    with pytest.raises(ConventionError, match="duplicate frame ids"):
        capture.open()


def test_an_empty_scene_is_refused(capture: Capture) -> None:
    capture.frames, capture.objects = [], []
    with pytest.raises(ConventionError, match="empty"):
        capture.open()


@pytest.mark.parametrize("name", ["rgb/0.png", "ids/0.png", "depth/0.png"])
def test_a_truncated_image_is_named(capture: Capture, name: str) -> None:
    scene = capture.open()
    path = capture.folder / name
    path.write_bytes(path.read_bytes()[:-25])
    frame = scene.frames[0]
    read = {"rgb": frame.read_rgb, "ids": frame.read_instances, "depth": frame.read_depth}
    with pytest.raises(CorruptInput) as caught:
        read[name.split("/")[0]]()  # type: ignore[misc]
    assert str(caught.value.where).endswith(name)


def test_a_picture_of_another_size_is_refused(capture: Capture) -> None:
    Image.new("RGB", (HEIGHT, WIDTH)).save(capture.folder / "rgb/0.png")
    read = capture.open().frames[0].read_rgb
    assert read is not None
    with pytest.raises(ConventionError, match="24x32"):
        read()


def test_a_link_out_of_the_folder_is_refused(capture: Capture, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    Image.new("RGB", (WIDTH, HEIGHT)).save(secret)
    (capture.folder / "rgb/link.png").symlink_to(secret)
    capture.frames[0]["image"] = "rgb/link.png"
    with pytest.raises(ConventionError, match="link"):
        capture.open()


@pytest.mark.parametrize("name", ["scene.json", "frames.jsonl", "objects.json"])
@pytest.mark.parametrize("text", ["{", "7", "[" * 100_000, "\x00", '"x"', '{"a": 1}'])
def test_hostile_json_is_refused_by_name(capture: Capture, name: str, text: str) -> None:
    capture.open()
    (capture.folder / name).write_text(text)
    with pytest.raises(InputError) as caught:
        capture.reopen()
    assert name in str(caught.value.where)


HOSTILE_MESHES = [
    b"",
    b"ply\nformat ascii 1.0\nelement vertex 1000000000000\nproperty float x\nend_header\n",
    b"ply\nformat binary_little_endian 1.0\nelement vertex 5\nproperty double x\nend_header\n\x00",
    b"ply\nformat ascii 1.0\nelement vertex 0\nelement face 0\nend_header\n",
    b"\x00" * 100,
]


@pytest.mark.parametrize("data", HOSTILE_MESHES)
@pytest.mark.parametrize("kind", ["ply", "obj", "glb"])
def test_hostile_meshes_are_refused_by_name(capture: Capture, data: bytes, kind: str) -> None:
    (capture.folder / f"m.{kind}").write_bytes(data)
    capture.objects[0]["mesh"] = f"m.{kind}"
    with pytest.raises(InputError) as caught:
        capture.open()
    assert f"m.{kind}" in str(caught.value.where)


def test_meshes_of_each_format_in_a_y_up_world(capture: Capture) -> None:
    capture.scene["world_up"] = "y"
    obj = "mtllib ../../secret.mtl\nv 0 0 0\nv 1 0 0\nv 0 2 0\nf 1 2 3\n"
    (capture.folder / "m.obj").write_text(obj)
    capture.objects[0]["mesh"] = "m.obj"
    mesh = capture.open().objects[0].mesh
    assert mesh is not None
    assert {tuple(v) for v in mesh.vertices_world.tolist()} == {(0, 0, 0), (1, 0, 0), (0, 0, 2)}


def test_a_mesh_with_nan_is_refused(capture: Capture) -> None:
    (capture.folder / "m.obj").write_text("v 0 0 nan\nv 1 0 0\nv 0 2 0\nf 1 2 3\n")
    capture.objects[0]["mesh"] = "m.obj"
    with pytest.raises(InputError) as caught:
        capture.open()
    assert "m.obj" in str(caught.value.where)


def test_a_surface_of_another_format_is_refused(capture: Capture) -> None:
    capture.objects[0]["mesh"] = "rgb/0.png"
    with pytest.raises(CorruptInput, match="another format"):
        capture.open()


def test_roots(capture: Capture, tmp_path: Path) -> None:
    capture.open()
    source = posed_rgbd.open_source(tmp_path, SourceOptions())
    assert source.scene_ids() == ("kitchen",)
    assert "1 scene" in source.describe()
    for root in (None, tmp_path / "no", capture.folder / "rgb"):
        with pytest.raises(MissingInput, match=r"scene\.json"):
            posed_rgbd.open_source(root, SourceOptions())


# -- the writer -----------------------------------------------------------------------------------


def full_scene(name: str) -> Scene:
    rng = np.random.default_rng(3)
    camera = Camera(WIDTH, HEIGHT, 30.125, 31.1, 15.9, 12.2)
    rgb = rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    depth = rng.uniform(0.3, 9.0, (HEIGHT, WIDTH)).astype(np.float32)
    depth[2, 3], depth[2, 4] = np.nan, 0.0002
    ids = rng.integers(0, 400, (HEIGHT, WIDTH)).astype(np.int32)
    vertices = rng.normal(size=(5, 3))
    faces = np.array([[0, 1, 2], [2, 3, 4]], dtype=np.int32)
    R = yaw_rotation(0.123456789)
    box = OrientedBox(rng.normal(size=3), rng.uniform(0.1, 2, 3), R)
    objects = (
        SceneObject(
            "a/0", "chair", box, Mesh(vertices, faces), None, R[:, 0], 7, False, {"k": "v"}
        ),
        SceneObject("b", "person", box, None, vertices, R[:, 1], 0, True),
        SceneObject("c", "rug", box),
    )
    views = (
        Frame("../odd id", camera, POSE, 0.5, lambda: rgb, lambda: depth, lambda: ids),
        Frame("free", camera, POSE),
    )
    return Scene(
        id=name,
        source="toys",
        split="val",
        license="CC0",
        objects=objects,
        frames=views,
        room=Room(np.array([[0.0, 0], [4, 0], [4, 3], [0, 3]]), 0.25, 12.0, "kitchen"),
        shell=Mesh(vertices * 2, faces),
        is_metric=True,
        complete_categories=frozenset({"chair", "rug"}),
        rescan_of="older",
        rescan_objects={"a/0": "z"},
        notes={"seen": "twice"},
    )


def test_what_is_written_reads_back_equal(tmp_path: Path) -> None:
    scene = full_scene("toys")
    folder = write_scene(scene, tmp_path / "toys")
    source = posed_rgbd.open_source(tmp_path, SourceOptions())
    back = source.open("toys")
    for field in (
        "id", "source", "split", "license", "is_metric", "complete_categories", "rescan_of",
        "rescan_objects", "notes",
    ):  # fmt: skip
        assert getattr(back, field) == getattr(scene, field), field
    assert (back.room.floor_z_m, back.room.area_m2, back.room.kind) == (0.25, 12.0, "kitchen")
    assert back.room.floor_polygon is not None
    np.testing.assert_array_equal(back.room.floor_polygon, scene.room.floor_polygon)  # type: ignore[arg-type]
    for ours, theirs in zip(back.objects, scene.objects, strict=True):
        for field in ("id", "category", "instance_value", "is_person", "attributes", "geometry"):
            assert getattr(ours, field) == getattr(theirs, field)
        for field in ("center", "size_m", "R_world_box"):
            np.testing.assert_allclose(
                getattr(ours.box, field), getattr(theirs.box, field), rtol=0, atol=1e-9
            )
        assert (ours.front_world is None) == (theirs.front_world is None)
        if theirs.front_world is not None:
            np.testing.assert_allclose(ours.front_world, theirs.front_world, atol=1e-12)
    for ours_mesh, theirs_mesh in (
        (back.shell, scene.shell),
        (back.objects[0].mesh, scene.objects[0].mesh),
    ):
        assert ours_mesh is not None
        assert theirs_mesh is not None
        np.testing.assert_array_equal(ours_mesh.triangles_world, theirs_mesh.triangles_world)
    np.testing.assert_array_equal(
        back.objects[1].points_world,
        scene.objects[1].points_world,  # type: ignore[arg-type]
    )
    for ours_frame, theirs_frame in zip(back.frames, scene.frames, strict=True):
        assert ours_frame.id == theirs_frame.id
        assert ours_frame.camera == theirs_frame.camera
        assert ours_frame.timestamp_s == theirs_frame.timestamp_s
        np.testing.assert_array_equal(ours_frame.T_world_camera, theirs_frame.T_world_camera)
    walk, original = back.frames[0], scene.frames[0]
    np.testing.assert_array_equal(walk.read_rgb(), original.read_rgb())  # type: ignore[misc]
    np.testing.assert_array_equal(walk.read_instances(), original.read_instances())  # type: ignore[misc]
    np.testing.assert_allclose(walk.read_depth(), original.read_depth(), atol=1e-3)  # type: ignore[misc]
    assert back.frames[1].read_rgb is None
    assert sorted(p.name for p in tmp_path.iterdir()) == ["toys"]
    assert folder == tmp_path / "toys"


def test_a_taken_folder_is_not_overwritten(tmp_path: Path) -> None:
    write_scene(full_scene("toys"), tmp_path / "toys")
    with pytest.raises(OutputError, match="taken"):
        write_scene(full_scene("toys"), tmp_path / "toys")
    (tmp_path / "empty").mkdir()
    write_scene(full_scene("empty"), tmp_path / "empty")


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    camera = Camera(WIDTH, HEIGHT, 30, 30, 16, 12)
    wide = Frame("f", camera, POSE, read_instances=lambda: np.full((2, 2), 70_000, dtype=np.int32))
    scene = Scene(id="s", source="t", split="train", license="CC0", frames=(wide,))
    with pytest.raises(OutputError, match="16 bits"):
        write_scene(scene, tmp_path / "s")
    assert list(tmp_path.iterdir()) == []
