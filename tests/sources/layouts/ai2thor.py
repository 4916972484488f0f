"""Write a simulated scene as events of AI2-THOR: left-handed, y up, degrees."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sextant.geometry.axes import M_ZUP_UNITY
from sextant.scenes import Camera, Scene, SceneObject

LENS = Camera(96, 72, 66.0, 66.0, 48.0, 36.0)
TYPES = {"tv": "Television", "trash can": "GarbageCan"}


def xyz(point: Any) -> dict[str, float]:
    return dict(zip("xyz", (M_ZUP_UNITY @ np.asarray(point)).tolist(), strict=True))


def object_type(category: str) -> str:
    return TYPES.get(category, category.title().replace(" ", ""))


def thing(o: SceneObject, *, oriented: bool = True) -> dict[str, Any]:
    low, high = o.box.minimum, o.box.maximum
    order = np.array([3, 0, 5, 6, 1, 2, 7, 4])  # nobody promises an order
    corners = (o.box.corners[order] @ M_ZUP_UNITY).tolist()
    return {
        "objectId": f"{object_type(o.category)}|{o.id}",
        "objectType": object_type(o.category),
        "axisAlignedBoundingBox": {"center": xyz((low + high) / 2), "size": xyz(high - low)},
        "objectOrientedBoundingBox": {"cornerPoints": corners} if oriented else None,
    }


def write_scene(
    root: Path, scene: Scene, name: str = "train/house_7", *, oriented: bool = True,
    house: bool = True, scene_name: str = "Procedural",
) -> Path:  # fmt: skip
    folder = root / name
    folder.mkdir(parents=True)
    things = [thing(o, oriented=oriented) for o in scene.objects]
    things.append(
        {"objectId": "Floor|+0", "objectType": "Floor", "objectOrientedBoundingBox": None,
         "axisAlignedBoundingBox": {"center": xyz([0, 0, 0]), "size": xyz([5, 5, 0.01])}}
    )  # fmt: skip
    rng = np.random.default_rng(1)
    colors = {o.id: rng.integers(1, 255, 3).tolist() for o in scene.objects}
    for k, frame in enumerate(scene.frames):
        lens = frame.camera
        ahead = M_ZUP_UNITY @ frame.forward_world
        eye = xyz(frame.center_world)
        metadata = {
            "sceneName": scene_name,
            "screenWidth": lens.width,
            "screenHeight": lens.height,
            "fov": math.degrees(2 * math.atan(lens.height / 2 / lens.fy)),
            "cameraPosition": eye,
            "agent": {
                "position": eye | {"y": eye["y"] - 0.675},
                "rotation": {"x": 0.0, "y": math.degrees(math.atan2(ahead[0], ahead[2])), "z": 0.0},
                "cameraHorizon": -math.degrees(math.asin(ahead[1])),
            },
            "objects": things,
            "colors": [
                {"name": f"{object_type(o.category)}|{o.id}", "color": colors[o.id]}
                for o in scene.objects
            ],
        }
        stem = folder / f"{k:04d}"
        stem.with_suffix(".json").write_text(json.dumps(metadata))
        Image.fromarray(frame.read_rgb()).save(stem.with_suffix(".png"))
        depth = np.nan_to_num(frame.read_depth()).astype(np.float32)
        np.save(stem.with_suffix(".depth.npy"), depth)
        ids = frame.read_instances()
        rgb = np.zeros((*ids.shape, 3), np.uint8)
        for o in scene.objects:
            rgb[ids == o.instance_value] = colors[o.id]
        Image.fromarray(rgb).save(stem.with_suffix(".instances.png"))
    if house:
        polygon = scene.room.floor_polygon
        corners = [xyz([x, y, 0.0]) for x, y in polygon[::-1]]  # counterclockwise in Unity
        room = {"id": "room|1", "roomType": "LivingRoom", "floorPolygon": corners}
        (folder / "house.json").write_text(json.dumps({"rooms": [room]}))
    return folder
