"""Write any scene into the posed_rgbd layout."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.errors import OutputError
from sextant.scenes import Camera, Frame, Scene, SceneObject
from sextant.sources.posed_rgbd.arrays import ply_bytes
from sextant.sources.posed_rgbd.layout import FORMAT, VERSION
from sextant.sources.posed_rgbd.png import rgb_png, uint16_png

DEPTH_UNIT_M = 0.001
MAX_STORED = 65535

ENCODERS = 2
MAX_UNDER_WAY = 12
"""Files that wait to be encoded: enough that nobody idles, and few megabytes."""


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
    half = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(half, ignore_errors=True)
    try:
        for name in ("frames", "surfaces"):
            (half / name).mkdir(parents=True)
        frames = _write_frames(scene, half, jpeg_quality)
        objects = [_write_object(o, k, half) for k, o in enumerate(scene.objects)]
        (half / "frames.jsonl").write_text(
            "".join(json.dumps(f) + "\n" for f in frames), encoding="utf-8"
        )
        (half / "objects.json").write_text(json.dumps(objects, indent=1), encoding="utf-8")
        record = _scene_record(scene)
        if scene.shell is not None:
            record["shell"] = "surfaces/shell.ply"
            data = ply_bytes(scene.shell.vertices_world, scene.shell.faces)
            (half / "surfaces" / "shell.ply").write_bytes(data)
        (half / "scene.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        os.replace(half, folder)
    except OSError as error:
        raise OutputError("scene cannot be written", where=folder, got=error) from error
    finally:
        shutil.rmtree(half, ignore_errors=True)
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
        "things": {t.id: t.category for t in scene.things},
    }


def _write_frames(scene: Scene, folder: Path, jpeg_quality: int | None) -> list[dict[str, Any]]:
    """Write all frames and return their records.

    Frames are read one after another, as readers expect it; the one before is encoded meanwhile,
    which is the larger part of the work and holds no lock.
    """
    records: list[dict[str, Any]] = []
    under_way: deque[Future[None]] = deque()
    with ThreadPoolExecutor(ENCODERS, "encode") as encoders:
        for index, frame in enumerate(scene.frames):
            record, files = _frame_files(frame, index, jpeg_quality)
            records.append(record)
            for name, encode in files.items():
                under_way.append(encoders.submit(_write_file, folder / name, encode))
            while len(under_way) > MAX_UNDER_WAY:
                under_way.popleft().result()
        for written in under_way:
            written.result()
    return records


def _write_file(path: Path, encode: Callable[[], bytes]) -> None:
    path.write_bytes(encode())


def _frame_files(
    frame: Frame, index: int, jpeg_quality: int | None
) -> tuple[dict[str, Any], dict[str, Callable[[], bytes]]]:
    """Return a frame's record, and by name what makes each of its files; its arrays are read."""
    record: dict[str, Any] = {
        "id": frame.id,
        "T_world_camera": frame.T_world_camera.tolist(),
        "timestamp_s": frame.timestamp_s,
        "intrinsics": _intrinsics(frame.camera),
    }
    files: dict[str, Callable[[], bytes]] = {}
    # Numbered names: a frame's id may hold anything, a file name may not.
    stem = f"frames/{index:06d}"
    if frame.read_rgb is not None:
        rgb = frame.read_rgb()
        record["image"] = f"{stem}.rgb.{'png' if jpeg_quality is None else 'jpg'}"
        files[record["image"]] = (
            partial(rgb_png, rgb) if jpeg_quality is None else partial(_jpeg, rgb, jpeg_quality)
        )
    if frame.read_depth is not None:
        record["depth"] = f"{stem}.depth.png"
        files[record["depth"]] = partial(uint16_png, _stored_depth(frame.read_depth()))
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
        files[record["instances"]] = partial(uint16_png, ids.astype(np.uint16))
    if frame.read_landmarks is not None:
        record["landmarks"] = f"{stem}.landmarks.npy"
        files[record["landmarks"]] = partial(_npy, frame.read_landmarks())
    if frame.read_sightings is not None:
        record["sightings"] = {
            name: {"box": list(seen.box), "pixels": seen.pixels}
            for name, seen in frame.read_sightings().items()
        }
    return record, files


def _npy(array: NDArray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def _jpeg(rgb: NDArray[np.uint8], quality: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=quality, subsampling=0)
    return file.getvalue()


def _stored_depth(depth_m: NDArray[np.float32]) -> NDArray[np.uint16]:
    # float32 holds a 250th of a step at the far end, and takes a third of the time of float64.
    steps = np.rint(depth_m * np.float32(1.0 / DEPTH_UNIT_M))
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
