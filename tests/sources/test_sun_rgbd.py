"""SUN RGB-D: the round trip, and one test per trap of its layout."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import round_trip
from layouts import sun_rgbd as layout
from layouts.world import small_room
from PIL import Image

from sextant.errors import CorruptInput, InputError, MissingInput
from sextant.scenes import Scene
from sextant.sources import sun_rgbd
from sextant.sources.source import SourceOptions

pytest.importorskip("scipy", reason="writes the miniature's .mat files")


@pytest.fixture(scope="module")
def truths() -> list[Scene]:
    return layout.own_worlds(small_room())


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, truths: list[Scene]) -> Path:
    root = tmp_path_factory.mktemp("sun_rgbd")
    layout.write_pictures(root, truths)
    return root


@pytest.fixture
def own(root: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(root, tmp_path / "copy"))


def open_all(root: Path) -> list[Scene]:
    source = sun_rgbd.open_source(root, SourceOptions())
    return [source.open(i) for i in source.scene_ids()]


def test_round_trip(root: Path, truths: list[Scene]) -> None:
    scenes = open_all(root)
    assert [s.id for s in scenes] == ["000001", "000002", "000003"]
    for scene, truth in zip(scenes, truths, strict=True):
        round_trip.check(scene, truth, ids=False, pictures=3.0)
        assert len(scene.objects) == len(truth.objects)
        round_trip.check_facts(scene, sun_rgbd.FACTS)
        round_trip.check_frames_travel(scene)


def test_the_bits_of_depth_are_rotated(root: Path, truths: list[Scene]) -> None:
    path = next(root.glob("SUNRGBD/kv2/*/*/depth_bfx/*.png"))
    raw = np.asarray(Image.open(path)).astype(float) / 1000
    real = truths[0].frames[0].read_depth()
    assert np.nanmedian(np.abs(raw - real)) > 1.0
    assert np.nanmedian(np.abs(open_all(root)[0].frames[0].read_depth() - real)) < 1e-3


def test_depth_beyond_8_m_is_no_measurement(own: Path) -> None:
    path = next(own.glob("SUNRGBD/kv2/*/*/depth_bfx/*.png"))
    steps = np.full((72, 96), 2000, np.uint16)
    steps[:5], steps[5:9], steps[9] = 9000, 8000, 0
    from sextant.geometry.depth import rotate_bits

    Image.fromarray(rotate_bits(steps)).save(path)
    depth_m = open_all(own)[0].frames[0].read_depth()
    assert np.isnan(depth_m[:5]).all()
    assert (depth_m[5:9] == 8.0).all()
    assert np.isnan(depth_m[9]).all()


def test_the_camera_is_turned_upright(root: Path) -> None:
    for scene in open_all(root):
        T = scene.frames[0].T_world_camera
        np.testing.assert_allclose(T[:3, 3], 0.0)
        assert T[1, 2] > 0.5  # looks along +y
        assert abs(T[2, 0]) < 1e-6  # its x axis is level


def test_coeffs_are_half_lengths_and_may_be_negative(root: Path, truths: list[Scene]) -> None:
    for scene, truth in zip(open_all(root), truths, strict=True):
        for mine, theirs in round_trip.match_objects(scene, truth).values():
            np.testing.assert_allclose(np.sort(mine.box.size_m), np.sort(theirs.box.size_m))


def test_footprints_up_to_a_degree_off_square_are_squared_and_counted(
    tmp_path: Path, truths: list[Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = layout.boxes

    def skewed(scene: Scene) -> np.ndarray:
        found = real(scene)
        for k, sine in ((0, 0.015), (1, 0.02)):
            first, second, third = found[0, k]["basis"]
            found[0, k]["basis"] = np.stack(
                [np.sqrt(1 - sine**2) * first + sine * second, second, third]
            )
        return found

    monkeypatch.setattr(layout, "boxes", skewed)
    layout.write_pictures(tmp_path, truths[:1])
    scene = open_all(tmp_path)[0]
    assert scene.notes["boxes_squared"] == "1"
    assert scene.notes["objects_dropped"] == "1"
    mine = next(o for o in scene.objects if o.id.startswith("0_"))
    wanted = truths[0].objects[0]
    apart = np.linalg.norm(mine.box.corners[:, None] - wanted.box.corners[None], axis=-1)
    # Squaring leaves half of the skew as a turn.
    assert apart.min(axis=1).max() < 0.0076 * np.linalg.norm(wanted.box.size_m) / 2 + 1e-6


def test_the_official_split(root: Path, own: Path) -> None:
    assert [s.split for s in open_all(root)] == ["train", "test", "train"]
    shutil.rmtree(own / "SUNRGBDtoolbox")
    scene = open_all(own)[1]
    assert scene.split == "train"
    assert "guessed" in scene.notes["split"]


def test_names_have_spaces(root: Path) -> None:
    assert not any("_" in o.category for s in open_all(root) for o in s.objects)


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [
        ("basis", np.eye(3) + 0.1, "not a rotation"),
        ("coeffs", np.zeros((1, 3)), "not positive"),
        ("centroid", np.full((1, 3), np.nan), "NaN"),
        ("classname", np.eye(2), "not a text"),
    ],
)
def test_a_broken_box_is_quarantined(
    tmp_path: Path, truths: list[Scene], field: str, value: object, what: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    real = layout.boxes

    def spoilt(scene: Scene) -> np.ndarray:
        found = real(scene)
        found[0, 2][field] = value
        return found

    monkeypatch.setattr(layout, "boxes", spoilt)
    layout.write_pictures(tmp_path, truths[:1])
    scene = open_all(tmp_path)[0]
    assert scene.notes["objects_dropped"] == "1"
    assert what in scene.notes["objects_dropped_first"]


@pytest.mark.parametrize("path", ["/etc/passwd", "SUNRGBD/../../x", "/n/SUNRGBD/kv1/no.jpg"])
def test_paths_do_not_leave_the_folder(
    tmp_path: Path, truths: list[Scene], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout.write_pictures(tmp_path, truths[:1])
    source = sun_rgbd.open_source(tmp_path, SourceOptions())
    record = dict(source.records["000001"]) | {"rgbpath": path}
    monkeypatch.setattr(sun_rgbd, "_field", lambda r, name, where: record[name])
    with pytest.raises(InputError):
        source.open("000001")


def test_incomplete_folders_and_damaged_files(own: Path) -> None:
    path = own / sun_rgbd.META
    whole = path.read_bytes()
    for length in (0, 50, 128, len(whole) // 2):
        path.write_bytes(whole[:length])
        with pytest.raises(CorruptInput):
            sun_rgbd.open_source(own, SourceOptions())
    path.write_bytes(whole)
    shutil.rmtree(own / "SUNRGBD")
    with pytest.raises(MissingInput, match="pictures cannot be read"):
        sun_rgbd.open_source(own, SourceOptions())
