"""Write a simulated scene as CO3D would hold it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sextant.geometry.axes import R_PYTORCH3D_OPENCV
from sextant.geometry.transforms import invert, rigid
from sextant.scenes import Scene

SCALE = 0.37
"""The reconstruction's unit is so much of a metre's inverse."""

ADJUSTMENT = 1.5


def write_sequence(
    root: Path,
    scene: Scene,
    category: str = "chair",
    sequence: str = "110_13051_23361",
    *,
    isotropic: bool = True,
    world: np.ndarray | None = None,
    fold: str | None = None,
) -> Path:
    """Write one video; ``world`` is where the simulated world lies in the reconstruction's."""
    folder = root / category
    for name in ("images", "depths", "depth_masks"):
        (folder / sequence / name).mkdir(parents=True, exist_ok=True)
    (folder / "set_lists").mkdir(exist_ok=True)
    records = []
    for k, frame in enumerate(scene.frames):
        lens = frame.camera
        half = np.array([lens.width, lens.height]) / 2
        rescale = np.full(2, half.min()) if isotropic else half
        T_world_camera = (np.eye(4) if world is None else world) @ frame.T_world_camera
        T_world_camera[:3, 3] *= SCALE
        T_p3d_world = rigid(R_PYTORCH3D_OPENCV.T, np.zeros(3)) @ invert(T_world_camera)
        base = f"{category}/{sequence}"
        name = f"frame{k + 1:06d}.jpg"
        Image.fromarray(frame.read_rgb()).save(root / base / "images" / name, quality=95)
        depth = frame.read_depth() * SCALE / ADJUSTMENT
        bits = np.nan_to_num(depth, nan=np.inf).astype(np.float16).view(np.uint16)
        Image.fromarray(bits).save(root / base / "depths" / f"{name}.geometric.png")
        mask = np.ones(depth.shape, bool)
        mask[:3] = False
        Image.fromarray(mask).save(root / base / "depth_masks" / f"{name[:-4]}.png")
        viewpoint = {
            "R": T_p3d_world[:3, :3].T.tolist(),
            "T": T_p3d_world[:3, 3].tolist(),
            "focal_length": (np.array([lens.fx, lens.fy]) / rescale).tolist(),
            "principal_point": ((half - [lens.cx, lens.cy]) / rescale).tolist(),
        }
        if isotropic:
            viewpoint["intrinsics_format"] = "ndc_isotropic"
        records.append(
            {
                "sequence_name": sequence,
                "frame_number": k,
                "frame_timestamp": 0.2 * k,
                "image": {"path": f"{base}/images/{name}", "size": [lens.height, lens.width]},
                "depth": {
                    "path": f"{base}/depths/{name}.geometric.png",
                    "scale_adjustment": ADJUSTMENT,
                    "mask_path": f"{base}/depth_masks/{name[:-4]}.png",
                },
                "viewpoint": viewpoint,
            }
        )
    write_annotations(folder, records)
    if fold is not None:
        (folder / "set_lists" / f"set_lists_fewview_{fold}.json").write_text(
            json.dumps({"train": [], "test": [[sequence, 0, "x"]]})
        )
    return folder


def write_annotations(folder: Path, records: Any) -> None:
    with gzip.open(folder / "frame_annotations.jgz", "wb") as file:
        file.write(json.dumps(records).encode())


def read_annotations(folder: Path) -> Any:
    with gzip.open(folder / "frame_annotations.jgz", "rb") as file:
        return json.loads(file.read())
