"""Write a simulated scene as EmbodiedScan's info files and images would hold it."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from layouts.world import picture
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.transforms import invert, rigid, yaw_rotation
from sextant.scenes import Camera, Scene

COLOR = Camera(204, 152, 145.0, 146.0, 100.0, 79.0)
T_ALIGNED_SCAN = rigid(yaw_rotation(0.35), [1.25, -2.5, 0.06])


def nine_numbers(box: OrientedBox) -> list[float]:
    """Centre, size, and the angles a, b, c of Rz(a) Rx(b) Ry(c)."""
    R = box.R_world_box
    b = math.asin(max(-1.0, min(1.0, R[2, 1])))
    a, c = math.atan2(-R[0, 1], R[1, 1]), math.atan2(-R[2, 0], R[2, 2])
    return [*box.center.tolist(), *box.size_m.tolist(), a, b, c]


def _intrinsics(camera: Camera) -> np.ndarray:
    K = np.eye(4)
    K[:3, :3] = camera.K
    K[:2, 2] -= 0.5
    return K


def write_infos(
    root: Path,
    scene: Scene,
    sample: str = "scannet/scene0042_01",
    *,
    fold: str = "train",
    as_json: bool = False,
    protocol: int = 4,
    images: bool = True,
) -> dict[str, Any]:
    """Write an info file and the images of one scan; return the document."""
    dataset = sample.partition("/")[0]
    per_metre = 4000 if dataset == "matterport3d" else 1000
    names = sorted({o.category for o in scene.objects} | {"floor"})
    categories = {name: k + 1 for k, name in enumerate(names)}
    folder = f"{dataset}/posed_images/{sample.rpartition('/')[2]}"
    (root / folder).mkdir(parents=True, exist_ok=True)
    lens = scene.frames[0].camera
    records = []
    for k, frame in enumerate(scene.frames):
        name = f"{folder}/{k:05d}"
        if images:
            Image.fromarray(picture(scene, COLOR, frame.T_world_camera)).save(
                root / f"{name}.jpg", quality=95
            )
            raw = np.nan_to_num(np.rint(frame.read_depth() * per_metre)).astype(np.uint16)
            Image.fromarray(raw).save(root / f"{name}.png")
        records.append(
            {
                "img_path": f"{name}.jpg",
                "depth_path": f"{name}.png",
                "cam2global": invert(T_ALIGNED_SCAN) @ frame.T_world_camera,
                "visible_instance_ids": [0],
            }
        )
    instances = [
        {
            "bbox_id": k,
            "bbox_label_3d": categories[o.category],
            "bbox_3d": nine_numbers(o.box),
        }
        for k, o in enumerate(scene.objects)
    ]
    instances.append(
        {"bbox_id": 999, "bbox_label_3d": categories["floor"],
         "bbox_3d": [0.0, 0.0, -0.05, 6.0, 6.0, 0.1, 0.0, 0.0, 0.0]}
    )  # fmt: skip
    info = {
        "sample_idx": sample,
        "axis_align_matrix": T_ALIGNED_SCAN,
        "cam2img": _intrinsics(COLOR),
        "depth_cam2img": _intrinsics(lens),
        "images": records,
        "instances": instances,
    }
    document = {"metainfo": {"categories": categories, "DATASET": "EmbodiedScan"},
                "data_list": [info]}  # fmt: skip
    write_document(root, document, fold=fold, as_json=as_json, protocol=protocol)
    return document


def write_document(
    root: Path, document: Any, *, fold: str = "train", as_json: bool = False, protocol: int = 4
) -> Path:
    path = root / f"embodiedscan_infos_{fold}.{'json' if as_json else 'pkl'}"
    if as_json:
        path.write_text(json.dumps(document, default=lambda a: a.tolist()))
    else:
        path.write_bytes(pickle.dumps(document, protocol=protocol))
    return path
