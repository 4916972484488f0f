"""Hypersim: the round trip, one test per trap of its layout, and the real sample."""

from __future__ import annotations

import builtins
import dataclasses
from pathlib import Path

import numpy as np
import pytest
import round_trip
from layouts import hypersim as layout
from layouts.world import small_room

from sextant.errors import (
    ConventionError,
    CorruptInput,
    InputError,
    MissingDependency,
    MissingInput,
)
from sextant.scenes import Scene
from sextant.sources import hypersim
from sextant.sources.hdf5 import read_array
from sextant.sources.source import SourceOptions
from sextant.sources.splits import official_split
from sextant.sources.vocabulary import canonical_name, nyu40_name

h5py = pytest.importorskip("h5py", reason="the extra 'hdf5' is not installed")


@pytest.fixture(scope="module")
def truth() -> Scene:
    """Hypersim knows NYU40's names only."""
    whole = small_room(layout.LENS)
    objects = tuple(
        dataclasses.replace(o, category=nyu40_name(layout.NYU40.get(o.category, 40)))
        for o in whole.objects
    )
    return dataclasses.replace(whole, objects=objects)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("hypersim")
    layout.write_scene(root, small_room(layout.LENS))
    return root


def open_only(root: Path) -> Scene:
    source = hypersim.open_source(root, SourceOptions())
    (scene_id,) = source.scene_ids()
    return source.open(scene_id)


def test_round_trip(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    round_trip.check(scene, truth, depth_m=1e-5, pictures=3.0)
    assert len(scene.objects) == len(truth.objects)
    round_trip.check_facts(scene, hypersim.FACTS)
    round_trip.check_frames_travel(scene)


def test_a_tilted_image_plane_is_a_turned_pinhole(root: Path) -> None:
    path = root / "metadata_camera_parameters.csv"
    lens = hypersim.layout.read_lens(path, "ai_007_005")
    np.testing.assert_allclose(lens.camera.K, layout.LENS.K, atol=1e-9)
    tilt = np.arccos(lens.R_opengl_camera[2, 2] * -1)
    assert tilt == pytest.approx(abs(layout.TILT_RAD))


def test_a_plane_tilted_about_both_axes_has_skew_which_is_straightened(
    tmp_path: Path, truth: Scene
) -> None:
    layout.write_scene(tmp_path, small_room(layout.LENS), shear=0.05)
    scene = open_only(tmp_path)
    round_trip.check(scene, truth, ids=False, same_raster=False, pictures=4.0)
    for seen, real in zip(scene.frames, truth.frames, strict=True):
        round_trip.assert_camera(seen, real)
        inner = np.s_[:, 4:-4]
        same = seen.read_instances()[inner] == real.read_instances()[inner]
        assert same.mean() > 0.99
        off = np.abs(seen.read_depth() - real.read_depth())[inner]
        assert np.nanmedian(off) < 1e-4
        crooked = layout.sheared(real.read_instances(), 0.05)[inner]
        assert (crooked == real.read_instances()[inner]).mean() < 0.99


def test_depth_is_along_the_ray(root: Path, truth: Scene) -> None:
    scene = open_only(root)
    path = root / "ai_007_005/images/scene_cam_00_geometry_hdf5/frame.0000.depth_meters.hdf5"
    distance = read_array(path)
    z = scene.frames[0].read_depth()
    assert np.nanmax(distance / z) > 1.15
    assert round_trip.reprojection_error(scene.frames[0], scene.frames[1]) < 0.05


def test_lengths_are_in_asset_units(root: Path, truth: Scene) -> None:
    stored = read_array(root / "ai_007_005/_detail/cam_00/camera_keyframe_positions.hdf5")
    np.testing.assert_allclose(stored[0] * 0.0254, truth.frames[0].center_world)
    assert np.linalg.norm(open_only(root).frames[0].center_world - stored[0]) > 1.0


def test_instances_without_label_have_boxes_of_infinities(root: Path) -> None:
    scene = open_only(root)
    assert scene.notes["objects_without_box"] == "1"
    assert "chair" not in (scene.complete_categories or ())


def test_the_floor_is_no_object(root: Path) -> None:
    assert "floor" not in {o.category for o in open_only(root).objects}


def test_nan_and_infinity_in_depth_are_invalid(tmp_path: Path) -> None:
    folder = layout.write_scene(tmp_path, small_room(layout.LENS))
    path = folder / "images/scene_cam_00_geometry_hdf5/frame.0001.depth_meters.hdf5"
    distance = read_array(path)
    distance[0, :3] = [np.nan, np.inf, 0.0]
    layout.save(path, distance.astype(np.float16))
    z = open_only(tmp_path).frames[1].read_depth()
    assert np.isnan(z[0, :3]).all()
    assert np.isfinite(z[0, 3])


def test_without_the_table_of_projections_nothing_is_guessed(tmp_path: Path) -> None:
    layout.write_scene(tmp_path, small_room(layout.LENS))
    (tmp_path / "metadata_camera_parameters.csv").unlink()
    with pytest.raises(MissingInput, match="metadata_camera_parameters"):
        open_only(tmp_path)


def test_the_official_split(root: Path) -> None:
    assert open_only(root).split == "train"
    assert official_split("hypersim", "ai_003_010") in ("val", "test")


def test_a_skewed_or_mirrored_projection_is_refused(tmp_path: Path) -> None:
    layout.write_scene(tmp_path, small_room(layout.LENS))
    path = tmp_path / "metadata_camera_parameters.csv"
    text = path.read_text()
    header, first, row = text.splitlines()
    columns = header.split(",")
    for column, change in (("M_cam_from_uv_01", 0.3), ("M_cam_from_uv_00", None)):
        values = row.split(",")
        at = columns.index(column)
        values[at] = str(-float(values[at]) if change is None else change)
        path.write_text("\n".join([header, first, ",".join(values)]))
        with pytest.raises(ConventionError, match="no pinhole"):
            open_only(tmp_path)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["orientations", "positions"])
