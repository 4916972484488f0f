"""Boxes of the real samples that come without the rest of their dataset."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from conftest import data_folder
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.projection import inside_image, project
from sextant.geometry.rotations import rotation_from_euler
from sextant.geometry.transforms import invert, transform_points
from sextant.scenes import SceneObject
from sextant.scenes.checks import project_pose
from sextant.sources import sun_rgbd
from sextant.sources.boxes import box_of_nine
from sextant.sources.matlab import read_mat

Array = NDArray[np.float64]


def sun_boxes(name: str) -> tuple[Array, Array]:
    """(n,) picture numbers and (n, 10) rows: four footprint corners in turn, zmin, zmax."""
    folder = data_folder("sunrgbd_gt_boxes")
    numbers = np.array((folder / f"{name}_gt_imgids.txt").read_text().split(), dtype=int)
    return numbers, np.loadtxt(folder / f"{name}_gt_boxes.dat").reshape(-1, 10)


def as_read(rows: Array, name: str, folder: Path) -> tuple[dict[int, SceneObject], dict[str, str]]:
    """What the reader makes of such boxes, written into the toolbox's own fields."""
    savemat = pytest.importorskip("scipy.io", reason="writes .mat files").savemat
    records = np.zeros((1, len(rows)), [(f, object) for f in ("basis", "coeffs", "centroid",
                                                              "classname")])  # fmt: skip
    for record, row in zip(records[0], rows, strict=True):
        corners = row[:8].reshape(4, 2)
        edges = corners[[1, 3]] - corners[0]
        lengths = np.linalg.norm(edges, axis=1)
        record["basis"] = np.eye(3)
        record["basis"][:2, :2] = edges / lengths[:, None]
        record["coeffs"] = np.array([[*lengths, row[9] - row[8]]]) / 2
        record["centroid"] = np.array([[*corners.mean(axis=0), row[8:].mean()]])
        record["classname"] = name
    path = folder / f"{name}.mat"
    savemat(path, {"boxes": {"groundtruth3DBB": records}})
    objects, notes = sun_rgbd._objects(read_mat(path, "boxes")["boxes"][0], str(path))
    return {int(o.id.partition("_")[0]): o for o in objects}, notes


@pytest.mark.parametrize(("name", "count"), [("bed", 545), ("night_stand", 258), ("desk", 2169)])
def test_real_boxes_of_sun_rgbd_keep_their_corners(name: str, count: int, tmp_path: Path) -> None:
    """Half of them are not quite square, and the corners go round in either direction."""
    _, rows = sun_boxes(name)
    assert len(rows) == count
    objects, notes = as_read(rows, name, tmp_path)
    assert int(notes["objects_dropped"]) == count - len(objects) < 0.025 * count
    assert int(notes["boxes_squared"]) > 0.3 * count
    worst = []
    for k, o in objects.items():
        corners = rows[k, :8].reshape(4, 2)
        feet = o.box.corners[np.argsort(o.box.corners[:, 2])][:4]
        assert feet[:, 2] == pytest.approx(rows[k, 8], abs=1e-4)
        apart = np.linalg.norm(feet[:, None, :2] - corners[None], axis=-1)
        worst.append(apart.min(axis=0).max() / np.ptp(corners, axis=0).max())
    assert np.median(worst) < 0.002
    assert max(worst) < 0.0095


def test_the_bed_of_a_real_picture_is_where_its_box_says(tmp_path: Path) -> None:
    """Two wrong readings of the same numbers hold a few of the points only."""
    cloud = np.fromfile(data_folder("mmdet3d_demo") / "000017.bin", "<f4").reshape(-1, 6)
    points = cloud[:, :3].astype(float)
    numbers, rows = sun_boxes("bed")
    objects, _ = as_read(rows[numbers == 17], "bed", tmp_path)
    box = objects[0].box
    assert box.contains(points, 0.02).sum() > 15_000
    assert box.contains(points * [1, 1, -1], 0.02).sum() < 2_000, "z down"
    halved = OrientedBox(box.center, box.size_m / 2, box.R_world_box)
    assert halved.contains(points, 0.02).sum() < 6_000, "full lengths taken for half"
    # It stands on the floor, which is the densest layer of the points.
    counts, edges = np.histogram(points[:, 2], np.arange(-1.5, 1.5, 0.02))
    assert box.minimum[2] == pytest.approx(edges[counts.argmax()], abs=0.06)


def test_real_boxes_of_robospatial_are_before_the_camera() -> None:
    record = json.loads((data_folder("robospatial_example") / "example_input.json").read_text())
    camera = record["camera_annotations"]
    T, _ = project_pose(np.array(camera["extrinsic"]), where="extrinsic")
    K, (width, height) = np.array(camera["intrinsic"])[:3, :3], record["image_size"]
    boxes = [box_of_nine(o["bbox_3d"][0], o["Name"])[0] for o in record["objects"]]
    assert len(boxes) == 8
    centers = np.stack([b.center for b in boxes])
    uv, z = project(K, transform_points(invert(T), centers))
    assert inside_image(uv, width, height).all()
    assert 0.84 < z.min() < z.max() < 1.1
    assert max(b.tilt_rad for b in boxes) < 1e-9, "yawed only"
    _, wrong = project(K, transform_points(T, centers))
    assert wrong.min() < 0, "world-to-camera taken for camera-to-world"


def test_the_angles_of_tilted_boxes_leave_more_of_them_upright_than_the_other_order() -> None:
    """Things stand on one of their faces; read with the angles reversed fewer do."""
    path = data_folder("internscenes") / "scannet_scene0000_00_layout.json"
    nine = np.array([o["bbox"] for o in json.loads(path.read_text())])
    tilted = nine[(np.abs(nine[:, 7:]) > 0.02).any(axis=1)]
    assert len(tilted) == 48
    ours = [box_of_nine(b, "")[0].R_world_box for b in tilted]
    reversed_order = [rotation_from_euler(b[[8, 7, 6]], "yxz") for b in tilted]
    assert upright(ours) >= 17 > 14 >= upright(reversed_order)


def upright(rotations: list[Array]) -> int:
    """How many have an axis within 5 degrees of the vertical."""
    return int(sum(np.abs(R[2]).max() > np.cos(np.radians(5.0)) for R in rotations))
