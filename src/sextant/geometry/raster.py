"""A z-buffer on one core: which face, which value and what depth every pixel sees.

Serial and without fast-math, so the same input gives the same bytes on every run. Perspective is
exact: 1/z is affine in the image plane, so it is what gets interpolated. Two triangles that share
an edge compute its crossing with every pixel row from the same endpoints in the same order, so a
closed mesh has no cracks; of two faces at equal depth the one with the lower index wins.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sextant.geometry.raster_kernels import cover, draw

NEAR_M = 0.02
"""Surfaces nearer than this to the camera plane are cut off."""


class Raster(NamedTuple):
    """What a pinhole camera sees.

    Attributes:
        depth_m: (H, W) float32 z-depth in metres; NaN where nothing is.
        values: (H, W) int32 value of the visible face; 0 where nothing is.
        faces: (H, W) int32 index of the visible face; -1 where nothing is.
    """

    depth_m: NDArray[np.float32]
    values: NDArray[np.int32]
    faces: NDArray[np.int32]


def rasterize(
    vertices_world: ArrayLike,
    faces: ArrayLike,
    face_values: ArrayLike,
    K: ArrayLike,
    T_world_camera: ArrayLike,
    width: int,
    height: int,
    near_m: float = NEAR_M,
    cull_back: bool = False,
) -> Raster:
    """Draw a triangle mesh into a z-buffer.

    Pixel (column, row) is sampled at (column + 0.5, row + 0.5).

    Args:
        vertices_world: (n, 3) metres.
        faces: (m, 3) vertex indices, counterclockwise seen from outside.
        face_values: (m,) value written where the face is visible.
        K: (3, 3) pinhole intrinsics in pixels.
        T_world_camera: (4, 4) camera-to-world pose, OpenCV axes.
        width: Image width in pixels.
        height: Image height in pixels.
        near_m: Distance of the near clipping plane in metres, positive.
        cull_back: Leave out faces seen from behind.
    """
    inverse_depth = np.zeros((height, width))
    ids = np.full((height, width), -1, dtype=np.int32)
    vertices, triangles, R, t, k = _prepare(vertices_world, faces, K, T_world_camera)
    depth_m, values = draw(
        vertices,
        triangles,
        np.ascontiguousarray(face_values, dtype=np.int32),
        R,
        t,
        k,
        float(near_m),
        bool(cull_back),
        inverse_depth,
        ids,
    )
    return Raster(depth_m, values, ids)


def object_pixels_alone(
    vertices_world: ArrayLike,
    faces: ArrayLike,
    face_offsets: ArrayLike,
    K: ArrayLike,
    T_world_camera: ArrayLike,
    width: int,
    height: int,
    near_m: float = NEAR_M,
) -> NDArray[np.int64]:
    """Count the pixels every object would cover if nothing else stood in the frame.

    The visible share of an object is its pixels in the full picture over this number. Each object
    costs only its own projected area.

    Args:
        vertices_world: (n, 3) metres.
        faces: (m, 3) vertex indices, the faces of one object after the other.
        face_offsets: (k + 1,) object i has faces[face_offsets[i]:face_offsets[i + 1]].
        K: (3, 3) pinhole intrinsics in pixels.
        T_world_camera: (4, 4) camera-to-world pose, OpenCV axes.
        width: Image width in pixels.
        height: Image height in pixels.
        near_m: Distance of the near clipping plane in metres.

    Returns:
        (k,) pixel counts.
    """
    offsets = np.ascontiguousarray(face_offsets, dtype=np.int64)
    vertices, triangles, R, t, k = _prepare(vertices_world, faces, K, T_world_camera)
    covered: NDArray[np.int64] = cover(
        vertices, triangles, offsets, R, t, k, float(near_m), int(width), int(height)
    )
    return covered


def rasterize_reference(
    vertices_world: ArrayLike,
    faces: ArrayLike,
    face_values: ArrayLike,
    K: ArrayLike,
    T_world_camera: ArrayLike,
    width: int,
    height: int,
    near_m: float = NEAR_M,
) -> Raster:
    """Do what :func:`rasterize` does by casting one ray per pixel at every face; slow.

    The oracle of the tests (Moeller and Trumbore 1997, with rays scaled so that t is the z-depth).
    """
    vertices, triangles, R, t, k = _prepare(vertices_world, faces, K, T_world_camera)
    u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    y = (v - k[4]) / k[3]
    rays = np.stack([(u - k[2] - k[1] * y) / k[0], y, np.ones_like(u)], axis=-1).reshape(-1, 3)
    corners = (vertices @ R.T + t)[triangles]
    depth = np.full(len(rays), np.inf)
    ids = np.full(len(rays), -1, dtype=np.int32)
    for index, (a, b, c) in enumerate(corners):
        p = np.cross(rays, c - a)
        determinant = p @ (b - a)
        with np.errstate(divide="ignore", invalid="ignore"):
            q = np.cross(-a, b - a)
            first = (p @ -a) / determinant
            second = (rays @ q) / determinant
            z = ((c - a) @ q) / determinant
            hit = (first >= 0) & (second >= 0) & (first + second <= 1) & (z >= near_m) & (z < depth)
        depth[hit], ids[hit] = z[hit], index
    values = np.where(ids >= 0, np.asarray(face_values, dtype=np.int32)[ids], 0)
    depth[ids < 0] = np.nan
    shape = (height, width)
    return Raster(
        depth.astype(np.float32).reshape(shape),
        values.astype(np.int32).reshape(shape),
        ids.reshape(shape),
    )


def _prepare(
    vertices_world: ArrayLike, faces: ArrayLike, K: ArrayLike, T_world_camera: ArrayLike
) -> tuple[
    NDArray[np.float64],
    NDArray[np.int32],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.float64],
]:
    # One dtype and layout only: every further combination would be compiled anew.
    T = np.asarray(T_world_camera, dtype=np.float64)
    intrinsics = np.asarray(K, dtype=np.float64)
    R = np.ascontiguousarray(T[:3, :3].T)
    return (
        np.ascontiguousarray(vertices_world, dtype=np.float64),
        np.ascontiguousarray(faces, dtype=np.int32),
        R,
        -R @ T[:3, 3],
        np.array(
            [
                intrinsics[0, 0],
                intrinsics[0, 1],
                intrinsics[0, 2],
                intrinsics[1, 1],
                intrinsics[1, 2],
            ]
        ),
    )
