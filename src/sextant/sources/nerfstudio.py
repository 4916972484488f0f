"""nerfstudio's ``transforms.json``: what Polycam, Record3D, NeRF tools and COLMAP are turned into.

Conventions of the files, after nerfstudio's data parser and its converters:

- ``transform_matrix`` is camera-to-world of an OPENGL camera (y up, z backward).
- The world differs per file. Polycam's is Z up (``orientation_override: none``); Record3D's is
  ARKit's own, Y up; COLMAP's (``applied_transform``) has neither a vertical nor a unit. The
  vertical is taken from ``sextant.json``, from ``orientation_override``, else it is the mean of
  the cameras' up directions, or an axis of the world within 25 degrees of that; ``notes["up"]``
  says which.
- Intrinsics stand at the top or at each frame: ``fl_x fl_y cx cy w h``, or ``camera_angle_x``;
  lenses are straight, ``k1..k4 p1 p2`` (OPENCV) or ``k1..k4`` (OPENCV_FISHEYE).
- Depth is z-depth in steps of ``depth_unit_scale_factor`` metres (a millimetre), 0 = unknown, often
  smaller than its picture. The poses are metres times ``applied_scale``; so a capture with depth is
  metric. COLMAP's is not, and its depth, if any, is left out: it does not belong to its poses.
- ``mask_path``: black is not to be used. ``applied_transform`` is already in poses and in the PLY.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.geometry.axes import pose_from_opengl
from sextant.geometry.transforms import transform_points
from sextant.scenes import Frame, Mesh, Scene
from sextant.scenes.checks import project_pose
from sextant.sources.depth_maps import metres
from sextant.sources.documents import read_json_object, resolve_inside, shown
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.images import image_size, read_uint16
from sextant.sources.landmarks import shown_points, thinned
from sextant.sources.ply import read_ply
from sextant.sources.quarantine import Quarantine
from sextant.sources.sidecar import Sidecar, read_sidecar
from sextant.sources.source import Source, SourceOptions
from sextant.sources.stored_lens import StoredLens, map_onto, read_mask, read_rgb
from sextant.sources.upright import mean_up, moved, turn_to_z_up

Array = NDArray[np.float64]

NAME = "nerfstudio"

FACTS = DatasetFacts(
    title="nerfstudio transforms.json of a capture of your own",
    licence="not stated; the capture's owner decides",
    page="",
    terms="the capture's own; sextant.json may state a licence",
    parts=(
        Part("transforms.json", "lenses and poses"),
        Part("images/", "the pictures it names"),
        Part("depth/", "depth maps it names", needed=False),
        Part("masks/", "what must not be asked about (black)", needed=False),
        Part(
            "the .ply it names", "what pictures share, and a surface if it has faces", needed=False
        ),
        Part("sextant.json", "metres, the vertical, the licence", needed=False),
    ),
    layout=(
        "<root>/<scene>/transforms.json",
        "<root>/<scene>/{images, depth, masks}/...   as transforms.json names them",
        '<root>/<scene>/sextant.json   {"up": "y", "frames_per_second": 2}, optional',
    ),
    supports=frozenset({"frames", "many_frames", "depth", "metric", "video"}),
    splits="train, unless sextant.json says otherwise",
    countable="nothing: there are no objects",
)

DEPTH_UNIT_M = 1e-3
SNAP_RAD = math.radians(25.0)
"""How far the cameras' mean up may be from an axis that is then taken for the vertical."""

MAX_SIDE = 65_536
_STRAIGHT = ("PINHOLE", "SIMPLE_PINHOLE")
_BENT = ("OPENCV", "SIMPLE_RADIAL", "RADIAL")
_ENDINGS = ("", ".png", ".jpg")


