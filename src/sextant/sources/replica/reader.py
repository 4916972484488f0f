"""Turn Replica's spaces into scenes."""

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

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.projection import depth_to_points
from sextant.geometry.rotations import rotation_from_xyzw
from sextant.geometry.transforms import compose, rigid, transform_points
from sextant.scenes import Camera, Frame, Room, Scene, SceneObject
from sextant.scenes.checks import project_pose
from sextant.sources.boxes import MIN_SIDE_M, checked_box, vector
from sextant.sources.depth_maps import metres
from sextant.sources.documents import read_json_object, read_text, shown
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.images import image_size, read_rgb, read_uint16
from sextant.sources.mesh_parts import part
from sextant.sources.ply import Ply, read_ply
from sextant.sources.quarantine import Quarantine
from sextant.sources.source import Source, SourceOptions
from sextant.sources.upright import turn_to_z_up
from sextant.sources.vocabulary import canonical_name, countable, is_shell

Array = NDArray[np.float64]

NAME = "replica"

FACTS = DatasetFacts(
    title="Replica",
    licence="Replica (Replica Research Terms, non-commercial research only)",
    page="https://github.com/facebookresearch/Replica-Dataset",
    terms="Replica Research Terms, accepted by downloading with download.sh",
    parts=(
        Part("<scene>/habitat/mesh_semantic.ply", "surfaces", "about 1 GB (34 GB with textures)"),
        Part("<scene>/habitat/info_semantic.json", "labels and boxes"),
        Part("traj.txt and results/ (NICE-SLAM's Replica.zip)", "rendered pictures and depth",
             "12 GB", needed=False),
    ),
    layout=(
        "<root>/<room_0>/habitat/{mesh_semantic.ply, info_semantic.json}",
        "<root>/<room_0 or room0>/{traj.txt, results/frame000000.jpg, results/depth000000.png}",
        "<root>/cam_params.json   (comes with the pictures)",
    ),
    supports=frozenset(
        {"objects", "metric", "frames", "many_frames", "depth", "complete", "floor"}
    ),
    splits="none are official: all are train",
    countable="large furniture (bed, sofa, refrigerator, toilet, ...)",
)  # fmt: skip

_MAX_ID = 10**6
DEPTH_STEPS = 6553.5
PUBLISHED_SIZE = (1200, 680)
PUBLISHED = (600.0, 600.0, 599.5, 339.5)
MAX_OUTSIDE = 0.05
MARGIN_M = 0.3
"""Of the points of a depth map, at most 5 % may lie further than this outside of the mesh."""

_PICTURE = re.compile(r"frame(\d{6})\.(?:jpg|png)")
_NAMELESS = frozenset({"undefined", "unknown", "other leaf", "unlabeled", "non plane", "anonymize"})


@dataclass(frozen=True, slots=True)
class SceneFiles:
    """One space: its folder, and that of its pictures if there are any."""

    folder: Path
    pictures: Path | None

    @property
    def mesh(self) -> Path:
        """The labelled mesh."""
        return self.folder / "habitat" / "mesh_semantic.ply"

    @property
    def info(self) -> Path:
        """Labels and boxes."""
        return self.folder / "habitat" / "info_semantic.json"


@dataclass(slots=True)
class ReplicaSource:
    """The spaces found under a root."""

    scenes: Mapping[str, SceneFiles]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return the names of the spaces, sorted."""
        return tuple(self.scenes)

    def open(self, scene_id: str) -> Scene:
        """Read a space's mesh, labels and poses, and two depth maps to check them.

        Raises:
            InputError: If a file is broken or missing, or poses and mesh do not share a world.
        """
        if scene_id not in self.scenes:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return _open(scene_id, self.scenes[scene_id])

    def describe(self) -> str:
        """Say what was found and what is missing."""
        bare = sum(s.pictures is None for s in self.scenes.values())
        lines = [f"Replica: {len(self.scenes)} spaces"]
        return "\n".join(lines + ([f"{bare} of them without pictures"] if bare else []))


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open a folder of spaces, or one space.

    Raises:
        MissingInput: If there is none.
    """
    scenes: dict[str, SceneFiles] = {}
    if root is not None and root.is_dir():
        for folder in [root.resolve(), *sorted(root.glob("*"))]:
            if (folder / "habitat").is_dir():
                scenes[folder.name] = SceneFiles(folder, _pictures(folder))
    if not scenes:
        raise nothing_found(NAME, FACTS, root, "<room_0>/habitat/mesh_semantic.ply")
    return ReplicaSource(dict(sorted(scenes.items())[: options.scenes]))


def read_depth(path: Path, size: tuple[int, int], steps_per_m: float) -> NDArray[np.float32]:
    """Return (H, W) float32 z-depth in metres, NaN = invalid."""
    return metres(read_uint16(path, size), 1.0 / steps_per_m, path)


def _pictures(folder: Path) -> Path | None:
    """Return where a space's pictures lie: in its folder, or beside it without the underscore."""
    beside = folder.parent / folder.name.replace("_", "")
    return next((p for p in (folder, beside) if (p / "traj.txt").is_file()), None)


