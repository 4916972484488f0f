"""EmbodiedScan: nine-number boxes of 284 and more classes over ScanNet, 3RScan and Matterport3D.

The info files are pickles; they are read as data by ``pickles.read_plain_pickle``, in which nothing
can be executed, or as a JSON conversion of the same name. Conventions of the files:

- ``bbox_3d``: centre, full size, Euler angles (z, x, y) that make Rz Rx Ry, in the aligned world.
  Some sizes are negative; such boxes are dropped and counted.
- ``cam2global`` is camera-to-world of the unaligned scan, OpenCV axes; ``axis_align_matrix`` turns
  that world into the boxes' (it belongs before every pose, never to the boxes).
- ``cam2img`` is the picture's, ``depth_cam2img`` the depth map's where it differs; pixel centres
  at whole numbers, so half a pixel is added. Frames have the depth camera's raster.
- Depth in millimetres, in quarters of a millimetre for Matterport3D; 0 and 65535 invalid.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.counted import counted
from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.geometry.transforms import compose
from sextant.scenes import Camera, Frame, Room, Scene, SceneObject
from sextant.scenes.checks import project_pose
from sextant.sources.boxes import box_of_nine
from sextant.sources.depth_maps import metres
from sextant.sources.documents import read_json, resolve_inside, shown, stamp
from sextant.sources.facts import DatasetFacts, Part, nothing_found
from sextant.sources.images import image_size, read_uint16
from sextant.sources.pickles import read_plain_pickle
from sextant.sources.quarantine import Quarantine
from sextant.sources.resampling import read_rgb_onto
from sextant.sources.source import Source, SourceOptions
from sextant.sources.vocabulary import canonical_name, is_shell

Array = NDArray[np.float64]

NAME = "embodiedscan"

FACTS = DatasetFacts(
    title="EmbodiedScan",
    licence="EmbodiedScan (CC BY-NC-SA 4.0; pictures under the terms of each dataset)",
    page="https://github.com/OpenRobotLab/EmbodiedScan",
    terms="a form on the official page; ScanNet, 3RScan and Matterport3D have theirs besides",
    parts=(
        Part("embodiedscan_infos_{train,val}.pkl", "boxes, poses, intrinsics"),
        Part("scannet, 3rscan, matterport3d", "pictures and depth, extracted as its page says",
             "", needed=False),
    ),
    layout=(
        "<root>/embodiedscan_infos_{train,val,test}*.{pkl,json}",
        "<root>/{scannet,3rscan,matterport3d,arkitscenes}/... as img_path in the info file says",
    ),
    supports=frozenset({"objects", "metric", "frames", "many_frames", "depth", "floor"}),
    splits="the info file's name",
    countable="nothing: the boxes are many, and nobody promises that they are all",
)  # fmt: skip

DEPTH_UNIT_M = {"matterport3d": 0.00025}
INVALID_DEPTH = (0, 65535)

_INFOS = re.compile(r"embodiedscan_infos_(train|val|test)(?!.*_vg)[A-Za-z0-9_]*\.(pkl|json)")


@dataclass(slots=True)
class EmbodiedScanSource:
    """The scans that info files describe."""

    root: Path
    infos: Mapping[str, tuple[Path, int]]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return the samples' names, as ``scannet/scene0000_00``, sorted."""
        return tuple(self.infos)

    def open(self, scene_id: str) -> Scene:
        """Make one scan's frames and boxes; pictures and depth stay unread.

        Raises:
            InputError: If the record is broken.
        """
        if scene_id not in self.infos:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        path, number = self.infos[scene_id]
        document = _document(path, *stamp(path))
        return _open_scan(self.root, path, document, document["data_list"][number], scene_id)

    def describe(self) -> str:
        """Say what was found."""
        kinds = sorted({i.partition("/")[0] for i in self.infos})
        return f"EmbodiedScan: {counted(len(self.infos), 'scan')} of {', '.join(kinds)}"


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open the data folder, or one info file in it.

    Raises:
        MissingInput: If there is no info file.
        InputError: If one cannot be read.
    """
    files = [] if root is None else _info_files(root)
    if root is None or not files:
        raise nothing_found(NAME, FACTS, root, "embodiedscan_infos_train.pkl")
    found: dict[str, tuple[Path, int]] = {}
    for path in files:
        for number, record in enumerate(_document(path, *stamp(path))["data_list"]):
            name = record.get("sample_idx") if isinstance(record, Mapping) else None
            if isinstance(name, str) and name.strip():
                found.setdefault(name, (path, number))
    if not found:
        raise nothing_found(NAME, FACTS, root, "a data_list with sample_idx in the info file")
    kept = dict(sorted(found.items())[: options.scenes])
    return EmbodiedScanSource(root if root.is_dir() else root.parent, kept)


def read_picture(path: Path, stored: Camera, wanted: Camera) -> NDArray[np.uint8]:
    """Return a picture on the depth camera's raster, (H, W, 3) uint8."""
    return read_rgb_onto(path, stored, wanted)


