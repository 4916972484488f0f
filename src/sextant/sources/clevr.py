"""CLEVR: single pictures of a few cubes, spheres and cylinders, with places and relations.

Conventions of the files:

- ``3d_coords`` is the centre, Z up, in Blender's unit, which is no metre; every shape rests on the
  ground z = 0, so that the height of its centre is half of its size. (Cubes were made smaller by
  the square root of two, so the named size alone does not say it.)
- ``rotation`` is printed as degrees, but the renderer set it as radians (``rotation_euler[2] =
  theta`` of 0..360): the yaw is that number of radians.
- There are no intrinsics and no pose. ``directions`` give the camera's azimuth, ``pixel_coords``
  each centre's pixel (rounded) and exact z-depth. With three or more objects that fixes the camera;
  it is kept only if every centre is hit to a pixel, else the scene has objects alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.counted import counted
from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.projection import project
from sextant.geometry.transforms import invert, nearest_rotation, rigid, transform_points
from sextant.geometry.transforms import yaw_rotation as _yaw
from sextant.scenes import Camera, Frame, Room, Scene, SceneObject
from sextant.scenes.checks import check_box
from sextant.sources.documents import read_json_object, resolve_inside, stamp
from sextant.sources.facts import DatasetFacts, Part, nothing_found
from sextant.sources.images import image_size, read_rgb
from sextant.sources.quarantine import Quarantine
from sextant.sources.source import Source, SourceOptions

Array = NDArray[np.float64]

NAME = "clevr"

FACTS = DatasetFacts(
    title="CLEVR",
    licence="CC BY 4.0 (CLEVR)",
    page="https://cs.stanford.edu/people/jcjohns/clevr/",
    terms="none to accept; CC BY 4.0",
    parts=(Part("CLEVR_v1.0.zip, unpacked", "pictures and scenes", "18 GB"),),
    layout=(
        "<root>/scenes/CLEVR_{train,val}_scenes.json",
        "<root>/images/{train,val}/CLEVR_*.png",
    ),
    supports=frozenset({"objects", "frames", "complete", "floor"}),
    splits="official; the test scenes are not published",
    countable="everything: the renderer placed it",
)

HIT_PX = 1.0
"""Pixels were rounded to whole ones: half a pixel, and as much for what that does to the fit."""

_FILES = re.compile(r"[A-Za-z0-9.-]*_?(train|val|trainA|valA|valB|new)_?scenes\.json")
_SPLITS = {"train": "train", "trainA": "train", "val": "val", "valA": "val", "valB": "val"}
_SHAPES = ("cube", "sphere", "cylinder")
_LENS_OVER_SENSOR = 35.0 / 32.0
"""Blender's own camera: a lens of 35 mm over a sensor of 32 mm."""


