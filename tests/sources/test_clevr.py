"""CLEVR: the round trip with a camera that no file states, and one test per trap of its layout."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import round_trip
from layouts import clevr as layout

from sextant.errors import CorruptInput, InputError, MissingInput
from sextant.scenes import Scene
from sextant.sources import clevr
from sextant.sources.source import SourceOptions


def open_only(root: Path) -> Scene:
    source = clevr.open_source(root, SourceOptions())
    (scene_id,) = source.scene_ids()
    return source.open(scene_id)


@pytest.mark.parametrize("seed", range(8))
def test_round_trip_with_a_camera_solved_from_the_pixels(tmp_path: Path, seed: int) -> None:
    truth, rotations = layout.primitives(seed, count=3 + seed)
    layout.write_scenes(tmp_path, [layout.record(truth, rotations)])
    scene = open_only(tmp_path)
    assert scene.split == "val"
    matched = round_trip.match_objects(scene, truth)
    round_trip.assert_boxes(matched, "oriented", 1e-6)
    for mine, theirs in matched.values():
        assert dict(mine.attributes) == dict(theirs.attributes)
    (frame,), (real,) = scene.frames, truth.frames
    assert frame.camera.fx == pytest.approx(real.camera.fx, rel=0.01)
    # Pixels are whole numbers, so the camera comes back to about a hundredth of its distance.
    np.testing.assert_allclose(frame.T_world_camera[:3, :3], real.T_world_camera[:3, :3], atol=2e-3)
    np.testing.assert_allclose(frame.center_world, real.center_world, atol=0.08)
    round_trip.check_facts(scene, clevr.FACTS)
    round_trip.check_frames_travel(scene)


def test_the_unit_is_no_metre(tmp_path: Path) -> None:
    truth, rotations = layout.primitives()
    layout.write_scenes(tmp_path, [layout.record(truth, rotations)])
    scene = open_only(tmp_path)
    assert not scene.is_metric
    assert scene.complete_categories is None


def test_rotations_that_are_printed_as_degrees_are_radians(tmp_path: Path) -> None:
    truth, rotations = layout.primitives()
    layout.write_scenes(tmp_path, [layout.record(truth, rotations)])
    scene = open_only(tmp_path)
    cube = next(o for o in scene.objects if o.category == "cube")
    theta = rotations[int(cube.id.partition("_")[0])]
    assert cube.box.R_world_box[0, 0] == pytest.approx(math.cos(theta))
    assert abs(math.cos(theta) - math.cos(math.radians(theta))) > 0.1


def test_a_cube_is_smaller_than_its_name_says(tmp_path: Path) -> None:
    truth, rotations = layout.primitives()
    layout.write_scenes(tmp_path, [layout.record(truth, rotations)])
    for o in open_only(tmp_path).objects:
        named = 2 * layout.SIZES[o.attributes["size"]]
        shrunk = named / math.sqrt(2) if o.category == "cube" else named
        np.testing.assert_allclose(o.box.size_m, shrunk)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("what", ["pixels", "depth", "far", "behind", "directions", "few"])
def test_a_camera_that_does_not_fit_is_left_out(tmp_path: Path, what: str) -> None:
    truth, rotations = layout.primitives(count=2 if what == "few" else 6)
    entry = layout.record(truth, rotations)
    if what == "pixels":
        entry["objects"][0]["pixel_coords"][0] += 12
    elif what == "depth":
        entry["objects"][0]["pixel_coords"][2] += 2.0
    elif what in ("far", "behind"):
        entry["objects"][0]["pixel_coords"][2] = 1e305 if what == "far" else 0.0
    elif what == "directions":
        entry["directions"]["behind"] = [0.0, 0.6, 0.8]
    layout.write_scenes(tmp_path, [entry])
    scene = open_only(tmp_path)
    assert scene.frames == ()
    assert "no camera" in scene.notes["frames"]
    assert len(scene.objects) == len(truth.objects)


def test_without_pictures_objects_stay(tmp_path: Path) -> None:
    truth, rotations = layout.primitives()
    layout.write_scenes(tmp_path, [layout.record(truth, rotations)])
    for path in tmp_path.glob("images/val/*"):
        path.unlink()
    scene = open_only(tmp_path)
    assert scene.frames == ()
    assert "not there" in scene.notes["frames"]


@pytest.mark.parametrize(
    "change",
    [
        {"3d_coords": [1, 2]}, {"3d_coords": [0, 0, -1]}, {"shape": "cone"}, {"rotation": "x"},
        {"pixel_coords": None}, {"3d_coords": [0, 0, float("nan")]},
    ],
)  # fmt: skip
def test_broken_objects_are_refused_or_dropped(tmp_path: Path, change: dict[str, Any]) -> None:
    truth, rotations = layout.primitives()
    entry = layout.record(truth, rotations)
    entry["objects"][0] |= change
    layout.write_scenes(tmp_path, [entry])
    try:
        scene = open_only(tmp_path)
    except InputError:
        return
    assert scene.notes["objects_dropped"] == "1"
    assert scene.complete_categories == frozenset()


@pytest.mark.parametrize("value", [3, None, [[]], {"a": 1}])
def test_a_split_that_is_no_text_is_passed_over(tmp_path: Path, value: object) -> None:
    path = layout.write_scenes(tmp_path, [layout.record(*layout.primitives())])
    document = json.loads(path.read_text())
    document["scenes"][0]["split"] = value
    path.write_text(json.dumps(document))
    assert open_only(tmp_path).frames
    document["scenes"][0]["image_filename"] = value
    path.write_text(json.dumps(document))
    with pytest.raises(MissingInput):
        open_only(tmp_path)


def test_a_file_that_leads_round_is_missing(tmp_path: Path) -> None:
    path = layout.write_scenes(tmp_path, [layout.record(*layout.primitives())])
    path.unlink()
    path.symlink_to(path.name)
    with pytest.raises(MissingInput):
        open_only(tmp_path)


def test_damaged_files_are_corrupt(tmp_path: Path) -> None:
    truth, rotations = layout.primitives()
    path = layout.write_scenes(tmp_path, [layout.record(truth, rotations)])
    text = path.read_text()
    for broken in (text[: len(text) // 2], "", "[]", '{"scenes": 3}'):
        path.write_text(broken)
        with pytest.raises(CorruptInput):
            open_only(tmp_path)
