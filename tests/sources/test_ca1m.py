"""CA-1M: the round trip, and one test per trap of its layout."""

from __future__ import annotations

import dataclasses
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
import round_trip
from layouts import ca1m as layout
from layouts.world import Camera, render, small_room
from test_colmap import in_our_axes

from sextant.errors import ConventionError, InputError, MissingInput
from sextant.geometry.transforms import invert, transform_points
from sextant.scenes import Scene
from sextant.sources import ca1m
from sextant.sources.source import SourceOptions


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, truth: Scene) -> Path:
    root = tmp_path_factory.mktemp("ca1m")
    layout.write_capture(root, truth)
    return root


def open_only(root: Path) -> Scene:
    source = ca1m.open_source(root, SourceOptions())
    (scene_id,) = source.scene_ids()
    return source.open(scene_id)


def check(scene: Scene, truth: Scene) -> None:
    """Frames and boxes agree, whatever frame the scanner had; objects are known by id alone."""
    real = in_our_axes(scene, truth)
    round_trip.check(scene, real, depth_m=None, boxes=None, ids=False, pictures=None)
    T = scene.frames[0].T_world_camera @ invert(truth.frames[0].T_world_camera)
    assert {o.id for o in scene.objects} == {o.id for o in truth.objects}
    for mine in scene.objects:
        theirs = truth.object_by_id[mine.id].box
        apart = np.linalg.norm(
            mine.box.corners[:, None] - transform_points(T, theirs.corners)[None], axis=-1
        )
        assert apart.min(axis=1).max() < 1e-4
        assert mine.category == "object"