def _open(scene_id: str, files: SceneFiles) -> Scene:
    missing = [f"habitat/{p.name}" for p in (files.mesh, files.info) if not p.is_file()]
    if missing:
        raise incomplete(NAME, FACTS, files.folder, missing, "the space")
    document = read_json_object(files.info)
    ply = read_ply(files.mesh)
    if "object_id" not in ply.face_columns or ply.face_columns["object_id"].dtype.kind not in "iu":
        raise ConventionError(
            "faces have no object_id", where=files.mesh,
            hint="mesh.ply has no labels: take habitat/mesh_semantic.ply",
        )  # fmt: skip
    notes = {"split": "none are official: train"}
    T_world_files = _levelled(document, files.info, notes)
    vertices = transform_points(T_world_files, ply.vertices)
    objects, solid, complete, more = _objects(document, files.info, ply, vertices, T_world_files)
    notes |= more
    owner = ply.face_columns["object_id"].astype(np.int64)[ply.polygons]
    floors = [i for i, name in solid.items() if name == "floor"]
    heights = vertices[ply.faces[np.isin(owner, floors)].ravel(), 2]
    frames: tuple[Frame, ...] = ()
    if files.pictures is not None:
        frames, more = _frames(files.pictures, T_world_files)
        notes |= more
        _check_world(frames, vertices, files)
    else:
        notes["frames"] = "none: missing traj.txt and results/"
    named = [i for i, name in solid.items() if not is_shell(name) and name not in _NAMELESS]
    return Scene(
        id=scene_id,
        source=NAME,
        split="train",
        license=FACTS.licence,
        objects=objects,
        frames=frames,
        room=Room(floor_z_m=float(np.median(heights)) if heights.size else None),
        shell=part(vertices, ply.faces[~np.isin(owner, named)]),
        complete_categories=complete,
        notes=notes,
    )


def _levelled(document: Mapping[str, Any], path: Path, notes: dict[str, str]) -> Array:
    """Return T_world_files by gravity_dir: nothing where it points down z, as it does."""
    if document.get("gravity_dir") is None:
        return np.eye(4)
    down = vector(document, "gravity_dir", 3, f"{path}: gravity_dir")
    length = float(np.linalg.norm(down)) if np.abs(down).max() < 1e6 else math.inf
    if not 1e-6 < length < math.inf:
        raise ConventionError("gravity has no direction", where=path, got=down.tolist())
    up = -down / length
    if float(up[2]) > math.cos(math.radians(1.0)):
        return np.eye(4)
    notes["up"] = f"turned: ({', '.join(f'{x:.2f}' for x in up)}) in the files"
    return turn_to_z_up(up, np.eye(3)[int(np.argmin(np.abs(up)))])


def _objects(
    document: Mapping[str, Any], path: Path, ply: Ply, vertices: Array, T_world_files: Array
) -> tuple[tuple[SceneObject, ...], dict[int, str], frozenset[str], dict[str, str]]:
    """Return the objects, the class names of all ids, countable categories and notes."""
    records = document.get("objects")
    if not isinstance(records, list):
        raise CorruptInput("info has no list of objects", where=path)
    owner = ply.face_columns["object_id"].astype(np.int64)[ply.polygons]
    order = np.argsort(owner, kind="stable")
    last = min(int(owner.max(initial=0)), _MAX_ID)
    starts = np.searchsorted(owner[order], np.arange(0, last + 2))
    names: dict[int, str] = {}
    quarantine = Quarantine("objects")

    def read(entry: tuple[int, Any]) -> SceneObject | None:
        where = f"{path}: objects[{entry[0]}]"
        record = entry[1]
        number = record.get("id") if isinstance(record, Mapping) else None
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < _MAX_ID:
            raise CorruptInput("object has no id", where=where, got=shown(number))
        if number in names:
            raise ConventionError("id stands twice", where=where, got=number)
        label = record.get("class_name")
        if not isinstance(label, str) or not label.strip():
            raise CorruptInput("object has no class_name", where=where, got=shown(label))
        names[number] = canonical_name(label.replace("-", " "))
        if is_shell(names[number]) or names[number] in _NAMELESS:
            return None
        own = order[starts[number] : starts[number + 1]] if number + 1 < len(starts) else order[:0]
        return SceneObject(
            id=f"{number}_{names[number].replace(' ', '_')}",
            category=names[number],
            box=_box(record, T_world_files, where),
            mesh=part(vertices, ply.faces[np.sort(own)]),
            attributes={"label": label},
        )

    found = [o for _, o in quarantine.sift(enumerate(records), read) if o is not None]
    quarantine.check()
    # A record that cannot be read may be of any category.
    complete = frozenset() if quarantine.errors else countable(NAME, (o.category for o in found))
    objects = tuple(sorted(found, key=lambda o: o.id))
    return objects, names, complete, quarantine.notes


