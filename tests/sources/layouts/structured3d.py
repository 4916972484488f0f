"""Write a simulated scene as a room of a Structured3D home."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from layouts.world import Camera, picture, render
from sextant.scenes import Scene
from sextant.sources.structured3d import PALETTE

HOUSE, ROOM = "scene_00017", "485142"

LENS = Camera(128, 72, 64 / np.tan(0.7), 36 / np.tan(0.45), 64.0, 36.0)
"""Its principal point is the middle, its angles are given in halves."""

NYU40 = {
    "cabinet": 3, "bed": 4, "chair": 5, "sofa": 6, "table": 7, "door": 8, "window": 9,
    "bookshelf": 10, "picture": 11, "desk": 14, "curtain": 16, "pillow": 18, "mirror": 19,
    "refrigerator": 24, "tv": 25, "box": 29, "nightstand": 32, "toilet": 33, "sink": 34,
    "lamp": 35, "bathtub": 36,
}  # fmt: skip
OTHER = 40


def write_home(
    root: Path, scene: Scene, *, house: str = HOUSE, ids: bool = True, colours: bool = True
) -> Path:
    """Write one home with one room; instance IDs are the simulator's, less one."""
    home = root / house
    views = home / "2D_rendering" / ROOM / "perspective" / "full"
    for k, frame in enumerate(scene.frames):
        folder = views / str(k)
        folder.mkdir(parents=True)
        T = frame.T_world_camera
        drawn = render(scene, LENS, T)
        Image.fromarray(picture(scene, LENS, T)).save(folder / "rgb_rawlight.png")
        depth = np.rint(np.nan_to_num(drawn.depth_m) * 1000).astype(np.uint16)
        Image.fromarray(depth).save(folder / "depth.png")
        eye = T[:3, 3] * 1000
        numbers = [*eye, *T[:3, 2], *(-T[:3, 1]), 0.7, 0.45, 1]
        (folder / "camera_pose.txt").write_text(" ".join(f"{x:.9g}" for x in numbers))
        if not ids:
            continue
        values = drawn.values
        instance = np.where(values == 0, 65535, values - 1).astype(np.uint16)
        Image.fromarray(instance).save(folder / "instance.png")
        classes = np.full(values.shape, 1, np.uint8)
        for o in scene.objects:
            classes[values == o.instance_value] = NYU40.get(o.category, OTHER)
        stored = np.array(PALETTE, np.uint8)[classes] if colours else classes
        Image.fromarray(stored).save(folder / "semantic.png")
    write_boxes(home, scene)
    write_annotation(home, scene)
    return home


def write_boxes(home: Path, scene: Scene) -> None:
    """Rows are axes, lengths are halves, millimetres; every second box is left-handed."""
    boxes = []
    for o in scene.objects:
        basis = o.box.R_world_box.T.copy()
        if o.instance_value % 2:
            basis[0] = -basis[0]
        boxes.append({
            "ID": o.instance_value - 1, "basis": basis.tolist(),
            "coeffs": (o.box.size_m / 2 * 1000).tolist(),
            "centroid": (o.box.center * 1000).tolist(),
        })  # fmt: skip
    boxes.append({"ID": 4000, "basis": np.eye(3).tolist(), "coeffs": [1, 1, 1],
                  "centroid": [0, 0, 0]})  # fmt: skip
    (home / "bbox_3d.json").write_text(json.dumps(boxes))


def write_annotation(home: Path, scene: Scene) -> None:
    """The floor as a plane whose lines meet in junctions, in no order; and another room's."""
    outline = scene.room.floor_polygon
    n = len(outline)
    order = np.random.default_rng(1).permutation(n)
    place = np.argsort(order)  # corner i is junction place[i]
    junctions = [{"ID": j, "coordinate": [*(outline[i] * 1000), 0.0]} for j, i in enumerate(order)]
    lines = np.zeros((n + 1, n + 1), int)
    for i in range(n):
        lines[i, place[i]] = lines[i, place[(i + 1) % n]] = 1
    junctions.append({"ID": n, "coordinate": [9e3, 9e3, 2800.0]})
    lines[n, n] = lines[n, 0] = 1
    document = {
        "junctions": junctions,
        "lines": [{"ID": i} for i in range(n + 1)],
        "planes": [{"ID": 0, "type": "ceiling"}, {"ID": 1, "type": "floor"},
                   {"ID": 2, "type": "floor"}],
        "semantics": [{"ID": 77, "type": "kitchen", "planeID": [2]},
                      {"ID": int(ROOM), "type": "living room", "planeID": [0, 1]}],
        "planeLineMatrix": [[0] * (n + 1), [1] * n + [0], [0] * n + [1]],
        "lineJunctionMatrix": lines.tolist(),
    }  # fmt: skip
    (home / "annotation_3d.json").write_text(json.dumps(document))
