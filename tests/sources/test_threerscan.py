"""3RScan: the round trip, and one test per trap of its layout."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import round_trip
from layouts import threerscan as layout
from layouts.world import room, seen_by, small_room

from sextant.errors import ConventionError, InputError, MissingInput
from sextant.scenes import Scene
from sextant.sources import procedural, threerscan
from sextant.sources.source import SourceOptions


@pytest.fixture(scope="module")
def truth() -> Scene:
    return small_room(layout.UPRIGHT)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, truth: Scene) -> Path:
    root = tmp_path_factory.mktemp("threerscan")
    layout.write_scan(root, truth)
    return root


def open_only(root: Path, scan: str = layout.REFERENCE) -> Scene:
    return threerscan.open_source(root, SourceOptions()).open(scan)


def test_round_trip(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    round_trip.check(scene, truth, ids=False, same_raster=False, pictures=8.0)
    assert len(scene.objects) == len(truth.objects)
    round_trip.check_facts(scene, threerscan.FACTS, absent=frozenset({"rescan"}))
    round_trip.check_frames_travel(scene)
    assert scene.room.floor_z_m == pytest.approx(0.0, abs=1e-4)


def test_the_sensor_lies_on_its_side(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    assert scene.notes["turned_quarters"] == str(-layout.HELD % 4)
    assert (scene.frames[0].camera.width, scene.frames[0].camera.height) == (68, 120)
    for seen, real in zip(scene.frames, truth.frames, strict=True):
        round_trip.assert_camera(seen, real)


def test_depth_has_other_proportions_than_the_picture(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    for seen, real in zip(scene.frames, truth.frames, strict=True):
        off = seen.read_depth() - real.read_depth()
        # One depth pixel covers 4 by 3 of the picture: on slanted floors that is some centimetres,
        # to either side.
        assert np.nanmedian(np.abs(off)) < 0.06
        assert abs(np.nanmedian(off)) < 0.015
    assert round_trip.reprojection_error(scene.frames[0], scene.frames[1]) < 0.06


def test_objects_have_their_labelled_surface(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    for mine, theirs in round_trip.match_objects(scene, truth).values():
        np.testing.assert_allclose(
            mine.mesh.vertices_world.mean(axis=0),
            theirs.mesh.vertices_world.mean(axis=0),
            atol=0.05,
        )
    assert scene.shell is not None


@pytest.mark.parametrize("millimetres", [False, True])
def test_a_rescan_is_in_the_world_of_its_reference(
    tmp_path: Path, truth: Scene, millimetres: bool
) -> None:
    layout.write_scan(tmp_path, truth)
    layout.write_scan(tmp_path, truth, layout.RESCAN, T_reference_scan=layout.T_REFERENCE_SCAN)
    layout.write_list(tmp_path, [(layout.RESCAN, layout.T_REFERENCE_SCAN)], millimetres=millimetres)
    scene = open_only(tmp_path, layout.RESCAN)
    round_trip.check(scene, truth, ids=False, same_raster=False, pictures=8.0)
    round_trip.check_facts(scene, threerscan.FACTS)
    assert scene.rescan_of == layout.REFERENCE
    assert scene.split == "val"
    reference = open_only(tmp_path)
    assert reference.rescan_of is None
    assert dict(scene.rescan_objects) == {o.id: o.id for o in reference.objects}


def test_a_moved_object_is_found_moved(tmp_path: Path) -> None:
    """The simulator's own earlier state of a room, and the later one as the rescan."""
    source = procedural.open_source(None, SourceOptions(seed=11, scenes=1))
    (name,) = source.scene_ids()
    poses = [f.T_world_camera for f in room().frames[:4]]
    before, after = (
        seen_by(s, layout.UPRIGHT, poses) for s in (source.open(f"{name}_before"), room())
    )
    layout.write_scan(tmp_path, dataclasses.replace(before, id="before"))
    layout.write_scan(tmp_path, after, layout.RESCAN, T_reference_scan=layout.T_REFERENCE_SCAN)
    layout.write_list(tmp_path, [(layout.RESCAN, layout.T_REFERENCE_SCAN)])
    later, earlier = open_only(tmp_path, layout.RESCAN), open_only(tmp_path)
    moved = {
        here
        for here, there in later.rescan_objects.items()
        if np.linalg.norm(
            later.object_by_id[here].box.center - earlier.object_by_id[there].box.center
        ) > 1e-3
    }  # fmt: skip
    wanted = {
        str(a.instance_value)
        for a, b in zip(after.objects, before.objects, strict=True)
        if np.linalg.norm(a.box.center - b.box.center) > 1e-3
    }
    assert moved == wanted != set()


