"""AI2-THOR: the round trip, and one test per trap of Unity's world."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import round_trip
from layouts import ai2thor as layout
from layouts.world import small_room

from sextant.errors import ConventionError, CorruptInput, InputError
from sextant.scenes import Scene
from sextant.scenes.inspection import inspect_scene
from sextant.sources import ai2thor
from sextant.sources.source import SourceOptions


@pytest.fixture(scope="module")
def truth() -> Scene:
    return small_room(layout.LENS)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, truth: Scene) -> Path:
    root = tmp_path_factory.mktemp("ai2thor")
    layout.write_scene(root, truth)
    return root


def open_only(root: Path) -> Scene:
    source = ai2thor.open_source(root, SourceOptions())
    (scene_id,) = source.scene_ids()
    return source.open(scene_id)


def edit(folder: Path, change: Callable[[dict[str, Any]], None], which: str = "*.json") -> None:
    for path in sorted(folder.glob(which)):
        document = json.loads(path.read_text())
        change(document)
        path.write_text(json.dumps(document))


def test_round_trip(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    round_trip.check(scene, truth, depth_m=1e-5, pictures=3.0, box_m=2e-4)
    assert len(scene.objects) == len(truth.objects)
    assert scene.split == "train"
    assert scene.room.kind == "living room"
    round_trip.check_facts(scene, ai2thor.FACTS)
    round_trip.check_frames_travel(scene)
    assert inspect_scene(scene).verdict == "ok"


def test_unitys_world_is_left_handed(root: Path, truth: Scene) -> None:
    """A mirrored world would agree with itself; the outline and the boxes tell."""
    scene = open_only(root)
    polygon, real = scene.room.floor_polygon, truth.room.floor_polygon
    x, y = polygon.T
    assert np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) > 0
    near = np.linalg.norm(polygon[:, None] - real[None], axis=-1).min(axis=1)
    np.testing.assert_allclose(near, 0, atol=1e-6)


def test_degrees_are_clockwise_and_the_horizon_looks_down(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_scene(tmp_path, truth)

    def turn(document: dict[str, Any]) -> None:
        document["agent"]["rotation"]["y"] = 90.0
        document["agent"]["cameraHorizon"] = 30.0

    edit(folder, turn, "0*.json")
    ahead = open_only(tmp_path).frames[0].forward_world
    # From forward (z in Unity, y here), a quarter clockwise is to the right (x), and down.
    np.testing.assert_allclose(ahead, [np.cos(np.pi / 6), 0, -0.5], atol=1e-9)


def test_the_camera_is_not_the_agent(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    np.testing.assert_allclose(scene.frames[0].center_world, truth.frames[0].center_world)


def test_what_cannot_be_picked_up_has_aligned_boxes_only(tmp_path: Path, truth: Scene) -> None:
    layout.write_scene(tmp_path, truth, oriented=False)
    scene = open_only(tmp_path)
    for mine, theirs in round_trip.match_objects(scene, truth).values():
        np.testing.assert_allclose(mine.box.minimum, theirs.box.minimum, atol=1e-6)
        np.testing.assert_allclose(mine.box.maximum, theirs.box.maximum, atol=1e-6)


def test_fov_is_the_vertical_one(root: Path, truth: Scene) -> None:
    assert open_only(root).frames[0].camera.fx == pytest.approx(66.0)


@pytest.mark.parametrize(
    ("plan", "split"), [("FloorPlan12", "train"), ("FloorPlan223", "val"), ("FloorPlan430", "test")]
)
def test_floor_plans_have_official_splits(
    tmp_path: Path, truth: Scene, plan: str, split: str
) -> None:
    layout.write_scene(tmp_path, truth, "somewhere/x", scene_name=plan, house=False)
    assert open_only(tmp_path).split == split


def test_an_object_that_moves_between_events_is_left_out(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_scene(tmp_path, truth)

    def move(document: dict[str, Any]) -> None:
        document["objects"][0]["axisAlignedBoundingBox"]["center"]["x"] += 0.5

    edit(folder, move, "0001.json")
    scene = open_only(tmp_path)
    assert len(scene.objects) == len(truth.objects) - 1
    assert scene.notes["objects_moved"] == "1"
    assert truth.objects[0].category not in scene.complete_categories


def test_corners_that_make_no_box_are_refused() -> None:
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 2) for z in (0, 3)], float)
    box = ai2thor.box_of_corners(np.random.default_rng(0).permutation(corners), "here")
    assert sorted(box.size_m.tolist()) == pytest.approx([1, 2, 3])
    skewed = corners + np.outer(corners[:, 2], [0.4, 0, 0])
    for wrong in (skewed, corners + np.eye(8, 3), np.zeros((8, 3)), corners * np.nan, corners[:7]):
        with pytest.raises(ConventionError):
            ai2thor.box_of_corners(wrong, "here")


@pytest.mark.parametrize(
    "change",
    [
        {"cameraPosition": 3}, {"fov": 0}, {"fov": "x"}, {"agent": {}}, {"objects": [3] * 9},
        {"screenWidth": 1e300}, {"objects": None}, {"fov": 10**400},
    ],
)  # fmt: skip
def test_broken_events_are_refused(tmp_path: Path, truth: Scene, change: dict[str, Any]) -> None:
    folder = layout.write_scene(tmp_path, truth, house=False)
    edit(folder, lambda document: document.update(change))
    with pytest.raises(InputError):
        open_only(tmp_path)


@pytest.mark.filterwarnings("error")
def test_a_floor_beyond_reason_is_refused(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_scene(tmp_path, truth)
    corners = [{"x": x, "y": 0, "z": z} for x, z in ((0, 0), (1e300, 0), (1e300, 1e300))]
    edit(folder, lambda document: document.update(rooms=[{"floorPolygon": corners}]), "house.json")
    with pytest.raises(ConventionError, match="100 km"):
        open_only(tmp_path)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [[], {"a": 1}, 3, None])
def test_an_object_without_a_name_is_dropped_and_one_without_a_place_has_moved(
    tmp_path: Path, truth: Scene, value: object
) -> None:
    folder = layout.write_scene(tmp_path, truth, house=False)

    def spoil(document: dict[str, Any]) -> None:
        document["objects"][0]["objectId"] = value
        document["objects"][1]["axisAlignedBoundingBox"]["center"] = {}
        document["sceneName"] = value

    edit(folder, spoil)
    notes = open_only(tmp_path).notes
    assert "objectId" in notes["objects_dropped_first"]
    assert (notes["objects_dropped"], notes["objects_moved"]) == ("1", "1")


def test_one_broken_event_of_many_is_quarantined(tmp_path: Path) -> None:
    longer = small_room(layout.LENS, frames=8)
    folder = layout.write_scene(tmp_path, longer)
    edit(folder, lambda document: document.update(fov=None), "0003.json")
    scene = open_only(tmp_path)
    assert len(scene.frames) == 7
    assert "fov" in scene.notes["frames_dropped_first"]


@pytest.mark.parametrize("kind", ["pickle", "short", "shape", "text", "empty", "huge", "header"])
def test_depth_is_a_plain_array_or_nothing(tmp_path: Path, truth: Scene, kind: str) -> None:
    folder = layout.write_scene(tmp_path, truth)
    path = folder / "0000.depth.npy"
    data = path.read_bytes()
    if kind == "pickle":
        np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    elif kind == "shape":
        np.save(path, np.ones((3, 4), np.float32))
    elif kind == "huge":
        path.write_bytes(data.replace(b"(72, 96)", b"(72,9000000000)"))
    elif kind == "header":
        path.write_bytes(data.replace(b"(72, 96), }", b"(72, 96)((("))
    else:
        path.write_bytes({"short": data[:500], "text": b"depth", "empty": b""}[kind])
    with pytest.raises((CorruptInput, ConventionError)):
        open_only(tmp_path).frames[0].read_depth()
