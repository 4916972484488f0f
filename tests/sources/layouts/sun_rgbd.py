"""Write simulated pictures as SUN RGB-D would hold them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from layouts.world import moved
from sextant.geometry.depth import rotate_bits
from sextant.geometry.transforms import rigid, yaw_rotation
from sextant.scenes import Scene

Array = NDArray[np.float64]

AUTHORS = "/n/fs/sun3d/data/SUNRGBD/"
FOLDERS = ("kv2/kinect2data/000001_a", "kv1/b3dodata/img_0063", "xtion/sun3ddata/hv_c1/0001")


def own_worlds(scene: Scene) -> list[Scene]:
    """One scene a frame, each in the world of its camera: at the origin, y ahead."""
    found = []
    for k, frame in enumerate(scene.frames[: len(FOLDERS)]):
        ahead = frame.forward_world
        R = yaw_rotation(np.pi / 2 - np.arctan2(ahead[1], ahead[0]))
        T = rigid(R, -R @ frame.center_world)
        whole = moved(scene, T)
        found.append(Scene(**{f: getattr(whole, f) for f in FIELDS}, frames=(whole.frames[k],)))
    return found


FIELDS = ("id", "source", "split", "license", "objects", "shell", "is_metric")


def write_pictures(root: Path, scenes: Sequence[Scene]) -> None:
    """Write pictures, depth, metadata and the split; the second picture is of the test set."""
    from scipy.io import savemat

    fields = ("sequenceName", "groundtruth3DBB", "Rtilt", "K", "depthpath", "rgbpath", "sensorType")
    meta = np.zeros((1, len(scenes)), dtype=[(name, object) for name in fields])
    for i, scene in enumerate(scenes):
        frame, folder = scene.frames[0], root / "SUNRGBD" / FOLDERS[i]
        for name in ("image", "depth_bfx"):
            (folder / name).mkdir(parents=True)
        Image.fromarray(frame.read_rgb()).save(folder / "image" / f"{i:07d}.jpg", quality=95)
        steps = np.nan_to_num(np.rint(frame.read_depth() * 1000)).astype(np.uint16)
        Image.fromarray(rotate_bits(steps)).save(folder / "depth_bfx" / f"{i:07d}.png")
        K = frame.camera.K.copy()
        K[:2, 2] += 0.5  # pixels are counted from 1
        camera_of_theirs = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])
        row = meta[0, i]
        row["sequenceName"] = f"SUNRGBD/{FOLDERS[i]}"
        row["Rtilt"] = frame.T_world_camera[:3, :3] @ camera_of_theirs
        row["K"] = K
        row["rgbpath"] = f"{AUTHORS}{FOLDERS[i]}/image/{i:07d}.jpg"
        row["depthpath"] = f"{AUTHORS}{FOLDERS[i]}/depth_bfx/{i:07d}.png"
        row["sensorType"] = "kv2"
        row["groundtruth3DBB"] = boxes(scene)
    savemat(root / "SUNRGBDMeta3DBB_v2.mat", {"SUNRGBDMeta": meta})
    lists = root / "SUNRGBDtoolbox" / "traintestSUNRGBD"
    lists.mkdir(parents=True)
    train = np.array([[f"{AUTHORS}{FOLDERS[0]}", f"{AUTHORS}{FOLDERS[2]}"]], dtype=object)
    test = np.array([[f"{AUTHORS}{FOLDERS[1]}"]], dtype=object)
    savemat(lists / "allsplit.mat", {"alltrain": train, "alltest": test})


def boxes(scene: Scene) -> NDArray:
    fields = ("basis", "coeffs", "centroid", "classname", "orientation")
    found = np.zeros((1, len(scene.objects)), dtype=[(name, object) for name in fields])
    for j, o in enumerate(scene.objects):
        box = found[0, j]
        box["basis"] = o.box.R_world_box.T
        # Some half lengths are negative in the published file.
        box["coeffs"] = (o.box.size_m / 2 * np.where(j % 3 == 0, [-1, 1, 1], 1)).reshape(1, 3)
        box["centroid"] = o.box.center.reshape(1, 3)
        box["classname"] = o.category.replace(" ", "_")
        box["orientation"] = o.box.R_world_box[:, 0].reshape(1, 3)
    return found