def test_round_trip(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    check(scene, truth)
    with_boxes = ca1m.FACTS.supports | {"objects"}  # which have no class: nothing is asked of them
    round_trip.check_facts(scene, dataclasses.replace(ca1m.FACTS, supports=with_boxes))
    round_trip.check_frames_travel(scene)
    assert scene.id == layout.VIDEO
    assert scene.split == "val"
    assert [f.timestamp_s for f in scene.frames] == pytest.approx([0, 0.1, 0.2, 0.3])
    np.testing.assert_allclose(
        scene.frames[1].T_world_camera,
        layout.T_SCAN_WORLD @ truth.frames[1].T_world_camera,
        atol=1e-9,
    )


def test_the_lasers_depth_is_spread_over_the_picture(root: Path, truth: Scene) -> None:
    for seen, real in zip(open_only(root).frames, truth.frames, strict=True):
        small = layout.shrunk(real.camera, 2)
        stored = render(truth, small, real.T_world_camera).depth_m
        wanted = stored.repeat(2, 0).repeat(2, 1)
        np.testing.assert_allclose(seen.read_depth(), wanted, atol=6e-4)


def test_without_the_lasers_depth_the_devices_is_taken(tmp_path: Path, truth: Scene) -> None:
    layout.write_capture(tmp_path, truth, laser=False)
    frame = open_only(tmp_path).frames[0]
    assert frame.read_depth().shape == (72, 96)


def test_boxes_of_frames_are_in_the_cameras_frame(tmp_path: Path, truth: Scene) -> None:
    """Without world.gt they are the only ones; read as the scanner's they would be elsewhere."""
    layout.write_capture(tmp_path, truth, world=False)
    scene = open_only(tmp_path)
    check(scene, truth)
    assert "of the frames" in scene.notes["objects"]


def test_gravity_says_that_the_scanners_frame_is_not_level(tmp_path: Path, truth: Scene) -> None:
    layout.write_capture(tmp_path, truth, T_scan_world=layout.T_TILTED_WORLD)
    scene = open_only(tmp_path)
    assert scene.notes["up"].startswith("turned: (0.00, 1.00, 0.00)")
    check(scene, truth)


def test_gravity_that_contradicts_the_poses_is_refused(tmp_path: Path, truth: Scene) -> None:
    def scramble(members: dict[str, bytes]) -> None:
        for k, name in enumerate([n for n in members if n.endswith("T_gravity.json")]):
            if k % 2:
                flip = np.array(json.loads(members[name])) @ np.diag([1.0, -1.0, -1.0])
                members[name] = layout.text(flip.tolist())

    layout.write_capture(tmp_path, truth, change=scramble)
    with pytest.raises(ConventionError, match="gravity"):
        open_only(tmp_path)


def test_pictures_may_be_transposed(tmp_path: Path) -> None:
    tall = small_room(Camera(72, 96, 71.0, 70.0, 37.0, 47.5), frames=2)
    layout.write_capture(tmp_path, tall)
    scene = open_only(tmp_path)
    check(scene, tall)
    assert scene.frames[0].read_rgb().shape == (96, 72, 3)
    assert scene.frames[0].read_depth().shape == (96, 72)


def test_members_are_found_by_key_whatever_their_ending(tmp_path: Path, truth: Scene) -> None:
    def rename(members: dict[str, bytes]) -> None:
        for name in list(members):
            if name.endswith(("K.json", "size.json", "RT.json")):
                members[name.removesuffix(".json").replace("/K", "/k")] = members.pop(name)

    layout.write_capture(tmp_path, truth, change=rename)
    check(open_only(tmp_path), truth)


def test_sizes_are_read_from_the_pictures_if_they_are_not_stated(
    tmp_path: Path, truth: Scene
) -> None:
    layout.write_capture(tmp_path, truth, sizes=False)
    check(open_only(tmp_path), truth)


def test_walls_and_door_frames_are_left_out(root: Path) -> None:
    assert not [o for o in open_only(root).objects if o.category != "object"]
    assert open_only(root).complete_categories == frozenset()


def test_nothing_is_extracted_and_an_unpacked_capture_is_read_alike(
    tmp_path: Path, truth: Scene
) -> None:
    path = layout.write_capture(tmp_path, truth)
    open_only(tmp_path)
    assert list(tmp_path.iterdir()) == [path]
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    path.unlink()
    scene = open_only(tmp_path / "unpacked")
    check(scene, truth)
    assert "guessed" in scene.notes["split"]


@pytest.mark.parametrize("name", ["../evil.wide/image.png", "/etc/x.wide/image.png"])
def test_members_that_leave_the_archive_are_refused(
    tmp_path: Path, truth: Scene, name: str
) -> None:
    layout.write_capture(tmp_path, truth, change=lambda members: members.update({name: b"x"}))
    with pytest.raises(ConventionError, match="leaves"):
        open_only(tmp_path)


@pytest.mark.parametrize(
    ("key", "data", "what"),
    [
        ("gt/RT.json", b"[1, 2]", "no matrix"),
        ("gt/RT.json", b"{", "JSON"),
        ("gt/RT.json", b"\xff", "UTF-8"),
        ("gt/RT.json", layout.text(np.diag([2.0, 1, 1, 1]).tolist()), "not a rotation"),
        ("wide/image/K.json", layout.text(np.zeros((3, 3)).tolist()), "focal"),
        ("wide/T_gravity.json", layout.text(np.ones((3, 3)).tolist()), "not a rotation"),
        ("_wide/image/size.json", b'"1024"', "no size"),
    ],
)  # fmt: skip
def test_a_broken_frame_is_quarantined(tmp_path: Path, key: str, data: bytes, what: str) -> None:
    def poison(members: dict[str, bytes]) -> None:
        members[f"{layout.VIDEO}/{layout.START_NS}.{key}"] = data

    layout.write_capture(tmp_path, small_room(frames=6), change=poison)
    scene = open_only(tmp_path)
    assert len(scene.frames) == 5
    assert what in scene.notes["frames_dropped_first"]


@pytest.mark.parametrize(
    ("poison", "what"),
    [({"id": None}, "no id"), ({"R": [1]}, "no R"), ({"scale": [1, 1, -1]}, "not positive"),
     ({"position": "x"}, "no usable position")],
)  # fmt: skip
def test_a_broken_box_is_quarantined(tmp_path: Path, truth: Scene, poison: dict, what: str) -> None:
    def change(members: dict[str, bytes]) -> None:
        name = f"{layout.VIDEO}/world.gt/instances.json"
        records = json.loads(members[name])
        records[2] |= poison
        members[name] = layout.text(records)

    layout.write_capture(tmp_path, truth, change=change)
    assert what in open_only(tmp_path).notes["objects_dropped_first"]


def test_nothing_without_pictures(tmp_path: Path, truth: Scene) -> None:
    bare = dataclasses.replace(truth, frames=())
    path = layout.write_capture(tmp_path, bare)
    with pytest.raises(MissingInput, match=r"image\.png"):
        open_only(tmp_path)
    path.write_bytes(b"no tar")
    with pytest.raises(InputError):
        open_only(tmp_path)


def test_truncated_and_mutated_archives_end_in_our_errors(tmp_path: Path, truth: Scene) -> None:
    path = layout.write_capture(tmp_path, dataclasses.replace(truth, frames=truth.frames[:2]))
    data = path.read_bytes()
    rng = np.random.default_rng(9)
    for k in range(60):
        broken = bytearray(data[: int(rng.integers(1, len(data)))] if k % 2 else data)
        for at in rng.integers(0, len(broken), 20):
            broken[at] = rng.integers(0, 256)
        path.write_bytes(bytes(broken))
        try:
            for frame in open_only(tmp_path).frames:
                frame.read_rgb()
                frame.read_depth()
        except InputError:
            pass
