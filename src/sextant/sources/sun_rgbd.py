"""SUN RGB-D: 10,335 single pictures with depth and oriented boxes.

Conventions of the files, as the official toolbox reads them:

- Depth: 16-bit PNG whose bits are rotated by three (``(d >> 3) | (d << 13)``), then millimetres;
  beyond 8 m the toolbox caps it, which is no measurement, so it is invalid here.
- Pixels are counted from 1 (``meshgrid(1:w, 1:h)``), so half a pixel is taken off cx and cy.
- ``Rtilt`` turns the sensor upright, in axes x right, y forward, z up; the camera is the origin.
- Boxes: ``centroid``, ROWS of ``basis`` are the axes, ``coeffs`` are HALF lengths, some negative.
  Footprints were drawn by hand and are not quite square; up to a degree they are squared.
- Paths are those of the authors' machine; what follows ``/SUNRGBD/`` holds here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.geometry.depth import unrotate_bits
from sextant.geometry.transforms import rigid
from sextant.scenes import Camera, Frame, Scene, SceneObject
from sextant.scenes.checks import project_pose
from sextant.sources.boxes import checked_box
from sextant.sources.depth_maps import metres
from sextant.sources.documents import resolve_inside, shown
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.images import image_size, read_rgb, read_uint16
from sextant.sources.matlab import MatStruct, read_mat
from sextant.sources.quarantine import Quarantine
from sextant.sources.source import Source, SourceOptions
from sextant.sources.vocabulary import canonical_name, is_shell

Array = NDArray[np.float64]

NAME = "sun_rgbd"

FACTS = DatasetFacts(
    title="SUN RGB-D",
    licence="SUN RGB-D (no licence stated by its authors; treated as non-commercial research only)",
    page="http://rgbd.cs.princeton.edu",
    terms="none to accept; its parts (NYU v2, B3DO, SUN3D) keep their own",
    parts=(
        Part("SUNRGBD.zip, unpacked", "pictures, depth", "6.4 GB"),
        Part("SUNRGBDMeta3DBB_v2.mat", "poses, intrinsics, boxes", "30 MB"),
        Part("SUNRGBDtoolbox/traintestSUNRGBD/allsplit.mat", "the official split", "1 MB",
             needed=False),
    ),
    layout=(
        "<root>/SUNRGBD/{kv1,kv2,realsense,xtion}/...",
        "<root>/SUNRGBDMeta3DBB_v2.mat",
        "<root>/SUNRGBDtoolbox/traintestSUNRGBD/allsplit.mat",
    ),
    supports=frozenset({"objects", "metric", "frames", "depth"}),
    splits="allsplit.mat: train and test",
    countable="none: a picture shows a part of a room",
)  # fmt: skip

META = "SUNRGBDMeta3DBB_v2.mat"
SPLIT = "SUNRGBDtoolbox/traintestSUNRGBD/allsplit.mat"

DEPTH_UNIT_M = 0.001
MAX_DEPTH_M = 8.0

MAX_SKEW = 0.0175
"""Sine of a degree. Of the 17,273 boxes of ten classes 45 % are skewed by more than 1e-3, 3.6 % by
more than 1e-2 and 1.4 % by more than this; squaring moves a corner by at most 9 mm a metre."""

A_DEPTH_CAMERA: Array = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""OpenCV camera axes in the toolbox's: x right, y forward, z up."""


@dataclass(slots=True)
class SunRgbdSource:
    """The records of the metadata file."""

    root: Path
    records: Mapping[str, Any]
    splits: Mapping[str, str]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return the picture numbers, ``000001`` and on, as VoteNet counts them."""
        return tuple(self.records)

    def open(self, scene_id: str) -> Scene:
        """Build the scene of one picture; picture and depth stay unread.

        Raises:
            InputError: If its record is broken or its picture is not there.
        """
        if scene_id not in self.records:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return _scene(scene_id, self.records[scene_id], self.root, self.splits)

    def describe(self) -> str:
        """Say what was found."""
        lines = [f"SUN RGB-D: {len(self.records)} pictures, each a scene"]
        return "\n".join(lines + ([] if self.splits else [f"{SPLIT} is missing: all is train"]))


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open the folder with SUNRGBDMeta3DBB_v2.mat; the metadata are read now.

    Raises:
        MissingInput: If there is no such file.
        CorruptInput: If it cannot be read.
    """
    if root is None or not (root / META).is_file():
        raise nothing_found(NAME, FACTS, root, META)
    if not (root / "SUNRGBD").is_dir():
        raise incomplete(NAME, FACTS, root, ["SUNRGBD/"], "its pictures")
    meta = _listed(read_mat(root / META, "SUNRGBDMeta")["SUNRGBDMeta"], str(root / META))
    records = {f"{i:06d}": r for i, r in enumerate(meta[: options.scenes], start=1)}
    return SunRgbdSource(root, records, _splits(root / SPLIT))


