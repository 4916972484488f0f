"""Write a simulated scene as COLMAP would have reconstructed it."""

from __future__ import annotations

import json
import struct
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from layouts.world import colours, picture, render
from sextant.geometry.projection import depth_to_points, inside_image, project
from sextant.geometry.rotations import rotation_from_axis_angle
from sextant.geometry.transforms import (
    invert,
    quaternion_from_rotation,
    rigid,
    transform_points,
)
from sextant.scenes import Camera, Scene
from sextant.sources.colmap.lenses import MODELS, lens_of
from sextant.sources.stored_lens import StoredLens

Array = NDArray[np.float64]

SCALE_M = 0.37
"""Metres of one unit of the model."""

T_WORLD_MODEL = rigid(rotation_from_axis_angle([0.9, -0.4, 0.2]), [0.7, -0.3, 0.2])
"""The model's world is turned any way, and its origin is anywhere."""

PARAMS = {
    "SIMPLE_PINHOLE": [70.0, 47.0, 37.5],
    "PINHOLE": [70.0, 71.0, 47.0, 37.5],
    "SIMPLE_RADIAL": [70.0, 47.0, 37.5, -0.08],
    "RADIAL": [70.0, 47.0, 37.5, -0.1, 0.02],
    "OPENCV": [70.0, 71.0, 47.0, 37.5, -0.1, 0.02, 0.004, -0.006],
    "OPENCV_FISHEYE": [55.0, 56.0, 47.0, 37.5, 0.03, -0.006, 0.002, -0.001],
    "FULL_OPENCV": [70.0, 71.0, 47.0, 37.5, -0.05, 0.02, 0.003, -0.004, 0.01, 0.02, 0.01, 0.001],
    "FOV": [55.0, 56.0, 47.0, 37.5, 0.7],
    "SIMPLE_RADIAL_FISHEYE": [55.0, 47.0, 37.5, 0.02],
    "RADIAL_FISHEYE": [55.0, 47.0, 37.5, 0.02, -0.004],
    "THIN_PRISM_FISHEYE": [55.0, 56.0, 47.0, 37.5, 0.02, -0.004, 0.003, -0.002, 0.001, 0.0, 0.004,
                           -0.003],
}  # fmt: skip
WIDTH, HEIGHT = 96, 72


def lens(model: str = "PINHOLE") -> StoredLens:
    """The lens of one of the models above."""
    return lens_of(model, WIDTH, HEIGHT, tuple(PARAMS[model]), "test")


def bent_picture(scene: Scene, lens: StoredLens, T: Array) -> NDArray[np.uint8]:
    """(h, w, 3): what a lens shows of a scene, by way of a wide pinhole twice as fine."""
    if lens.is_straight:
        return picture(scene, lens.camera, T)
    wide, row, column = _through(lens)
    drawn = render(scene, wide, T)
    points = depth_to_points(wide.K, drawn.depth_m)
    return colours(transform_points(T, points))[row, column]


def bent_values(scene: Scene, lens: StoredLens, T: Array) -> NDArray:
    """(h, w) instance values that a bent lens shows of a scene."""
    wide, row, column = _through(lens)
    return render(scene, wide, T).values[row, column]


def bent_depth(scene: Scene, lens: StoredLens, T: Array) -> NDArray:
    """(h, w) z-depth in metres that a bent lens's pixels see, NaN where there is none."""
    wide, row, column = _through(lens)
    return render(scene, wide, T).depth_m[row, column]


@lru_cache(maxsize=32)
def _through(lens: StoredLens) -> tuple[Camera, NDArray, NDArray]:
    """A wide pinhole, and its (h, w) rows and columns that a lens's pixels see."""
    wide = Camera(400, 400, 100.0, 100.0, 200.0, 200.0)
    v, u = np.mgrid[0 : lens.height, 0 : lens.width]
    wanted = np.stack([u + 0.5, v + 0.5], axis=-1)
    # The inverse of the lens by fixed-point steps, kept apart from the reader's own code.
    xy = (wanted - [lens.cx, lens.cy]) / [lens.fx, lens.fy]
    for _ in range(60):
        rays = np.concatenate([xy, np.ones((*xy.shape[:2], 1))], axis=-1)
        off = (wanted - lens(rays)) / [lens.fx, lens.fy]
        xy = xy + 0.7 * np.nan_to_num(off)
    rays = np.concatenate([xy, np.ones((*xy.shape[:2], 1))], axis=-1)
    uv, _ = project(wide.K, rays)
    column = np.floor(uv[..., 0]).clip(0, wide.width - 1).astype(int)
    row = np.floor(uv[..., 1]).clip(0, wide.height - 1).astype(int)
    return wide, row, column