def read_depth(path: Path, camera: Camera, unit_m: float) -> NDArray[np.float32]:
    """Return (H, W) z-depth in metres, NaN = invalid."""
    stored = read_uint16(path, (camera.width, camera.height))
    return metres(stored, unit_m, path, INVALID_DEPTH)


def _info_files(root: Path) -> list[Path]:
    if root.is_file():
        return [root] if _INFOS.fullmatch(root.name) else []
    found = sorted(p for p in root.glob("embodiedscan_infos_*") if _INFOS.fullmatch(p.name))
    # A conversion stands for the pickle beside it.
    return [p for p in found if p.suffix == ".json" or not p.with_suffix(".json").is_file()]


@lru_cache(maxsize=2)
def _document(path: Path, size: int, mtime_ns: int) -> Mapping[str, Any]:
    del size, mtime_ns  # part of the key: a replaced file is read anew
    document = read_json(path) if path.suffix == ".json" else read_plain_pickle(path)
    if (
        not isinstance(document, dict)
        or not isinstance(document.get("data_list"), list)
        or not isinstance(document.get("metainfo"), dict)
    ):
        raise CorruptInput("not an info file", where=path, expected="metainfo and data_list")
    return document


def _open_scan(
    root: Path, path: Path, document: Mapping[str, Any], info: Mapping[str, Any], scene_id: str
) -> Scene:
    where = f"{path}: {scene_id}"
    labels = _labels(document["metainfo"], path)
    objects, floor_z_m, notes = _objects(info.get("instances"), labels, where)
    align = np.eye(4)
    if info.get("axis_align_matrix") is not None:
        align = _matrix(info["axis_align_matrix"], f"{where}: axis_align_matrix")
    frames, more = _frames(root, info, align, scene_id.partition("/")[0], where)
    match = _INFOS.fullmatch(path.name)
    assert match is not None
    return Scene(
        id=scene_id,
        source=NAME,
        split=match[1],
        license=FACTS.licence,
        objects=objects,
        frames=frames,
        room=Room(floor_z_m=floor_z_m),
        notes=notes | more,
    )


def _labels(metainfo: Mapping[str, Any], path: Path) -> dict[int, str]:
    categories = metainfo.get("categories")
    if not isinstance(categories, Mapping):
        raise CorruptInput("info file names no categories", where=path)
    return {int(v): str(k) for k, v in categories.items() if isinstance(v, int)}


def _objects(
    records: Any, labels: Mapping[int, str], where: str
) -> tuple[tuple[SceneObject, ...], float | None, dict[str, str]]:
    if records is None:
        return (), None, {"objects": "none: the info file keeps them back"}
    if not isinstance(records, Sequence) or isinstance(records, (str, bytes)):
        raise CorruptInput("instances are no list", where=where)
    quarantine = Quarantine("objects")
    floors: list[float] = []

    def read(entry: tuple[int, Any]) -> SceneObject | None:
        number, record = entry
        place = f"{where}: instances[{number}]"
        if not isinstance(record, Mapping) or "bbox_3d" not in record:
            raise CorruptInput("instance has no bbox_3d", where=place)
        label = labels.get(_integer(record.get("bbox_label_3d"), place))
        if label is None:
            raise CorruptInput("label is in no category", where=place)
        box, _ = box_of_nine(record["bbox_3d"], place)
        category = canonical_name(label)
        if category == "floor":
            floors.append(float(box.maximum[2]))
        if is_shell(category):
            return None
        name = f"{number}_{category.replace(' ', '_')}"
        return SceneObject(id=name, category=category, box=box, attributes={"label": label})

    made = [o for _, o in quarantine.sift(enumerate(records), read) if o is not None]
    quarantine.check()
    floor = float(np.median(floors)) if floors else None
    return tuple(sorted(made, key=lambda o: o.id)), floor, quarantine.notes


