"""Frames of a ScanNet++ scene: the iPhone's walk, then the camera's stills."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.errors import ConventionError, CorruptInput, InputError
from sextant.geometry.axes import pose_from_opengl
from sextant.scenes import Camera, Frame
from sextant.scenes.camera import MAX_LENGTH
from sextant.scenes.checks import project_pose
from sextant.sources.colmap.lenses import lens_of
from sextant.sources.colmap.model import read_cameras, read_images
from sextant.sources.depth_maps import metres
from sextant.sources.documents import read_json_object, resolve_inside, shown
from sextant.sources.images import check_size, decoded, image_size, opened, read_uint16
from sextant.sources.quarantine import Quarantine
from sextant.sources.resampling import nearest_onto
from sextant.sources.scannetpp.depth_bin import HEIGHT, WIDTH, read_depth
from sextant.sources.scannetpp.layout import listed_pictures
from sextant.sources.stored_lens import StoredLens, read_rgb
from sextant.sources.video import read_frame, video_size

Array = NDArray[np.float64]
Made = tuple[tuple[Frame, ...], dict[str, str]]

STATED_SIZE = (1920, 1440)
"""Size that the iPhone's intrinsics speak of."""

FRAME_SIZE = (3 * WIDTH, 3 * HEIGHT)
"""Size of the iPhone's frames: three pixels for one of its depth maps, 768x576."""

MAX_APART_M = 0.5
MAX_APART_RAD = math.radians(30.0)
"""How far the median of the iPhone's poses may be from COLMAP's before they are another thing."""

_FRAME = re.compile(r"frame_(\d{6,9})")
_SECONDS = 1.0 / 60.0

M_FILES_NERFSTUDIO = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
"""Turns the world of ScanNet++'s transforms.json into that of its meshes; its own inverse."""


@dataclass(frozen=True, slots=True)
class _Walked:
    index: int
    time_s: float | None
    T_world_camera: Array
    camera: Camera


def iphone_frames(folder: Path) -> Made:
    """Return the iPhone's frames in order, and notes on those that are left out.

    Raises:
        InputError: If poses are broken, of another convention than COLMAP's, or pictures missing.
    """
    path = folder / "pose_intrinsic_imu.json"
    records = read_json_object(path)
    pictures = _decoded_frames(folder / "rgb")
    video = folder / "rgb.mkv"
    stored = image_size(next(iter(pictures.values()))) if pictures else video_size(video)
    quarantine = Quarantine("frames")
    lost = 0
    kept: list[tuple[str, Any]] = []
    for name, record in records.items():
        pose = record.get("aligned_pose") if isinstance(record, Mapping) else None
        if _is_lost(pose):
            lost += 1
        elif not pictures or name in pictures:
            kept.append((name, record))
    walked = [w for _, w in quarantine.sift(kept, partial(_walked, path, stored))]
    quarantine.check()
    if not walked:
        raise ConventionError(
            "no frame of the video has a pose", where=path, got=f"{len(records)} records"
        )
    walked.sort(key=lambda w: w.index)
    notes = {"iphone_frames_without_pose": str(lost)} if lost else {}
    notes |= _held_against_colmap(folder, walked)
    depth = _depth_source(folder)
    if depth is None:
        notes["iphone_depth"] = "none: missing depth.bin"
    timed = all(w.time_s is not None for w in walked)
    start = walked[0].time_s or 0.0
    frames = tuple(
        Frame(
            id=f"iphone/frame_{w.index:06d}",
            camera=w.camera,
            T_world_camera=w.T_world_camera,
            timestamp_s=(w.time_s or 0.0) - start if timed else w.index * _SECONDS,
            read_rgb=partial(
                read_still, pictures[f"frame_{w.index:06d}"], stored, w.camera
            ) if pictures else partial(read_moment, video, w.index, stored, w.camera),
            read_depth=None if depth is None else partial(depth, w.index, w.camera),
        )
        for w in walked
    )  # fmt: skip
    return frames, notes | quarantine.notes


