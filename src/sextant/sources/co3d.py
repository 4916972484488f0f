"""CO3D and CO3Dv2: videos round single things, with cameras and depth from structure from motion.

Conventions of the files:

- ``R``, ``T`` multiply row vectors, X_camera = X_world R + T, in PyTorch3D's camera (x left, y up).
- Focal length and principal point are in NDC: of the whole picture in v1
  (``ndc_norm_image_bounds``), of its shorter side in v2 (``ndc_isotropic``); the principal point
  counts leftwards and upwards.
- Sizes are height, width. Depth maps are 16-bit pictures whose bits are float16 numbers; these
  times ``scale_adjustment`` are z-depth, 0 and infinite ones invalid, and so is what the mask
  leaves out.
- The scale is the reconstruction's own and differs from video to video: nothing is metric.
- The world's axes are arbitrary; here +z is the direction that the cameras, on average, hold up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.geometry.axes import pose_from_pytorch3d
from sextant.geometry.transforms import rigid
from sextant.scenes import Camera, Frame, Scene
from sextant.scenes.checks import project_pose
from sextant.sources.documents import (
    parse_json,
    read_gzip,
    read_json_object,
    resolve_inside,
    shown,
    stamp,
)
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.images import read_rgb, read_uint16
from sextant.sources.quarantine import Quarantine
from sextant.sources.resampling import nearest_onto
from sextant.sources.source import Source, SourceOptions

Array = NDArray[np.float64]

NAME = "co3d"

FACTS = DatasetFacts(
    title="Common Objects in 3D (CO3D, CO3Dv2)",
    licence="CC BY-NC 4.0 (CO3D)",
    page="https://github.com/facebookresearch/co3d",
    terms="CC BY-NC 4.0: no commercial use",
    parts=(
        Part("<category> archives", "pictures, depth, cameras of a category", "5.5 TB (v2)"),
        Part("single-sequence subset", "the same of a few videos each", "8.9 GB", needed=False),
    ),
    layout=(
        "<root>/<category>/{frame,sequence}_annotations.jgz",
        "<root>/<category>/set_lists/*.json",
        "<root>/<category>/<sequence>/{images,depths,depth_masks}/...",
    ),
    supports=frozenset({"frames", "many_frames", "video", "depth"}),
    splits="set_lists of the few-view task: test sequences of dev are val, of test are test",
    countable="nothing: no object is labelled",
)

MAX_JSON_BYTES = 768 * 1024 * 1024
_HELD = 0.3


@dataclass(slots=True)
class Co3dSource:
    """The sequences of the categories under a root."""

    root: Path
    sequences: Mapping[str, Path]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return ``<category>/<sequence>``, sorted."""
        return tuple(self.sequences)

    def open(self, scene_id: str) -> Scene:
        """Make one video's frames; pictures and depth stay unread.

        Raises:
            InputError: If records are broken, more than a fifth of them, or no frame has a camera.
        """
        if scene_id not in self.sequences:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        path = self.sequences[scene_id]
        sequence = scene_id.partition("/")[2]
        records = _annotations(path, *stamp(path))[sequence]
        return _open_sequence(self.root, path, scene_id, records)

    def describe(self) -> str:
        """Say what was found."""
        categories = {i.partition("/")[0] for i in self.sequences}
        return f"CO3D: {len(self.sequences)} videos of {len(categories)} categories"


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open the folder of categories, or one category.

    Raises:
        MissingInput: If no frame_annotations.jgz is found there.
        InputError: If one cannot be read.
    """
    if root is not None and (root / "frame_annotations.jgz").is_file():
        root, files = root.parent, [root / "frame_annotations.jgz"]
    else:
        files = [] if root is None else sorted(root.glob("*/frame_annotations.jgz"))
    if root is None or not files:
        raise nothing_found(NAME, FACTS, root, "<category>/frame_annotations.jgz")
    found = {
        f"{path.parent.resolve().name}/{sequence}": path
        for path in files
        for sequence in _annotations(path, *stamp(path))
    }
    return Co3dSource(root, dict(sorted(found.items())[: options.scenes]))


def read_depth(path: Path, mask: Path | None, scale: float, camera: Camera) -> NDArray[np.float32]:
    """Return (H, W) z-depth in the reconstruction's own unit, NaN = invalid."""
    stored = read_uint16(path)
    with np.errstate(invalid="ignore", over="ignore"):
        depth = stored.view(np.float16).astype(np.float32) * np.float32(scale)
        depth[~(np.isfinite(depth) & (depth > 0))] = np.nan
    if mask is not None:
        # Masks have one bit or eight: as a colour picture both are 0 where nothing is valid.
        valid = read_rgb(mask, (depth.shape[1], depth.shape[0]))[..., 0] > 0
        depth[~valid] = np.nan
    height, width = depth.shape
    if (width, height) == (camera.width, camera.height):
        return depth
    sx, sy = width / camera.width, height / camera.height
    own = Camera(width, height, camera.fx * sx, camera.fy * sy, camera.cx * sx, camera.cy * sy)
    moved = nearest_onto(np.nan_to_num(depth, nan=0.0), own, camera)
    return np.where(moved > 0, moved, np.nan).astype(np.float32)


