"""Turn Replica's spaces into scenes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, MissingInput
from sextant.geometry.transforms import transform_points
from sextant.scenes import Frame, Room, Scene
from sextant.sources.boxes import vector
from sextant.sources.documents import read_json_object
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.mesh_parts import part
from sextant.sources.ply import read_ply
from sextant.sources.replica.pictures import check_world, find_pictures, read_frames
from sextant.sources.replica.things import NAMELESS, read_objects
from sextant.sources.source import Source, SourceOptions
from sextant.sources.upright import turn_to_z_up
from sextant.sources.vocabulary import is_shell

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
                scenes[folder.name] = SceneFiles(folder, find_pictures(folder))
    if not scenes:
        raise nothing_found(NAME, FACTS, root, "<room_0>/habitat/mesh_semantic.ply")
    return ReplicaSource(dict(sorted(scenes.items())[: options.scenes]))


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
    objects, solid, complete, more = read_objects(
        document, files.info, ply, vertices, T_world_files, NAME
    )
    notes |= more
    owner = ply.face_columns["object_id"].astype(np.int64)[ply.polygons]
    floors = [i for i, name in solid.items() if name == "floor"]
    heights = vertices[ply.faces[np.isin(owner, floors)].ravel(), 2]
    frames: tuple[Frame, ...] = ()
    if files.pictures is not None:
        frames, more = read_frames(files.pictures, T_world_files)
        notes |= more
        check_world(frames, vertices, files.pictures)
    else:
        notes["frames"] = "none: missing traj.txt and results/"
    named = [i for i, name in solid.items() if not is_shell(name) and name not in NAMELESS]
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
