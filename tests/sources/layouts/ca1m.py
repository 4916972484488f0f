"""Write a simulated scene as CA-1M would hold it: one tar of a capture."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from layouts.world import render
from sextant.geometry.transforms import invert, rigid, yaw_rotation
from sextant.scenes import Camera, Scene

Array = NDArray[np.float64]

VIDEO = "42898570"
START_NS = 6_034_102_991_125

T_SCAN_WORLD = rigid(yaw_rotation(0.8), [2.0, -1.0, 0.5])
"""The scanner stood somewhere; its frame is level."""

T_TILTED_WORLD = rigid(np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]), [0.1, 0.2, 0.3])
"""A frame that is not Z up."""


def write_capture(
    root: Path,
    scene: Scene,
    *,
    fold: str = "val",
    world: bool = True,
    laser: bool = True,
    sizes: bool = True,
    gravity: bool = True,
    T_scan_world: Array = T_SCAN_WORLD,
    change: object = None,
) -> Path:
    """Write one archive; ``change`` may alter the members before they are written."""
    members: dict[str, bytes] = {}
    for k, frame in enumerate(scene.frames):
        stamp = f"{VIDEO}/{START_NS + 100_000_000 * k}"
        T = T_scan_world @ frame.T_world_camera
        camera = frame.camera
        members[f"{stamp}.wide/image.png"] = png(frame.read_rgb())
        members[f"{stamp}.wide/image/K.json"] = text(camera.K.tolist())
        own = [instance(o, invert(frame.T_world_camera)) for o in scene.objects]
        members[f"{stamp}.wide/instances.json"] = text(own)
        if gravity:
            members[f"{stamp}.wide/T_gravity.json"] = text(level_to_camera(frame).tolist())
        members[f"{stamp}.gt/RT.json"] = text(T.tolist())
        for key, factor in (("gt/depth", 2), ("wide/depth", 4)):
            if key == "gt/depth" and not laser:
                continue
            small = shrunk(camera, factor)
            raw = np.rint(np.nan_to_num(render(scene, small, frame.T_world_camera).depth_m) * 1000)
            members[f"{stamp}.{key}.png"] = png(raw.astype(np.uint16))
            members[f"{stamp}.{key}/K.json"] = text(small.K.tolist())
            if sizes:
                size = text([small.width, small.height])
                members[f"{stamp}._{key}/size.json"] = size
        if sizes:
            members[f"{stamp}._wide/image/size.json"] = text([camera.width, camera.height])
    if world:
        everything = [instance(o, T_scan_world) for o in scene.objects]
        everything.append({**everything[0], "id": "wall-1", "category": "wall"})
        everything.append({**everything[0], "id": "door-1", "category": "door_frame"})
        members[f"{VIDEO}/world.gt/instances.json"] = text(everything)
    if change is not None:
        change(members)
    root.mkdir(parents=True, exist_ok=True)
    path = root / f"ca1m-{fold}-{VIDEO}.tar"
    with tarfile.open(path, "w") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


def shrunk(camera: Camera, n: int) -> Camera:
    """The same view with every n-th pixel."""
    return Camera(camera.width // n, camera.height // n, *(x / n for x in camera_numbers(camera)))


def camera_numbers(camera: Camera) -> tuple[float, float, float, float]:
    """fx, fy, cx, cy."""
    return camera.fx, camera.fy, camera.cx, camera.cy


def level_to_camera(frame: object) -> Array:
    """T_gravity: pitch and roll alone take it from y-down level axes to the camera's."""
    up = frame.T_world_camera[:3, :3].T @ [0.0, 0.0, 1.0]
    down = -up
    x = np.cross(down, [0.0, 0.0, 1.0])
    x /= np.linalg.norm(x)
    return np.stack([x, down, np.cross(x, down)], axis=1)


def instance(o: object, T: Array) -> dict:
    """A box in another frame: full lengths, columns of R as axes."""
    return {
        "id": o.id, "category": "object",
        "position": (T[:3, :3] @ o.box.center + T[:3, 3]).tolist(),
        "scale": o.box.size_m.tolist(), "R": (T[:3, :3] @ o.box.R_world_box).tolist(),
        "box_2d_rend": [0, 0, 1, 1], "box_2d_proj": [0, 0, 1, 1],
    }  # fmt: skip


def png(values: NDArray) -> bytes:
    """An image file in memory."""
    out = io.BytesIO()
    Image.fromarray(values).save(out, "PNG")
    return out.getvalue()


def text(document: object) -> bytes:
    """A JSON file in memory."""
    return json.dumps(document).encode()