def test_poses_beyond_reason_are_refused(tmp_path: Path, name: str) -> None:
    folder = layout.write_scene(tmp_path, small_room(layout.LENS))
    path = folder / f"_detail/cam_00/camera_keyframe_{name}.hdf5"
    for odd in (1e308, np.inf, np.nan):
        stored = read_array(path)
        stored.ravel()[:] = odd
        layout.save(path, stored)
        with pytest.raises(ConventionError, match="unusable"):
            open_only(tmp_path)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("odd", [b"\x01\x00\x00\x00\x00\x00\xf0\x7f", b"\xff" * 6 + b"\xef\x7f"])
def test_a_box_of_a_signalling_nan_or_the_largest_number_is_dropped(
    tmp_path: Path, odd: bytes
) -> None:
    folder = layout.write_scene(tmp_path, small_room(layout.LENS))
    name = "metadata_semantic_instance_bounding_box_object_aligned_2d_positions.hdf5"
    path = folder / "_detail/mesh" / name
    stored = read_array(path).astype(np.float64)
    labelled = np.flatnonzero(np.isfinite(stored).all(axis=1))[1]
    stored.view("<u8")[labelled] = np.frombuffer(odd, "<u8")[0]
    layout.save(path, stored)
    assert open_only(tmp_path).notes["objects_dropped"] == "1"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("9" * 200_000, "cannot be read|not invertible"),
        ("1e308", "not invertible"),
        ("inf", "not invertible"),
    ],
)
def test_a_broken_table_of_projections_is_named(tmp_path: Path, cell: str, what: str) -> None:
    layout.write_scene(tmp_path, small_room(layout.LENS))
    path = tmp_path / "metadata_camera_parameters.csv"
    header, *rows = path.read_text().splitlines()
    at = header.split(",").index("M_cam_from_uv_11")
    rows = [",".join([*r.split(",")[:at], cell, *r.split(",")[at + 1 :]]) for r in rows]
    path.write_text("\n".join([header, *rows]))
    with pytest.raises(InputError, match=what):
        open_only(tmp_path)


def test_a_missing_library_names_the_extra(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: object, **more: object) -> object:
        if name == "h5py":
            raise ImportError(name)
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDependency, match=r"sextant-si\[hdf5\]"):
        open_only(root)


def test_links_out_of_the_file_are_refused(tmp_path: Path) -> None:
    layout.save(tmp_path / "a.hdf5", np.zeros((2, 2)))
    with h5py.File(tmp_path / "b.hdf5", "w") as file:
        file["dataset"] = h5py.ExternalLink(str(tmp_path / "a.hdf5"), "dataset")
    with pytest.raises(MissingInput, match="of its own"):
        read_array(tmp_path / "b.hdf5")
    with h5py.File(tmp_path / "c.hdf5", "w") as file:
        file.create_dataset("dataset", (1 << 20, 1 << 20), "f4", chunks=(64, 64))
    with pytest.raises(CorruptInput, match="too large"):
        read_array(tmp_path / "c.hdf5")


def test_truncated_files_give_our_errors(tmp_path: Path) -> None:
    folder = layout.write_scene(tmp_path, small_room(layout.LENS))
    for name in (
        "_detail/cam_00/camera_keyframe_positions.hdf5",
        "_detail/mesh/mesh_objects_si.hdf5",
    ):
        whole = (folder / name).read_bytes()
        for length in (0, 7, 8, 100, len(whole) - 1):
            (folder / name).write_bytes(whole[:length])
            with pytest.raises(InputError):
                open_only(tmp_path)
        (folder / name).write_bytes(whole)


def test_the_real_sample(hypersim_root: Path) -> None:
    root = hypersim_root
    lens = hypersim.layout.read_lens(root / "metadata_camera_parameters_subset.csv", "ai_037_002")
    assert lens.metres_per_unit == pytest.approx(0.01)
    folder = root / "contrib/mikeroberts3000/jupyter/ai_037_002"
    frames, notes = hypersim.reader._frames(folder, hypersim.layout.find_frames(folder), lens, ())
    assert len(frames) == 1
    assert notes == {}
    z = frames[0].read_depth()
    assert z.shape == (768, 1024)
    assert 1.5 < np.nanmin(z) < np.nanmax(z) < 13.3
    # A room has level and upright surfaces: with ray distance taken for depth they would bend.
    assert level_share(frames[0], z) > 2 * level_share(frames[0], read_array(
        folder / "images/scene_cam_00_geometry_hdf5/frame.0000.depth_meters.hdf5"
    ).astype(np.float32))  # fmt: skip
    unlabelled = root / "evermotion_dataset/scenes/ai_015_002/_detail/mesh"
    base = hypersim.reader._BOXES
    assert np.isinf(read_array(unlabelled / base.format("extents"))).all()


def level_share(frame, z: np.ndarray) -> float:
    """Share of the densest centimetre of heights and of both level directions, together."""
    from sextant.geometry.projection import depth_to_points
    from sextant.geometry.transforms import transform_points

    points = transform_points(frame.T_world_camera, depth_to_points(frame.camera.K, z))
    heights = points[np.isfinite(points[..., 2]), 2]
    counts, _ = np.histogram(heights, np.arange(heights.min(), heights.max() + 0.01, 0.01))
    return float(np.sort(counts)[-3:].sum() / counts.sum())


def test_names_are_those_of_nyu40() -> None:
    assert canonical_name(nyu40_name(17), "nyu40") == "dresser"