def _frames(
    root: Path, info: Mapping[str, Any], align: Array, dataset: str, where: str
) -> tuple[tuple[Frame, ...], dict[str, str]]:
    images = info.get("images")
    if not isinstance(images, Sequence) or isinstance(images, (str, bytes)):
        return (), {}
    unit_m = DEPTH_UNIT_M.get(dataset, 0.001)
    sizes = _Sizes({})
    quarantine = Quarantine("frames")
    lost = absent = 0
    taken: set[str] = set()

    def read(entry: tuple[int, Any]) -> Frame | None:
        nonlocal lost, absent
        number, record = entry
        place = f"{where}: images[{number}]"
        if not isinstance(record, Mapping) or not isinstance(record.get("img_path"), str):
            raise CorruptInput("image has no img_path", where=place)
        pose = _matrix(record.get("cam2global"), f"{place}: cam2global", finite=False)
        if not np.all(np.isfinite(pose)):
            lost += 1
            return None
        pose, _ = project_pose(pose, where=place)
        T = project_pose(compose(align, pose), where=place)[0]
        picture = _file(root, record["img_path"], place)
        depth_path = record.get("depth_path")
        depth = _file(root, depth_path, place) if isinstance(depth_path, str) else None
        if picture is None and depth is None:
            absent += 1
            return None
        K = record.get("cam2img", info.get("cam2img"))
        K_depth = record.get("depth_cam2img", info.get("depth_cam2img", K))
        color = None if picture is None else sizes.camera(K, picture, place)
        lens = color if depth is None else sizes.camera(K_depth, depth, place)
        assert lens is not None
        stem = Path(record["img_path"]).stem
        name = stem if stem not in taken else f"{number:06d}_{stem}"
        taken.add(name)
        return Frame(
            id=name,
            camera=lens,
            T_world_camera=T,
            read_rgb=None if picture is None or color is None
            else partial(read_picture, picture, color, lens),
            read_depth=None if depth is None else partial(read_depth, depth, lens, unit_m),
        )  # fmt: skip

    frames = tuple(f for _, f in quarantine.sift(enumerate(images), read) if f is not None)
    quarantine.check()
    counts = {"frames_without_pose": lost, "frames_without_files": absent}
    return frames, {k: str(n) for k, n in counts.items() if n} | quarantine.notes


@dataclass(slots=True)
class _Sizes:
    """Sizes of rasters, looked up once a folder: all pictures of a scan are alike."""

    known: dict[tuple[Path, str], tuple[int, int]]

    def camera(self, K: Any, path: Path, where: str) -> Camera:
        matrix = _matrix(K, f"{where}: cam2img", rows=(3, 4))
        key = (path.parent, path.suffix)
        if key not in self.known:
            self.known[key] = image_size(path)
        width, height = self.known[key]
        fx, fy, cx, cy = (float(matrix[i]) for i in ((0, 0), (1, 1), (0, 2), (1, 2)))
        try:
            return Camera(width, height, fx, fy, cx + 0.5, cy + 0.5)
        except ConventionError as error:
            raise ConventionError(
                error.what, where=where, expected=error.expected, got=error.got, hint=error.hint
            ) from error


def _file(root: Path, name: str, where: str) -> Path | None:
    try:
        return resolve_inside(root, name, where)
    except MissingInput:
        return None


def _integer(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise CorruptInput("label is no integer", where=where, got=shown(value, 40))
    return value


def _matrix(value: Any, where: str, rows: tuple[int, ...] = (4,), *, finite: bool = True) -> Array:
    try:
        matrix = np.array(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptInput("matrix holds no numbers", where=where, got=repr(error)[:80]) from error
    if matrix.ndim != 2 or matrix.shape[0] not in rows or matrix.shape[1] not in rows:
        raise CorruptInput("matrix has a wrong shape", where=where, got=matrix.shape)
    if finite and not np.all(np.isfinite(matrix)):
        raise ConventionError("matrix holds NaN or infinity", where=where)
    return matrix
