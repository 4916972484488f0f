from __future__ import annotations

import math
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.geometry.projection import depth_to_points, inside_image, project
from sextant.geometry.transforms import invert, look_at, rigid, rotation_error, transform_points
from sextant.scenes import Scene
from sextant.sources import seven_scenes
from sextant.sources.source import SourceOptions

WIDTH, HEIGHT = 96, 72
K = np.array([[80.0, 0, 48], [0, 80, 36], [0, 0, 1]])
ROOM = np.array([4.0, 5.0, 2.5])


def room_depth(T_world_camera: np.ndarray) -> np.ndarray:
    """(H, W) z-depth of the inside of a box room that stands upright in a Z-up world."""
    rays = depth_to_points(K, np.ones((HEIGHT, WIDTH))) @ T_world_camera[:3, :3].T
    with np.errstate(divide="ignore"):
        reach = np.where(
            rays > 0, (ROOM - T_world_camera[:3, 3]) / rays, -T_world_camera[:3, 3] / rays
        )
    return np.abs(reach).min(axis=-1)


WALK = [look_at((1 + 0.2 * k, 1.0, 1.4), (2.0 + 0.1 * k, 4.0, 0.2)) for k in range(6)]


def write_sequence(folder: Path, unit_m: float = 0.001, colors: str = "png") -> Path:
    """A sequence as KinectFusion leaves it: the world is the first, tilted camera."""
    folder.mkdir(parents=True, exist_ok=True)
    T_first_world = invert(WALK[0])
    for k, T in enumerate(WALK):
        stem = folder / f"frame-{k * 25:06d}"
        depth = np.round(room_depth(T) / unit_m)
        depth[0, :4] = [0, 65535, 0, 65535]
        Image.fromarray(depth.astype(np.uint16)).save(f"{stem}.depth.png")
        picture = np.full((HEIGHT, WIDTH, 3), 10 * k + 5, dtype=np.uint8)
        Image.fromarray(picture).save(f"{stem}.color.{colors}")
        np.savetxt(f"{stem}.pose.txt", T_first_world @ T)
    np.savetxt(folder / "camera-intrinsics.txt", K)
    return folder


def open_only(root: Path) -> Scene:
    source = seven_scenes.open_source(root, SourceOptions())
    (scene_id,) = source.scene_ids()
    return source.open(scene_id)


def test_frames_in_time_order_with_seconds(tmp_path: Path) -> None:
    scene = open_only(write_sequence(tmp_path / "seq-01"))
    assert scene.id == "seq-01"
    assert [f.id for f in scene.frames] == [f"frame-{k * 25:06d}" for k in range(6)]
    assert scene.frames[3].timestamp_s == pytest.approx(2.5)
    assert scene.frames[2].read_rgb is not None
    assert scene.frames[2].read_rgb()[0, 0, 0] == 25
    assert scene.objects == ()
    assert scene.is_metric
    assert scene.notes["poses_projected"] == "0"


def test_poses_are_camera_to_world(tmp_path: Path) -> None:
    scene = open_only(write_sequence(tmp_path / "seq-01"))
    a, b = scene.frames[0], scene.frames[5]
    expected = np.linalg.norm(WALK[0][:3, 3] - WALK[5][:3, 3])
    assert np.linalg.norm(a.center_world - b.center_world) == pytest.approx(expected)
    assert a.read_depth is not None
    points = transform_points(a.T_world_camera, depth_to_points(K, a.read_depth()))
    uv, z = project(K, transform_points(invert(b.T_world_camera), points))
    seen = inside_image(uv, WIDTH, HEIGHT)
    assert b.read_depth is not None
    there = b.read_depth()[uv[seen][:, 1].astype(int), uv[seen][:, 0].astype(int)]
    assert np.nanmedian(np.abs(there - z[seen])) < 0.02