def dslr_frames(folder: Path) -> Made:
    """Return the camera's stills, straightened, and notes on those that are left out.

    Raises:
        InputError: If the model is broken, or more than a fifth of the pictures.
    """
    if (folder / "colmap" / "images.txt").is_file():
        posed = _of_colmap(folder / "colmap")
    else:
        posed = _of_nerfstudio(folder / "nerfstudio" / "transforms.json")
    listed = listed_pictures(folder)
    inside = folder / "resized_images"
    unlisted = [name for name in posed if listed is not None and name not in listed]
    there = {p.name for p in inside.iterdir()}
    absent = [n for n in posed if n not in there and n not in unlisted]
    chosen = sorted(n for n in posed if n in there and n not in unlisted)
    quarantine = Quarantine("dslr_pictures")

    def read(name: str) -> Frame:
        where = f"{inside}/{name}"
        lens, T = posed[name]
        return Frame(
            id=f"dslr/{Path(name).stem}",
            camera=lens.pinhole,
            T_world_camera=project_pose(T, where=where)[0],
            read_rgb=partial(read_rgb, resolve_inside(inside, name, where), lens),
        )

    frames = tuple(frame for _, frame in quarantine.sift(chosen, read))
    quarantine.check()
    counts = {"dslr_pictures_unlisted": len(unlisted), "dslr_pictures_missing": len(absent)}
    notes = {name: str(n) for name, n in counts.items() if n}
    return frames, notes | quarantine.notes


def read_still(path: Path, stored: tuple[int, int], camera: Camera) -> NDArray[np.uint8]:
    """Return a decoded frame of the video at the size of its camera, (H, W, 3) uint8."""
    with opened(path) as image:
        check_size(image, stored, path)
        return _sized(decoded(image, path, "RGB"), camera)


def read_moment(
    video: Path, index: int, stored: tuple[int, int], camera: Camera
) -> NDArray[np.uint8]:
    """Return a frame of the video at the size of its camera, (H, W, 3) uint8."""
    image = read_frame(video, index)
    check_size(image, stored, f"{video}: frame {index}")
    return _sized(image, camera)


def read_packed_depth(path: Path, index: int, camera: Camera) -> NDArray[np.float32]:
    """Return a depth map of depth.bin on the raster of a camera, (H, W) float32 metres."""
    return _spread(read_depth(path, index), camera)


def read_depth_picture(folder: Path, index: int, camera: Camera) -> NDArray[np.float32]:
    """Return a depth map that the toolbox wrote as a picture, (H, W) float32 metres."""
    path = folder / f"frame_{index:06d}.png"
    return _spread(metres(read_uint16(path, (WIDTH, HEIGHT)), 0.001, path), camera)


def _sized(image: Image.Image, camera: Camera) -> NDArray[np.uint8]:
    size = (camera.width, camera.height)
    same = image.size == size
    return np.array(image if same else image.resize(size, Image.Resampling.BOX), dtype=np.uint8)


def _spread(depth_m: NDArray[np.float32], camera: Camera) -> NDArray[np.float32]:
    """Return the nearest depth of every pixel; another size of the same view."""
    sx, sy = WIDTH / camera.width, HEIGHT / camera.height
    own = Camera(WIDTH, HEIGHT, camera.fx * sx, camera.fy * sy, camera.cx * sx, camera.cy * sy)
    return nearest_onto(depth_m, own, camera)


