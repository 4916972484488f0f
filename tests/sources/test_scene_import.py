"""`sextant scenes import`: goes on, shards, and sets aside what cannot be read."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import numpy as np
import pytest
import round_trip
from layouts import arkitscenes as layout
from layouts.world import small_room

from sextant.commands import scene_import
from sextant.errors import OutputError, RecipeError
from sextant.sources import posed_rgbd
from sextant.sources.source import SourceOptions

VIDEOS = ("40000001", "40000002", "40000003")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for video in VIDEOS:
        layout.write_scan(tmp_path / "in", small_room(frames=6), video)
    return tmp_path / "in"


def imported(out: Path) -> tuple[str, ...]:
    return posed_rgbd.open_source(out, SourceOptions()).scene_ids()


def test_shards_together_write_everything_and_a_rerun_nothing(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for shard in ("0/2", "1/2"):
        assert scene_import.run("arkitscenes", root, out, None, 0, shard=shard, every=2, quiet=True)
    assert imported(out) == VIDEOS
    scene = posed_rgbd.open_source(out, SourceOptions()).open(VIDEOS[0])
    assert scene.source == "arkitscenes"
    for seen, real in zip(scene.frames, small_room(frames=6).frames[::2], strict=True):
        round_trip.assert_pose(seen, real)
        round_trip.assert_depth(seen, real, 1.1e-3)
    stamps = {p: p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file()}
    assert scene_import.run("arkitscenes", root, out, None, 0, every=2, quiet=True)
    assert stamps == {p: p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file()}


def test_scenes_imported_in_another_way_are_not_taken_for_done(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert scene_import.run("arkitscenes", root, out, 1, 0, every=2, quiet=True)
    for other in ({"every": 3}, {"every": 2, "jpeg": 90}, {"every": 3, "dry_run": True}):
        with pytest.raises(
            OutputError, match=r"imported in another way(.|\n)*--every 2, no --jpeg"
        ):
            scene_import.run("arkitscenes", root, out, None, 0, quiet=True, **other)
    assert imported(out) == VIDEOS[:1]
    assert scene_import.run("arkitscenes", root, out, None, 0, every=2, quiet=True)
    assert imported(out) == VIDEOS


def test_a_scene_of_another_source_is_not_taken_for_done(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert scene_import.run("arkitscenes", root, out, 1, 0, quiet=True)
    path = out / VIDEOS[0] / "scene.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"source": "scannet"}))
    with pytest.raises(OutputError, match=r"another source(.|\n)*scannet"):
        scene_import.run("arkitscenes", root, out, None, 0, quiet=True)
    path.write_text(json.dumps(record | {"source": "a plugin's own name"}))
    assert scene_import.run("arkitscenes", root, out, None, 0, quiet=True)


def test_scenes_and_frames_that_cannot_be_read_are_set_aside(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first, second = (sorted(root.glob(f"3dod/*/{v}/*/lowres_depth/*")) for v in VIDEOS[:2])
    first[2].write_bytes(b"no picture")
    for path in second[:4]:
        path.write_bytes(b"no picture")
    assert not scene_import.run("arkitscenes", root, out, None, 0, quiet=True)
    assert imported(out) == (VIDEOS[0], VIDEOS[2])
    scene = posed_rgbd.open_source(out, SourceOptions()).open(VIDEOS[0])
    assert len(scene.frames) == 5
    assert scene.notes["frames_unreadable"] == "1"
    assert first[2].name in scene.notes["frames_unreadable_first"]
    reasons = json.loads((out / "quarantine.json").read_text())
    assert list(reasons) == [VIDEOS[1]]
    assert "4 of 6 frames cannot be read" in reasons[VIDEOS[1]]


def test_a_full_disk_ends_in_our_error_and_leaves_no_half_scene(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files are written beside the reading; what fails there must be heard of."""
    write_bytes = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name.startswith("000003.depth"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write_bytes(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="cannot be written"):
        scene_import.run("arkitscenes", root, tmp_path / "out", 1, 0, quiet=True)
    assert [p.name for p in (tmp_path / "out").iterdir()] == [scene_import.SETTINGS]


def test_pictures_may_be_jpeg(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert scene_import.run("arkitscenes", root, out, 1, 0, jpeg=95, quiet=True)
    scene = posed_rgbd.open_source(out, SourceOptions()).open(VIDEOS[0])
    real = small_room(frames=6).frames[0].read_rgb()
    assert np.abs(scene.frames[0].read_rgb().astype(float) - real).mean() < 4
    assert len(list(out.rglob("*.jpg"))) == 6


@pytest.mark.parametrize("shard", ["2/2", "x", "1", "-1/2", "0/0"])
def test_odd_shards_are_refused(root: Path, tmp_path: Path, shard: str) -> None:
    with pytest.raises(RecipeError, match="shard"):
        scene_import.run("arkitscenes", root, tmp_path / "out", None, 0, shard=shard)
