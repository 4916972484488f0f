"""Write a simulated scene as a region of a Matterport3D house."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from layouts.world import colours, render
from sextant.geometry.lenses import brown_conrady
from sextant.geometry.projection import depth_to_points
from sextant.geometry.transforms import transform_points
from sextant.scenes import Camera, Scene
from sextant.sources.resampling import Rectifier

Array = NDArray[np.float64]

HOUSE = "17DRP5sb8fy"
PANORAMA = "00ebbf3782c64d74aaf7dd39cd561175"
ELSEWHERE = "352a92fb1f6d4b71b3aafcc74e196234"

LENS = Camera(96, 72, 70.0, 71.0, 47.0, 30.5)
"""The principal point is far from the middle row: counted from the wrong end, it shows."""

DISTORTION = (0.12, -0.09, 0.003, -0.002, 0.01)
"""k1 k2 p1 p2 k3, as in the intrinsics files."""


def write_house(
    root: Path, scene: Scene, *, original: bool = False, zipped: bool = False, floor: bool = True
) -> Path:
    """Write one house; region 3 is the simulated room, region 4 another one with one picture."""
    house = root / "v1" / "scans" / HOUSE
    files: dict[str, dict[str, bytes]] = {
        "house_segmentations": {f"{HOUSE}.house": house_text(scene, floor).encode()}
    }
    files |= original_set(scene) if original else undistorted_set(scene)
    for kind, found in files.items():
        if zipped:
            house.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(house / f"{kind}.zip", "w") as archive:
                for name, data in found.items():
                    archive.writestr(f"{HOUSE}/{kind}/{name}", data)
        else:
            (house / kind).mkdir(parents=True)
            for name, data in found.items():
                (house / kind / name).write_bytes(data)
    return house


def undistorted_set(scene: Scene) -> dict[str, dict[str, bytes]]:
    lines = ["dataset matterport", f"n_images {len(scene.frames) + 1}"]
    lines += ["depth_directory undistorted_depth_images", ""]
    K = LENS.K.copy()
    K[1, 2] = LENS.height - K[1, 2]  # rows from the bottom
    lines.append("intrinsics_matrix " + " ".join(f"{x:.9g}" for x in K.ravel()))
    color, depth = {}, {}
    for k, frame in enumerate([*scene.frames, scene.frames[0]]):
        name = PANORAMA if k < len(scene.frames) else ELSEWHERE
        T = frame.T_world_camera @ np.diag([1.0, -1.0, -1.0, 1.0])
        numbers = " ".join(f"{x:.9g}" for x in T.ravel())
        lines.append(f"scan {name}_d1_{k}.png {name}_i1_{k}.jpg {numbers}")
        color[f"{name}_i1_{k}.jpg"] = _encoded(frame.read_rgb(), "JPEG")
        depth[f"{name}_d1_{k}.png"] = _encoded(_steps(frame.read_depth()), "PNG")
    conf = "\n".join([*lines, ""]).encode()
    return {
        "undistorted_camera_parameters": {f"{HOUSE}.conf": conf},
        "undistorted_color_images": color,
        "undistorted_depth_images": depth,
    }


def original_set(scene: Scene) -> dict[str, dict[str, bytes]]:
    """Pictures as a bent lens takes them, made by looking along each pixel's ray."""
    pose, color, depth, intrinsics = {}, {}, {}, {}
    numbers = [LENS.width, LENS.height, LENS.fx, LENS.fy, LENS.cx, LENS.cy, *DISTORTION]
    intrinsics[f"{PANORAMA}_intrinsics_1.txt"] = " ".join(map(str, numbers)).encode()
    for k, frame in enumerate(scene.frames):
        text = "\n".join(" ".join(f"{x:.9g}" for x in row) for row in frame.T_world_camera)
        pose[f"{PANORAMA}_pose_1_{k}.txt"] = text.encode()
        depth_m = bent(scene, frame.T_world_camera)
        points = transform_points(frame.T_world_camera, stored_rays() * depth_m[..., None])
        color[f"{PANORAMA}_i1_{k}.jpg"] = _encoded(colours(points), "JPEG")
        depth[f"{PANORAMA}_d1_{k}.png"] = _encoded(_steps(depth_m), "PNG")
    return {
        "matterport_camera_poses": pose,
        "matterport_camera_intrinsics": intrinsics,
        "matterport_color_images": color,
        "matterport_depth_images": depth,
    }


