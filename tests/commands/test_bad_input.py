"""Broken captures: each is named clearly, gives exit code 1, and leaves nothing behind.

A small capture in the documented layout is written once, then damaged in one place per test.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from command_line import sextant
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.transforms import look_at
from sextant.scenes import Camera, Frame, Scene, SceneObject
from sextant.sources.posed_rgbd import write_scene

WIDTH, HEIGHT = 64, 48
CAMERA = Camera(WIDTH, HEIGHT, 60.0, 60.0, WIDTH / 2, HEIGHT / 2)


def painted(index: int) -> Frame:
    """A frame whose left half shows the box and whose right half the vase, both 2 m ahead."""
    ids = np.zeros((HEIGHT, WIDTH), dtype=np.int32)
    ids[10:40, 4:28], ids[10:40, 36:60] = 1, 2
    return Frame(
        f"frame_{index}",
        CAMERA,
        look_at([0.0, 0.1 * index, 1.0], [3.0, 0.1 * index, 1.0]),
        timestamp_s=float(index),
        read_rgb=lambda: np.full((HEIGHT, WIDTH, 3), 90 + index, dtype=np.uint8),
        read_depth=lambda: np.full((HEIGHT, WIDTH), 2.0, dtype=np.float32),
        read_instances=lambda: ids,
    )


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    objects = [
        SceneObject(f"{name}_0", name, OrientedBox(np.array([2.2, y, 1.0]), np.full(3, 0.6),
                                                   np.eye(3)), instance_value=value)
        for name, y, value in (("box", 0.6, 1), ("vase", -0.6, 2))
    ]  # fmt: skip
    scene = Scene("capture", "test", "train", "CC0", tuple(objects),
                  tuple(painted(k) for k in range(3)))  # fmt: skip
    return write_scene(scene, tmp_path_factory.mktemp("sound") / "capture")


@pytest.fixture
def capture(sound, tmp_path) -> Path:
    shutil.copytree(sound, tmp_path / "in" / "capture")
    return tmp_path / "in" / "capture"


def run(capture: Path, *more: str) -> tuple[int, str, Path]:
    out = capture.parent.parent / "corpus"
    done = sextant(
        "generate", "--source", "posed_rgbd", "--quiet", "--root", capture, "--out", out,
        "--tasks", "mm.object_distance,mm.point_depth", *more,
    )  # fmt: skip
    return done.returncode, done.stderr, out


def frames(capture: Path, change) -> None:
    path = capture / "frames.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows:
        change(row)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def document(capture: Path, name: str, change) -> None:
    path = capture / name
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def truncate_picture(capture):
    picture = sorted(capture.rglob("*.png"))[0]
    for picture in capture.rglob("*.png"):
        picture.write_bytes(picture.read_bytes()[:60])


def nan_pose(capture):
    frames(capture, lambda row: row["T_world_camera"][0].__setitem__(3, float("nan")))


def mirrored_pose(capture):
    def mirror(row):
        for line in row["T_world_camera"][:3]:
            line[0] = -line[0]

    frames(capture, mirror)


def zero_focal(capture):
    # Wherever the writer put the intrinsics.
    def zero(record):
        if record.get("intrinsics"):
            record["intrinsics"]["fx"] = 0.0

    document(capture, "scene.json", zero)
    frames(capture, zero)


def depth_in_metres_read_as_millimetres(capture):
    document(capture, "scene.json", lambda s: s.update(depth_unit_m=1.0))


def empty(capture):
    (capture / "frames.jsonl").write_text("")
    (capture / "objects.json").write_text("[]")


def same_id_twice(capture):
    document(capture, "objects.json", lambda o: o[1].update(id=o[0]["id"]))


def negative_size(capture):
    document(capture, "objects.json", lambda o: o[0]["size_m"].__setitem__(0, -0.6))


def unknown_key(capture):
    document(capture, "scene.json", lambda s: s.update(world_upp="z"))


def missing_picture(capture):
    for picture in capture.rglob("*.png"):
        picture.unlink()


def path_outside(capture):
    frames(capture, lambda row: row.update(image="../../secret.png"))


def no_picture_at_all(capture):
    for picture in capture.rglob("*.png"):
        picture.write_text("<svg onload='alert(1)'/>")


def wrong_picture_size(capture):
    for picture in capture.rglob("*.png"):
        Image.new("I;16" if "depth" in picture.name else "RGB", (10, 10)).save(picture)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (truncate_picture, ".png"),
        (nan_pose, "NaN"),
        (mirrored_pose, "not a rotation"),
        (zero_focal, "focal length"),
        (depth_in_metres_read_as_millimetres, "unit"),
        (empty, "empty"),
        (same_id_twice, "duplicate"),
        (negative_size, "positive"),
        (unknown_key, "did you mean 'world_up'"),
        (missing_picture, ".png"),
        (path_outside, "../../secret.png"),
        (no_picture_at_all, ".png"),
        (wrong_picture_size, "10"),
    ],
)
def test_damage_is_named_and_nothing_is_left(capture, damage, says):
    damage(capture)
    code, errors, out = run(capture)
    assert code == 1, errors
    assert says.lower() in errors.lower()
    assert "capture" in errors
    assert "Traceback" not in errors
    assert not out.exists()
    assert [p.name for p in out.parent.iterdir()] == ["in"]


def test_the_sound_capture_gives_questions(capture):
    code, errors, out = run(capture)
    assert code == 0, errors
    assert (out / "manifest.json").is_file()


def test_missing_folder(tmp_path):
    code, errors, out = run(tmp_path / "in" / "nowhere")
    assert code == 1
    assert "nowhere" in errors
    assert not out.exists()


def test_taken_output_folder_is_left_alone(capture):
    out = capture.parent.parent / "corpus"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    code, errors, _ = run(capture)
    assert code == 1
    assert "holds something" in errors
    assert [p.name for p in out.iterdir()] == ["thesis.txt"]