def read_depth(path: Path, camera: Camera) -> NDArray[np.float32]:
    """Return (H, W) float32 z-depth in metres; 0 and what is beyond 8 m become NaN."""
    stored = read_uint16(path, (camera.width, camera.height))
    depth_m = metres(unrotate_bits(stored), DEPTH_UNIT_M, path)
    return np.where(depth_m <= MAX_DEPTH_M, depth_m, np.float32(np.nan))


def _splits(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    found = read_mat(path, "alltrain", "alltest")
    splits = {}
    for split, name in (("train", "alltrain"), ("test", "alltest")):
        for entry in _listed(found[name], str(path)):
            splits[_inside(_text(entry, str(path)), str(path)).rstrip("/")] = split
    return splits


def _scene(scene_id: str, record: Any, root: Path, splits: Mapping[str, str]) -> Scene:
    where = f"{root / META}: picture {int(scene_id)}"
    rgb, depth = (
        resolve_inside(root, _inside(_text(_field(record, name, where), where), where), where)
        for name in ("rgbpath", "depthpath")
    )
    K = _numbers(_field(record, "K", where), (3, 3), where)
    Rtilt = _numbers(_field(record, "Rtilt", where), (3, 3), where)
    T, _ = project_pose(rigid(Rtilt @ A_DEPTH_CAMERA, np.zeros(3)), where=where)
    width, height = image_size(rgb)
    try:
        camera = Camera(width, height, float(K[0, 0]), float(K[1, 1]), K[0, 2] - 0.5, K[1, 2] - 0.5)
    except ConventionError as error:
        raise ConventionError(
            error.what, where=where, expected=error.expected, got=error.got, hint=error.hint
        ) from error
    objects, notes = _objects(record, where)
    folder = rgb.parent.parent.relative_to(root).as_posix()
    split = splits.get(folder)
    if split is None:
        notes["split"] = "guessed: allsplit.mat is not there or does not name the picture"
    return Scene(
        id=scene_id,
        source=NAME,
        split=split or "train",
        license=FACTS.licence,
        objects=objects,
        frames=(
            Frame(
                id=rgb.stem,
                camera=camera,
                T_world_camera=T,
                read_rgb=partial(read_rgb, rgb, (width, height)),
                read_depth=partial(read_depth, depth, camera),
            ),
        ),
        notes=notes,
    )


def _objects(record: Any, where: str) -> tuple[tuple[SceneObject, ...], dict[str, str]]:
    # A picture holds few boxes, and 1 or 2 in a hundred are too skewed: no share is too large.
    quarantine = Quarantine("objects", max_share=1.0)
    squared = 0

    def build(entry: tuple[int, Any]) -> SceneObject:
        nonlocal squared
        place = f"{where}: box {entry[0]}"
        label = _text(_field(entry[1], "classname", place), place)
        half = np.abs(_numbers(_field(entry[1], "coeffs", place), (3,), place))
        axes = _numbers(_field(entry[1], "basis", place), (3, 3), place)
        center = _numbers(_field(entry[1], "centroid", place), (3,), place)
        box, off = checked_box(center, 2.0 * half, axes.T, place, MAX_SKEW)
        squared += off
        name = canonical_name(label)
        return SceneObject(
            f"{entry[0]}_{name.replace(' ', '_')}", name, box, attributes={"label": label}
        )

    boxes = _listed(_field(record, "groundtruth3DBB", where), where)
    built = [made for _, made in quarantine.sift(enumerate(boxes), build)]
    objects = tuple(sorted((o for o in built if not is_shell(o.category)), key=lambda o: o.id))
    notes = {"boxes_squared": str(squared)} if squared else {}
    return objects, notes | quarantine.notes


def _field(record: Any, name: str, where: str) -> Any:
    if not isinstance(record, MatStruct) or name not in record:
        raise CorruptInput(f"record has no field {name}", where=where)
    return record[name]


def _listed(value: Any, where: str) -> list[Any]:
    """Return the entries of a cell or struct array; MATLAB writes an empty one as numbers."""
    if isinstance(value, list):
        return value
    if isinstance(value, np.ndarray) and value.size == 0:
        return []
    raise CorruptInput("not a list of records", where=where, got=type(value).__name__)


def _text(value: Any, where: str) -> str:
    """Return a text that stands by itself or in a cell of its own."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str) and value.strip():
        return value
    raise CorruptInput("not a text where one stands", where=where, got=shown(value))


def _numbers(value: Any, shape: tuple[int, ...], where: str) -> Array:
    try:
        numbers = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise CorruptInput("no numbers where some stand", where=where, got=error) from error
    if numbers.size != int(np.prod(shape)):
        raise CorruptInput("wrong number of values", where=where, expected=shape, got=numbers.shape)
    return numbers.reshape(shape)


def _inside(path: str, where: str) -> str:
    """Return ``SUNRGBD/...`` of a path of the authors' machine."""
    start = path.find("SUNRGBD/")
    if start < 0:
        raise InputError("path does not lead through SUNRGBD/", where=where, got=path[:200])
    # The second SUNRGBD of "/data/SUNRGBD/SUNRGBD/kv1" is the one that was packed.
    again = path.rfind("/SUNRGBD/")
    return path[max(start, again + 1) :]