def test_0_and_65535_are_invalid_depth(tmp_path: Path) -> None:
    scene = open_only(write_sequence(tmp_path / "seq-01"))
    assert scene.frames[1].read_depth is not None
    depth_m = scene.frames[1].read_depth()
    assert depth_m.dtype == np.float32
    assert np.isnan(depth_m[0, :4]).all()
    assert np.isfinite(depth_m[1:]).all()
    np.testing.assert_allclose(depth_m[1:], room_depth(WALK[1])[1:], atol=6e-4)


def test_the_tilted_first_camera_is_turned_upright(tmp_path: Path) -> None:
    scene = open_only(write_sequence(tmp_path / "seq-01"))
    for frame, T in zip(scene.frames, WALK, strict=True):
        # The vertical component of every camera axis is what it was in the upright room.
        np.testing.assert_allclose(frame.T_world_camera[2, :3], T[2, :3], atol=math.radians(0.5))
        assert frame.T_world_camera[2, 3] - scene.frames[0].T_world_camera[2, 3] == pytest.approx(
            T[2, 3] - WALK[0][2, 3], abs=0.02
        )
    assert scene.notes["up"].startswith("estimated from depth")


def test_without_a_level_surface_the_nominal_up_is_used_and_said(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "seq-01")
    for path in folder.glob("*.depth.png"):
        Image.fromarray(np.zeros((HEIGHT, WIDTH), dtype=np.uint16)).save(path)
    scene = open_only(folder)
    assert scene.notes["up"].startswith("nominal")
    np.testing.assert_allclose(scene.frames[0].forward_world, [0, 1, 0], atol=1e-9)


def test_rotations_off_by_4e_4_are_projected_and_counted(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "seq-01")
    pose = folder / "frame-000025.pose.txt"
    T = np.loadtxt(pose)
    T[:3, :3] *= 1 + 2e-4
    np.savetxt(pose, T)
    scene = open_only(folder)
    assert scene.notes["poses_projected"] == "1"
    assert all(rotation_error(f.T_world_camera[:3, :3]) < 1e-9 for f in scene.frames)


@pytest.mark.parametrize("poison", ["nan", "inf", "scale", "mirror", "text", "short", "empty"])
def test_a_frame_with_an_unusable_pose_is_dropped_and_counted(tmp_path: Path, poison: str) -> None:
    folder = write_sequence(tmp_path / "seq-01")
    pose = folder / "frame-000050.pose.txt"
    T = np.loadtxt(pose)
    change = {
        "nan": np.full((4, 4), np.nan),
        "inf": np.full((4, 4), -np.inf),
        "scale": rigid(T[:3, :3] * 1.01, T[:3, 3]),
        "mirror": T @ np.diag([1, 1, -1, 1.0]),
        "short": T[:3],
        "empty": np.zeros((0, 4)),
    }
    if poison == "text":
        pose.write_text("lost\n")
    else:
        np.savetxt(pose, change[poison])
    scene = open_only(folder)
    assert len(scene.frames) == 5
    assert scene.notes["frames_dropped"] == "1"
    assert "frame-000050" in scene.notes["frames_dropped_first"]


def test_more_than_a_fifth_of_lost_poses_stops_and_names_the_first(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "seq-01")
    for k in (50, 75):
        np.savetxt(folder / f"frame-{k:06d}.pose.txt", np.full((4, 4), np.nan))
    with pytest.raises(ConventionError, match=r"2 of 6 frames.*NaN") as caught:
        open_only(folder)
    assert caught.value.where == "frame-000050.pose.txt"


@pytest.mark.parametrize("unit_m", [1.0, 0.1])
def test_depth_in_a_wrong_unit_is_refused(tmp_path: Path, unit_m: float) -> None:
    with pytest.raises(ConventionError, match="wrong unit"):
        open_only(write_sequence(tmp_path / "seq-01", unit_m=unit_m))


def test_one_truncated_depth_map_is_quarantined_many_stop(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "seq-01")
    for k, path in enumerate(sorted(folder.glob("*.depth.png"))[:2]):
        path.write_bytes(path.read_bytes()[:-60])
        if k == 0:
            scene = open_only(folder)
            assert scene.frames[0].id == "frame-000025"
            assert "frame-000000.depth.png" in scene.notes["frames_dropped_first"]
    with pytest.raises(ConventionError, match="2 of 6") as caught:
        open_only(folder)
    assert "frame-000000.depth.png" in str(caught.value.where)