def stored_rays() -> Array:
    """(H, W, 3) rays of the stored pixels, by undoing the distortion step by step."""
    k1, k2, p1, p2, k3 = DISTORTION
    straight = depth_to_points(LENS.K, np.ones((LENS.height, LENS.width)))
    target, xy = straight[..., :2], straight[..., :2].copy()
    for _ in range(80):
        rays = np.concatenate([xy, np.ones((*xy.shape[:2], 1))], axis=-1)
        xy = xy - 0.7 * (brown_conrady(rays, [k1, k2, k3], [p1, p2]) - target)
    return np.concatenate([xy, np.ones((*xy.shape[:2], 1))], axis=-1)


def bent(scene: Scene, T: Array) -> Array:
    """z-depth along the stored rays, nearest of a four times finer pinhole picture."""
    fine = Camera(4 * 120, 4 * 96, 4 * LENS.fx, 4 * LENS.fy, 4 * 59.0, 4 * 42.5)
    raster = render(scene, fine, T).depth_m
    rays = stored_rays()

    def pinhole(_: Array) -> Array:
        return rays[..., :2] * [fine.fx, fine.fy] + [fine.cx, fine.cy]

    return Rectifier(pinhole, fine.width, fine.height, LENS).nearest(raster).astype(float)


def house_text(scene: Scene, floor: bool) -> str:
    zeros = " 0 0 0 0 0"
    lines = ["ASCII 1.0", f"H {HOUSE} - 1 1 4 1 0 9 9 5 0 1{zeros} 0 0 0 1 1 1{zeros}"]
    lines.append(f"L 0 5 - 0 0 0 0 0 0 1 1 1{zeros}")
    for index, label in ((3, "b"), (4, "k")):
        lines.append(f"R {index} 0 0 0 {label} 0 0 0 0 0 0 1 1 1 2.5 0 0 0 0")
    lines.append("P 0 3 4 - 0 0 0 1 1 1 0 0 0 0")  # a portal, which begins with P as well
    if floor:
        lines.append(f"S 0 3 0 f 0 0 0 0 0 1 0 0 0 1 1 1{zeros}")
        # Clockwise, so that a reader must turn it round.
        for i, (x, y) in enumerate(scene.room.floor_polygon[::-1]):
            lines.append(f"V {i} 0 f {x:.9g} {y:.9g} {scene.room.floor_z_m} 0 0 1 0 0 0")
    lines.append(f"P {PANORAMA} 0 3 0 0 0 1.5{zeros}")
    lines.append(f"P {ELSEWHERE} 1 4 0 0 0 1.5{zeros}")
    names = sorted({o.category for o in scene.objects})
    for i, name in enumerate([*names, "wall"]):
        lines.append(f"C {i} {i + 50} {name.replace(' ', '#')} 39 objects{zeros}")
    eights = " 0 0 0 0 0 0 0 0"
    for i, o in enumerate(scene.objects):
        R = o.box.R_world_box
        numbers = [*o.box.center, *R[:, 0], *R[:, 1], *(o.box.size_m / 2)]
        text = " ".join(f"{x:.9g}" for x in numbers)
        lines.append(f"O {i} 3 {names.index(o.category)} {text}{eights}")
    n = len(scene.objects)
    lines.append(f"O {n} 3 {len(names)} 0 0 1 1 0 0 0 1 0 3 0.1 2{eights}")  # a wall
    lines.append(f"O {n + 1} 3 0 0 0 0 1 0 0 0 1 0 0 0 0{eights}")  # cut away
    lines.append(f"O {n + 2} 4 0 0 0 1 1 0 0 0 1 0 0.3 0.4 0.5{eights}")  # of the other region
    return "\n".join([*lines, ""])


def _steps(depth_m: NDArray) -> NDArray[np.uint16]:
    return np.nan_to_num(np.rint(depth_m * 4000)).astype(np.uint16)


def _encoded(raster: NDArray, kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(raster).save(file, kind, **({"quality": 95} if kind == "JPEG" else {}))
    return file.getvalue()
