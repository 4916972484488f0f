"""The files' world: its vertical, its unit and the surface that lies in it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, InputError
from sextant.geometry.transforms import transform_points
from sextant.scenes import Mesh
from sextant.sources.landmarks import thinned
from sextant.sources.nerfstudio.fields import named_file, read_number
from sextant.sources.nerfstudio.views import View
from sextant.sources.ply import read_ply
from sextant.sources.sidecar import Sidecar
from sextant.sources.upright import mean_up

Array = NDArray[np.float64]

SNAP_RAD = math.radians(25.0)
"""How far the cameras' mean up may be from an axis that is then taken for the vertical."""


def find_vertical(
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


def find_scale(
    document: Mapping[str, Any],
    sidecar: Sidecar,
    views: list[View],
    path: Path,
    notes: dict[str, str],
) -> tuple[float, bool]:
    """Return metres of one unit of the poses, and whether that is known."""
    if sidecar.scale_m is not None:
        return sidecar.scale_m, True
    has_depth = any(view.depth is not None for view in views)
    if document.get("applied_transform") is None and has_depth:
        applied = read_number(document, "applied_scale", path, 1.0)
        if not applied > 0:
            raise ConventionError("applied_scale must be positive", where=path, got=applied)
        return 1.0 / applied, True
    notes["scale"] = "unknown: no scale_m in sextant.json"
    if has_depth:
        notes["depth"] = "left out: it is in metres, and the poses are COLMAP's, in no unit"
    return 1.0, False


def read_surface(
    document: Mapping[str, Any],
    folder: Path,
    T_world_files: Array,
    scale_m: float,
    notes: dict[str, str],
) -> tuple[Mesh | None, Array | None]:
    """Return the surface of the PLY if it has faces, and some of its points."""
    try:
        path = named_file(document, "ply_file_path", folder, str(folder / "transforms.json"))
        if path is None:
            return None, None
        ply = read_ply(path)
    except InputError as error:
        notes["ply"] = f"left out: {error.what}"
        return None, None
    vertices = transform_points(T_world_files, ply.vertices * scale_m)
    shell = Mesh(vertices, ply.faces) if len(ply.faces) else None
    return shell, thinned(vertices) if len(vertices) else None
