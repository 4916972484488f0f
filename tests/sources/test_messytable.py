"""MessyTable: the round trip of its cameras, and one test per trap of its layout."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import round_trip
from layouts import messytable as layout
from layouts.world import render, seen_by, small_room
from test_colmap import in_our_axes

from sextant.commands.registry import task_classes
from sextant.errors import ConventionError, InputError, MissingInput
from sextant.geometry.projection import project
from sextant.geometry.transforms import invert, transform_points
from sextant.questions.context import SceneContext
from sextant.questions.facts import Fact
from sextant.questions.recipe import GenerateRecipe
from sextant.scenes import Scene
from sextant.sources import messytable
from sextant.sources.source import SourceOptions


@pytest.fixture(scope="module")
def room() -> Scene:
    return small_room(frames=1)


@pytest.fixture(scope="module")
def truth(room: Scene) -> Scene:
    return seen_by(room, layout.LENS, layout.poses(room))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, room: Scene) -> Path:
    return layout.write_scene(tmp_path_factory.mktemp("messytable") / "data", room)


def open_only(root: Path) -> Scene:
    source = messytable.open_source(root, SourceOptions())
    (scene_id,) = source.scene_ids()
    return source.open(scene_id)


def rewrite(root: Path, change: object) -> None:
    """Change the decoded labels of every camera by a function."""
    path = next((root / "labels").iterdir())
    document = json.loads(path.read_text())
    for number, camera in document["scenes"][layout.SCENE]["cameras"].items():
        change(number, camera)
    path.write_text(json.dumps(document))


def check(scene: Scene, truth: Scene) -> None:
    real = in_our_axes(scene, truth)
    round_trip.check(scene, real, depth_m=None, boxes=None, ids=False, pictures=None)


def test_round_trip(root: Path, truth: Scene) -> None:
    scene = open_only(root.parent)
    check(scene, truth)
    round_trip.check_facts(scene, messytable.FACTS)
    round_trip.check_frames_travel(scene)
    assert scene.split == "val"
    assert scene.notes["up"].startswith("z of the reference")
    frame, real = scene.frames[4], truth.frames[4]
    depth = render(truth, real.camera, real.T_world_camera).depth_m
    shown = dataclasses.replace(frame, T_world_camera=real.T_world_camera, read_depth=lambda: depth)
    assert round_trip.picture_error(shown) < 4


def test_which_thing_is_the_same_is_asked(root: Path, room: Scene) -> None:
    scene = open_only(root)
    ctx = SceneContext(scene, GenerateRecipe(), 0)
    task = task_classes()["pt.object_correspondence"]()
    assert task.missing(scene) == ()
    facts = [
        (ask, fact)
        for _, ask in zip(range(100), task.propose(ctx, np.random.default_rng(0)), strict=False)
        if isinstance(fact := task.measure(ctx, ask), Fact)
    ]
    assert len(facts) > 20
    for ask, fact in facts:
        assert fact.geometry == "labels"
        point = layout.table(room)[int(ask.objects[0]) - 100]
        for frame_id in ask.frames:
            T = layout.poses(room)[int(frame_id.partition("_")[2]) - 1]
            uv, _ = project(layout.LENS.K, transform_points(invert(T), point))
            box = ctx.sighted(frame_id)[ask.objects[0]].box
            np.testing.assert_allclose(
                [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], uv, atol=1e-6
            )


def test_a_box_that_leaves_the_picture_is_cut_and_not_asked_about(copy: Path) -> None:
    def leave(number: str, camera: dict) -> None:
        if number == "3" and "102" in camera["instances"]:
            camera["instances"]["102"]["pos"] = [-20, 10, 30, 40]

    rewrite(copy, leave)
    scene = open_only(copy)
    assert scene.frame_by_id["camera_3"].read_sightings()["102"].box == (0.0, 10.0, 30.0, 40.0)
    ctx = SceneContext(scene, GenerateRecipe(), 0)
    assert "102" not in ctx.sighted("camera_3")
    assert "102" in ctx.sighted("camera_4")


def test_ids_are_shared_by_the_cameras(root: Path) -> None:
    source = messytable.open_source(root, SourceOptions())
    found = source.instances(layout.SCENE)
    assert set(found) == {f"camera_{k}" for k in range(1, 10)}
    ids = [{thing.id for thing in things} for things in found.values()]
    assert len(set.intersection(*ids)) >= 4
    first = found["camera_1"][0]
    assert first.box[2] - first.box[0] == pytest.approx(8)


@pytest.mark.parametrize("change", ["inverted", "order", "opengl"])
def test_poses_of_another_convention_are_refused(copy: Path, room: Scene, change: str) -> None:
    """World-to-camera, angles in another order, or y up: the rays do not meet in the boxes."""

    def wrong(number: str, camera: dict) -> None:
        T = layout.T_REFERENCE_WORLD @ layout.poses(room)[int(number) - 1]
        if change == "inverted":
            T = np.linalg.inv(T)
        elif change == "opengl":
            T = T @ np.diag([1.0, -1.0, -1.0, 1.0])
        angles = layout.euler_xyz(T[:3, :3])
        camera["extrinsics"] = [*T[:3, 3], *(angles[::-1] if change == "order" else angles)]

    rewrite(copy, wrong)
    with pytest.raises(ConventionError, match="contradict"):
        open_only(copy)


def test_the_table_gives_the_vertical(tmp_path: Path, room: Scene, truth: Scene) -> None:
    layout.write_scene(tmp_path / "x", room, T_reference_world=layout.T_TILTED_WORLD)
    scene = open_only(tmp_path / "x")
    assert "table" in scene.notes["up"]
    T = scene.frames[0].T_world_camera @ np.linalg.inv(truth.frames[0].T_world_camera)
    assert np.degrees(np.arccos(T[2, 2])) < 6


@pytest.mark.parametrize(("unit", "metric"), [(1.0, True), (1000.0, True), (100.0, False)])
def test_the_cameras_distances_tell_the_unit(
    tmp_path: Path, room: Scene, truth: Scene, unit: float, metric: bool
) -> None:
    layout.write_scene(tmp_path / "x", room, unit=unit)
    scene = open_only(tmp_path / "x")
    assert scene.is_metric == metric
    if metric:
        check(scene, truth)
    else:
        assert "unknown" in scene.notes["scale"]


def test_intrinsics_may_stand_at_the_camera(tmp_path: Path, room: Scene, truth: Scene) -> None:
    layout.write_scene(tmp_path / "x", room, own_intrinsics=True)
    check(open_only(tmp_path / "x"), truth)


def test_a_camera_without_its_picture_is_left_out(copy: Path) -> None:
    (copy / "images" / f"{layout.SCENE}-03.jpg").unlink()
    scene = open_only(copy)
    assert len(scene.frames) == 8
    assert scene.notes["cameras_dropped"] == "1"
    for path in (copy / "images").iterdir():
        path.unlink()
    with pytest.raises(MissingInput, match="scenes help messytable"):
        open_only(copy)


def test_few_things_leave_poses_unchecked_and_up_to_the_cameras(copy: Path) -> None:
    rewrite(copy, lambda number, camera: camera.update(instances={}))
    scene = open_only(copy)
    assert "unchecked" in scene.notes["poses"]
    assert "mean of the cameras" in scene.notes["up"]


@pytest.mark.parametrize(
    ("poison", "what"),
    [
        ({"extrinsics": [1, 2, 3]}, "wrong extrinsics"),
        ({"extrinsics": None}, "no usable extrinsics"),
        ({"extrinsics": [float("nan")] * 6}, "NaN"),
        ({"intrinsics": [0] * 9}, "focal"),
        ({"intrinsics": "x"}, "no numbers"),
        ({"intrinsics": [[1, 2], 3, []]}, "no numbers"),
        ({"intrinsics": [1] * 8}, "not 3x3"),
        ({"intrinsics": [1e300] * 9}, "focal"),
        ({"instances": []}, "no JSON object"),
        ({"instances": {"1": {"pos": [5, 5, 5, 9]}}}, "no area"),
        ({"instances": {"1": None}}, "no JSON object"),
    ],
)
def test_a_broken_camera_is_quarantined(copy: Path, poison: dict, what: str) -> None:
    rewrite(copy, lambda number, camera: camera.update(poison if number == "2" else {}))
    scene = open_only(copy)
    assert [f.id for f in scene.frames][:2] == ["camera_1", "camera_3"]
    assert what in scene.notes["cameras_dropped_first"]
    rewrite(copy, lambda number, camera: camera.update(poison))
    with pytest.raises(InputError):
        open_only(copy)


def test_a_scene_name_that_leaves_the_folder_is_not_read(copy: Path) -> None:
    path = copy / "labels/val.json"
    path.write_text(path.read_text().replace(f'"{layout.SCENE}": {{', '"../../x": {'))
    with pytest.raises(ConventionError, match="leaves"):
        open_only(copy)


def test_truncated_and_mutated_labels_end_in_our_errors(copy: Path) -> None:
    path = copy / "labels/val.json"
    data = path.read_bytes()
    rng = np.random.default_rng(1)
    for k in range(80):
        broken = bytearray(data[: int(rng.integers(1, len(data)))] if k % 4 == 0 else data)
        for at in rng.integers(0, len(broken), 5):
            broken[at] = rng.integers(32, 127)
        path.write_bytes(bytes(broken))
        try:
            source = messytable.open_source(copy, SourceOptions())
            for scene_id in source.scene_ids():
                source.open(scene_id)
        except InputError:
            pass