def _decoded_frames(folder: Path) -> dict[str, Path]:
    """Return the pictures that the toolbox decoded from the video, by frame."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    endings = (".jpg", ".jpeg", ".png")
    return {p.stem: p for p in found if _FRAME.fullmatch(p.stem) and p.suffix.lower() in endings}


def _depth_source(folder: Path) -> Any:
    if (folder / "depth.bin").is_file():
        return partial(read_packed_depth, folder / "depth.bin")
    if (folder / "depth").is_dir():
        return partial(read_depth_picture, folder / "depth")
    return None


def _is_lost(pose: Any) -> bool:
    try:
        T = np.array(pose, dtype=np.float64)
    except (TypeError, ValueError):
        return False
    return T.shape == (4, 4) and not bool(np.all(np.isfinite(T)))


def _walked(path: Path, stored: tuple[int, int], entry: tuple[str, Any]) -> _Walked:
    name, record = entry
    where = f"{path}: {name}"
    match = _FRAME.fullmatch(name)
    if match is None or not isinstance(record, Mapping):
        raise CorruptInput("no record of a frame", where=where)
    T = _matrix(record, "aligned_pose", (4, 4), where)
    K = _matrix(record, "intrinsic", (3, 3), where)
    width, height = (min(a, b) for a, b in zip(FRAME_SIZE, stored, strict=True))
    sx, sy = width / STATED_SIZE[0], height / STATED_SIZE[1]
    try:
        camera = Camera(
            width, height, float(K[0, 0]) * sx, float(K[1, 1]) * sy,
            float(K[0, 2]) * sx, float(K[1, 2]) * sy,
        )  # fmt: skip
    except ConventionError as error:
        raise ConventionError(error.what, where=where, got=error.got, hint=error.hint) from error
    time = record.get("timestamp")
    known = isinstance(time, int | float) and not isinstance(time, bool) and math.isfinite(time)
    time_s = float(time) if known and time is not None else None
    return _Walked(int(match[1]), time_s, project_pose(T, where=where)[0], camera)


def _matrix(record: Mapping[str, Any], field: str, shape: tuple[int, int], where: str) -> Array:
    try:
        numbers = np.array(record.get(field), dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptInput(f"no usable {field}", where=where, got=error) from error
    if numbers.shape != shape:
        raise CorruptInput(f"no usable {field}", where=where, got=numbers.shape)
    if not np.all(np.abs(numbers) < MAX_LENGTH):
        raise ConventionError(f"{field} holds NaN, infinity, or numbers beyond reason", where=where)
    return numbers


def _held_against_colmap(folder: Path, walked: list[_Walked]) -> dict[str, str]:
    """Refuse poses that COLMAP's contradict; both are said to be in the mesh's world."""
    try:
        images, _ = read_images(folder / "colmap")
    except InputError:
        return {}
    theirs = {Path(image.name).stem: image.T_world_camera for image in images}
    pairs = [
        (w.T_world_camera, theirs[f"frame_{w.index:06d}"])
        for w in walked
        if f"frame_{w.index:06d}" in theirs
    ]
    if not pairs:
        return {}
    apart_m = float(np.median([np.linalg.norm(a[:3, 3] - b[:3, 3]) for a, b in pairs]))
    cosine = float(np.median([a[:3, 2] @ b[:3, 2] for a, b in pairs]))
    turned_rad = math.acos(max(-1.0, min(1.0, cosine)))
    if apart_m > MAX_APART_M or turned_rad > MAX_APART_RAD:
        raise ConventionError(
            "aligned_pose and COLMAP's poses do not agree",
            where=folder,
            expected=f"within {MAX_APART_M:g} m and {math.degrees(MAX_APART_RAD):g} degrees",
            got=f"{apart_m:.2f} m and {math.degrees(turned_rad):.0f} degrees (medians)",
            hint="another release of the dataset, or poses that a tool has rewritten",
        )
    return {"iphone_poses_off_colmap": f"{apart_m:.3f} m (median of {len(pairs)})"}


def _of_colmap(folder: Path) -> dict[str, tuple[StoredLens, Array]]:
    cameras = read_cameras(folder)
    images, _ = read_images(folder)
    unknown = {i.camera_id for i in images} - set(cameras)
    if unknown:
        raise ConventionError("image of an unknown camera", where=folder, got=sorted(unknown)[:5])
    return {Path(i.name).name: (cameras[i.camera_id], i.T_world_camera) for i in images}


def _of_nerfstudio(path: Path) -> dict[str, tuple[StoredLens, Array]]:
    document = read_json_object(path)
    fields = ("fl_x", "fl_y", "cx", "cy", "k1", "k2", "k3", "k4")
    try:
        params = tuple(float(document[field]) for field in fields)
        size = int(document["w"]), int(document["h"])
        frames = [*document["frames"], *document.get("test_frames", [])]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise CorruptInput("no usable camera", where=path, got=repr(error)) from error
    model = document.get("camera_model")
    if model != "OPENCV_FISHEYE":
        raise ConventionError(
            "DSLR pictures must be fisheye", where=path, expected="OPENCV_FISHEYE",
            got=shown(model),
        )  # fmt: skip
    lens = lens_of("OPENCV_FISHEYE", *size, params, str(path))
    found = {}
    for number, record in enumerate(frames):
        where = f"{path}: frame {number}"
        if not isinstance(record, Mapping) or not isinstance(record.get("file_path"), str):
            raise CorruptInput("frame has no file_path", where=where)
        T = pose_from_opengl(_matrix(record, "transform_matrix", (4, 4), where))
        T[:3] = M_FILES_NERFSTUDIO @ T[:3]
        found[Path(record["file_path"]).name] = (lens, T)
    return found
