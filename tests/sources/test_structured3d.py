"""Structured3D: the round trip, and one test per trap of its layout."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import round_trip
from layouts import structured3d as layout
from layouts.world import small_room

from sextant.errors import ConventionError, InputError, MissingInput
from sextant.scenes import Scene
from sextant.sources import structured3d
from sextant.sources.source import SourceOptions


@pytest.fixture(scope="module")
def truth() -> Scene:
    return small_room(layout.LENS, frames=6)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, truth: Scene) -> Path:
    root = tmp_path_factory.mktemp("structured3d")
    layout.write_home(root, truth)
    return root


def open_only(root: Path) -> Scene:
    source = structured3d.open_source(root, SourceOptions())
    (scene_id,) = source.scene_ids()
    return source.open(scene_id)


def view(root: Path, k: int) -> Path:
    return root / layout.HOUSE / "2D_rendering" / layout.ROOM / "perspective/full" / str(k)


def pairs(scene: Scene, truth: Scene) -> dict:
    real = {o.instance_value: o for o in truth.objects}
    return {o.id: (o, real[o.instance_value]) for o in scene.objects}


def test_round_trip(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    round_trip.check(scene, truth, boxes=None, ids=False, pictures=1.5)
    round_trip.check_facts(scene, structured3d.FACTS)
    round_trip.check_frames_travel(scene)
    round_trip.assert_boxes(pairs(scene, truth), "oriented", 1e-4)
    assert scene.id == "scene_00017_485142"
    assert [f.id for f in scene.frames] == [str(k) for k in range(6)]


def test_ids_are_those_of_the_boxes_and_65535_is_nothing(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    for seen, real in zip(scene.frames, truth.frames, strict=True):
        np.testing.assert_array_equal(seen.read_instances(), real.read_instances())


def test_objects_are_those_seen_and_are_called_what_most_pixels_say(
    root: Path, truth: Scene
) -> None:
    scene = open_only(root)
    counts = np.zeros(2000, int)
    for frame in truth.frames:
        values, n = np.unique(frame.read_instances(), return_counts=True)
        counts[values] += n
    wanted = {o.instance_value for o in truth.objects if counts[o.instance_value] >= 50}
    assert {o.instance_value for o in scene.objects} == wanted
    assert len(wanted) > 3
    for mine, theirs in pairs(scene, truth).values():
        assert mine.category == (
            theirs.category if theirs.category in layout.NYU40 else "other prop"
        )


def test_labels_as_ids_are_read_like_labels_as_colours(
    tmp_path: Path, truth: Scene, root: Path
) -> None:
    layout.write_home(tmp_path, truth, colours=False)
    names = [[o.id for o in open_only(r).objects] for r in (tmp_path, root)]
    assert names[0] == names[1]


def test_coefficients_are_half_lengths_and_rows_are_axes(copy: Path, truth: Scene) -> None:
    for change in ("half", "rows"):
        path = copy / layout.HOUSE / "bbox_3d.json"
        original = path.read_text()
        boxes = json.loads(original)
        for box in boxes:
            if change == "half":
                box["coeffs"] = [2 * c for c in box["coeffs"]]
            else:
                box["basis"] = np.transpose(box["basis"]).tolist()
        path.write_text(json.dumps(boxes))
        with pytest.raises(AssertionError):
            round_trip.assert_boxes(pairs(open_only(copy), truth), "oriented", 1e-4)
        path.write_text(original)


def test_angles_of_view_are_halves(root: Path) -> None:
    camera = open_only(root).frames[0].camera
    assert 2 * np.arctan(camera.width / 2 / camera.fx) == pytest.approx(1.4)
    assert 2 * np.arctan(camera.height / 2 / camera.fy) == pytest.approx(0.9)


def test_the_floor_is_the_rooms_own(root: Path, truth: Scene) -> None:
    room = open_only(root).room
    assert room.kind == "living room"
    assert room.floor_z_m == 0
    real = truth.room.floor_polygon
    assert len(room.floor_polygon) == len(real)
    apart = np.linalg.norm(room.floor_polygon[:, None] - real[None], axis=-1)
    assert apart.min(axis=0).max() < 1e-4
    x, y = room.floor_polygon.T
    assert x @ np.roll(y, -1) - y @ np.roll(x, -1) > 0


def test_an_outline_that_is_no_ring_is_not_known(copy: Path) -> None:
    path = copy / layout.HOUSE / "annotation_3d.json"
    document = json.loads(path.read_text())
    document["planeLineMatrix"][1][0] = 0
    path.write_text(json.dumps(document))
    scene = open_only(copy)
    assert scene.room.floor_polygon is None
    assert "unknown" in scene.notes["room"]
    path.unlink()
    assert "annotation_3d" in open_only(copy).notes["room"]


@pytest.mark.parametrize(
    ("house", "split"),
    [("scene_02999", "train"), ("scene_03000", "val"), ("scene_03249", "val"),
     ("scene_03250", "test")],
)  # fmt: skip
def test_the_number_says_the_split(copy: Path, house: str, split: str) -> None:
    (copy / layout.HOUSE).rename(copy / house)
    assert open_only(copy).split == split


def test_homes_that_the_publishers_call_invalid_are_left_out(copy: Path, truth: Scene) -> None:
    shutil.copytree(copy / layout.HOUSE, copy / "scene_01155")
    source = structured3d.open_source(copy, SourceOptions())
    assert source.scene_ids() == ("scene_00017_485142",)
    assert "1 homes left out" in source.describe()


def test_a_home_without_boxes_or_maps(copy: Path, tmp_path: Path, truth: Scene) -> None:
    (copy / layout.HOUSE / "bbox_3d.json").unlink()
    scene = open_only(copy)
    assert scene.objects == ()
    assert "bbox_3d" in scene.notes["objects"]
    bare = layout.write_home(tmp_path / "bare", truth, ids=False)
    assert open_only(tmp_path / "bare").objects == ()
    for path in bare.rglob("rgb_rawlight.png"):
        path.unlink()
    with pytest.raises(MissingInput, match="scenes help structured3d"):
        open_only(tmp_path / "bare")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("1 2 3", "twelve finite"),
        ("x " * 12, "no numbers"),
        ("0 0 0 0 0 0 0 0 1 0.7 0.45 1", "no direction"),
        ("0 0 0 1 0 0 0 0 1 2.7 0.45 1", "no direction"),
        ("0 0 0 1 0 0 1 0 1 0.7 0.45 1", "not across"),
        ("nan 0 0 1 0 0 0 0 1 0.7 0.45 1", "twelve finite"),
    ],
)
def test_a_broken_pose_is_quarantined(copy: Path, text: str, what: str) -> None:
    (view(copy, 1) / "camera_pose.txt").write_text(text)
    scene = open_only(copy)
    assert len(scene.frames) == 5
    assert what in scene.notes["frames_dropped_first"]


@pytest.mark.parametrize(
    ("poison", "what"),
    [({"ID": None}, "no ID"), ({"ID": 0}, "stands twice"), ({"basis": [1]}, "no basis"),
     ({"coeffs": [0, 0, 0]}, "not positive"), ({"centroid": "x"}, "no usable centroid")],
)  # fmt: skip
def test_a_broken_box_is_quarantined_and_nothing_counted(
    copy: Path, poison: dict, what: str
) -> None:
    scene = open_only(copy)
    path = copy / layout.HOUSE / "bbox_3d.json"
    boxes = json.loads(path.read_text())
    seen = {o.instance_value - 1 for o in scene.objects}
    at = next(i for i, box in enumerate(boxes) if box["ID"] in seen and box["ID"])
    boxes[at] |= poison
    path.write_text(json.dumps(boxes))
    again = open_only(copy)
    assert what in again.notes["objects_dropped_first"]
    assert again.complete_categories == frozenset()


def test_truncated_and_mutated_files_end_in_our_errors(copy: Path) -> None:
    rng = np.random.default_rng(4)
    home = copy / layout.HOUSE
    paths = [home / "bbox_3d.json", home / "annotation_3d.json",
             *(view(copy, 0) / n for n in ("camera_pose.txt", "instance.png", "semantic.png",
                                           "depth.png", "rgb_rawlight.png"))]  # fmt: skip
    for path in paths:
        data = path.read_bytes()
        for k in range(8):
            broken = bytearray(data[: int(rng.integers(1, len(data)))] if k % 2 else data)
            for at in rng.integers(0, len(broken), 4):
                broken[at] = rng.integers(0, 256)
            path.write_bytes(bytes(broken))
            try:
                for frame in open_only(copy).frames:
                    frame.read_rgb()
                    frame.read_depth()
            except InputError:
                pass
        path.write_bytes(data)


def test_maps_of_another_size_are_refused(copy: Path) -> None:
    for k in range(3):
        shutil.copy(view(copy, 0) / "rgb_rawlight.png", view(copy, k) / "x.png")
        image = layout.Image.open(view(copy, k) / "semantic.png").resize((64, 36))
        image.save(view(copy, k) / "semantic.png")
    with pytest.raises(ConventionError, match="another size"):
        open_only(copy)