def write_capture(
    root: Path,
    scene: Scene,
    name: str = "kitchen",
    *,
    model: str = "PINHOLE",
    binary: bool = True,
    sidecar: bool = True,
    masks: bool = False,
) -> Path:
    """Write one scene's folder; every picture sees some points of its own."""
    folder = root / name
    (folder / "images" / "cam0").mkdir(parents=True)
    sparse = folder / "sparse" / "0"
    sparse.mkdir(parents=True)
    T_model_world = invert(T_WORLD_MODEL)
    stored = lens(model)
    images, world_points, seen_depths = [], [], []
    for k, frame in enumerate(scene.frames):
        path = f"cam0/picture {k:03d}.png"
        same = stored.is_straight and stored.camera == frame.camera
        rgb = frame.read_rgb() if same else bent_picture(scene, stored, frame.T_world_camera)
        Image.fromarray(rgb).save(folder / "images" / path)
        T = T_model_world @ frame.T_world_camera
        T[:3, 3] /= SCALE_M
        T_camera_model = invert(T)
        q = quaternion_from_rotation(T_camera_model[:3, :3])
        pinhole = stored.pinhole
        depth = render(scene, pinhole, frame.T_world_camera).depth_m
        lifted = transform_points(frame.T_world_camera, depth_to_points(pinhole.K, depth))
        world_points += list(lifted[4::10, 5::12].reshape(-1, 3))
        seen_depths.append((pinhole, invert(frame.T_world_camera), depth))
        images.append((k + 1, q, T_camera_model[:3, 3], path))
    world = np.array([p for p in world_points if np.isfinite(p).all()])
    images = [
        (*image, shown(world, *view)) for image, view in zip(images, seen_depths, strict=True)
    ]
    points = transform_points(T_model_world, world) / SCALE_M
    if masks:
        for _, _, _, path, _ in images:
            mask = np.full((HEIGHT, WIDTH), 255, np.uint8)
            mask[: HEIGHT // 3] = 0
            target = folder / "masks" / f"{path}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(mask).save(target)
    writer = write_binary if binary else write_text
    writer(sparse, model, images[::-1], points)
    if sidecar:
        up = (T_model_world[:3, :3] @ [0, 0, 1]).tolist()
        text = json.dumps({"scale_m": SCALE_M, "up": up, "frames_per_second": 2})
        (folder / "sextant.json").write_text(text)
    return folder


def shown(points: Array, camera: Camera, T_camera_world: Array, depth: Array) -> list[int]:
    """Ids (from 1) of the points that a picture shows, by its depth."""
    uv, z = project(camera.K, transform_points(T_camera_world, points))
    inside = inside_image(uv, camera.width, camera.height)
    column, row = (np.nan_to_num(uv[:, i]).astype(int) for i in (0, 1))
    there = depth[row.clip(0, camera.height - 1), column.clip(0, camera.width - 1)]
    seen = inside & (np.abs(there - z) < 0.02)
    return (np.flatnonzero(seen) + 1).tolist()


def write_text(sparse: Path, model: str, images: list, points: list) -> None:
    """cameras.txt, images.txt (with an empty second line where nothing was found), points3D.txt."""
    params = " ".join(repr(float(x)) for x in PARAMS[model])
    (sparse / "cameras.txt").write_text(
        f"# Camera list\n#   CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]\n"
        f"7 {model} {WIDTH} {HEIGHT} {params}\n"
    )
    lines = ["# Image list with two lines of data per image:"]
    for number, q, t, path, ids in images:
        lines.append(" ".join([str(number), *(repr(float(x)) for x in (*q, *t)), "7", path]))
        lines.append(" ".join(f"1.5 2.5 {i}" for i in [-1, *ids]) if ids else "")
    (sparse / "images.txt").write_text("\n".join(lines) + "\n")
    rows = [
        " ".join([str(i), *(repr(float(x)) for x in p), "10 20 30 0.5", "1 0 2 1"])
        for i, p in enumerate(points, start=1)
    ]
    (sparse / "points3D.txt").write_text("# 3D point list\n" + "\n".join(rows) + "\n")


def write_binary(sparse: Path, model: str, images: list, points: list) -> None:
    """cameras.bin, images.bin, points3D.bin."""
    number, count = MODELS[model]
    cameras = struct.pack("<QIiQQ", 1, 7, number, WIDTH, HEIGHT)
    cameras += struct.pack(f"<{count}d", *PARAMS[model])
    (sparse / "cameras.bin").write_bytes(cameras)
    out = [struct.pack("<Q", len(images))]
    for image, q, t, path, ids in images:
        out += [struct.pack("<I7dI", image, *q, *t, 7), path.encode() + b"\x00"]
        out.append(struct.pack("<Q", len(ids) + 1) + struct.pack("<ddq", 1.5, 2.5, -1))
        out += [struct.pack("<ddq", 1.5, 2.5, i) for i in ids]
    (sparse / "images.bin").write_bytes(b"".join(out))
    out = [struct.pack("<Q", len(points))]
    for i, p in enumerate(points, start=1):
        out.append(
            struct.pack("<Q3d3BdQ", i, *p, 10, 20, 30, 0.5, 2) + struct.pack("<4I", *range(4))
        )
    (sparse / "points3D.bin").write_bytes(b"".join(out))
