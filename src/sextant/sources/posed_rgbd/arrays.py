"""Depth maps, id maps and surfaces of a posed_rgbd scene, turned into our conventions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput
from sextant.geometry.depth import z_from_ray
from sextant.scenes import Camera, Mesh
from sextant.sources.images import read_uint16
from sextant.sources.npy import read_npy

Array = NDArray[np.float64]

PLAUSIBLE_MEDIAN_M = (0.05, 100.0)
"""A median depth outside of this is no room in metres but a wrong unit."""

MAX_MESH_BYTES = 512 * 1024 * 1024
MESH_FORMATS = ("ply", "obj", "glb")


@dataclass(frozen=True, slots=True)
class DepthConvention:
    """How a scene stores depth.

    Attributes:
        unit_m: Metres per stored step.
        along_ray: Stored is the distance to the camera centre instead of z-depth.
        invalid: Stored values that mean "nothing measured".
        is_metric: Whether the median must be plausible in metres.
    """

    unit_m: float
    along_ray: bool
    invalid: tuple[int, ...]
    is_metric: bool


def read_depth(path: Path, camera: Camera, convention: DepthConvention) -> NDArray[np.float32]:
    """Return (H, W) float32 z-depth in metres, NaN where invalid.

    Raises:
        ConventionError: If the median depth of a metric scene is outside 0.05..100 m.
    """
    raw = read_uint16(path, (camera.width, camera.height))
    depth = raw.astype(np.float64) * convention.unit_m
    depth[np.isin(raw, convention.invalid)] = np.nan
    if convention.along_ray:
        depth = z_from_ray(depth, camera.K)
    valid = depth[np.isfinite(depth)]
    median = float(np.median(valid)) if valid.size else math.nan
    low, high = PLAUSIBLE_MEDIAN_M
    if convention.is_metric and valid.size and not low <= median <= high:
        raise ConventionError(
            "depth in the wrong unit?",
            where=path,
            expected=f"median valid depth {low}..{high} m with depth_unit_m={convention.unit_m:g}",
            got=f"{median:.4g} m",
            hint="set depth_unit_m in scene.json to the metres of one stored step",
        )
    return depth.astype(np.float32)


def read_ids(path: Path, camera: Camera) -> NDArray[np.int32]:
    """Return (H, W) int32 instance values of an 8- or 16-bit greyscale image."""
    return read_uint16(path, (camera.width, camera.height), allow_8_bit=True).astype(np.int32)


def read_landmarks(path: Path) -> NDArray[np.int64]:
    """Return the (n,) ids of points that a picture shows, ascending and each once."""
    return np.unique(read_npy(path, "iu", (None,)).astype(np.int64))


def read_mesh(path: Path, R_zup_world: Array) -> Mesh:
    """Return a triangle surface, turned into the Z-up world by a (3, 3) rotation.

    Raises:
        CorruptInput: If it cannot be decoded, is too large, or has no triangles.
        ConventionError: If it holds NaN or faces of vertices that are not there.
    """
    loaded = _load(path, force="mesh")
    faces = getattr(loaded, "faces", None)
    if faces is None or len(faces) == 0:
        raise CorruptInput("mesh has no triangles", where=path)
    with np.errstate(over="ignore", invalid="ignore"):  # refused where the mesh is made
        vertices = np.asarray(loaded.vertices, dtype=np.float64) @ R_zup_world.T
    try:
        return Mesh(vertices, np.asarray(faces, dtype=np.int32))
    except ConventionError as error:
        raise ConventionError(error.what, where=path, got=error.got) from error


def read_points(path: Path, R_zup_world: Array) -> Array:
    """Return (n, 3) surface points of a file, turned into the Z-up world by a (3, 3) rotation."""
    loaded = _load(path, force=None)
    points = np.asarray(getattr(loaded, "vertices", ()), dtype=np.float64)
    if points.ndim != 2 or points.shape[1:] != (3,) or len(points) == 0:
        raise CorruptInput("point file has no points", where=path)
    if not np.all(np.isfinite(points)):
        raise ConventionError("point file holds NaN or infinity", where=path)
    return points @ R_zup_world.T


def ply_bytes(vertices: Array, faces: NDArray[np.int32] | None) -> bytes:
    """Return a binary PLY with (n, 3) float64 vertices, so that nothing is rounded."""
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {len(vertices)}"]
    header += [f"property double {axis}" for axis in "xyz"]
    body = np.ascontiguousarray(vertices, dtype="<f8").tobytes()
    if faces is not None:
        header += [f"element face {len(faces)}", "property list uchar int vertex_indices"]
        rows = np.zeros(len(faces), dtype=[("n", "u1"), ("corners", "<i4", (3,))])
        rows["n"], rows["corners"] = 3, faces
        body += rows.tobytes()
    return "\n".join([*header, "end_header", ""]).encode("ascii") + body


def _load(path: Path, force: str | None) -> Any:
    kind = path.suffix.lower().lstrip(".")
    if kind not in MESH_FORMATS:
        raise CorruptInput(
            "surface is of another format",
            where=path,
            expected=" or ".join(MESH_FORMATS),
            got=path.suffix,
        )
    if path.stat().st_size > MAX_MESH_BYTES:
        raise CorruptInput("surface file is too large", where=path, expected=MAX_MESH_BYTES)
    import trimesh  # loads scipy and more: only who reads a surface waits for it

    try:
        with path.open("rb") as file:
            # From an open file there is no resolver: materials and buffers elsewhere stay unread.
            # Unprocessed, so that no vertex is merged and no face is dropped.
            return trimesh.load(file, file_type=kind, force=force, process=False)
    except Exception as error:  # the parsers behind this raise nearly anything on hostile bytes
        raise CorruptInput(
            "surface cannot be decoded", where=path, got=f"{type(error).__name__}: {error}"[:200]
        ) from error