def test_a_truncated_picture_is_named_when_it_is_read(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "seq-01")
    scene = open_only(folder)
    path = folder / "frame-000000.color.png"
    path.write_bytes(path.read_bytes()[:-40])
    assert scene.frames[0].read_rgb is not None
    with pytest.raises(CorruptInput, match=r"frame-000000\.color\.png"):
        scene.frames[0].read_rgb()


@pytest.mark.parametrize(("row", "what"), [(0, "focal"), (1, "focal")])
def test_a_zero_focal_length_names_the_intrinsics_file(tmp_path: Path, row: int, what: str) -> None:
    folder = write_sequence(tmp_path / "seq-01")
    broken = K.copy()
    broken[row, row] = 0
    np.savetxt(folder / "camera-intrinsics.txt", broken)
    with pytest.raises(ConventionError, match=what) as caught:
        open_only(folder)
    assert str(caught.value.where).endswith("camera-intrinsics.txt")


def test_the_published_intrinsics_hold_for_640x480_only(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "seq-01")
    (folder / "camera-intrinsics.txt").unlink()
    with pytest.raises(MissingInput, match="640x480"):
        open_only(folder)


def test_folders_of_scenes_and_the_official_split(tmp_path: Path) -> None:
    write_sequence(tmp_path / "chess" / "seq-01")
    write_sequence(tmp_path / "chess" / "seq-03")
    (tmp_path / "chess" / "TrainSplit.txt").write_text("9" * 5000 + "\nsequence1\n")
    (tmp_path / "chess" / "TestSplit.txt").write_text("sequence3\n")
    source = seven_scenes.open_source(tmp_path, SourceOptions())
    assert source.scene_ids() == ("chess/seq-01", "chess/seq-03")
    assert [source.open(i).split for i in source.scene_ids()] == ["train", "test"]
    limited = seven_scenes.open_source(tmp_path, SourceOptions(scenes=1))
    assert limited.scene_ids() == ("chess/seq-01",)


def test_missing_root(tmp_path: Path) -> None:
    for root in (None, tmp_path, tmp_path / "no"):
        with pytest.raises(MissingInput, match="frame-000000"):
            seven_scenes.open_source(root, SourceOptions())
    with pytest.raises(InputError):
        seven_scenes.open_source(write_sequence(tmp_path / "a"), SourceOptions()).open("b")


def test_frames_cross_process_borders(tmp_path: Path) -> None:
    frame = open_only(write_sequence(tmp_path / "seq-01")).frames[0]
    copy = pickle.loads(pickle.dumps(frame))  # noqa: TID251 - our own bytes
    np.testing.assert_array_equal(copy.read_depth(), frame.read_depth())  # type: ignore[misc]


def test_the_real_kitchen(seven_scenes_root: Path) -> None:
    scene = open_only(seven_scenes_root)
    assert len(scene.frames) == 40
    assert scene.notes["poses_projected"] == "40"
    a, b = scene.frames[0], scene.frames[1]
    assert a.read_depth is not None
    assert b.read_depth is not None
    points = transform_points(a.T_world_camera, depth_to_points(a.camera.K, a.read_depth()))
    uv, z = project(b.camera.K, transform_points(invert(b.T_world_camera), points))
    seen = inside_image(uv, 640, 480)
    there = b.read_depth()[uv[seen][:, 1].astype(int), uv[seen][:, 0].astype(int)]
    assert np.nanmedian(np.abs(there - z[seen])) < 0.02
    # The table top: the densest layer of points is level to a few millimetres.
    heights = points[..., 2][np.isfinite(points[..., 2])]
    counts, edges = np.histogram(heights, bins=np.arange(heights.min(), heights.max(), 0.01))
    assert counts.max() > 6 * np.median(counts[counts > 0])
    assert float(edges[counts.argmax()]) < float(a.center_world[2])