def _box(record: Mapping[str, Any], T_world_files: Array, where: str) -> OrientedBox:
    """Return the box of ``oriented_bbox``; flat sides are widened to a millimetre."""
    oriented = record.get("oriented_bbox")
    abb = oriented.get("abb") if isinstance(oriented, Mapping) else None
    turn = oriented.get("orientation") if isinstance(oriented, Mapping) else None
    center, size = vector(abb, "center", 3, where), vector(abb, "sizes", 3, where)
    xyzw = vector(turn, "rotation", 4, where)
    if not (np.abs(xyzw).max() < 2 and abs(float(np.linalg.norm(xyzw)) - 1) < 1e-3):
        raise ConventionError("quaternion is not of length 1", where=where, got=xyzw.tolist())
    T = rigid(rotation_from_xyzw(xyzw), vector(turn, "translation", 3, where))
    T = compose(T_world_files, T)
    flat = (size >= 0) & (size < MIN_SIDE_M)
    size = np.where(flat, MIN_SIDE_M, size)
    return checked_box(transform_points(T, center), size, T[:3, :3], where)[0]


def _frames(folder: Path, T_world_files: Array) -> tuple[tuple[Frame, ...], dict[str, str]]:
    lines = [t for t in read_text(folder / "traj.txt").splitlines() if t.strip()]
    results = folder / "results"
    found = sorted(results.iterdir()) if results.is_dir() else []
    pictures = [(int(m[1]), p) for p in found if (m := _PICTURE.fullmatch(p.name))]
    if not pictures:
        return (), {"frames": "none: missing results/frame000000.jpg"}
    size = image_size(pictures[0][1])
    camera, steps = _camera(folder, size)
    quarantine = Quarantine("frames")

    def read(entry: tuple[int, Path]) -> Frame:
        number, picture = entry
        where = f"{folder / 'traj.txt'}: line {number + 1}"
        if number >= len(lines):
            raise MissingInput("picture has no pose", where=where, got=f"{len(lines)} lines")
        try:
            T = np.array([float(w) for w in lines[number].split()]).reshape(4, 4)
        except ValueError as error:
            raise CorruptInput("pose is not 16 numbers", where=where, got=error) from error
        T_files, _ = project_pose(T, where=where)
        depth = results / f"depth{number:06d}.png"
        return Frame(
            id=f"{number:06d}",
            camera=camera,
            T_world_camera=project_pose(T_world_files @ T_files, where=where)[0],
            read_rgb=partial(read_rgb, picture, size),
            read_depth=partial(read_depth, depth, size, steps) if depth.is_file() else None,
        )

    frames = tuple(frame for _, frame in quarantine.sift(pictures, read))
    quarantine.check()
    return frames, quarantine.notes


def _camera(folder: Path, size: tuple[int, int]) -> tuple[Camera, float]:
    """Return the camera and the steps of depth per metre, of cam_params.json or as published."""
    for place in (folder, folder.parent):
        path = place / "cam_params.json"
        if not path.is_file():
            continue
        fields = read_json_object(path).get("camera")
        names = ("w", "h", "fx", "fy", "cx", "cy", "scale")
        try:
            if not isinstance(fields, Mapping):
                raise TypeError("no object 'camera'")
            w, h, fx, fy, cx, cy, steps = (float(fields[name]) for name in names)
            stated = (int(w), int(h))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise CorruptInput("no usable camera", where=path, got=repr(error)) from error
        if stated != size or not 0 < steps < math.inf:
            raise ConventionError(
                "camera of other pictures", where=path, expected=f"{size}", got=f"{w:g}x{h:g}"
            )
        return Camera(*size, fx, fy, cx + 0.5, cy + 0.5), steps
    if size != PUBLISHED_SIZE:
        raise MissingInput(
            "pictures of another size than published need their intrinsics",
            where=folder, expected="cam_params.json", got=f"{size[0]}x{size[1]}",
        )  # fmt: skip
    fx, fy, cx, cy = PUBLISHED
    return Camera(*size, fx, fy, cx + 0.5, cy + 0.5), DEPTH_STEPS


def _check_world(frames: tuple[Frame, ...], vertices: Array, files: SceneFiles) -> None:
    """Refuse pictures whose points lie outside of the mesh."""
    low, high = vertices.min(axis=0) - MARGIN_M, vertices.max(axis=0) + MARGIN_M
    with_depth = [f for f in frames if f.read_depth is not None]
    for frame in {f.id: f for f in (*with_depth[:1], *with_depth[-1:])}.values():
        assert frame.read_depth is not None
        points = depth_to_points(frame.camera.K, frame.read_depth()).reshape(-1, 3)[::97]
        points = transform_points(frame.T_world_camera, points[np.isfinite(points[:, 2])])
        if not len(points):
            continue
        outside = float(np.mean(((points < low) | (points > high)).any(axis=1)))
        if outside > MAX_OUTSIDE:
            raise ConventionError(
                "pictures and mesh are not of one world",
                where=f"{files.pictures}: frame {frame.id}",
                expected=f"at most {MAX_OUTSIDE:.0%} of its points outside of the mesh",
                got=f"{outside:.0%}",
                hint="pictures of another space, or poses in other axes",
            )
