"""Write any scene into the posed_rgbd layout."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.errors import OutputError
from sextant.scenes import Camera, Frame, Scene, SceneObject
from sextant.sources.posed_rgbd.arrays import ply_bytes
from sextant.sources.posed_rgbd.layout import FORMAT, VERSION

DEPTH_UNIT_M = 0.001
MAX_STORED = 65535


def write_scene(scene: Scene, folder: Path, jpeg_quality: int | None = None) -> Path:
    """Write a scene so that ``posed_rgbd`` reads it back equal.

    Pictures are kept exactly (PNG; or nearly, as JPEG, which is smaller), depth to half a
    millimetre (beyond 65.535 m it becomes invalid), ids, boxes, poses and surfaces exactly. The
    folder's name becomes the scene's id.

    Args:
        scene: The scene; all its frames' arrays are read, one frame at a time.
        folder: The scene's own folder, new or empty.
        jpeg_quality: Write pictures as JPEG of this quality, 1..95; None = PNG.

    Returns:
        The folder.

    Raises:
        OutputError: If the folder is taken, or an id does not fit 16 bits.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(
            "the scene's folder is taken", where=folder, hint="give a new or an empty folder"
        )
    # Under another name until it is whole, so that no reader ever meets half a scene.
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        for name in ("frames", "surfaces"):
            (partial / name).mkdir(parents=True)
        frames = [_write_frame(f, k, partial, jpeg_quality) for k, f in enumerate(scene.frames)]
        objects = [_write_object(o, k, partial) for k, o in enumerate(scene.objects)]
        (partial / "frames.jsonl").write_text(
            "".join(json.dumps(f) + "\n" for f in frames), encoding="utf-8"
        )
        (partial / "objects.json").write_text(json.dumps(objects, indent=1), encoding="utf-8")
        record = _scene_record(scene)
        if scene.shell is not None:
            record["shell"] = "surfaces/shell.ply"
            data = ply_bytes(scene.shell.vertices_world, scene.shell.faces)
            (partial / "surfaces" / "shell.ply").write_bytes(data)
        (partial / "scene.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        os.replace(partial, folder)
    except OSError as error:
        raise OutputError("scene cannot be written", where=folder, got=error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _scene_record(scene: Scene) -> dict[str, Any]:
    room = scene.room
    complete = scene.complete_categories
    return {
        "format": FORMAT,
        "version": VERSION,
        "source": scene.source,
        "license": scene.license,
        "split": scene.split,
        "is_metric": scene.is_metric,
        "world_up": "z",
        "camera_axes": "opencv",
        "depth_unit_m": DEPTH_UNIT_M,
        "depth_kind": "z",
        "invalid_depth": [0],
        "room": {
            "floor_polygon": None if room.floor_polygon is None else room.floor_polygon.tolist(),
            "floor_height_m": room.floor_z_m,
            "area_m2": room.area_m2,
            "kind": room.kind,
        },
        "complete_categories": "all" if complete is None else sorted(complete),
        "rescan_of": scene.rescan_of,
        "rescan_objects": dict(scene.rescan_objects),
        "is_simulated": scene.is_simulated,
        "notes": dict(scene.notes),
    }


def _write_frame(
    frame: Frame, index: int, folder: Path, jpeg_quality: int | None
) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": frame.id,
        "T_world_camera": frame.T_world_camera.tolist(),
        "timestamp_s": frame.timestamp_s,
        "intrinsics": _intrinsics(frame.camera),
    }
    # Numbered names: a frame's id may hold anything, a file name may not.
    stem = f"frames/{index:06d}"
    if frame.read_rgb is not None:
        image = Image.fromarray(frame.read_rgb())
        if jpeg_quality is None:
            record["image"] = f"{stem}.rgb.png"
            image.save(folder / record["image"])
        else:
            record["image"] = f"{stem}.rgb.jpg"
            image.save(folder / record["image"], quality=jpeg_quality, subsampling=0)
    if frame.read_depth is not None:
        record["depth"] = f"{stem}.depth.png"
        Image.fromarray(_stored_depth(frame.read_depth())).save(folder / record["depth"])
    if frame.read_instances is not None:
        record["instances"] = f"{stem}.instances.png"
        ids = frame.read_instances()
        if ids.size and (ids.min() < 0 or ids.max() > MAX_STORED):
            raise OutputError(
                "instance values do not fit 16 bits",
                where=f"frame {frame.id}",
                expected=f"0..{MAX_STORED}",
                got=f"{ids.min()}..{ids.max()}",
            )
        Image.fromarray(ids.astype(np.uint16)).save(folder / record["instances"])
    return record


def _stored_depth(depth_m: NDArray[np.float32]) -> NDArray[np.uint16]:
    steps = np.rint(depth_m.astype(np.float64) / DEPTH_UNIT_M)
    with np.errstate(invalid="ignore"):
        valid = np.isfinite(steps) & (depth_m > 0) & (steps <= MAX_STORED)
    # What is nearer than half a millimetre must not turn into 0, which means invalid.
    return np.where(valid, np.maximum(steps, 1), 0).astype(np.uint16)


def _intrinsics(camera: Camera) -> dict[str, Any]:
    return {
        "width": camera.width,
        "height": camera.height,
        "fx": float(camera.fx),
        "fy": float(camera.fy),
        "cx": float(camera.cx),
        "cy": float(camera.cy),
    }


def _write_object(o: SceneObject, index: int, folder: Path) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": o.id,
        "category": o.category,
        "center": o.box.center.tolist(),
        "size_m": o.box.size_m.tolist(),
        "rotation": o.box.R_world_box.tolist(),
        "front": None if o.front_world is None else o.front_world.tolist(),
        "instance_value": int(o.instance_value),
        "is_person": o.is_person,
        "attributes": dict(o.attributes),
    }
    if o.instance_value > MAX_STORED:
        raise OutputError("instance value does not fit 16 bits", where=f"object {o.id}")
    if o.mesh is not None:
        record["mesh"] = f"surfaces/{index:06d}.ply"
        data = ply_bytes(o.mesh.vertices_world, o.mesh.faces)
        (folder / record["mesh"]).write_bytes(data)
    elif o.points_world is not None:
        record["points"] = f"surfaces/{index:06d}.ply"
        (folder / record["points"]).write_bytes(ply_bytes(o.points_world, None))
    return record