@dataclass(slots=True)
class NerfstudioSource:
    """The captures found under a root."""

    folders: Mapping[str, Path]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return the names of the scene folders, sorted."""
        return tuple(self.folders)

    def open(self, scene_id: str) -> Scene:
        """Read a scene's transforms.json; pictures, depth and masks stay unread.

        Raises:
            InputError: If it is broken, pictures are missing, or up cannot be told.
        """
        if scene_id not in self.folders:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return _open(scene_id, self.folders[scene_id])

    def describe(self) -> str:
        """Say how many captures were found."""
        return f"nerfstudio: {len(self.folders)} scenes"


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open one folder with a transforms.json, or a folder of such.

    Raises:
        MissingInput: If there is none.
    """
    folders: dict[str, Path] = {}
    if root is not None and (root / "transforms.json").is_file():
        folders = {root.resolve().name: root}
    elif root is not None and root.is_dir():
        inside = sorted(root.iterdir())
        folders = {p.name: p for p in inside if (p / "transforms.json").is_file()}
    if not folders:
        raise nothing_found(NAME, FACTS, root, "<scene>/transforms.json")
    return NerfstudioSource(dict(list(folders.items())[: options.scenes]))


def read_depth(path: Path, lens: StoredLens, unit_m: float, mask: Path | None) -> NDArray:
    """Return a depth map on the pinhole of its picture, (H, W) float32 metres, NaN = invalid."""
    stored = read_uint16(path)
    height, width = stored.shape
    if abs(width / height / (lens.width / lens.height) - 1) > 0.02:
        raise ConventionError(
            "depth has other proportions than its picture", where=path,
            expected=f"those of {lens.width}x{lens.height}", got=f"{width}x{height}",
        )  # fmt: skip
    depth_m = metres(map_onto(stored, lens), unit_m, path)
    if mask is not None:
        depth_m[~read_mask(mask, lens)] = np.nan
    return depth_m


@dataclass(frozen=True, slots=True)
class _View:
    """A frame before its world is turned."""

    id: str
    lens: StoredLens
    T_files_camera: Array
    picture: Path
    depth: Path | None
    mask: Path | None


def _open(scene_id: str, folder: Path) -> Scene:
    path = folder / "transforms.json"
    document = read_json_object(path)
    records = document.get("frames")
    if not isinstance(records, list) or not records:
        raise CorruptInput("transforms.json has no list of frames", where=path)
    sidecar = read_sidecar(folder)
    quarantine = Quarantine("frames")
    views = [
        view
        for _, view in quarantine.sift(
            enumerate(records), lambda entry: _view(entry, document, folder)
        )
    ]
    if not views and all(isinstance(e, MissingInput) for e in quarantine.errors):
        first = quarantine.errors[0]
        raise incomplete(NAME, FACTS, first.where, [first.expected], "any frame")
    quarantine.check()
    views.sort(key=lambda view: view.id)
    notes: dict[str, str] = {}
    up = _vertical(document, sidecar, [v.T_files_camera for v in views], notes)
    T_world_files = turn_to_z_up(up, views[0].T_files_camera[:3, 2])
    scale, is_metric = _scale(document, sidecar, views, path, notes)
    unit_m = _number(document, "depth_unit_scale_factor", path, DEPTH_UNIT_M)
    shell, points = _surface(document, folder, T_world_files, scale, notes)
    rate = sidecar.frames_per_second
    frames = []
    for k, view in enumerate(views):
        camera = view.lens.pinhole
        T = moved(view.T_files_camera, T_world_files, scale)
        T, _ = project_pose(T, where=f"{path}: {view.id}")
        has_depth = view.depth is not None and is_metric
        frames.append(
            Frame(
                id=view.id,
                camera=camera,
                T_world_camera=T,
                timestamp_s=None if rate is None else k / rate,
                read_rgb=partial(read_rgb, view.picture, view.lens, view.mask),
                read_depth=partial(read_depth, view.depth, view.lens, unit_m, view.mask)
                if view.depth is not None and has_depth
                else None,
                read_landmarks=None
                if has_depth or points is None
                else partial(shown_points, points, camera, T),
            )
        )
    return Scene(
        id=scene_id,
        source=NAME,
        split=sidecar.split or "train",
        license=sidecar.licence or FACTS.licence,
        frames=tuple(frames),
        shell=shell,
        is_metric=is_metric,
        notes=notes | quarantine.notes,
    )


