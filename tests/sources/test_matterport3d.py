"""Matterport3D: the round trips of both sets of pictures, and one test per trap."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import round_trip
from layouts import matterport3d as layout
from layouts.world import small_room

from sextant.errors import CorruptInput, InputError, MissingInput
from sextant.scenes import Scene
from sextant.sources import matterport3d
from sextant.sources.matterport3d.house import parse_house
from sextant.sources.source import SourceOptions
from sextant.sources.splits import official_split

ROOM = f"{layout.HOUSE}/region3"


@pytest.fixture(scope="module")
def truth() -> Scene:
    return small_room(layout.LENS)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, truth: Scene) -> Path:
    root = tmp_path_factory.mktemp("matterport3d")
    layout.write_house(root, truth)
    return root


def open_room(root: Path) -> Scene:
    return matterport3d.open_source(root, SourceOptions()).open(ROOM)


def test_round_trip_of_the_undistorted_set(root: Path, truth: Scene) -> None:
    scene = open_room(root)
    round_trip.check(scene, truth, depth_m=1.5e-4, ids=False, pictures=3.0)
    assert len(scene.objects) == len(truth.objects)
    round_trip.check_facts(scene, matterport3d.FACTS)
    round_trip.check_frames_travel(scene)


def test_rows_of_the_undistorted_set_are_counted_from_the_bottom(root: Path) -> None:
    scene = open_room(root)
    text = (
        root / f"v1/scans/{layout.HOUSE}/undistorted_camera_parameters/{layout.HOUSE}.conf"
    ).read_text()
    stored = next(line for line in text.splitlines() if line.startswith("intrinsics")).split()
    assert float(stored[6]) == pytest.approx(72 - 30.5)
    assert scene.frames[0].camera.cy == pytest.approx(30.5)


def test_the_original_set_is_rectified(tmp_path: Path, truth: Scene) -> None:
    layout.write_house(tmp_path, truth, original=True)
    scene = open_room(tmp_path)
    round_trip.check(scene, truth, ids=False, same_raster=False, pictures=4.0)
    for seen, real in zip(scene.frames, truth.frames, strict=True):
        round_trip.assert_camera(seen, real)
        off = seen.read_depth() - real.read_depth()
        assert np.nanmedian(np.abs(off)) < 0.03
        bent = layout.bent(truth, real.T_world_camera) - real.read_depth()
        edge = np.zeros(off.shape, dtype=bool)
        edge[:, :12] = edge[:, -12:] = True
        # Left bent, the depth near the edges is of other points.
        assert np.nanmean(np.abs(bent[edge])) > 1.5 * np.nanmean(np.abs(off[edge]))


def test_zip_files_as_downloaded(tmp_path: Path, truth: Scene) -> None:
    layout.write_house(tmp_path, truth, zipped=True)
    scene = open_room(tmp_path)
    round_trip.check(scene, truth, depth_m=1.5e-4, ids=False, pictures=3.0)
    round_trip.check_frames_travel(scene)


def test_a_scene_is_one_region(root: Path, truth: Scene) -> None:
    source = matterport3d.open_source(root, SourceOptions())
    assert source.scene_ids() == (ROOM, f"{layout.HOUSE}/region4")
    other = source.open(f"{layout.HOUSE}/region4")
    assert [f.id.split("_")[0] for f in other.frames] == [layout.ELSEWHERE]
    assert len(other.objects) == 1
    np.testing.assert_allclose(other.objects[0].box.size_m, [0.6, 0.8, 1.0])
    assert other.room.kind == "kitchen"


def test_radii_are_half_lengths(root: Path, truth: Scene) -> None:
    scene = open_room(root)
    for mine, theirs in round_trip.match_objects(scene, truth).values():
        np.testing.assert_allclose(mine.box.size_m, theirs.box.size_m, atol=1e-4)


def test_floor_and_kind(root: Path, truth: Scene) -> None:
    room = open_room(root).room
    assert room.kind == "bedroom"
    assert room.floor_z_m == truth.room.floor_z_m
    x, y = room.floor_polygon.T
    assert np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) > 0
    wanted = {tuple(np.round(p, 5)) for p in truth.room.floor_polygon}
    assert {tuple(np.round(p, 5)) for p in room.floor_polygon} == wanted


def test_walls_and_what_was_cut_away_are_no_objects(root: Path) -> None:
    scene = open_room(root)
    assert "wall" not in {o.category for o in scene.objects}
    assert scene.notes["objects_without_size"] == "1"


def test_names_have_spaces(root: Path) -> None:
    assert not any("#" in o.category for o in open_room(root).objects)


def test_official_splits_are_by_house(tmp_path: Path, truth: Scene) -> None:
    layout.write_house(tmp_path, truth)
    assert open_room(tmp_path).split == "train"
    assert official_split("matterport3d", "2t7WUuJeko7") == "test"


def test_boxes_alone_and_a_missing_house_file(tmp_path: Path, truth: Scene) -> None:
    house = layout.write_house(tmp_path, truth)
    (house / "undistorted_color_images").rename(tmp_path / "away")
    scene = open_room(tmp_path)
    assert scene.frames == ()
    assert "undistorted_color_images" in scene.notes["pictures"]
    path = house / "house_segmentations" / f"{layout.HOUSE}.house"
    path.write_text("PLY\n")
    with pytest.raises(CorruptInput, match="no house can be read"):
        matterport3d.open_source(tmp_path, SourceOptions())
    path.unlink()
    path.parent.rmdir()
    with pytest.raises(MissingInput, match="house_segmentations"):
        matterport3d.open_source(tmp_path, SourceOptions())


def test_a_broken_line_is_quarantined_and_nothing_counted(tmp_path: Path, truth: Scene) -> None:
    house = layout.write_house(tmp_path, truth)
    path = house / "house_segmentations" / f"{layout.HOUSE}.house"
    lines = path.read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("O 2 "))
    lines[at] = lines[at].replace(" ", " x", 4)
    path.write_text("\n".join(lines))
    scene = open_room(tmp_path)
    assert scene.notes["lines_dropped"] == "1"
    assert scene.complete_categories == frozenset()
    assert len(scene.objects) == len(truth.objects) - 1


def test_a_broken_pose_is_quarantined(tmp_path: Path) -> None:
    longer = small_room(layout.LENS, frames=6)
    house = layout.write_house(tmp_path, longer)
    path = house / "undistorted_camera_parameters" / f"{layout.HOUSE}.conf"
    lines = path.read_text().splitlines()
    lines[6] = " ".join([*lines[6].split()[:3], *(["nan"] * 16)])
    path.write_text("\n".join(lines))
    scene = open_room(tmp_path)
    assert len(scene.frames) == 5
    assert scene.notes["frames_dropped"] == "1"


def test_mutated_house_files_give_our_errors_only(truth: Scene) -> None:
    whole = layout.house_text(truth, floor=True)
    rng = np.random.default_rng(4)
    for _ in range(300):
        text = list(whole[: int(rng.integers(len(whole)))] if rng.random() < 0.3 else whole)
        for _ in range(int(rng.integers(1, 20))):
            if text:
                text[int(rng.integers(len(text)))] = chr(int(rng.integers(32, 127)))
        try:
            parse_house("".join(text), "x")
        except InputError:
            pass
