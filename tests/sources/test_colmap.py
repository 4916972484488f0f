"""COLMAP models: the round trip, and one test per trap of its layout."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import round_trip
from layouts import colmap as layout
from layouts.world import render, small_room

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.geometry.transforms import invert
from sextant.scenes import Scene
from sextant.sources import colmap
from sextant.sources.colmap.model import read_images
from sextant.sources.source import SourceOptions


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, truth: Scene) -> Path:
    root = tmp_path_factory.mktemp("colmap")
    layout.write_capture(root, truth)
    return root


def open_only(root: Path) -> Scene:
    source = colmap.open_source(root, SourceOptions())
    (scene_id,) = source.scene_ids()
    return source.open(scene_id)


def in_our_axes(scene: Scene, truth: Scene) -> Scene:
    """The truth with the frames that the model's free origin and heading leave open."""
    T = scene.frames[0].T_world_camera @ invert(truth.frames[0].T_world_camera)
    assert T[2, 2] == pytest.approx(1, abs=1e-6), "up must come back"
    moved = [dataclasses.replace(f, T_world_camera=T @ f.T_world_camera) for f in truth.frames]
    return dataclasses.replace(truth, frames=tuple(moved))


def picture_error(scene: Scene, truth: Scene, k: int = 0) -> float:
    """How far a picture is from the one that its own pinhole sees."""
    frame, real = scene.frames[k], truth.frames[k]
    depth = render(truth, frame.camera, real.T_world_camera).depth_m
    known = dataclasses.replace(frame, T_world_camera=real.T_world_camera, read_depth=lambda: depth)
    black = frame.read_rgb().max(axis=2) == 0
    depth[black] = np.nan
    assert black.mean() < 0.6
    return round_trip.picture_error(known)


@pytest.mark.parametrize("binary", [True, False])
def test_round_trip(tmp_path: Path, truth: Scene, binary: bool) -> None:
    layout.write_capture(tmp_path, truth, binary=binary)
    scene = open_only(tmp_path)
    real = in_our_axes(scene, truth)
    round_trip.check(scene, real, depth_m=None, boxes=None, ids=False, pictures=None)
    for k in range(len(truth.frames)):
        assert picture_error(scene, truth, k) < 2.5
    round_trip.check_facts(scene, colmap.FACTS)
    round_trip.check_frames_travel(scene)
    assert [f.id for f in scene.frames] == [f"cam0/picture {k:03d}" for k in range(4)]
    assert [f.timestamp_s for f in scene.frames] == [0, 0.5, 1, 1.5]


