"""Write a simulated scene as ARKitScenes would hold it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from sextant.geometry.quarter_turns import turn_raster
from sextant.geometry.rotations import axis_angle_from_rotation
from sextant.geometry.transforms import invert
from sextant.scenes import Scene
from sextant.sources.resampling import turned_camera, turned_pose

START = 6845.7
LABELS = {"tv": "tv_monitor", "washing machine": "washer"}


def write_scan(
    root: Path,
    scene: Scene,
    video: str = "40753679",
    *,
    fold: str = "Training",
    held: int = 1,
    raw: bool = False,
    late_s: float = 0.0,
    extra_pictures: int = 0,
) -> Path:
    """Write one scan; ``held`` quarter turns is how the device was held."""
    folder = root / ("raw" if raw else "3dod") / fold / video
    frames = folder if raw else folder / f"{video}_frames"
    for name in ("lowres_wide", "lowres_depth", "lowres_wide_intrinsics"):
        (frames / name).mkdir(parents=True)
    lines = []
    for k, frame in enumerate(scene.frames):
        time = START + 0.1 * k
        name = f"{video}_{time:.3f}"
        camera = turned_camera(frame.camera, held)
        T_camera_world = invert(turned_pose(frame.T_world_camera, held))
        rgb = turn_raster(frame.read_rgb(), held)
        Image.fromarray(rgb).save(frames / "lowres_wide" / f"{name}.png")
        depth = np.nan_to_num(np.rint(frame.read_depth() * 1000)).astype(np.uint16)
        Image.fromarray(turn_raster(depth, held)).save(frames / "lowres_depth" / f"{name}.png")
        # Every other pincam is a millisecond off its picture.
        pincam = frames / "lowres_wide_intrinsics" / f"{video}_{time - 0.001 * (k % 2):.3f}.pincam"
        K = [camera.fx, camera.fy, camera.cx, camera.cy]
        pincam.write_text(f"{camera.width} {camera.height} " + " ".join(map(str, K)))
        numbers = [*axis_angle_from_rotation(T_camera_world[:3, :3]), *T_camera_world[:3, 3]]
        lines.append(f"{time + late_s:.8f} " + " ".join(f"{x:.16g}" for x in numbers))
    for k in range(extra_pictures):
        name = f"{video}_{START + 0.05 + 0.1 * k:.3f}"
        Image.fromarray(rgb).save(frames / "lowres_wide" / f"{name}.png")
    (frames / "lowres_wide.traj").write_text("\n".join(lines) + "\n")
    write_annotation(folder / f"{video}_3dod_annotation.json", scene)
    return folder


def write_annotation(path: Path, scene: Scene) -> None:
    data = [
        {
            "uid": f"uid-{i}",
            "label": LABELS.get(o.category, o.category),
            "segments": {
                "obbAligned": {
                    "centroid": o.box.center.tolist(),
                    "axesLengths": o.box.size_m.tolist(),
                    "normalizedAxes": o.box.R_world_box.T.ravel().tolist(),
                }
            },
        }
        for i, o in enumerate(scene.objects)
    ]
    path.write_text(json.dumps({"data": data, "skipped": False}))
