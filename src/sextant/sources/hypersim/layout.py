"""Where Hypersim keeps its files, and its tables."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.geometry.axes import R_OPENGL_OPENCV
from sextant.geometry.lenses import pinhole_of_rays
from sextant.scenes import Camera
from sextant.sources.documents import read_text

Array = NDArray[np.float64]

_SCENE = re.compile(r"ai_\d{3}_\d{3}")
_FRAME = re.compile(r"frame\.(\d{4})\.")
_IMAGES = re.compile(r"scene_(cam_\d{2})_(final_preview|geometry_hdf5)")

CAMERAS_CSV = "metadata_camera_parameters.csv"
MAX_SKEW = 0.05
"""Image planes that are tilted about both axes have up to 0.019 of the focal length."""

MIN_SHEAR = 1e-6
"""Less than this moves no pixel by a thousandth."""


@dataclass(frozen=True, slots=True)
class Lens:
    """The projection of a scene.

    Attributes:
        camera: Pinhole intrinsics, pixel centres at halves.
        R_opengl_camera: (3, 3) axes of that pinhole in the nominal OpenGL camera's.
        metres_per_unit: Metres of one asset unit.
        shear: Skew of the stored pictures over their vertical focal length; 0 in most scenes.
    """

    camera: Camera
    R_opengl_camera: Array
    metres_per_unit: float
    shear: float = 0.0


@dataclass(frozen=True, slots=True)
class FrameFiles:
    """One rendered frame; a path is None where the file is not there."""

    trajectory: str
    index: int
    picture: Path | None
    depth: Path | None
    instances: Path | None

    @property
    def id(self) -> str:
        """``cam_00/frame.0000``."""
        return f"{self.trajectory}/frame.{self.index:04d}"


def find_scenes(root: Path) -> dict[str, Path]:
    """Return scene folders by name: the root itself, its children, or as in the repository."""
    found: dict[str, Path] = {}
    for pattern in (".", "*", "scenes/*", "evermotion_dataset/scenes/*", "contrib/*/jupyter/*"):
        for folder in [root] if pattern == "." else sorted(root.glob(pattern)):
            real = folder.resolve() if pattern == "." else folder
            if _SCENE.fullmatch(real.name) and (folder / "_detail").is_dir():
                found.setdefault(real.name, real)
    return dict(sorted(found.items()))


def find_cameras(root: Path, scene: Path) -> Path | None:
    """Return the table of projections, from the root, the scene's folder or one above it."""
    for base in (root, scene, scene.parent, scene.parent.parent):
        for place in (base, base / "contrib" / "mikeroberts3000"):
            if (place / CAMERAS_CSV).is_file():
                return place / CAMERAS_CSV
    return None


def find_mesh_folder(root: Path, scene: Path) -> Path | None:
    """Return the folder with the boxes: in the download, or in the repository's copy."""
    for folder in (scene, root / "evermotion_dataset" / "scenes" / scene.name):
        mesh = folder / "_detail" / "mesh"
        if (mesh / "mesh_objects_sii.hdf5").is_file():
            return mesh
    return None


def find_frames(scene: Path) -> list[FrameFiles]:
    """Return the frames of all trajectories that have a picture or a depth map."""
    found: dict[tuple[str, int], dict[str, Path]] = {}
    for folder in (scene / "images").glob("scene_cam_*"):
        match = _IMAGES.fullmatch(folder.name)
        if match is None:
            continue
        for path in folder.iterdir():
            number = _FRAME.match(path.name)
            kind = path.name[len("frame.0000.") :]
            if number is not None:
                found.setdefault((match[1], int(number[1])), {})[kind] = path
    frames = [
        FrameFiles(
            trajectory,
            index,
            files.get("tonemap.jpg"),
            files.get("depth_meters.hdf5"),
            files.get("semantic_instance.hdf5"),
        )
        for (trajectory, index), files in sorted(found.items())
    ]
    return [f for f in frames if f.picture is not None or f.depth is not None]


def read_lens(path: Path, scene: str) -> Lens:
    """Return a scene's projection from ``metadata_camera_parameters.csv``.

    Raises:
        MissingInput: If the table has no row of the scene.
        CorruptInput: If a column is missing or no number.
        ConventionError: If it is no pinhole.
    """
    try:
        rows = list(csv.DictReader(read_text(path).splitlines()))
    except csv.Error as error:  # a cell of more than 128 KiB
        raise CorruptInput("table cannot be read", where=path, got=error) from error
    for row in rows:
        if row.get("scene_name") == scene:
            return _lens(row, f"{path}: {scene}")
    raise MissingInput("table has no row of the scene", where=path, got=scene)


def _lens(row: Mapping[str, str], where: str) -> Lens:
    def number(name: str) -> float:
        try:
            return float(row[name])
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptInput(f"no number in column {name}", where=where, got=error) from error

    M_cam_from_uv = np.array(
        [[number(f"M_cam_from_uv_{i}{j}") for j in range(3)] for i in range(3)]
    )
    sides = number("settings_output_img_width"), number("settings_output_img_height")
    scale = number("settings_units_info_meters_scale")
    if not (math.isfinite(scale) and scale > 0 and all(1 <= s < 1e5 for s in sides)):
        raise ConventionError(
            "size and scale must be positive", where=where, got=f"{sides}, {scale} m per unit"
        )
    width, height = int(sides[0]), int(sides[1])
    # u runs from -1 at the left edge to 1 at the right one, v from 1 at the upper to -1.
    uv_of_pixel = np.array([[2.0 / width, 0, -1.0], [0, -2.0 / height, 1.0], [0, 0, 1.0]])
    with np.errstate(over="ignore", invalid="ignore"):
        rays = R_OPENGL_OPENCV @ M_cam_from_uv @ uv_of_pixel
    if not np.abs(rays).max() < 1e9 or abs(np.linalg.det(rays)) < 1e-12:
        raise ConventionError("projection is not invertible", where=where)
    K, R_nominal_camera = pinhole_of_rays(rays)
    if np.linalg.det(R_nominal_camera) < 0 or abs(K[0, 1]) > MAX_SKEW * K[0, 0]:
        raise ConventionError(
            "projection is no pinhole",
            where=where,
            expected=f"no mirror, skew up to {MAX_SKEW:g}",
            got=K.tolist(),
        )
    shear = float(K[0, 1] / K[1, 1])
    if abs(shear) < MIN_SHEAR:
        shear = 0.0
    camera = Camera(width, height, *(float(x) for x in (K[0, 0], K[1, 1], K[0, 2], K[1, 2])))
    return Lens(camera, R_OPENGL_OPENCV @ R_nominal_camera, scale, shear)