def intrinsics(viewpoint: Mapping[str, Any], width: int, height: int, where: str) -> Camera:
    """Return the pinhole of a viewpoint annotation in pixels.

    Raises:
        CorruptInput, ConventionError: If it holds no usable numbers, or an unknown format.
    """
    form = viewpoint.get("intrinsics_format", "ndc_norm_image_bounds")
    half = np.array([width / 2.0, height / 2.0])
    if form == "ndc_norm_image_bounds":
        rescale = half
    elif form == "ndc_isotropic":
        rescale = np.full(2, half.min())
    else:
        raise ConventionError("unknown intrinsics_format", where=where, got=str(form)[:80])
    focal = _numbers(viewpoint.get("focal_length"), (2,), f"{where}: focal_length") * rescale
    point = _numbers(viewpoint.get("principal_point"), (2,), f"{where}: principal_point")
    center = half - point * rescale
    return Camera(width, height, float(focal[0]), float(focal[1]), float(center[0]),
                  float(center[1]))  # fmt: skip


def _open_sequence(
    root: Path, path: Path, scene_id: str, records: Sequence[Mapping[str, Any]]
) -> Scene:
    quarantine = Quarantine("frames")
    posed = [r for r in records if isinstance(r.get("viewpoint"), Mapping)]
    missing: list[str] = []

    def read(record: Mapping[str, Any]) -> Frame | None:
        number = record.get("frame_number")
        where = f"{path}: {scene_id} frame {shown(number)}"
        image = record.get("image")
        name = image.get("path") if isinstance(image, Mapping) else None
        if not (isinstance(image, Mapping) and isinstance(number, int) and isinstance(name, str)):
            raise CorruptInput("frame has no number or no image", where=where)
        height, width = (int(n) for n in _numbers(image.get("size"), (2,), f"{where}: image.size"))
        camera = intrinsics(record["viewpoint"], width, height, where)
        R = _numbers(record["viewpoint"].get("R"), (3, 3), f"{where}: R")
        T = _numbers(record["viewpoint"].get("T"), (3,), f"{where}: T")
        pose, _ = project_pose(pose_from_pytorch3d(R, T), where=where)
        try:
            picture = resolve_inside(root, name, where)
        except MissingInput:
            missing.append(name)
            return None
        time = record.get("frame_timestamp")
        timed = isinstance(time, (int, float)) and math.isfinite(time) and time >= 0
        return Frame(
            id=f"{number:06d}",
            camera=camera,
            T_world_camera=pose,
            timestamp_s=float(time) if timed and time is not None else None,
            read_rgb=partial(read_rgb, picture, (width, height)),
            read_depth=_depth_reader(root, record.get("depth"), camera, where),
        )

    frames = [f for _, f in quarantine.sift(posed, read) if f is not None]
    quarantine.check()
    if not frames:
        if missing:
            raise incomplete(NAME, FACTS, path.parent, missing[:3], "its pictures")
        raise ConventionError("no frame has a camera", where=f"{path}: {scene_id}")
    up = -np.mean([f.T_world_camera[:3, 1] for f in frames], axis=0)
    level = _rotation_to_z(up)
    turned = tuple(
        sorted((_turned(f, level) for f in frames), key=lambda f: (f.timestamp_s or 0.0, f.id))
    )
    split, guess = _split(path.parent / "set_lists", scene_id.partition("/")[2])
    held = float(np.linalg.norm(up)) > _HELD
    notes = {
        "up": "as the cameras were held, on average" if held else "unknown",
        "scale": "the reconstruction's own",
    }
    counts = {
        "frames_without_pose": len(records) - len(posed),
        "frames_without_files": len(missing),
    }
    notes |= {k: str(n) for k, n in counts.items() if n} | quarantine.notes
    return Scene(
        id=scene_id,
        source=NAME,
        split=split,
        license=FACTS.licence,
        frames=turned,
        is_metric=False,
        notes=notes | ({"split": guess} if guess else {}),
    )


