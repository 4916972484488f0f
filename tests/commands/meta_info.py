"""A miniature of VSI-Bench's meta_info in its true layout, with boxes of our own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

NAMES = ("sofa", "table", "lamp", "bed", "stool", "sink", "oven", "door")


def write_meta_info(folder: Path, scenes: int = 4, seed: int = 5) -> Path:
    """Write ``arkitscenes_meta_info_val.json`` with random upright boxes; rows are the axes."""
    rng = np.random.default_rng(seed)
    data = {}
    for k in range(scenes):
        boxes = {}
        for name in NAMES:
            boxes[name] = []
            for _ in range(1 + int(name == "stool")):
                center, size = rng.uniform(-3, 3, 3), rng.uniform(0.3, 1.2, 3)
                center[2] = size[2] / 2
                c, s = np.cos(a := rng.uniform(0, 6)), np.sin(a)
                rows = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
                reach = np.abs(rows.T) @ (size / 2)
                boxes[name].append(
                    {
                        "centroid": center.tolist(),
                        "axesLengths": size.tolist(),
                        "normalizedAxes": rows.ravel().tolist(),
                        "min": (center - reach).tolist(),
                        "max": (center + reach).tolist(),
                    }
                )
        data[f"4200{k:04d}"] = {
            "dataset": "arkitscenes",
            "video_path": "",
            "room_size": 30.0,
            "room_center": [0.0, 0.0, 1.2],
            "object_counts": {n: len(b) for n, b in boxes.items()},
            "object_bbox": boxes,
        }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "arkitscenes_meta_info_val.json").write_text(json.dumps(data))
    return folder