@dataclass(slots=True)
class ClevrSource:
    """The scenes of the files found."""

    root: Path
    scenes: Mapping[str, tuple[Path, int]]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return the pictures' names without their ending, sorted."""
        return tuple(self.scenes)

    def open(self, scene_id: str) -> Scene:
        """Make one scene; its picture stays unread.

        Raises:
            InputError: If the record is broken.
        """
        if scene_id not in self.scenes:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        path, number = self.scenes[scene_id]
        return _open_scene(self.root, path, number, scene_id)

    def describe(self) -> str:
        """Say what was found."""
        return f"CLEVR: {counted(len(self.scenes), 'scene')}"


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open the unpacked folder, its scenes/ folder, or one scene file.

    Raises:
        MissingInput: If no scene file is found there.
        InputError: If one cannot be read.
    """
    files: list[Path] = []
    if root is not None and root.is_file() and _FILES.fullmatch(root.name):
        files, root = [root], root.parent
    elif root is not None:
        files = sorted(p for p in root.glob("scenes/*.json") if _FILES.fullmatch(p.name))
        files += sorted(p for p in root.glob("*.json") if _FILES.fullmatch(p.name))
    if root is None or not files:
        raise nothing_found(NAME, FACTS, root, "scenes/CLEVR_train_scenes.json")
    base = root.parent if root.name == "scenes" else root
    found: dict[str, tuple[Path, int]] = {}
    for path in files:
        for number, record in enumerate(_scenes(path, *stamp(path))):
            name = record.get("image_filename") if isinstance(record, Mapping) else None
            if isinstance(name, str) and Path(name).stem.strip():
                found.setdefault(Path(name).stem, (path, number))
    if not found:
        raise nothing_found(NAME, FACTS, root, "a scene with an image_filename")
    return ClevrSource(base, dict(sorted(found.items())[: options.scenes]))


_FARTHEST = 1e6
"""No picture is so wide and no depth so large; squares of what is overflow."""


def solve_camera(
    points: Array, pixels: Array, directions: Mapping[str, Any], size: tuple[int, int], where: str
) -> tuple[Camera, Array] | None:
    """Return the camera that sees centres where the file says, or None if there is none.

    Args:
        points: (n, 3) centres in the world.
        pixels: (n, 3) their u, v and z-depth.
        directions: ``behind`` and ``left`` of the file: level unit vectors of the camera.
        size: Width and height of the picture.
        where: The record, for messages.
    """
    if len(points) < 3 or not (pixels[:, 2].min() > 0 and np.abs(pixels).max() < _FARTHEST):
        return None
    behind = _numbers(directions.get("behind"), 3, f"{where}: directions.behind")
    left = _numbers(directions.get("left"), 3, f"{where}: directions.left")
    level = (abs(behind[2]) + abs(left[2]) + abs(behind @ left)) < 1e-3
    if not level or not np.allclose([behind @ behind, left @ left], 1.0, atol=1e-3):
        return None
    # depth = cos(p) behind.X - sin(p) z - d, and the pitch p and the distance d are unknown.
    A = np.stack([points @ behind, -points[:, 2], -np.ones(len(points))], axis=1)
    pitch = _pitch(A, pixels[:, 2])
    if pitch is None:
        return None
    z = np.cos(pitch) * behind - np.sin(pitch) * np.array([0.0, 0.0, 1.0])
    R = nearest_rotation(np.stack([-left, np.cross(z, -left), z], axis=1))
    width, height = size
    best: tuple[float, Camera, Array] | None = None
    for focal in (_LENS_OVER_SENSOR * width, None):
        made = _place(R, points, pixels, width, height, focal)
        if made is not None and (best is None or made[0] < best[0] - HIT_PX / 2):
            best = made
    if best is None or best[0] > HIT_PX:
        return None
    return best[1], best[2]


def _pitch(A: Array, depth: Array) -> float | None:
    """Return the angle p for which A (cos p, sin p, d) is the depth, over some d."""
    a, b = (A[:, i] - A[:, i].mean() for i in (0, 1))
    t = depth - depth.mean()
    angles = np.linspace(0.0, np.pi / 2, 2001)
    for _ in range(4):
        off = np.outer(np.cos(angles), a) + np.outer(np.sin(angles), b) - t
        k = int(np.argmin((off**2).sum(axis=1)))
        angles = np.linspace(angles[max(0, k - 1)], angles[min(len(angles) - 1, k + 1)], 2001)
    pitch = float(angles[len(angles) // 2])
    miss = np.abs(np.cos(pitch) * a + np.sin(pitch) * b - t).max()
    return pitch if miss < 0.01 * float(np.abs(depth).max()) else None


def _place(
    R: Array, points: Array, pixels: Array, width: int, height: int, focal: float | None
) -> tuple[float, Camera, Array] | None:
    """Return the largest miss in pixels, the camera and its pose, for one focal length or any."""
    local, z = points @ R, pixels[:, 2]
    du, dv = (pixels[:, 0] - width / 2) * z, (pixels[:, 1] - height / 2) * z
    if focal is None:
        # u z = f (x - X), v z = f (y - Y): f, f X and f Y are unknown.
        zero, one = np.zeros(len(z)), np.ones(len(z))
        A = np.concatenate(
            [np.stack([local[:, 0], -one, zero], 1), np.stack([local[:, 1], zero, -one], 1)]
        )
        found = np.linalg.lstsq(A / np.tile(z, 2)[:, None], np.concatenate([du, dv]) /
                                np.tile(z, 2), rcond=None)[0]  # fmt: skip
        focal = float(found[0])
    if not (np.isfinite(focal) and focal > 1):
        return None
    weight = 1.0 / z
    x = float(((local[:, 0] - du / focal) * weight).sum() / weight.sum())
    y = float(((local[:, 1] - dv / focal) * weight).sum() / weight.sum())
    center = R @ np.array([x, y, float((local[:, 2] - z).mean())])
    camera = Camera(width, height, focal, focal, width / 2, height / 2)
    T = rigid(R, center)
    uv, _ = project(camera.K, transform_points(invert(T), points))
    if not np.all(np.isfinite(uv)):
        return None
    return float(np.abs(uv - pixels[:, :2]).max()), camera, T


def _open_scene(root: Path, path: Path, number: int, scene_id: str) -> Scene:
    record = _scenes(path, *stamp(path))[number]
    where = f"{path}: {scene_id}"
    objects = record.get("objects")
    if not isinstance(objects, list):
        raise CorruptInput("scene has no list of objects", where=where)
    quarantine = Quarantine("objects")

    def read(entry: tuple[int, Any]) -> SceneObject:
        return _object(entry[0], entry[1], f"{where}: objects[{entry[0]}]")

    kept = list(quarantine.sift(enumerate(objects), read))
    quarantine.check()
    made = [o for _, o in kept]
    match = _FILES.fullmatch(path.name)
    assert match is not None
    split = _SPLITS.get(match[1])
    notes = {"unit": "Blender's, which is no metre"} | quarantine.notes
    frames: tuple[Frame, ...] = ()
    picture = _picture(root, record, split or "", where)
    if picture is None:
        notes["frames"] = "none: the picture is not there"
    else:
        size = image_size(picture)
        pixels = [
            _numbers(raw.get("pixel_coords"), 3, f"{where}: pixel_coords") for (_, raw), _ in kept
        ]
        solved = None
        if isinstance(record.get("directions"), Mapping) and pixels:
            points = np.array([o.box.center for o in made])
            solved = solve_camera(points, np.array(pixels), record["directions"], size, where)
        if solved is None:
            notes["frames"] = "none: no camera sees the objects where the file says"
        else:
            camera, T = solved
            frames = (Frame(scene_id, camera, T, read_rgb=partial(read_rgb, picture, size)),)
    if split is None:
        notes["split"] = "guessed: the file is of no official split"
    return Scene(
        id=scene_id,
        source=NAME,
        split=split or "train",
        license=FACTS.licence,
        objects=tuple(sorted(made, key=lambda o: o.id)),
        frames=frames,
        room=Room(floor_z_m=0.0),
        is_metric=False,
        complete_categories=frozenset() if quarantine.errors else None,
        notes=notes,
    )


def _object(number: int, record: Any, where: str) -> SceneObject:
    if not isinstance(record, Mapping) or record.get("shape") not in _SHAPES:
        raise CorruptInput("object has no known shape", where=where)
    center = _numbers(record.get("3d_coords"), 3, f"{where}: 3d_coords")
    yaw = _numbers([record.get("rotation")], 1, f"{where}: rotation")[0]
    shape = str(record["shape"])
    if not center[2] > 0:
        raise ConventionError("object lies below the ground", where=where, got=center.tolist())
    size = np.full(3, 2 * center[2])
    box = OrientedBox(center, size, _yaw(float(yaw)) if shape == "cube" else np.eye(3))
    check_box(box, where=where)
    attributes = {
        key: str(record[key])
        for key in ("color", "material", "size")
        if isinstance(record.get(key), str) and record[key].strip()
    }
    return SceneObject(f"{number}_{shape}", shape, box, attributes=attributes)


def _picture(root: Path, record: Mapping[str, Any], split: str, where: str) -> Path | None:
    name, own = record.get("image_filename"), record.get("split")
    if not isinstance(name, str):
        return None
    folders = [f"images/{s}" for s in (own, split) if isinstance(s, str) and s]
    for folder in (*folders, "images"):
        try:
            return resolve_inside(root, f"{folder}/{name}", where)
        except MissingInput:
            continue
    return None


@lru_cache(maxsize=2)
def _scenes(path: Path, size: int, mtime_ns: int) -> list[Any]:
    del size, mtime_ns  # part of the key: a replaced file is read anew
    scenes = read_json_object(path).get("scenes")
    if not isinstance(scenes, list):
        raise CorruptInput("file holds no list of scenes", where=path)
    return scenes


def _numbers(value: Any, count: int, where: str) -> Array:
    try:
        numbers = np.array(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptInput("no numbers", where=where, got=repr(error)[:80]) from error
    if numbers.shape != (count,):
        raise CorruptInput("wrong count of numbers", where=where, got=numbers.shape)
    if not np.all(np.isfinite(numbers)):
        raise ConventionError("holds NaN or infinity", where=where)
    return numbers