def _view(entry: tuple[int, Any], document: Mapping[str, Any], folder: Path) -> _View:
    where = f"{folder / 'transforms.json'}: frames[{entry[0]}]"
    record = entry[1]
    if not isinstance(record, Mapping):
        raise CorruptInput("frame is no JSON object", where=where)
    try:
        T = np.array(record.get("transform_matrix"), dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptInput("transform_matrix is no matrix", where=where, got=error) from error
    if T.shape == (3, 4):
        T = np.concatenate([T, [[0.0, 0.0, 0.0, 1.0]]])
    is_pose = T.shape == (4, 4) and bool(np.all(np.isfinite(T)))
    T_files_camera, _ = project_pose(pose_from_opengl(T) if is_pose else T, where=where)
    picture = _named(record, "file_path", folder, where, _ENDINGS)
    if picture is None:
        raise CorruptInput("frame has no file_path", where=where)
    relative = PurePosixPath(str(record["file_path"]))
    return _View(
        str(relative.with_suffix("")) if relative.suffix else str(relative),
        _lens({**document, **record}, picture, where),
        T_files_camera,
        picture,
        _named(record, "depth_file_path", folder, where),
        _named(record, "mask_path", folder, where),
    )


def _named(
    record: Mapping[str, Any],
    field: str,
    folder: Path,
    where: str,
    endings: tuple[str, ...] = ("",),
) -> Path | None:
    """Return the file that a field names, inside the folder; None if there is no such field."""
    name = record.get(field)
    if name is None:
        return None
    if not isinstance(name, str):
        raise CorruptInput(f"{field} is no text", where=where)
    for ending in endings[:-1]:
        try:
            return resolve_inside(folder, name + ending, where)
        except MissingInput:
            continue
    return resolve_inside(folder, name + endings[-1], where)


def _lens(fields: Mapping[str, Any], picture: Path, where: str) -> StoredLens:
    """Return the lens of one frame; its own fields stand before those of the file."""
    size = image_size(picture) if "w" not in fields or "h" not in fields else None
    width = size[0] if size is not None else int(_number(fields, "w", where))
    height = size[1] if size is not None else int(_number(fields, "h", where))
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise ConventionError("unusable size of a picture", where=where, got=f"{width}x{height}")
    fx = _focal(fields, "x", width, where)
    fy = _focal(fields, "y", height, where) if _has_focal(fields, "y") else fx
    cx = _number(fields, "cx", where, width / 2)
    cy = _number(fields, "cy", where, height / 2)
    k1, k2, k3, k4, p1, p2 = _distortion(fields, where)
    model = fields.get("camera_model", "OPENCV")
    if model == "OPENCV_FISHEYE":
        kind: tuple[str, tuple[float, ...]] = ("fisheye", (k1, k2, k3, k4))
    elif model in _STRAIGHT:
        kind = ("pinhole", ())
    elif model in _BENT:
        kind = ("opencv", (k1, k2, k3, k4, 0.0, 0.0, p1, p2))
    else:
        raise ConventionError(
            "unknown camera model", where=where,
            expected=", ".join((*_STRAIGHT, *_BENT, "OPENCV_FISHEYE")), got=shown(model),
        )  # fmt: skip
    try:
        return StoredLens(width, height, fx, fy, cx, cy, *kind)
    except ConventionError as error:
        raise ConventionError(
            error.what, where=where, expected=error.expected, got=error.got, hint=error.hint
        ) from error


def _has_focal(fields: Mapping[str, Any], axis: str) -> bool:
    return f"fl_{axis}" in fields or f"camera_angle_{axis}" in fields


def _focal(fields: Mapping[str, Any], axis: str, side: int, where: str) -> float:
    if f"fl_{axis}" in fields:
        return _number(fields, f"fl_{axis}", where)
    if not _has_focal(fields, axis):
        raise CorruptInput(
            "no focal length", where=where, expected=f"fl_{axis} or camera_angle_{axis}, here or "
            "at the top of the file",
        )  # fmt: skip
    angle = _number(fields, f"camera_angle_{axis}", where)
    if not 0 < angle < math.pi:
        raise ConventionError("angle of view is no angle", where=where, got=angle)
    return side / 2 / math.tan(angle / 2)


def _distortion(fields: Mapping[str, Any], where: str) -> tuple[float, ...]:
    listed = fields.get("distortion_params")
    if listed is None:
        return tuple(_number(fields, k, where, 0.0) for k in ("k1", "k2", "k3", "k4", "p1", "p2"))
    try:
        numbers = tuple(float(x) for x in listed)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptInput("distortion_params are no numbers", where=where, got=error) from error
    if len(numbers) != 6:
        raise CorruptInput(
            "distortion_params must be k1 k2 k3 k4 p1 p2", where=where, got=len(numbers)
        )
    return numbers


def _number(
    fields: Mapping[str, Any], name: str, where: object, default: float | None = None
) -> float:
    value = fields.get(name, default)
    try:
        if isinstance(value, bool) or value is None:
            raise TypeError(type(value).__name__)
        number = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptInput(f"no usable {name}", where=where, got=shown(value)) from error
    if not math.isfinite(number):
        raise ConventionError(f"{name} must be finite", where=where, got=number)
    return number


def _vertical(
    document: Mapping[str, Any], sidecar: Sidecar, poses: list[Array], notes: dict[str, str]
) -> Array:
    """Return the (3,) vertical in the files' world, and note where it comes from."""
    if sidecar.up is not None:
        return sidecar.up
    mean = mean_up(poses)
    z = np.eye(3)[2]
    if document.get("orientation_override") == "none" and float(mean @ z) > 0.5:
        notes["up"] = "z, as orientation_override says"
        return np.asarray(z, dtype=np.float64)
    axis = int(np.argmax(np.abs(mean)))
    if abs(float(mean[axis])) > math.cos(SNAP_RAD):
        notes["up"] = f"guessed: {'-' if mean[axis] < 0 else ''}{'xyz'[axis]}, as cameras stand"
        return np.asarray(np.sign(mean[axis]) * np.eye(3)[axis])
    notes["up"] = "guessed: the mean of the cameras' up directions"
    return mean


def _scale(
    document: Mapping[str, Any],
    sidecar: Sidecar,
    views: list[_View],
    path: Path,
    notes: dict[str, str],
) -> tuple[float, bool]:
    """Return metres of one unit of the poses, and whether that is known."""
    if sidecar.scale_m is not None:
        return sidecar.scale_m, True
    has_depth = any(view.depth is not None for view in views)
    if document.get("applied_transform") is None and has_depth:
        applied = _number(document, "applied_scale", path, 1.0)
        if not applied > 0:
            raise ConventionError("applied_scale must be positive", where=path, got=applied)
        return 1.0 / applied, True
    notes["scale"] = "unknown: no scale_m in sextant.json"
    if has_depth:
        notes["depth"] = "left out: it is in metres, and the poses are COLMAP's, in no unit"
    return 1.0, False


def _surface(
    document: Mapping[str, Any],
    folder: Path,
    T_world_files: Array,
    scale_m: float,
    notes: dict[str, str],
) -> tuple[Mesh | None, Array | None]:
    """Return the surface of the PLY if it has faces, and some of its points."""
    try:
        path = _named(document, "ply_file_path", folder, str(folder / "transforms.json"))
        if path is None:
            return None, None
        ply = read_ply(path)
    except InputError as error:
        notes["ply"] = f"left out: {error.what}"
        return None, None
    vertices = transform_points(T_world_files, ply.vertices * scale_m)
    shell = Mesh(vertices, ply.faces) if len(ply.faces) else None
    return shell, thinned(vertices) if len(vertices) else None
