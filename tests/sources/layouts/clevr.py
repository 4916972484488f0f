"""Write scenes of primitives as CLEVR's renderer would: no intrinsics, no pose, odd rotations."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sextant.geometry.boxes import OrientedBox
from sextant.geometry.projection import project
from sextant.geometry.transforms import (
    invert,
    look_at,
    rotate_vectors,
    transform_points,
    yaw_rotation,
)
from sextant.scenes import Camera, Frame, Scene, SceneObject

CAMERA = Camera(480, 320, 525.0, 525.0, 240.0, 160.0)
SIZES = {"large": 0.7, "small": 0.35}


def primitives(seed: int = 0, count: int = 6) -> tuple[Scene, list[float]]:
    """A scene in Blender's unit, and what the files call the rotations."""
    rng = np.random.default_rng(seed)
    objects, rotations = [], []
    for k in range(count):
        shape = ("cube", "sphere", "cylinder")[k % 3]
        size = ("large", "small")[int(rng.integers(2))]
        r = SIZES[size] / (math.sqrt(2) if shape == "cube" else 1.0)
        angle = 2 * math.pi * k / count
        x, y = 2.2 * math.cos(angle) + rng.normal(0, 0.2), 2.2 * math.sin(angle)
        theta = float(rng.uniform(0, 360))
        rotations.append(theta)
        R = yaw_rotation(theta) if shape == "cube" else np.eye(3)  # radians, as Blender took it
        color = ("red", "cyan", "gray", "purple")[k % 4]
        box = OrientedBox(np.array([x, y, r]), np.full(3, 2 * r), R)
        objects.append(
            SceneObject(f"{k}_{shape}", shape, box,
                        attributes={"color": color, "material": "rubber", "size": size})
        )  # fmt: skip
    T = look_at([7.2 + rng.normal(0, 0.3), -6.5, 5.3], [0.0, 0.0, 0.2])
    scene = Scene("CLEVR_val_000000", "clevr", "val", "CC BY 4.0", tuple(objects),
                  (Frame("CLEVR_val_000000", CAMERA, T),), is_metric=False)  # fmt: skip
    return scene, rotations


def record(scene: Scene, rotations: list[float]) -> dict[str, Any]:
    (frame,) = scene.frames
    T = frame.T_world_camera
    right, ahead = rotate_vectors(T, [1.0, 0, 0]), rotate_vectors(T, [0.0, 0, 1.0])
    behind = ahead * [1, 1, 0] / np.linalg.norm(ahead[:2])
    objects = []
    for o, theta in zip(scene.objects, rotations, strict=True):
        uv, z = project(frame.camera.K, transform_points(invert(T), o.box.center))
        objects.append(
            {
                "shape": o.category,
                **o.attributes,
                "3d_coords": o.box.center.tolist(),
                "rotation": theta,
                "pixel_coords": [round(float(uv[0])), round(float(uv[1])), float(z)],
            }
        )
    return {
        "image_index": 0,
        "image_filename": f"{scene.id}.png",
        "split": "val",
        "objects": objects,
        "directions": {
            "behind": behind.tolist(), "front": (-behind).tolist(),
            "left": (-right).tolist(), "right": right.tolist(),
            "above": [0.0, 0.0, 1.0], "below": [0.0, 0.0, -1.0],
        },
        "relationships": {},
    }  # fmt: skip


def write_scenes(root: Path, records: list[dict[str, Any]], split: str = "val") -> Path:
    (root / "scenes").mkdir(parents=True, exist_ok=True)
    (root / "images" / split).mkdir(parents=True, exist_ok=True)
    for entry in records:
        Image.fromarray(np.full((320, 480, 3), 120, np.uint8)).save(
            root / "images" / split / entry["image_filename"]
        )
    path = root / "scenes" / f"CLEVR_{split}_scenes.json"
    path.write_text(json.dumps({"info": {"split": split}, "scenes": records}))
    return path
