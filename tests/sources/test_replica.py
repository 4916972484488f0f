"""Replica: the round trip, and one test per trap of its layout."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import round_trip
from layouts import replica as layout
from layouts.world import small_room
from test_colmap import in_our_axes

from sextant.errors import ConventionError, InputError, MissingInput
from sextant.geometry.transforms import rigid
from sextant.scenes import Scene
from sextant.sources import replica
from sextant.sources.source import SourceOptions


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, truth: Scene) -> Path:
    root = tmp_path_factory.mktemp("replica")
    layout.write_space(root, truth)
    return root


def open_only(root: Path) -> Scene:
    source = replica.open_source(root, SourceOptions())
    (scene_id,) = source.scene_ids()
    return source.open(scene_id)


def info(root: Path) -> Path:
    return root / layout.SPACE / "habitat/info_semantic.json"


@pytest.mark.filterwarnings("error")
def test_numbers_beyond_reason_are_refused_and_take_no_memory(tmp_path: Path) -> None:
    layout.write_space(tmp_path, small_room())
    (info,) = tmp_path.rglob("info_semantic.json")
    (mesh,) = tmp_path.rglob("mesh_semantic.ply")
    head, mark, body = mesh.read_bytes().partition(b"end_header\n")
    # Of the last face: a table over all ids up to this one would take 16 GB.
    mesh.write_bytes(head + mark + body[:-4] + (2**31 - 1).to_bytes(4, "little"))
    assert replica.open_source(tmp_path, SourceOptions()).open("room_0").objects
    document = json.loads(info.read_text())
    document["gravity_dir"] = [0, 0, -1e300]
    info.write_text(json.dumps(document))
    with pytest.raises(ConventionError, match="no direction"):
        replica.open_source(tmp_path, SourceOptions()).open("room_0")


def test_round_trip(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    round_trip.check(scene, truth, depth_m=1e-4, ids=False, pictures=3.0)
    assert len(scene.objects) == len(truth.objects)
    round_trip.check_facts(scene, replica.FACTS)
    round_trip.check_frames_travel(scene)
    assert scene.room.floor_z_m == pytest.approx(truth.room.floor_z_m, abs=1e-6)
    assert scene.id == "room_0"


def test_faces_belong_to_their_object_and_the_rest_is_the_shell(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    for mine, theirs in round_trip.match_objects(scene, truth).values():
        assert len(mine.mesh.faces) == len(theirs.mesh.faces)
        np.testing.assert_allclose(
            mine.mesh.triangles_world.mean(axis=(0, 1)),
            theirs.mesh.triangles_world.mean(axis=(0, 1)),
            atol=1e-9,
        )
    assert len(scene.shell.faces) == len(truth.shell.faces)
    assert not {o.category for o in scene.objects} & {"wall", "floor", "undefined"}


def test_the_centre_is_the_abbs_moved_not_the_translation(copy: Path, truth: Scene) -> None:
    document = json.loads(info(copy).read_text())
    for record in document["objects"]:
        record["oriented_bbox"]["abb"]["center"] = [0, 0, 0]
    info(copy).write_text(json.dumps(document))
    with pytest.raises(AssertionError):
        round_trip.check(open_only(copy), truth, depth_m=None, ids=False, pictures=None)


def test_the_scalar_of_the_quaternion_comes_last(copy: Path, truth: Scene) -> None:
    document = json.loads(info(copy).read_text())
    for record in document["objects"]:
        turn = record["oriented_bbox"]["orientation"]
        turn["rotation"] = np.roll(turn["rotation"], 1).tolist()
    info(copy).write_text(json.dumps(document))
    with pytest.raises(AssertionError):
        round_trip.check(open_only(copy), truth, depth_m=None, ids=False, pictures=None)


def test_gravity_says_which_way_is_up(tmp_path: Path, truth: Scene) -> None:
    T_yup = rigid(np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]), [0.2, 0.1, 0.4])
    layout.write_space(tmp_path, truth, T_files_world=T_yup, gravity=[0, -1, 0])
    scene = open_only(tmp_path)
    assert scene.notes["up"].startswith("turned")
    real = in_our_axes(scene, truth)
    round_trip.check(scene, real, depth_m=1e-4, boxes=None, ids=False, pictures=None)


def test_intrinsics_count_whole_pixels(root: Path, truth: Scene) -> None:
    assert open_only(root).frames[0].camera.cx == truth.frames[0].camera.cx


def test_pictures_of_another_size_than_published_need_intrinsics(copy: Path) -> None:
    (copy / "cam_params.json").unlink()
    with pytest.raises(MissingInput, match="cam_params"):
        open_only(copy)


def test_pictures_of_another_space_are_refused(tmp_path: Path, truth: Scene) -> None:
    layout.write_space(tmp_path, truth, pictures=None)
    assert "traj" in open_only(tmp_path).notes["frames"]
    layout.write_pictures(tmp_path / "room0", truth, layout.T_ELSEWHERE)
    with pytest.raises(ConventionError, match="one world"):
        open_only(tmp_path)


def test_pictures_in_the_spaces_own_folder(tmp_path: Path, truth: Scene) -> None:
    layout.write_space(tmp_path, truth, pictures=layout.SPACE)
    assert len(open_only(tmp_path).frames) == 4


def test_an_incomplete_space_names_what_is_missing(copy: Path) -> None:
    info(copy).unlink()
    with pytest.raises(MissingInput, match=r"info_semantic\.json") as caught:
        open_only(copy)
    assert "scenes help replica" in str(caught.value)


def test_a_mesh_without_labels_is_named(copy: Path) -> None:
    path = copy / layout.SPACE / "habitat/mesh_semantic.ply"
    path.write_bytes(path.read_bytes().replace(b"object_id", b"objekt_id"))
    with pytest.raises(ConventionError, match="no object_id"):
        open_only(copy)


@pytest.mark.parametrize(
    ("poison", "what"),
    [({"id": None}, "no id"), ({"id": 0}, "stands twice"), ({"class_name": ""}, "no class_name"),
     ({"oriented_bbox": None}, "no JSON object"), ({"oriented_bbox": {"abb": {"center": [0, 0, 0],
      "sizes": [1, -1, 1]}, "orientation": {"rotation": [0, 0, 0, 1], "translation": [0, 0, 0]}}},
      "not positive"), ({"oriented_bbox": {"abb": {"center": [0, 0, 0], "sizes": [1, 1, 1]},
      "orientation": {"rotation": [0, 0, 0, 0], "translation": [0, 0, 0]}}}, "length 1")],
)  # fmt: skip
def test_a_broken_object_is_quarantined_and_nothing_counted(
    copy: Path, poison: dict, what: str
) -> None:
    document = json.loads(info(copy).read_text())
    document["objects"].append(document["objects"].pop(2) | poison)
    info(copy).write_text(json.dumps(document))
    scene = open_only(copy)
    assert what in scene.notes["objects_dropped_first"]
    assert scene.complete_categories == frozenset()


@pytest.mark.parametrize("line", ["1 2 3", "x " * 16, "nan " * 16])
def test_a_broken_pose_is_quarantined(tmp_path: Path, line: str) -> None:
    layout.write_space(tmp_path, small_room(frames=6))
    path = tmp_path / "room0/traj.txt"
    lines = path.read_text().splitlines()
    lines[3] = line
    path.write_text("\n".join(lines))
    scene = open_only(tmp_path)
    assert [f.id for f in scene.frames] == [f"{k:06d}" for k in (0, 1, 2, 4, 5)]
    path.write_text("\n".join(lines[:5]))
    with pytest.raises(InputError, match="unusable"):
        open_only(tmp_path)


def test_truncated_and_mutated_files_end_in_our_errors(copy: Path) -> None:
    rng = np.random.default_rng(8)
    habitat = copy / layout.SPACE / "habitat"
    for path in (habitat / "mesh_semantic.ply", habitat / "info_semantic.json",
                 copy / "room0/traj.txt", copy / "cam_params.json",
                 copy / "room0/results/depth000000.png"):  # fmt: skip
        data = path.read_bytes()
        for k in range(16):
            broken = bytearray(data[: int(rng.integers(1, len(data)))] if k % 2 else data)
            for at in rng.integers(0, min(len(broken), 600), 4):
                broken[at] = rng.integers(0, 256)
            path.write_bytes(bytes(broken))
            try:
                open_only(copy)
            except InputError:
                pass
        path.write_bytes(data)
