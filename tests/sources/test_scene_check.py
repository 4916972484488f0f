"""`sextant scenes check`: planted mistakes are named, and what is right passes."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from layouts.world import seen_by, small_room
from numpy.typing import NDArray

from command_line import sextant
from conftest import data_folder
from sextant.errors import CorruptInput
from sextant.geometry.axes import R_OPENGL_OPENCV, R_ZUP_YUP, pose_from_yup
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.depth import ray_lengths
from sextant.geometry.transforms import invert, look_at, rigid
from sextant.scenes import Camera, Frame, Scene
from sextant.scenes.checks import project_pose
from sextant.scenes.inspection import SceneReport, inspect_scene
from sextant.sources import adt, seven_scenes
from sextant.sources.images import read_uint16
from sextant.sources.posed_rgbd import write_scene
from sextant.sources.source import SourceOptions

Array = NDArray[np.float64]


@pytest.fixture(scope="module")
def clean() -> Scene:
    return small_room(frames=12)


def posed(scene: Scene, change: Callable[[int, Array], Array]) -> Scene:
    frames = tuple(
        dataclasses.replace(f, T_world_camera=change(k, f.T_world_camera))
        for k, f in enumerate(scene.frames)
    )
    return dataclasses.replace(scene, frames=frames)


def deep(scene: Scene, change: Callable[[Frame, Array], Array]) -> Scene:
    def reader(f: Frame) -> Callable[[], NDArray[np.float32]]:
        return lambda: change(f, f.read_depth()).astype(np.float32)

    frames = tuple(dataclasses.replace(f, read_depth=reader(f)) for f in scene.frames)
    return dataclasses.replace(scene, frames=frames)


def boxed(scene: Scene, change: Callable[[OrientedBox], OrientedBox]) -> Scene:
    objects = tuple(dataclasses.replace(o, mesh=None, box=change(o.box)) for o in scene.objects)
    return dataclasses.replace(scene, objects=objects)


def without_ids(scene: Scene) -> Scene:
    frames = tuple(dataclasses.replace(f, read_instances=None) for f in scene.frames)
    return dataclasses.replace(scene, frames=frames)


def says(report: SceneReport, kind: str, what: str) -> None:
    assert report.verdict == "broken", report
    found = [f.what for f in report.findings if f.kind == kind and f.fails]
    assert any(what in text for text in found), report.findings


@pytest.mark.parametrize("index", range(3))
def test_a_simulated_scene_passes(index: int) -> None:
    clean = small_room(frames=12, index=index)
    report = inspect_scene(clean)
    assert report.findings == ()
    assert report.verdict == "ok"
    assert report.numbers["worst_off_m"] < 0.005
    assert report.numbers["median_error_m"] < 0.001
    assert inspect_scene(without_ids(clean)).verdict == "ok"


def test_poses_that_are_world_to_camera_are_named(clean: Scene) -> None:
    report = inspect_scene(posed(clean, lambda _, T: invert(T)))
    says(report, "poses", "world-to-camera")


def test_opengl_cameras_are_named(clean: Scene) -> None:
    turn = rigid(R_OPENGL_OPENCV, np.zeros(3))
    says(inspect_scene(posed(clean, lambda _, T: T @ turn)), "poses", "OpenGL")


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_one_frame_that_is_10_cm_off_is_found(clean: Scene, axis: int) -> None:
    def shift(k: int, T: Array) -> Array:
        return rigid(T[:3, :3], T[:3, 3] + 0.1 * np.eye(3)[axis]) if k == 5 else T

    says(inspect_scene(posed(clean, shift)), "poses", "1 of 12 frames are misaligned; f5 by")


def test_depth_in_millimetres_is_named(clean: Scene) -> None:
    report = inspect_scene(deep(clean, lambda _, d: d * 1000))
    says(report, "units", "depth times 0.001")
    says(report, "units", "another unit")


def test_poses_in_millimetres_are_named(clean: Scene) -> None:
    report = inspect_scene(posed(clean, lambda _, T: rigid(T[:3, :3], T[:3, 3] * 1000)))
    says(report, "units", "depth times 1000")


def test_ray_depth_read_as_z_is_named(clean: Scene) -> None:
    def as_ray(f: Frame, d: Array) -> Array:
        return d * ray_lengths(f.camera.K, f.camera.width, f.camera.height)

    says(inspect_scene(deep(clean, as_ray)), "depth", "distance to the camera")


@pytest.mark.parametrize(("factor", "what"), [(0.5, "half lengths"), (2.0, "doubled")])
@pytest.mark.parametrize("ids", [True, False])
def test_boxes_of_half_or_double_size_are_named(
    clean: Scene, factor: float, what: str, ids: bool
) -> None:
    wrong = boxed(clean, lambda b: dataclasses.replace(b, size_m=b.size_m * factor))
    says(inspect_scene(wrong if ids else without_ids(wrong)), "boxes", what)


def test_a_world_with_y_up_is_named(clean: Scene) -> None:
    T_yup = rigid(R_ZUP_YUP.T, np.zeros(3))
    report = inspect_scene(posed(clean, lambda _, T: T_yup @ T))
    says(report, "world", "+y: up is not z")
    says(report, "boxes", "lie outside")


def test_a_camera_held_on_its_side_is_no_fault(clean: Scene) -> None:
    quarter = rigid(np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]), np.zeros(3))
    lens = Camera(72, 96, 71.0, 70.0, 37.5, 47.0)
    turned = seen_by(clean, lens, [f.T_world_camera @ quarter for f in clean.frames])
    assert inspect_scene(turned).verdict == "ok"


def test_boxes_that_float_are_named() -> None:
    clean = small_room(frames=12)
    report = inspect_scene(
        without_ids(
            boxed(clean, lambda b: dataclasses.replace(b, center=b.center + 1.0 * np.eye(3)[2]))
        )
    )
    says(report, "boxes", "nothing but air")


def test_a_frame_that_sees_nothing_in_common_is_named() -> None:
    clean = small_room(frames=6)
    lost = clean.frames[2].T_world_camera.copy()
    lost[:3, 3] += [50.0, 0.0, 0.0]
    report = inspect_scene(posed(clean, lambda k, T: lost if k == 2 else T))
    assert report.verdict == "suspect"
    assert report.findings[0].kind == "overlap"
    assert "(f2, ...)" in report.findings[0].what


def test_boxes_in_millimetres_are_named_without_any_frame() -> None:
    clean = dataclasses.replace(small_room(), frames=())
    assert inspect_scene(clean).verdict == "ok"
    wrong = boxed(clean, lambda b: dataclasses.replace(b, size_m=np.minimum(b.size_m * 1000, 900)))
    says(inspect_scene(wrong), "units", "boxes in another unit")


def test_frames_that_cannot_be_read_are_counted() -> None:
    clean = small_room(frames=6)

    def fails() -> NDArray[np.float32]:
        raise CorruptInput("depth cannot be decoded")

    frames = tuple(
        dataclasses.replace(f, read_depth=fails) if k == 3 else f
        for k, f in enumerate(clean.frames)
    )
    report = inspect_scene(dataclasses.replace(clean, frames=frames))
    assert report.verdict == "suspect"
    assert "1 of 6 frames cannot be read: depth cannot be decoded" in report.findings[0].what


def test_a_camera_that_never_moved_says_nothing_of_readings() -> None:
    T = look_at([0.5, 0.5, 1.5], [1.5, 1.2, 1.0])
    still = seen_by(small_room(), Camera(96, 72, 70.0, 71.0, 47.0, 37.5), [T] * 4)
    report = inspect_scene(without_ids(still))
    assert not [f for f in report.findings if f.kind in ("poses", "depth", "units")]


def test_pictures_alone_leave_a_scene_unchecked() -> None:
    clean = small_room()
    frames = tuple(dataclasses.replace(f, read_depth=None) for f in clean.frames)
    assert inspect_scene(dataclasses.replace(clean, objects=(), frames=frames)).verdict == (
        "unchecked"
    )


def test_real_7_scenes_pass(seven_scenes_root: Path) -> None:
    source = seven_scenes.open_source(seven_scenes_root, SourceOptions())
    scene = source.open(source.scene_ids()[0])
    report = inspect_scene(scene, 12)
    assert report.verdict == "ok", report.findings
    assert report.numbers["median_error_m"] < 0.02
    says(inspect_scene(posed(scene, lambda _, T: invert(T)), 12), "poses", "world-to-camera")


def test_real_adt_passes(adt_root: Path) -> None:
    source = adt.open_source(adt_root, SourceOptions())
    scene = source.open(source.scene_ids()[0])
    report = inspect_scene(scene, 12)
    assert report.verdict == "ok", report.findings
    assert report.numbers["own_pixels_inside"] > 0.99
    halved = boxed(scene, lambda b: dataclasses.replace(b, size_m=b.size_m / 2))
    says(inspect_scene(halved), "boxes", "half lengths")


def hololens(root: Path, line_of: Callable[[int, str], int]) -> Scene:
    K = np.loadtxt(root / "K.txt")
    poses = np.loadtxt(root / "poses.txt").reshape(-1, 4, 4)
    lens = Camera(540, 360, K[0, 0], K[1, 1], K[0, 2], K[1, 2])

    def frame(k: int, path: Path) -> Frame:
        def depth() -> NDArray[np.float32]:
            raw = read_uint16(path)
            return np.where(raw == 0, np.nan, raw / 1000).astype(np.float32)

        T = pose_from_yup(project_pose(poses[line_of(k, path.stem)], where=path.name)[0])
        return Frame(path.stem, lens, T, float(k), read_depth=depth)

    frames = tuple(frame(k, p) for k, p in enumerate(sorted(root.glob("depth_*.png"))))
    return Scene("hololens", "hololens", "train", "MIT", frames=frames)


def test_a_real_hololens_walk_of_30_m_needs_no_pose_mended() -> None:
    poses = np.loadtxt(data_folder("hololens_sequence") / "poses.txt").reshape(-1, 4, 4)
    made = [project_pose(T, where="poses.txt") for T in poses]
    assert len(made) == 373
    assert np.linalg.norm(np.diff([T[:3, 3] for T, _ in made], axis=0), axis=1).sum() == (
        pytest.approx(30.6, abs=0.05)
    )
    # Its world is Y up: the cameras' own up is near the file's y, and near our z once it is turned.
    up = -np.mean([pose_from_yup(T)[:3, 1] for T, _ in made], axis=0)
    assert up[2] > 0.9


def test_a_real_hololens_walk_passes_and_its_trap_is_seen() -> None:
    root = data_folder("hololens_sequence")
    report = inspect_scene(hololens(root, lambda k, _: 15 * k))
    assert report.verdict == "ok", report.findings
    assert report.numbers["median_error_m"] < 0.025
    # The files' numbers look like lines of poses.txt, and are not.
    wrong = inspect_scene(hololens(root, lambda _, stem: int(stem.rpartition("_")[2])))
    says(wrong, "poses", "frames agree on")


def test_the_verb_prints_a_table_or_json_and_exits_by_the_verdict(tmp_path: Path) -> None:
    clean = small_room(frames=6)
    write_scene(clean, tmp_path / "scenes" / "good")
    write_scene(posed(clean, lambda _, T: invert(T)), tmp_path / "scenes" / "[red]bad")
    (tmp_path / "scenes" / "[red]bad" / "objects.json").write_text("[]")
    command = [
        "scenes",
        "check",
        "--source",
        "posed_rgbd",
        "--root",
        tmp_path / "scenes",
        "--quiet",
    ]
    done = sextant(*command, "--json")
    assert done.returncode == 1, done.stderr
    by_id = {r["scene_id"]: r for r in json.loads(done.stdout)}
    assert by_id["good"]["verdict"] == "ok"
    assert by_id["[red]bad"]["verdict"] == "broken"
    assert "world-to-camera" in by_id["[red]bad"]["findings"][0]["what"]
    done = sextant(*command, "--scene", "good")
    assert done.returncode == 0, done.stderr
    assert "1 scene: 1 ok" in done.stdout


def test_a_scene_that_cannot_be_read_is_told_in_full_below_the_table(
    clean: Scene, tmp_path: Path
) -> None:
    name = "a_scene_whose_name_is_longer_than_its_column"
    write_scene(clean, tmp_path / name)
    write_scene(clean, tmp_path / "good")
    (tmp_path / name / "frames.jsonl").write_text("{}\n")
    done = sextant("scenes", "check", "--source", "posed_rgbd", "--root", tmp_path, "--quiet")
    assert done.returncode == 1
    assert f"{name}: " in done.stdout
    assert f"where: {tmp_path / name / 'frames.jsonl'}: line 1" in done.stdout
    assert "…" not in done.stdout.partition("frames: looked at")[0].partition("┡")[2]


def test_what_cannot_be_checked_says_why(clean: Scene, tmp_path: Path) -> None:
    frames = tuple(
        dataclasses.replace(f, read_depth=None, read_instances=None) for f in clean.frames
    )
    write_scene(dataclasses.replace(clean, frames=frames, objects=()), tmp_path / "pictures")
    done = sextant("scenes", "check", "--source", "posed_rgbd", "--root", tmp_path, "--quiet")
    assert done.returncode == 0
    assert "nothing to compare" in " ".join(re.sub("[│ ]+", " ", done.stdout).split())
