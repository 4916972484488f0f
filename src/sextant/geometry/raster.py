"""A z-buffer on one core: which face, which value and what depth every pixel sees.

Serial and without fast-math, so the same input gives the same bytes on every run. Perspective is
exact: 1/z is affine in the image plane, so it is what gets interpolated. Two triangles that share
an edge compute its crossing with every pixel row from the same endpoints in the same order, so a
closed mesh has no cracks; of two faces at equal depth the one with the lower index wins.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

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
    depth_m, values = _draw(
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
    covered: NDArray[np.int64] = _cover(
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


@njit(cache=True)
def _fill(p, inverse_depth, ids, face):  # type: ignore[no-untyped-def]
    """Draw one screen triangle ``p`` (3, 3) of u, v, 1/z; return how many pixels it won."""
    height, width = inverse_depth.shape
    x0, y0, w0 = p[0, 0], p[0, 1], p[0, 2]
    x1, y1, w1 = p[1, 0], p[1, 1], p[1, 2]
    x2, y2, w2 = p[2, 0], p[2, 1], p[2, 2]
    top, bottom = min(y0, y1, y2), max(y0, y1, y2)
    left, right = min(x0, x1, x2), max(x0, x1, x2)
    if bottom < 0.5 or top > height - 0.5 or right < 0.5 or left > width - 0.5:
        return 0
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    if area == 0.0:
        return 0
    gx = ((w1 - w0) * (y2 - y0) - (w2 - w0) * (y1 - y0)) / area
    gy = ((w2 - w0) * (x1 - x0) - (w1 - w0) * (x2 - x0)) / area
    # A sliver seen edge-on has huge gradients; what it shows still lies between its corners.
    low, high = min(w0, w1, w2), max(w0, w1, w2)
    sliver = abs(area) < 1.0
    first_row = max(0, math.ceil(top - 0.5))
    last_row = min(height - 1, math.floor(bottom - 0.5))
    won = 0
    for row in range(first_row, last_row + 1):
        y = row + 0.5
        xl, xr = math.inf, -math.inf
        for e in range(3):
            a, b = e, (e + 1) % 3
            if p[a, 1] > p[b, 1] or (p[a, 1] == p[b, 1] and p[a, 0] > p[b, 0]):
                a, b = b, a
            ya, yb = p[a, 1], p[b, 1]
            if ya > y or yb < y:
                continue
            if ya == yb:
                xl, xr = min(xl, p[a, 0]), max(xr, p[b, 0])
            else:
                x = p[a, 0] + (y - ya) * ((p[b, 0] - p[a, 0]) / (yb - ya))
                xl, xr = min(xl, x), max(xr, x)
        if xl > width - 0.5 or xr < 0.5:
            continue
        first = max(0, math.ceil(xl - 0.5))
        last = min(width - 1, math.floor(xr - 0.5))
        base = w0 + gy * (y - y0) + gx * (0.5 - x0)
        line, owner = inverse_depth[row], ids[row]
        if sliver:
            for column in range(first, last + 1):
                w = min(high, max(low, base + gx * column))
                if w > line[column]:
                    line[column] = w
                    owner[column] = face
                    won += 1
        else:
            for column in range(first, last + 1):
                w = base + gx * column
                if w > line[column]:
                    line[column] = w
                    owner[column] = face
                    won += 1
    return won


@njit(cache=True)
def _draw_face(camera, screen, triangle, k, near, cull, stamp, p, inverse_depth, ids, face):  # type: ignore[no-untyped-def]
    """Clip a face at the near plane, project it and fill it; ``p`` is (4, 3) scratch.

    ``screen`` has the vertices as :func:`_to_screen` projects them.

    With ``stamp`` > 0 that number takes the place of 1/z: a later object then wins every pixel
    once, which counts its area without clearing the buffer in between.
    """
    a, b, c = triangle[0], triangle[1], triangle[2]
    za, zb, zc = camera[a, 2], camera[b, 2], camera[c, 2]
    if za < near and zb < near and zc < near:
        return 0
    n = 3
    if za >= near and zb >= near and zc >= near:
        for e in range(3):
            i = triangle[e]
            p[e, 0], p[e, 1] = screen[i, 0], screen[i, 1]
            p[e, 2] = stamp if stamp > 0.0 else screen[i, 2]
    else:
        n = 0
        for e in range(3):
            i, j = triangle[e], triangle[(e + 1) % 3]
            zi, zj = camera[i, 2], camera[j, 2]
            if zi >= near:
                p[n, 0], p[n, 1], p[n, 2] = camera[i, 0], camera[i, 1], zi
                n += 1
            if (zi >= near) != (zj >= near):
                if zi > zj:  # the same order from both sides: neighbours are cut at the same point
                    i, j = j, i
                    zi, zj = zj, zi
                s = (near - zi) / (zj - zi)
                p[n, 0] = camera[i, 0] + s * (camera[j, 0] - camera[i, 0])
                p[n, 1] = camera[i, 1] + s * (camera[j, 1] - camera[i, 1])
                p[n, 2] = near
                n += 1
        for i in range(n):
            x, y, z = p[i, 0], p[i, 1], p[i, 2]
            p[i, 0] = (k[0] * x + k[1] * y) / z + k[2]
            p[i, 1] = k[3] * y / z + k[4]
            p[i, 2] = stamp if stamp > 0.0 else 1.0 / z
    if cull:
        area = (p[1, 0] - p[0, 0]) * (p[2, 1] - p[0, 1])
        area -= (p[2, 0] - p[0, 0]) * (p[1, 1] - p[0, 1])
        if area >= 0.0:  # v points down, so counterclockwise to the eye is negative here
            return 0
    won = _fill(p, inverse_depth, ids, face)
    if n == 4:
        for i in range(3):
            p[1, i] = p[2, i]
            p[2, i] = p[3, i]
        won += _fill(p, inverse_depth, ids, face)
    return won


@njit(cache=True)
def _draw(vertices, faces, values_of_face, R, t, k, near, cull, inverse_depth, ids):  # type: ignore[no-untyped-def]
    camera = _to_camera(vertices, R, t)
    screen = _to_screen(camera, k)
    p = np.zeros((4, 3))
    for face in range(len(faces)):
        _draw_face(camera, screen, faces[face], k, near, cull, 0.0, p, inverse_depth, ids, face)
    height, width = inverse_depth.shape
    depth_m = np.full((height, width), np.nan, dtype=np.float32)
    values = np.zeros((height, width), dtype=np.int32)
    for row in range(height):
        for column in range(width):
            face = ids[row, column]
            if face >= 0:
                depth_m[row, column] = 1.0 / inverse_depth[row, column]
                values[row, column] = values_of_face[face]
    return depth_m, values


@njit(cache=True)
def _cover(vertices, faces, offsets, R, t, k, near, width, height):  # type: ignore[no-untyped-def]
    camera = _to_camera(vertices, R, t)
    screen = _to_screen(camera, k)
    p = np.zeros((4, 3))
    stamps = np.zeros((height, width))
    ids = np.zeros((height, width), dtype=np.int32)
    covered = np.zeros(len(offsets) - 1, dtype=np.int64)
    for index in range(len(covered)):
        stamp = index + 1.0
        for face in range(offsets[index], offsets[index + 1]):
            covered[index] += _draw_face(
                camera, screen, faces[face], k, near, False, stamp, p, stamps, ids, face
            )
    return covered


@njit(cache=True)
def _to_camera(vertices, R, t):  # type: ignore[no-untyped-def]
    camera = np.zeros_like(vertices)
    for i in range(len(vertices)):
        x, y, z = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        for j in range(3):
            camera[i, j] = R[j, 0] * x + R[j, 1] * y + R[j, 2] * z + t[j]
    return camera


@njit(cache=True)
def _to_screen(camera, k):  # type: ignore[no-untyped-def]
    """Project every vertex before the camera to u, v, 1/z: once, not once per face it is in."""
    screen = np.zeros_like(camera)
    for i in range(len(camera)):
        x, y, z = camera[i, 0], camera[i, 1], camera[i, 2]
        if z > 0.0:
            screen[i, 0] = (k[0] * x + k[1] * y) / z + k[2]
            screen[i, 1] = k[3] * y / z + k[4]
            screen[i, 2] = 1.0 / z
    return screen
