"""Turn Hypersim scene folders into scenes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.counted import counted
from sextant.errors import ConventionError, MissingInput
from sextant.geometry.depth import z_from_ray
from sextant.geometry.transforms import rigid
from sextant.scenes import Frame, Scene, SceneObject
from sextant.scenes.checks import project_pose
from sextant.sources.boxes import checked_box
from sextant.sources.depth_maps import check_unit
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.hdf5 import read_array
from sextant.sources.hypersim.layout import (
    CAMERAS_CSV,
    FrameFiles,
    Lens,
    find_cameras,
    find_frames,
    find_mesh_folder,
    find_scenes,
    read_lens,
)
from sextant.sources.images import read_rgb
from sextant.sources.quarantine import Quarantine
from sextant.sources.resampling import straightened
from sextant.sources.source import Source, SourceOptions
from sextant.sources.splits import official_split
from sextant.sources.vocabulary import canonical_name, countable, is_shell, nyu40_name

Array = NDArray[np.float64]

NAME = "hypersim"

FACTS = DatasetFacts(
    title="Hypersim",
    licence="Hypersim (CC BY-SA 3.0, Apple Inc.)",
    page="https://github.com/apple/ml-hypersim",
    terms="CC BY-SA 3.0: attribution, share alike",
    parts=(
        Part("ai_VVV_NNN.zip, unpacked", "pictures, depth, ids, poses, boxes", "1.9 TB"),
        Part("contrib/mikeroberts3000/metadata_camera_parameters.csv", "the projection per scene",
             "0.5 MB"),
        Part("evermotion_dataset/scenes/*/_detail/mesh", "labels of the instances", "60 MB",
             needed=False),
    ),
    layout=(
        "<root>/ai_001_001/_detail/cam_00/camera_keyframe_{orientations,positions}.hdf5",
        "<root>/ai_001_001/images/scene_cam_00_final_preview/frame.0000.tonemap.jpg",
        "<root>/ai_001_001/images/scene_cam_00_geometry_hdf5/frame.0000.depth_meters.hdf5, ...",
        "<root>/metadata_camera_parameters.csv",
        "<root>/evermotion_dataset/scenes/...   from the repository, for the labels",
    ),
    supports=frozenset({"objects", "metric", "frames", "many_frames", "depth", "complete"}),
    splits="official (v1), shipped with Sextant",
    countable="large things that are hard to overlook (bed, toilet, refrigerator, ...)",
)  # fmt: skip

_BOXES = "metadata_semantic_instance_bounding_box_object_aligned_2d_{}.hdf5"


@dataclass(slots=True)
class HypersimSource:
    """The scene folders found under a root."""

    root: Path
    scenes: Mapping[str, Path]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return the scene names, sorted."""
        return tuple(self.scenes)

    def open(self, scene_id: str) -> Scene:
        """Read a scene's poses, projection and boxes; images stay unread.

        Raises:
            InputError: If a file is broken or needed and missing.
            MissingDependency: If h5py is not installed.
        """
        if scene_id not in self.scenes:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return _open_scene(self.root, self.scenes[scene_id])

    def describe(self) -> str:
        """Say what was found and which scenes lack boxes."""
        bare = sum(find_mesh_folder(self.root, s) is None for s in self.scenes.values())
        lines = [f"Hypersim: {counted(len(self.scenes), 'scene')}"]
        return "\n".join(lines + ([f"{bare} of them without labels"] if bare else []))


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open a folder of ai_VVV_NNN folders, or one of them.

    Raises:
        MissingInput: If no scene folder is found there.
    """
    scenes = {} if root is None else find_scenes(root)
    if root is None or not scenes:
        raise nothing_found(NAME, FACTS, root, "ai_001_001/_detail")
    return HypersimSource(root, dict(list(scenes.items())[: options.scenes]))


def read_picture(path: Path, lens: Lens) -> NDArray[np.uint8]:
    """Return a (H, W, 3) picture without skew."""
    rgb = read_rgb(path, (lens.camera.width, lens.camera.height))
    return straightened(rgb, lens.camera, lens.shear) if lens.shear else rgb


def read_depth(path: Path, lens: Lens) -> NDArray[np.float32]:
    """Return (H, W) float32 z-depth in metres of a map of ray distances, NaN = invalid."""
    camera = lens.camera
    distance_m = read_array(path, shape=(camera.height, camera.width)).astype(np.float64)
    distance_m[~np.isfinite(distance_m) | (distance_m <= 0)] = np.nan
    check_unit(distance_m, path, "it is metres")
    if lens.shear:
        distance_m = straightened(distance_m, camera, lens.shear)
    return z_from_ray(distance_m, camera.K).astype(np.float32)


def read_instances(path: Path, lens: Lens, kept: tuple[int, ...]) -> NDArray[np.int32]:
    """Return (H, W) int32 instance values: id + 1 of the kept instances, 0 elsewhere."""
    camera = lens.camera
    ids = read_array(path, shape=(camera.height, camera.width)).astype(np.int64)
    values = np.where(np.isin(ids, kept), ids + 1, 0).astype(np.int32)
    return straightened(values, camera, lens.shear) if lens.shear else values


def _open_scene(root: Path, folder: Path) -> Scene:
    table = find_cameras(root, folder)
    if table is None:
        raise incomplete(NAME, FACTS, folder, [CAMERAS_CSV], "its projection and unit of length")
    lens = read_lens(table, folder.name)
    notes: dict[str, str] = {}
    objects: tuple[SceneObject, ...] = ()
    complete: frozenset[str] = frozenset()
    mesh = find_mesh_folder(root, folder)
    if mesh is None:
        notes["objects"] = "none: missing _detail/mesh/mesh_objects_sii.hdf5"
    else:
        objects, complete, more = _objects(mesh, lens.metres_per_unit)
        notes |= more
    files = find_frames(folder)
    if not files and not objects:
        raise incomplete(NAME, FACTS, folder, ["images/scene_cam_*"], "anything of it")
    frames, more = _frames(folder, files, lens, tuple(o.instance_value - 1 for o in objects))
    return Scene(
        id=folder.name,
        source=NAME,
        split=official_split(NAME, folder.name),
        license=FACTS.licence,
        objects=objects,
        frames=frames,
        complete_categories=complete,
        notes=notes | more,
    )


def _frames(
    folder: Path, files: list[FrameFiles], lens: Lens, kept: tuple[int, ...]
) -> tuple[tuple[Frame, ...], dict[str, str]]:
    poses = {
        trajectory: _trajectory(folder / "_detail" / trajectory)
        for trajectory in sorted({f.trajectory for f in files})
    }
    quarantine = Quarantine("frames")

    def place(frame: FrameFiles) -> Array:
        orientations, positions = poses[frame.trajectory]
        where = f"{folder.name}: {frame.id}"
        if frame.index >= len(orientations):
            raise MissingInput("trajectory has no such keyframe", where=where)
        with np.errstate(over="ignore", invalid="ignore"):  # refused where it is checked
            T = rigid(
                orientations[frame.index] @ lens.R_opengl_camera,
                positions[frame.index] * lens.metres_per_unit,
            )
        return project_pose(T, where=where)[0]

    frames = tuple(
        Frame(
            id=f.id,
            camera=lens.camera,
            T_world_camera=T,
            read_rgb=partial(read_picture, f.picture, lens) if f.picture else None,
            read_depth=partial(read_depth, f.depth, lens) if f.depth else None,
            read_instances=partial(read_instances, f.instances, lens, kept)
            if f.instances and kept
            else None,
        )
        for f, T in quarantine.sift(files, place)
    )
    quarantine.check()
    return frames, quarantine.notes


def _trajectory(folder: Path) -> tuple[Array, Array]:
    """Return (n, 3, 3) R_world_opengl and (n, 3) positions in asset units."""
    orientations = read_array(folder / "camera_keyframe_orientations.hdf5", shape=(None, 3, 3))
    positions = read_array(folder / "camera_keyframe_positions.hdf5", shape=(None, 3))
    if len(orientations) != len(positions):
        raise ConventionError(
            "orientations and positions differ in number",
            where=folder,
            got=f"{len(orientations)} and {len(positions)}",
        )
    return orientations.astype(np.float64), positions.astype(np.float64)


def _objects(
    mesh: Path, metres_per_unit: float
) -> tuple[tuple[SceneObject, ...], frozenset[str], dict[str, str]]:
    semantic = read_array(mesh / "mesh_objects_si.hdf5").ravel()
    instance = read_array(mesh / "mesh_objects_sii.hdf5").ravel()
    extents, orientations, positions = (
        read_array(mesh / _BOXES.format(what), shape=shape)
        for what, shape in (
            ("extents", (None, 3)), ("orientations", (None, 3, 3)), ("positions", (None, 3)),
        )
    )  # fmt: skip
    if semantic.shape != instance.shape or not len(extents) == len(orientations) == len(positions):
        raise ConventionError("arrays of the labels differ in length", where=mesh)
    quarantine = Quarantine("objects")
    names: dict[int, str] = {}
    for number in np.unique(instance[instance >= 0]).tolist():
        classes, counts = np.unique(semantic[instance == number], return_counts=True)
        name = canonical_name(nyu40_name(int(classes[counts.argmax()])), "nyu40")
        if not is_shell(name):
            names[int(number)] = name
    # What was never labelled, or never seen, has infinities in every field.
    boxed = [
        n for n in names if n < len(extents) and np.all(np.isfinite(extents[n]))
    ]  # fmt: skip

    def build(number: int) -> SceneObject:
        with np.errstate(over="ignore", invalid="ignore"):  # refused as a box
            center, size = positions[number] * metres_per_unit, extents[number] * metres_per_unit
        box, _ = checked_box(center, size, orientations[number], f"{mesh}: instance {number}")
        return SceneObject(
            id=f"{number}_{names[number].replace(' ', '_')}",
            category=names[number],
            box=box,
            instance_value=number + 1,
        )

    objects = [made for _, made in quarantine.sift(boxed, build)]
    quarantine.check()
    kept = {o.instance_value - 1 for o in objects}
    incomplete_names = (names[n] for n in names if n not in kept)
    complete = countable(NAME, (o.category for o in objects), incomplete_names)
    notes = {"objects_without_box": str(len(names) - len(boxed))}
    notes = {name: value for name, value in notes.items() if value != "0"}
    return tuple(sorted(objects, key=lambda o: o.id)), complete, notes | quarantine.notes