def _depth_reader(root: Path, record: Any, camera: Camera, where: str) -> Any:
    if not isinstance(record, Mapping) or not isinstance(record.get("path"), str):
        return None
    scale = record.get("scale_adjustment", 1.0)
    if not isinstance(scale, (int, float)) or not (math.isfinite(scale) and scale > 0):
        raise ConventionError("scale_adjustment must be positive", where=where, got=scale)
    try:
        path = resolve_inside(root, record["path"], where)
    except MissingInput:
        return None
    mask: Path | None = None
    if isinstance(record.get("mask_path"), str):
        try:
            mask = resolve_inside(root, record["mask_path"], where)
        except MissingInput:
            mask = None
    return partial(read_depth, path, mask, float(scale), camera)


def _turned(frame: Frame, level: Array) -> Frame:
    T = project_pose(rigid(level, np.zeros(3)) @ frame.T_world_camera, where=frame.id)[0]
    return Frame(frame.id, frame.camera, T, frame.timestamp_s, frame.read_rgb, frame.read_depth)


def _rotation_to_z(up: Array) -> Array:
    """Return the smallest rotation that brings a direction to +z; none for no direction."""
    norm = float(np.linalg.norm(up))
    if norm <= _HELD:
        return np.eye(3)
    u = up / norm
    axis = np.array([u[1], -u[0], 0.0])  # u x z
    if u[2] < -1 + 1e-9:
        return np.diag([1.0, -1.0, -1.0])
    K = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.asarray(np.eye(3) + K + K @ K / (1.0 + u[2]))


def _split(folder: Path, sequence: str) -> tuple[str, str]:
    for fold, split in (("test", "test"), ("dev", "val")):
        for path in sorted(folder.glob(f"set_lists_fewview_{fold}.json")):
            if sequence in _listed(path, *stamp(path)):
                return split, ""
    return "train", "" if folder.is_dir() else "guessed: there are no set_lists"


@lru_cache(maxsize=64)
def _listed(path: Path, size: int, mtime_ns: int) -> frozenset[str]:
    del size, mtime_ns
    rows = read_json_object(path).get("test", [])
    if not isinstance(rows, list):
        raise CorruptInput("set list is no list", where=path)
    return frozenset(str(row[0]) for row in rows if isinstance(row, list) and row)


@lru_cache(maxsize=4)
def _annotations(path: Path, size: int, mtime_ns: int) -> Mapping[str, list[Mapping[str, Any]]]:
    del size, mtime_ns  # part of the key: a replaced file is read anew
    try:
        text = read_gzip(path, MAX_JSON_BYTES).decode("utf-8")
    except UnicodeDecodeError as error:
        raise CorruptInput("annotations are no text", where=path, got=error) from error
    records = parse_json(text, path)
    if not isinstance(records, list):
        raise CorruptInput("annotations are no list", where=path, got=type(records).__name__)
    found: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        name = record.get("sequence_name") if isinstance(record, Mapping) else None
        if isinstance(name, str) and name.strip():
            found.setdefault(name, []).append(record)
    if not found:
        raise CorruptInput("no record names its sequence", where=path)
    return found


def _numbers(value: Any, shape: tuple[int, ...], where: str) -> Array:
    try:
        numbers = np.array(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptInput("no numbers", where=where, got=repr(error)[:80]) from error
    if numbers.shape != shape:
        raise CorruptInput("wrong shape", where=where, expected=shape, got=numbers.shape)
    if not np.all(np.isfinite(numbers)):
        raise ConventionError("holds NaN or infinity", where=where)
    return numbers
