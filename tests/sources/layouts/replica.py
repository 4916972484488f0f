"""Write a simulated scene as Replica and the renderings of NICE-SLAM would hold it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.geometry.transforms import (
    quaternion_from_rotation,
    rigid,
    transform_points,
    yaw_rotation,
)
from sextant.scenes import Scene

Array = NDArray[np.float64]

STEPS = 6553.5
SPACE = "room_0"


def write_space(
    root: Path,
    scene: Scene,
    *,
    T_files_world: Array | None = None,
    gravity: list[float] | None = None,
    pictures: str | None = "room0",
) -> Path:
    """Write one space, and its pictures beside it (or in it, or not at all)."""
    T = np.eye(4) if T_files_world is None else T_files_world
    folder = root / SPACE
    (folder / "habitat").mkdir(parents=True)
    write_mesh(folder / "habitat" / "mesh_semantic.ply", scene, T)
    objects = []
    for o in scene.objects:
        # The box's own frame is turned and moved against its abb, as none of them is centred.
        shift = np.array([0.3, -0.2, 0.1])
        T_files_box = T @ rigid(o.box.R_world_box, o.box.center) @ rigid(np.eye(3), -shift)
        w, x, y, z = quaternion_from_rotation(T_files_box[:3, :3])
        objects.append({
            "id": o.instance_value, "class_id": 3, "class_name": o.category.replace(" ", "-"),
            "oriented_bbox": {
                "abb": {"center": shift.tolist(), "sizes": o.box.size_m.tolist()},
                "orientation": {"rotation": [x, y, z, w],
                                "translation": T_files_box[:3, 3].tolist()},
            },
        })  # fmt: skip
    some = objects[0]["oriented_bbox"]
    for number, name in ((0, "wall"), (900, "floor"), (901, "undefined")):
        objects.append({"id": number, "class_id": 1, "class_name": name, "oriented_bbox": some})
    document = {"gravity_dir": gravity or [0.0, 0.0, -1.0], "objects": objects,
                "classes": [{"id": 3, "name": "x"}]}  # fmt: skip
    (folder / "habitat" / "info_semantic.json").write_text(json.dumps(document))
    if pictures is not None:
        write_pictures(root / pictures, scene, T)
    return folder


def write_mesh(path: Path, scene: Scene, T: Array) -> None:
    """Quads (a triangle doubles its last corner's neighbour) with object_id per face."""
    parts = [(o.mesh, o.instance_value) for o in scene.objects] + [(scene.shell, 0)]
    starts = np.cumsum([0, *(len(m.vertices_world) for m, _ in parts)])
    vertices = np.concatenate([m.vertices_world for m, _ in parts])
    faces = np.concatenate([m.faces + s for (m, _), s in zip(parts, starts, strict=False)])
    owner = np.concatenate([np.full(len(m.faces), v) for m, v in parts])
    low = (vertices[faces][:, :, 2] < 1e-6).all(axis=1)
    owner[(owner == 0) & low] = 900
    header = [
        "ply", "format binary_little_endian 1.0", f"element vertex {len(vertices)}",
        *(f"property double {a}" for a in "xyz"), *(f"property uchar {c}" for c in "rgb"),
        f"element face {len(faces)}", "property list uchar uint vertex_indices",
        "property int object_id", "end_header", "",
    ]  # fmt: skip
    rows = np.zeros(len(vertices), [("p", "<f8", 3), ("c", "u1", 3)])
    rows["p"] = transform_points(T, vertices)
    quads = np.zeros(len(faces), [("n", "u1"), ("f", "<u4", 3), ("o", "<i4")])
    quads["n"], quads["f"], quads["o"] = 3, faces, owner
    path.write_bytes("\n".join(header).encode() + rows.tobytes() + quads.tobytes())


def write_pictures(folder: Path, scene: Scene, T: Array, *, intrinsics: bool = True) -> None:
    """traj.txt, results/, and cam_params.json with pixel centres at whole numbers."""
    (folder / "results").mkdir(parents=True, exist_ok=True)
    lines = []
    for k, frame in enumerate(scene.frames):
        lines.append(" ".join(f"{x:.9e}" for x in (T @ frame.T_world_camera).ravel()))
        Image.fromarray(frame.read_rgb()).save(folder / f"results/frame{k:06d}.jpg", quality=95)
        raw = np.rint(np.nan_to_num(frame.read_depth()) * STEPS).clip(0, 65535).astype(np.uint16)
        Image.fromarray(raw).save(folder / f"results/depth{k:06d}.png")
    (folder / "traj.txt").write_text("\n".join(lines) + "\n")
    c = scene.frames[0].camera
    camera = {"w": c.width, "h": c.height, "fx": c.fx, "fy": c.fy, "cx": c.cx - 0.5,
              "cy": c.cy - 0.5, "scale": STEPS}  # fmt: skip
    if intrinsics:
        (folder.parent / "cam_params.json").write_text(json.dumps({"camera": camera}))


T_ELSEWHERE = rigid(yaw_rotation(0.4), [30.0, 0.0, 0.0])
