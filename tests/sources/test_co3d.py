"""CO3D: the round trip up to its own scale and world, and one test per trap of its layout."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import round_trip
from layouts import co3d as layout

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.geometry.rotations import rotation_from_euler
from sextant.geometry.transforms import invert, rigid
from sextant.scenes import Scene
from sextant.sources import co3d
from sextant.sources.source import SourceOptions

TURNED = rigid(rotation_from_euler([0.7, -1.1, 0.4], "zxy"), [0.3, -0.2, 1.0])


def open_only(root: Path) -> Scene:
    source = co3d.open_source(root, SourceOptions())
    (scene_id,) = source.scene_ids()
    return source.open(scene_id)


def check(scene: Scene, truth: Scene) -> None:
    """Relative poses agree up to the scale; depth agrees up to it; the unit is nobody's."""
    assert len(scene.frames) == len(truth.frames)
    for seen, real in zip(scene.frames, truth.frames, strict=True):
        round_trip.assert_camera(seen, real)
        mine = invert(scene.frames[0].T_world_camera) @ seen.T_world_camera
        theirs = invert(truth.frames[0].T_world_camera) @ real.T_world_camera
        np.testing.assert_allclose(mine[:3, :3], theirs[:3, :3], atol=1e-4)
        np.testing.assert_allclose(mine[:3, 3], theirs[:3, 3] * layout.SCALE, atol=1e-4)
        assert seen.read_depth is not None
        assert real.read_depth is not None
        got, wanted = seen.read_depth(), real.read_depth() * layout.SCALE
        assert np.isnan(got[:3]).all(), "what the mask leaves out"
        np.testing.assert_array_equal(np.isnan(got[3:]), np.isnan(wanted[3:]))
        np.testing.assert_allclose(got[3:], wanted[3:], rtol=1e-3)


@pytest.mark.parametrize("isotropic", [True, False])
def test_round_trip_in_both_ndc_formats(tmp_path: Path, truth: Scene, isotropic: bool) -> None:
    layout.write_sequence(tmp_path, truth, isotropic=isotropic, world=TURNED)
    scene = open_only(tmp_path)
    check(scene, truth)
    assert round_trip.reprojection_error(scene.frames[0], scene.frames[1]) < 0.05
    round_trip.check_facts(scene, co3d.FACTS)
    round_trip.check_frames_travel(scene)
    picture = scene.frames[0].read_rgb()
    assert np.abs(picture.astype(float) - truth.frames[0].read_rgb()).mean() < 5


def test_the_two_ndc_formats_are_not_the_same(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_sequence(tmp_path, truth)
    records = layout.read_annotations(folder)
    for record in records:
        del record["viewpoint"]["intrinsics_format"]
    layout.write_annotations(folder, records)
    read = open_only(tmp_path).frames[0].camera
    assert abs(read.fx - truth.frames[0].camera.fx) > 5


def test_the_scale_is_nobodys(tmp_path: Path, truth: Scene) -> None:
    layout.write_sequence(tmp_path, truth)
    scene = open_only(tmp_path)
    assert not scene.is_metric
    assert "own" in scene.notes["scale"]


def test_rows_not_columns_are_multiplied(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_sequence(tmp_path, truth)
    records = layout.read_annotations(folder)
    for record in records:
        record["viewpoint"]["R"] = np.transpose(record["viewpoint"]["R"]).tolist()
    layout.write_annotations(folder, records)
    with pytest.raises(AssertionError):
        check(open_only(tmp_path), truth)


def test_depth_is_float16_in_disguise(tmp_path: Path, truth: Scene) -> None:
    layout.write_sequence(tmp_path, truth)
    depth = open_only(tmp_path).frames[0].read_depth()
    assert 0.2 < np.nanmedian(depth) < 5.0


def test_up_is_as_the_cameras_were_held(tmp_path: Path, truth: Scene) -> None:
    layout.write_sequence(tmp_path, truth, world=TURNED)
    scene = open_only(tmp_path)
    ups = [-f.T_world_camera[:3, 1] for f in scene.frames]
    assert np.mean(ups, axis=0)[2] > 0.9
    assert "held" in scene.notes["up"]


@pytest.mark.parametrize(("fold", "split"), [("dev", "val"), ("test", "test"), (None, "train")])
def test_splits_are_those_of_the_few_view_task(
    tmp_path: Path, truth: Scene, fold: str | None, split: str
) -> None:
    layout.write_sequence(tmp_path, truth, fold=fold)
    assert open_only(tmp_path).split == split


def test_depth_of_another_size_is_brought_onto_the_picture(tmp_path: Path, truth: Scene) -> None:
    from PIL import Image

    folder = layout.write_sequence(tmp_path, truth)
    path = sorted(folder.glob("*/depths/*"))[0]
    mask = sorted(folder.glob("*/depth_masks/*"))[0]
    for file in (path, mask):
        image = Image.open(file)
        image.load()
        image.resize((48, 36), Image.Resampling.NEAREST).save(file)
    depth = open_only(tmp_path).frames[0].read_depth()
    assert depth.shape == (72, 96)
    wanted = truth.frames[0].read_depth() * layout.SCALE
    assert np.nanmedian(np.abs(depth - wanted) / wanted) < 0.03


def test_frames_without_a_camera_are_counted(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_sequence(tmp_path, truth)
    records = layout.read_annotations(folder)
    records[1]["viewpoint"] = None
    layout.write_annotations(folder, records)
    scene = open_only(tmp_path)
    assert len(scene.frames) == len(truth.frames) - 1
    assert scene.notes["frames_without_pose"] == "1"


def test_pictures_that_are_not_there_are_named(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_sequence(tmp_path, truth)
    for path in folder.glob("*/images/*"):
        path.unlink()
    with pytest.raises(MissingInput, match="incomplete"):
        open_only(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"viewpoint": {"R": 3}}, {"image": {"path": "../x", "size": [72, 96]}}, {"image": None},
        {"image": {"path": [[]], "size": [72, 96]}}, {"image": {"path": "x", "size": [1e9, 1e9]}},
        {"frame_number": "x"}, {"depth": {"path": "a", "scale_adjustment": -1}},
    ],
)  # fmt: skip
def test_broken_records_are_refused(tmp_path: Path, truth: Scene, change: dict[str, Any]) -> None:
    folder = layout.write_sequence(tmp_path, truth)
    records = layout.read_annotations(folder)
    layout.write_annotations(folder, [r | change for r in records])
    with pytest.raises(InputError):
        open_only(tmp_path)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scale", [1e38, 1e300])
def test_depth_beyond_float32_is_no_depth(tmp_path: Path, truth: Scene, scale: float) -> None:
    folder = layout.write_sequence(tmp_path, truth)
    records = layout.read_annotations(folder)
    for record in records:
        record["depth"]["scale_adjustment"] = scale
    layout.write_annotations(folder, records)
    depth = open_only(tmp_path).frames[0].read_depth()
    assert np.all(np.isnan(depth) | np.isfinite(depth))


def test_damaged_annotations_are_corrupt(tmp_path: Path, truth: Scene) -> None:
    folder = layout.write_sequence(tmp_path, truth)
    path = folder / "frame_annotations.jgz"
    data = path.read_bytes()
    for broken in (data[: len(data) // 2], data[:5], b"", b"[]", gzip.compress(b"{}")):
        path.write_bytes(broken)
        with pytest.raises((CorruptInput, ConventionError)):
            open_only(tmp_path)
