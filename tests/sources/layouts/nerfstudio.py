"""Write a simulated scene as the tools write transforms.json."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from layouts.colmap import bent_picture, lens
from layouts.world import render
from sextant.geometry.rotations import rotation_from_axis_angle
from sextant.geometry.transforms import rigid, transform_points
from sextant.scenes import Camera, Scene

Array = NDArray[np.float64]

OPENGL = np.diag([1.0, -1.0, -1.0, 1.0])

T_YUP_WORLD = rigid(np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]), [0.3, -1.1, 0.4])
"""ARKit's world, as Record3D leaves it: y up, origin where the capture began."""

T_POLYCAM_WORLD = rigid(np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]), [0.3, 0.4, -1.2])
"""What Polycam's converter makes of it: z up."""

T_COLMAP_WORLD = rigid(rotation_from_axis_angle([0.7, 0.2, -0.3]), [1.0, 0.3, -0.2])
COLMAP_SCALE_M = 0.41


def write_polycam(
    root: Path, scene: Scene, *, unit_m: float | None = None, applied_scale: float = 1.0
) -> Path:
    """Intrinsics per frame, depth of a third of the size, world z up and metric."""
    folder = root / "polycam"
    (folder / "images").mkdir(parents=True)
    (folder / "depth").mkdir()
    frames = []
    for k, frame in enumerate(scene.frames):
        c = frame.camera
        name = f"images/frame_{k + 1:05d}.jpg"
        Image.fromarray(frame.read_rgb()).save(folder / name, quality=95)
        small = Camera(c.width // 3, c.height // 3, c.fx / 3, c.fy / 3, c.cx / 3, c.cy / 3)
        depth = np.nan_to_num(render(scene, small, frame.T_world_camera).depth_m)
        raw = np.rint(depth / (unit_m or 0.001)).astype(np.uint16)
        Image.fromarray(raw).save(folder / "depth" / f"frame_{k + 1:05d}.png")
        T = T_POLYCAM_WORLD @ frame.T_world_camera @ OPENGL
        T[:3, 3] *= applied_scale
        frames.append({
            "fl_x": c.fx, "fl_y": c.fy, "cx": c.cx, "cy": c.cy, "w": c.width, "h": c.height,
            "file_path": f"./{name}", "depth_file_path": f"./depth/frame_{k + 1:05d}.png",
            "transform_matrix": T.tolist(),
        })  # fmt: skip
    document = {"camera_model": "OPENCV", "orientation_override": "none", "frames": frames[::-1]}
    document |= {"depth_unit_scale_factor": unit_m} if unit_m else {}
    document |= {"applied_scale": applied_scale} if applied_scale != 1 else {}
    (folder / "transforms.json").write_text(json.dumps(document))
    return folder


def write_record3d(root: Path, scene: Scene, *, mesh: bool = False) -> Path:
    """One pinhole for all, ARKit's Y-up world, no depth."""
    folder = root / "record3d"
    (folder / "images").mkdir(parents=True)
    frames = []
    for k, frame in enumerate(scene.frames):
        Image.fromarray(frame.read_rgb()).save(folder / f"images/{k}.png")
        T = T_YUP_WORLD @ frame.T_world_camera @ OPENGL
        frames.append({"file_path": f"images/{k}", "transform_matrix": T.tolist()})
    c = scene.frames[0].camera
    document = {
        "fl_x": c.fx, "fl_y": c.fy, "cx": c.cx, "cy": c.cy, "w": c.width, "h": c.height,
        "camera_model": "OPENCV", "frames": frames,
    }  # fmt: skip
    if mesh:
        document["ply_file_path"] = "room.ply"
        shell = scene.shell
        vertices = transform_points(T_YUP_WORLD, shell.vertices_world)
        lines = ["ply", "format ascii 1.0", f"element vertex {len(vertices)}"]
        lines += [f"property double {a}" for a in "xyz"]
        lines += [f"element face {len(shell.faces)}", "property list uchar int vertex_indices"]
        lines += ["end_header", *(" ".join(repr(float(x)) for x in v) for v in vertices)]
        lines += [" ".join(["3", *(str(i) for i in f)]) for f in shell.faces]
        (folder / "room.ply").write_text("\n".join(lines) + "\n")
    (folder / "transforms.json").write_text(json.dumps(document))
    return folder


def write_colmap_based(
    root: Path, scene: Scene, model: str, *, masks: bool = False, depth: bool = False
) -> Path:
    """Bent lenses, a world of no vertical and no unit, applied_transform."""
    folder = root / "converted"
    (folder / "images").mkdir(parents=True)
    stored = lens(model)
    applied = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0]])
    frames = []
    for k, frame in enumerate(scene.frames):
        rgb = bent_picture(scene, stored, frame.T_world_camera)
        Image.fromarray(rgb).save(folder / f"images/{k}.png")
        T = T_COLMAP_WORLD @ frame.T_world_camera @ OPENGL
        T[:3, 3] /= COLMAP_SCALE_M
        T[:3] = applied @ T
        record = {"file_path": f"images/{k}.png", "transform_matrix": T.tolist()}
        if masks:
            mask = np.full((stored.height, stored.width), 255, np.uint8)
            mask[:20] = 0
            Image.fromarray(mask).save(folder / f"images/mask{k}.png")
            record["mask_path"] = f"images/mask{k}.png"
        if depth:
            raw = np.full((stored.height, stored.width), 2000, np.uint16)
            Image.fromarray(raw).save(folder / f"images/depth{k}.png")
            record["depth_file_path"] = f"images/depth{k}.png"
        frames.append(record)
    names = ("k1", "k2", "p1", "p2") if model == "OPENCV" else ("k1", "k2", "k3", "k4")
    from layouts.colmap import PARAMS

    document = {
        "fl_x": stored.fx, "fl_y": stored.fy, "cx": stored.cx, "cy": stored.cy,
        "w": stored.width, "h": stored.height, "camera_model": model,
        "applied_transform": applied.tolist(), "frames": frames,
        **dict(zip(names, PARAMS[model][4:], strict=True)),
    }  # fmt: skip
    (folder / "transforms.json").write_text(json.dumps(document))
    return folder


def up_of_converted() -> list[float]:
    """The true vertical in the world of ``write_colmap_based``."""
    applied = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    return (applied @ T_COLMAP_WORLD[:3, :3] @ [0, 0, 1]).tolist()