def test_a_rescan_without_its_reference_says_so(tmp_path: Path, truth: Scene) -> None:
    layout.write_scan(tmp_path, truth, layout.RESCAN, T_reference_scan=layout.T_REFERENCE_SCAN)
    layout.write_list(tmp_path, [(layout.RESCAN, layout.T_REFERENCE_SCAN)])
    scene = open_only(tmp_path, layout.RESCAN)
    assert scene.rescan_of is None
    assert "not there" in scene.notes["rescan_of"]
    round_trip.check(scene, truth, ids=False, same_raster=False, pictures=None)


def test_an_unpacked_sequence_is_the_same(tmp_path: Path, truth: Scene, root: Path) -> None:
    layout.write_scan(tmp_path, truth, unpacked=True)
    for a, b in zip(open_only(tmp_path).frames, open_only(root).frames, strict=True):
        np.testing.assert_array_equal(a.T_world_camera, b.T_world_camera)
        np.testing.assert_array_equal(a.read_rgb(), b.read_rgb())
        np.testing.assert_array_equal(a.read_depth(), b.read_depth())


def test_lost_poses_are_counted_apart(tmp_path: Path, truth: Scene) -> None:
    layout.write_scan(tmp_path, truth, lost=(1, 2))
    scene = open_only(tmp_path)
    assert [f.id for f in scene.frames] == ["frame-000000", "frame-000003"]
    assert scene.notes["frames_without_pose"] == "2"


def test_all_poses_lost(tmp_path: Path, truth: Scene) -> None:
    layout.write_scan(tmp_path, truth, lost=(0, 1, 2, 3))
    with pytest.raises(ConventionError, match="no frame of the sequence"):
        open_only(tmp_path)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"objectId": 0}, "no objectId"),
        ({"objectId": 1}, "stands twice"),
        ({"label": None}, "no label"),
        ({"obb": {"centroid": [0, 0]}}, "normalizedAxes"),
    ],
)
def test_a_broken_instance_is_quarantined(
    tmp_path: Path, truth: Scene, change: dict, what: str
) -> None:
    folder = layout.write_scan(tmp_path, truth)
    path = folder / "semseg.v2.json"
    document = json.loads(path.read_text())
    document["segGroups"].sort(key=lambda g: g["objectId"])
    document["segGroups"][5] |= change
    path.write_text(json.dumps(document))
    scene = open_only(tmp_path)
    assert what in scene.notes["objects_dropped_first"]
    assert scene.complete_categories == frozenset()


def test_incomplete_and_broken_folders(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_scan(tmp_path, truth)
    (folder / "labels.instances.annotated.v2.ply").unlink()
    assert all(o.mesh is None for o in open_only(tmp_path).objects)
    archive = folder / "sequence.zip"
    whole = archive.read_bytes()
    for length in (0, 100, len(whole) // 2, len(whole) - 5):
        archive.write_bytes(whole[:length])
        with pytest.raises(InputError):
            open_only(tmp_path)
    archive.unlink()
    assert open_only(tmp_path).frames == ()
    (folder / "semseg.v2.json").unlink()
    with pytest.raises(MissingInput, match="semseg"):
        open_only(tmp_path)
    (tmp_path / "3RScan.json").write_text("{}")
    with pytest.raises(InputError, match="wrong JSON"):
        threerscan.open_source(tmp_path, SourceOptions())
