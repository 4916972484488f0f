"""Meshes and points of a stored scene: few long arrays with offsets, in one .npz file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput
from sextant.scenes.media import read_arrays, write_arrays
from sextant.scenes.objects import Mesh
from sextant.scenes.scene import Scene

_ARRAYS = ("vertices_world", "faces", "points_world")
_OFFSETS = ("vertex_offsets", "face_offsets", "point_offsets")


def write_surfaces(path: Path, scene: Scene) -> None:
    """Write the surfaces of all objects, in their order, and the shell after them."""
    meshes = [*(o.mesh for o in scene.objects), scene.shell]
    points = [o.points_world for o in scene.objects]
    none = np.zeros((0, 3))
    parts: dict[str, list[NDArray]] = {
        "vertices_world": [none if m is None else m.vertices_world for m in meshes],
        "faces": [none if m is None else m.faces for m in meshes],
        "points_world": [none if p is None else p for p in points],
    }
    arrays: dict[str, NDArray] = {}
    for array, offsets in zip(_ARRAYS, _OFFSETS, strict=True):
        dtype = np.int32 if array == "faces" else np.float64
        arrays[array] = np.concatenate([none, *parts[array]]).astype(dtype)
        arrays[offsets] = np.cumsum([0, *map(len, parts[array])], dtype=np.int64)
    write_arrays(path, arrays)


def read_surfaces(
    path: Path, has_mesh: Sequence[bool], has_points: Sequence[bool], *, has_shell: bool
) -> tuple[list[Mesh | None], list[NDArray[np.float64] | None], Mesh | None]:
    """Read what ``write_surfaces`` wrote: meshes and points per object, and the shell.

    Raises:
        MissingInput, CorruptInput: If the file or a part of it is missing or damaged.
    """
    arrays = read_arrays(path, (*_ARRAYS, *_OFFSETS))
    for array, offsets in zip(_ARRAYS, _OFFSETS, strict=True):
        values, bounds = arrays[array], arrays[offsets]
        parts = len(has_points) + (array != "points_world")
        kind = "i" if array == "faces" else "f"
        if (
            values.ndim != 2
            or values.shape[1] != 3
            or values.dtype.kind != kind
            or bounds.shape != (parts + 1,)
            or bounds.dtype.kind != "i"
            or bounds[0] != 0
            or bounds[-1] != len(values)
            or np.any(np.diff(bounds) < 0)
        ):
            raise CorruptInput(
                "arrays and offsets do not match the objects",
                where=f"{path}: {array}",
                expected=f"(n, 3) in {parts} parts",
                got=f"{values.shape} {values.dtype} in {bounds.size - 1} parts",
            )

    def part(array: str, offsets: str, i: int) -> NDArray:
        bounds = arrays[offsets]
        return arrays[array][bounds[i] : bounds[i + 1]]

    def mesh(i: int) -> Mesh:
        try:
            return Mesh(
                part("vertices_world", "vertex_offsets", i), part("faces", "face_offsets", i)
            )
        except ConventionError as error:
            raise CorruptInput(
                error.what, where=f"{path}: surface {i}", expected=error.expected, got=error.got
            ) from error

    meshes = [mesh(i) if there else None for i, there in enumerate(has_mesh)]
    points = [
        part("points_world", "point_offsets", i) if there else None
        for i, there in enumerate(has_points)
    ]
    return meshes, points, mesh(len(has_mesh)) if has_shell else None
