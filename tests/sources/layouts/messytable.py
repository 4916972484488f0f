"""Write a simulated room as a table that nine cameras look at."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from layouts.world import Camera, picture
from sextant.geometry.projection import project
from sextant.geometry.transforms import invert, look_at, rigid, transform_points, yaw_rotation
from sextant.scenes import Scene

Array = NDArray[np.float64]

SCENE = "20190921-00001-01"
LENS = Camera(192, 108, 150.0, 151.0, 95.0, 55.0)

T_REFERENCE_WORLD = rigid(yaw_rotation(0.6), [0.4, -0.2, -0.9])
"""A board on the table: z up, origin there."""

T_TILTED_WORLD = rigid(np.array([[1.0, 0, 0], [0, -0.6, -0.8], [0, 0.8, -0.6]]), [0.1, 0.3, 0.2])
"""A reference with no axis near the vertical."""


def table(scene: Scene) -> Array:
    """(8, 3) centres of things on a table in the middle of the room, by hand."""
    middle = np.append(scene.frames[0].center_world[:2], 0.75)
    rng = np.random.default_rng(3)
    spread = rng.uniform(-0.4, 0.4, (8, 2))
    return middle + np.column_stack([spread, rng.uniform(0.0, 0.06, 8)])


def poses(scene: Scene) -> list[Array]:
    """Nine cameras around the table, at different heights."""
    middle = table(scene).mean(axis=0)
    return [
        look_at(middle + np.array([1.1 * math.cos(a), math.sin(a), 0.5 + 0.1 * k]), middle)
        for k, a in enumerate(np.linspace(0, 2 * math.pi, 9, endpoint=False))
    ]


def euler_xyz(R: Array) -> list[float]:
    """Angles of Rz(c) Ry(b) Rx(a), as scipy's lower-case "xyz" has them."""
    a = math.atan2(R[2, 1], R[2, 2])
    b = -math.asin(max(-1.0, min(1.0, R[2, 0])))
    return [a, b, math.atan2(R[1, 0], R[0, 0])]


def write_scene(
    root: Path,
    scene: Scene,
    *,
    fold: str = "val",
    T_reference_world: Array = T_REFERENCE_WORLD,
    unit: float = 1.0,
    own_intrinsics: bool = False,
) -> Path:
    """Write labels and images; ``unit`` is how many of the files' units are a metre."""
    (root / "images").mkdir(parents=True)
    (root / "labels").mkdir()
    K = LENS.K.ravel().tolist()
    cameras = {}
    for k, T in enumerate(poses(scene), start=1):
        Image.fromarray(picture(scene, LENS, T)).save(root / "images" / f"{SCENE}-0{k}.jpg")
        uv, _ = project(LENS.K, transform_points(invert(T), table(scene)))
        pose = T_reference_world @ T
        things = {
            str(100 + i): {"pos": [u - 4, v - 3, u + 4, v + 3], "cls": i % 3, "subcls": i}
            for i, (u, v) in enumerate(uv.tolist())
            if 0 <= u < LENS.width and 0 <= v < LENS.height
        }
        cameras[str(k)] = {
            "pathname": f"{SCENE}-0{k}.jpg", "instances": things,
            "extrinsics": [*(pose[:3, 3] * unit), *euler_xyz(pose[:3, :3])],
        }  # fmt: skip
        if own_intrinsics:
            cameras[str(k)]["intrinsics"] = K
    document = {"scenes": {SCENE: {"cameras": cameras}}}
    if not own_intrinsics:
        document["intrinsics"] = {str(k): K for k in range(1, 10)}
    (root / "labels" / f"{fold}.json").write_text(json.dumps(document))
    return root
