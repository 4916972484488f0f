"""Write a simulated scene as Hypersim would hold it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.geometry.depth import ray_lengths
from sextant.geometry.rotations import rotation_from_axis_angle
from sextant.scenes import Camera, Scene

Array = NDArray[np.float64]

SCALE = 0.0254
"""Metres of one asset unit: this artist worked in inches."""

TILT_RAD = -0.15
"""How far the image plane is tilted: the true pinhole looks so much below the nominal camera."""

LENS = Camera(96, 72, 70.0, 70.0, 48.0, 22.0)
"""The true pinhole; its principal point is far off the centre, as a tilted plane has it."""

NYU40 = {"chair": 5, "table": 7, "bed": 4, "sofa": 6, "lamp": 35, "desk": 14, "picture": 11}
"""Other categories of the simulator become "other prop"."""


def R_nominal_camera() -> Array:
    return rotation_from_axis_angle([TILT_RAD, 0.0, 0.0])


def save(path: Path, array: NDArray) -> None:
    import h5py

    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file.create_dataset(
            "dataset", data=array, compression="gzip" if array.size > 1000 else None
        )


def write_scene(root: Path, scene: Scene, name: str = "ai_007_005", *, shear: float = 0.0) -> Path:
    """Write one scene; its frames must be of ``LENS``.

    With ``shear`` the rasters are those of an image plane that is tilted about both axes.
    """
    folder = root / name
    R_cv_gl = np.diag([1.0, -1.0, -1.0])
    poses = [f.T_world_camera for f in scene.frames]
    orientations = [T[:3, :3] @ R_nominal_camera().T @ R_cv_gl for T in poses]
    camera = folder / "_detail" / "cam_00"
    save(camera / "camera_keyframe_orientations.hdf5", np.array(orientations))
    save(camera / "camera_keyframe_positions.hdf5", np.array([T[:3, 3] / SCALE for T in poses]))
    geometry = folder / "images" / "scene_cam_00_geometry_hdf5"
    preview = folder / "images" / "scene_cam_00_final_preview"
    preview.mkdir(parents=True)
    rays = ray_lengths(LENS.K, LENS.width, LENS.height)
    for k, frame in enumerate(scene.frames):
        distance = frame.read_depth().astype(np.float64) * rays
        ids = frame.read_instances().astype(np.int16) - 1
        rgb = frame.read_rgb()
        if shear:
            distance, ids, rgb = (sheared(r, shear) for r in (distance, ids, rgb))
        save(geometry / f"frame.{k:04d}.depth_meters.hdf5", distance.astype(np.float32))
        save(geometry / f"frame.{k:04d}.semantic_instance.hdf5", ids)
        picture = Image.fromarray(rgb)
        picture.save(preview / f"frame.{k:04d}.tonemap.jpg", quality=95)
    write_boxes(folder / "_detail" / "mesh", scene)
    write_cameras(root / "metadata_camera_parameters.csv", name, shear)
    return folder


def write_boxes(mesh: Path, scene: Scene) -> None:
    """Instance id = value - 1; two low-level objects each, and some of no instance."""
    n = max(o.instance_value for o in scene.objects) + 2
    extents, positions = np.full((n, 3), np.inf), np.full((n, 3), np.inf)
    orientations = np.full((n, 3, 3), np.inf)
    semantic, instance = [[1], [-1]], [[-1], [-1]]
    for o in scene.objects:
        i = o.instance_value - 1
        extents[i], positions[i] = o.box.size_m / SCALE, o.box.center / SCALE
        orientations[i] = o.box.R_world_box
        semantic += [[NYU40.get(o.category, 40)]] * 2
        instance += [[i]] * 2
    semantic += [[2], [5]]
    instance += [[n - 2], [n - 1]]  # a floor, and a chair that was never boxed
    save(mesh / "mesh_objects_si.hdf5", np.array(semantic, dtype=np.int64))
    save(mesh / "mesh_objects_sii.hdf5", np.array(instance, dtype=np.int64))
    base = "metadata_semantic_instance_bounding_box_object_aligned_2d"
    save(mesh / f"{base}_extents.hdf5", extents)
    save(mesh / f"{base}_orientations.hdf5", orientations)
    save(mesh / f"{base}_positions.hdf5", positions)


def sheared(raster: NDArray, shear: float) -> NDArray:
    """What a camera with skew stores: (u, v) shows what ours does at u - shear (v - cy)."""
    rows, columns = np.mgrid[0 : LENS.height, 0 : LENS.width]
    u = columns + 0.5 - shear * (rows + 0.5 - LENS.cy)
    return raster[rows, np.floor(u).astype(int).clip(0, LENS.width - 1)]


def write_cameras(path: Path, name: str, shear: float = 0.0) -> None:
    pixel_of_uv = np.array(
        [[LENS.width / 2, 0, LENS.width / 2], [0, -LENS.height / 2, LENS.height / 2], [0, 0, 1]]
    )
    K = LENS.K.copy()
    K[0, 1] = shear * LENS.fy
    rays = R_nominal_camera() @ np.linalg.inv(K) @ pixel_of_uv
    M = np.diag([1.0, -1.0, -1.0]) @ rays
    row = {
        "scene_name": name,
        "settings_output_img_height": LENS.height,
        "settings_output_img_width": LENS.width,
        "settings_units_info_meters_scale": SCALE,
        **{f"M_cam_from_uv_{i}{j}": M[i, j] for i in range(3) for j in range(3)},
    }
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row | {"scene_name": "ai_001_001"})
        writer.writerow(row)