def test_depth_is_known_at_the_points_found_in_a_picture(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    for seen, real in zip(scene.frames, truth.frames, strict=True):
        got = seen.read_depth()
        there = np.isfinite(got)
        assert 20 <= there.sum() <= 300
        off = np.abs(got[there] - real.read_depth()[there])
        assert np.median(off) < 0.01  # of other pictures' points, none is in a pixel's middle
        assert off.max() < 0.1


def test_poses_are_world_to_camera(root: Path, truth: Scene) -> None:
    images, _ = read_images(root / "kitchen/sparse/0")
    for image, frame in zip(images, truth.frames, strict=True):
        wanted = (invert(layout.T_WORLD_MODEL) @ frame.T_world_camera)[:3, 3] / layout.SCALE_M
        np.testing.assert_allclose(image.T_world_camera[:3, 3], wanted, atol=1e-6)
        stored = invert(image.T_world_camera)[:3, 3]
        assert np.linalg.norm(stored - wanted) > 0.5


def test_without_a_word_it_is_not_metric_and_up_is_the_cameras(
    tmp_path: Path, truth: Scene
) -> None:
    layout.write_capture(tmp_path, truth, sidecar=False)
    scene = open_only(tmp_path)
    assert not scene.is_metric
    assert "guessed" in scene.notes["up"]
    assert "scale" in scene.notes
    ups = np.mean([-f.T_world_camera[:3, 1] for f in scene.frames], axis=0)
    assert ups[2] / np.linalg.norm(ups) == pytest.approx(1)
    assert all(f.timestamp_s is None for f in scene.frames)


@pytest.mark.parametrize("model", sorted(layout.PARAMS))
def test_every_lens_is_made_a_pinhole(tmp_path: Path, truth: Scene, model: str) -> None:
    one = dataclasses.replace(truth, frames=truth.frames[1:2])
    layout.write_capture(tmp_path, one, model=model)
    scene = open_only(tmp_path)
    assert picture_error(scene, one) < 2.5
    if "PINHOLE" not in model:
        stored = np.array(
            layout.Image.open(next((tmp_path / "kitchen/images").rglob("*.png"))).convert("RGB")
        )
        bent = dataclasses.replace(scene.frames[0], read_rgb=lambda: stored)
        left = dataclasses.replace(scene, frames=(bent,))
        assert picture_error(left, one) > 2 * picture_error(scene, one)


def test_an_empty_second_line_belongs_to_its_image(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_capture(tmp_path, truth, binary=False)
    path = folder / "sparse/0/images.txt"
    lines = path.read_text().splitlines()
    lines[2::2] = [""] * len(lines[2::2])
    path.write_text("\n".join(lines) + "\n")
    scene = open_only(tmp_path)
    assert len(scene.frames) == 4
    assert all(f.read_depth is None for f in scene.frames)


def test_the_largest_of_several_parts_is_read(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_capture(tmp_path, truth)
    few = dataclasses.replace(truth, frames=truth.frames[:1])
    part = layout.write_capture(tmp_path / "x", few) / "sparse/0"
    (folder / "sparse/0").rename(folder / "sparse/1")
    part.rename(folder / "sparse/0")
    (tmp_path / "x").rename(tmp_path.parent / f"{tmp_path.name}-x")
    assert len(open_only(tmp_path).frames) == 4


def test_masked_parts_are_black_and_have_no_depth(tmp_path: Path, truth: Scene) -> None:
    layout.write_capture(tmp_path, truth, masks=True)
    frame = open_only(tmp_path).frames[0]
    assert not frame.read_rgb()[:24].any()
    assert frame.read_rgb()[24:].any(axis=2).all()
    assert np.isnan(frame.read_depth()[:24]).all()


def test_pictures_that_are_missing(tmp_path: Path) -> None:
    folder = layout.write_capture(tmp_path, small_room(frames=6))
    pictures = sorted((folder / "images/cam0").iterdir())
    pictures[0].unlink()
    scene = open_only(tmp_path)
    assert len(scene.frames) == 5
    assert scene.notes["frames_dropped"] == "1"
    for path in pictures[1:]:
        path.unlink()
    with pytest.raises(MissingInput, match="picture 000") as caught:
        open_only(tmp_path)
    assert "scenes help colmap" in str(caught.value)


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd", "a\\b.png"])
def test_a_name_that_leaves_the_folder_is_not_read(tmp_path: Path, truth: Scene, name: str) -> None:
    folder = layout.write_capture(tmp_path, truth, binary=False)
    path = folder / "sparse/0/images.txt"
    path.write_text(path.read_text().replace("cam0/picture 000.png", name))
    with pytest.raises(InputError, match="leaves"):
        open_only(tmp_path)


@pytest.mark.parametrize(
    ("file", "old", "new", "what"),
    [
        ("cameras.txt", "PINHOLE", "EQUIRECTANGULAR", "unknown camera model"),
        ("cameras.txt", "PINHOLE", "OPENCV", "wrong number of camera parameters"),
        ("cameras.txt", " 70.0 ", " nan ", "focal"),
        ("cameras.txt", " 70.0 ", " x ", "cannot be read"),
        ("cameras.txt", " 96 72 ", " 0 72 ", "unusable size"),
        ("cameras.txt", " 96 72 ", " 20000 20000 ", "too many pixels"),
        ("cameras.txt", " 70.0 ", " 1e300 ", "focal"),
        ("images.txt", " 7 cam0", " 8 cam0", "unknown camera"),
        ("images.txt", " 7 cam0", " y cam0", "cannot be read"),
    ],
)
def test_a_broken_table_is_named(
    tmp_path: Path, truth: Scene, file: str, old: str, new: str, what: str
) -> None:
    folder = layout.write_capture(tmp_path, truth, binary=False)
    path = folder / "sparse/0" / file
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InputError, match=what):
        open_only(tmp_path)


@pytest.mark.parametrize("number", ["-1", "-99999999999999999999", "9223372036854775808"])
@pytest.mark.parametrize("file", ["cameras.txt", "images.txt", "points3D.txt"])
def test_a_number_out_of_range_is_named(
    tmp_path: Path, truth: Scene, file: str, number: str
) -> None:
    folder = layout.write_capture(tmp_path, truth, binary=False)
    path = folder / "sparse/0" / file
    lines = path.read_text().splitlines()
    k = next(k for k, line in enumerate(lines) if not line.startswith("#"))
    lines[k] = f"{number} {lines[k].split(' ', 1)[1]}"
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(CorruptInput, match="out of range"):
        open_only(tmp_path)


def test_a_broken_quaternion_is_quarantined(tmp_path: Path) -> None:
    folder = layout.write_capture(tmp_path, small_room(frames=6), binary=False)
    path = folder / "sparse/0/images.txt"
    lines = path.read_text().splitlines()
    words = lines[1].split(" ")
    words[1] = "0.9999999"
    words[2] = "0.9999999"
    lines[1] = " ".join(words)
    path.write_text("\n".join(lines) + "\n")
    scene = open_only(tmp_path)
    assert len(scene.frames) == 5
    assert "quaternion" in scene.notes["images_dropped_first"]


@pytest.mark.parametrize("file", ["cameras.bin", "images.bin", "points3D.bin"])
def test_truncated_and_mutated_tables_end_in_our_errors(
    tmp_path: Path, truth: Scene, file: str
) -> None:
    folder = layout.write_capture(tmp_path, truth)
    path = folder / "sparse/0" / file
    data = path.read_bytes()
    for cut in range(0, len(data) - 1, max(1, len(data) // 20)):
        path.write_bytes(data[:cut])
        with pytest.raises(InputError):
            open_only(tmp_path)
    rng = np.random.default_rng(5)
    for _ in range(60):
        broken = bytearray(data)
        for at in rng.integers(0, len(data), 4):
            broken[at] = rng.integers(0, 256)
        path.write_bytes(bytes(broken))
        try:
            open_only(tmp_path)
        except InputError:
            pass


@pytest.mark.filterwarnings("error")
def test_a_scale_beyond_reason_is_refused(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_capture(tmp_path, truth)
    (folder / "sextant.json").write_text('{"scale_m": 1e308}')
    with pytest.raises(ConventionError, match="unusable"):
        open_only(tmp_path)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "document",
    [{"scale": 1}, {"scale_m": 0}, {"scale_m": "1"}, {"up": [0, 0, 0]}, {"up": "north"},
     {"up": [1e300, 0, 1]},
     {"split": "all"}, {"licence": ""}, {"frames_per_second": -1}, []],
)  # fmt: skip
def test_a_sidecar_is_held_to_the_letter(tmp_path: Path, truth: Scene, document: object) -> None:
    folder = layout.write_capture(tmp_path, truth)
    (folder / "sextant.json").write_text(json.dumps(document))
    with pytest.raises((ConventionError, CorruptInput), match=r"sextant\.json"):
        open_only(tmp_path)
